"""The front before Flask: same answers, kept answers, places for queries, proxies, journal."""

import gc
import gzip
import json
import re
import threading
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
import zstandard
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, TestResponse

from server import Settings, create_app
from server.evaluation.answers import Evaluated, InProcess, QueryRequest, do_nothing
from server.headers import ALWAYS
from server.http.gateway import LET_GO
from server.journal import HELD_LINES, Journal, Visit, to_line
from server.limits import BusyError, ClientBusyError, TimeLimitError, limits_of
from server.site import open_site
from server.slots import Slots
from server.sparql.desk import is_repeatable
from server.sparql.protocol import decode

BASE = "https://example.org/lighthouse/"
ALL = "SELECT * { ?s ?p ?o }"
FEW = "SELECT * { ?s ?p ?o } LIMIT 2"


class Watched:
    """Evaluates in this process, counts the questions, and may be held up or made to refuse."""

    def __init__(self, settings: Settings) -> None:
        site = open_site(settings)
        manifest = site.release.manifest
        limits = limits_of(settings)
        self.inner = InProcess(site.store, limits, manifest.prefixes, manifest.version)
        self.asked: list[tuple[str, str]] = []
        self.started = threading.Semaphore(0)
        self.go = threading.Event()
        self.go.set()
        self.refusal: Exception | None = None
        self.version = manifest.version

    def evaluate(
        self, request: QueryRequest, client: str, takes_long: Callable[[], None] = do_nothing
    ) -> Evaluated:
        if "long" in request.query:
            takes_long()
        self.asked.append((request.query, client))
        self.started.release()
        assert self.go.wait(20)
        if self.refusal:
            raise self.refusal
        found = self.inner.evaluate(request, client)
        return Evaluated(found.body, found.length, "fast", found.stages, self.version, found.blank)

    def status(self) -> dict[str, Any]:
        return {"ready": int(self.refusal is None), "workers": {"fast": 2}}


class Service:
    """An app over the lighthouse whose evaluator is watched."""

    def __init__(self, release: Path, **settings: Any) -> None:
        self.settings = Settings(release_dir=release, **{"log_queries": False, **settings})
        self.evaluator = Watched(self.settings)
        self.app: Flask = create_app(self.settings, self.evaluator)

    def get(self, query: str = FEW, address: str = "127.0.0.1", **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        place = {"REMOTE_ADDR": address}
        return self.app.test_client().get(
            "/sparql",
            query_string={"query": query},
            headers=named,
            environ_base=place,
            buffered=True,
        )


@pytest.fixture
def service(lighthouse_release: Path) -> Service:
    return Service(lighthouse_release)


def test_a_question_asked_again_is_evaluated_once(service: Service) -> None:
    first, again = service.get(), service.get()
    assert again.data == first.data
    assert len(service.evaluator.asked) == 1
    told = [h for h in first.headers if h[0] != "X-Request-Id"]
    assert [h for h in again.headers if h[0] != "X-Request-Id"] == told


def test_a_page_and_a_program_share_one_evaluation(service: Service) -> None:
    assert service.get(Accept="text/html").mimetype == "text/html"
    assert service.get(Accept="application/json").mimetype == "application/json"
    assert len(service.evaluator.asked) == 1


def test_an_answer_is_kept_whatever_its_names_spell(service: Service) -> None:
    query = "PREFIX foaf: <http://xmlns.com/foaf/0.1/> ASK { ?s foaf:knows ?o }"
    for _ in range(3):
        assert service.get(query).headers["Cache-Control"] == "no-cache"
    assert len(service.evaluator.asked) == 1


@pytest.mark.parametrize("ask", ["get", "form", "direct"])
def test_each_way_to_ask_finds_the_kept_answer(service: Service, ask: str) -> None:
    service.get()
    client = service.app.test_client()
    if ask == "get":
        found = client.get("/sparql/", query_string={"format": "json", "query": FEW})
    elif ask == "form":
        found = client.post("/sparql", data={"query": FEW})
    else:
        found = client.post("/sparql", data=FEW, content_type="application/sparql-query")
    assert found.status_code == 200
    assert len(service.evaluator.asked) == 1


def test_a_kept_answer_is_kept_from_other_datasets_and_formats(service: Service) -> None:
    client = service.app.test_client()
    whole = service.get(ALL).data
    one = client.get("/sparql", query_string={"query": ALL, "default-graph-uri": "urn:x:none"})
    assert one.json["results"]["bindings"] == []
    assert service.get(ALL, Accept="text/csv").data != whole
    assert len(service.evaluator.asked) == 3


def test_a_kept_answer_gives_304_head_and_every_header(service: Service) -> None:
    service.get()
    got = service.get()
    unchanged = service.get(If_None_Match=got.headers["ETag"])
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert unchanged.headers["ETag"] == got.headers["ETag"]
    assert "Content-Type" not in unchanged.headers
    head = service.app.test_client().head("/sparql", query_string={"query": FEW})
    assert head.headers["Content-Length"] == str(len(got.data))
    assert {(name, got.headers[name]) for name in ALWAYS} == set(ALWAYS.items())


@pytest.mark.parametrize("query", ["SELECT (NOW() AS ?x) {}", "CONSTRUCT { [] ?p ?o } {?s ?p ?o}"])
@pytest.mark.parametrize("media_type", ["*/*", "application/rdf+xml, application/xml;q=0.9"])
def test_what_changes_is_evaluated_each_time(service: Service, query: str, media_type: str) -> None:
    for _ in range(3):
        assert service.get(query, Accept=media_type).headers["Cache-Control"] == "no-store"
    assert len(service.evaluator.asked) == 3


def test_an_answer_of_another_release_is_neither_kept_nor_tagged(service: Service) -> None:
    service.evaluator.version = "0" * 64
    assert "ETag" not in service.get().headers
    service.get()
    assert len(service.evaluator.asked) == 2


def test_without_a_cache_everything_is_evaluated(lighthouse_release: Path) -> None:
    service = Service(lighthouse_release, cache_bytes=0)
    assert service.get().headers["ETag"] == service.get().headers["ETag"]
    assert len(service.evaluator.asked) == 2


@pytest.mark.parametrize(
    ("coding", "decode"),
    [("gzip", gzip.decompress), ("zstd", zstandard.ZstdDecompressor().decompress)],
)
@pytest.mark.parametrize("path", ["/sparql", "/doc/claim/n1.ttl", "/"])
def test_an_answer_is_compressed_for_whoever_can_read_it(
    service: Service, coding: str, decode: Any, path: str
) -> None:
    client = service.app.test_client()
    asked = {"query_string": {"query": ALL} if path == "/sparql" else {}}
    plain = client.get(path, **asked)
    for _ in range(2):
        coded = client.get(path, headers={"Accept-Encoding": f"br, {coding}"}, **asked)
        assert coded.headers["Content-Encoding"] == coding
        assert "Accept-Encoding" in coded.headers["Vary"]
        assert decode(coded.data) == plain.data
        assert coded.headers["ETag"] != plain.headers["ETag"]
    for tag in (plain.headers["ETag"], coded.headers["ETag"]):
        headers = {"Accept-Encoding": coding, "If-None-Match": tag}
        assert client.get(path, headers=headers, **asked).status_code == 304


def test_a_small_answer_is_not_compressed(service: Service) -> None:
    assert "Content-Encoding" not in service.get("ASK {}", Accept_Encoding="gzip").headers


def test_a_large_result_streams_and_frees_its_place(
    lighthouse_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.sparql.desk.LARGE_BYTES", 5000)
    service = Service(lighthouse_release, threads=2, page_threads=1)
    for accept in ("application/json", "text/csv", "text/html"):
        for _ in range(3):
            found = service.get(ALL, Accept=accept)
            assert found.status_code == 200
    assert re.search(r"its first \d+ rows are shown", found.text)
    assert len(service.get(ALL).json["results"]["bindings"]) > 700
    assert len(service.evaluator.asked) == 10
    graph = service.get("CONSTRUCT WHERE { ?s ?p ?o }", Accept="text/html")
    assert "its first 100 rows are shown" in graph.text


@pytest.mark.parametrize(
    "media_type", ["text/turtle", "application/rdf+xml", "application/ld+json"]
)
def test_a_large_graph_has_a_tag_unless_it_names_blank_nodes(
    service: Service, monkeypatch: pytest.MonkeyPatch, media_type: str
) -> None:
    monkeypatch.setattr("server.sparql.desk.LARGE_BYTES", 5000)
    monkeypatch.setattr("server.evaluation.spool.INLINE_BYTES", 4000)
    steady = service.get("CONSTRUCT WHERE { ?s a ?o }", Accept=media_type)
    assert len(steady.data) > 5000
    again = {"Accept": media_type, "If-None-Match": steady.headers["ETag"]}
    assert service.get("CONSTRUCT WHERE { ?s a ?o }", **again).status_code == 304
    fresh = service.get("CONSTRUCT { [] a ?o } WHERE { ?s a ?o }", Accept=media_type)
    assert len(fresh.data) > 5000
    assert "ETag" not in fresh.headers
    assert fresh.headers["Cache-Control"] == "no-store"


def test_a_limit_is_named_with_its_value(service: Service) -> None:
    message = "The query ran longer than 10,000 ms."
    service.evaluator.refusal = TimeLimitError(message, "query_time_slow_ms", 10_000)
    found = service.get()
    assert (found.status_code, found.mimetype) == (504, "application/problem+json")
    assert found.json["limit"] == "query_time_slow_ms"
    assert found.json["limit_ms"] == found.json["limit_value"] == 10_000
    assert found.json["type"].endswith("problems#time-limit")
    assert found.json["help"] == "/problems#time-limit"
    page = service.get(Accept="text/html")
    assert (page.status_code, page.mimetype) == (504, "text/html")
    assert message in page.text
    assert FEW in page.text


def test_busy_says_when_to_come_again(service: Service) -> None:
    service.evaluator.refusal = BusyError("All are taken.", "slow_workers", 2, 3)
    for accept in ("application/json", "text/html"):
        found = service.get(Accept=accept)
        assert (found.status_code, found.headers["Retry-After"]) == (503, "3")


def hold(service: Service, count: int, *addresses: str) -> list[threading.Thread]:
    """Ask queries that are not answered before the evaluator may go on."""
    service.evaluator.go.clear()
    threads = [
        threading.Thread(
            target=service.get,
            args=(f"ASK {{}} # {number}", addresses[number % len(addresses)]),
        )
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
        assert service.evaluator.started.acquire(timeout=20)
    return threads


def release(service: Service, threads: list[threading.Thread]) -> None:
    service.evaluator.go.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def narrow(lighthouse_release: Path) -> Iterator[Service]:
    service = Service(lighthouse_release, threads=10, page_threads=2, client_queries=3)
    yield service
    service.evaluator.go.set()


def test_one_client_is_stopped_at_its_share_and_another_is_served(narrow: Service) -> None:
    threads = hold(narrow, 3, "192.0.2.1")
    refused = narrow.get("ASK {} # more", "192.0.2.1")
    assert (refused.status_code, refused.json["limit"]) == (429, "client_queries")
    assert refused.headers["Retry-After"] == "1"
    narrow.evaluator.go.set()
    assert narrow.get("ASK {} # other", "192.0.2.2").status_code == 200
    release(narrow, threads)
    assert narrow.get("ASK {} # later", "192.0.2.1").status_code == 200


def test_pages_never_wait_behind_queries(narrow: Service) -> None:
    threads = hold(narrow, 8, *(f"192.0.2.{n}" for n in range(8)))
    refused = narrow.get("ASK {} # more", "192.0.2.9")
    assert (refused.status_code, refused.json["limit"]) == (503, "threads")
    client = narrow.app.test_client()
    for path in ("/", "/doc/claim/n1.ttl", "/sparql", "/def", "/dumps/", "/healthz/live"):
        assert client.get(path).status_code == 200, path
    release(narrow, threads)


def test_queries_that_turn_out_to_take_long_take_no_place_of_others(narrow: Service) -> None:
    narrow.evaluator.go.clear()
    sources = [f"192.0.2.{n}" for n in range(8)]
    asked = [
        threading.Thread(target=narrow.get, args=(f"ASK {{}} # long {source}", source))
        for source in sources
    ]
    for thread in asked:
        thread.start()
        assert narrow.evaluator.started.acquire(timeout=20)
    threads = hold(narrow, 8, *sources)
    assert narrow.get("ASK {} # more", "192.0.2.9").status_code == 503
    release(narrow, threads + asked)
    slots = narrow.app.extensions["front"]._slots
    assert (slots._total, slots._beside, slots._held) == (0, 0, {})


def test_the_last_places_are_left_to_others() -> None:
    slots = Slots("threads", 8, 8)
    for _ in range(5):
        slots.take("greedy")
    with pytest.raises(BusyError):
        slots.take("greedy")
    frees = [slots.take(f"other {n}") for n in range(3)]
    with pytest.raises(BusyError):
        slots.take("late")
    frees[0].free()
    frees[0].free()
    slots.take("late")


def test_places_that_one_leaves_to_others_are_theirs() -> None:
    slots = Slots("long_queries", 8, 8)
    for client in ("a", "b", "c", "d"):
        slots.take(client, leaves=4)
    with pytest.raises(BusyError), slots.take("e", leaves=4):
        pass
    for client in ("e", "f", "g", "h"):
        slots.take(client)
    with pytest.raises(BusyError):
        slots.take("i")


def test_a_clients_share_is_freed_by_every_kind_of_answer(lighthouse_release: Path) -> None:
    service = Service(lighthouse_release, client_queries=1)
    for query, accept, status in (
        ("ASK {}", "application/json", 200),
        ("ASK {}", "text/html", 200),
        ("ASK {", "application/json", 400),
        ("ASK {", "text/html", 400),
        ("ASK {}", "image/png", 406),
    ):
        for _ in range(3):
            assert service.get(query, Accept=accept).status_code == status
    slots = Slots("threads", 8, 1)
    slots.take("one")
    with pytest.raises(ClientBusyError):
        slots.take("one")


def test_forwarded_addresses_count_only_from_a_trusted_proxy(lighthouse_release: Path) -> None:
    told = {"X_Forwarded_For": "198.51.100.9, 203.0.113.5, 10.0.0.2", "X_Request_Id": "abc-1"}
    service = Service(lighthouse_release, trusted_proxies=("10.0.0.0/8",))
    assert service.get("ASK {}", "10.0.0.1", **told).headers["X-Request-Id"] == "abc-1"
    assert service.get("ASK { }", "192.0.2.1", **told).headers["X-Request-Id"] != "abc-1"
    assert [client for _, client in service.evaluator.asked] == ["203.0.113.5", "192.0.2.1"]


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8::1]:4711", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("203.0.113.5, 10.0.0.2:99", "203.0.113.5"),
        ("203.0.113.5, unknown", "10.0.0.1"),
    ],
)
def test_a_proxy_may_name_the_port_of_the_client_too(
    lighthouse_release: Path, told: str, client: str
) -> None:
    service = Service(lighthouse_release, trusted_proxies=("10.0.0.0/8",))
    assert service.get("ASK {}", "10.0.0.1", X_Forwarded_For=told).status_code == 200
    assert [asker for _, asker in service.evaluator.asked] == [client]


@pytest.mark.parametrize(
    ("host", "proto", "url"),
    [
        ("graph.example", "https", "https://graph.example/sparql"),
        ("graph.example:8443", "https", "https://graph.example:8443/sparql"),
        ("<b>", "gopher", "http://localhost/sparql"),
    ],
)
def test_the_endpoint_is_described_as_the_client_reached_it(
    lighthouse_release: Path, host: str, proto: str, url: str
) -> None:
    headers = {"X-Forwarded-Host": host, "X-Forwarded-Proto": proto}
    for proxies, expected in ((("127.0.0.1",), url), ((), "http://localhost/sparql")):
        settings = Settings(release_dir=lighthouse_release, trusted_proxies=proxies)
        text = create_app(settings).test_client().get("/sparql", headers=headers).text
        assert f"<{expected}>" in text


def test_ipv6_clients_are_told_apart_by_their_network(service: Service) -> None:
    for address in ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4", "2001:db8:1:3::3", "::ffff:1.2.3.4"):
        service.get(f"ASK {{}} # {address}", address)
    clients = [client for _, client in service.evaluator.asked]
    assert clients == ["2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64", "1.2.3.4"]


def test_every_answer_has_an_id_of_its_own(service: Service) -> None:
    client = service.app.test_client()
    paths = ("/", "/sparql", "/sparql?query=ASK{}", "/sparql?query=ASK", "/nope", "/healthz")
    ids = [client.get(path).headers["X-Request-Id"] for path in (*paths, *paths)]
    assert len(set(ids)) == len(ids)


def test_each_query_leaves_one_line_that_tells_no_query(
    lighthouse_release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service(lighthouse_release, log_queries=True)
    secret = 'SELECT ("confidential" AS ?x) {}'
    ids = [service.get(secret).headers["X-Request-Id"] for _ in range(2)]
    service.get("SELECT ?x { ?x ?y")
    service.get(secret, Accept="text/html")
    service.app.extensions["front"].close()
    text = capsys.readouterr().err
    own = ids[0].partition("-")[0]
    lines = [json.loads(line) for line in text.splitlines() if own in line]
    assert [line["id"] for line in lines[:2]] == ids
    assert [line["lane"] for line in lines] == ["fast", "cache", "none", "cache"]
    assert [line["outcome"] for line in lines] == ["answered", "answered", "refused", "answered"]
    assert [line["status"] for line in lines] == [200, 200, 400, 200]
    assert lines[0]["query"] == lines[1]["query"] != lines[2]["query"]
    assert lines[0]["query"] == blake2b(secret.encode(), digest_size=8).hexdigest()
    assert {"read", "run", "write", "total"} <= set(lines[0]["ms"])
    assert all(line["bytes"] > 0 for line in (lines[0], lines[1], lines[3]))
    assert "confidential" not in text
    assert "127.0.0.1" not in text


class Holder:
    """Holds an environment, as a call of the gateway does."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        environ[LET_GO] = self.let_go

    def let_go(self) -> None:
        """Let go of nothing."""


@pytest.mark.parametrize("query", ["ASK {}", "ASK {", "ASK {} # long"])
def test_a_request_that_is_answered_leaves_nothing_that_has_to_be_collected(
    service: Service, query: str
) -> None:
    front = service.app.extensions["front"]
    held: list[weakref.ref[Holder]] = []

    def ask() -> None:
        data = {"query": query}
        environ = EnvironBuilder("/sparql", method="POST", data=data).get_environ()
        holder = Holder(environ)
        held.append(weakref.ref(holder))
        b"".join(front(environ, lambda status, headers, error=None: None))
        del environ[LET_GO]

    ask()
    gc.disable()
    try:
        ask()
        assert held[-1]() is None
    finally:
        gc.enable()


def test_lines_that_nobody_takes_are_dropped_from_the_oldest_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal()
    monkeypatch.setattr(journal, "_start", lambda: None)
    for number in range(HELD_LINES + 10):
        journal.note(Visit(f"n-{number}", 0.0), 1.0)
    journal.flush()
    ids = [json.loads(line)["id"] for line in capsys.readouterr().err.splitlines()]
    assert (len(ids), ids[0], ids[-1]) == (HELD_LINES, "n-10", f"n-{HELD_LINES + 9}")


def test_a_page_that_is_not_there_or_unchanged_is_not_told_as_answered(
    lighthouse_release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service(lighthouse_release, log_queries=True)
    client, asked = service.app.test_client(), {"query": FEW}
    tag = client.get("/sparql", query_string=asked, headers={"Accept": "text/html"}).headers["ETag"]
    unchanged = {"Accept": "text/html", "If-None-Match": tag}
    assert client.get("/sparql", query_string=asked, headers=unchanged).status_code == 304
    beyond = client.get(
        "/sparql", query_string={**asked, "page": "99"}, headers={"Accept": "text/html"}
    )
    assert beyond.status_code == 404
    service.app.extensions["front"].close()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]
    told = [(line["status"], line["outcome"]) for line in lines]
    assert told == [(200, "answered"), (304, "unchanged"), (404, "refused")]


def test_what_a_visitor_names_beside_the_query_weighs_in_the_cache(
    lighthouse_release: Path,
) -> None:
    service = Service(lighthouse_release)
    names = [f"http://graph.example/{number}/" + "x" * 1900 for number in range(50)]
    for parameter in ("default-graph-uri", "named-graph-uri"):
        before = service.app.extensions["front"].cache.held_bytes
        data = {"query": "ASK {}", parameter: names}
        assert service.app.test_client().post("/sparql", data=data).status_code == 200
        grown = service.app.extensions["front"].cache.held_bytes - before
        assert grown > sum(map(len, names))


@pytest.mark.parametrize("told", ['a"b', "a\\b", "a b", "", "x" * 65])
def test_an_id_that_a_line_could_not_hold_is_not_taken(lighthouse_release: Path, told: str) -> None:
    service = Service(lighthouse_release, trusted_proxies=("127.0.0.1",))
    found = service.get("ASK {}", X_Request_Id=told).headers["X-Request-Id"]
    assert json.loads(to_line(Visit(found, 0.0), 1.0, 0))["id"] == found != told


@given(st.binary(max_size=40), st.binary(max_size=4))
def test_escapes_are_decoded_as_the_standard_library_does(text: bytes, sign: bytes) -> None:
    for raw in (text, text.replace(sign, b"%") if sign else text, b"%".join((text, sign, text))):
        assert decode(raw) == unquote_to_bytes(raw.replace(b"+", b" "))


def test_nothing_long_that_visitors_choose_is_remembered(lighthouse_release: Path) -> None:
    service = Service(lighthouse_release, cache_bytes=0)
    client = service.app.test_client()

    def ask(number: int) -> None:
        long = f"{number:06}" + "x" * 20_000
        given = {"query": "ASK {}", "default-graph-uri": f"https://example.org/{long}"}
        headers = {"Accept": f"*/*, text/{long}", "Accept-Encoding": long}
        assert client.post("/sparql", data=given, headers=headers).status_code == 200

    ask(0)
    tracemalloc.start()
    for number in range(1, 200):
        ask(number)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2_000_000


def test_readiness_follows_the_evaluator_and_life_does_not(service: Service) -> None:
    client = service.app.test_client()
    assert client.get("/healthz").json["status"] == "ok"
    service.evaluator.refusal = RuntimeError()
    for path in ("/healthz", "/healthz/ready"):
        waiting = client.get(path)
        assert (waiting.status_code, waiting.json["status"]) == (503, "not ready")
    assert client.get("/healthz/live").status_code == 200


CHANGING = ("NOW", "rand", "Uuid", "STRUUID", "BNODE")
QUIET_PLACES = (
    "ASK {{ ?s <https://example.org/{0}()> ?o }}",
    "PREFIX {0}: <https://example.org/> ASK {{ ?s {0}:{0} ( 1 2 ) }}",
    "PREFIX e: <https://example.org/> ASK {{ ?s e:k{0}s/e:{0} ( 1 ) }}",
    "ASK {{ ?s ?p '{0}()' }}",
    'ASK {{ ?s ?p """{0} ()"""@en }}',
    "ASK {{ ?s ?p ?o }} # {0}()",
    "ASK {{ ?s ?{0} ( 1 2 ) }}",
    "ASK {{ ?s ?p _:{0} }}",
)
CALLS = (
    "SELECT ({0}() AS ?x) {{}}",
    "SELECT ({0} # why\n ( ) AS ?x) {{}}",
    "SELECT * {{ ?s ?p ?o FILTER{0}() }}",
    "PREFIX e: <https://example.org/> SELECT * {{ ?s ?p e:o.FILTER{0}() }}",
    "SELECT * {{ ?s ?p _:o.FILTER{0}() }}",
    "SELECT * {{ ?s ?p ?o }} ORDER BY{0}()",
    "SELECT * {{ BIND(1+{0}('{0}') AS ?x) }}",
)
same_case = st.sampled_from(CHANGING).flatmap(
    lambda word: st.sampled_from((word, word.upper(), word.lower()))
)


@given(st.sampled_from(QUIET_PLACES), same_case)
def test_a_query_that_only_spells_what_changes_is_repeatable(place: str, word: str) -> None:
    assert is_repeatable(place.format(word))


@given(st.sampled_from(QUIET_PLACES), st.sampled_from(CALLS), same_case, same_case)
def test_a_query_that_calls_what_changes_is_not(
    place: str, call: str, spelled: str, called: str
) -> None:
    assert not is_repeatable(call.format(called))
    assert not is_repeatable(f"{place.format(spelled)}\n{call.format(called)}")
