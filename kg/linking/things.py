"""Our side of a link: names, articles, identifiers, dates and places, each with who says so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Triple

from kg.assemble import assemble
from kg.linking.alignment import Identifier
from kg.linking.articles import Article, to_article
from kg.linking.wikidata import Point
from kg.project import Project
from kg.terms import (
    DCTERMS_IDENTIFIER,
    FOAF_IS_PRIMARY_TOPIC_OF,
    PROV_WAS_DERIVED_FROM,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA,
    SCHEMA_URL,
    SKOS_ALT_LABEL,
    SKOS_PREF_LABEL,
)

ALTERNATE_NAME = NamedNode(f"{SCHEMA}alternateName")
LATITUDE = NamedNode(f"{SCHEMA}latitude")
LONGITUDE = NamedNode(f"{SCHEMA}longitude")
NAMES = (RDFS_LABEL, SKOS_PREF_LABEL, SKOS_ALT_LABEL, ALTERNATE_NAME)


@dataclass(frozen=True)
class Source:
    """A document that a claim of ours rests on; `address` only where it has one."""

    key: str
    address: str | None = None


@dataclass(frozen=True)
class Said:
    """A value of ours, with the claims that state it and the sources of those."""

    value: NamedNode | Literal
    claims: tuple[NamedNode, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def evidence(self) -> str:
        """Name the claims and sources, in brackets; empty for a plain description."""
        claims = [claim.value.rpartition("/")[2] for claim in self.claims]
        keys = [source.key for source in self.sources]
        parts = [_count("our claim", claims), _count("source", keys)]
        return f" ({', '.join(filter(None, parts))})" if claims else ""


@dataclass(frozen=True, eq=False)
class Thing:
    """A thing of ours: what the default graph says of it, by predicate."""

    node: NamedNode
    name: str
    label: str
    types: frozenset[str]
    values: Mapping[NamedNode, tuple[Said, ...]]

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield each of its names with its language, labels first."""
        for predicate in NAMES:
            for said in self.values.get(predicate, ()):
                if isinstance(said.value, Literal):
                    yield said.value.language or "", said.value.value

    def articles(self) -> Iterator[tuple[Article, Said]]:
        """Yield the articles of Wikipedia that are mainly about it."""
        for said in self.values.get(FOAF_IS_PRIMARY_TOPIC_OF, ()):
            article = to_article(said.value.value)
            if article is not None:
                yield article, said

    def identifiers(self, known: tuple[Identifier, ...]) -> Iterator[tuple[Identifier, str, Said]]:
        """Yield what other catalogues call it."""
        for identifier in known:
            for said in self.values.get(NamedNode(identifier.predicate), ()):
                value = identifier.read(said.value.value)
                if value is not None:
                    yield identifier, value, said

    def point(self) -> tuple[Point, Said] | None:
        """Give its coordinates, where it has one pair of them."""
        latitudes, longitudes = self.values.get(LATITUDE, ()), self.values.get(LONGITUDE, ())
        if len(latitudes) != 1 or len(longitudes) != 1:
            return None
        latitude, longitude = latitudes[0].value.value, longitudes[0].value.value
        return Point(float(latitude), float(longitude)), latitudes[0]


class Things:
    """The things of a project, by IRI; built from its sources, no release is needed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._assembled = assemble(project)

    @cached_property
    def all(self) -> Mapping[str, Thing]:
        """Every thing with a label, by IRI, in their order."""
        said: dict[str, dict[NamedNode, list[Said]]] = defaultdict(lambda: defaultdict(list))
        types: dict[str, set[str]] = defaultdict(set)
        for triple in sorted(self._assembled.default, key=str):
            subject, predicate, value = triple.subject, triple.predicate, triple.object
            if not isinstance(subject, NamedNode) or not self._is_ours(subject):
                continue
            if predicate == RDF_TYPE and isinstance(value, NamedNode):
                types[subject.value].add(value.value)
            elif isinstance(value, NamedNode | Literal):
                said[subject.value][predicate].append(self._to_said(triple, value))
        return {
            iri: Thing(
                NamedNode(iri),
                self._project.shorten(iri),
                _to_label(values),
                frozenset(types[iri]),
                {predicate: tuple(several) for predicate, several in values.items()},
            )
            for iri, values in said.items()
            if _to_label(values)
        }

    def _is_ours(self, node: NamedNode) -> bool:
        return node.value.startswith(f"{self._project.base}id/")

    def _to_said(self, triple: Triple, value: NamedNode | Literal) -> Said:
        claims = tuple(self._claims.get(triple, ()))
        keys = (key for claim in claims for key in self._derived.get(claim, ()))
        return Said(value, claims, tuple(self._to_source(key) for key in dict.fromkeys(keys)))

    def _to_source(self, node: NamedNode) -> Source:
        key = self._sources.get((node, DCTERMS_IDENTIFIER), node.value.rpartition("/")[2])
        return Source(key, self._sources.get((node, SCHEMA_URL)))

    @cached_property
    def _claims(self) -> Mapping[Triple, list[NamedNode]]:
        found: dict[Triple, list[NamedNode]] = defaultdict(list)
        for claim, triples in self._assembled.claims.items():
            for triple in triples:
                found[triple].append(claim)
        return found

    @cached_property
    def _derived(self) -> Mapping[NamedNode, list[NamedNode]]:
        found: dict[NamedNode, list[NamedNode]] = defaultdict(list)
        for triple in sorted(self._assembled.default, key=str):
            if triple.predicate != PROV_WAS_DERIVED_FROM:
                continue
            claim, source = triple.subject, triple.object
            if isinstance(claim, NamedNode) and isinstance(source, NamedNode):
                found[claim].append(source)
        return found

    @cached_property
    def _sources(self) -> Mapping[tuple[NamedNode, NamedNode], str]:
        wanted = (DCTERMS_IDENTIFIER, SCHEMA_URL)
        return {
            (t.subject, t.predicate): t.object.value
            for t in self._assembled.default
            if t.predicate in wanted and isinstance(t.subject, NamedNode)
            if isinstance(t.object, NamedNode | Literal)
        }


def _count(what: str, names: list[str]) -> str:
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else ""


def _to_label(values: Mapping[NamedNode, list[Said]]) -> str:
    """Choose a name to show: the English one, else the first."""
    labels = [
        said.value
        for predicate in (RDFS_LABEL, SKOS_PREF_LABEL)
        for said in values.get(predicate, ())
        if isinstance(said.value, Literal)
    ]
    labels.sort(key=lambda label: label.language != "en")
    return labels[0].value if labels else ""
