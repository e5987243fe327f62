"""What the service says of itself, to whoever reads it and to nobody."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from server.sayings import say, say_logs

ENOUGH = 200_000
"""More bytes than a pipe holds."""


def run_with(stderr: int, program: str) -> int:
    """Run a program that says something; gives how it ended."""
    lines = f"import logging\nfrom server.sayings import say, say_logs\n{program}"
    return subprocess.run([sys.executable, "-c", lines], stderr=stderr, timeout=20).returncode


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


def test_who_has_no_reader_any_more_goes_on() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert run_with(writing, "say('a')") == 0
    os.close(writing)
