"""The protocol's clauses, tried on the app and on a real service; and the report of them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse
from real_service import serve

from server import Settings, create_app
from server.conformance import CLAUSES, Visitor
from server.conformance.clauses import Clause, run
from server.conformance.earl import EARL
from server.conformance.visitor import (
    JSON,
    InapplicableError,
    Reply,
    Request,
    UnmetError,
    over_http,
    over_wsgi,
)

HERE = "http://graph.example/sparql"
RESULT, OUTCOME = NamedNode(EARL + "TestResult"), NamedNode(EARL + "outcome")


@pytest.fixture(scope="module")
def in_process(lighthouse_release: Path) -> Visitor:
    """Asks the app in this process."""
    app = create_app(Settings(release_dir=lighthouse_release))
    return Visitor(over_wsgi(app, HERE), HERE)


@pytest.fixture(scope="module")
def over_sockets(lighthouse_release: Path) -> Iterator[Visitor]:
    """Asks a service with processes of its own."""
    with serve(lighthouse_release) as url:
        yield Visitor(over_http(f"{url}/sparql"), f"{url}/sparql")


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda c: f"{c.section}-{c.name}")
def test_the_app_meets_the_clause(in_process: Visitor, clause: Clause) -> None:
    clause.test(in_process)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda c: f"{c.section}-{c.name}")
def test_a_real_service_meets_the_clause(over_sockets: Visitor, clause: Clause) -> None:
    clause.test(over_sockets)


def test_every_clause_says_its_section_and_what_it_asks() -> None:
    assert len({clause.name for clause in CLAUSES}) == len(CLAUSES) >= 60
    for clause in CLAUSES:
        assert clause.demand.endswith("."), clause.name
        assert clause.source.startswith("https://www.w3.org/TR/sparql11-")
    sections = {clause.section for clause in CLAUSES}
    assert {f"2.1.{number}" for number in range(1, 8)} < sections


def always(reply: Reply) -> Visitor:
    return Visitor(lambda request: reply, HERE)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"content-type": "text/html"}, b"<p>hello</p>"),
        (200, {"content-type": JSON}, b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}'),
        (500, {}, b""),
        (404, {"content-type": "text/plain"}, b"not here"),
        (200, {"content-type": JSON}, b"{"),
        (200, {"content-type": "text/turtle"}, b"<urn:a> <urn:b> 'cut"),
    ],
)
def test_no_clause_passes_by_chance(status: int, headers: dict[str, str], body: bytes) -> None:
    results = run(always(Reply(status, headers, body)))
    passed = {result.clause.name for result in results if result.outcome == "passed"}
    refusing = {clause.name for clause in CLAUSES if "refused" in clause.demand}
    assert passed <= (refusing | {"get-has-no-body"} if status == 404 else set())


def test_a_busy_endpoint_leaves_the_report_open() -> None:
    results = run(always(Reply(503, {}, b"")))
    assert {result.outcome for result in results} == {"cantTell"}


def test_a_dataset_without_named_graphs_is_no_failure() -> None:
    empty = Reply(
        200, {"content-type": JSON}, b'{"head": {"vars": []}, "results": {"bindings": []}}'
    )
    with pytest.raises(InapplicableError, match="no two named graphs"):
        _ = always(empty).graphs


def test_the_report_in_rdf_tells_each_clause_without_blank_nodes(client: FlaskClient) -> None:
    response = client.get("/conformance", headers={"Accept": "text/turtle"})
    assert response.content_type == "text/turtle; charset=utf-8"
    quads = list(parse(response.data, RdfFormat.TURTLE))
    assert not any(isinstance(t, BlankNode) for q in quads for t in (q.subject, q.object))
    outcomes = [q for q in quads if q.predicate == OUTCOME]
    assert [q.object for q in outcomes] == [NamedNode(EARL + "passed")] * len(CLAUSES)
    results = {q.subject for q in quads if q.object == RESULT}
    assert results == {q.subject for q in outcomes}
    reached = {q.object for q in quads if q.predicate == NamedNode(EARL + "result")}
    assert reached == results
    assert all(
        follow(quads, q.subject, "test") for q in quads if q.object == NamedNode(EARL + "Assertion")
    )


def follow(quads: list[Quad], subject: object, name: str) -> list[object]:
    predicate = NamedNode(EARL + name)
    return [q.object for q in quads if (q.subject, q.predicate) == (subject, predicate)]


@pytest.mark.parametrize("suffix", ["ttl", "jsonld", "nt", "rdf", "trig", "nq"])
def test_the_report_comes_in_every_rdf_format(client: FlaskClient, suffix: str) -> None:
    response = client.get(f"/conformance.{suffix}")
    assert response.status_code == 200
    assert b"TestResult" in response.data


def test_people_read_every_clause_with_its_section(client: FlaskClient) -> None:
    page = client.get("/conformance", headers={"Accept": "text/html"}).text
    assert f"{len(CLAUSES)} of {len(CLAUSES)} clauses met" in page
    for clause in CLAUSES:
        assert f'id="{clause.name}"' in page
    german = client.get("/conformance.html?lang=de").text
    assert "Klauseln erfüllt" in german


def test_the_report_is_made_once_and_whoever_asks(lighthouse_release: Path) -> None:
    app = create_app(Settings(release_dir=lighthouse_release))
    counted: list[str] = []
    front = app.wsgi_app

    def count(environ: dict[str, object], start: Callable[..., object]) -> object:
        counted.append(str(environ["PATH_INFO"]))
        return front(environ, start)

    app.wsgi_app = count  # type: ignore[assignment]
    visitor = app.test_client()
    tag = visitor.get("/conformance.ttl").headers["ETag"]
    asked = len(counted)
    assert asked > len(CLAUSES)
    again = visitor.get("/conformance.ttl", headers={"If-None-Match": tag})
    assert again.status_code == 304
    visitor.get("/conformance.html", headers={"Host": "elsewhere.example"})
    assert len(counted) == asked + 2


def test_a_failed_clause_is_told_with_its_reason(lighthouse_release: Path) -> None:
    app = create_app(Settings(release_dir=lighthouse_release))
    front = app.wsgi_app

    def break_head(environ: dict[str, object], start: Callable[..., object]) -> object:
        if environ["REQUEST_METHOD"] == "HEAD":
            environ["REQUEST_METHOD"] = "PUT"
        return front(environ, start)

    app.wsgi_app = break_head  # type: ignore[assignment]
    visitor = app.test_client()
    page = visitor.get("/conformance.html").text
    assert "HEAD is answered with 405" in page
    assert "earl:failed" in visitor.get("/conformance.ttl").text or (
        "earl#failed" in visitor.get("/conformance.ttl").text
    )


def test_the_command_tries_any_endpoint(over_sockets: Visitor) -> None:
    command = [sys.executable, "-m", "server.conformance", "--url", over_sockets.asked]
    lines = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert lines.returncode == 0, lines.stdout
    assert lines.stderr.strip() == f"{len(CLAUSES)} passed"
    report = subprocess.run([*command, "--earl"], capture_output=True, timeout=60, check=True)
    outcomes = [q for q in parse(report.stdout, RdfFormat.TURTLE) if q.predicate == OUTCOME]
    assert len(outcomes) == len(CLAUSES)


def test_a_sentence_says_what_an_endpoint_did_instead() -> None:
    by_get = next(clause for clause in CLAUSES if clause.name == "by-get")
    with pytest.raises(UnmetError, match="answered with 418"):
        by_get.test(Visitor(lambda request: Reply(418, {}, b""), HERE))
    assert Request("GET").body == b""
