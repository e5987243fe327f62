"""Every hostile request is answered as its row says, in process and by a real service.

Never a fault of ours, never a traceback, and never a call to the socket that listens.
"""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import pytest
from flask import Flask
from hostile_queries import QUERIES
from hostile_requests import REQUESTS, Hostile
from listening import Listener
from real_service import serve

from server import Settings, create_app
from server.conformance.visitor import Reply
from server.refusals import KINDS

ROWS = [*REQUESTS, *QUERIES]
LIMITS = ("--query-time-ms", "2000", "--query-memory-mb", "400", "--result-mb", "2", "--no-log")


@pytest.fixture(scope="module")
def app(lighthouse_release: Path) -> Flask:
    return create_app(Settings(release_dir=lighthouse_release, result_bytes=2_000_000))


@pytest.fixture(scope="module")
def service(lighthouse_release: Path) -> Iterator[tuple[str, int]]:
    with serve(lighthouse_release, *LIMITS) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


def fill(row: Hostile, url: str) -> tuple[str, bytes]:
    """Put the listener's address where a row says `{url}`."""
    query_string = row.query_string.replace("{url}", url).replace(quote("{url}"), quote(url))
    body = row.body.replace(b"{url}", url.encode())
    return query_string, body.replace(quote("{url}").encode(), quote(url).encode())


def judge(row: Hostile, reply: Reply) -> None:
    """Hold an answer against its row."""
    assert reply.status == row.status, reply.body[:500]
    names = {name for name in reply.headers if name.startswith("set-")}
    assert not names and b"Traceback" not in reply.body
    assert all("\n" not in value and "\r" not in value for value in reply.headers.values())
    if row.status < 400:
        return
    assert reply.headers["content-type"] == "application/problem+json"
    problem = json.loads(reply.body)
    assert problem["type"].endswith(f"problems#{row.kind}"), problem
    assert row.kind in KINDS and problem["status"] == row.status
    assert " " in problem["detail"], "a refusal is a sentence"
    assert len(reply.body) < 3000 + 3 * len(row.path), "a refusal must not repeat what was sent"
    if row.kind == "query":
        assert problem.get("line", 1) >= 1


def ask_app(app: Flask, row: Hostile, url: str) -> Reply:
    query_string, body = fill(row, url)
    client = app.test_client()
    path = unquote_to_bytes(row.path).decode("latin-1")
    response = client.open(
        path="/",
        method=row.method,
        data=body,
        headers=[*row.headers],
        environ_overrides={"PATH_INFO": path, "QUERY_STRING": query_string},
        buffered=True,
    )
    headers = {name.lower(): value for name, value in response.headers}
    return Reply(response.status_code, headers, response.data)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_app_refuses_what_is_hostile(app: Flask, listener: Listener, row: Hostile) -> None:
    before = listener.knocks
    judge(row, ask_app(app, row, listener.url))
    assert listener.knocks == before


def send_raw(service: tuple[str, int], raw: bytes, wait_s: float = 20) -> Reply:
    """Send bytes as they are, and read what comes until the other side is done."""
    parts = []
    with socket.create_connection(service, wait_s) as connection:
        try:
            connection.sendall(raw)
            while part := connection.recv(1 << 16):
                parts.append(part)
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            pass
    return parse_raw(b"".join(parts))


def parse_raw(answer: bytes) -> Reply:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    match = re.match(r"HTTP/1\.[01] (\d{3})", lines[0])
    pairs = [line.partition(":") for line in lines[1:]]
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Reply(int(match[1]) if match else 0, headers, body)


def spell(row: Hostile, url: str) -> bytes:
    query_string, body = fill(row, url)
    safe = "%/:?&=+;,@!$'()*[]~<>\"{}|^`\\"
    target = quote(row.path, safe=safe) + (
        f"?{quote(query_string, safe=safe)}" if query_string else ""
    )
    target = re.sub(r"[\"<>\\^`{|} ]", lambda sign: f"%{ord(sign[0]):02X}", target)
    headers = [("Connection", "close"), *row.headers]
    if not any(name == "Host" for name, _ in headers):
        headers.append(("Host", "graph.example"))
    if body or row.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(body))))
    lines = [f"{row.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


AT_THE_DOOR = {
    "10,000 types": (431, "too-large"),
    "codings without end": (431, "too-large"),
    "the method HACK": (400, "bad-request"),
    "a host of markup": (400, "bad-request"),
}
"""What the HTTP server refuses before the app would see it."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_real_service_refuses_what_is_hostile(
    service: tuple[str, int], listener: Listener, row: Hostile
) -> None:
    before = listener.knocks
    reply = send_raw(service, spell(row, listener.url))
    status, kind = AT_THE_DOOR.get(row.name, (row.status, row.kind))
    judge(replace(row, status=status, kind=kind), reply)
    assert listener.knocks == before


def test_the_table_is_what_it_says() -> None:
    assert len(ROWS) >= 200
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row.kind for row in ROWS if row.kind} <= KINDS.keys()


def test_the_listener_would_hear_a_call(listener: Listener) -> None:
    before = listener.knocks
    host, port = listener.server.getsockname()
    with socket.create_connection((host, port), 5) as knocking:
        knocking.recv(1)
    assert listener.knocks == before + 1
