"""Score how likely two descriptions mean one entity, and say why, point by point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

from kg.matching.description import Days, Description, Value
from kg.matching.spelling import to_keys

MATCH = 75.0
"""From this score on the best candidate is taken for the entity, if nobody comes near it."""
LEAD = 8.0
"""By how much the best candidate must lead to be taken."""
WRONG_KIND = -60.0
SAME_DAY = 12.0
OTHER_YEAR = -45.0
OTHER_DAY = -12.0
SAME_VALUE = 8.0
OTHER_VALUE = -8.0
SAME_RANK = 10.0
OTHER_RANK = -3.0


@dataclass(frozen=True)
class Point:
    """What one feature adds (or takes, if negative), and why, as a sentence."""

    feature: str
    value: float
    reason: str


@dataclass(frozen=True)
class Score:
    """The points of a candidate and their sum, kept between 0 and 100."""

    points: tuple[Point, ...]

    @property
    def value(self) -> float:
        """How likely the two are one, from 0 to 100."""
        return round(min(max(sum(point.value for point in self.points), 0.0), 100.0), 1)

    @property
    def reason(self) -> str:
        """Say all reasons in one line."""
        return " ".join(point.reason for point in self.points)


def score(sought: Description, candidate: Description) -> Score:
    """Compare what is sought with a candidate; what either side leaves out costs nothing."""
    points = [*_weigh_names(sought, candidate), *_weigh_kinds(sought, candidate)]
    points += _weigh_dates(sought, candidate)
    points += _weigh_values(sought, candidate)
    points += _weigh_ranks(sought.ranks, candidate.ranks)
    return Score(tuple(points))


def is_match(values: Iterable[float]) -> bool:
    """Tell whether the best of some scores may be taken without asking a person."""
    first, second, *_ = [*sorted(values, reverse=True), 0.0, 0.0]
    return first >= MATCH and first - second >= LEAD


def _weigh_names(sought: Description, candidate: Description) -> Iterable[Point]:
    best, pair = 0.0, ("", "")
    for _, ours in sought.names:
        for _, theirs in candidate.names:
            likeness = fuzz.token_sort_ratio(" ".join(to_keys(ours)), " ".join(to_keys(theirs)))
            if likeness > best:
                best, pair = likeness, (ours, theirs)
    if sought.names and candidate.names:
        same = "is" if best == 100 else "is like"
        yield Point("name", round(best, 1), f"The name “{pair[0]}” {same} “{pair[1]}”.")


def _weigh_kinds(sought: Description, candidate: Description) -> Iterable[Point]:
    if sought.kinds and candidate.kinds and not sought.kinds & candidate.kinds:
        yield Point("kind", WRONG_KIND, "It is a thing of another kind.")


def _weigh_dates(sought: Description, candidate: Description) -> Iterable[Point]:
    for feature, ours in sought.dates.items():
        theirs = candidate.dates.get(feature, ())
        if ours and theirs:
            yield _weigh_days(feature, ours, theirs)


def _weigh_days(feature: str, ours: Iterable[Days], theirs: Iterable[Days]) -> Point:
    pairs = [(a, b) for a in ours for b in theirs]
    if any(a[0] <= b[1] and b[0] <= a[1] for a, b in pairs):
        return Point(feature, SAME_DAY, "The dates agree.")
    told = f"{_to_text(pairs[0][0])} is not {_to_text(pairs[0][1])}."
    if any(a[0].year <= b[1].year and b[0].year <= a[1].year for a, b in pairs):
        return Point(feature, OTHER_DAY, f"The dates differ within a year: {told}")
    return Point(feature, OTHER_YEAR, f"The dates contradict each other: {told}")


def _weigh_values(sought: Description, candidate: Description) -> Iterable[Point]:
    for feature, ours in sought.values.items():
        theirs = candidate.values.get(feature, ())
        if not ours or not theirs:
            continue
        if any(_may_be_one(a, b) for a in ours for b in theirs):
            yield Point(feature, SAME_VALUE, f"Both have the value {_to_word(ours[0])}.")
        else:
            told = f"{_to_word(ours[0])} is not {_to_word(theirs[0])}."
            yield Point(feature, OTHER_VALUE, f"The values differ: {told}")


def _may_be_one(one: Value, other: Value) -> bool:
    if one.iri is not None and other.iri is not None:
        return one.iri == other.iri
    keys = {tuple(sorted(to_keys(name))) for name in one.names}
    return any(tuple(sorted(to_keys(name))) in keys for name in other.names)


def _weigh_ranks(sought: frozenset[str], candidate: frozenset[str]) -> Iterable[Point]:
    if not sought or not candidate:
        return
    if sought & candidate:
        yield Point("rank", SAME_RANK, "The rank was held.")
    else:
        yield Point("rank", OTHER_RANK, "Another rank is recorded, though ranks change.")


def _to_text(days: Days) -> str:
    first, last = days
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def _to_word(value: Value) -> str:
    return f"“{value.names[0]}”" if value.names else value.iri or "nothing"
