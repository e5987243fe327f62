"""What of a release can be matched: its things with their types, properties and short names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from pyoxigraph import Literal, NamedNode

from kg.matching.description import Days, Description, Value
from kg.matching.index import Index
from kg.matching.ranking import Details
from kg.matching.reading import (
    LABELS,
    MEMBER,
    OTHER_NAMES,
    describe,
    read_days,
    read_entities,
    read_words,
)
from kg.matching.spelling import to_keys
from kg.project import NAME_WORDS
from kg.terms import RDF_TYPE, RDFS_SUB_CLASS_OF
from server.links import own_path
from server.lookups import DEFAULT, local_name
from server.pages.values import longest_first
from server.site import Site

Prefixes = tuple[tuple[str, str], ...]
SCANNED = 2_000
"""How many statements of a property are looked through for a value, where no name is asked for."""
DETAILS = 10_000
"""Of how many properties of things the values are held, to be compared again."""
SAMPLE = 2_000
"""How many things of a type are looked at to see which properties they have."""
_NAMING = frozenset((RDF_TYPE, *LABELS, *OTHER_NAMES))


@dataclass(frozen=True)
class Term:
    """A type or property: its short name, what it is called, and how many things have it."""

    id: str
    iri: str
    name: str
    uses: int


@dataclass(frozen=True)
class Bearers:
    """Who has a property, with their members: by thing, by the keys of a text, by days."""

    by_thing: dict[str, set[str]]
    by_keys: dict[tuple[str, ...], set[str]]
    by_days: dict[Days, set[str]]


@dataclass(frozen=True)
class Catalogue:
    """The things of one release, to be found by name.

    `types` are by their IRIs, most used first; `kinds` gives for each class those that count as
    it: itself and its subclasses.
    """

    site: Site
    index: Index
    prefixes: Prefixes
    types: dict[str, Term]
    kinds: dict[str, frozenset[str]]
    _properties: dict[str, tuple[Term, ...]] = field(default_factory=dict)
    _bearers: dict[str, Bearers] = field(default_factory=dict)
    _details: dict[tuple[str, str], Details] = field(default_factory=dict)

    def to_id(self, iri: str) -> str:
        """Give the identifier of a thing: the end of an own name, any other name in full."""
        return own_path(iri, self.site.base) or iri

    def find(self, id: str) -> Description | None:
        """Find a thing by its identifier or its whole IRI."""
        return self.index.get(f"{self.site.base}id/{id}") or self.index.get(id)

    def to_iri(self, id: str) -> str:
        """Give the IRI that a type or property is named by, short or in full."""
        prefix, _, name = id.partition(":")
        namespace = self.site.release.manifest.prefixes.get(prefix)
        return namespace + name if namespace is not None and not name.startswith("//") else id

    def shorten(self, iri: str) -> str:
        """Give the short name of a type or property."""
        return _shorten(iri, self.prefixes)

    def to_terms(self, counts: Counter[str]) -> Iterator[Term]:
        """Name types or properties, most used first."""
        for iri, uses in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            yield _to_term(self.site, self.prefixes, iri, uses)

    def properties(self, type: str = "") -> tuple[Term, ...]:
        """List the properties of things of a type (of all things: empty), most used first."""
        if type and type not in self.types:
            return ()
        if type not in self._properties:
            self._properties[type] = tuple(_read_properties(self, type))
        return self._properties[type]

    def bearers(self, property: NamedNode) -> Bearers:
        """Give who has a property, by its values; gathered once for each that is in use."""
        found = self._bearers.get(property.value)
        if found is None:
            found = _read_bearers(self, property)
            if found.by_thing or found.by_keys:
                self._bearers[property.value] = found
        return found

    def describe(self, iri: str, properties: Iterable[str]) -> Details:
        """Give dates and values of some properties of a thing, which many queries ask for."""
        dates: dict[str, tuple[Days, ...]] = {}
        values: dict[str, tuple[Value, ...]] = {}
        for property in properties:
            found = self._details.get((iri, property))
            if found is None:
                found = describe(self.site.store, iri, (property,))
                if len(self._details) >= DETAILS:
                    self._details.clear()
                self._details[iri, property] = found
            dates.update(found[0])
            values.update(found[1])
        return dates, values


def catalogue(site: Site) -> Catalogue:
    """Index a release; ask with `site.derive(catalogue)`."""
    words = site.files.get(NAME_WORDS, b"").decode("utf-8")
    lexicon = read_words(site.store, site.base, words)
    index = Index(read_entities(site.store, site.base), lexicon)
    prefixes = longest_first(site.release.manifest.prefixes.items())
    counts = Counter(kind for entity in index.entities for kind in entity.kinds)
    types = {iri: _to_term(site, prefixes, iri, uses) for iri, uses in counts.most_common()}
    return Catalogue(site, index, prefixes, types, {iri: _narrower(site, iri) for iri in types})


def _to_term(site: Site, prefixes: Prefixes, iri: str, uses: int) -> Term:
    text = site.look.name(NamedNode(iri), "en")
    return Term(
        _shorten(iri, prefixes), iri, text.value if text else local_name(NamedNode(iri)), uses
    )


def _shorten(iri: str, prefixes: Prefixes) -> str:
    for prefix, namespace in prefixes:
        name = iri.removeprefix(namespace)
        if name != iri and name and not set(name) & set("/#?:"):
            return f"{prefix}:{name}"
    return iri


def _narrower(site: Site, iri: str) -> frozenset[str]:
    found, left = {iri}, [iri]
    while left:
        below = {
            node.value for node in site.look.subjects(RDFS_SUB_CLASS_OF, NamedNode(left.pop()))
        }
        left += below - found
        found |= below
    return frozenset(found)


def _read_properties(catalogue: Catalogue, type: str) -> Iterator[Term]:
    site, wanted = catalogue.site, catalogue.kinds.get(type, frozenset((type,)))
    entities = [one for one in catalogue.index.entities if not type or one.kinds & wanted]
    counts: Counter[str] = Counter()
    for entity in entities[:: max(1, len(entities) // SAMPLE)]:
        counts.update(_properties_of(site, NamedNode(entity.iri)))
    yield from catalogue.to_terms(counts)


def _read_bearers(catalogue: Catalogue, property: NamedNode) -> Bearers:
    site, found = catalogue.site, Bearers({}, {}, {})
    for quad in islice(site.store.quads_for_pattern(None, property, None, DEFAULT), SCANNED):
        if not isinstance(quad.subject, NamedNode):
            continue
        members = (node.value for node in site.look.nodes(quad.subject, MEMBER))
        subjects, term = {quad.subject.value, *members}, quad.object
        texts: tuple[str, ...] = ()
        if isinstance(term, NamedNode):
            found.by_thing.setdefault(term.value, set()).update(subjects)
            thing = catalogue.index.get(term.value)
            texts = tuple(text for _, text in thing.names) if thing else ()
        elif isinstance(term, Literal):
            texts = (term.value,)
            days = read_days(term.value)
            if days is not None:
                found.by_days.setdefault(days, set()).update(subjects)
        for text in texts:
            found.by_keys.setdefault(tuple(to_keys(text)), set()).update(subjects)
    return found


def _properties_of(site: Site, thing: NamedNode) -> set[str]:
    """List the properties of a thing and of what speaks for it as a member."""
    posts = site.look.subjects(MEMBER, thing)
    quads = (
        quad
        for subject in (thing, *posts)
        for quad in site.store.quads_for_pattern(subject, None, None, DEFAULT)
    )
    return {quad.predicate.value for quad in quads} - {node.value for node in (*_NAMING, MEMBER)}
