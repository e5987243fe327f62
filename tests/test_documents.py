"""Names and documents: 303, suffixes, negotiation, headers, 404, 406, 410."""

import json
from pathlib import Path

import pytest
import rdflib
from flask.testing import FlaskClient
from pyld import jsonld
from pyoxigraph import Dataset, NamedNode, Quad, RdfFormat, parse
from small_release import write_small_release

from server import Settings, create_app

BASE = "https://example.org/lighthouse/"
CLAIM = NamedNode(BASE + "id/claim/n1")
EVENT = NamedNode(BASE + "id/event/first-lighting")
DATE = NamedNode(BASE + "def#date")
SUFFIXES = {
    "html": "text/html; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "trig": "application/trig",
    "nq": "application/n-quads",
}


def read(body: bytes, engine: RdfFormat) -> list[Quad]:
    return list(parse(body, engine))


def test_a_name_leads_to_its_document_with_303(client: FlaskClient) -> None:
    response = client.get("/id/claim/n1", headers={"Accept": "text/html"})
    assert response.status_code == 303
    assert response.headers["Location"] == "/doc/claim/n1"
    assert "Accept" in response.headers["Vary"]
    assert 'rel="describedby"' in response.headers["Link"]


@pytest.mark.parametrize(("suffix", "media_type"), SUFFIXES.items())
def test_a_suffix_names_the_form(client: FlaskClient, suffix: str, media_type: str) -> None:
    response = client.get(f"/doc/claim/n1.{suffix}", headers={"Accept": "image/png"})
    assert response.status_code == 200
    assert response.content_type == media_type


@pytest.mark.parametrize(("suffix", "media_type"), SUFFIXES.items())
def test_the_same_form_is_had_by_accept(client: FlaskClient, suffix: str, media_type: str) -> None:
    accept = media_type.partition(";")[0]
    response = client.get("/doc/claim/n1", headers={"Accept": accept})
    assert response.content_type == media_type
    named = client.get(f"/doc/claim/n1.{suffix}")
    # A page's language switch leads back to the address it was asked by.
    assert response.data.replace(b"n1?", b"n1.html?") == named.data


@pytest.mark.parametrize("accept", [None, "*/*"])
def test_whoever_states_no_wish_gets_turtle(client: FlaskClient, accept: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    assert client.get("/doc/claim/n1", headers=headers).mimetype == "text/turtle"


def test_406_lists_what_there_is(client: FlaskClient) -> None:
    for path in ("/doc/claim/n1", "/id/claim/n1"):
        response = client.get(path, headers={"Accept": "image/png"})
        assert response.status_code == 406
        assert response.content_type == "application/problem+json"
        available = {form["media_type"]: form["address"] for form in response.json["available"]}
        assert available["text/turtle"] == "/doc/claim/n1.ttl"
        assert set(available) == {value.partition(";")[0] for value in SUFFIXES.values()}


def test_q_0_excludes_a_form(client: FlaskClient) -> None:
    response = client.get("/doc/claim/n1", headers={"Accept": "text/turtle;q=0, */*"})
    assert response.mimetype == "application/ld+json"


def test_trig_keeps_the_claims_graph_apart(client: FlaskClient) -> None:
    quads = read(client.get("/doc/claim/n1.trig").data, RdfFormat.TRIG)
    stated = [q for q in quads if q.predicate == DATE]
    assert [(q.subject, q.object.value, q.graph_name) for q in stated] == [
        (EVENT, "1874-05-03", CLAIM)
    ]


def test_a_contradicted_statement_is_no_plain_triple_of_the_turtle_document(
    client: FlaskClient,
) -> None:
    quads = read(client.get("/doc/claim/n1.ttl").data, RdfFormat.TURTLE)
    assert not [q for q in quads if q.predicate == DATE]
    said = {(q.predicate.value.rpartition("#")[2], str(q.object)) for q in quads}
    assert ("object", '"1874-05-03"^^<http://id.loc.gov/datatypes/edtf/EDTF>') in said
    assert ("states", f"<{CLAIM.value}#statement-1>") in said


def test_a_things_document_holds_accepted_facts_and_the_claims_about_it(
    client: FlaskClient,
) -> None:
    quads = read(client.get("/doc/event/first-lighting.ttl").data, RdfFormat.TURTLE)
    dates = [q.object.value for q in quads if (q.subject, q.predicate) == (EVENT, DATE)]
    assert dates == ["1874-06-03"]
    texts = {q.object.value for q in quads if q.predicate.value == "https://schema.org/text"}
    assert "The paper dates the first lighting to 3 May 1874." in texts
    labels = {q.object.value for q in quads if q.predicate.value.endswith("#label")}
    assert "First lighting of the Old Light" in labels


def test_trig_nquads_and_json_ld_hold_the_same_dataset(client: FlaskClient) -> None:
    def dataset(suffix: str, engine: RdfFormat) -> Dataset:
        return Dataset(read(client.get(f"/doc/person/ada-finch.{suffix}").data, engine))

    trig = dataset("trig", RdfFormat.TRIG)
    assert len(trig) > 10
    assert trig == dataset("nq", RdfFormat.N_QUADS)
    assert trig == dataset("jsonld", RdfFormat.JSON_LD)


def test_turtle_ntriples_and_rdfxml_hold_the_same_graph(client: FlaskClient) -> None:
    graphs = [
        set(rdflib.Graph().parse(data=client.get(f"/doc/claim/n1.{suffix}").data, format=name))
        for suffix, name in (("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"))
    ]
    assert len(graphs[0]) > 10
    assert graphs[0] == graphs[1] == graphs[2]


def test_json_ld_reads_offline_with_pyld_and_as_plain_json(client: FlaskClient) -> None:
    document = json.loads(client.get("/doc/event/first-lighting.jsonld").data)
    assert isinstance(document["@context"], dict)
    flat = jsonld.flatten(document)
    assert EVENT.value in {node["@id"] for node in flat}


def test_the_document_says_what_it_is(client: FlaskClient) -> None:
    quads = read(client.get("/doc/claim/n1.nt").data, RdfFormat.N_TRIPLES)
    page = NamedNode(BASE + "doc/claim/n1")
    said = {q.predicate.value: q.object.value for q in quads if q.subject == page}
    assert said["http://xmlns.com/foaf/0.1/primaryTopic"] == CLAIM.value
    assert said["http://www.w3.org/ns/dcat#version"] == client.get("/healthz").json["version"]


def test_links_name_every_other_form_licence_dataset_and_permanent_address(
    client: FlaskClient,
) -> None:
    links = client.get("/doc/claim/n1.ttl").headers.getlist("Link")
    assert f'<{BASE}doc/claim/n1>; rel="canonical"' in links
    assert '</doc/claim/n1.html>; rel="alternate"; type="text/html"' in links
    assert '</doc/claim/n1.jsonld>; rel="alternate"; type="application/ld+json"' in links
    assert '</void>; rel="describedby"' in links
    assert '<https://creativecommons.org/publicdomain/zero/1.0/>; rel="license"' in links
    assert f'<{CLAIM.value}>; rel="describes"' in links
    assert not [link for link in links if ".ttl" in link]


@pytest.mark.parametrize("path", ["/doc/claim/n1.ttl", "/doc/claim/n1.html", "/", "/def", "/void"])
def test_a_known_etag_gets_304_and_no_body(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Vary"] == first.headers["Vary"]


def test_each_form_and_language_has_its_own_etag(client: FlaskClient) -> None:
    wishes = [
        {"Accept": "text/turtle"},
        {"Accept": "application/ld+json"},
        {"Accept": "text/html"},
        {"Accept": "text/html", "Accept-Language": "de"},
    ]
    tags = {client.get("/doc/claim/n1", headers=wish).headers["ETag"] for wish in wishes}
    assert len(tags) == 4


@pytest.mark.parametrize("path", ["/doc/claim/n1.ttl", "/doc/claim/n1.html", "/id/claim/n1", "/"])
def test_head_answers_like_get_without_the_body(client: FlaskClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (got.status_code, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Vary", "Location"):
        assert head.headers.get(name) == got.headers.get(name), name


def test_every_answer_is_open_to_other_sites_and_closed_to_surprises(client: FlaskClient) -> None:
    for path in ("/", "/doc/claim/n1.ttl", "/sparql", "/dumps/", "/nope", "/healthz"):
        headers = client.get(path).headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert "Referrer-Policy" in headers
        assert "Accept" in headers["Vary"]
        if path != "/nope":
            assert '</void>; rel="describedby"' in headers.getlist("Link")


@pytest.mark.parametrize("path", ["/id/person/nobody", "/doc/person/nobody.ttl"])
def test_404_repeats_the_iri(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
    assert response.json["iri"] == BASE + "id/person/nobody"
    assert response.json["type"] == BASE + "problems#not-found"
    page = client.get(path, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert BASE + "id/person/nobody" in page.text


@pytest.mark.parametrize("path", ["/doc/claim/n1.exe", "/doc/claim", "/id/claim/", "/doc/a b/c<d"])
def test_what_is_no_address_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["..", "a" * 300])
def test_a_host_that_is_none_is_a_400_page(client: FlaskClient, host: str) -> None:
    response = client.get("/", headers={"Host": host, "Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "/static/style.css?v=" in response.text


def test_an_unknown_path_is_404_by_every_method(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert client.open("/nowhere", method=method).status_code == 404
        refused = client.open("/dumps/", method=method)
        assert refused.status_code == 405
        assert refused.json["detail"] == (
            f"{method} is not allowed here; allowed: GET, HEAD, OPTIONS."
        )
    problem = client.get("/nowhere").json
    assert (problem["instance"], "nowhere" in problem["detail"]) == ("/nowhere", False)


@pytest.mark.parametrize("path", [".well-known/genid/b1", "a%20b", "page?x=1", "%C3%A9", "a/b/c"])
def test_every_name_under_the_base_leads_to_its_document(tmp_path: Path, path: str) -> None:
    names = (".well-known/genid/b1", "a%20b", "page?x=1", "\u00e9", "a/b/c")
    text = "".join(f"<{name}> <urn:p> 1 .\n" for name in names)
    release = write_small_release(tmp_path / "release", text)
    visitor = create_app(Settings(release_dir=release)).test_client()
    for root in ("/", "/small/"):  # the base's own path, with a proxy before it and without
        response = visitor.get(root + path)
        assert response.status_code == 303
        assert visitor.get(response.headers["Location"]).status_code == 200


AMONG_OURS = (
    *("queries/x", "queries/x.rq", "dumps/x", "static/x", "sparql/x", "def/x", "def.x", "report.x"),
    *("doc/a/b", "id/a/b.ttl", "id/a/b/", "resource", "conformance.x", "problems/"),
)


@pytest.mark.parametrize("path", AMONG_OURS)
def test_a_name_among_the_services_addresses_leads_to_its_document(
    tmp_path: Path, path: str
) -> None:
    text = "".join(f'<{name}> <urn:p> "{name}" .\n' for name in AMONG_OURS)
    release = write_small_release(tmp_path / "release", text)
    visitor = create_app(Settings(release_dir=release)).test_client()
    for ask in (visitor.get, visitor.head):
        response = ask(f"/{path}")
        assert response.status_code == 303
        document = visitor.get(response.headers["Location"])
        assert (document.status_code, f'"{path}"' in document.text) == (200, True)
    assert visitor.post(f"/{path}").status_code in (404, 405)


@pytest.mark.parametrize("path", ["def", "shapes", "void", "report", "conformance", "doc/claim/n1"])
def test_a_slash_too_many_leads_to_the_address(client: FlaskClient, path: str) -> None:
    for ask in (client.get, client.head):
        response = ask(f"/{path}/?lang=de&x=%2F", headers={"Host": "evil.example"})
        assert response.status_code == 308
        assert response.headers["Location"] == f"/{path}?lang=de&x=%2F"
    assert client.get(f"/{path}//").headers["Location"].rstrip("/") == f"/{path}"
    below = client.get(f"/{path}/", environ_overrides={"SCRIPT_NAME": "/graph"})
    assert below.headers["Location"] == f"/graph/{path}"


def test_a_retired_name_answers_410_with_reason_and_successor(retired: FlaskClient) -> None:
    for path in ("/id/person/old", "/doc/person/old", "/doc/person/old.ttl"):
        response = retired.get(path)
        assert response.status_code == 410
        assert "The same person as new" in response.json["detail"]
        assert [iri.rpartition("/")[2] for iri in response.json["replaced_by"]] == ["new"]
    page = retired.get("/doc/person/old", headers={"Accept": "text/html"})
    assert page.status_code == 410
    assert "The same person as new" in page.text
    assert retired.get("/doc/person/new").status_code == 200


def test_the_datasets_own_name_leads_to_its_description(client: FlaskClient) -> None:
    response = client.get("/dataset")
    assert (response.status_code, response.headers["Location"]) == (303, "/")


def test_a_foreign_name_has_a_document_by_its_iri(client: FlaskClient) -> None:
    iri = "https://schema.org/location"
    page = client.get("/resource", query_string={"iri": iri}, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert iri in page.text
    turtle = client.get("/resource", query_string={"iri": iri, "format": "ttl"})
    assert turtle.mimetype == "text/turtle"
    own = client.get("/resource", query_string={"iri": CLAIM.value, "format": "ttl"})
    assert (own.status_code, own.headers["Location"]) == (303, "/doc/claim/n1.ttl")
    assert client.get("/resource", query_string={"iri": "no iri"}).status_code == 404
    assert client.get("/resource").status_code == 400
    assert client.get("/resource", query_string={"iri": "urn:x:unknown"}).status_code == 404
    assert client.get("/resource", query_string={"iri": iri, "format": "doc"}).status_code == 400


def test_the_cut_of_a_long_document_is_said_in_header_and_body(lighthouse_release: Path) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, document_links=1))
    response = app.test_client().get("/doc/verdict/corroborated.ttl")
    assert "first 1" in response.headers["Result-Cut"]
    assert b"only 1 are given here" in response.data


def test_a_claims_statements_have_the_names_they_have_in_the_dump(client: FlaskClient) -> None:
    dump = set(client.get("/dumps/lighthouse.nt", buffered=True).text.splitlines())
    for claim in ("n1", "c1-1", "c1-2", "q1"):
        lines = client.get(f"/doc/claim/{claim}.nt").text.splitlines()
        stated = {line for line in lines if "#statement-" in line}
        assert stated
        assert stated <= dump
