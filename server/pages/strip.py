"""The strip map of a text: a bar for each passage, and the whole text as it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.articles import Passage, PlacedClaim, Text

RIBBON = 1000
"""How many units the whole text is drawn over."""

_TOP, _LINE = 38, 48

Face = Callable[[PlacedClaim], tuple[str, str]]
"""Gives class and sign of a claim's verdict."""
Fits = Callable[[PlacedClaim], bool]
"""Says whether the filter lets a claim through."""


@dataclass(frozen=True)
class Cell:
    """A claim's part of a bar: class and sign of its verdict, and whether the filter lets it by."""

    slug: str
    sign: str
    fits: bool


@dataclass(frozen=True)
class Bar:
    """A passage as a bar, divided by its claims; `rest` percent are left to the longest one."""

    rest: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Ribbon:
    """The whole text in one line, as SVG paths that are stroked.

    `areas` are the claims' parts by the class of their verdict, first copies and repeats apart;
    `bare` is what has no claim, or none that fits; `arcs` lead from a passage to its copies.
    """

    stretches: int
    repeats: int
    areas: tuple[tuple[str, bool, str], ...]
    bare: str
    arcs: str


def draw_bar(passage: Passage, longest: int, face: Face, fits: Fits) -> Bar:
    """Draw a passage, its claims side by side in the order of the text."""
    rest = 100 - max(2, 100 * passage.length / longest)
    return Bar(round(rest, 1), tuple(Cell(*face(claim), fits(claim)) for claim in passage.claims))


def draw_ribbon(text: Text, face: Face, fits: Fits) -> Ribbon:
    """Draw the text as it runs, each copy of a passage divided by its claims."""
    unit = RIBBON / text.length
    areas: dict[tuple[str, bool], list[str]] = {}
    bare: list[str] = []
    arcs: list[str] = []
    for passage in text.passages:
        for number, place in enumerate(passage.places):
            x, width = place.start * unit, (place.end - place.start) * unit
            if not passage.claims:
                bare.append(_stroke(x, width))
            for at, claim in enumerate(passage.claims):
                part = width / len(passage.claims)
                key = face(claim)[0], number > 0
                area = areas.setdefault(key, []) if fits(claim) else bare
                area.append(_stroke(x + at * part, part))
        arcs += _arcs([(p.start + p.end) / 2 * unit for p in passage.places])
    copies = [len(passage.places) for passage in text.passages]
    return Ribbon(
        stretches=sum(copies),
        repeats=sum(copies) - len(copies),
        areas=tuple((name, again, "".join(area)) for (name, again), area in areas.items()),
        bare="".join(bare),
        arcs="".join(arcs),
    )


def _stroke(x: float, width: float) -> str:
    return f"M{x:.1f} {_LINE}h{max(width - 1, 1):.1f}"


def _arcs(middles: Sequence[float]) -> list[str]:
    """Join each copy to the next; the farther apart they are, the higher the arc."""
    return [
        f"M{a:.1f} {_TOP}A{(b - a) / 2:.1f} {10 + 26 * (b - a) / RIBBON:.1f} 0 0 1 {b:.1f} {_TOP}"
        for a, b in zip(middles, middles[1:], strict=False)
    ]
