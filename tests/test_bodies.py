"""Bodies that come slowly or not at all: they take no place from anybody else's query."""

import http.client
import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from running_service import Service, running, small_query

HEAD = (
    "POST /sparql HTTP/1.1\r\nHost: graph.example\r\nContent-Type: application/sparql-query\r\n"
    "Accept: application/json\r\n{}\r\n\r\n"
)
QUERY = b"ASK { ?s ?p ?o }"
LENGTH = f"Content-Length: {len(QUERY)}"


@pytest.fixture(scope="module")
def service(
    lighthouse_release: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A running service with a place for one query."""
    with running(
        lighthouse_release,
        tmp_path_factory.mktemp("temp"),
        workers=1,
        threads=2,
        page_threads=1,
        long_queries=1,
        query_time_slow_ms=1000,
        federated_time_ms=1000,
    ) as started:
        yield started


def connect(service: Service, address: str) -> socket.socket:
    return socket.create_connection(
        ("127.0.0.1", service.port), timeout=20, source_address=(address, 0)
    )


def send(service: Service, address: str, head: str, *parts: bytes) -> socket.socket:
    """Send a request in parts, a tenth of a second between them; the connection stays open."""
    conn = connect(service, address)
    conn.sendall(HEAD.format(head).encode())
    for part in parts:
        time.sleep(0.1)
        conn.sendall(part)
    return conn


def answer_to(conn: socket.socket) -> tuple[int, bytes]:
    """Receive the status and the body of an answer."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += conn.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(lines[b"content-length"]):
        body += conn.recv(65536)
    return int(head.split()[1]), body


def test_body_in_parts_is_received_whole(service: Service) -> None:
    with send(service, "127.0.0.10", LENGTH, QUERY[:5], QUERY[5:]) as conn:
        assert answer_to(conn)[0] == 200
    chunks = b"%x\r\n%s\r\n" % (len(QUERY), QUERY), b"0\r\n\r\n"
    with send(service, "127.0.0.11", "Transfer-Encoding: chunked", *chunks) as conn:
        assert answer_to(conn)[0] == 200


@pytest.mark.parametrize(
    ("raw", "status", "kind", "limit"),
    [
        (b"NONSENSE\r\n\r\n", 400, "bad-request", None),
        (b"GET / HTTP/2.0\r\nHost: graph.example\r\n\r\n", 505, "bad-request", None),
        (b"GET /" + b"x" * 600_001, 431, "too-large", ("head_bytes", 600_000)),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 101 + b"\r\n", 431, "too-large", ("headers", 100)),
    ],
    ids=["400", "505", "431 long", "431 many"],
)
def test_what_is_no_request_gets_a_problem_like_any_other(
    service: Service, raw: bytes, status: int, kind: str, limit: tuple[str, int] | None
) -> None:
    with connect(service, "127.0.0.1") as conn:
        conn.sendall(raw)
        answer = http.client.HTTPResponse(conn)
        answer.begin()
        problem = json.loads(answer.read())
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert problem["type"].endswith(f"/problems#{kind}")
    found = (problem["limit"], problem["limit_value"]) if "limit" in problem else None
    assert found == limit
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert re.fullmatch("[0-9a-f]+-[0-9a-f]+", answer.headers["X-Request-Id"])


def test_stalled_bodies_take_no_place_for_queries(service: Service) -> None:
    with ExitStack() as opened:
        stalled = [opened.enter_context(send(service, f"127.0.1.{n}", LENGTH)) for n in range(1, 7)]
        assert service.ask(small_query()).status == 200
        posted = opened.enter_context(send(service, "127.0.0.13", LENGTH, QUERY))
        assert answer_to(posted)[0] == 200
        assert service.get("/healthz/live").status == 200
        for conn in stalled:
            conn.sendall(QUERY)
        assert {answer_to(conn)[0] for conn in stalled} == {200}


def test_no_crowd_of_stalled_bodies_keeps_a_body_in_parts_out(service: Service) -> None:
    with ExitStack() as opened:
        for at in range(200):
            opened.enter_context(send(service, f"127.0.2.{at % 100 + 1}", LENGTH))
        for address in ("127.0.2.1", "127.0.0.15"):
            posted = opened.enter_context(send(service, address, LENGTH, QUERY[:5], QUERY[5:]))
            assert answer_to(posted)[0] == 200


def test_body_that_never_comes_does_not_keep_an_old_web_process(service: Service) -> None:
    old = set(service.pids("web"))
    with send(service, "127.0.0.16", LENGTH):
        assert service.ask(small_query()).status == 200
        service.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 30
        while old & set(service.tree) and time.monotonic() < until:
            assert service.ask(small_query()).status == 200
        assert not old & set(service.tree)
