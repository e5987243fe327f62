"""What would kill an engine, and what is no HTTP: a real service answers, refuses or hangs up."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import pytest
from real_service import serve
from test_hostile import parse_raw, send_raw

from server.conformance.visitor import Reply

KINDS = {504: "time-limit", 507: ("memory-limit", "result-too-large"), 400: "query"}
LIMIT_S = 1.0
MANY = "VALUES ?a { " + "1 " * 2000 + "}"
ROWS = f"{MANY} {MANY.replace('?a', '?b')} {MANY.replace('?a', '?c')}"
DOUBLES = "BIND('xxxxxxxxxxxxxxxx' AS ?a0) " + " ".join(
    f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(36)
)

KILLERS = {
    "a count of everything times everything": f"SELECT (COUNT(*) AS ?n) {{ {ROWS} }}",
    "everything in order": f"SELECT * {{ {ROWS} }} ORDER BY ?a ?b ?c",
    "everything in one string": f"SELECT (GROUP_CONCAT(?a) AS ?x) {{ {ROWS} }}",
    "everything once": f"SELECT DISTINCT ?x {{ {ROWS} BIND(STRUUID() AS ?x) }}",
    "everything grouped": f"SELECT (STRUUID() AS ?x) (COUNT(*) AS ?n) {{ {ROWS} }} GROUP BY ?x",
    "every row": f"SELECT * {{ {ROWS} }}",
    "a graph of every row": f"CONSTRUCT {{ [] ?p ?a }} WHERE {{ {ROWS} BIND(<urn:p> AS ?p) }}",
    "a sample of every row": f"SELECT (SAMPLE(?a) AS ?x) (MAX(?b) AS ?y) {{ {ROWS} }}",
    "a string that doubles": f"SELECT (STRLEN(?a36) AS ?n) {{ {DOUBLES} }}",
    "a string that doubles in a test": f"ASK {{ {DOUBLES} FILTER(CONTAINS(?a36, 'y')) }}",
    "replacing that grows": (
        "SELECT (STRLEN(REPLACE(REPLACE(REPLACE(REPLACE(?x, '', ?x), '', ?x), '', ?x), '', ?x))"
        f" AS ?n) {{ BIND('{'x' * 500}' AS ?x) }}"
    ),
    "a subquery in EXISTS for each row": (
        f"SELECT (COUNT(*) AS ?n) {{ {MANY} FILTER NOT EXISTS {{ {ROWS} FILTER(?b > 3) }} }}"
    ),
    "a path from everywhere to everywhere": (
        "SELECT (COUNT(*) AS ?n) { ?a (!<urn:x>|^!<urn:x>)* ?b . ?c (!<urn:x>|^!<urn:x>)* ?d "
        ". ?e (!<urn:x>|^!<urn:x>)* ?f }"
    ),
    "a star of as many patterns as pass": "ASK { ?s ?p ?o" + " ; ?p ?o" * 140 + " }",
    "as many groups as pass": "ASK { " + "{ ?s ?p ?o } " * 70 + "}",
    "an expression as nested as passes": "SELECT (" + "(" * 90 + "1" + ")" * 90 + " AS ?x) {}",
    "a repetition of a repetition": "SELECT (REGEX('"
    + "a" * 5000
    + "', '((a{1,99}){1,99}){1,99}b') AS ?x) {}",
    "a pattern that would go back": "SELECT (REGEX('" + "a" * 5000 + "!', '^(a+)+$') AS ?x) {}",
    "10,000 values": "SELECT * { VALUES ?x { " + "'x' " * 10_000 + "} }",
    "10,000 in a list": "SELECT * { VALUES ?x { 1 } FILTER(?x IN (" + "1," * 10_000 + "2)) }",
}


@pytest.fixture(scope="module")
def service(lighthouse_release: Path) -> Iterator[tuple[str, int]]:
    options = ("--query-time-ms", "1000", "--query-memory-mb", "300", "--result-mb", "2")
    with serve(lighthouse_release, *options, "--no-log") as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


def ask(service: tuple[str, int], query: str) -> Reply:
    body = urlencode({"query": query}).encode()
    head = (
        "POST /sparql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return send_raw(service, head.encode() + body)


@pytest.mark.parametrize("name", KILLERS)
def test_a_killer_is_answered_or_stopped_in_time(service: tuple[str, int], name: str) -> None:
    began = perf_counter()
    reply = ask(service, KILLERS[name])
    assert perf_counter() - began < LIMIT_S + 8
    assert reply.status in (200, 400, 504, 507), reply.body[:300]
    if reply.status == 200:
        assert json.loads(reply.body)
        return
    problem = json.loads(reply.body)
    assert problem["type"].rpartition("#")[2] in KINDS[reply.status]
    if reply.status != 400:
        assert problem["limit"] and problem["limit_value"] > 0
    after = ask(service, "SELECT (1 AS ?x) {}")
    assert (after.status, json.loads(after.body)["results"]["bindings"][0]["x"]["value"]) == (
        200,
        "1",
    )


HEAD = b"Host: x\r\nConnection: close\r\n"
QUERY = b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1\r\n"
POST = b"POST /sparql HTTP/1.1\r\n" + HEAD + b"Content-Type: application/sparql-query\r\n"
BROKEN = {
    "nothing": b"\r\n\r\n",
    "a greeting": b"HELO x\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "an HTTP/2 preface that stops": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /sparql\r\n\r\n",
    "HTTP/9.9": b"GET /sparql HTTP/9.9\r\n" + HEAD + b"\r\n",
    "no host": b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a blank in the address": b"GET /sparql?query=ASK {} HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a NUL in the address": b"GET /sparql?query=\x00 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an address without a slash": b"GET sparql HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an absolute address": b"GET http://evil.example/sparql?query=ASK%20%7B%7D HTTP/1.1\r\n"
    + HEAD
    + b"\r\n",
    "a proxy's wish": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a method of 10,000 letters": b"A" * 10_000 + b" /sparql HTTP/1.1\r\n" + HEAD + b"\r\n",
    "an address of 200,000 letters": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a header of 2,000,000 letters": QUERY + HEAD + b"X: " + b"a" * 2_000_000 + b"\r\n\r\n",
    "5,000 headers": QUERY + HEAD + b"X: y\r\n" * 5000 + b"\r\n",
    "a header with a NUL": QUERY + HEAD + b"X: \x00\r\n\r\n",
    "a header with a bare line feed": QUERY + HEAD + b"X: a\nSet-Cookie: b=c\r\n\r\n",
    "a header with a bare return": QUERY + HEAD + b"X: a\rSet-Cookie: b=c\r\n\r\n",
    "a header that goes on": QUERY + HEAD + b"X: a\r\n Set-Cookie: b=c\r\n\r\n",
    "a header without a name": QUERY + HEAD + b": y\r\n\r\n",
    "a header with a blank in its name": QUERY + HEAD + b"X Y: z\r\n\r\n",
    "a header without a colon": QUERY + HEAD + b"XY\r\n\r\n",
    "two lengths": POST + b"Content-Length: 6\r\nContent-Length: 7\r\n\r\nASK {}x",
    "a negative length": POST + b"Content-Length: -1\r\n\r\nASK {}",
    "a length of words": POST + b"Content-Length: six\r\n\r\nASK {}",
    "a length with a sign": POST + b"Content-Length: +6\r\n\r\nASK {}",
    "a length without end": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\nASK {}",
    "length and chunks": POST
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "chunks without a size": POST + b"Transfer-Encoding: chunked\r\n\r\nASK {}\r\n",
    "chunks of a wrong size": POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nASK {}\r\n0\r\n\r\n",
    "chunks too large": POST + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nASK",
    "chunks in disguise": POST + b"Transfer-Encoding: xchunked\r\n\r\n6\r\nASK {}\r\n0\r\n\r\n",
    "a coding nobody has": POST + b"Transfer-Encoding: gzip\r\n\r\nASK {}",
    "an expectation": POST + b"Expect: the-impossible\r\nContent-Length: 6\r\n\r\nASK {}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_http_is_refused_or_hung_up_on(service: tuple[str, int], name: str) -> None:
    reply = send_raw(service, BROKEN[name], wait_s=3)
    assert reply.status in (0, 200, 308, 400, 404, 405, 411, 413, 414, 415, 417, 431, 501, 505)
    location = reply.headers.get("location", "/")
    assert location.startswith("/") and not location.startswith("//"), "led to another host"
    assert "set-cookie" not in reply.headers and b"Traceback" not in reply.body
    assert parse_raw(reply.body).status == 0, "one request has got two answers"
    after = ask(service, "ASK {}")
    assert json.loads(after.body) == {"head": {}, "boolean": True}


def test_chunks_that_are_right_are_read(service: tuple[str, int]) -> None:
    chunks = b"3\r\nASK\r\n3\r\n {}\r\n0\r\n\r\n"
    reply = send_raw(service, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert (reply.status, b"true" in reply.body) == (200, True)


def test_a_body_that_stops_short_holds_nobody_else_up(service: tuple[str, int]) -> None:
    reply = send_raw(service, POST + b"Content-Length: 600\r\n\r\nASK {}", wait_s=1)
    assert reply.status in (0, 400, 408)
    assert ask(service, "ASK {}").status == 200
