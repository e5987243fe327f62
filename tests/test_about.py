"""About the data: layers, verdicts, numbers drawn, what is left out, versions, files, errors."""

import json
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from conftest import Edit
from flask.testing import FlaskClient
from reading import BROWSER, find, read, words
from small_release import BASE, write_small_release

from kg.build import build
from kg.publish import publish
from server import Settings, create_app
from server.pages.about import to_contact
from server.pages.figures import say_size

SERVED = Path(__file__).resolve().parent.parent / "server" / "pages" / "static"
VERDICTS = ["corroborated", "unverifiable", "evaluation", "contradicted", "imprecise"]


@pytest.fixture(scope="module")
def about(elbe: FlaskClient) -> Element:
    """The page about the article's data."""
    return read(elbe, "/about")


def ask(client: FlaskClient, where: str) -> int:
    """Count what a query finds, as a visitor would check a number on the page."""
    query = f"PREFIX d: <https://w3id.org/elbe-day/def#> SELECT (COUNT(*) AS ?n) {{ {where} }}"
    answer = client.get("/sparql", query_string={"query": query, "format": "json"}).json
    return int(answer["results"]["bindings"][0]["n"]["value"])


def number(element: Element) -> int:
    """Read a count with its thin spaces."""
    return int("".join(sign for sign in words(element) if sign.isdecimal()))


def section(page: Element, name: str) -> Element:
    return find(page, f"section#{name}")[0]


def test_every_verdict_is_defined_and_counted(elbe: FlaskClient, about: Element) -> None:
    groups = find(section(about, "verdicts"), ".meanings .group")
    assert [words(find(group, ".badge bdi")[0]) for group in groups] == VERDICTS
    for slug, group in zip(VERDICTS, groups, strict=True):
        verdict = f"<https://w3id.org/elbe-day/id/verdict/{slug}>"
        assert number(find(group, ".sum")[0]) == ask(elbe, f"?review d:verdict {verdict}")
        assert len(words(find(group, "dd")[0])) > 60
    widths = [int(piece.get("width", "")) for piece in find(about, "section#verdicts rect")]
    assert sum(widths) == 1000
    assert widths == sorted(widths, reverse=True)


def test_each_voice_has_a_bar_divided_by_verdicts(elbe: FlaskClient, about: Element) -> None:
    rows = find(section(about, "by_voice"), ".chart li")
    assert sum(number(find(row, ".sum")[0]) for row in rows) == ask(elbe, "?claim d:voice ?voice")
    caption = next(row for row in rows if "caption" in words(row))
    parts = words(find(caption, ".parts")[0])
    assert "✗ contradicted 4" in parts
    assert len(find(caption, "rect")) == len(find(caption, ".part"))


def test_sources_are_drawn_by_grade_and_by_kind(elbe: FlaskClient, about: Element) -> None:
    for name, predicate in (("by_grade", "grade"), ("by_kind", "sourceKind")):
        sums = [number(found) for found in find(section(about, name), ".chart .sum")]
        assert sum(sums) == ask(elbe, f"?source d:{predicate} ?value")
        assert sums == sorted(sums, reverse=True)


def test_what_is_left_out_is_said_with_its_reason(about: Element) -> None:
    text = words(section(about, "left-out"))
    assert "text and pictures are not part of this dataset" in text
    assert "True inscription of the plaque" in text


def test_a_version_a_citation_and_a_way_to_report_are_there(about: Element) -> None:
    version = words(find(section(about, "versions"), ".hash")[0])
    assert len(version) == 64
    line = words(find(about, "#citation")[0])
    assert line.startswith("Editors of the Elbe Day knowledge graph. Elbe Day knowledge graph,")
    assert version[:12] in line
    assert line.endswith("https://w3id.org/elbe-day/dataset")
    errors = words(section(about, "errors"))
    assert "Published by: Editors of the Elbe Day knowledge graph" in errors
    assert "The data gives no address to write to." in errors


@pytest.mark.parametrize("lang", ["en", "de", "ru"])
def test_the_pages_about_the_data_stay_small(elbe: FlaskClient, lang: str) -> None:
    style = sum((SERVED / f"{name}.css").stat().st_size for name in ("style", "about"))
    terms = ("/def", "/def/classes", "/def/relations", "/def/values", "/shapes")
    for path in ("/about", "/report", "/dumps/", *terms):
        text = elbe.get(f"{path}?lang={lang}", headers=BROWSER).text
        held = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL).encode()
        assert len(held) + style < 60_000, path


def test_the_next_release_says_what_it_changed(tiny_project: Path, edit: Edit) -> None:
    out = tiny_project.parent / "release"
    first = build(tiny_project, out).manifest.version
    edit("data/catalog.ttl", '"The Old Light"@en', '"The Old Light, again"@en')
    build(tiny_project, out)
    counted = json.loads((out / "changes" / "changes.json").read_text(encoding="utf-8"))
    client = create_app(Settings(release_dir=out)).test_client()
    versions = words(section(read(client, "/about"), "versions"))
    assert f"Against version {first[:12]}" in versions
    said = f"Statements added: {counted['added']}; removed: {counted['removed']}"
    assert said in versions


def test_a_contact_point_is_where_errors_are_reported(tiny_project: Path, edit: Edit) -> None:
    point = "<mailto:light@example.org>"
    publisher = "dcterms:publisher agent:editors"
    edit("data/catalog.ttl", publisher, f"{publisher} ;\n    dcat:contactPoint {point}")
    named = 'dcat:contactPoint a rdf:Property ;\n    rdfs:label "contact"@en .\n\n'
    edit("ontology/borrowed.ttl", "sssom:NegatedPredicate a", f"{named}sssom:NegatedPredicate a")
    release = build(tiny_project, tiny_project.parent / "release")
    client = create_app(Settings(release_dir=release.path)).test_client()
    errors = section(read(client, "/about"), "errors")
    assert [link.get("href") for link in find(errors, "a")][-1] == "mailto:light@example.org"
    assert "no address" not in words(errors)


@pytest.mark.parametrize("value", ["javascript:alert(1)", "data:text/html,x", "mailto:", "x@y"])
def test_no_contact_is_a_live_script(value: str) -> None:
    assert to_contact(value) is None


def test_a_file_without_claims_has_the_page_minus_what_it_has_not(tmp_path: Path) -> None:
    (tmp_path / "cats.ttl").write_text("<x:tom> a <x:Cat> .", encoding="utf-8")
    release = publish([tmp_path / "cats.ttl"], tmp_path / "release", "http://127.0.0.1:8000/")
    page = read(create_app(Settings(release_dir=release.path)).test_client(), "/about")
    assert [words(heading) for heading in find(page, "main h2")] == [
        "What is covered",
        "Versions, and what changed",
        "Downloads",
        "Licence, and how to cite",
        "How to report an error",
    ]


def test_a_claim_that_nobody_judged_is_drawn_as_such(tmp_path: Path) -> None:
    trig = "<id/claim/a> a <def#Claim> ; <def#voice> <id/voice/rumour> ."
    app = create_app(Settings(release_dir=write_small_release(tmp_path / "release", trig)))
    row = find(read(app.test_client(), "/about"), "#by_voice li")[0]
    assert words(find(row, ".parts")[0]) == "not judged 1"
    assert BASE in words(find(row, ".name")[0]) or "rumour" in words(find(row, ".name")[0])


def test_sizes_are_said_in_small_numbers() -> None:
    sizes = (1, 999, 1000, 12_345, 999_600, 5 * 10**12, 7 * 10**15)
    said = [say_size(size, "en").replace("\u00a0", " ") for size in sizes]
    assert said == ["1 bytes", "999 bytes", "1.0 kB", "12 kB", "1.0 MB", "5.0 TB", "7000 TB"]


def test_a_thing_with_findings_leads_to_the_report(elbe: FlaskClient) -> None:
    for path in ("/doc/assessment/c1-3", "/doc/claim/c1-3"):
        page = read(elbe, path)
        (link,) = [a for a in find(page, "main a") if a.get("href") == "/report#things"]
        assert words(link) == "Findings of the checks: 1"
    assert "/report#things" not in elbe.get("/doc/claim/c3-4", headers=BROWSER).text
