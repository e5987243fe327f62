"""What the event loop answers by itself is what a thread would have answered."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from real_service import serve
from running_service import (
    endless_query,
    get_over,
    in_background,
    load,
    outcomes,
    running,
    small_query,
    starting,
    to_path,
)
from werkzeug.test import EnvironBuilder

from server import Settings, create_app
from server.evaluation.answers import QueryRequest
from server.evaluation.lanes import Lanes
from server.http.connection import Connection
from server.http.door import Door
from server.http.heads import WHOLE, Environ
from server.http.wishes import Places
from server.sparql.front import Front
from server.sparql.handed import HANDED
from server.sparql.quick import PLAIN_BYTES, Quick

ROWS = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o"
LONG = ROWS + " # " + "x" * PLAIN_BYTES
QUERIES = (
    "ASK { ?s ?p ?o }",
    "SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3",
    ROWS,
    LONG,
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 5",
    "CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o } LIMIT 1",
    "SELECT (NOW() AS ?now) {}",
    "SELECT * { VALUES ?x { 1 2 3 4 5 6 7 8 } ?s ?p ?o } ORDER BY ?x ?s ?p ?o",
    "SELECT * { ?s ?p }",
    "SELECT * { ?s unknown:p ?o }",
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "DELETE WHERE { ?s ?p ?o }",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "text/csv"},
    {"Accept": "application/sparql-results+xml, text/turtle;q=0.9"},
    {"Accept": "image/png"},
    {"Accept-Encoding": "gzip"},
    {"If-None-Match": "*"},
)
NEW_EACH_TIME = {"date", "x-request-id"}


class Workless:
    """Lanes that nobody asks."""

    def is_quick(self, client: str) -> bool:
        return False


class Unfinished(Workless):
    """Lanes whose answers a thread has to finish, and that note which are let go of."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def begin(self, request: QueryRequest, client: str, done: Callable[[Any], None]) -> bool:
        self.end = partial(done, "begun")
        return True

    def collect(self, begun: object) -> None:
        """Have nothing."""

    def finish(self, begun: object, client: str) -> None:
        """Be asked by nobody."""

    def drop(self, begun: str) -> None:
        self.dropped.append(begun)


class Hall:
    """A door that notes who waits for which places."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, Places]] = []
        self.give_up: list[Callable[[], None]] = []

    def in_turn(self, environ: Environ, connection: Connection, *asked: Any) -> None:
        client, places, *given_up = asked
        self.waiting.append((client, places))
        self.give_up += given_up


@pytest.fixture(scope="module")
def service(lighthouse_release: Path) -> Iterator[http.client.HTTPConnection]:
    with serve(lighthouse_release, "--no-log") as url:
        visitor = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        yield visitor
        visitor.close()


@pytest.fixture(scope="module")
def in_thread(lighthouse_release: Path) -> FlaskClient:
    """The same app, called as a thread calls it."""
    return create_app(Settings(release_dir=lighthouse_release, log_queries=False)).test_client()


def known(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in NEW_EACH_TIME:
            found.setdefault(name.lower(), []).append(value)
    return found


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query)[:50])
def test_loop_and_thread_answer_alike(
    service: http.client.HTTPConnection,
    in_thread: FlaskClient,
    query: str,
    headers: dict[str, str],
) -> None:
    address = "/sparql?" + urlencode({"query": query})
    for _ in range(3):  # fresh, kept, and kept for this very request
        service.request("GET", address, headers=headers)
        here = service.getresponse()
        body, told = here.read(), known(here.getheaders())
        there = in_thread.get(address, headers=headers, base_url=f"http://{service.host}")
        expected, wanted = known(there.headers), there.data
        if told["cache-control"] == ["no-store"]:  # its bytes are others each time
            told["content-length"], body = expected["content-length"], wanted
        assert (here.status, told) == (there.status_code, expected)
        assert body == wanted


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("address", ["/", "/doc/event/first-lighting", "/sparql", "/nowhere"])
def test_the_loop_gives_a_kept_page_as_the_thread_made_it(
    service: http.client.HTTPConnection, address: str, headers: dict[str, str]
) -> None:
    answers = []
    for _ in range(2):
        service.request("GET", address, headers=headers)
        answer = service.getresponse()
        answers.append((answer.status, answer.read(), known(answer.getheaders())))
    made, kept = answers
    assert kept == made


def test_a_fault_on_the_loop_takes_no_place_for_good(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    front: Front = app.extensions["front"]
    held: list[int] = []
    monkeypatch.setattr(front._slots, "_changed", held.append)
    monkeypatch.setattr(front.desk, "check", lambda *_: 1 / 0)
    environ = EnvironBuilder("/sparql", query_string={"query": "ASK {}"}).get_environ()
    hall = Hall()
    assert Quick(front, cast(Lanes, Workless()), cast(Door, hall)).take(
        environ, cast(Connection, None)
    )
    assert len(hall.waiting) == 1
    assert held == [1, 0]
    assert HANDED not in environ
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_with_an_answer_from_a_worker_leaves_the_query_s_line(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    fault = "from server.sparql.front import Front\nFront.keep = lambda *given: 1 / 0"
    with starting(lighthouse_release, tmp_path / "temp", fault, log_queries=True) as started:
        while (reply := started.ask(small_query())).status != 500:
            time.sleep(0.05)
        started.process.terminate()
        _, said = started.process.communicate(timeout=10)
    lines = {line["id"]: line for line in map(json.loads, re.findall(rb"(?m)^{.*$", said))}
    line = lines[reply.headers["x-request-id"]]
    assert (line["outcome"], line["status"], line["bytes"]) == ("fault", 500, 0)


@pytest.mark.parametrize(
    ("query", "is_long"),
    [
        ("ASK {}", False),
        ("ASK { FILTER(" + "1+" * 200 + "1) }", False),
        ("ASK { FILTER(" + "1+" * 400 + "1) }", True),
        ("ASK {} # " + "x" * 2000, False),
        ("ASK {} # NOW() " + "x" * 2000, True),
        ("ASK {} # SERVICE " + "x" * 2000, True),
    ],
    ids=["short", "short, many tokens", "many tokens", "long", "may change", "may call"],
)
def test_query_that_takes_long_to_read_is_left_to_a_thread(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch, query: str, is_long: bool
) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    front: Front = app.extensions["front"]
    checked: list[object] = []
    monkeypatch.setattr(front.desk, "check", lambda *given: checked.append(given) or 1 / 0)
    held: list[int] = []
    monkeypatch.setattr(front._slots, "_changed", held.append)
    environ = EnvironBuilder("/sparql", query_string={"query": query}).get_environ()
    hall = Hall()
    assert Quick(front, cast(Lanes, Workless()), cast(Door, hall)).take(
        environ, cast(Connection, 0)
    )
    assert len(hall.waiting) == 1
    assert len(checked) == (0 if is_long else 1)
    assert held == [1, 0]


@pytest.mark.parametrize(
    ("method", "path", "places"),
    [
        ("GET", "/doc/event/nothing", "making"),
        ("POST", "/reconcile", "making"),
        ("GET", "/sparql", "making"),
        ("HEAD", "/sparql/?lang=de", "making"),
        ("GET", "/sparql?l%61ng=d%65", "making"),
        ("GET", "/sparql?page=query", "asking"),
        ("GET", "/sparql?%71uer%79=ASK+%7B%7D", "asking"),
        ("POST", "/sparql", "asking"),
        ("GET", "/healthz", "telling"),
        ("GET", "/healthz/live", "telling"),
        ("GET", "/metrics", "telling"),
    ],
)
def test_what_a_thread_answers_waits_for_its_clients_turn(
    lighthouse_release: Path, method: str, path: str, places: str
) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    front, hall = app.extensions["front"], Hall()
    quick = Quick(front, cast(Lanes, Workless()), cast(Door, hall))
    environ = EnvironBuilder(path, method=method).get_environ() | {"REMOTE_ADDR": "192.0.2.7"}
    assert quick.take(environ, cast(Connection, None))
    known = {"making": front.making, "asking": quick._asking, "telling": quick._telling}
    assert hall.waiting == [("192.0.2.7", known[places])]


@pytest.mark.parametrize("path", ["/sparql", "/sparql/?lang=d%65", "/doc/event/first-lighting"])
def test_kept_pages_wait_for_no_turn(lighthouse_release: Path, path: str) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    made = app.test_client().get(path)
    assert made.status_code == 200
    quick = Quick(app.extensions["front"], cast(Lanes, Workless()), cast(Door, None))
    listener = Listener()
    assert quick.take(EnvironBuilder(path).get_environ(), cast(Connection, listener))
    assert [body for _, body in listener.heard] == [made.data]


def test_long_queries_are_read_one_at_a_time(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    desk = app.extensions["front"].desk
    reading, most, check = [0], [0], desk.check

    def note(*given: Any) -> object:
        reading[0] += 1
        most[0] = max(most[0], reading[0])
        time.sleep(0.02)
        reading[0] -= 1
        return check(*given)

    monkeypatch.setattr(desk, "check", note)
    for text, together in ((" + 1" * 300, 1), ("", 2)):
        most[0] = 0
        with ThreadPoolExecutor(8) as threads:
            queries = [f"ASK {{ FILTER({number}{text} > 0) }}" for number in range(8)]
            ask = partial(app.test_client().get, "/sparql")
            answers = [threads.submit(ask, query_string={"query": query}) for query in queries]
            assert {answer.result().status_code for answer in answers} == {200}
        assert most[0] == 1 if together == 1 else most[0] >= together


class Listener:
    """Stands for a connection, and keeps what is sent over it."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, bytes]] = []

    def reply(self, head: bytes, body: bytes = b"") -> None:
        """Take an answer."""
        self.heard.append((re.sub(rb"X-Request-Id: [^\r]*", b"X-Request-Id: ?", head), body))


def ask_by_bytes(app: Flask, whole: bytes, **headers: str) -> tuple[Quick, Listener]:
    """Ask for what is kept already with a request of these bytes."""
    query = {"query": "ASK {}"}
    app.test_client().get("/sparql", query_string=query)
    quick = Quick(app.extensions["front"], cast(Lanes, Workless()), cast(Door, None))
    environ = EnvironBuilder("/sparql", query_string=query, headers=headers).get_environ()
    listener = Listener()
    assert quick.take(environ | {WHOLE: whole}, cast(Connection, listener))
    return quick, listener


def test_a_request_that_comes_again_byte_by_byte_gets_the_same_answer(
    lighthouse_release: Path,
) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    quick, listener = ask_by_bytes(app, b"these bytes")
    assert not quick.again(b"other bytes", cast(Connection, listener))
    assert quick.again(b"these bytes", cast(Connection, listener))
    read, recalled = listener.heard
    assert recalled == read
    assert b'"boolean":true' in recalled[1]
    app.extensions["front"].cache.clear()
    assert not quick.again(b"these bytes", cast(Connection, listener))


def test_bytes_lead_to_no_answer_where_more_decides_it(lighthouse_release: Path) -> None:
    plain = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    quick, listener = ask_by_bytes(plain, b"these bytes", If_None_Match='"another"')
    assert not quick.again(b"these bytes", cast(Connection, listener))
    behind = create_app(
        Settings(release_dir=lighthouse_release, log_queries=False, trusted_proxies=("10.0.0.1",))
    )
    quick, listener = ask_by_bytes(behind, b"these bytes")
    assert not quick.again(b"these bytes", cast(Connection, listener))


def test_answers_to_the_same_bytes_have_a_number_and_a_line_each(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    with running(lighthouse_release, tmp_path / "temp", workers=1, log_queries=True) as started:
        conn = started.connect()
        replies = [get_over(conn, to_path("ASK { }")) for _ in range(6)]
        conn.close()
        started.process.terminate()
        _, said = started.process.communicate(timeout=10)
    numbers = [reply.headers["x-request-id"] for reply in replies]
    assert len(set(numbers)) == 6
    assert len({reply.body for reply in replies}) == 1
    lines = [json.loads(line) for line in said.splitlines() if line.startswith(b"{")]
    assert [(line["id"], line["lane"]) for line in lines if line["id"] in numbers] == [
        (number, "cache" if number != numbers[0] else "fast") for number in numbers
    ]


_WAITS = """
import time
from server.evaluation.lanes import Lanes

evaluate = Lanes.evaluate

def wait(lanes, request, *given):
    if "waits" in request.query:
        time.sleep(2)
    return evaluate(lanes, request, *given)

Lanes.evaluate = wait
"""


def test_queries_that_wait_for_a_thread_leave_their_lines_too(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    narrow = {"workers": 1, "threads": 9, "page_threads": 8, "queue_length": 1}
    with running(
        lighthouse_release, tmp_path / "temp", _WAITS, log_queries=True, **narrow
    ) as started:
        finish = in_background(lambda: started.post("ASK {} # waits"))
        started.wait_for_query_in_hand()
        waiting = [in_background(lambda: started.post("ASK {}")) for _ in range(2)]
        answered, refused = sorted((tell() for tell in waiting), key=lambda reply: reply.status)
        assert finish().status == 200
        metrics = started.get("/metrics").body
        started.process.terminate()
        _, said = started.process.communicate(timeout=10)
    assert (answered.status, refused.status) == (200, 503)
    assert str(refused.problem["detail"]).endswith("(queue_length: 1).")
    lines = {line["id"]: line for line in map(json.loads, re.findall(rb"(?m)^{.*$", said))}
    line = lines[refused.headers["x-request-id"]]
    told = [line[name] for name in ("outcome", "status", "limit", "lane")]
    assert told == ["busy", 503, "queue_length", "none"]
    times = lines[answered.headers["x-request-id"]]["ms"]
    assert times["total"] > 500 > times["read"]
    assert b'kg_queries_total{form="none",outcome="busy"} 1.0' in metrics
    assert b'kg_requests_total{kind="other",status="5xx"} 0.0' in metrics


def test_what_the_loop_has_in_hand_counts_for_the_client(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    with running(lighthouse_release, tmp_path / "temp", client_queries=1, workers=1) as started:
        finish = in_background(lambda: started.ask(endless_query()))
        until = time.monotonic() + 2
        while b"in_hand 1.0" not in started.get("/metrics").body:
            assert time.monotonic() < until
        refused = started.ask("ASK {}")
        assert (refused.status, refused.problem["limit"]) == (429, "client_queries")
        assert started.ask("ASK {}", source="127.0.0.2").status == 200
        assert finish().status == 504
        assert started.ask("ASK {}").status == 200


def test_any_process_tells_what_the_caches_of_all_hold(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    with running(lighthouse_release, tmp_path / "temp") as started, ExitStack() as held:
        visitors = [held.enter_context(closing(started.connect())) for _ in range(16)]
        for visitor in visitors:
            assert get_over(visitor, to_path(small_query())).status == 200
        until = time.monotonic() + 10
        kept = len(visitors) + 1  # the first was asked at the start
        while b"\nkg_cache_entries %.1f\n" % kept not in get_over(visitors[0], "/metrics").body:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_workers_that_are_replaced_lose_none_of_the_loop_s_queries(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    with running(lighthouse_release, tmp_path / "temp", worker_queries=3, workers=1) as started:
        first = set(started.pids("worker"))
        with load(started, clients=8) as replies:
            until = time.monotonic() + 20
            while len(replies) < 200:
                assert time.monotonic() < until
                time.sleep(0.01)
        assert outcomes(replies) == {200}
        assert first != set(started.pids("worker"))


def test_what_the_loop_began_waits_for_a_thread_in_its_clients_turn_or_is_let_go_of(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = create_app(Settings(release_dir=lighthouse_release)).extensions["front"]
    held: list[int] = []
    monkeypatch.setattr(front._slots, "_changed", held.append)
    hall, lanes = Hall(), Unfinished()
    quick = Quick(front, cast(Lanes, lanes), cast(Door, hall))
    environ = EnvironBuilder("/sparql", query_string={"query": "ASK {}"}).get_environ()
    environ["REMOTE_ADDR"] = "192.0.2.7"
    assert quick.take(environ, cast(Connection, None))
    assert hall.waiting == []
    lanes.end()
    assert hall.waiting == [("192.0.2.7", quick._asking)]
    handed = environ[HANDED]
    assert (held, lanes.dropped, handed.fresh is None) == ([1], [], False)
    hall.give_up[0]()
    assert (held, lanes.dropped, handed.fresh is None) == ([1, 0], ["begun"], True)
    assert HANDED not in environ  # so that the refusal leaves the query's line
