"""Every kind of page is valid HTML, in every language (the Nu Html Checker)."""

from pathlib import Path

import pytest
from conftest import Check
from flask.testing import FlaskClient
from page_kinds import KINDS

from server.pages.wording import LANGUAGES

STATIC = Path(__file__).resolve().parent.parent / "server" / "pages" / "static"


def test_every_kind_of_page_is_valid(elbe: FlaskClient, check_html: Check) -> None:
    pages = {}
    for kind in KINDS:
        for lang in LANGUAGES:
            headers = {"Accept": "text/html", "Accept-Language": lang}
            pages[f"{kind.name} in {lang}.html"] = elbe.get(kind.path, headers=headers).text
    note = elbe.get("/doc/claim/c3-4?part=note", headers={"Accept": "text/html"})
    pages["note of a claim.html"] = note.text
    assert check_html(pages) == []


@pytest.mark.parametrize("kind", ["css", "svg"])
def test_every_style_and_drawing_is_valid(check_html: Check, kind: str) -> None:
    files = {path.name: path.read_text("utf-8") for path in STATIC.glob(f"*.{kind}")}
    assert files
    assert check_html(files, kind) == []


def test_a_fault_is_found_and_named(check_html: Check) -> None:
    start = '<!doctype html><html lang="en"><title>A</title>'
    faults = check_html({"sound.html": f"{start}<p>A", "faulty.html": f"{start}\n<p foo=x>A"})
    sentence = "Attribute “foo” not allowed on element “p” at this point."
    assert faults == [f"faulty.html, line 2: {sentence}"]
