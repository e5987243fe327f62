"""Large results on their way to visitors who read slowly, and queries that take long."""

import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode

import pytest
from running_service import Reply, Service, endless_query, running, small_query

MB = 1_000_000
ROW = "0123456789" * 200


def large(rows: int) -> str:
    """A path that asks for a result of some 2 kB a row."""
    query = f'SELECT ("{ROW}" AS ?x) {{ ?s ?p ?o . ?a ?b ?c }} LIMIT {rows}'
    return "/sparql?" + urlencode({"query": query, "format": "json"})


def begin(service: Service, held: ExitStack, rows: int, source: str) -> HTTPResponse:
    """Ask for a large result, and read nothing of it yet."""
    conn = held.enter_context(closing(service.connect(source=source)))
    conn.request("GET", large(rows))
    return conn.getresponse()


def test_results_that_nobody_reads_take_no_place_of_a_query(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    narrow = {"workers": 1, "threads": 2, "page_threads": 1, "client_queries": 1}
    with running(lighthouse_release, tmp_path / "temp", **narrow) as service, ExitStack() as held:
        answers = [begin(service, held, 3000, "127.0.0.2") for _ in range(4)]
        assert [answer.status for answer in answers] == [200] * 4
        for source in ("127.0.0.2", "127.0.0.3"):
            assert service.ask(small_query(), source=source).status == 200
            assert service.post(small_query(), source).status == 200
        for answer in answers:
            assert len(json.load(answer)["results"]["bindings"]) == 3000


def test_a_result_without_room_is_refused_and_told_in_the_log_and_the_counts(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    room = {"workers": 1, "result_bytes": 9 * MB, "stream_bytes": 10 * MB, "log_queries": True}
    with running(lighthouse_release, tmp_path / "temp", **room) as service, ExitStack() as held:
        one = begin(service, held, 4000, "127.0.0.2")
        refused = begin(service, held, 4001, "127.0.0.2")
        number, problem = refused.headers["X-Request-Id"], json.load(refused)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert (problem["limit"], problem["limit_value"]) == ("stream_bytes", 10 * MB)
        conn = held.enter_context(closing(service.connect(source="127.0.0.2")))
        conn.request("HEAD", large(4000))
        assert conn.getresponse().status == 200
        metrics = service.get("/metrics").body
        assert len(json.load(one)["results"]["bindings"]) == 4000
        assert service.get(large(4000), source="127.0.0.2").status == 200
        service.process.terminate()
        _, said = service.process.communicate(timeout=10)
    assert b'kg_queries_total{form="SELECT",outcome="busy"} 1.0' in metrics
    lines = {line["id"]: line for line in map(json.loads, re.findall(rb"(?m)^{.*$", said))}
    told = [lines[number][name] for name in ("outcome", "status", "limit", "bytes")]
    assert told == ["busy", 503, "stream_bytes", 0]


def test_a_full_disk_is_no_fault_of_ours_nor_felt_by_small_results(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    """Files may have 1 MB only, which the kernel says as it says that a disk is full."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))"
    alone = {"workers": 1, "log_queries": True}
    with running(lighthouse_release, tmp_path / "temp", full, **alone) as service:
        worker = service.pids("worker")
        refused = service.get(large(4000))
        assert (refused.status, refused.headers["retry-after"]) == (507, "60")
        assert str(refused.problem["type"]).endswith("problems#no-room")
        assert service.get(large(300)).status == 200
        assert service.ask(small_query()).status == 200
        assert service.pids("worker") == worker
        service.process.terminate()
        _, said = service.process.communicate(timeout=10)
    assert f"no room for a large result in {tmp_path}".encode() in said
    assert b"Traceback" not in said


def test_a_result_that_leaves_no_memory_to_read_it_again_is_told_as_that(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    narrow = {"workers": 1, "query_memory_bytes": 50 * MB}
    with running(lighthouse_release, tmp_path / "temp", **narrow) as service:
        refused = service.get(large(28_000))
        assert (refused.status, refused.problem["limit"]) == (507, "query_memory_bytes")
        assert service.get(large(300)).status == 200


@pytest.mark.parametrize("method", ["ask", "post"])
def test_queries_that_take_long_never_keep_out_those_that_do_not(
    lighthouse_release: Path, tmp_path: Path, method: str
) -> None:
    narrow = {"workers": 1, "long_queries": 2, "threads": 4, "page_threads": 1}
    with running(lighthouse_release, tmp_path / "temp", **narrow) as service:

        def take_long(at: int) -> Reply:
            source = f"127.0.0.{at}"
            if method == "post":
                return service.post(endless_query(), source)
            return service.ask(endless_query(), source=source)

        with ThreadPoolExecutor(3) as visitors:
            asked = [visitors.submit(take_long, at) for at in (2, 3, 4)]
            refused = next(as_completed(asked)).result()
            assert (refused.status, refused.problem["limit"]) == (503, "long_queries")
            for source in ("127.0.0.5", "127.0.0.6"):
                assert service.ask(small_query(), source=source).status == 200
            assert service.post(small_query(), "127.0.0.5").status == 200
            assert not all(one.done() for one in asked)
        assert sorted(one.result().status for one in asked) == [503, 504, 504]
        assert take_long(7).status == 504


def test_a_result_that_is_read_slowly_outlives_its_release_until_the_next_but_one(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    brief = {"workers": 1, "query_time_slow_ms": 1500, "federated_time_ms": 1500}
    with running(lighthouse_release, tmp_path / "temp", **brief) as service, ExitStack() as held:
        old = set(service.pids("web"))
        answers = [begin(service, held, 4000, "127.0.0.2") for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200]
        asked = held.enter_context(closing(service.connect()))
        asked.putrequest("POST", "/sparql")
        asked.putheader("Content-Length", "10")
        asked.endheaders()

        def take_up() -> None:
            service.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + 20
            while set(service.pids("web")) <= old and time.monotonic() < until:
                time.sleep(0.02)

        take_up()
        assert asked.sock.recv(1) == b""  # what is no stream is given up after 3.5 s
        assert len(json.load(answers[0])["results"]["bindings"]) == 4000
        assert old <= set(service.pids("web"))
        take_up()
        with pytest.raises((IncompleteRead, ConnectionResetError)):
            answers[1].read()
        until = time.monotonic() + 20
        while old & set(service.pids("web")) and time.monotonic() < until:
            time.sleep(0.02)
        assert not old & set(service.pids("web"))
        assert service.ask(small_query()).status == 200
