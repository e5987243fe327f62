"""The lanes: what a web process is told, whatever becomes of the worker that was asked."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

import pytest
from listening import Listener
from running_service import default_limits, endless_query, evaluating, small_query
from small_release import write_small_release

from kg.errors import QueryError
from kg.release import open_release
from kg.store import QueryResult
from server.evaluation import slices, system
from server.evaluation.answers import (
    Evaluated,
    FederationError,
    InProcess,
    Lane,
    QueryRequest,
    Stages,
)
from server.evaluation.channel import Channel, EndedError, Reply
from server.evaluation.control import Control
from server.evaluation.express import Begun
from server.evaluation.frames import INLINE
from server.evaluation.generation import Generation
from server.evaluation.lanes import EvaluationError, Lanes
from server.evaluation.spool import (
    INLINE_BYTES,
    NoRoomError,
    Spool,
    UnwritableError,
    drop_unused_prefixes,
)
from server.evaluation.system import children
from server.evaluation.tally import Tally
from server.evaluation.worker import Data, Post, Worker
from server.limits import (
    BusyError,
    ClientBusyError,
    MemoryLimitError,
    ResultLimitError,
    TimeLimitError,
)
from server.refusals import to_problem

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the processes from /proc")

WIDE = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }"
LIMITS = default_limits(
    query_time_slow_ms=2000,
    query_memory_bytes=150_000_000,
    result_bytes=1_500_000,
    query_depth=1_000_000,
    fast_workers=2,
    slow_workers=2,
    queue_wait_ms=3000,
    client_queries=4,
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of 300 triples, one of them with a character that XML cannot hold."""
    rows = " , ".join(str(number) for number in range(299))
    text = f'<id/thing/a> <id/thing/counts> {rows} ; <id/thing/bell> "\\u0007" .'
    return write_small_release(tmp_path_factory.mktemp("lanes") / "release", text)


@pytest.fixture(scope="module")
def generation(release: Path) -> Iterator[Generation]:
    """An evaluator at work."""
    with evaluating(release, LIMITS) as made:
        yield made


@pytest.fixture
def lanes(generation: Generation) -> Iterator[Lanes]:
    """A web process's way to the workers."""
    made = Lanes(generation.addresses, LIMITS, generation.version)
    yield made
    made.close()


def ask(lanes: Lanes, query: str, format: str = "json", client: str = "me") -> Evaluated:
    """Ask as a client."""
    return lanes.evaluate(QueryRequest(query, format), client)


def workers() -> list[int]:
    """The workers of the evaluator that this process started."""
    found = []
    for pid in children(os.getpid()):
        if b"server.evaluation.evaluator" in Path(f"/proc/{pid}/cmdline").read_bytes():
            for foreman in children(pid):
                found += children(foreman)
    return found


@pytest.mark.parametrize(
    ("query", "format"),
    [
        ("SELECT ?o { ?s ?p ?o FILTER(ISNUMERIC(?o)) } ORDER BY ?o LIMIT 9", "json"),
        ("SELECT ?o { ?s ?p ?o FILTER(ISNUMERIC(?o)) } ORDER BY ?o LIMIT 9", "csv"),
        ("ASK { ?s ?p 5 }", "xml"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o = 7) }", "ttl"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o = 7) }", "rdf"),
        ("SELECT ?x { BIND(1/0 AS ?x) }", "tsv"),
    ],
)
def test_answer_is_the_same_as_in_this_process(
    lanes: Lanes, release: Path, query: str, format: str
) -> None:
    opened = open_release(release)
    here = InProcess(opened.open_store(), LIMITS, opened.manifest.prefixes, opened.manifest.version)
    there = ask(lanes, query, format)
    assert there.read() == here.evaluate(QueryRequest(query, format), "me").read()
    assert there.version == opened.manifest.version
    assert there.lane == "fast"
    assert all(spent > 0 for spent in there.stages)


def test_graphs_of_the_request_replace_those_of_the_query(lanes: Lanes) -> None:
    request = QueryRequest("ASK { ?s ?p ?o }", "json", ("https://example.org/none",))
    assert json.loads(lanes.evaluate(request, "me").read())["boolean"] is False


def test_large_result_comes_as_a_file_of_its_length(lanes: Lanes) -> None:
    found = ask(lanes, f"{WIDE} LIMIT 2000")
    assert not isinstance(found.body, bytes)
    body = found.read()
    assert len(body) == found.length > INLINE_BYTES
    assert len(json.loads(body)["results"]["bindings"]) == 2000


def test_large_turtle_result_is_the_same_as_a_small_one_would_be(lanes: Lanes) -> None:
    rest = "CONSTRUCT { ?s ?p ?n } WHERE { ?s ?p ?o BIND(CONCAT(STR(?o), %s) AS ?n) }"
    body = ask(lanes, rest % ("'" + "x" * 2000 + "'"), "ttl").read()
    assert len(body) > INLINE_BYTES
    assert body.startswith(b"@prefix ex: ")
    assert drop_unused_prefixes(body) == body


def test_syntax_error_keeps_its_place(lanes: Lanes) -> None:
    with pytest.raises(QueryError) as caught:
        ask(lanes, "SELECT *\nWHERE { ?s ?p }")
    assert caught.value.line == 2


def test_character_that_xml_cannot_hold_is_refused(lanes: Lanes) -> None:
    with pytest.raises(UnwritableError, match="take JSON"):
        ask(lanes, "SELECT * { ?s <https://example.org/small/id/thing/bell> ?o }", "xml")


def test_kept_error_keeps_no_result(release: Path) -> None:
    opened = open_release(release)
    here = InProcess(opened.open_store(), LIMITS, {}, opened.manifest.version)
    query = "CONSTRUCT { ?s <http://x/1:> ?o } { { SELECT * { ?s ?p ?o } ORDER BY ?o } }"
    with pytest.raises(UnwritableError) as caught:
        here.evaluate(QueryRequest(query, "rdf"), "me")
    assert not [held for held in gc.get_objects() if type(held) is QueryResult]
    assert "x/1:" in caught.value.message


def test_result_over_the_limit_names_it(lanes: Lanes) -> None:
    with pytest.raises(ResultLimitError) as caught:
        ask(lanes, WIDE)
    assert (caught.value.limit_name, caught.value.value) == ("result_bytes", 1_500_000)


def test_endless_query_takes_the_fast_lane_once_only(lanes: Lanes) -> None:
    query = endless_query()
    for least in (2.25, 2.0):
        began = time.monotonic()
        with pytest.raises(TimeLimitError) as caught:
            ask(lanes, query)
        assert least <= time.monotonic() - began < least + 3
        assert (caught.value.limit_name, caught.value.value) == ("query_time_slow_ms", 2000)
        assert caught.value.status == 504


@pytest.mark.parametrize(("workers", "processes"), [(2, 1), (4, 2)])
def test_clients_that_overran_leave_half_of_the_fast_lane_to_others(
    generation: Generation, workers: int, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(LIMITS, fast_workers=workers)
    lanes = Lanes(generation.addresses, limits, generation.version, processes=processes)
    going, entered = threading.Event(), threading.Semaphore(0)
    inside: list[int] = []

    def hold(payload: bytes, limit: Callable[[], int], place: int) -> Reply:
        inside.append(limit())
        entered.release()
        assert going.wait(10)
        return Reply(INLINE, Stages(0.0, 0.0, 0.0), 0, b"", False)

    monkeypatch.setattr(lanes._fast, "ask", hold)
    clients = ["first", "second", "another"]
    for client in clients[:2]:
        lanes._slices.note_overrun(client, was_whole=True)
    threads = []
    for client in clients:
        threads.append(threading.Thread(target=ask, args=(lanes, small_query(), "json", client)))
        threads[-1].start()
    assert entered.acquire(timeout=10) and entered.acquire(timeout=10)
    assert sorted(inside) == [25, 125]
    going.set()
    for thread in threads:
        thread.join()
    assert sorted(inside) == [25, 125, 125]
    lanes.close()


def test_query_that_overran_a_short_slice_is_answered_once_a_whole_one_is_free(
    generation: Generation,
) -> None:
    limits = replace(LIMITS, query_time_fast_ms=1900)
    with closing(Lanes(generation.addresses, limits, generation.version)) as lanes:
        assert lanes._slices.take_whole()
        found: list[Evaluated] = []
        long = ", ".join(["STR(?c), STR(?f)"] * 20)  # ten short slices, and no whole one
        pairs = f"?a ?b ?c . ?d ?e ?f FILTER(STRLEN(CONCAT({long})) > 0)"
        query = f"SELECT (COUNT(*) AS ?n) {{ {pairs} }}"
        asking = threading.Thread(target=lambda: found.append(ask(lanes, query)))
        asking.start()
        until = time.monotonic() + 10
        while not lanes._slices.is_held_back("me"):
            assert time.monotonic() < until, "the query never overran its slice"
            time.sleep(0.01)
        assert found == []
        lanes._slices.give_back()
        asking.join()
        assert json.loads(found[0].read())["results"]["bindings"][0]["n"]["value"] == "90000"
        assert found[0].lane == "fast"


@pytest.mark.parametrize(("lane", "processor", "clock"), [("fast", 10, 20), ("slow", 0, 10)])
def test_processor_time_is_what_counts_in_the_fast_lane(
    release: Path, lane: Lane, processor: float, clock: float
) -> None:
    post = Post(lane, socket.socket(), mmap.mmap(-1, 100), 0)
    worker = Worker(post, Data(open_release(release).open_store(), {}, 0), LIMITS)
    worker._set_timers(10)
    left = [signal.getitimer(which)[0] for which in (signal.ITIMER_PROF, signal.ITIMER_REAL)]
    worker._set_timers(0)
    post.ear.close()
    assert left == pytest.approx([processor, clock], abs=1)
    assert signal.getitimer(signal.ITIMER_PROF) == signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_crash_of_the_engine_is_told_from_a_kill(lanes: Lanes) -> None:
    with pytest.raises(MemoryLimitError) as caught:
        ask(lanes, "SELECT ?x { BIND(" + "(" * 5000 + "1" + ")" * 5000 + " AS ?x) }")
    assert (caught.value.limit_name, caught.value.status) == ("query_memory_bytes", 507)


def test_panic_of_the_engine_is_a_fault_of_ours_with_its_words(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(payload: bytes, limit: Callable[[], int], place: int) -> None:
        raise EndedError(-signal.SIGABRT, "thread '<unnamed>' panicked at sort.rs: no total order")

    monkeypatch.setattr(lanes._fast, "ask", panic)
    with pytest.raises(EvaluationError, match="no total order"):
        ask(lanes, small_query())


def test_idle_workers_that_were_killed_cost_no_request(lanes: Lanes) -> None:
    for _ in range(4):
        ask(lanes, small_query())
        for pid in workers():
            os.kill(pid, signal.SIGKILL)
        assert ask(lanes, small_query()).length > 0


def test_query_killed_twice_is_refused(lanes: Lanes) -> None:
    stop = threading.Event()

    def massacre() -> None:
        while not stop.is_set():
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)

    killer = threading.Thread(target=massacre)
    killer.start()
    try:
        with pytest.raises((MemoryLimitError, BusyError)):
            ask(lanes, endless_query())
    finally:
        stop.set()
        killer.join()


def test_client_has_so_many_queries_in_hand_and_no_more(lanes: Lanes) -> None:
    refused: list[ClientBusyError] = []

    def work() -> None:
        try:
            ask(lanes, endless_query(), client="greedy")
        except ClientBusyError as error:
            refused.append(error)
        except (TimeLimitError, BusyError):
            pass

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert ask(lanes, small_query(), client="modest").length > 0
    for thread in threads:
        thread.join()
    named = [error for error in refused if error.limit_name == "client_queries"]
    assert len(named) == 2
    assert (named[0].value, named[0].status, named[0].retry_after_s) == (4, 429, 1)


def test_one_client_never_holds_every_worker_of_the_slow_lane(lanes: Lanes) -> None:
    threads = []
    for _ in range(3):
        thread = threading.Thread(target=_ignore_limits, args=(lanes, endless_query(), "greedy"))
        thread.start()
        threads.append(thread)
    busy = []
    while any(thread.is_alive() for thread in threads):
        busy.append(lanes.status()["busy"]["slow"])
        time.sleep(0.02)
    assert max(busy) == LIMITS.client_slow_queries == 1


def _ignore_limits(lanes: Lanes, query: str, client: str) -> None:
    with suppress(TimeLimitError, BusyError, ClientBusyError):
        ask(lanes, query, client=client)


def test_full_queue_is_refused_at_once(generation: Generation) -> None:
    tight = replace(LIMITS, queue_length=1, client_queries=50)
    lanes = Lanes(generation.addresses, tight, generation.version)
    refused: list[BusyError] = []

    def work(client: str) -> None:
        try:
            ask(lanes, endless_query(), client=client)
        except BusyError as error:
            refused.append(error)
        except TimeLimitError:
            pass

    threads = [threading.Thread(target=work, args=(f"c{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lanes.close()
    assert "queue_length" in {error.limit_name for error in refused}
    assert {error.status for error in refused} == {503}


def test_service_without_workers_answers_busy_in_time() -> None:
    from server.evaluation.frames import Addresses

    nowhere = Addresses("\0none-1", "\0none-2", "\0none-3", "\0none-4")
    lanes = Lanes(nowhere, replace(LIMITS, queue_wait_ms=200), "")
    began = time.monotonic()
    with pytest.raises(BusyError):
        ask(lanes, small_query())
    assert time.monotonic() - began < 1
    assert lanes.status()["ready"] == 0


def test_status_tells_of_the_workers(lanes: Lanes, generation: Generation) -> None:
    until = time.monotonic() + 3
    while lanes.status()["workers"] != {"fast": 2, "slow": 2} and time.monotonic() < until:
        time.sleep(0.02)
    found = lanes.status()
    assert found["ready"] == 1
    assert found["workers"] == {"fast": 2, "slow": 2}
    assert found["release"] == generation.version


class _FarEndpoint(BaseHTTPRequestHandler):
    """Answers every query with one row."""

    def do_GET(self) -> None:
        """Answer."""
        rows = [{"far": {"type": "literal", "value": "from far away"}}]
        body = json.dumps({"head": {"vars": ["far"]}, "results": {"bindings": rows}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *given: object) -> None:
        """Say nothing."""


class _RedirectingEndpoint(_FarEndpoint):
    """Sends every query on to another address."""

    status, target = 302, ""

    def do_GET(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Location", self.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815


class _BrokenEndpoint(_FarEndpoint):
    """Answers every query with media type and bytes of one's choice, and a length for them."""

    answer = ("", b"", 0)

    def do_GET(self) -> None:
        """Answer."""
        kind, body, length = self.answer
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815


class _SilentEndpoint(_FarEndpoint):
    """Takes every query and says nothing until it is told to end."""

    ended = threading.Event()

    def do_GET(self) -> None:
        """Wait."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.ended.wait(30)

    do_POST = do_GET  # noqa: N815


@contextmanager
def listening_to(kind: type[_FarEndpoint]) -> Iterator[str]:
    """Run an endpoint on the loopback; gives its address."""
    far = HTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=far.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{far.server_port}/sparql"
    far.shutdown()
    far.server_close()


@contextmanager
def allowing(release: Path, iri: str, time_ms: int = 10_000) -> Iterator[Lanes]:
    """Run an evaluator that may call one endpoint."""
    limits = replace(LIMITS, allow_service=(iri,), federated_workers=1, federated_time_ms=time_ms)
    with (
        evaluating(release, limits) as generation,
        closing(Lanes(generation.addresses, limits, generation.version)) as lanes,
    ):
        yield lanes


def test_allowed_service_is_called_from_a_lane_of_its_own(release: Path) -> None:
    with listening_to(_FarEndpoint) as iri, allowing(release, iri) as lanes:
        found = ask(lanes, f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p ?far }} }}")
        assert found.lane == "federated"
        assert b"from far away" in found.read()
        with pytest.raises(QueryError):
            ask(lanes, "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?far } }")


def test_an_endpoint_that_says_nothing_is_given_up_at_the_limit_of_its_lane(release: Path) -> None:
    with listening_to(_SilentEndpoint) as iri, allowing(release, iri, 700) as lanes:
        with pytest.raises(TimeLimitError) as caught:
            ask(lanes, f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p ?far }} }}")
        _SilentEndpoint.ended.set()
        assert (caught.value.limit_name, caught.value.value) == ("federated_time_ms", 700)
        assert ask(lanes, small_query()).lane == "fast"


def test_queries_with_service_leave_half_of_the_places_for_long_ones(release: Path) -> None:
    limits = replace(LIMITS, allow_service=("http://127.0.0.1:1/",), long_queries=3)
    far = "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?far } }"
    with (
        evaluating(release, limits) as generation,
        closing(Lanes(generation.addresses, limits, generation.version)) as lanes,
        lanes._long.take("a"),
    ):
        with pytest.raises(FederationError):
            ask(lanes, far)
        with lanes._long.take("b"):
            with pytest.raises(BusyError) as caught:
                ask(lanes, far)
            assert caught.value.limit_name == "long_queries"
            with pytest.raises(TimeLimitError):
                ask(lanes, endless_query())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_of_an_allowed_service_is_never_followed(
    release: Path, listener: Listener, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_RedirectingEndpoint, "status", status)
    monkeypatch.setattr(_RedirectingEndpoint, "target", listener.url)
    with listening_to(_RedirectingEndpoint) as iri, allowing(release, iri) as lanes:
        with pytest.raises(FederationError) as caught:
            ask(lanes, f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p ?far }} }}")
        found = ask(lanes, f"SELECT * {{ SERVICE SILENT <{iri}> {{ ?s ?p ?far }} }}")
        assert found.lane == "federated"
    problem = to_problem(caught.value)
    assert (problem.status, problem.kind) == (502, "far-endpoint")
    assert listener.knocks == 0


@pytest.mark.parametrize(
    ("kind", "body", "length"),
    [
        ("application/sparql-results+json", b'{"head":{', 9),
        ("application/sparql-results+json", b'{"head":{"vars":["s"]},"results":{"bindings":[', 999),
        ("application/sparql-results+json", b"", 0),
        ("application/sparql-results+json", b'{"head":{},"boolean":true}', 26),
        ("application/sparql-results+xml", b"<a><b", 5),
        ("text/html", b"<p>no</p>", 9),
    ],
    ids=["broken", "short", "empty", "no rows", "no results", "a page"],
)
def test_an_endpoint_that_answers_amiss_is_not_taken_for_a_fault_of_the_query(
    release: Path, monkeypatch: pytest.MonkeyPatch, kind: str, body: bytes, length: int
) -> None:
    monkeypatch.setattr(_BrokenEndpoint, "answer", (kind, body, length))
    with listening_to(_BrokenEndpoint) as iri, allowing(release, iri) as lanes:
        with pytest.raises(FederationError) as caught:
            ask(lanes, f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p ?far }} }}")
        assert to_problem(caught.value).status == 502
        for query in (f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p }} }}", f"ASK {{ SERVICE <{iri}> {{"):
            with pytest.raises(QueryError):
                ask(lanes, query)
        with pytest.raises(QueryError, match="custom function"):
            ask(
                lanes, f"SELECT (<urn:f>(1) AS ?x) {{ OPTIONAL {{ SERVICE SILENT <{iri}> {{}} }} }}"
            )


def test_who_falls_together_with_another_in_one_tally_does_not_in_the_next() -> None:
    first, second = Tally(), Tally()
    met: dict[int, str] = {}
    pairs = []
    for number in range(1000, 9999):
        client = f"192.0.2.1:{number}"  # of one length: a checksum would have them meet in both
        other = met.setdefault(first.place(client), client)
        if other != client:
            pairs.append((client, other))
    assert len(pairs) > 100
    again = [pair for pair in pairs if len(set(map(second.place, pair))) == 1]
    assert len(again) < 10


def test_so_many_slow_queries_are_remembered_and_no_more(generation: Generation) -> None:
    with closing(Lanes(generation.addresses, LIMITS, generation.version)) as lanes:
        for number in range(4196):
            lanes._remember(b"%d" % number)
        known = [lanes._is_known_as_slow(b"%d" % number) for number in (0, 99, 100, 4195)]
    assert known == [False, False, True, True]


def test_a_query_too_long_for_a_worker_that_never_comes_is_told_that_all_are_busy() -> None:
    address = f"\0{os.urandom(8).hex()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ear:
        ear.bind(address)
        ear.listen()
        channel = Channel("slow", address, 1, cast(Control, None), 8, 50)
        with pytest.raises(BusyError) as caught:
            channel.ask(b"x" * 4_000_000, lambda: 1000, 0)
        channel.close()
    assert caught.value.limit_name == "queue_wait_ms"


def test_tally_counts_over_columns_and_forgets_one_that_ended() -> None:
    tally = Tally()
    place = tally.place("me")
    assert tally.take(place, 0, 2)
    assert tally.take(place, 1, 2)
    assert not tally.take(place, 1, 2)
    tally.clear(0)
    assert tally.take(place, 1, 2)
    tally.give_back(place, 1)
    assert tally.take(place, 0, 2)


def test_processes_know_of_each_other_whose_last_query_was_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tally = Tally()
    mine, other = tally.place("me"), tally.place("another")
    pid = os.fork()
    if pid == 0:
        tally.note_quick(mine)
        os._exit(0)
    os.waitpid(pid, 0)
    assert (tally.is_quick(mine), tally.is_quick(other)) == (True, False)
    tally.note_quick(other)
    tally.note_slow(mine)
    assert (tally.is_quick(mine), tally.is_quick(other)) == (False, True)
    later = time.monotonic() + 601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not tally.is_quick(other)


def test_query_that_is_let_go_of_counts_no_more_and_keeps_no_file(generation: Generation) -> None:
    limits = replace(LIMITS, client_queries=1)
    large = QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 1000", "json")

    async def let_go(lanes: Lanes) -> list[bool]:
        lanes.attach(asyncio.get_running_loop())
        noted = []
        for _ in range(2):
            begun: asyncio.Future[Begun] = asyncio.get_running_loop().create_future()
            noted.append(lanes.begin(large, "me", begun.set_result))
            noted.append(lanes.begin(large, "me", begun.set_result))
            found = await asyncio.wait_for(begun, 10)
            assert lanes.collect(found) is None
            assert found.reply is not None and not isinstance(found.reply.body, bytes)
            lanes.drop(found)
            noted.append(found.reply.body.closed)
        return noted

    made = Lanes(generation.addresses, limits, generation.version)
    with closing(made) as lanes, ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, let_go(lanes)).result() == [True, False, True] * 2


def test_query_that_overruns_says_so_is_noted_and_goes_to_the_slow_lane_at_once_the_next_time(
    generation: Generation,
) -> None:
    told: list[int] = []

    def evaluate(query: str) -> int:
        """Ask, and count how often it was told that it takes long, and has overrun."""
        told.clear()
        with suppress(TimeLimitError):
            lanes.evaluate(QueryRequest(query, "json"), "me", lambda: told.append(1))
        return len(told)

    with closing(Lanes(generation.addresses, LIMITS, generation.version)) as lanes:
        assert (evaluate(small_query()), lanes._slices.count_overruns("me")) == (0, 0)
        one, another = endless_query(), endless_query()
        for query, overruns in ((one, 1), (another, 2), (one, 2), (another, 2)):
            assert (evaluate(query), lanes._slices.count_overruns("me")) == (1, overruns)


def test_client_who_finds_no_place_for_a_long_query_may_soon_ask_short_ones_again(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "_REFUSED_S", 1.0)
    limits = replace(LIMITS, long_queries=1)
    made = Lanes(generation.addresses, limits, generation.version)
    with closing(made) as lanes, lanes._long.take("another"):
        while lanes._slices.take_whole():
            pass
        for query in (endless_query(), small_query()):
            with pytest.raises(BusyError) as caught:
                ask(lanes, query)
            assert caught.value.limit_name == "long_queries"
        time.sleep(1.1)
        assert ask(lanes, small_query()).lane == "fast"


def test_who_overran_again_and_again_leaves_places_for_long_queries_to_others(
    generation: Generation,
) -> None:
    limits = replace(LIMITS, long_queries=20)
    with closing(Lanes(generation.addresses, limits, generation.version)) as lanes:
        left = [lanes._count_left_to_others("slow")]
        for _ in range(6):
            lanes._slices.note_overrun("slow", was_whole=True)
            left.append(lanes._count_left_to_others("slow"))
        lanes._slices.note_overrun("another", was_whole=False)
        assert left == [0, 2, 4, 6, 8, 8, 8]
        assert lanes._count_left_to_others("another") == 0


def test_lane_notes_whose_query_was_quick_and_whose_was_not(generation: Generation) -> None:
    tally = Tally()
    me = tally.place("me")

    async def begin(lanes: Lanes) -> Evaluated | None:
        lanes.attach(asyncio.get_running_loop())
        begun: asyncio.Future[Begun] = asyncio.get_running_loop().create_future()
        assert lanes.begin(QueryRequest(small_query(), "json"), "me", begun.set_result)
        return lanes.collect(await asyncio.wait_for(begun, 10))

    with closing(Lanes(generation.addresses, LIMITS, generation.version, tally)) as lanes:
        assert not tally.is_quick(me)
        with ThreadPoolExecutor(1) as thread:  # in this one a browser may have its loop
            assert thread.submit(asyncio.run, begin(lanes)).result() is not None
        assert tally.is_quick(me)
        with pytest.raises(TimeLimitError):
            ask(lanes, endless_query())
        assert not tally.is_quick(me)


@pytest.mark.parametrize(
    ("number", "is_refused"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EROFS, False)]
)
def test_large_result_goes_into_memory_only_where_the_folder_has_no_such_files(
    monkeypatch: pytest.MonkeyPatch, number: int, is_refused: bool
) -> None:
    def fail(*given: object) -> int:
        raise OSError(number, "")

    monkeypatch.setattr(os, "open", fail)
    spool = Spool(limit=1_000_000)
    if is_refused:
        with pytest.raises(NoRoomError):
            spool.write(b"x" * 500_000)
    else:
        spool.write(b"x" * 500_000)
    monkeypatch.undo()
    assert (spool.file is None) == is_refused
    spool.close()


def test_spool_refuses_what_is_too_large_before_it_is_written() -> None:
    spool = Spool(limit=300_000)
    spool.write(b"x" * 200_000)
    with pytest.raises(ResultLimitError):
        spool.write(b"x" * 200_000)
    spool.close()


def test_threads_take_memory_from_one_heap() -> None:
    grown = subprocess.run(
        [sys.executable, "-c", _FILL_HEAPS], capture_output=True, text=True, check=True
    )
    assert int(grown.stdout) < 50_000_000


def test_large_blocks_go_back_to_the_system_when_they_are_freed() -> None:
    grown = subprocess.run(
        [sys.executable, "-c", _FREE_LARGE], capture_output=True, text=True, check=True
    )
    assert int(grown.stdout) < 20_000_000


_FREE_LARGE = """
from server.evaluation import system

system.keep_one_heap()
bytes(2_000_000)  # from then on the heap would take blocks of that size
before = system.virtual_bytes()
blocks = [(bytes(1_000_000), bytes(50_000)) for _ in range(100)]
small = [few for _, few in blocks]
del blocks
print(system.virtual_bytes() - before)
"""


_FILL_HEAPS = """
import threading
from server.evaluation import system

system.keep_one_heap()
threading.stack_size(1 << 18)
before = system.virtual_bytes()
everybody = threading.Barrier(9)
kept = []

def work():
    kept.append(bytes(100_000))
    everybody.wait()

for _ in range(8):
    threading.Thread(target=work).start()
everybody.wait()
print(system.virtual_bytes() - before)
"""
"""Another heap takes 64 MB of address space at once."""


def test_process_without_calls_reaches_nothing(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(_count_doors(tmp_path))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _count_doors(folder: Path) -> int:
    """Count the ways out that are still open once the doors are shut."""
    system.leave_network()
    if not system.forbid_calls():
        return 99
    attempts = (
        lambda: socket.socket(),
        lambda: os.fork(),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.mkdir(folder / "made"),
        lambda: os.kill(os.getppid(), 0),
        lambda: os.rename(folder, folder.with_name("moved")),
    )
    opened = 0
    for attempt in attempts:
        try:
            attempt()
            opened += 1
        except PermissionError:
            continue
    return opened
