"""What describes the service and the data: service description, DCAT and VoID, ontology, shapes."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib import Namespace
from rdflib.namespace import DCAT, DCTERMS, OWL, RDF, SDO, VOID
from reading import BROWSER

from server import Settings, create_app
from server.descriptions import LIMITS
from server.refusals import KINDS

BASE = "https://example.org/lighthouse/"
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
READERS = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}


def graph(body: bytes, suffix: str = "ttl") -> rdflib.Graph:
    return rdflib.Graph().parse(data=body, format=READERS[suffix])


def test_the_service_describes_itself_where_it_was_reached(client: FlaskClient) -> None:
    for host in ("localhost", "graph.example:8443"):
        described = graph(client.get("/sparql", base_url=f"http://{host}").data)
        endpoint = rdflib.URIRef(f"http://{host}/sparql")
        assert (endpoint, SD.endpoint, endpoint) in described
        assert (endpoint, SD.supportedLanguage, SD.SPARQL11Query) in described
        formats = {str(f).rpartition("/")[2] for f in described.objects(endpoint, SD.resultFormat)}
        assert formats >= {"SPARQL_Results_JSON", "SPARQL_Results_CSV", "Turtle", "JSON-LD"}
        assert "SERVICE are refused" in str(described.value(endpoint, rdflib.RDFS.comment))


def test_the_service_description_counts_every_graph(client: FlaskClient) -> None:
    described = graph(client.get("/sparql").data)
    names = {str(name) for name in described.objects(None, SD.name)}
    assert f"{BASE}id/claim/n1" in names
    entry = described.value(None, SD.name, rdflib.URIRef(f"{BASE}id/claim/n1"))
    counted = described.value(described.value(entry, SD.graph), VOID.triples)
    query = f"SELECT * {{ GRAPH <{BASE}id/claim/n1> {{ ?s ?p ?o }} }}"
    rows = client.get("/sparql", query_string={"query": query}).json["results"]["bindings"]
    assert int(counted) == len(rows) == 3


def test_every_limit_and_refusal_is_told_to_machines(lighthouse_release: Path) -> None:
    settings = Settings(release_dir=lighthouse_release, query_depth=7)
    client = create_app(settings).test_client()
    described = graph(client.get("/sparql").data)
    endpoint = rdflib.URIRef("http://localhost/sparql")
    told = {}
    for limit in described.objects(endpoint, SDO.additionalProperty):
        name, value, unit = (described.value(limit, p) for p in (SDO.name, SDO.value, SDO.unitText))
        told[str(name)] = value.toPython() if isinstance(value, rdflib.Literal) else None
        assert unit is None or str(name).endswith(f"_{unit}")
        assert str(described.value(limit, SDO.description)).endswith(".")
    refusals = {"updates": "refused", "SERVICE": "none", "FROM": "local"}
    assert told == {name: getattr(settings, name) for name in LIMITS} | refusals
    deep = client.get("/sparql", query_string={"query": "ASK " + "{" * 9 + "}" * 9}).json
    assert told[deep["limit"]] == deep["limit_value"] == 7


def test_an_allowed_service_is_a_feature_and_no_refusal(lighthouse_release: Path) -> None:
    allowed = "https://query.example/sparql"
    client = create_app(Settings(lighthouse_release, allow_service=(allowed,))).test_client()
    described = graph(client.get("/sparql").data)
    assert set(described.objects(None, SD.feature)) == {SD.BasicFederatedQuery}
    assert (None, SDO.value, rdflib.Literal(allowed)) in described


def test_nothing_is_offered_that_is_not_there(client: FlaskClient) -> None:
    described = graph(client.get("/sparql").data)
    assert not list(described.objects(None, SD.feature))
    samples = {"time": "12:00:00", "duration": "P1Y", "dayTimeDuration": "P1D"}
    samples |= {"yearMonthDuration": "P1Y", "date": "1945-04-25", "gYear": "1945"}
    samples |= {"gYearMonth": "1945-04", "gMonth": "--04", "gMonthDay": "--04-25", "gDay": "---25"}
    functions = {str(iri) for iri in described.objects(None, SD.extensionFunction)}
    assert {iri.partition("#")[2] for iri in functions} == set(samples)
    for iri in functions:
        sample = samples[iri.partition("#")[2]]
        query = f'SELECT (<{iri}>("{sample}") AS ?x) {{}}'
        rows = client.get("/sparql", query_string={"query": query}).json["results"]["bindings"]
        assert (rows[0]["x"]["value"], rows[0]["x"]["datatype"]) == (sample, iri)


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("path", ["/def", "/shapes", "/void"])
def test_descriptions_come_in_every_format(client: FlaskClient, path: str, suffix: str) -> None:
    named = client.get(f"{path}.{suffix}")
    assert named.status_code == 200
    assert client.get(path, headers={"Accept": named.mimetype}).data == named.data
    assert set(graph(named.data, suffix)) == set(graph(client.get(f"{path}.nt").data, "nt"))


def test_the_service_description_comes_by_accept_and_by_format(client: FlaskClient) -> None:
    for suffix, reader in READERS.items():
        body = client.get(f"/sparql?format={suffix}").data
        assert len(rdflib.Graph().parse(data=body, format=reader)) > 20


def test_no_form_that_fits_is_406(client: FlaskClient) -> None:
    for path in ("/def", "/void", "/sparql", "/", "/report", "/dumps/"):
        assert client.get(path, headers={"Accept": "image/png"}).status_code == 406, path


@pytest.mark.parametrize("path", ["/void", "/.well-known/void", "/"])
def test_the_dataset_is_described_by_dcat_and_void(client: FlaskClient, path: str) -> None:
    described = graph(client.get(path, headers={"Accept": "text/turtle"}).data)
    dataset = rdflib.URIRef(f"{BASE}dataset")
    assert (dataset, RDF.type, DCAT.Dataset) in described
    assert described.value(dataset, DCTERMS.license)
    version = described.value(dataset, rdflib.URIRef(str(DCAT) + "version"))
    assert str(version) == client.get("/healthz").json["version"]


def test_one_version_shows_everywhere(client: FlaskClient) -> None:
    version = client.get("/healthz").json["version"]
    assert version in client.get("/sparql").text
    assert version in client.get("/void").text
    assert version in client.get("/doc/claim/n1.ttl").text
    assert version in client.get("/", headers={"Accept": "text/html"}).text
    assert client.get("/def").headers["ETag"].startswith(f'"{version[:12]}-')
    dump = client.get("/dumps/lighthouse.ttl", buffered=True)
    assert version[:12] in dump.headers["Content-Disposition"]


def test_every_own_term_has_an_anchor_a_label_and_a_comment(elbe: FlaskClient) -> None:
    ontology = graph(elbe.get("/def.ttl").data)
    page = elbe.get("/def", headers={"Accept": "text/html"}).text
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    terms = {str(s) for kind in kinds for s in ontology.subjects(RDF.type, kind)}
    own = sorted(t.partition("#")[2] for t in terms if t.startswith("https://w3id.org/elbe-day/"))
    assert len(own) > 30
    kinds_of_pages = ("classes", "relations", "values")
    whole = "".join(elbe.get(f"/def/{kind}", headers=BROWSER).text for kind in kinds_of_pages)
    for name in own:
        assert page.count(f'id="{name}"') == whole.count(f'id="{name}"') == 1
    assert whole.count("Why an own term") == len(own)


def test_the_ontologys_version_has_an_address(client: FlaskClient) -> None:
    held = client.get("/def").text
    version = next(str(v) for v in graph(client.get("/def").data).objects(None, OWL.versionInfo))
    assert client.get(f"/def/{version}").text == held
    assert client.get("/def/0.0.0-none").status_code == 404


def test_the_shapes_page_gives_each_message(client: FlaskClient) -> None:
    shapes = graph(client.get("/shapes.ttl").data)
    page = client.get("/shapes", headers={"Accept": "text/html"}).text
    messages = list(shapes.objects(None, rdflib.URIRef("http://www.w3.org/ns/shacl#message")))
    assert messages
    assert str(messages[0]).split("“")[0].split('"')[0].split("'")[0] in page


def test_the_context_is_json_ld(client: FlaskClient) -> None:
    response = client.get("/context.jsonld")
    assert response.mimetype == "application/ld+json"
    assert "@context" in json.loads(response.data)


def test_the_report_is_there_as_page_rdf_and_json(client: FlaskClient) -> None:
    assert client.get("/report", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get("/report.json").json
    sh = "http://www.w3.org/ns/shacl#"
    report = graph(client.get("/report.ttl").data)
    assert (None, RDF.type, rdflib.URIRef(sh + "ValidationReport")) in report


def test_the_questions_are_listed_with_their_queries(elbe: FlaskClient) -> None:
    page = elbe.get("/queries/", headers={"Accept": "text/html"}).text
    assert page.count('<section class="question"') >= 15
    assert page.count('id="federated-') == 10 and page.count('id="federated"') == 1
    text = elbe.get(re.findall(r'href="(/queries/[^"]+[.]rq)"', page)[0])
    assert text.mimetype == "application/sparql-query"
    assert "SELECT" in text.text
    answer = elbe.get(re.findall(r'href="(/queries/[^"./?]+)"', page)[0], follow_redirects=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "<table" in answer.text
    assert elbe.get("/queries/none").status_code == 404


def test_health_names_the_release(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert response.json["status"] == "ok"
    assert len(response.json["version"]) == 64
    assert response.headers["Cache-Control"] == "no-store"


def test_robots_may_read_pages_but_not_query(client: FlaskClient) -> None:
    text = client.get("/robots.txt").text
    assert "Disallow: /sparql" in text
    assert "Disallow: /doc" not in text


def test_people_get_the_first_page_for_the_datasets_description(client: FlaskClient) -> None:
    for path in ("/void", "/catalog", "/.well-known/void", "/void.html"):
        response = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert client.get("/void").mimetype == "text/turtle"


def test_every_kind_of_problem_is_explained(client: FlaskClient) -> None:
    page = client.get("/problems").text
    for kind, about in KINDS.items():
        section = page.partition(f'id="{kind}"')[2].partition("</div>")[0]
        assert about in unescape(section)


@pytest.mark.parametrize(
    "path", ["/nope", "/sparql?query=x", "/sparql?x=1", "/sparql?update=x", "/dumps/x", "/def.x"]
)
def test_a_problem_leads_to_its_explanation(client: FlaskClient, path: str) -> None:
    problem = client.get(path).json
    kind = problem["type"].removeprefix(f"{BASE}problems#")
    assert problem["help"] == f"/problems#{kind}"
    assert kind in KINDS
    page = client.get(path, headers={"Accept": "text/html"}).text
    assert f'href="/problems#{kind}"' in page
