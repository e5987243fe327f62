"""Describe a release for catalogues: DCAT-AP 3 and VoID, every number counted, no blank nodes."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, Triple

from kg.assemble import Assembled
from kg.formats import BY_NAME
from kg.linksets import PREDICATES, is_link
from kg.release import ReleasedFile
from kg.terms import (
    DCAT,
    DCAT_DATASET,
    DCTERMS,
    DCTERMS_TITLE,
    FOAF,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA,
    VOID,
    XSD,
)

SPDX = "http://spdx.org/rdf/terms#"
PREFIXES = {"dcat": DCAT, "void": VOID, "foaf": FOAF, "spdx": SPDX}

_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_FILE_TYPES = "http://publications.europa.eu/resource/authority/file-type/"
_FILE_TYPE = {
    "ttl": "RDF_TURTLE",
    "trig": "RDF_TRIG",
    "nq": "RDF_N_QUADS",
    "nt": "RDF_N_TRIPLES",
    "rdf": "RDF_XML",
    "jsonld": "JSON_LD",
}
_ANSWERABLE = tuple(NamedNode(DCTERMS + role) for role in ("publisher", "creator"))
_LICENSE = NamedNode(DCTERMS + "license")
_IN_SCHEMA_ORG = {
    NamedNode(DCTERMS + theirs): NamedNode(SCHEMA + ours)
    for theirs, ours in {
        "title": "name",
        "description": "description",
        "license": "license",
        "creator": "creator",
        "publisher": "publisher",
        "issued": "datePublished",
        "modified": "dateModified",
        "identifier": "identifier",
    }.items()
}


@dataclass(frozen=True)
class Catalog:
    """A release's description: what its editors say of it, and what was counted.

    `authored` names the dataset (a dcat:Dataset), its title, licence, publisher and the like;
    `files` are the dumps; `prefixes` give readable names to partitions.
    """

    assembled: Assembled
    authored: frozenset[Triple]
    base: str
    prefixes: Mapping[str, str]
    files: tuple[ReleasedFile, ...]

    def to_triples(self) -> frozenset[Triple]:
        """Write the whole description."""
        return self.authored.union(
            self._dataset_facts(),
            self._search_facts(),
            self._layers(),
            self._partitions("class", "classPartition", self._classes()),
            self._partitions("property", "propertyPartition", self._properties()),
            self._linksets(),
            self._service(),
            self._catalog(),
            self._agents(),
            *(self._distribution(file) for file in self.files),
        )

    @property
    def dataset(self) -> NamedNode:
        """The dataset that is described."""
        return next(
            triple.subject
            for triple in sorted(self.authored, key=str)
            if triple.predicate == RDF_TYPE and triple.object == DCAT_DATASET
            if isinstance(triple.subject, NamedNode)
        )

    @property
    def title(self) -> str:
        """The dataset's title in English, or in whatever language it has one."""
        titles = self._said(DCTERMS_TITLE)
        found = sorted(titles, key=lambda title: (title.language != "en", str(title)))
        return found[0].value if found else self.dataset.value

    def counts(self) -> dict[str, int]:
        """Count what a reader asks for first."""
        claims = self.assembled.claims
        return {
            "triples": len(self.assembled.default),
            "named_graphs": len(claims),
            "named_graph_triples": sum(map(len, claims.values())),
            "entities": len(self._entities()),
            "classes": len(self._classes()),
            "properties": len(self._properties()),
            "links": sum(self._links().values()),
        }

    def _dataset_facts(self) -> Iterator[Triple]:
        say = _Speaker(self.dataset)
        default = self.assembled.default
        yield say.iri(RDF_TYPE.value, VOID + "Dataset")
        yield say.text(DCAT + "version", self.assembled.version)
        yield say.count(VOID + "triples", len(self.assembled.quads))
        yield say.count(VOID + "entities", len(self._entities()))
        yield say.count(VOID + "classes", len(self._classes()))
        yield say.count(VOID + "properties", len(self._properties()))
        yield say.count(VOID + "distinctSubjects", len({t.subject for t in default}))
        yield say.count(VOID + "distinctObjects", len({t.object for t in default}))
        yield say.iri(VOID + "sparqlEndpoint", self.base + "sparql")
        yield say.iri(DCAT + "landingPage", self.base)

    def _search_facts(self) -> Iterator[Triple]:
        """Describe the dataset in schema.org's words, too, which search engines read."""
        say = _Speaker(self.dataset)
        yield say.iri(RDF_TYPE.value, SCHEMA + "Dataset")
        yield say.iri(SCHEMA + "url", self.base)
        yield say.text(SCHEMA + "version", self.assembled.version)
        for triple in self.authored:
            if triple.subject == self.dataset and triple.predicate in _IN_SCHEMA_ORG:
                yield Triple(say.subject, _IN_SCHEMA_ORG[triple.predicate], triple.object)

    def _layers(self) -> Iterator[Triple]:
        """Count what is asserted apart from what is only expressed."""
        claims = self.assembled.claims
        layers = (
            ("asserted", "Default graph: what is asserted", len(self.assembled.default)),
            ("expressed", "Named graphs: what is only expressed", sum(map(len, claims.values()))),
        )
        for name, title, count in layers:
            say = _Speaker(self._here(name))
            yield Triple(self.dataset, NamedNode(VOID + "subset"), say.subject)
            yield say.iri(RDF_TYPE.value, VOID + "Dataset")
            yield say.text(DCTERMS_TITLE.value, title, "en")
            yield say.text(DCAT + "version", self.assembled.version)
            yield say.count(VOID + "triples", count)

    def _partitions(self, kind: str, relation: str, counts: Mapping[str, int]) -> Iterator[Triple]:
        for iri in sorted(counts):
            say = _Speaker(self._here(f"{kind}-{self._slug(iri)}"))
            yield Triple(self.dataset, NamedNode(VOID + relation), say.subject)
            yield say.iri(VOID + kind, iri)
            counted = "entities" if kind == "class" else "triples"
            yield say.count(VOID + counted, counts[iri])

    def _linksets(self) -> Iterator[Triple]:
        for (predicate, target), count in sorted(self._links().items()):
            say = _Speaker(self._here(f"links-{self._slug(predicate)}-{urlsplit(target).netloc}"))
            yield Triple(self.dataset, NamedNode(VOID + "subset"), say.subject)
            yield say.iri(RDF_TYPE.value, VOID + "Linkset")
            yield say.iri(VOID + "subjectsTarget", self.dataset.value)
            yield say.iri(VOID + "objectsTarget", target)
            yield say.iri(VOID + "linkPredicate", predicate)
            yield say.text(DCAT + "version", self.assembled.version)
            yield say.count(VOID + "triples", count)

    def _service(self) -> Iterator[Triple]:
        say = _Speaker(self._here("service"))
        yield say.iri(RDF_TYPE.value, DCAT + "DataService")
        yield say.text(DCTERMS_TITLE.value, f"{self.title}: SPARQL 1.1 query service", "en")
        yield say.iri(DCAT + "endpointURL", self.base + "sparql")
        yield say.iri(DCAT + "endpointDescription", self.base + "sparql")
        yield say.iri(DCAT + "servesDataset", self.dataset.value)
        yield say.iri(DCTERMS + "conformsTo", "https://www.w3.org/TR/sparql11-protocol/")
        yield say.text(DCAT + "version", self.assembled.version)
        yield from self._shared(say)

    def _catalog(self) -> Iterator[Triple]:
        say = _Speaker(NamedNode(self.base + "catalog"))
        yield say.iri(RDF_TYPE.value, DCAT + "Catalog")
        yield say.iri(DCAT + "dataset", self.dataset.value)
        yield say.iri(DCAT + "service", self._here("service").value)
        yield say.text(DCAT + "version", self.assembled.version)
        for name in ("title", "description"):
            for text in self._said(NamedNode(DCTERMS + name)):
                yield Triple(say.subject, NamedNode(DCTERMS + name), text)
        yield from self._shared(say)
        about = _Speaker(NamedNode(self.base + "void"))
        yield about.iri(RDF_TYPE.value, VOID + "DatasetDescription")
        yield about.iri(FOAF + "primaryTopic", self.dataset.value)
        yield about.text(DCTERMS_TITLE.value, f"{self.title}: description", "en")

    def _distribution(self, file: ReleasedFile) -> Iterator[Triple]:
        name = file.path.rpartition("/")[2]
        packed = name.endswith(".gz")
        format = BY_NAME[name.removesuffix(".gz").rpartition(".")[2]]
        slug = f"{format.name}-gz" if packed else format.name
        say, url = _Speaker(self._here(slug)), self.base + file.path
        yield Triple(self.dataset, NamedNode(DCAT + "distribution"), say.subject)
        yield Triple(self.dataset, NamedNode(VOID + "dataDump"), NamedNode(url))
        yield Triple(self.dataset, NamedNode(SCHEMA + "distribution"), say.subject)
        yield say.iri(RDF_TYPE.value, SCHEMA + "DataDownload")
        yield say.iri(SCHEMA + "contentUrl", url)
        yield say.text(SCHEMA + "encodingFormat", format.media_type)
        yield say.iri(RDF_TYPE.value, DCAT + "Distribution")
        title = f"{format.label}, compressed" if packed else format.label
        yield say.text(DCTERMS_TITLE.value, title, "en")
        yield say.iri(DCAT + "accessURL", url)
        yield say.iri(DCAT + "downloadURL", url)
        yield say.iri(DCAT + "mediaType", _MEDIA_TYPES + format.media_type)
        yield say.iri(DCTERMS + "format", _FILE_TYPES + _FILE_TYPE[format.name])
        if packed:
            yield say.iri(DCAT + "compressFormat", _MEDIA_TYPES + "application/gzip")
        yield say.count(DCAT + "byteSize", file.size, "nonNegativeInteger")
        yield say.text(DCAT + "version", self.assembled.version)
        yield from self._shared(say, (_LICENSE,))
        checksum = _Speaker(self._here(f"{slug}-checksum"))
        yield say.iri(SPDX + "checksum", checksum.subject.value)
        yield checksum.iri(RDF_TYPE.value, SPDX + "Checksum")
        yield checksum.iri(SPDX + "algorithm", SPDX + "checksumAlgorithm_sha256")
        yield checksum.typed(SPDX + "checksumValue", file.sha256, "hexBinary")

    def _agents(self) -> Iterator[Triple]:
        """Describe who answers for the dataset, as DCAT-AP asks, from what the graph says."""
        agents = {t.object for t in self.authored if t.predicate in _ANSWERABLE}
        for triple in self.assembled.default:
            if triple.subject in agents:
                yield triple
                if triple.predicate == RDFS_LABEL:
                    yield Triple(triple.subject, RDF_TYPE, NamedNode(FOAF + "Agent"))
                    yield Triple(triple.subject, NamedNode(FOAF + "name"), triple.object)

    def _shared(
        self, say: "_Speaker", predicates: Iterable[NamedNode] = (*_ANSWERABLE, _LICENSE)
    ) -> Iterator[Triple]:
        """Repeat for a part what holds of the dataset."""
        for triple in self.authored:
            if triple.subject == self.dataset and triple.predicate in predicates:
                yield Triple(say.subject, triple.predicate, triple.object)

    def _said(self, predicate: NamedNode) -> list[Literal]:
        said = (t for t in self.authored if t.subject == self.dataset and t.predicate == predicate)
        return [triple.object for triple in said if isinstance(triple.object, Literal)]

    def _entities(self) -> frozenset[str]:
        """Find the things described here: those whose IRI begins with our base."""
        subjects = {t.subject for t in self.assembled.default if isinstance(t.subject, NamedNode)}
        return frozenset(s.value for s in subjects if s.value.startswith(self.base))

    def _classes(self) -> Counter[str]:
        typed = {(t.subject, t.object) for t in self.assembled.default if t.predicate == RDF_TYPE}
        return Counter(kind.value for _, kind in typed if isinstance(kind, NamedNode))

    def _properties(self) -> Counter[str]:
        return Counter(triple.predicate.value for triple in self.assembled.default)

    def _links(self) -> Counter[tuple[str, str]]:
        """Count links out of the dataset by predicate and by the origin they lead to."""
        found: Counter[tuple[str, str]] = Counter()
        for t in self.assembled.default:
            if t.predicate in PREDICATES and is_link(t.subject, t.object, self.base):
                target = urlsplit(str(getattr(t.object, "value", "")))
                found[t.predicate.value, f"{target.scheme}://{target.netloc}/"] += 1
        return found

    def _here(self, name: str) -> NamedNode:
        return NamedNode(f"{self.base}catalog#{name}")

    def _slug(self, iri: str) -> str:
        """Name a term in a fragment: `schema-Person`; by hash where no prefix fits."""
        for prefix, namespace in sorted(self.prefixes.items()):
            local = iri.removeprefix(namespace)
            if prefix and local != iri and re.fullmatch(r"[A-Za-z0-9_.-]+", local):
                return f"{prefix}-{local}"
        return hashlib.sha256(iri.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Speaker:
    """Says things of one subject."""

    subject: NamedNode

    def iri(self, predicate: str, value: str) -> Triple:
        return Triple(self.subject, NamedNode(predicate), NamedNode(value))

    def text(self, predicate: str, value: str, language: str | None = None) -> Triple:
        return Triple(self.subject, NamedNode(predicate), Literal(value, language=language))

    def typed(self, predicate: str, value: str, datatype: str) -> Triple:
        literal = Literal(value, datatype=NamedNode(XSD + datatype))
        return Triple(self.subject, NamedNode(predicate), literal)

    def count(self, predicate: str, number: int, datatype: str = "integer") -> Triple:
        return self.typed(predicate, str(number), datatype)
