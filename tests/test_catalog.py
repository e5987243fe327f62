"""The catalog: DCAT-AP 3 and VoID, every number counted, the one version everywhere."""

import hashlib
from collections import Counter

import pytest
from conftest import LIGHTHOUSE
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.assemble import Assembled
from kg.build import build
from kg.catalog import Catalog
from kg.release import Release
from kg.terms import DCAT_DATASET, RDF_TYPE, Terms

BASE = "https://example.org/lighthouse/"
PREFIXES = f"""
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX spdx: <http://spdx.org/rdf/terms#>
PREFIX lho: <{BASE}def#>
BASE <{BASE}>
"""
# What DCAT-AP 3 makes mandatory, and what our readers need beyond it.
NEEDED = {
    "dcat:Catalog": ("dcterms:title", "dcterms:description", "dcterms:publisher", "dcat:dataset"),
    "dcat:Dataset": ("dcterms:title", "dcterms:description", "dcterms:publisher", "dcat:version"),
    "dcat:Distribution": ("dcat:accessURL", "dcterms:format", "dcterms:license", "dcat:byteSize"),
    "dcat:DataService": ("dcterms:title", "dcat:endpointURL", "dcat:servesDataset"),
    "foaf:Agent": ("foaf:name",),
    "spdx:Checksum": ("spdx:algorithm", "spdx:checksumValue"),
    "void:Linkset": ("void:subjectsTarget", "void:objectsTarget", "void:linkPredicate"),
    "void:Dataset": ("void:triples",),
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(LIGHTHOUSE, tmp_path_factory.mktemp("catalog") / "release")


@pytest.fixture(scope="module")
def catalog(release: Release) -> Store:
    store = Store()
    store.load(path=release.path / "catalog.ttl")
    return store


def ask(store: Store, pattern: str) -> bool:
    return bool(store.query(f"{PREFIXES} ASK {{ {pattern} }}"))


def values(store: Store, pattern: str) -> list[str]:
    rows = store.query(f"{PREFIXES} SELECT ?x WHERE {{ {pattern} }} ORDER BY ?x")
    return [row["x"].value for row in rows]  # type: ignore[union-attr]


def test_every_number_is_the_one_counted(release: Release, catalog: Store) -> None:
    quads = list(parse(release.dump.read_bytes(), RdfFormat.N_QUADS))
    default = [quad for quad in quads if not isinstance(quad.graph_name, NamedNode)]
    ours = {q.subject for q in default if str(q.subject).startswith(f"<{BASE}")}
    assert ask(catalog, f"<dataset> void:triples {len(quads)}")
    assert ask(catalog, f"<catalog#asserted> void:triples {len(default)}")
    assert ask(catalog, f"<catalog#expressed> void:triples {len(quads) - len(default)}")
    assert ask(catalog, f"<dataset> void:entities {len(ours)}")
    assert ask(catalog, f"<dataset> void:distinctSubjects {len({q.subject for q in default})}")
    assert ask(catalog, f"<dataset> void:distinctObjects {len({q.object for q in default})}")


def test_every_class_and_property_has_its_count(release: Release, catalog: Store) -> None:
    default = set(release.open_store().quads_for_pattern(None, None, None, None))
    default = {q for q in default if not isinstance(q.graph_name, NamedNode)}
    properties = Counter(quad.predicate.value for quad in default)
    classes = Counter(_class(q) for q in default if q.predicate.value.endswith("#type"))
    for predicate, count in properties.items():
        partition = f"?p void:property <{predicate}> ; void:triples {count}"
        assert ask(catalog, f"<dataset> void:propertyPartition ?p . {partition}"), predicate
    for name, count in classes.items():
        partition = f"?p void:class <{name}> ; void:entities {count}"
        assert ask(catalog, f"<dataset> void:classPartition ?p . {partition}"), name
    assert ask(
        catalog, f"<dataset> void:properties {len(properties)} ; void:classes {len(classes)}"
    )


def _class(quad: Quad) -> str:
    assert isinstance(quad.object, NamedNode)
    return quad.object.value


def test_links_are_counted_by_where_they_lead(catalog: Store) -> None:
    assert ask(
        catalog,
        "<dataset> void:subset ?l . ?l a void:Linkset ; void:triples 1 ;"
        " void:linkPredicate owl:sameAs ; void:subjectsTarget <dataset> ;"
        " void:objectsTarget <http://www.wikidata.org/>",
    )


def test_every_dump_is_described_by_its_own_bytes(release: Release, catalog: Store) -> None:
    dumps = sorted((release.path / "dumps").iterdir())
    assert len(values(catalog, "?x a dcat:Distribution")) == len(dumps) == 12
    for file in dumps:
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        assert ask(
            catalog,
            f"<dataset> dcat:distribution ?d . ?d dcat:downloadURL <dumps/{file.name}> ;"
            f' dcat:byteSize "{file.stat().st_size}"^^<http://www.w3.org/2001/XMLSchema#'
            "nonNegativeInteger> ; spdx:checksum/spdx:checksumValue ?sum "
            f'FILTER(STR(?sum) = "{sha256}")',
        ), file.name


def test_media_types_and_compression_are_named(catalog: Store) -> None:
    iana = "https://www.iana.org/assignments/media-types"
    packed = f"dcat:mediaType <{iana}/text/turtle> ; dcat:compressFormat <{iana}/application/gzip>"
    assert ask(catalog, f"<catalog#ttl-gz> {packed}")
    assert not ask(catalog, "<catalog#ttl> dcat:compressFormat ?any")
    types = values(catalog, "[] dcat:mediaType ?x")
    assert {name.removeprefix(f"{iana}/") for name in types} == {
        "text/turtle",
        "application/trig",
        "application/n-quads",
        "application/n-triples",
        "application/rdf+xml",
        "application/ld+json",
    }


@pytest.mark.parametrize("kind", NEEDED)
def test_each_kind_of_thing_is_described_in_full(catalog: Store, kind: str) -> None:
    assert ask(catalog, f"?x a {kind}")
    for predicate in NEEDED[kind]:
        without = values(catalog, f"?x a {kind} FILTER NOT EXISTS {{ ?x {predicate} ?any }}")
        assert without == [], predicate


def test_the_one_version_is_everywhere(release: Release, catalog: Store) -> None:
    versions = values(catalog, "?any dcat:version ?x")
    assert set(versions) == {release.manifest.version}
    kinds = "?x a ?kind VALUES ?kind { dcat:Dataset dcat:Catalog dcat:Distribution dcat:DataService"
    lacking = values(catalog, f"{kinds} void:Linkset }} FILTER NOT EXISTS {{ ?x dcat:version ?v }}")
    assert lacking == []


def test_what_the_editors_wrote_is_kept(catalog: Store) -> None:
    assert values(catalog, "<dataset> dcterms:title ?x") == ["Das Alte Feuer", "The Old Light"]
    assert ask(catalog, "<dataset> void:exampleResource <id/claim/n1>")


def test_there_is_no_blank_node(catalog: Store) -> None:
    for quad in catalog:
        assert not any(isinstance(term, BlankNode) for term in quad)


def test_json_ld_says_the_same(release: Release, catalog: Store) -> None:
    found = parse((release.path / "catalog.jsonld").read_bytes(), RdfFormat.JSON_LD)
    assert {quad.triple for quad in found} == {
        quad.triple for quad in parse(path=release.path / "catalog.ttl")
    }


def test_terms_without_a_prefix_still_have_their_partitions() -> None:
    odd = NamedNode("http://odd.example/a?b=c")
    thing = NamedNode(BASE + "id/thing/a")
    assembled = Assembled(Terms(BASE), frozenset({Triple(thing, odd, thing)}), {})
    authored = frozenset({Triple(NamedNode(BASE + "dataset"), RDF_TYPE, DCAT_DATASET)})
    described = Catalog(assembled, authored, BASE, {}, ()).to_triples()
    (partition,) = (t.subject for t in described if t.object == odd)
    assert str(partition) == f"<{BASE}catalog#property-a184774d7d37>"
