"""Rank the things that a description may mean, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kg.matching.description import Days, Description, Value
from kg.matching.index import CANDIDATES, Index
from kg.matching.lexicon import Lexicon
from kg.matching.points import Score
from kg.matching.scoring import is_match, score

Details = tuple[Mapping[str, tuple[Days, ...]], Mapping[str, tuple[Value, ...]]]
"""Dates and values of a thing, by property."""
LEAST = 20.0
"""A thing that scores less is no candidate."""


@dataclass(frozen=True)
class Ranked:
    """A candidate with its score; `is_match` says that no person need be asked."""

    entity: Description
    score: Score
    is_match: bool


def rank(
    sought: Description,
    index: Index,
    describe: Callable[[str], Details],
    limit: int = CANDIDATES,
    among: frozenset[str] = frozenset(),
) -> list[Ranked]:
    """Find, score and order candidates; `describe` gives what is asked of a thing beside its name.

    `among` keeps things of these classes only. Whoever is less likely than `LEAST` is left out.
    """
    found = index.find([name for _, name in sought.names], kinds=among)
    return rank_all(sought, found, index.lexicon, describe)[:limit]


def rank_all(
    sought: Description,
    found: Sequence[Description],
    lexicon: Lexicon,
    describe: Callable[[str], Details],
) -> list[Ranked]:
    """Order things that were found in another way; see `rank`."""
    if sought.dates or sought.values:
        found = [_detail(entity, describe(entity.iri)) for entity in found]
    scored = [(entity, score(sought, entity, lexicon)) for entity in found]
    least = LEAST if sought.names else 1.0
    kept = sorted(
        (pair for pair in scored if pair[1].value >= least),
        key=lambda pair: (-pair[1].value, pair[0].iri),
    )
    decided = is_match(result.value for _, result in kept)
    return [
        Ranked(entity, result, decided and place == 0)
        for place, (entity, result) in enumerate(kept)
    ]


def _detail(entity: Description, details: Details) -> Description:
    dates, values = details
    return replace(entity, dates=dates, values=values)
