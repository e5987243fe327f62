"""The page for queries: results to be read, mistakes to be found, code to be taken along."""

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from real_service import serve
from small_release import BASE, write_small_release

from kg.publish import publish
from kg.sparql import QueryForm
from server import Settings, create_app
from server.sparql import page as query_page
from server.sparql.results import order_columns
from server.sparql.snippets import write_snippets

BROWSER = {"Accept": "text/html"}
ENDPOINT = "https://example.org/sparql"
CURL, WRAPPER, PANDAS, RDFLIB, JAVASCRIPT, R = (
    "curl",
    "Python, SPARQLWrapper",
    "Python, pandas",
    "Python, rdflib",
    "JavaScript",
    "R",
)
HOSTILE = """SELECT ?a { ?a ?b 'it''s', \"\"\"x\"\"\", "\\\\${1+1}`", ")---" }\r\n# '; rm -rf ~"""


def show(client: FlaskClient, query: str, lang: str = "en", status: int = 200) -> str:
    answer = client.get(
        "/sparql", query_string={"query": query}, headers={**BROWSER, "Accept-Language": lang}
    )
    assert answer.status_code == status, answer.text
    return answer.text


def write(query: str, form: QueryForm = "SELECT", endpoint: str = ENDPOINT) -> dict[str, str]:
    return {snippet.name: snippet.code for snippet in write_snippets(endpoint, query, form)}


@pytest.mark.parametrize(
    ("query", "given", "ordered"),
    [
        ("SELECT * { ?s ?p ?o }", "ops", "spo"),
        ("SELECT DISTINCT * WHERE { ?b ?a $c }", "abc", "bac"),
        ("# ?c\nselect * { ?a ?b ?c }", "cab", "abc"),
        ("SELECT ?p ?s { ?s ?p ?o }", "ps", "ps"),
        ("SELECT (COUNT(?x) AS ?n) ?x { ?x ?y ?z } GROUP BY ?x", "nx", "nx"),
        ("SELECT ?b { { SELECT * { ?a ?b ?c } } }", "b", "b"),
        ("SELECT * { SERVICE ?x { } } VALUES ?v { 1 }", "vx", "xv"),
        ("SELECT * { ?a ?b 'never ended }", "ba", "ba"),
    ],
)
def test_columns_stand_in_the_order_of_the_query(query: str, given: str, ordered: str) -> None:
    assert order_columns(query, given) == list(ordered)


def test_a_table_puts_the_columns_of_a_star_in_order(client: FlaskClient) -> None:
    page = show(client, "SELECT * { ?zebra ?middle ?apple } LIMIT 3")
    assert re.findall(r'<th scope="col">(\w+)</th>', page) == ["zebra", "middle", "apple"]


def test_a_thing_stands_in_a_result_by_name_and_by_label(client: FlaskClient) -> None:
    query = "SELECT ?who { VALUES ?who { <https://example.org/lighthouse/id/person/ada-finch> } }"
    page = show(client, query, "de")
    assert '<bdi class="iri">person:ada-finch</bdi><bdi class="name"' in page
    assert "Ada Finch</bdi></a>" in page
    assert "Dinge mit ihren Namen zeigen" in page
    assert "by-label" not in show(client, "SELECT (1 AS ?x) {}")


def test_a_mistake_is_shown_in_its_line(client: FlaskClient) -> None:
    page = show(client, "SELECT * WHERE {\n  ?a ?b\n}", status=400)
    assert 'data-line="3" data-column="1"' in page
    assert "Line 3, column 1" in page
    assert '<pre class="place" dir="ltr"><mark>}</mark></pre>' in page


def test_of_a_long_line_the_place_is_cut_out() -> None:
    place = query_page.find_place("one\n" + "x" * 200 + "!" + "y" * 200, 2, 201)
    assert place == query_page.Place("x" * 80, "!", "y" * 80)
    assert query_page.find_place("ASK {", 1, 6) == query_page.Place("ASK {", " ", "")
    assert query_page.find_place("ASK {", 9, 1) is None
    assert query_page.find_place("ASK {", None, None) is None


def test_every_result_can_be_taken_along(client: FlaskClient) -> None:
    for query, formats in (
        ("SELECT * {} LIMIT 1", ("json", "csv", "tsv", "xml")),
        ("ASK {}", ("json", "xml")),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", ("ttl", "jsonld", "nt", "rdf")),
    ):
        found = re.findall(r'<a href="([^"]+)" download="result\.(\w+)">', show(client, query))
        assert tuple(name for _, name in found) == formats
        for url, _ in found:
            assert client.get(unescape(url), headers=BROWSER).status_code == 200


def test_a_page_is_the_form_alone_where_no_editor_was_built(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    editor = tmp_path / "editor.js"
    monkeypatch.setattr(query_page, "EDITOR", editor)
    for is_built in (False, True):
        if is_built:
            editor.touch()
        client = create_app(Settings(release_dir=lighthouse_release)).test_client()
        page = client.get("/sparql", headers=BROWSER).text
        assert ("built/editor.css" in page) is is_built
        assert ("built/editor.js" in page) is is_built


def test_what_is_completed_has_labels_in_the_readers_language(elbe: FlaskClient) -> None:
    found = elbe.get("/sparql/terms.json?lang=de")
    terms = {term["iri"]: term for term in found.json["terms"]}
    verdict = terms["https://w3id.org/elbe-day/def#verdict"]
    assert verdict["kind"] == "property"
    assert verdict["label"] == "Befund"
    assert verdict["uses"] > 100
    assert terms["https://schema.org/Person"]["kind"] == "class"
    assert found.json["prefixes"]["edo"] == "https://w3id.org/elbe-day/def#"
    uses = [term["uses"] for term in found.json["terms"]]
    assert uses == sorted(uses, reverse=True)
    other = elbe.get("/sparql/terms.json", headers={"Accept-Language": "ru"})
    assert other.headers["ETag"] != found.headers["ETag"]


def test_what_is_completed_in_any_data_is_what_it_uses(tmp_path: Path) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<urn:x:a> a <urn:x:Kind> ; <urn:x:someThing> 1, 2 .", encoding="utf-8")
    publish([file], tmp_path / "release", BASE)
    client = create_app(Settings(release_dir=tmp_path / "release")).test_client()
    terms = client.get("/sparql/terms.json").json["terms"]
    assert {"iri": "urn:x:Kind", "kind": "class", "label": "Kind", "uses": 1} in terms
    assert {"iri": "urn:x:someThing", "kind": "property", "label": "some thing", "uses": 2} in terms


def test_a_release_without_catalogue_has_nothing_to_complete(tmp_path: Path) -> None:
    release = write_small_release(tmp_path / "release", "<id/thing/a> a <id/thing/b> .")
    client = create_app(Settings(release_dir=release)).test_client()
    found = client.get("/sparql/terms.json").json
    assert found == {"prefixes": {"ex": BASE + "id/thing/"}, "terms": []}


def test_a_question_opens_in_the_form_and_is_not_run(elbe: FlaskClient) -> None:
    page = elbe.get("/queries/16-timeline.html", headers=BROWSER).text
    assert "<h1><bdi" in page
    assert "What happened when, by accepted claims?" in page
    assert "Dates are EDTF" in page
    assert '<section class="result">' not in page
    area = page.partition("<textarea")[2].partition("</textarea>")[0]
    assert "SELECT ?date ?time ?name" in area
    assert "question@" not in area
    assert elbe.get("/queries/none.html").status_code == 404


def test_the_answer_to_a_question_says_what_was_asked(elbe: FlaskClient) -> None:
    answer = elbe.get("/queries/16-timeline", headers=BROWSER, follow_redirects=True)
    assert re.search(
        r"<h1><bdi[^>]*>What happened when, by accepted claims\?</bdi></h1>", answer.text
    )
    assert '<section class="result">' in answer.text
    assert "<h1>SPARQL</h1>" in show(elbe, "ASK {}")


def test_the_list_of_questions_leads_to_query_answer_and_text(elbe: FlaskClient) -> None:
    page = elbe.get("/queries/", headers={**BROWSER, "Accept-Language": "ru"}).text
    assert (
        len(re.findall("<h[23]><a", page))
        == len(set(re.findall(r'href="/queries/[^"]+\.rq"', page)))
        == 33
    )
    for link in ("/queries/16-timeline.html", "/queries/16-timeline", "/queries/16-timeline.rq"):
        assert f'href="{link}"' in page
    assert 'href="/queries/12-federated-wikidata"' not in page


def test_code_is_written_for_the_query_on_the_page(client: FlaskClient) -> None:
    page = client.get("/sparql?query=ASK+%7B%7D", headers={**BROWSER, "Host": "data.example"}).text
    assert "curl http://data.example/sparql -H" in page
    assert "Python, pandas" not in page
    code = client.get("/sparql/code?query=SELECT+*+%7B%7D", headers=BROWSER).text
    assert "curl http://localhost/sparql" in code
    assert "pandas.read_csv(address)" in code
    refused = client.get(
        "/sparql/code?query=ASK+%7BSERVICE+%3Curn:x:a%3E%7B%7D%7D", headers=BROWSER
    )
    assert (refused.status_code, "The query must be mended" in refused.text) == (200, True)
    assert "The query must be mended" in show(client, "ASK {", status=400)


@pytest.mark.parametrize(("length", "is_written"), [(1000, True), (1001, False)])
def test_no_code_is_written_for_a_query_longer_than_any_that_is_answered(
    tight: FlaskClient, length: int, is_written: bool
) -> None:
    query = "ASK {} #".ljust(length, "x")
    code = tight.get("/sparql/code", query_string={"query": query}, headers=BROWSER).text
    assert (CURL in code, "The query must be mended" in code) == (is_written, not is_written)


@pytest.mark.parametrize("query", ["ASK {}", "ASK {", "ASK {} # again"])
def test_pages_of_queries_wait_for_their_turn_like_any_page(
    lighthouse_release: Path, query: str
) -> None:
    app = create_app(Settings(lighthouse_release, log_queries=False, queue_wait_ms=50))
    front, client = app.extensions["front"], app.test_client()
    address = f"/sparql?{urlencode({'query': query})}"
    with front.making.hold("somebody"), front.making.hold("somebody else"):
        refused = client.get(address, headers=BROWSER)
        other = client.get(address, headers={"Accept": "*/*"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert "<h1>503 Service Unavailable</h1>" in refused.text
    assert "No place to make a page came free within 0.05 s" in refused.text
    whole = 400 if query == "ASK {" else 200
    assert other.status_code == whole
    made = client.get(address, headers=BROWSER)
    assert made.status_code == whole
    assert "</textarea>" in made.text


def test_whoever_has_no_place_for_his_query_takes_none_for_a_page(
    lighthouse_release: Path,
) -> None:
    app = create_app(Settings(lighthouse_release, log_queries=False, client_queries=1))
    front, client = app.extensions["front"], app.test_client()
    slot = front._slots.take("127.0.0.1")
    with front.making.hold("somebody"), front.making.hold("somebody else"):
        refused = client.get("/sparql?query=ASK+%7B%7D", headers=BROWSER)
    slot.free()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert 'href="/problems#too-many-requests"' in refused.text


@given(query=st.text(alphabet="ab'\"\\`${})- \n\r#", max_size=40).map(lambda text: f"ASK {text}#"))
def test_no_query_breaks_out_of_its_string(query: str) -> None:
    asked = query.replace("\r\n", "\n").replace("\r", "\n").strip()
    code = write(query)
    assert shlex.split(code[CURL])[-1] == f"query={asked}"
    for name, place in ((WRAPPER, "setQuery"), (PANDAS, "query")):
        assert asked == python_strings(code[name], place).strip()
    literal = code[JAVASCRIPT].partition("const query = `")[2].partition("`;\nconst response")[0]
    assert re.sub(r"\\([\\`]|\$(?=\{))", r"\1", literal) == asked
    assert not re.search(r"(?<!\\)(?:\\\\)*(?:`|\$\{)", literal)
    dashes = re.match(r'query <- r"(-*)\(', code[R])
    assert dashes
    assert code[R].index(f'){dashes[1]}"') == len(f'query <- r"{dashes[1]}({asked}')


def python_strings(code: str, place: str) -> str:
    """The string that Python reads in an assignment or call of this name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == place:
            return str(ast.literal_eval(node.args[0]))
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == place:
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{place} is not there")


def test_an_odd_host_stays_in_its_string() -> None:
    endpoint = 'http://a"; import os; "'
    code = write("ASK {}", "ASK", endpoint)
    assert shlex.split(code[CURL])[1] == endpoint
    assert json.dumps(endpoint) in code[WRAPPER]
    assert json.dumps(endpoint) in code[JAVASCRIPT]


@pytest.fixture(scope="module")
def service(lighthouse_release: Path) -> Iterator[str]:
    with serve(lighthouse_release) as url:
        yield f"{url}/sparql"


QUERIES: list[tuple[QueryForm, str, str]] = [
    ("SELECT", 'SELECT ("it\'s" AS ?x) {}', "it's"),
    ("ASK", "ASK {}", "true"),
    ("CONSTRUCT", "CONSTRUCT { <urn:x:a> <urn:x:b> 'c' } {}", "c"),
]


@pytest.mark.parametrize(("form", "query", "said"), QUERIES)
def test_the_code_for_shell_and_python_runs(
    service: str, form: QueryForm, query: str, said: str
) -> None:
    code = write(query, form, service)
    assert said in run("bash", "-c", code[CURL])
    assert said in run(sys.executable, "-c", code[WRAPPER]).lower()
    if form == "CONSTRUCT":
        assert run(sys.executable, "-c", code[RDFLIB]) == "1 triples\n"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_code_for_pandas_asks_for_csv_with_the_whole_query() -> None:
    code = (
        write(HOSTILE)[PANDAS]
        .replace("import pandas\n", "")
        .replace("print(pandas.read_csv(address))", "print(address)")
    )
    asked = parse_qs(urlsplit(run(sys.executable, "-c", code).strip()).query)
    assert asked["format"] == ["csv"]
    assert asked["query"][0].strip() == HOSTILE.replace("\r\n", "\n")
