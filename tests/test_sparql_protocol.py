"""SPARQL 1.1 Protocol, query side (sections 2.1 and 2.2): one test per clause.

The faults known from another Python endpoint are a checklist here: ignored dataset parameters,
two queries, wrong and missing media types, UTF-16, a form decoded twice, a fixed endpoint
address, no 406, wildcards above exact types, `application/xml` for graphs, reflected origins.
"""

import csv
import io
import json
import re
from html import unescape
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
import rdflib
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from werkzeug.test import TestResponse

BASE = "https://example.org/lighthouse/"
N1, EDITORS = f"{BASE}id/claim/n1", f"{BASE}id/claim/e-first-lighting"
DATES = f"SELECT ?date WHERE {{ ?event <{BASE}def#date> ?date }} ORDER BY ?date"
IN_GRAPHS = f"SELECT ?date WHERE {{ GRAPH ?g {{ ?event <{BASE}def#date> ?date }} }} ORDER BY ?date"
GRAPH = f"CONSTRUCT {{ ?s <{BASE}def#date> ?d }} WHERE {{ ?s <{BASE}def#date> ?d }}"
ASK = "ASK { ?s ?p ?o }"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
JSON_RESULTS = "application/sparql-results+json"
PLACES = ["/sparql", "/sparql/"]


def ask(client: FlaskClient, query: str, accept: str | None = None, **more: str) -> TestResponse:
    headers = {"Accept": accept} if accept else {}
    return client.get("/sparql", query_string={"query": query, **more}, headers=headers)


def values(response: TestResponse, name: str = "date") -> list[str]:
    assert response.status_code == 200, response.text
    return [row[name]["value"] for row in response.json["results"]["bindings"]]


@pytest.mark.parametrize("place", PLACES)
def test_a_query_by_get(client: FlaskClient, place: str) -> None:
    response = client.get(place, query_string={"query": DATES})
    assert response.content_type == JSON_RESULTS
    assert values(response) == ["1874-06-03"]


@pytest.mark.parametrize("place", PLACES)
def test_a_query_by_form(client: FlaskClient, place: str) -> None:
    assert values(client.post(place, data={"query": DATES})) == ["1874-06-03"]


@pytest.mark.parametrize("place", PLACES)
def test_a_query_by_direct_post(client: FlaskClient, place: str) -> None:
    response = client.post(place, data=DATES, content_type=DIRECT)
    assert values(response) == ["1874-06-03"]


def test_charset_utf_8_may_be_said(client: FlaskClient) -> None:
    for media_type, body in ((FORM, urlencode({"query": DATES})), (DIRECT, DATES)):
        response = client.post("/sparql", data=body, content_type=f"{media_type}; charset=UTF-8")
        assert values(response) == ["1874-06-03"]


def test_default_graph_uri_replaces_the_default_graph(client: FlaskClient) -> None:
    assert values(ask(client, DATES, **{"default-graph-uri": N1})) == ["1874-05-03"]
    both = {"query": DATES, "default-graph-uri": [N1, EDITORS]}
    assert values(client.get("/sparql", query_string=both)) == ["1874-05-03", "1874-06-03"]
    assert values(client.post("/sparql", data=both)) == ["1874-05-03", "1874-06-03"]
    address = f"/sparql?{urlencode({'default-graph-uri': N1})}"
    direct = client.post(address, data=DATES, content_type=DIRECT)
    assert values(direct) == ["1874-05-03"]


def test_named_graph_uri_chooses_the_named_graphs(client: FlaskClient) -> None:
    assert values(ask(client, IN_GRAPHS)) == ["1874-05-03", "1874-06-03", "1990/.."]
    assert values(ask(client, IN_GRAPHS, **{"named-graph-uri": N1})) == ["1874-05-03"]


def test_a_dataset_given_in_part_is_empty_in_the_rest(client: FlaskClient) -> None:
    assert values(ask(client, DATES, **{"named-graph-uri": N1})) == []
    assert values(ask(client, IN_GRAPHS, **{"default-graph-uri": N1})) == []


def test_the_protocols_dataset_overrides_the_querys(client: FlaskClient) -> None:
    query = DATES.replace("WHERE", f"FROM <{EDITORS}> WHERE")
    assert values(ask(client, query)) == ["1874-06-03"]
    assert values(ask(client, query, **{"default-graph-uri": N1})) == ["1874-05-03"]


def test_a_graph_nobody_knows_is_empty(client: FlaskClient) -> None:
    assert values(ask(client, DATES, **{"default-graph-uri": "urn:x:unknown"})) == []


def test_a_relative_graph_name_is_refused(client: FlaskClient) -> None:
    response = ask(client, DATES, **{"default-graph-uri": "graph"})
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize("method", ["get", "form", "mixed"])
def test_two_queries_are_refused(client: FlaskClient, method: str) -> None:
    if method == "get":
        response = client.get(f"/sparql?query={quote(ASK)}&query={quote(ASK)}")
    elif method == "form":
        response = client.post("/sparql", data={"query": [ASK, ASK]})
    else:
        response = client.post(f"/sparql?query={quote(ASK)}", data=ASK, content_type=DIRECT)
    assert response.status_code == 400
    assert "more than one query" in response.json["detail"]


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/json", "multipart/form-data", "text/turtle"]
)
def test_a_wrong_or_missing_media_type_is_415(client: FlaskClient, media_type: str | None) -> None:
    response = client.post("/sparql", data=DATES.encode(), content_type=media_type)
    assert response.status_code == 415
    assert DIRECT in response.headers["Accept-Post"]


@pytest.mark.parametrize("media_type", [FORM, DIRECT])
def test_other_charsets_are_415(client: FlaskClient, media_type: str) -> None:
    response = client.post(
        "/sparql", data=DATES.encode("utf-16"), content_type=f"{media_type}; charset=utf-16"
    )
    assert response.status_code == 415


@pytest.mark.parametrize("media_type", [FORM, DIRECT])
def test_utf_16_that_calls_itself_utf_8_is_400(client: FlaskClient, media_type: str) -> None:
    body = ("query=" if media_type == FORM else "") + DATES
    response = client.post("/sparql", data=body.encode("utf-16"), content_type=media_type)
    assert response.status_code == 400


def test_bytes_that_are_no_utf_8_are_400(client: FlaskClient) -> None:
    assert client.get("/sparql?query=%FF%FE").status_code == 400
    assert client.post("/sparql", data=b"query=%C3", content_type=FORM).status_code == 400


def test_a_compressed_body_is_415(client: FlaskClient) -> None:
    response = client.post(
        "/sparql", data=DATES, content_type=DIRECT, headers={"Content-Encoding": "gzip"}
    )
    assert response.status_code == 415


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_form_is_decoded_once(client: FlaskClient, method: str) -> None:
    body = urlencode({"query": 'SELECT ("100%25 +&=ä" AS ?x) {}'})
    if method == "get":
        response = client.get(f"/sparql?{body}")
    else:
        response = client.post("/sparql", data=body, content_type=FORM)
    assert values(response, "x") == ["100%25 +&=ä"]


def test_plus_is_a_space_and_raw_utf_8_is_read(client: FlaskClient) -> None:
    body = "query=SELECT+('a+b'+AS+?x)+('ё'+AS+?y){}".encode()
    response = client.post("/sparql", data=body, content_type=FORM)
    assert values(response, "x") == ["a b"]
    assert values(response, "y") == ["ё"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, JSON_RESULTS),
        ("*/*", JSON_RESULTS),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        ("*/*;q=0.9, text/csv", "text/csv; charset=utf-8"),
        ("text/csv, */*", "text/csv; charset=utf-8"),
        ("text/csv;q=0.1, application/sparql-results+xml;q=0.2", "application/sparql-results+xml"),
    ],
)
def test_tables_come_in_every_format(
    client: FlaskClient, accept: str | None, content_type: str
) -> None:
    response = ask(client, DATES, accept)
    assert response.content_type == content_type
    assert "1874-06-03" in response.text or "3 June 1874" in response.text


def test_each_table_format_says_the_same(client: FlaskClient) -> None:
    assert list(csv.reader(io.StringIO(ask(client, DATES, "text/csv").text))) == [
        ["date"],
        ["1874-06-03"],
    ]
    tsv = ask(client, DATES, "text/tab-separated-values").text.splitlines()
    assert tsv == ["?date", '"1874-06-03"^^<http://id.loc.gov/datatypes/edtf/EDTF>']
    tree = ElementTree.fromstring(ask(client, DATES, "application/sparql-results+xml").data)
    names = [node.tag.rpartition("}")[2] for node in tree.iter()]
    assert names == ["sparql", "head", "variable", "results", "result", "binding", "literal"]


@pytest.mark.parametrize(
    ("accept", "content_type", "reader"),
    [
        (None, "text/turtle; charset=utf-8", RdfFormat.TURTLE),
        ("application/n-triples", "application/n-triples", RdfFormat.N_TRIPLES),
        ("application/ld+json", "application/ld+json", RdfFormat.JSON_LD),
        ("application/rdf+xml", "application/rdf+xml", RdfFormat.RDF_XML),
        ("application/trig", "application/trig", RdfFormat.TRIG),
        ("application/n-quads", "application/n-quads", RdfFormat.N_QUADS),
        ("*/*;q=0.5, application/rdf+xml", "application/rdf+xml", RdfFormat.RDF_XML),
    ],
)
@pytest.mark.parametrize("query", [GRAPH, f"DESCRIBE <{BASE}id/event/first-lighting>"])
def test_graphs_come_in_every_format(
    client: FlaskClient, query: str, accept: str | None, content_type: str, reader: RdfFormat
) -> None:
    response = ask(client, query, accept)
    assert response.content_type == content_type
    objects = {quad.object.value for quad in parse(response.data, reader)}
    assert "1874-06-03" in objects


def test_turtle_uses_the_datasets_prefixes_and_only_those_needed(client: FlaskClient) -> None:
    text = ask(client, GRAPH, "text/turtle").text
    assert "event:first-lighting lho:date" in text
    assert text.count("@prefix") == 3
    assert len(rdflib.Graph().parse(data=text, format="turtle")) == 1


def test_ask_answers_json_and_xml_and_a_page(client: FlaskClient) -> None:
    assert ask(client, ASK).json == {"head": {}, "boolean": True}
    xml = ask(client, ASK, "application/sparql-results+xml").data
    assert ElementTree.fromstring(xml).findtext("{*}boolean") == "true"
    assert "yes" in ask(client, ASK, "text/html").text


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (DATES, "text/turtle"),
        (DATES, "image/png"),
        (ASK, "text/csv"),
        (GRAPH, "text/csv"),
        (GRAPH, "application/sparql-results+json"),
        (GRAPH, "application/xml"),
    ],
)
def test_406_when_no_format_fits_the_form_of_the_query(
    client: FlaskClient, query: str, accept: str
) -> None:
    response = ask(client, query, accept)
    assert response.status_code == 406
    assert response.json["available"]


@pytest.mark.parametrize("parameter", ["format", "output", "results"])
@pytest.mark.parametrize(
    ("query", "value", "content_type"),
    [
        (DATES, "csv", "text/csv; charset=utf-8"),
        (DATES, "xml", "application/sparql-results+xml"),
        (DATES, "json", JSON_RESULTS),
        (GRAPH, "turtle", "text/turtle; charset=utf-8"),
        (GRAPH, "xml", "application/rdf+xml"),
        (GRAPH, "json-ld", "application/ld+json"),
        (GRAPH, "application/n-triples", "application/n-triples"),
    ],
)
def test_a_format_parameter_stands_for_accept(
    client: FlaskClient, parameter: str, query: str, value: str, content_type: str
) -> None:
    response = ask(client, query, "text/html", **{parameter: value})
    assert response.content_type == content_type


def test_a_format_that_is_unknown_is_400_and_one_that_does_not_fit_406(
    client: FlaskClient,
) -> None:
    assert ask(client, DATES, format="docx").status_code == 400
    assert ask(client, DATES, format="turtle").status_code == 406
    assert ask(client, GRAPH, format="csv").status_code == 406


def test_a_syntax_error_names_line_and_column(client: FlaskClient) -> None:
    response = ask(client, "SELECT ?x WHERE {\n  ?x ?y\n}")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    problem = response.json
    assert (problem["line"], problem["status"]) == (3, 400)
    assert problem["column"] == 1
    assert problem["type"].endswith("problems#query")
    assert problem["title"] == "Bad Request"


def test_a_person_gets_the_error_above_the_query(client: FlaskClient) -> None:
    response = ask(client, "SELECT ?x WHERE {\n  ?x ?y <b>\n", "text/html")
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "Line 1" in response.text
    assert "?x ?y &lt;b&gt;" in response.text


@pytest.mark.parametrize("query", ["", " ", "# only a comment"])
def test_an_empty_query_is_400(client: FlaskClient, query: str) -> None:
    assert ask(client, query).status_code == 400


def test_a_post_without_a_query_is_400(client: FlaskClient) -> None:
    assert client.post("/sparql", data={"format": "json"}).status_code == 400


@pytest.mark.parametrize("place", PLACES)
def test_head_answers_like_get_without_the_body(client: FlaskClient, place: str) -> None:
    got = client.get(place, query_string={"query": DATES})
    head = client.head(place, query_string={"query": DATES})
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("place", PLACES)
def test_options_answers_a_preflight_of_any_origin(client: FlaskClient, place: str) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    response = client.options(place, headers=asked)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_405_with_the_methods_there_are(client: FlaskClient, method: str) -> None:
    response = client.open("/sparql", method=method)
    assert response.status_code == 405
    assert {"GET", "POST", "HEAD", "OPTIONS"} <= set(response.headers["Allow"].split(", "))
    assert response.content_type == "application/problem+json"


def test_a_repeated_query_gets_304(client: FlaskClient) -> None:
    tag = ask(client, DATES).headers["ETag"]
    again = client.get("/sparql", query_string={"query": DATES}, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_query_dataset_and_format_each_change_the_etag(client: FlaskClient) -> None:
    posted = [
        client.post("/sparql", data=data).headers["ETag"]
        for data in (
            {"query": DATES},
            {"query": DATES + " "},
            {"query": DATES, "default-graph-uri": N1},
            {"query": DATES, "named-graph-uri": N1},
            {"query": DATES, "format": "csv"},
        )
    ]
    assert len(set(posted)) == 5


@pytest.mark.parametrize("call", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_an_answer_that_changes_is_not_to_be_stored(client: FlaskClient, call: str) -> None:
    response = ask(client, f"SELECT ({call} AS ?x) {{}}")
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


def test_fresh_blank_nodes_are_not_to_be_stored(client: FlaskClient) -> None:
    response = ask(client, "CONSTRUCT { [] a ?t } WHERE { ?s a ?t } LIMIT 1")
    assert response.headers["Cache-Control"] == "no-store"


def test_rdfxml_that_cannot_be_written_is_refused(client: FlaskClient) -> None:
    query = "CONSTRUCT { ?s <http://example.org/1> ?o } WHERE { ?s ?p ?o } LIMIT 1"
    response = ask(client, query, "application/rdf+xml")
    assert response.status_code == 406
    assert "http://example.org/1" in response.json["detail"]
    assert ask(client, query, "text/turtle").status_code == 200


def test_xml_results_never_hold_what_xml_cannot(client: FlaskClient) -> None:
    query = 'SELECT ("a\\u0001b" AS ?x) {}'
    assert ask(client, query, "application/sparql-results+xml").status_code == 406
    assert values(ask(client, query), "x") == ["a\x01b"]


def test_the_page_shows_the_rows_escaped_and_links_the_whole_result(client: FlaskClient) -> None:
    query = 'SELECT ("<script>alert(1)</script>" AS ?x) (<javascript:alert(1)> AS ?y) {}'
    page = ask(client, query, "text/html").text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript:' not in page
    assert "format=csv" in page


def test_a_page_that_shows_part_of_the_rows_says_so_and_leads_to_the_rest(
    tight: FlaskClient,
) -> None:
    query = "SELECT ?n { VALUES ?n { 1 2 3 4 5 6 7 8 9 10 11 12 } }"
    page = ask(tight, query, "text/html").text
    assert "Rows 1 to 5 of 12; the whole result can be downloaded below." in page
    assert "Page 1 of 3" in page
    seen = []
    while True:
        seen += re.findall(r"<td[^>]*><bdi[^>]*>(\d+)</bdi></td>", page)
        following = re.search(r'<a rel="next" href="([^"]+)"', page)
        if following is None:
            break
        page = tight.get(unescape(following[1]), headers={"Accept": "text/html"}).text
    assert seen == [str(n) for n in range(1, 13)]
    assert "Rows 11 to 12 of 12" in page
    assert "page=" not in "".join(re.findall(r'download="[^"]*"|href="[^"]*format=csv"', page))


@pytest.mark.parametrize(
    ("page", "accept", "status", "words"),
    [
        ("9", "text/html", 404, "The result has 3 pages, and no page 9."),
        ("0", "text/html", 400, "page is one number from 1 on; &#39;0&#39; is none."),
        ("2", "text/csv", 400, "take LIMIT and OFFSET in the query"),
    ],
)
def test_a_page_of_a_result_that_cannot_be_is_refused(
    tight: FlaskClient, page: str, accept: str, status: int, words: str
) -> None:
    query = "SELECT ?n { VALUES ?n { 1 2 3 4 5 6 7 8 9 10 11 12 } }"
    found = tight.get(
        "/sparql", query_string={"query": query, "page": page}, headers={"Accept": accept}
    )
    assert found.status_code == status
    assert words in found.text


def test_a_result_that_changes_has_no_further_pages(tight: FlaskClient) -> None:
    query = "SELECT ?n (RAND() AS ?r) { VALUES ?n { 1 2 3 4 5 6 7 8 9 10 11 12 } }"
    page = ask(tight, query, "text/html").text
    assert "Rows 1 to 5 of 12" in page
    assert "Page 1 of" not in page


def test_the_bare_endpoint_shows_a_form_that_works_without_scripts(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": "text/html"}).text
    assert re.search(r'<form class="query"[^>]* action="/sparql" method="get"', page)
    assert '<textarea id="query" name="query"' in page
    assert "When was a light first lit, by what is accepted?" in page
    written = re.sub(r'<script type="application/ld[+]json">[^<]*', "", page)
    assert re.findall(r"<script[^>]*>[^<]*", written) == re.findall(
        r'<script type="module" src="/static/[^"]+">', page
    )
    assert '<a href="/conformance">' in page
    assert '<a href="/sparql?format=ttl">' in page


def test_json_results_are_whole_json(elbe: FlaskClient) -> None:
    response = ask(elbe, "SELECT * { ?s ?p ?o }")
    assert len(json.loads(response.data)["results"]["bindings"]) > 5000
