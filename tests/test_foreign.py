"""Data that nobody wrote for this service: the same pages, minus what is not held."""

from collections.abc import Callable
from pathlib import Path

import pytest
from crawling import crawl, dead, lost_fragments
from flask.testing import FlaskClient
from reading import BROWSER, find, read, words

from kg.publish import publish
from server import Settings, create_app

Publish = Callable[[str, str], FlaskClient]

VOCABULARY = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX v: <http://vocabulary.example/ns#>
GRAPH <http://vocabulary.example/ns> {
    <http://vocabulary.example/ns> a owl:Ontology ; rdfs:label "Boats"@en .
    v:Boat a owl:Class, rdfs:Class ; rdfs:label "Boat"@en ; rdfs:comment "What floats."@en ;
        rdfs:subClassOf [ a owl:Restriction ; owl:onProperty v:keel ; owl:someValuesFrom v:Keel ] .
    v:Barge a owl:Class ; rdfs:subClassOf v:Boat .
    v:Keel a owl:Class .
    v:keel a owl:ObjectProperty ; rdfs:domain v:Boat ; rdfs:range v:Keel .
}
"""
NO_CLASSES = """
<http://things.example/a> <http://things.example/ns#hullNumber> "A-17" ;
    <http://things.example/ns#near> <http://things.example/b%20c> , <urn:isbn:1> .
"""
DUMP = r"""
PREFIX d: <https://project.example/graph/def#>
PREFIX schema: <https://schema.org/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX : <https://project.example/graph/id/>
:claim\/1 a d:ArticleClaim ; schema:text "The boat sank."@en ; schema:about :boat\/1 .
:assessment\/1 a d:Assessment ; schema:itemReviewed :claim\/1 ; d:verdict :verdict\/contradicted .
:verdict\/contradicted rdfs:label "contradicted"@en .
:boat\/1 a d:Boat ; rdfs:label "Old Boat"@en .
GRAPH :claim\/1 { :boat\/1 d:fate "sank" }
"""


@pytest.fixture
def serve(tmp_path: Path) -> Publish:
    """Publishes a text as a file of some name, and visits it."""

    def publish_text(name: str, text: str) -> FlaskClient:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        publish([file], tmp_path / "release", "http://127.0.0.1:8000/")
        return create_app(Settings(release_dir=tmp_path / "release")).test_client()

    return publish_text


def menu(client: FlaskClient) -> list[str]:
    """List where the menu leads."""
    return [a.get("href", "") for a in find(read(client, "/"), "nav a")]


@pytest.mark.parametrize(
    ("name", "text"),
    [("boats.trig", VOCABULARY), ("things.ttl", NO_CLASSES), ("dump.trig", DUMP)],
)
def test_every_link_on_every_page_leads_somewhere(serve: Publish, name: str, text: str) -> None:
    found = crawl(serve(name, text), ["/", "/sitemap.xml", "/robots.txt"])
    assert dead(found) == []
    assert lost_fragments(found) == []


def test_what_stands_in_named_graphs_alone_is_found_and_told_once(serve: Publish) -> None:
    client = serve("boats.trig", VOCABULARY)
    assert "The default graph holds what its named graphs state together." in words(
        read(client, "/")
    )
    asked = "SELECT ?label { ?boat <http://www.w3.org/2000/01/rdf-schema#label> ?label }"
    answer = client.get("/sparql", query_string={"query": asked, "format": "json"})
    assert len(answer.json["results"]["bindings"]) == 2
    page = read(client, "/resource?iri=http%3A%2F%2Fvocabulary.example%2Fns%23Barge")
    assert words(page).count("Boat") == 1


def test_things_are_found_by_their_words_or_else_by_their_iris(serve: Publish) -> None:
    client = serve("boats.trig", VOCABULARY)
    for question, title in (("floats", "Boat"), ("barge", "Barge")):
        found = find(read(client, f"/search?q={question}"), "main")[0]
        assert f"Found: 1 {title} Class" in words(found)


def test_a_node_without_a_name_is_called_by_its_class(serve: Publish) -> None:
    page = read(
        serve("boats.trig", VOCABULARY), "/resource?iri=http%3A%2F%2Fvocabulary.example%2Fns%23Boat"
    )
    assert "sub class of [Restriction]" in words(page)


def test_a_vocabulary_lists_its_classes_and_properties_by_names_that_differ(
    serve: Publish,
) -> None:
    client = serve("boats.trig", VOCABULARY)
    for path in ("/", "/browse"):
        kinds = [words(one) for one in find(read(client, path), ".kinds li")]
        assert sorted(kinds) == [
            "Ontology 1",
            "object property 1",
            "owl:Class 3",
            "rdfs:Class 1",
        ]


def test_things_without_a_class_leave_nothing_to_browse(serve: Publish) -> None:
    client = serve("things.ttl", NO_CLASSES)
    assert menu(client) == ["/sparql", "/about", "/dumps/", "/conformance", "/void.ttl"]
    refused = client.get("/browse", headers=BROWSER)
    assert refused.status_code == 404
    assert "no kinds of things to browse" in refused.text
    nothing = read(client, "/search?q=zzzz")
    assert "/browse" not in [a.get("href") for a in find(nothing, "main a")]


def test_a_dump_of_a_project_keeps_its_claims_and_verdicts(serve: Publish) -> None:
    client = serve("dump.trig", DUMP)
    iri = "https%3A%2F%2Fproject.example%2Fgraph%2Fid%2F"
    claim = read(client, f"/resource?iri={iri}claim%2F1")
    assert "✗ contradicted" in words(claim)
    boat = read(client, f"/resource?iri={iri}boat%2F1")
    assert "The article says The boat sank." in words(boat)
    assert "Claims: 1" in words(read(client, "/browse"))
