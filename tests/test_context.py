"""The JSON-LD context: readable keys, nothing fetched, the same meaning to every processor."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from pyld import jsonld
from rdflib import ORG, RDF, RDFS, SDO, XSD, Dataset, Graph, Namespace

ROOT = Path(__file__).parent.parent
ONTOLOGY = ROOT / "ontology"
# Shapes are no part of the dataset.
SOURCES = [
    *ONTOLOGY.glob("*.ttl"),
    *ONTOLOGY.glob("schemes/*.ttl"),
    *ROOT.glob("data/**/*.ttl"),
    *ROOT.glob("data/**/*.trig"),
]
BASE = "https://w3id.org/elbe-day/"
EDO = Namespace(BASE + "def#")
ID = Namespace(BASE + "id/")
Json = dict[str, Any]
Quads = set[pyoxigraph.Quad]

SAMPLE = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX schema: <https://schema.org/>
PREFIX crm: <http://www.cidoc-crm.org/cidoc-crm/>
PREFIX edtf: <http://id.loc.gov/datatypes/edtf/>
PREFIX sssom: <https://w3id.org/sssom/>
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX edo: <https://w3id.org/elbe-day/def#>
PREFIX id: <https://w3id.org/elbe-day/id/>
PREFIX assessment: <https://w3id.org/elbe-day/id/assessment/>
PREFIX claim: <https://w3id.org/elbe-day/id/claim/>
PREFIX membership: <https://w3id.org/elbe-day/id/membership/>
PREFIX modality: <https://w3id.org/elbe-day/id/modality/>
PREFIX person: <https://w3id.org/elbe-day/id/person/>
PREFIX rank: <https://w3id.org/elbe-day/id/rank/>
PREFIX role: <https://w3id.org/elbe-day/id/role/>
PREFIX source: <https://w3id.org/elbe-day/id/source/>
PREFIX verdict: <https://w3id.org/elbe-day/id/verdict/>
PREFIX voice: <https://w3id.org/elbe-day/id/voice/>

claim:c3-4 {
    membership:c3-4 a org:Membership ;
        rdfs:label "a post"@en ;
        org:member person:one ;
        org:role role:commander ;
        edo:rank rank:su-captain ;
        edo:date "1945-05-01/1945-05-03"^^edtf:EDTF ;
        edo:earliest "1945-05-01"^^xsd:date ;
        edo:time "16:40:00"^^xsd:time .
}
claim:c3-4 a edo:ArticleClaim ;
    skos:notation "C3.4" ;
    schema:text "He commands."@en, "Er führt."@de, "Он командует."@ru ;
    schema:about person:one ;
    edo:voice voice:caption ;
    edo:modality modality:fact, modality:naming ;
    prov:wasDerivedFrom source:k1 .
assessment:c3-4 a edo:Assessment ;
    schema:itemReviewed claim:c3-4 ;
    edo:verdict verdict:contradicted ;
    edo:accepted false ;
    schema:dateCreated "2026-11-22"^^xsd:date .
person:one a schema:Person ;
    schema:birthDate "1907-01-17"^^xsd:date, "1907"^^xsd:gYear, "1907?"^^edtf:EDTF ;
    schema:alternateName "One"@en, "Eins"@de ;
    dcterms:description "not schema's"@en ;
    skos:exactMatch wd:Q1 ;
    edo:position "left"@en ;
    edo:ordinal 4 ;
    schema:position 5 ;
    schema:latitude 51.56016 .
"""


@pytest.fixture(scope="module")
def own() -> Graph:
    return Graph().parse(ONTOLOGY / "def.ttl")


@pytest.fixture(scope="module")
def borrowed() -> Graph:
    return Graph().parse(ONTOLOGY / "borrowed.ttl")


@pytest.fixture(scope="module")
def context() -> Json:
    document: Json = json.loads((ONTOLOGY / "context.jsonld").read_text(encoding="utf-8"))
    context: Json = document["@context"]
    return context


def keys_of(context: Json, iri: str) -> list[str]:
    """Name the keys of the context that stand for an IRI."""
    return [key for key, value in context.items() if expand(context, value) == iri]


def expand(context: Json, definition: Any) -> str:
    """Write out the IRI that a key of the context stands for."""
    name = definition.get("@id", "") if isinstance(definition, dict) else str(definition)
    prefix, colon, local = name.partition(":")
    return f"{context[prefix]}{local}" if colon and prefix in context else name


def nquads(text: str) -> Quads:
    return set(pyoxigraph.parse(text.encode(), pyoxigraph.RdfFormat.N_QUADS))


def test_the_context_fetches_nothing(context: Json) -> None:
    assert not {"@import", "@base", "@vocab"} & set(context)
    assert all(not isinstance(d, dict) or "@context" not in d for d in context.values())


def test_every_own_term_has_one_readable_key(own: Graph, context: Json) -> None:
    for term in set(own.subjects(RDFS.isDefinedBy)):
        assert len(keys_of(context, str(term))) == 1, term


def test_every_borrowed_property_has_a_key(borrowed: Graph, context: Json) -> None:
    for term in set(borrowed.subjects(RDF.type, RDF.Property)) - {RDF.type}:
        assert keys_of(context, str(term)), term


def test_every_prefix_of_the_sources_is_in_the_context(context: Json) -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for prefix, iri in re.findall(r"^PREFIX (\w+): <(.*)>$", text, re.MULTILINE):
            assert context[prefix] == iri


def test_a_property_named_like_a_kind_of_thing_is_written_with_has(
    context: Json,
) -> None:
    kinds = {key for key, iri in context.items() if str(iri).startswith(str(ID))}
    assert {"voice", "rank", "verdict", "person"} <= kinds
    assert expand(context, context["hasVoice"]) == str(EDO.voice)
    assert expand(context, context["hasRole"]) == str(ORG.role)


def sample_quads() -> Quads:
    return set(pyoxigraph.parse(SAMPLE.encode(), pyoxigraph.RdfFormat.TRIG))


@pytest.fixture(scope="module")
def compacted(context: Json) -> Json:
    text = pyoxigraph.serialize(sample_quads(), format=pyoxigraph.RdfFormat.N_QUADS)
    return jsonld.compact(jsonld.from_rdf(text.decode()), context, {"graph": True})


def members(document: Json) -> dict[str, Json]:
    nodes = document["states"]
    assert isinstance(nodes, list)
    return {node["id"]: node for node in nodes}


def test_a_claim_in_json_reads_without_rdf(compacted: Json) -> None:
    claim = members(compacted)["claim:c3-4"]
    assert claim["type"] == "ArticleClaim"
    assert claim["notation"] == "C3.4"
    assert claim["text"] == {"en": "He commands.", "de": "Er führt.", "ru": "Он командует."}
    assert claim["hasVoice"] == "voice:caption"
    assert claim["hasModality"] == ["modality:fact", "modality:naming"]
    assert claim["about"] == ["person:one"]
    (post,) = claim["states"]
    assert post["hasRank"] == "rank:su-captain"
    assert post["date"] == "1945-05-01/1945-05-03"
    assert post["time"] == "16:40:00"


def test_dates_of_birth_have_a_key_for_each_precision(compacted: Json) -> None:
    person = members(compacted)["person:one"]
    assert person["birthDate"] == "1907-01-17"
    assert person["birthYear"] == "1907"
    assert person["birthDateEdtf"] == "1907?"


def test_two_vocabularies_never_share_a_key(compacted: Json) -> None:
    person = members(compacted)["person:one"]
    assert person["position"] == {"en": "left"}
    assert person["schema:position"] == "5"
    assert person["dcterms:description"] == {"en": "not schema's"}
    assert person["exactMatch"] == ["wd:Q1"]


def read_with_pyld(document: Json) -> Quads:
    return nquads(jsonld.to_rdf(document, {"format": "application/n-quads"}))


def read_with_rdflib(document: Json) -> Quads:
    dataset = Dataset()
    dataset.parse(data=json.dumps(document), format="json-ld")
    return nquads(dataset.serialize(format="nquads"))


def read_with_pyoxigraph(document: Json) -> Quads:
    return set(pyoxigraph.parse(json.dumps(document).encode(), pyoxigraph.RdfFormat.JSON_LD))


Reader = Callable[[Json], Quads]
READERS = [read_with_pyld, read_with_rdflib, read_with_pyoxigraph]


@pytest.fixture(params=READERS, ids=["pyld", "rdflib", "pyoxigraph"])
def reader(request: pytest.FixtureRequest) -> Reader:
    chosen: Reader = request.param
    return chosen


def test_compacted_json_means_the_same_quads_to_every_processor(
    reader: Reader, compacted: Json
) -> None:
    assert reader(compacted) == sample_quads()


NAMES = ("person/one", "claim/c3-4", "assessment/c3-4")


def test_plain_json_of_one_entity_with_its_claims_is_rdf_to_every_processor(
    reader: Reader, context: Json
) -> None:
    document = {
        "@context": context,
        "id": "person:one",
        "type": "Person",
        "label": {"en": "One"},
        "claims": [
            {
                "id": "claim:c3-4",
                "accepted": False,
                "assessments": [{"id": "assessment:c3-4", "hasVerdict": "verdict:contradicted"}],
            }
        ],
    }
    one, claim, assessment = (f"<{ID}{name}>" for name in NAMES)
    assert reader(document) == nquads(
        f'{one} <{RDF.type}> <{SDO.Person}> .\n{one} <{RDFS.label}> "One"@en .\n'
        f"{claim} <{SDO.about}> {one} .\n"
        f'{claim} <{EDO.accepted}> "false"^^<{XSD.boolean}> .\n'
        f"{assessment} <{SDO.itemReviewed}> {claim} .\n"
        f"{assessment} <{EDO.verdict}> <{ID}verdict/contradicted> .\n"
    )
