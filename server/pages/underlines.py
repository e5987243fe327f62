"""Words with lines under them: which claim rests on which of them, also where claims overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.articles import Passage, Place, PlacedClaim


@dataclass(frozen=True)
class Piece:
    """Words that the same claims rest on.

    `lines` gives each claim's lane, the farthest from the words first; a claim has one lane
    wherever it runs. `ends` are the claims whose words end here.
    """

    words: str
    lines: tuple[tuple[int, str], ...] = ()
    ends: tuple[str, ...] = ()


def underline_copies(
    passage: Passage, claims: Sequence[PlacedClaim], words: str
) -> list[list[Piece]]:
    """Cut a passage's words into pieces by these claims; copies that differ follow one another.

    A claim is named by its IRI. Where copies have the same words, a claim on any is marked once.
    """
    wordings: dict[str, dict[str, set[Place]]] = {}
    for copy in passage.places:
        marked = wordings.setdefault(words[copy.start : copy.end], {})
        for claim in claims:
            for place in filter(copy.holds, claim.places):
                here = Place(place.start - copy.start, place.end - copy.start)
                marked.setdefault(claim.iri.value, set()).add(here)
    return [underline(text, marked) for text, marked in wordings.items()]


def underline(words: str, marked: Mapping[str, Iterable[Place]]) -> list[Piece]:
    """Cut words wherever a claim begins or ends.

    >>> [(p.words, p.lines) for p in underline("one two", {"a": [Place(4, 7)]})]
    [('one ', ()), ('two', ((0, 'a'),))]
    """
    spans = [(place, claim) for claim, places in marked.items() for place in places]
    lanes = _assign_lanes(spans)
    edges = {0, len(words), *(edge for place, _ in spans for edge in place)}
    cuts = sorted(edge for edge in edges if edge <= len(words))
    pieces = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        under = {claim for place, claim in spans if place.holds(Place(start, end))}
        lines = sorted(((lanes[claim], claim) for claim in under), reverse=True)
        ends = tuple(claim for claim in marked if any(p.end == end for p in marked[claim]))
        pieces.append(Piece(words[start:end], tuple(lines), ends))
    return pieces


def _assign_lanes(spans: Sequence[tuple[Place, str]]) -> dict[str, int]:
    """Put short spans near the words and longer ones below them; no two share a lane and a word."""
    lengths: dict[str, int] = {}
    for place, claim in spans:
        lengths[claim] = max(lengths.get(claim, 0), place.end - place.start)
    lanes: dict[str, int] = {}
    for claim in sorted(lengths, key=lambda claim: lengths[claim]):
        own = [place for place, name in spans if name == claim]
        taken = {
            lanes[name]
            for place, name in spans
            if name in lanes and any(p.start < place.end and place.start < p.end for p in own)
        }
        lanes[claim] = next(lane for lane in range(len(lengths)) if lane not in taken)
    return lanes
