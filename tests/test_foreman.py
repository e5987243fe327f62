"""The foreman: what it tells of the workers, and what it says of itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from running_service import ROOT, default_limits, endless_query, evaluating
from small_release import write_small_release

from server.evaluation.answers import QueryRequest
from server.evaluation.frames import REQUEST, Setup, to_payload
from server.evaluation.generation import Generation
from server.evaluation.system import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the processes from /proc")

LIMITS = default_limits(fast_workers=1, slow_workers=1)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of 100 triples: a query over six of them never ends."""
    rows = " , ".join(map(str, range(100)))
    folder = tmp_path_factory.mktemp("foreman")
    return write_small_release(folder / "release", f"<id/thing/a> <id/thing/counts> {rows} .")


@pytest.fixture(scope="module")
def generation(release: Path) -> Iterator[Generation]:
    """An evaluator at work, with its foreman."""
    with evaluating(release, LIMITS) as made:
        yield made


def find_foreman() -> int:
    """Find the foreman of the evaluator that this process started."""
    found = []
    for pid in children(os.getpid()):
        if b"server.evaluation.evaluator" in Path(f"/proc/{pid}/cmdline").read_bytes():
            found += children(pid)
    (foreman,) = found
    return foreman


def kill_workers() -> None:
    """Kill every worker the hard way."""
    for pid in children(find_foreman()):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def in_hand(generation: Generation, query: str) -> Iterator[str]:
    """Have a worker work on a query while the block runs; gives its name with the foreman."""
    identifier, now = os.urandom(16), time.monotonic()
    name, payload = identifier.hex(), to_payload(QueryRequest(query, "json"))
    with connect(generation.addresses.slow, socket.SOCK_STREAM) as conn:
        conn.sendall(REQUEST.pack(identifier, now, now + 60, 60, len(payload)) + payload)
        try:
            while not ask_foreman(generation, {"begun": name})["begun"]:
                assert time.monotonic() < now + 20, "no worker began"
            yield name
        finally:
            kill_workers()


def connect(address: str, kind: socket.SocketKind) -> socket.socket:
    """Connect to a lane or to the foreman."""
    conn = socket.socket(socket.AF_UNIX, kind)
    conn.connect(address)
    conn.settimeout(20)
    return conn


def ask_foreman(generation: Generation, question: dict[str, str]) -> dict[str, Any]:
    """Ask the foreman as a web process does."""
    with connect(generation.addresses.control, socket.SOCK_SEQPACKET) as conn:
        conn.send(json.dumps(question).encode())
        return dict(json.loads(conn.recv(65536)))


def memory_of(pid: int) -> int:
    """The bytes that a process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_whoever_asks_the_foreman_and_hangs_up_is_forgotten(generation: Generation) -> None:
    with in_hand(generation, endless_query()) as name:
        foreman = find_foreman()
        before = memory_of(foreman)
        for _ in range(20_000):
            with connect(generation.addresses.control, socket.SOCK_SEQPACKET) as conn:
                conn.send(json.dumps({"fate": name}).encode())
        assert ask_foreman(generation, {"begun": name}) == {"begun": True}
        assert memory_of(foreman) - before < 1_000_000


def test_whoever_asks_the_foreman_and_waits_is_told_how_the_worker_ended(
    generation: Generation,
) -> None:
    control = generation.addresses.control
    with in_hand(generation, endless_query()) as name, ExitStack() as waiting:
        askers = [waiting.enter_context(connect(control, socket.SOCK_SEQPACKET)) for _ in range(2)]
        for asker in askers:
            asker.send(json.dumps({"fate": name}).encode())
        assert ask_foreman(generation, {"begun": name}) == {"begun": True}
        kill_workers()
        told = [json.loads(asker.recv(65536)) for asker in askers]
    assert told == [{"code": -signal.SIGKILL, "words": ""}] * 2


def test_fault_of_the_foreman_is_said_with_its_traceback(release: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server.evaluation.evaluator"],
        input=Setup(str(release), LIMITS, {}).to_line(),
        capture_output=True,
        cwd=ROOT,
        timeout=40,
    )
    assert done.returncode == 0
    assert done.stderr.startswith(b"Traceback (most recent call last):\n")
    assert done.stderr.endswith(b"KeyError: 'control'\n")
