"""A thing of ours and an item in the form that `kg.matching` compares, in words of our ontology."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.linking.alignment import GEO, Alignment
from kg.linking.comparison import distance_km, to_days
from kg.linking.things import Thing
from kg.linking.wikidata import INSTANCE_OF, Entity, Time, is_item
from kg.linking.wikidata import Point as Place
from kg.matching.description import Days, Description, Value
from kg.matching.lexicon import Lexicon, read_lexicon
from kg.matching.scoring import UNIT, Point
from kg.matching.spelling import to_keys
from kg.project import NAME_WORDS, Project
from kg.terms import ORG, SKOS_IN_SCHEME, Terms

NEAR_KM, FAR_KM = 10, 100
NEAR, APART, FAR = 12.0, -8.0, -45.0
_MEMBER = NamedNode(f"{ORG}member")


@dataclass(frozen=True)
class Known:
    """What both sides are described with.

    `lexicon` holds the words in names that are none, such as ranks; `classes` gives each item's
    classes and all that these are kinds of, `entities` the items that statements name, `ours` the
    thing of ours that a person accepted for an item, `units` what our people belonged to.
    """

    alignment: Alignment
    things: Mapping[str, Thing]
    terms: Terms
    lexicon: Lexicon
    classes: Mapping[str, frozenset[str]]
    entities: Mapping[str, Entity | None]
    ours: Mapping[str, str]
    units: Mapping[str, tuple[str, ...]]

    def kinds(self, thing: Thing) -> frozenset[str]:
        """Give the types of a thing that say what item it may be."""
        return frozenset(thing.types & set(self.alignment.classes))


def ranks_of(things: Mapping[str, Thing], terms: Terms) -> Mapping[str, tuple[str, ...]]:
    """Give the ranks that members ever held, by the IRI of the member."""
    return _told_of_members(things, terms.rank)


def units_of(things: Mapping[str, Thing]) -> Mapping[str, tuple[str, ...]]:
    """Give the organizations that members ever belonged to, by the IRI of the member."""
    return _told_of_members(things, NamedNode(UNIT))


def _told_of_members(things: Mapping[str, Thing], said: NamedNode) -> dict[str, tuple[str, ...]]:
    told: dict[str, list[str]] = defaultdict(list)
    for thing in things.values():
        values = [one.value.value for one in thing.values.get(said, ())]
        for member in thing.values.get(_MEMBER, ()) if values else ():
            told[member.value.value] += values
    return {member: tuple(dict.fromkeys(values)) for member, values in told.items()}


def words_of(project: Project, things: Mapping[str, Thing]) -> Lexicon:
    """Join the words that a project lists with the labels of its own ranks."""
    used = {rank for held in ranks_of(things, project.terms).values() for rank in held}
    schemes = {scheme for iri in used if iri in things for scheme in _schemes(things[iri])}
    ranks = {iri: _names(thing) for iri, thing in things.items() if schemes & _schemes(thing)}
    return read_lexicon(project.name_words, NAME_WORDS, ranks)


def describe_thing(thing: Thing, ranks: Iterable[str], known: Known) -> Description:
    """Describe a thing of ours by what the alignment can compare."""
    dates: dict[str, tuple[Days, ...]] = {}
    values: dict[str, tuple[Value, ...]] = {}
    for predicate in known.alignment.properties:
        said = [one.value for one in thing.values.get(NamedNode(predicate), ())]
        days = [to_days(one) for one in said if isinstance(one, Literal)]
        dates[predicate] = tuple(one for one in days if one is not None)
        nodes = [one.value for one in said if isinstance(one, NamedNode)]
        nodes += known.units.get(thing.node.value, ()) if predicate == UNIT else ()
        values[predicate] = tuple(Value(iri, _names(known.things.get(iri))) for iri in nodes)
    return Description(
        iri=thing.node.value,
        names=tuple(thing.names()),
        kinds=known.kinds(thing),
        dates={predicate: days for predicate, days in dates.items() if days},
        values={predicate: those for predicate, those in values.items() if those},
        ranks=frozenset(ranks),
    )


def describe_item(entity: Entity, ranks: Iterable[str], known: Known) -> Description:
    """Describe an item in our words; `ranks` are those of ours it is compared with."""
    alignment = known.alignment
    dates: dict[str, tuple[Days, ...]] = {}
    values: dict[str, tuple[Value, ...]] = {}
    for predicate, properties in alignment.properties.items():
        said = [value for property in properties for value in entity.values(property)]
        days = [one.bounds for one in said if isinstance(one, Time)]
        dates[predicate] = tuple(one for one in days if one is not None)
        items = [one for one in said if isinstance(one, str) and is_item(one)]
        values[predicate] = tuple(
            Value(known.ours.get(id), _names(known.entities.get(id))) for id in items
        )
    rank = known.terms.rank.value
    held = (id for p in alignment.properties.get(rank, ()) for id in entity.values(p))
    return Description(
        iri=entity.id,
        names=tuple(entity.names()),
        kinds=_kinds(entity, known),
        dates={predicate: days for predicate, days in dates.items() if days},
        values={p: those for p, those in values.items() if those and p != rank},
        ranks=frozenset(_to_rank(str(id), tuple(ranks), known) for id in held),
        note=entity.descriptions.get("en", ""),
    )


def weigh_places(thing: Thing, entity: Entity, alignment: Alignment) -> Iterator[Point]:
    """Yield what the distance of two places says, where both are on the globe."""
    ours = thing.point()
    properties = alignment.properties.get(GEO, ()) if ours else ()
    places = [p for one in properties for p in entity.values(one) if isinstance(p, Place)]
    if ours is None or not places:
        return
    apart = min(distance_km(ours[0], place) for place in places)
    worth = NEAR if apart <= NEAR_KM else APART if apart <= FAR_KM else FAR
    yield Point(GEO, worth, f"They lie {apart:.0f} km apart.")


def named_items(entities: Iterable[Entity], alignment: Alignment) -> set[str]:
    """Give the items that statements of these name, as far as they are compared or shown."""
    properties = {INSTANCE_OF, *(p for several in alignment.properties.values() for p in several)}
    values = (v for entity in entities for p in properties for v in entity.values(p))
    return {value for value in values if isinstance(value, str) and is_item(value)}


def _kinds(entity: Entity, known: Known) -> frozenset[str]:
    """Give our classes that an item may be of; its own where it may be of none of ours."""
    direct = {one for one in entity.values(INSTANCE_OF) if isinstance(one, str)}
    classes = known.classes.get(entity.id, frozenset()) | direct
    ours = {iri for iri, ids in known.alignment.classes.items() if ids & classes}
    return frozenset(ours or classes)


def _to_rank(id: str, ours: tuple[str, ...], known: Known) -> str:
    """Name a rank as we do, where a link or a name says that it is one of these."""
    if id in known.ours:
        return known.ours[id]
    keys = {tuple(to_keys(name)) for name in _names(known.entities.get(id))}
    for iri in ours:
        if keys & {tuple(to_keys(name)) for name in _names(known.things.get(iri))}:
            return iri
    return id


def _schemes(thing: Thing) -> set[str]:
    return {said.value.value for said in thing.values.get(SKOS_IN_SCHEME, ())}


def _names(one: Thing | Entity | None) -> tuple[str, ...]:
    return tuple(name for _, name in one.names()) if one else ()
