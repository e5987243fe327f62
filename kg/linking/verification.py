"""Accepted links held against Wikidata: is the item there, and does it say what we say?

A disagreement is a finding to weigh, with the sources of both sides: either may be wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.findings import Finding, sort_findings
from kg.linking.alignment import GEO, Alignment
from kg.linking.client import Wikidata
from kg.linking.comparison import (
    NEAR_KM,
    agree_in_dates,
    agree_in_places,
    distance_km,
    is_called,
    is_of_class,
)
from kg.linking.proposals import is_exact, reviewed_links
from kg.linking.quickstatements import to_date, to_line, to_point, to_text
from kg.linking.things import Said, Thing
from kg.linking.wikidata import INSTANCE_OF, Entity, Point, Statement, is_item, to_id
from kg.project import Project
from kg.sssom import Link

GONE = "item gone"
MOVED = "item redirected"
SHARED = "one item for two"
CLASS = "class that cannot be"
NAME = "name differs"
ARTICLE = "article differs"
IDENTIFIER = "identifier differs"
DATE = "dates differ"
PLACE = "places differ"
POINT = "points lie apart"


@dataclass(frozen=True)
class Verdicts:
    """What was found out about accepted links: findings to weigh, and corrections to consider.

    `draft` holds lines of QuickStatements.
    """

    links: int
    findings: tuple[Finding, ...]
    draft: tuple[str, ...]


@dataclass(frozen=True)
class _Difference:
    """Something that does not agree; `write` words it once the names of items are known."""

    rule: str
    items: frozenset[str]
    write: Callable[[Mapping[str, str]], str]
    draft: str | None = None


@dataclass(frozen=True)
class _Ground:
    """What every link is held against."""

    alignment: Alignment
    entities: Mapping[str, Entity | None]
    classes: Mapping[str, frozenset[str]]
    surroundings: Mapping[str, frozenset[str]]
    items: Mapping[str, str]


def verify_links(
    project: Project, things: Mapping[str, Thing], alignment: Alignment, wikidata: Wikidata
) -> Verdicts:
    """Hold every accepted link against Wikidata; those that are no identity only as far as apt."""
    links = [(s.path, link) for s, link in reviewed_links(project) if not link.negated]
    items = {link.subject.value: _id(link) for _, link in links if is_exact(link)}
    entities = wikidata.entities(_id(link) for _, link in links)
    there = {id: entity for id, entity in entities.items() if entity is not None}
    ground = _Ground(
        alignment,
        entities,
        wikidata.classes(entity.id for entity in there.values()),
        wikidata.surroundings(_places(links, there, alignment) | set(items.values()))
        if alignment.properties
        else {},
        items,
    )
    found = [
        (path, link, difference)
        for path, link in links
        for difference in _compare(link, things.get(link.subject.value), ground)
    ]
    named = wikidata.entities(id for _, _, difference in found for id in difference.items)
    names = {id: _name(entity, id, wikidata.languages) for id, entity in named.items()}
    findings = [
        Finding(one.rule, one.write(names), path, link.line, f"row {link.row}")
        for path, link, one in found
    ]
    draft = [one.draft for _, _, one in found if one.draft is not None]
    return Verdicts(len(links), tuple(sort_findings(findings)), tuple(draft))


def _compare(link: Link, thing: Thing | None, ground: _Ground) -> Iterator[_Difference]:
    """Yield what is wrong with a link, the gravest first; a lost item ends the comparison."""
    id = _id(link)
    entity = ground.entities[id]
    if entity is None:
        yield _plain(
            GONE,
            f"Wikidata has no {id} (any more); reject the row, or find the item again with "
            "`kg link resolve`",
        )
        return
    if entity.redirected:
        yield _plain(
            MOVED,
            f"{id} now leads to {entity.id} ({entity.label()}); if that is still meant, write "
            f"wikidata:{entity.id} in object_id",
        )
    yield from _compare_owners(link, entity, ground)
    yield from _compare_name(link, entity)
    if thing is None:
        return
    yield from _compare_class(thing, entity, ground)
    if is_exact(link):
        yield from _compare_articles(thing, entity)
        yield from _compare_identifiers(thing, entity, ground.alignment)
        yield from _compare_values(thing, entity, ground)
        yield from _compare_points(thing, entity, ground.alignment)


def _compare_owners(link: Link, entity: Entity, ground: _Ground) -> Iterator[_Difference]:
    """Find two of ours that became one item when theirs were merged."""
    others = [
        subject
        for subject, id in ground.items.items()
        if subject != link.subject.value and id != _id(link)
        if (other := ground.entities[id]) is not None and other.id == entity.id
    ]
    if is_exact(link) and others:
        ours, theirs = link.cells["subject_id"], ", ".join(map(_to_name, others))
        yield _plain(
            SHARED,
            f"{ours} and {theirs} are both {entity.id} now, since items were merged; see whether "
            "they are one, or which of the two is meant, and reject the other row",
        )


def _compare_name(link: Link, entity: Entity) -> Iterator[_Difference]:
    name = link.cells.get("object_label", "")
    if name and not is_called(entity, name):
        yield _plain(
            NAME,
            f"the row calls {entity.id} “{name}”, Wikidata “{entity.label()}”; look whether the "
            "same thing is meant, then correct object_label",
        )


def _compare_class(thing: Thing, entity: Entity, ground: _Ground) -> Iterator[_Difference]:
    allowed = ground.alignment.classes_for(thing.types)
    direct = frozenset(v for v in entity.values(INSTANCE_OF) if isinstance(v, str) and is_item(v))
    if is_of_class(allowed, ground.classes[entity.id] | direct) is not False:
        return
    may = ", ".join(sorted(ground.alignment.name(one) for one in allowed))

    def write(names: Mapping[str, str]) -> str:
        kinds = ", ".join(names[one] for one in sorted(direct))
        return (
            f"{thing.name} cannot be {entity.id}, an instance of {kinds}; it may be: {may}. Reject "
            "the row, or widen ontology/alignment.ttl"
        )

    yield _Difference(CLASS, direct, write)


def _compare_articles(thing: Thing, entity: Entity) -> Iterator[_Difference]:
    for article, said in thing.articles():
        title = entity.articles.get(article.site)
        if title != article.title:
            there = f"has “{title}”" if title else "has none"
            yield _plain(
                ARTICLE,
                f"{thing.name} has the article “{article.title}” of {article.site}"
                f"{said.evidence}, {entity.id} {there}; see which article is about it",
            )


def _compare_identifiers(
    thing: Thing, entity: Entity, alignment: Alignment
) -> Iterator[_Difference]:
    for identifier, value, said in thing.identifiers(alignment.identifiers):
        statements = entity.best(identifier.property)
        if statements and value not in (one.value for one in statements):
            remark = f"{thing.name}, {identifier.label}"
            draft = to_line(entity.id, identifier.property, to_text(value), said, remark)
            words = f"{identifier.label} ({identifier.property})"
            yield _differ(IDENTIFIER, thing, entity, words, [said], statements, draft, value)


def _compare_values(thing: Thing, entity: Entity, ground: _Ground) -> Iterator[_Difference]:
    """Compare each property of ours that is aligned: literals as dates, things as places."""
    for predicate, properties in ground.alignment.properties.items():
        ours = thing.values.get(NamedNode(predicate), ())
        for property in properties if ours else ():
            statements = entity.best(property)
            values = [one.value for one in statements if one.value is not None]
            words = f"{ground.alignment.name(property)} ({property})"
            if agree_in_dates(ours, values) is False:
                dates = ((one, to_date(one)) for one in ours)
                said, day = next(((one, day) for one, day in dates if day), (ours[0], None))
                remark = f"{thing.name}, {ground.alignment.name(property)}"
                draft = to_line(entity.id, property, day, said, remark) if day else None
                yield _differ(DATE, thing, entity, words, ours, statements, draft)
            around = ground.surroundings
            if agree_in_places(ours, values, ground.items, around) is False:
                said = next(one for one in ours if one.value.value in ground.items)
                remark = f"{thing.name}, {ground.alignment.name(property)}"
                place = ground.items[said.value.value]
                draft = to_line(entity.id, property, place, said, remark)
                yield _differ(PLACE, thing, entity, words, ours, statements, draft)


def _compare_points(thing: Thing, entity: Entity, alignment: Alignment) -> Iterator[_Difference]:
    ours = thing.point()
    for property in alignment.properties.get(GEO, ()) if ours else ():
        assert ours is not None
        point, said = ours
        statements = entity.best(property)
        points = [one.value for one in statements if isinstance(one.value, Point)]
        apart = min((distance_km(point, other) for other in points), default=0)
        if apart > NEAR_KM:
            words = f"{alignment.name(property)} ({property}), {apart:.0f} km apart"
            remark = f"{thing.name}, {alignment.name(property)}"
            draft = to_line(entity.id, property, to_point(point), said, remark)
            yield _differ(POINT, thing, entity, words, [said], statements, draft, str(point))


def _differ(
    rule: str,
    thing: Thing,
    entity: Entity,
    words: str,
    ours: Sequence[Said],
    theirs: Sequence[Statement],
    draft: str | None,
    value: str = "",
) -> _Difference:
    """Set both sides beside each other, each value with its sources."""
    mentioned = [s for one in theirs for s in (*one.sources, one.value)]
    items = frozenset(one for one in mentioned if isinstance(one, str) and is_item(one))

    def write(names: Mapping[str, str]) -> str:
        here = ", ".join(f"{value or _short(one)}{one.evidence}" for one in ours)
        there = ", ".join(_word(one, names) for one in theirs if one.value is not None)
        return (
            f"{thing.name} and {entity.id} ({entity.label()}) differ in {words}: here {here}, "
            f"there {there}; weigh both"
        )

    return _Difference(rule, items, write, draft)


def _word(statement: Statement, names: Mapping[str, str]) -> str:
    value = str(statement.value)
    sources = ", ".join(names.get(source, source) for source in statement.sources)
    return f"{names.get(value, value)} ({sources or 'no reference'})"


def _plain(rule: str, message: str) -> _Difference:
    return _Difference(rule, frozenset(), lambda names: message)


def _short(said: Said) -> str:
    return _to_name(said.value.value) if isinstance(said.value, NamedNode) else said.value.value


def _to_name(iri: str) -> str:
    return iri.rpartition("/id/")[2].replace("/", ":")


def _name(entity: Entity | None, id: str, languages: Iterable[str]) -> str:
    return id if entity is None else f"{entity.label(languages)} ({id})"


def _places(
    links: Iterable[tuple[str, Link]], entities: Mapping[str, Entity], alignment: Alignment
) -> set[str]:
    """Give the items among the values that are compared with places."""
    properties = [property for several in alignment.properties.values() for property in several]
    entities_of = (entities[_id(link)] for _, link in links if _id(link) in entities)
    values = (v for entity in entities_of for p in properties for v in entity.values(p))
    return {value for value in values if isinstance(value, str) and is_item(value)}


def _id(link: Link) -> str:
    id = to_id(link.object.value)
    assert id is not None
    return id
