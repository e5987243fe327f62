"""What every test can count on: a small project of its own, and no network but the loopback."""

import json
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

import pytest
from browsing import Visit, open_browser
from equipment import (
    AXE,
    CHROMIUM,
    HTML_CHECKER,
    JAVA,
    NEED_CHECKERS,
    NEED_SSSOM,
    find_sssom,
)
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from listening import Listener
from playwright.sync_api import Browser
from pytest_socket import socket_allow_hosts
from real_service import serve
from small_release import write_small_release

from kg.build import build
from server import Settings, create_app

ROOT = Path(__file__).resolve().parent.parent
LIGHTHOUSE = ROOT / "tests" / "projects" / "lighthouse"

# Under load the first draw of a text takes a second; that says nothing about the code.
settings.register_profile(
    "tests",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")

Edit = Callable[[str, str, str], int]
Check = Callable[..., list[str]]

# What the Nu Html Checker says and is not taken: a claim's card has no heading, for the claim
# itself stands there; how a text is spelled in Unicode is for whoever wrote it to say; and
# vector-effect is a property since SVG 2.
ADVICE = "|".join(
    (
        "(Article|Section) lacks heading.*",
        "(?s).* not in Unicode Normalization Form C.*",
        "CSS: “vector-effect”: Property “vector-effect” doesn't exist.",
    )
)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Refuse every connection that leaves this machine."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    """A fresh copy of the lighthouse project: complete, correct, about another article."""
    return Path(shutil.copytree(LIGHTHOUSE, tmp_path / "lighthouse"))


@pytest.fixture
def edit(tiny_project: Path) -> Edit:
    """Replace the first occurrence of a text in a file of the tiny project; gives its line."""

    def replace(path: str, old: str, new: str) -> int:
        file = tiny_project / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text.count("\n", 0, text.index(old)) + 1

    return replace


@pytest.fixture(scope="session")
def lighthouse_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the lighthouse project; nothing may change it."""
    return build(LIGHTHOUSE, tmp_path_factory.mktemp("lighthouse") / "release").path


@pytest.fixture(scope="session")
def elbe_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of this very project; nothing may change it."""
    return build(ROOT, tmp_path_factory.mktemp("elbe") / "release").path


@pytest.fixture(scope="session")
def client(lighthouse_release: Path) -> FlaskClient:
    """Visits the lighthouse."""
    return create_app(Settings(release_dir=lighthouse_release)).test_client()


@pytest.fixture(scope="session")
def elbe(elbe_release: Path) -> FlaskClient:
    """Visits this project's own release."""
    return create_app(Settings(release_dir=elbe_release)).test_client()


@pytest.fixture(scope="session")
def tight(lighthouse_release: Path) -> FlaskClient:
    """Visits the lighthouse where every limit is small."""
    settings = Settings(
        release_dir=lighthouse_release,
        query_bytes=1000,
        body_bytes=4000,
        result_bytes=200_000,
        table_rows=5,
    )
    return create_app(settings).test_client()


@pytest.fixture(scope="session")
def retired(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Visits a release in which one name is retired."""
    text = """
    PREFIX owl: <http://www.w3.org/2002/07/owl#>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    <id/person/old> owl:deprecated true ; rdfs:comment "The same person as new."@en ;
        <http://purl.org/dc/terms/isReplacedBy> <id/person/new> .
    <id/person/new> rdfs:label "New"@en .
    """
    release = write_small_release(tmp_path_factory.mktemp("retired") / "release", text)
    return create_app(Settings(release_dir=release)).test_client()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """A socket that nothing may call."""
    heard = Listener()
    yield heard
    heard.server.close()


def go_without(need: str) -> NoReturn:
    """Leave a test out for want of something; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(need)
    pytest.skip(need)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser."""
    program = CHROMIUM.find()
    if program is None:
        go_without(CHROMIUM.need)
    with open_browser(program) as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that finds what keeps people from reading a page (axe-core)."""
    if not AXE.is_file():
        go_without(NEED_CHECKERS)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def sssom_python() -> Path:
    """The Python that has sssom, the reference reader of mapping sets."""
    python = find_sssom()
    if python is None:
        go_without(NEED_SSSOM)
    return python


@pytest.fixture(scope="session")
def check_html(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Finds the faults of files by their names, all in one run of the Nu Html Checker.

    `kind` is what the files are: html, css or svg.
    """
    java = JAVA.find()
    if java is None:
        go_without(JAVA.need)
    if not HTML_CHECKER.is_file():
        go_without(NEED_CHECKERS)

    def check(files: dict[str, str], kind: str = "html") -> list[str]:
        folder = tmp_path_factory.mktemp("files")
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        options = [f"--{kind}", "--format", "json", "--stdout", "--no-langdetect"]
        command = [java, "-jar", str(HTML_CHECKER), *options, "--filterpattern", ADVICE]
        done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
        return [_describe(fault) for fault in json.loads(done.stdout)["messages"]]

    return check


def _describe(fault: dict[str, Any]) -> str:
    file, line = unquote(Path(fault["url"]).name), fault.get("lastLine", 1)
    return f"{file}, line {line}: {fault['message']}"


@pytest.fixture(scope="session")
def site(elbe_release: Path) -> Iterator[str]:
    """The address of `kg serve` over this project's own release."""
    with serve(elbe_release, "--workers", "1") as url:
        yield url


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Opens pages of this project's own release, and fails the test for what went wrong there."""
    yield from watch(browser, site)


def watch(browser: Browser, site: str, *, policy: bool = True) -> Iterator[Visit]:
    """Give a visit to a service, and fail for what went wrong on its pages."""
    opened = Visit(browser, site, policy=policy)
    yield opened
    opened.close()
    assert opened.faults == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the files whose tests were left out for want of something, and say how to get it."""
    left_out = defaultdict(list)
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if reason.startswith("Skipped: needs "):
            left_out[reason.removeprefix("Skipped: ")].append(report.nodeid.partition("::")[0])
    for need, files in left_out.items():
        names = ", ".join(sorted(set(files)))
        terminalreporter.write_line(f"{len(files)} tests left out ({names}): {need}")
