"""Both sides of a link beside each other: what we say of a thing, what Wikidata says of an item.

Theirs comes from the answers that are kept, so nobody is asked, and it is said how old they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from kg.errors import ServiceError
from kg.linking.alignment import GEO, Alignment, read_alignment
from kg.linking.cache import CACHE, Cache
from kg.linking.comparison import NEAR_KM, agree_in_dates, distance_km
from kg.linking.things import Said, Thing, Things
from kg.linking.wikidata import INSTANCE_OF, Entity, Point, Statement, is_item, to_entity, to_id
from kg.project import Project
from kg.sssom import Link
from kg.terms import RDFS, SCHEMA, SKOS

NAME, OTHER_NAMES, DESCRIPTION, KIND, ARTICLES = (
    "name",
    "other names",
    "description",
    "kind",
    "articles",
)
_DESCRIPTIONS = (f"{SCHEMA}description", f"{SKOS}definition", f"{RDFS}comment")


@dataclass(frozen=True)
class Line:
    """One matter as both sides tell it; `agree` is None where that cannot be told."""

    label: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    agree: bool | None = None


@dataclass(frozen=True)
class Sides:
    """A link to be weighed; if the item was never fetched, `given` is None and theirs empty."""

    link: Link
    lines: tuple[Line, ...]
    given: datetime | None

    @property
    def age(self) -> timedelta | None:
        """How old their side is."""
        return None if self.given is None else datetime.now(UTC) - self.given


class Comparing:
    """Sets our things beside items; `cache` is None where no answers were ever kept."""

    def __init__(
        self,
        project: Project,
        things: Mapping[str, Thing],
        alignment: Alignment,
        cache: Cache | None,
    ) -> None:
        self._project = project
        self._things = things
        self._alignment = alignment
        self._cache = cache

    def compare(self, link: Link) -> Sides:
        """Set both sides of a link beside each other."""
        thing = self._things.get(link.subject.value)
        entity, given = self._find(to_id(link.object.value) or "")
        lines = [
            line for line in self._lines(thing, entity, link.cells) if line.ours or line.theirs
        ]
        return Sides(link, tuple(lines), given)

    def _find(self, id: str) -> tuple[Entity | None, datetime | None]:
        answer = None if self._cache is None else self._cache.newest("entity", id)
        if answer is None:
            return None, None
        try:
            entity = to_entity(answer.value, id)
        except ServiceError:
            return None, None
        return entity, answer.given

    def _lines(
        self, thing: Thing | None, entity: Entity | None, cells: Mapping[str, str]
    ) -> Iterator[Line]:
        yield from self._names(thing, entity, cells)
        yield Line(DESCRIPTION, _described(thing), _tagged(entity.descriptions if entity else {}))
        kinds = sorted(map(self._project.shorten, thing.types)) if thing else []
        yield Line(KIND, tuple(kinds), self._words(entity.best(INSTANCE_OF) if entity else ()))
        yield from self._values(thing, entity)
        yield from self._points(thing, entity)
        yield from self._elsewhere(thing, entity)

    def _names(
        self, thing: Thing | None, entity: Entity | None, cells: Mapping[str, str]
    ) -> Iterator[Line]:
        """Yield labels and the names besides, each once."""
        ours = list(thing.names()) if thing else []
        theirs = list(entity.names()) if entity else []
        here = {name.casefold() for _, name in ours}
        agree = True if any(name.casefold() in here for _, name in theirs) else None
        label = thing.label if thing else cells.get("subject_label", "")
        there = entity.label() if entity else cells.get("object_label", "")
        yield Line(NAME, _filled(label), _filled(there), agree)
        yield Line(OTHER_NAMES, _others(ours, label), _others(theirs, there))

    def _values(self, thing: Thing | None, entity: Entity | None) -> Iterator[Line]:
        for predicate, properties in self._alignment.properties.items():
            ours = thing.values.get(NamedNode(predicate), ()) if thing else ()
            for property in properties if predicate != GEO else ():
                statements = entity.best(property) if entity else ()
                values = [s.value for s in statements if s.value is not None]
                yield Line(
                    self._alignment.name(property),
                    tuple(map(self._word, ours)),
                    self._words(statements),
                    agree_in_dates(ours, values),
                )

    def _points(self, thing: Thing | None, entity: Entity | None) -> Iterator[Line]:
        ours = thing.point() if thing else None
        for property in self._alignment.properties.get(GEO, ()):
            statements = entity.best(property) if entity else ()
            points = [s.value for s in statements if isinstance(s.value, Point)]
            agree = None
            if ours is not None and points:
                agree = min(distance_km(ours[0], one) for one in points) <= NEAR_KM
            here = (f"{ours[0]}{ours[1].evidence}",) if ours else ()
            yield Line(self._alignment.name(property), here, self._words(statements), agree)

    def _elsewhere(self, thing: Thing | None, entity: Entity | None) -> Iterator[Line]:
        """Yield articles of Wikipedia and the numbers of other catalogues."""
        articles = {article.site: article.title for article, _ in thing.articles()} if thing else {}
        titles = entity.articles if entity else {}
        shared = [site for site, title in articles.items() if site in titles]
        agree = all(titles[site] == articles[site] for site in shared) if shared else None
        there = {site: title for site, title in titles.items() if site.endswith("wiki")}
        yield Line(ARTICLES, _listed(articles), _listed(there), agree)
        for identifier in self._alignment.identifiers:
            found = list(thing.identifiers((identifier,))) if thing else []
            statements = entity.best(identifier.property) if entity else ()
            values = {str(s.value) for s in statements}
            agree = any(value in values for _, value, _ in found) if found and values else None
            here = tuple(f"{value}{said.evidence}" for _, value, said in found)
            yield Line(identifier.label, here, self._words(statements), agree)

    def _word(self, said: Said) -> str:
        other = self._things.get(said.value.value) if isinstance(said.value, NamedNode) else None
        return f"{other.label if other else said.value.value}{said.evidence}"

    def _words(self, statements: Iterable[Statement]) -> tuple[str, ...]:
        """Word what Wikidata states, with who says so."""
        words = []
        for statement in statements:
            if statement.value is not None:
                sources = ", ".join(map(self._call, statement.sources))
                value = self._call(str(statement.value))
                words.append(f"{value} ({sources})" if sources else value)
        return tuple(words)

    def _call(self, value: str) -> str:
        """Name an item, as far as it is known; leave any other value as it is."""
        if not is_item(value):
            return value
        name = self._alignment.labels.get(value)
        if name is None:
            entity, _ = self._find(value)
            name = entity.label() if entity else value
        return value if name == value else f"{name} [{value}]"


def open_comparing(project: Project, cache: Path | None = None) -> Comparing:
    """Read all that links of a project are weighed by; `cache` stands for the project's own."""
    path = cache or project.root / CACHE
    kept = Cache(path) if path.exists() else None
    return Comparing(project, Things(project).all, read_alignment(project), kept)


def _described(thing: Thing | None) -> tuple[str, ...]:
    values = thing.values if thing else {}
    said = [one.value for p in _DESCRIPTIONS for one in values.get(NamedNode(p), ())]
    texts = [(one.language or "", one.value) for one in said if isinstance(one, Literal)]
    return _tagged(dict(texts))


def _tagged(texts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{text} ({code})" if code else text for code, text in texts.items())


def _others(names: Iterable[tuple[str, str]], label: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, name in names if name != label))


def _listed(titles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{title} ({site})" for site, title in sorted(titles.items()))


def _filled(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
