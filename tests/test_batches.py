"""Many queries sent to a worker together: a real one, and those of a whole service."""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from leash import leashed
from running_service import (
    Reply,
    Service,
    default_limits,
    endless_query,
    get_over,
    kill,
    running,
    to_path,
)
from scripted_worker import listen, read_body, wait_until_read
from small_release import write_small_release

from server.evaluation import channel
from server.evaluation.answers import QueryRequest
from server.evaluation.frames import FILE, INLINE, LEFT, REFUSED, REQUEST, SLOT, Setup, to_payload

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the workers' sockets are Linux's")

ROOT = Path(__file__).resolve().parent.parent
# Takes some tenths of a second; the answer, the largest text, is 9999.
LONG = """SELECT (MAX(CONCAT(STR(?o), STR(?v))) AS ?n)
{ VALUES ?x { 1 2 3 4 5 6 7 8 } ?s ?p ?o . ?t ?q ?v }"""
LARGE = "SELECT * { ?s ?p ?o . ?t ?q ?v } LIMIT 4000"
BROKEN = "SELECT * { ?s ?p }"
_NUMBERS = count(1)
_WORK = """
import mmap, socket, sys, tempfile
from pathlib import Path
from kg.release import open_release
from server.evaluation.frames import Setup
from server.evaluation.worker import Data, Post, Worker
setup = Setup.from_line(sys.argv[1])
release = open_release(Path(setup.release_dir))
slots = mmap.mmap(int(sys.argv[2]), 0)
post = Post("fast", socket.socket(fileno=setup.ears["fast"]), slots, 0)
tempfile.gettempdir()  # finds out by writing and deleting, which workers may not
Worker(post, Data(release.open_store(), release.manifest.prefixes, 0), setup.limits).run()
"""


def numbered(number: int) -> str:
    """A query whose answer is one number."""
    return f"SELECT ({number} AS ?n) {{}}"


def number_in(body: bytes) -> int:
    """The number that is the answer to `numbered`."""
    (row,) = json.loads(body)["results"]["bindings"]
    return int(row["n"]["value"])


class Employed:
    """A real worker in a process of its own, and its slot as its foreman would see it."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, slot: mmap.mmap) -> None:
        self.process = process
        self._address = address
        self._slot = slot
        self._names: list[bytes] = []

    def call(self) -> socket.socket:
        """Open a line."""
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(20)
        line.connect(self._address)
        return line

    def write(self, *queries: str) -> bytes:
        """Write queries as one message."""
        self._names = [at.to_bytes(16) for at in range(1, len(queries) + 1)]
        message, now = b"", time.monotonic()
        for name, query in zip(self._names, queries, strict=True):
            payload = to_payload(QueryRequest(query, "json"))
            message += REQUEST.pack(name, now, now + 60, 20, len(payload)) + payload
        return message

    def wait_for_slot(self, at: int) -> None:
        """Wait until the worker has begun one of the queries written last."""
        until = time.monotonic() + 10
        while SLOT.unpack_from(self._slot)[0] != self._names[at]:
            assert time.monotonic() < until, f"query {at} is not begun"
            time.sleep(0.0005)


@contextmanager
def employing(release: Path, **limits: int) -> Iterator[Employed]:
    """Start a worker of the fast lane, and see to it that it ends."""
    ear, address = listen()
    file = os.memfd_create("slot")
    os.ftruncate(file, SLOT.size)
    setup = Setup(str(release), default_limits(**limits), {"fast": ear.fileno()})
    with ear, mmap.mmap(file, SLOT.size) as slot:
        process = subprocess.Popen(
            leashed(sys.executable, "-c", _WORK, setup.to_line().decode(), str(file)),
            cwd=ROOT,
            pass_fds=(ear.fileno(), file),
        )
        os.close(file)
        try:
            yield Employed(process, address, slot)
        finally:
            process.kill()
            process.wait()


def take(line: socket.socket, number: int = -1) -> list[channel.Reply]:
    """Take so many answers, or else all until the line ends."""
    found: list[channel.Reply] = []
    data, rights = b"", []
    while len(found) != number:
        more, files, _, _ = channel.receive(line)
        if not more:
            break
        data += more
        rights += files
        reply, end = channel.read_reply(data, 0, rights)
        while reply is not None:
            found.append(reply)
            data = data[end:]
            reply, end = channel.read_reply(data, 0, rights)
    assert data == b""
    return found


class Crowd:
    """Visitors that ask numbered queries without a pause, each over a connection of its own."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._answers: list[tuple[int, Reply]] = []
        self._changed = threading.Condition()
        self.done = threading.Event()

    def work(self) -> None:
        """Be one of them."""
        conn = self._service.connect()
        while not self.done.is_set():
            number = next(_NUMBERS)
            reply = get_over(conn, to_path(numbered(number)))
            with self._changed:
                self._answers.append((number, reply))
                self._changed.notify()
        conn.close()

    def wait_for_more(self, number: int) -> None:
        """Wait for so many more answers."""
        with self._changed:
            wanted = len(self._answers) + number
            assert self._changed.wait_for(lambda: len(self._answers) >= wanted, 20)

    @property
    def wrong(self) -> list[tuple[int, Reply]]:
        """What is not the answer to the query it was given for."""
        return [
            (number, reply)
            for number, reply in self._answers
            if reply.status != 200 or number_in(reply.body) != number
        ]


@contextmanager
def asking(service: Service, visitors: int = 16) -> Iterator[Crowd]:
    """Have a crowd ask while the block runs."""
    crowd = Crowd(service)
    threads = [threading.Thread(target=crowd.work) for _ in range(visitors)]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        crowd.done.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of 400 triples."""
    rows = " , ".join(map(str, range(400)))
    text = f"<id/thing/a> <id/thing/counts> {rows} ."
    return write_small_release(tmp_path_factory.mktemp("express") / "release", text)


@pytest.fixture
def employed(release: Path) -> Iterator[Employed]:
    """A worker of its own process."""
    with employing(release) as found:
        yield found


def test_queries_written_at_once_are_answered_in_order(employed: Employed) -> None:
    with employed.call() as line:
        line.sendall(employed.write(*map(numbered, range(50))))
        assert [number_in(found.body) for found in take(line, 50)] == list(range(50))


def test_queries_are_answered_in_order_wherever_they_are_cut(employed: Employed) -> None:
    with employed.call() as line:
        for cut in range(1, len(employed.write(*map(numbered, (1, 2, 3))))):
            stream = employed.write(*map(numbered, (cut, cut + 1, cut + 2)))
            line.sendall(stream[:cut])
            wait_until_read(line)
            line.sendall(stream[cut:])
            assert [number_in(found.body) for found in take(line, 3)] == [cut, cut + 1, cut + 2]


def test_refused_query_and_large_result_keep_their_places(employed: Employed) -> None:
    with employed.call() as line:
        line.sendall(employed.write(numbered(1), BROKEN, numbered(2), LARGE, numbered(3), LARGE))
        found = take(line, 6)
        outcomes = [INLINE, REFUSED, INLINE, FILE, INLINE, FILE]
        assert [reply.outcome for reply in found] == outcomes
        assert [number_in(found[at].body) for at in (0, 2, 4)] == [1, 2, 3]
        assert json.loads(found[1].body)[::2] == ["query", 1]
        for large in (found[3], found[5]):
            body = read_body(large)
            assert len(body) == large.length
            assert len(json.loads(body)["results"]["bindings"]) == 4000


def test_worker_that_has_answered_enough_leaves_the_rest(release: Path) -> None:
    with employing(release, worker_queries=2) as employed, employed.call() as line:
        line.sendall(employed.write(*map(numbered, (1, 2, 3, 4))))
        *found, last = take(line)
        assert [number_in(reply.body) for reply in found] == [1, 2]
        assert last.outcome == LEFT
        assert employed.process.wait(10) == 0


def test_worker_told_to_stop_answers_what_it_has_begun_and_leaves_the_rest(
    employed: Employed,
) -> None:
    with employed.call() as line:
        line.sendall(employed.write(numbered(1), LONG, numbered(2)))
        employed.wait_for_slot(1)
        employed.process.send_signal(signal.SIGTERM)
        *found, last = take(line)
        assert [number_in(reply.body) for reply in found] == [1, 9999]
        assert last.outcome == LEFT
        assert employed.process.wait(10) == 0


def test_worker_leaves_the_rest_that_nobody_waits_for_after_a_long_query(
    employed: Employed,
) -> None:
    with employed.call() as line:
        line.sendall(employed.write(LONG, numbered(1), numbered(2)))
        line.shutdown(socket.SHUT_WR)
        *found, last = take(line)
        assert [number_in(reply.body) for reply in found] == [9999]
        assert last.outcome == LEFT
    with employed.call() as line:
        line.sendall(employed.write(numbered(3)))
        assert [number_in(reply.body) for reply in take(line, 1)] == [3]


def test_worker_answers_the_rest_after_a_long_query_when_somebody_waits(
    employed: Employed,
) -> None:
    with employed.call() as line:
        line.sendall(employed.write(LONG, numbered(1), numbered(2)))
        assert [number_in(reply.body) for reply in take(line, 3)] == [9999, 1, 2]


def test_worker_turns_to_who_waits_after_a_long_query(employed: Employed) -> None:
    with employed.call() as line, employed.call() as other:
        line.sendall(employed.write(LONG))
        employed.wait_for_slot(0)
        line.sendall(employed.write(numbered(1)))
        other.sendall(employed.write(numbered(2)))
        assert [number_in(reply.body) for reply in take(other, 1)] == [2]
        *found, last = take(line, 2)
        assert [number_in(reply.body) for reply in found] == [9999]
        assert last.outcome == LEFT


# The whole service.


@pytest.fixture(scope="module")
def service(
    lighthouse_release: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A running service whose one event loop has two workers."""
    with running(
        lighthouse_release,
        tmp_path_factory.mktemp("temp"),
        workers=1,
        slow_workers=1,
        query_time_slow_ms=1000,
        client_queries=64,
    ) as started:
        yield started


def test_each_of_sixteen_visitors_gets_the_answers_to_its_own_queries(service: Service) -> None:
    with asking(service) as crowd:
        crowd.wait_for_more(1500)
    assert crowd.wrong == []


def test_queries_survive_that_workers_are_killed_again_and_again(service: Service) -> None:
    with asking(service) as crowd:
        for _ in range(24):
            crowd.wait_for_more(100)
            kill(service.pids("worker")[0])
    assert crowd.wrong == []


def test_endless_query_among_quick_ones_is_stopped_and_none_of_them_refused(
    service: Service,
) -> None:
    with asking(service) as crowd:
        for last in range(2, 5):
            crowd.wait_for_more(50)
            stopped = service.ask(endless_query(), source=f"127.0.0.{last}")
            assert (stopped.status, stopped.problem["limit"]) == (504, "query_time_slow_ms")
    assert crowd.wrong == []
