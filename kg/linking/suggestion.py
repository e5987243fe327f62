"""Items found by name: candidates of a reconciliation service, scored, each point written out.

Names are asked in each language of the project. Who else bears the name, what only lists bearers of
it, what is of another kind sinks, and the row says why. Nothing is accepted.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from kg import __version__
from kg.errors import LinkError
from kg.linking.alignment import Alignment
from kg.linking.changes import Row
from kg.linking.client import Wikidata
from kg.linking.describing import (
    Known,
    describe_item,
    describe_thing,
    named_items,
    ranks_of,
    units_of,
    weigh_places,
    words_of,
)
from kg.linking.life import Pair
from kg.linking.proposals import is_exact, reviewed_links, to_curie
from kg.linking.reconciliation import Question, Reconciliation
from kg.linking.things import Thing
from kg.linking.wikidata import INSTANCE_OF, Entity, is_item, to_id, to_iri
from kg.matching.description import Description
from kg.matching.points import total
from kg.matching.scoring import LEAD, Point, Score, score
from kg.project import ALIGNMENT, Project

TOOL = "kg link suggest"
NAMES = 4
"""How many names of a thing are asked in each language."""
_MOST_SURE, _UNSURE = 0.95, 0.5
_BESIDE_NAMES = ("kind", "rank")


@dataclass(frozen=True)
class Bounds:
    """How many candidates of a thing are proposed, at most, and from which score on."""

    least: float = 60
    most: int = 3


@dataclass(frozen=True)
class Suggestion:
    """What was found: rows to propose, and what a person should know besides."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    """An item for a thing, by which name it was found, and how well it fits."""

    thing: Thing
    entity: Entity
    match: str
    score: Score


@dataclass(frozen=True)
class _Scene:
    project: Project
    known: Known
    bounds: Bounds
    day: date


def choose(
    project: Project, things: Iterable[Thing], alignment: Alignment, names: Collection[str] = ()
) -> list[Thing]:
    """List the things that may be items and have none that a person accepted.

    With `names` only those. Raises LinkError for a name that is none of them.
    """
    exact = {link.subject.value for _, link in reviewed_links(project) if is_exact(link)}
    sought = {
        thing.name: thing
        for thing in things
        if thing.node.value not in exact and alignment.classes_for(thing.types)
    }
    for name in names:
        if name not in sought:
            near = get_close_matches(name, sought, 1)
            hint = f"is {near[0]} meant?" if near else f"see {ALIGNMENT}"
            message = f"{name} is no thing without an item whose class is aligned; {hint}"
            raise LinkError(message)
    return [thing for name, thing in sought.items() if not names or name in names]


def suggest(
    project: Project,
    sought: Collection[Thing],
    things: Mapping[str, Thing],
    alignment: Alignment,
    wikidata: Wikidata,
    services: Mapping[str, Reconciliation],
    day: date,
    bounds: Bounds,
) -> Suggestion:
    """Find items by the names of things; `services` are asked by language, `day` dates the rows.

    Pairs that a person accepted or rejected before are not proposed again.
    """
    found = _ask(sought, alignment, services)
    fetched = wikidata.entities({id for names in found.values() for id in names})
    entities = {e.id: e for e in fetched.values() if e is not None}
    named = wikidata.entities(named_items(entities.values(), alignment))
    known = Known(
        alignment,
        things,
        project.terms,
        words_of(project, things),
        wikidata.classes(entities),
        {**named, **entities},
        _accepted(project),
        units_of(things),
    )
    decided = {(a.subject.value, a.object.value) for _, a in reviewed_links(project)}
    ranks = ranks_of(things, project.terms)
    scene = _Scene(project, known, bounds, day)
    rows: list[Row] = []
    notes: list[str] = []
    for thing in sought:
        names = found.get(thing.node.value, {})
        matches = {e.id: names[id] for id in names if (e := fetched[id]) is not None}
        notes += [f"{thing.name}: {id} is deleted" for id in names if fetched[id] is None]
        held = ranks.get(thing.node.value, ())
        ranked = sorted(
            (_weigh(thing, entities[id], match, held, known) for id, match in matches.items()),
            key=lambda one: (-one.score.value, int(one.entity.id[1:])),
        )
        made, sunk = _propose(ranked, decided, scene)
        rows += made
        notes += sunk
    return Suggestion(tuple(rows), tuple(notes))


def _ask(
    sought: Iterable[Thing], alignment: Alignment, services: Mapping[str, Reconciliation]
) -> dict[str, dict[str, str]]:
    """Ask for every name; gives the ids offered for each thing, each with the name it came by."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for language, service in services.items():
        asked = [
            (thing, Question(name, _type(thing, alignment)))
            for thing in sought
            for name in _names(thing, language)
        ]
        answers = service.candidates([question for _, question in asked])
        for (thing, question), candidates in zip(asked, answers, strict=True):
            for candidate in candidates:
                if is_item(candidate.id):
                    found[thing.node.value].setdefault(candidate.id, question.name)
    return found


def _names(thing: Thing, language: str) -> list[str]:
    names = (name for code, name in thing.names() if code in (language, ""))
    return list(dict.fromkeys(names))[:NAMES]


def _type(thing: Thing, alignment: Alignment) -> str | None:
    """Give the class to ask for; none where several may be, since a query takes one."""
    classes = alignment.classes_for(thing.types)
    return next(iter(classes)) if len(classes) == 1 else None


def _accepted(project: Project) -> dict[str, str]:
    """Give our thing for each accepted item."""
    links = (link for _, link in reviewed_links(project) if is_exact(link))
    return {id: link.subject.value for link in links if (id := to_id(link.object.value))}


def _weigh(
    thing: Thing, entity: Entity, match: str, held: Iterable[str], known: Known
) -> _Candidate:
    held = tuple(held)
    ours, theirs = describe_thing(thing, held, known), describe_item(entity, held, known)
    points = score(ours, theirs, known.lexicon).points
    names = [point for point in points if _is_of_name(point)]
    # A short name of ours fits many; the item's own names must fit us as well.
    back = score(_bare(theirs), _bare(ours), known.lexicon).points
    names = min(names, [point for point in back if _is_of_name(point)], key=total)
    others = [point for point in points if not _is_of_name(point)]
    places = weigh_places(thing, entity, known.alignment)
    return _Candidate(thing, entity, match, Score((*names, *others, *places)))


def _bare(one: Description) -> Description:
    return Description(one.iri, one.names, one.kinds)


def _propose(
    ranked: list[_Candidate], decided: Collection[Pair], scene: _Scene
) -> tuple[list[Row], list[str]]:
    """Give the rows for a thing's candidates, the best first, and a note on those that sink."""
    fresh = [one for one in ranked if (one.thing.node.value, to_iri(one.entity.id)) not in decided]
    risen = [one for one in fresh if one.score.value >= scene.bounds.least][: scene.bounds.most]
    sunk = fresh[len(risen) :]
    rows = [_to_row(one, [other for other in risen if other is not one], scene) for one in risen]
    if not sunk:
        return rows, []
    first = sunk[0]
    others = f", and {len(sunk) - 1} more" if len(sunk) > 1 else ""
    why = _why(first, scene.known)
    return rows, [
        f"{first.thing.name}: {first.entity.id} ({first.entity.label()}) sinks to "
        f"{first.score.value:g}{others}. {why}"
    ]


def _to_row(one: _Candidate, others: Iterable[_Candidate], scene: _Scene) -> Row:
    near = [
        f"{other.entity.id} ({other.entity.label()})"
        for other in others
        if abs(other.score.value - one.score.value) < LEAD
    ]
    doubt = f" Doubtful: {', '.join(near)} fits about as well." if near else ""
    sure = min(one.score.value / 100, _UNSURE if near else _MOST_SURE)
    by_name_only = all(map(_is_of_name, one.score.points))
    return {
        "subject_id": to_curie(scene.project, one.thing.node),
        "subject_label": one.thing.label,
        "predicate_id": "skos:exactMatch",
        "object_id": f"wikidata:{one.entity.id}",
        "object_label": one.entity.label(),
        "mapping_justification": "semapv:LexicalMatching"
        if by_name_only
        else "semapv:CompositeMatching",
        "mapping_tool": TOOL,
        "mapping_tool_version": __version__,
        "mapping_date": scene.day.isoformat(),
        "confidence": f"{sure:.4g}",
        "match_string": one.match.replace("|", r"\|"),
        "comment": f"{one.score.value:g} of 100. {_why(one, scene.known)}{doubt}",
    }


def _is_of_name(point: Point) -> bool:
    """Tell a point for the name from those for kind, rank and properties, which are IRIs."""
    return point.feature not in _BESIDE_NAMES and not point.feature.startswith("http")


def _why(one: _Candidate, known: Known) -> str:
    """Write each point out, and what the item is."""
    points = (
        f"{_feature(p.feature, known.alignment)} {p.value:+g}: {p.reason}" for p in one.score.points
    )
    return " ".join((*points, *_what(one.entity, known)))


def _feature(feature: str, alignment: Alignment) -> str:
    """Name a feature for a person: a property as Wikidata calls it."""
    ids = alignment.properties.get(feature)
    name = alignment.name(ids[0]) if ids else feature
    return name[:1].upper() + name[1:]


def _what(entity: Entity, known: Known) -> Iterator[str]:
    kinds = [id for id in entity.values(INSTANCE_OF) if isinstance(id, str)]
    names = (known.alignment.labels.get(id) or _label(known.entities.get(id), id) for id in kinds)
    described = entity.descriptions.get("en", "")
    told = "; ".join(filter(None, (", ".join(names), described)))
    if told:
        yield f"The item: {told}."


def _label(entity: Entity | None, id: str) -> str:
    return entity.label() if entity else id
