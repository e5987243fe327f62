"""Every kind of page is valid HTML, in every language (the Nu Html Checker)."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from page_kinds import KINDS

from server.pages.wording import LANGUAGES

Check = Callable[..., list[str]]
STATIC = Path(__file__).resolve().parent.parent / "server" / "pages" / "static"
# Its advice: a claim's card has no heading, for what would stand there is the claim itself.
ADVICE = "(Article|Section) lacks heading.*"


@pytest.fixture(scope="module")
def check(html_checker: list[str], tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Finds the faults of some files by their names, all in one run; `kind` is what they are."""

    def run(files: dict[str, str], kind: str = "html") -> list[str]:
        folder = tmp_path_factory.mktemp("files")
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        options = [f"--{kind}", "--format", "json", "--stdout", "--no-langdetect"]
        command = [*html_checker, *options, "--filterpattern", ADVICE, str(folder)]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return [
            f"{unquote(Path(fault['url']).name)}, line {fault['lastLine']}: {fault['message']}"
            for fault in json.loads(said)["messages"]
        ]

    return run


def test_every_kind_of_page_is_valid(elbe: FlaskClient, check: Check) -> None:
    pages = {}
    for kind in KINDS:
        for lang in LANGUAGES:
            headers = {"Accept": "text/html", "Accept-Language": lang}
            pages[f"{kind.name} in {lang}.html"] = elbe.get(kind.path, headers=headers).text
    assert check(pages) == []


@pytest.mark.parametrize("kind", ["css", "svg"])
def test_every_style_and_drawing_is_valid(check: Check, kind: str) -> None:
    files = {path.name: path.read_text("utf-8") for path in STATIC.glob(f"*.{kind}")}
    assert files
    assert check(files, kind) == []


def test_a_fault_is_found_and_named(check: Check) -> None:
    start = '<!doctype html><html lang="en"><title>A</title>'
    faults = check({"sound.html": f"{start}<p>A", "faulty.html": f"{start}\n<p foo=x>A"})
    sentence = "Attribute “foo” not allowed on element “p” at this point."
    assert faults == [f"faulty.html, line 2: {sentence}"]
