"""`kg link review`: a walk over proposed links, by keys at a terminal and by lines in a pipe."""

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, Edit
from reviewing import ADA, OTHER_TOWER, TOWN, describe, propose, propose_three, rows, state

from kg.cli import main
from kg.linking.cache import CACHE, in_words
from kg.linking.life import ACCEPTED
from kg.linking.proposals import PATH

Walk = Callable[..., Result]


@pytest.fixture
def project(tiny_project: Path) -> Path:
    """The lighthouse with three proposed links, two of their items fetched."""
    describe(tiny_project)
    propose_three(tiny_project)
    return tiny_project


@pytest.fixture
def walk(project: Path, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Run `kg link review` with lines in a pipe."""
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.delenv("KG_REVIEWER", raising=False)

    def run(*lines: str, reviewer: str | None = "Eve Reader") -> Result:
        named = ["--reviewer", reviewer] if reviewer else []
        command = ["link", "review", "--project", str(project), *named]
        result = CliRunner().invoke(main, command, "".join(f"{line}\n" for line in lines))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_lines_of_a_pipe_decide_one_link_after_the_other(walk: Walk, project: Path) -> None:
    result = walk("r A house, no tower.", "a The numbers agree", "l")
    assert result.exit_code == 0
    assert result.stdout == (
        "rejected object:old-light wikidata:Q3\naccepted person:ada-finch wikidata:Q1\n"
    )
    assert result.stderr.endswith("1 left to review\n")
    assert rows(project)[OTHER_TOWER]["comment"].endswith("Rejected: A house, no tower.")
    assert rows(project)[ADA]["reviewer_label"] == "Eve Reader"
    assert rows(project)[ADA]["review_date"] == datetime.now(UTC).date().isoformat()
    assert list(rows(project, PATH)) == [TOWN]


def test_both_sides_stand_beside_each_other_and_say_where_they_differ(walk: Walk) -> None:
    told = walk("l", "l").stderr
    assert re.search(r"^ +here +Wikidata, as of now$", told, re.MULTILINE)
    assert re.search(r"^= name +Ada Finch +Ada Finch$", told, re.MULTILINE)
    assert re.search(r"^  other names +(\S.*)?Keeper Finch$", told, re.MULTILINE)
    assert re.search(r"^  kind +schema:Person +human \[Q5\]$", told, re.MULTILINE)
    assert re.search(
        r"^≠ date of birth +1850-02-01 +1851-02-01 \(Port Merrow \[Q2\]\)$", told, re.MULTILINE
    )
    assert re.search(r"^  place of birth +Port Merrow$", told, re.MULTILINE)
    assert re.search(r"^= GeoNames ID +77 +77$", told, re.MULTILINE)
    assert re.search(r"^= coordinate location +50, -4 +50.01, -4.01$", told, re.MULTILINE)
    assert "confidence 0.9: Wikidata gives this item the same article." in told


def test_an_item_that_was_never_fetched_is_said_to_be_so(walk: Walk, project: Path) -> None:
    assert "Wikidata, never fetched" in walk().stderr
    (project / CACHE).unlink()
    told = walk("l", "l", "l").stderr
    assert told.count("Wikidata, never fetched") == 3
    assert "item Q1" in told


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "as of now"),
        (timedelta(minutes=90), "as of 90 minutes ago"),
        (timedelta(hours=30), "as of 30 hours ago"),
        (timedelta(days=3), "as of 3 days ago"),
    ],
)
def test_an_age_is_said_in_words(age: timedelta, words: str) -> None:
    assert in_words(age) == words


def test_a_rival_is_superseded_and_not_doubled(walk: Walk, project: Path) -> None:
    before = state(project)
    result = walk("a")
    assert "s supersede wikidata:Q39715 · r reject · l later" in result.stderr
    assert "object:old-light is accepted as wikidata:Q39715 already; supersede" in result.stderr
    assert (result.stdout, state(project)) == ("", before)
    assert walk("s The whole station").stdout == (
        "accepted for another object:old-light wikidata:Q3\n"
    )
    assert "superseded_by=wikidata:Q3" in (project / ACCEPTED).read_text(encoding="utf-8")


def test_undo_shows_the_link_again(walk: Walk, project: Path) -> None:
    before = state(project)
    result = walk("r", "r", "u", "a On second thought", "u", "u", "u")
    assert result.stdout.splitlines() == [
        "rejected object:old-light wikidata:Q3",
        "rejected person:ada-finch wikidata:Q1",
        "undone: rejected person:ada-finch wikidata:Q1",
        "accepted person:ada-finch wikidata:Q1",
        "undone: accepted person:ada-finch wikidata:Q1",
        "undone: rejected object:old-light wikidata:Q3",
    ]
    assert "there is nothing to undo" in result.stderr
    assert state(project) == before


def test_a_later_run_undoes_what_an_earlier_one_did(walk: Walk, project: Path) -> None:
    before = state(project)
    walk("r")
    assert walk("u").stdout == "undone: rejected object:old-light wikidata:Q3\n"
    assert state(project) == before


def test_an_unknown_key_does_nothing(walk: Walk, project: Path) -> None:
    before = state(project)
    result = walk("x", "", "q", "a")
    assert "'x' does nothing; s supersede" in result.stderr
    assert (result.stdout, state(project)) == ("", before)


def test_what_a_service_sent_cannot_command_the_terminal(walk: Walk, project: Path) -> None:
    propose(project, "agent:keeper", "Q9", object_label="\x1b[2JEvil", comment="Loud\x07.")
    told = walk("l", "l", "l", "l").stderr
    assert "\x1b" not in told and "\x07" not in told
    assert "U+001B[2JEvil" in told


def test_without_proposals_there_is_nothing_to_do(walk: Walk, project: Path) -> None:
    (project / PATH).unlink()
    result = walk()
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"nothing waits in {PATH}; `kg link resolve --save`")


def test_the_reviewer_comes_from_the_environment_or_git(
    walk: Walk, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    result = walk("r", reviewer=None)
    assert result.exit_code == 1
    assert result.stderr.startswith('kg: nobody says who reviews; add --reviewer "Your Name"')
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    subprocess.run(["git", "-C", str(project), "config", "user.name", "Git Eve"], check=True)
    walk("r", reviewer=None)
    monkeypatch.setenv("KG_REVIEWER", "Env Eve")
    walk("a", reviewer=None)
    assert rows(project)[OTHER_TOWER]["reviewer_label"] == "Git Eve"
    assert rows(project)[ADA]["reviewer_label"] == "Env Eve"


def test_a_broken_row_is_named_by_its_line(walk: Walk, project: Path, edit: Edit) -> None:
    line = edit(PATH, "wikidata:Q1\t", "wikidata:Q01\t")
    result = walk("a")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"kg: {PATH}:{line}: wikidata:Q01 is no Wikidata entity")


# --- at a terminal


class Terminal:
    """A terminal with `kg link review` in it."""

    def __init__(self, device: int) -> None:
        self._device = device
        self.told = ""

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._device, keys.encode())

    def interrupt_until(self, words: str) -> None:
        """Press Ctrl-C, again where nothing comes of it: one before readline waits is lost."""
        for patience_s in (5, 10, 60):
            self.press("\x03")
            try:
                self.wait_for(words, patience_s)
                return
            except TimeoutError:
                continue
        raise AssertionError(f"{words!r} did not appear in {self.told!r}")

    def wait_for(self, words: str, timeout_s: float = 60) -> None:
        """Wait until words appear after those waited for before."""
        until = time.monotonic() + timeout_s
        while words not in self.told:
            left = max(0.0, until - time.monotonic())
            ready, _, _ = select.select([self._device], [], [], left)
            if not ready:
                raise TimeoutError(f"{words!r} did not appear in {self.told!r}")
            try:
                self.told += os.read(self._device, 65536).decode(errors="replace")
            except OSError:  # Linux: the program has ended
                raise AssertionError(f"ended without {words!r}: {self.told!r}") from None
        self.told = self.told.partition(words)[2]


@contextmanager
def terminal(project: Path) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kg", "link", "review", "--project", str(project)]
    process = subprocess.Popen(
        [*command, "--reviewer", "Eve Reader"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "110"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    try:
        yield Terminal(ours), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_single_keys_decide_at_a_terminal(project: Path) -> None:
    with terminal(project) as (opened, process):
        opened.wait_for("object:old-light skos:exactMatch wikidata:Q3 (3 to review)")
        opened.wait_for("q quit")
        opened.press("l")
        opened.wait_for("person:ada-finch skos:exactMatch wikidata:Q1")
        opened.wait_for("q quit")
        opened.press("a")
        opened.wait_for("Why?")
        opened.press("The dates agree\r")
        opened.wait_for("accepted person:ada-finch wikidata:Q1")
        opened.wait_for("place:port-merrow")
        opened.wait_for("q quit")
        opened.press("r")
        opened.wait_for("Why?")
        opened.interrupt_until("nothing was decided")
        opened.press("u")
        opened.wait_for("undone: accepted person:ada-finch wikidata:Q1")
        opened.wait_for("q quit")
        opened.press("q")
        opened.wait_for("3 left to review")
        assert process.wait(20) == 0
    assert ADA in rows(project, PATH)


def test_an_arrow_key_accepts_nothing(project: Path) -> None:
    with terminal(project) as (opened, process):
        opened.wait_for("q quit")
        opened.press("l")
        opened.wait_for("person:ada-finch")
        opened.press("\x1b[A")
        opened.wait_for("does nothing; a accept")
        opened.press("q")
        opened.wait_for("3 left to review")
        assert process.wait(20) == 0


def test_ctrl_c_ends_the_walk_and_keeps_what_was_decided(project: Path) -> None:
    with terminal(project) as (opened, process):
        opened.wait_for("q quit")
        opened.press("r")
        opened.wait_for("Why?")
        opened.press("\r")
        opened.wait_for("rejected object:old-light wikidata:Q3")
        opened.wait_for("q quit")
        opened.interrupt_until("2 left to review")
        assert process.wait(20) == 0
    assert rows(project)[OTHER_TOWER]["predicate_modifier"] == "Not"
