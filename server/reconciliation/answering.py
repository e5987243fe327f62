"""Answer a query with scored candidates (Reconciliation Service API 0.2, section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from pyoxigraph import NamedNode

from kg.matching.description import Days, Description, Value
from kg.matching.index import CANDIDATES
from kg.matching.points import Point, Score
from kg.matching.ranking import Ranked, rank, rank_all
from kg.matching.reading import read_days
from kg.matching.spelling import to_keys
from server.reconciliation.asking import Asked, Query
from server.reconciliation.catalogue import Catalogue

_IDENTIFIED = Score((Point("identifier", 100.0, "The query is the identifier of the thing."),))


def answer(catalogue: Catalogue, query: Query) -> dict[str, Any]:
    """Give the result of one query, the likeliest candidate first."""
    found = _rank(catalogue, query)
    return {"result": [_to_candidate(catalogue, one) for one in found[: query.limit]]}


def _rank(catalogue: Catalogue, query: Query) -> list[Ranked]:
    exact = catalogue.find(query.text) if query.text else None
    if exact is not None:
        return [Ranked(exact, _IDENTIFIED, True)]
    classes = [_classes(catalogue, type) for type in query.types]
    asked = frozenset[str]().union(*classes)
    sought = _to_description(catalogue, query, asked)
    details = partial(catalogue.describe, properties=(*sought.dates, *sought.values))
    among = frozenset[str]() if query.strict == "should" else asked
    if query.text:
        found = rank(sought, catalogue.index, details, among=among)
    else:
        having = _having(catalogue, query)
        kept = [one for one in having if not among or one.kinds & among]
        found = rank_all(sought, kept[:CANDIDATES], catalogue.index.lexicon, details)
    if query.strict == "all":
        found = [one for one in found if all(one.entity.kinds & kinds for kinds in classes)]
    return found


def _classes(catalogue: Catalogue, type: str) -> frozenset[str]:
    iri = catalogue.to_iri(type)
    return catalogue.kinds.get(iri, frozenset((iri,)))


def _to_description(catalogue: Catalogue, query: Query, kinds: frozenset[str]) -> Description:
    dates: dict[str, tuple[Days, ...]] = {}
    values: dict[str, tuple[Value, ...]] = {}
    for id, asked in query.properties:
        property = catalogue.to_iri(id)
        if not _is_iri(property):
            continue  # nothing here has it: it says nothing for or against a candidate
        days = tuple(d for value in asked if (d := _to_days(value)) is not None)
        if days:
            dates[property] = days
        values[property] = tuple(_to_value(catalogue, value) for value in asked)
    names = (("", query.text),) if query.text else ()
    return Description(names=names, kinds=kinds, dates=dates, values=values)


def _to_days(value: Asked) -> Days | None:
    """Take a text or a whole number for a date, if it can be one; a time of day is left out."""
    if isinstance(value, bool | dict) or (isinstance(value, float) and value % 1):
        return None
    text = re.sub(r"T[0-9:.]+(Z|[+-][0-9:]+)?$", "", _to_text(value))
    return read_days(text)


def _to_value(catalogue: Catalogue, value: Asked) -> Value:
    if not isinstance(value, dict):
        return Value(None, (_to_text(value),))
    thing = catalogue.find(value["id"])
    if thing is not None:
        return Value(thing.iri, tuple(name for _, name in thing.names))
    name = value.get("name")
    return Value(value["id"], (name,) if isinstance(name, str) else ())


def _to_text(value: Asked) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value % 1 == 0 else str(value)


def _having(catalogue: Catalogue, query: Query) -> list[Description]:
    """Find things by the values of their properties; those that have most of them come first."""
    fits: dict[str, int] = {}
    for id, asked in query.properties:
        property = NamedNode(catalogue.to_iri(id)) if _is_iri(catalogue.to_iri(id)) else None
        found = set(_subjects(catalogue, property, asked)) if property else set[str]()
        for iri in found:
            fits[iri] = fits.get(iri, 0) + 1
    best = sorted(fits, key=lambda iri: (-fits[iri], iri))
    return [thing for iri in best if (thing := catalogue.index.get(iri)) is not None]


def _subjects(catalogue: Catalogue, property: NamedNode, asked: Iterable[Asked]) -> Iterator[str]:
    bearers = catalogue.bearers(property)
    for value in asked:
        days, told = _to_days(value), _to_value(catalogue, value)
        if told.iri is not None:
            yield from bearers.by_thing.get(told.iri, ())
        for name in told.names:
            yield from bearers.by_keys.get(tuple(to_keys(name)), ())
        if days is not None:
            for known, subjects in bearers.by_days.items():
                if days[0] <= known[1] and known[0] <= days[1]:
                    yield from subjects


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def _to_candidate(catalogue: Catalogue, found: Ranked) -> dict[str, Any]:
    entity = found.entity
    types = [catalogue.types[kind] for kind in sorted(entity.kinds)]
    told = {
        "id": catalogue.to_id(entity.iri),
        "name": entity.name,
        "type": [{"id": type.id, "name": type.name} for type in types],
        "score": found.score.value,
        "match": found.is_match,
        "features": [_to_feature(catalogue, point) for point in found.score.points],
    }
    return told | ({"description": entity.note} if entity.note else {})


def _to_feature(catalogue: Catalogue, point: Point) -> dict[str, Any]:
    """Write a point: `id` and `value` as the API has them, and the reason beside."""
    is_property = "://" in point.feature
    id = catalogue.shorten(point.feature) if is_property else point.feature.replace(" ", "-")
    return {"id": id, "value": point.value, "reason": point.reason}
