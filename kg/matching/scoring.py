"""Score how likely two descriptions mean one entity, and say why, point by point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from kg.matching.description import Days, Description, Value
from kg.matching.labels import compare_labels
from kg.matching.lexicon import PLAIN, Lexicon
from kg.matching.names import LONGEST_NAME, Name, parse_borne, parse_sought, to_script
from kg.matching.persons import compare_persons
from kg.matching.points import Point, Score, total
from kg.matching.spelling import to_keys
from kg.matching.units import compare_units
from kg.terms import FOAF, ORG, SCHEMA

__all__ = ["Point", "Score", "is_match", "score"]

PERSONS = frozenset(
    (f"{SCHEMA}Person", f"{FOAF}Person", "http://www.cidoc-crm.org/cidoc-crm/E21_Person")
)
"""Classes whose names are made of family and given names."""

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
SAME_RANK = 15.0
OTHER_RANK = -3.0
UNIT = f"{ORG}organization"
OTHER_UNIT = -3.0


def score(sought: Description, candidate: Description, lexicon: Lexicon = PLAIN) -> Score:
    """Compare what is sought with a candidate; what either side leaves out costs nothing."""
    asked = [parse_sought(name, lexicon) for _, name in sought.names]
    points = [*_weigh_names(asked, sought, candidate, lexicon), *_weigh_kinds(sought, candidate)]
    points += _weigh_dates(sought, candidate)
    points += _weigh_values(sought, candidate)
    points += _weigh_ranks(sought.ranks.union(*(n.ranks for n in asked)), candidate.ranks)
    return Score(tuple(points))


def is_match(values: Iterable[float]) -> bool:
    """Tell whether the best of some scores may be taken without asking a person."""
    first, second, *_ = [*sorted(values, reverse=True), 0.0, 0.0]
    return first >= MATCH and first - second >= LEAD


def _weigh_names(
    asked: Sequence[Name], sought: Description, candidate: Description, lexicon: Lexicon
) -> list[Point]:
    borne = [parse_borne(name, lexicon) for _, name in candidate.names]
    if not asked or not borne:
        return []
    if (candidate.kinds or sought.kinds) & PERSONS:
        return max((compare_persons(name, borne) for name in asked), key=total)
    notes = [parse_borne(note, lexicon) for note in (candidate.note, *candidate.notes)]
    return max((_compare(name, borne, notes) for name in asked), key=total)


def _compare(sought: Name, borne: Sequence[Name], notes: Sequence[Name]) -> list[Point]:
    """Compare by the kind of name; the notes may say whose a unit is, and what a place is."""
    units = [name for name in borne if name.is_unit and (name.numbers or sought.numbers)]
    if sought.is_unit and units:
        return compare_units(sought, units, notes[0].first("army"))
    return compare_labels(sought, borne, notes)


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
        shared = _find_shared(ours, theirs)
        if shared is not None:
            yield Point(feature, SAME_VALUE, f"Both have the value {_to_word(shared)}.")
        elif _can_differ(ours, theirs):
            told = f"{_to_word(ours[0])} is not {_to_word(theirs[0])}."
            if feature == UNIT:
                yield Point(
                    feature, OTHER_UNIT, f"Another one is recorded, though posts change: {told}"
                )
            else:
                yield Point(feature, OTHER_VALUE, f"The values differ: {told}")


def _find_shared(ours: Sequence[Value], theirs: Sequence[Value]) -> Value | None:
    """Give the first value that may be one of the others: by IRI, or where one has none by name."""
    iris = {value.iri for value in theirs if value.iri is not None}
    names = {key for value in theirs for key in _fold_names(value)}
    plain = {key for value in theirs if value.iri is None for key in _fold_names(value)}
    for value in ours:
        others = names if value.iri is None else plain
        if value.iri in iris or not others.isdisjoint(_fold_names(value)):
            return value
    return None


def _fold_names(value: Value) -> list[tuple[str, ...]]:
    return [_fold(name) for name in value.names]


def _fold(name: str) -> tuple[str, ...]:
    return _fold_once(name) if len(name) <= LONGEST_NAME else _fold_once.__wrapped__(name)


@lru_cache(maxsize=2_048)
def _fold_once(name: str) -> tuple[str, ...]:
    return tuple(sorted(to_keys(name)))


def _can_differ(ours: Sequence[Value], theirs: Sequence[Value]) -> bool:
    """Tell whether any two values can be compared: by IRIs, or by names in one script."""
    if all(any(value.iri is not None for value in values) for values in (ours, theirs)):
        return True
    scripts, others = (
        {to_script(name) for value in values for name in value.names} for values in (ours, theirs)
    )
    return not scripts.isdisjoint(others)


def _weigh_ranks(sought: frozenset[str], candidate: frozenset[str]) -> Iterable[Point]:
    if not sought or not candidate:
        return
    if sought & candidate:
        yield Point("rank", SAME_RANK, "The rank is told of the person.")
    else:
        yield Point("rank", OTHER_RANK, "Another rank is recorded, though ranks change.")


def _to_text(days: Days) -> str:
    first, last = days
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def _to_word(value: Value) -> str:
    return f"“{value.names[0]}”" if value.names else value.iri or "nothing"
