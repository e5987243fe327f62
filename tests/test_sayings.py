"""What the service says of itself, to whoever reads it and to nobody."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from server.sayings import say, say_logs

ENOUGH = 200_000
"""More bytes than a pipe holds."""


PAGE = 4096
ROUNDS = 1000
PATIENCE_S = 20
_SPEAK = """
import socket, sys
from server.sayings import say
conn = socket.socket(fileno=int(sys.argv[1]))
while conn.recv(1):
    say("a" * 4095)
    conn.send(b".")
"""


def run_with(stderr: int, program: str) -> int:
    """Run a program that says something; gives how it ended."""
    lines = f"import logging\nfrom server.sayings import say, say_logs\n{program}"
    return subprocess.run([sys.executable, "-c", lines], stderr=stderr, timeout=20).returncode


def can_write_at_once() -> bool:
    """Tell whether the system writes to a pipe without a wait for room."""
    reading, writing = os.pipe()
    try:
        return os.pwritev(writing, [b"."], -1, os.RWF_NOWAIT) == 1
    except (AttributeError, OSError):
        return False
    finally:
        os.close(reading)
        os.close(writing)


@contextmanager
def speaking(stderr: int) -> Iterator[socket.socket]:
    """Run a process that says a page each time it is told to, and answers when it has done so."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE_S)
    number = theirs.fileno()
    command = [sys.executable, "-c", _SPEAK, str(number)]
    with subprocess.Popen(command, stderr=stderr, pass_fds=[number]) as process:
        theirs.close()
        try:
            yield ours
        finally:
            process.kill()
            ours.close()


def test_what_is_said_is_whole_and_ends_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    say("a" * 10_000)
    say("\u00e9 \udcff")
    assert capfd.readouterr().err == "a" * 10_000 + "\n\u00e9 \\udcff\n"


@pytest.mark.parametrize("name", ["server", "asyncio"])
def test_what_is_logged_is_said_with_its_traceback(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.handlers[:]
    say_logs()
    try:
        logging.getLogger(name).error("%s went wrong", "it", exc_info=KeyError("why"))
    finally:
        root.handlers[:] = before
    assert capfd.readouterr().err == "it went wrong\nKeyError: 'why'\n"


@pytest.mark.parametrize(
    "program", [f"say('a' * {ENOUGH})", f"say_logs()\nlogging.error('a' * {ENOUGH})"]
)
def test_nobody_waits_for_a_reader_who_is_not_there(program: str) -> None:
    reading, writing = os.pipe()
    assert run_with(writing, program) == 0
    os.close(writing)
    assert 0 < len(os.read(reading, ENOUGH)) < ENOUGH
    os.close(reading)


@pytest.mark.skipif(not can_write_at_once(), reason="needs Linux 6.4")
def test_nobody_waits_for_room_that_another_process_took() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    size = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
    os.write(writing, bytes(size))
    with ExitStack() as ended:
        ended.callback(os.close, reading)
        ended.callback(os.close, writing)
        speakers = [ended.enter_context(speaking(writing)) for _ in range(2)]
        for _ in range(ROUNDS):
            assert len(os.read(reading, PAGE)) == PAGE  # there is room for one of them
            for speaker in speakers:
                speaker.send(b".")
            for speaker in speakers:
                assert speaker.recv(1) == b"."


def test_what_is_said_to_a_socket_arrives_and_waits_for_nobody() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert run_with(theirs.fileno(), f"say('a' * 9999)\nsay('b' * {5 * ENOUGH})") == 0
        theirs.close()
        said = b"".join(iter(lambda: ours.recv(ENOUGH), b""))
    assert said.startswith(b"a" * 9999 + b"\nb")
    assert len(said) < 5 * ENOUGH


def test_who_has_no_reader_any_more_goes_on() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert run_with(writing, "say('a')") == 0
    os.close(writing)
