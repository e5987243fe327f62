"""Items found in exact ways: the article of Wikipedia about a thing, its number elsewhere.

Each way is a chain of two facts: a claim of ours that the article or number belongs to the thing,
and Wikidata's word that it belongs to the item. So the row is a proposal: either may be wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from kg import __version__
from kg.linking.alignment import Alignment
from kg.linking.changes import Row
from kg.linking.client import Wikidata
from kg.linking.comparison import is_of_class
from kg.linking.proposals import is_exact, reviewed_links, to_curie
from kg.linking.things import Said, Thing
from kg.linking.wikidata import Entity, to_iri
from kg.project import Project
from kg.sssom import Link

TOOL = "kg link resolve"
# One chain may break in either link; two that meet are seldom both wrong.
_CONFIDENCE = {1: "0.9", 2: "0.95"}
_UNSURE = "0.5"


@dataclass(frozen=True)
class Way:
    """How an item was found: in words, with our evidence, and where that can be read."""

    words: str
    said: Said
    page: str


@dataclass(frozen=True)
class Resolution:
    """What was found: rows to propose, and what a person should know besides."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


@dataclass
class _Found:
    """The items of a thing, each with the ways that lead to it; ways that lead nowhere."""

    items: dict[str, list[Way]]
    nowhere: list[Way]


@dataclass(frozen=True)
class _Scene:
    """All that a proposal is judged by."""

    project: Project
    alignment: Alignment
    entities: Mapping[str, Entity | None]
    classes: Mapping[str, frozenset[str]]
    owners: Mapping[str, list[str]]
    reviews: Mapping[tuple[str, str], tuple[Link, str]]
    day: date


def resolve(
    project: Project, things: Iterable[Thing], alignment: Alignment, wikidata: Wikidata, day: date
) -> Resolution:
    """Find the items of things by their articles and identifiers; `day` dates the rows.

    Pairs that a person accepted or rejected before are not proposed again.
    """
    by_thing = _follow(list(things), alignment, wikidata)
    entities = wikidata.entities(id for found in by_thing.values() for id in found.items)
    known = [entity.id for entity in entities.values() if entity is not None]
    reviews = {
        (link.subject.value, link.object.value): (link, mapping_set.path)
        for mapping_set, link in reviewed_links(project)
    }
    scene = _Scene(
        project, alignment, entities, wikidata.classes(known), _owners(by_thing), reviews, day
    )
    made = [one for thing, found in by_thing.items() for one in _judge(thing, found, scene)]
    notes = [one for one in made if isinstance(one, str)] + list(_part(scene, by_thing))
    rows = [one for one in made if not isinstance(one, str)]
    return Resolution(tuple(rows), tuple(dict.fromkeys(notes)))


def _judge(thing: Thing, found: _Found, scene: _Scene) -> Iterator[Row | str]:
    """Yield the rows to propose for a thing, and notes on what speaks against them."""
    yield from (f"{thing.name}: no item has {way.words}" for way in found.nowhere)
    if len(found.items) > 1:
        there = " and ".join(f"to {id} by {_join(ways)}" for id, ways in found.items.items())
        yield f"{thing.name}: the ways part, {there}; at most one is right"
    for id, ways in found.items.items():
        entity = scene.entities[id]
        if entity is None:
            yield f"{thing.name}: {_join(ways)} leads to {id}, which is deleted"
            continue
        link, path = scene.reviews.get((thing.node.value, to_iri(entity.id)), (None, ""))
        if link is None:
            doubts = list(_doubt(thing, id, entity, scene))
            if len(found.items) > 1:
                doubts.append("other ways lead to another item")
            yield _to_row(scene, thing, entity, ways, doubts)
            yield from (f"{thing.name}: {entity.id} is doubtful: {doubt}" for doubt in doubts)
        elif link.negated:
            where = f"{path}:{link.line}"
            yield f"{thing.name}: {where} rejects {entity.id}, yet {_join(ways)} leads there"


def _follow(things: list[Thing], alignment: Alignment, wikidata: Wikidata) -> dict[Thing, _Found]:
    """Follow every article and identifier to the items that have it."""
    articles = {article for thing in things for article, _ in thing.articles()}
    by_article = wikidata.items_of_articles(articles)
    values: dict[str, set[str]] = defaultdict(set)
    for thing in things:
        for identifier, value, _ in thing.identifiers(alignment.identifiers):
            values[identifier.property].add(value)
    by_value = {p: wikidata.items_of_identifiers(p, several) for p, several in values.items()}
    found: dict[Thing, _Found] = {}
    for thing in things:
        mine = _Found({}, [])
        for article, said in thing.articles():
            way = Way(f"the article “{article.title}” ({article.site})", said, article.address)
            id = by_article[article]
            _add(mine, way, () if id is None else (id,))
        for identifier, value, said in thing.identifiers(alignment.identifiers):
            page = said.value.value if said.value.value.startswith("http") else ""
            way = Way(f"{identifier.label} {value} ({identifier.property})", said, page)
            _add(mine, way, by_value[identifier.property][value])
        if mine.items or mine.nowhere:
            found[thing] = mine
    return found


def _add(found: _Found, way: Way, ids: tuple[str, ...]) -> None:
    for id in ids:
        found.items.setdefault(id, []).append(way)
    if not ids:
        found.nowhere.append(way)


def _owners(by_thing: Mapping[Thing, _Found]) -> dict[str, list[str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for thing, found in by_thing.items():
        for id in found.items:
            owners[id].append(thing.name)
    return owners


def _doubt(thing: Thing, id: str, entity: Entity, scene: _Scene) -> Iterator[str]:
    allowed = scene.alignment.classes_for(thing.types)
    if is_of_class(allowed, scene.classes.get(entity.id, frozenset())) is False:
        names = ", ".join(sorted(scene.alignment.name(one) for one in allowed))
        yield f"its class is none of {names}"
    if entity.redirected:
        yield f"it was found under {entity.asked}, which now leads to it"
    others = [name for name in scene.owners[id] if name != thing.name]
    if others:
        yield f"{', '.join(others)} leads to it, too"


def _part(scene: _Scene, by_thing: Mapping[Thing, _Found]) -> Iterator[str]:
    """Say where an accepted link and the exact ways part."""
    by_node = {thing.node.value: (thing, found) for thing, found in by_thing.items()}
    for (subject, object), (link, path) in scene.reviews.items():
        thing, found = by_node.get(subject, (None, None))
        if thing is None or found is None or not found.items or not is_exact(link):
            continue
        reached = {to_iri(one.id) for id in found.items if (one := scene.entities[id])}
        if object not in reached:
            there = " and ".join(f"{id} by {_join(ways)}" for id, ways in found.items.items())
            accepted = link.cells["object_id"]
            yield f"{thing.name}: {path}:{link.line} accepts {accepted}, exact ways lead to {there}"


def _to_row(scene: _Scene, thing: Thing, entity: Entity, ways: list[Way], doubts: list[str]) -> Row:
    evidence = "; ".join(f"{way.words}{way.said.evidence}" for way in ways)
    doubt = f" Doubtful: {'; '.join(doubts)}." if doubts else ""
    return {
        "subject_id": to_curie(scene.project, thing.node),
        "subject_label": thing.label,
        "predicate_id": "skos:exactMatch",
        "object_id": f"wikidata:{entity.id}",
        "object_label": entity.label(),
        "mapping_justification": "semapv:MappingChaining",
        "mapping_tool": TOOL,
        "mapping_tool_version": __version__,
        "mapping_date": scene.day.isoformat(),
        "confidence": _UNSURE if doubts else _CONFIDENCE[min(len(ways), 2)],
        "see_also": "|".join(sorted({way.page for way in ways if way.page})),
        "comment": f"Wikidata gives this item {evidence}.{doubt}",
    }


def _join(ways: list[Way]) -> str:
    return " and ".join(way.words for way in ways)
