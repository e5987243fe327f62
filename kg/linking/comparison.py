"""Two descriptions of one thing compared: dates, points, places, classes, names.

None as an answer means that nothing can be compared, which is no disagreement.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date

from pyoxigraph import Literal

from kg.linking.things import Said
from kg.linking.wikidata import Entity, Point, Time, Value
from kg.literals import edtf_bounds

# Two catalogues seldom put the point of a town into the same street.
NEAR_KM = 10.0
_EARTH_KM = 6371.0

Days = tuple[date, date]


def to_days(literal: Literal) -> Days | None:
    """Give the first and last day that a date of ours may mean; None for what is no date.

    >>> to_days(Literal("1914"))
    (datetime.date(1914, 1, 1), datetime.date(1914, 12, 31))
    """
    try:
        first, last = edtf_bounds(literal.value)
    except ValueError:
        return None
    if first is None and last is None:
        return None
    return first or date.min, last or date.max


def agree_in_dates(ours: Iterable[Said], theirs: Iterable[Value]) -> bool | None:
    """Tell whether any date of ours may be the same day as any of theirs."""
    here = [
        days for said in ours if isinstance(said.value, Literal) and (days := to_days(said.value))
    ]
    there = [days for value in theirs if isinstance(value, Time) and (days := value.bounds)]
    if not here or not there:
        return None
    return any(a[0] <= b[1] and b[0] <= a[1] for a in here for b in there)


def agree_in_places(
    ours: Iterable[Said],
    theirs: Iterable[Value],
    items: Mapping[str, str],
    surroundings: Mapping[str, frozenset[str]],
) -> bool | None:
    """Tell whether any place of ours is one of theirs, lies in it, or holds it.

    `items` gives the accepted item of each thing of ours; places without one are left out.
    """
    here = {items[said.value.value] for said in ours if said.value.value in items}
    there = {value for value in theirs if isinstance(value, str)}
    if not here or not there:
        return None
    return any(
        a == b or a in surroundings.get(b, frozenset()) or b in surroundings.get(a, frozenset())
        for a in here
        for b in there
    )


def distance_km(one: Point, other: Point) -> float:
    """Measure along the great circle."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = (
        math.sin((south - north) / 2) ** 2
        + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(half, 1.0)))


def is_of_class(allowed: frozenset[str], classes: frozenset[str]) -> bool | None:
    """Tell whether an item of these classes may be ours; None where one side says nothing."""
    return bool(allowed & classes) if allowed and classes else None


def is_called(entity: Entity, name: str) -> bool:
    """Tell whether an item bears a name, as label or alias, in any language that was asked for."""
    return name.casefold() in {written.casefold() for _, written in entity.names()}
