"""The editor for queries in a real browser: run, share, cancel, be corrected, leave again."""

import os
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import PHONE, Visit
from playwright.sync_api import Page, expect

from server.sparql.page import EDITOR
from server.sparql.snippets import write_snippets

PERSONS = "SELECT ?who WHERE { ?who a <https://schema.org/Person> } ORDER BY ?who LIMIT 3"
BROKEN = "SELECT * WHERE {\n  ?a ?b ?c .\n  FILTER (?c = )\n}"
# A product of three takes far longer than any test waits.
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (?a != ?d && ?c != ?i) }"

Open = Callable[..., Page]


@pytest.fixture
def open_editor(visit: Visit) -> Open:
    """Open the page for queries and wait for its editor. Unbuilt, it fails in CI only."""
    if not EDITOR.is_file():
        leave = pytest.fail if os.environ.get("CI") else pytest.skip
        leave("the editor is not built; `make frontend` says why")

    def opened(path: str = "/sparql", **options: object) -> Page:
        page = visit(path, **options)  # type: ignore[arg-type]
        page.locator(".CodeMirror").wait_for()
        return page

    return opened


def type_query(page: Page, query: str) -> None:
    """Put a query in place of what the editor holds, as a paste does."""
    page.get_by_role("textbox", name="Your SPARQL query").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(query)
    expect(page.locator("#query")).to_have_value(query)


def run_query(page: Page, query: str) -> None:
    type_query(page, query)
    page.keyboard.press("Control+Enter")


def test_ctrl_enter_answers_in_the_same_page(open_editor: Open) -> None:
    page = open_editor()
    page.evaluate("window.same = true")
    run_query(page, PERSONS)
    expect(page.get_by_text("Rows: 3")).to_be_visible()
    assert page.locator("table.result td").count() == 3
    expect(page.locator("#status")).to_contain_text("Answered in 0.")
    assert page.evaluate("window.same") is True
    run_query(page, "ASK { ?nothing a <urn:x:nothing> }")
    expect(page.locator(".boolean")).to_have_text("no")


def test_the_address_of_an_answer_opens_query_and_answer(open_editor: Open) -> None:
    page = open_editor("/sparql?lang=de")
    page.get_by_role("textbox", name="Ihre SPARQL-Abfrage").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(PERSONS)
    page.get_by_role("button", name="Abfrage ausführen").click()
    expect(page.get_by_text("Zeilen: 3")).to_be_visible()
    shared = urlsplit(page.url)
    assert parse_qs(shared.query) == {"query": [PERSONS], "lang": ["de"]}
    again = open_editor(f"{shared.path}?{shared.query}")
    expect(again.locator("#query")).to_have_value(PERSONS)
    expect(again.get_by_text("Zeilen: 3")).to_be_visible()


def test_the_link_to_a_query_is_copied_without_running_it(open_editor: Open) -> None:
    page = open_editor()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    type_query(page, PERSONS)
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("#status")).to_have_text("The link to this query is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(copied).query)["query"] == [PERSONS]
    assert page.locator("section.result").count() == 0


@pytest.mark.parametrize("by", ["button", "Escape"])
def test_a_running_query_can_be_cancelled(open_editor: Open, by: str) -> None:
    page = open_editor()
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_hidden()
    run_query(page, SLOW)
    expect(page.locator("#status")).to_contain_text("Running for")
    if by == "button":
        cancel.click()
    else:
        page.keyboard.press("Escape")
    expect(page.locator("#status")).to_have_text("Cancelled; nothing was changed.")
    expect(cancel).to_be_hidden()
    run_query(page, PERSONS)
    expect(page.get_by_text("Rows: 3")).to_be_visible()


def test_a_mistake_is_marked_in_its_line_until_it_is_mended(
    open_editor: Open, visit: Visit
) -> None:
    page = open_editor()
    run_query(page, BROKEN)
    expect(page.get_by_role("alert")).to_contain_text("Line 3, column 16")
    expect(page.locator(".faulty-place")).to_have_text(")")
    expect(page.locator("#status")).to_contain_text("the reason stands above")
    page.get_by_role("button", name="Go to the place").click()
    page.keyboard.type("1")
    expect(page.locator("#query")).to_have_value(BROKEN.replace("= )", "= 1)"))
    expect(page.locator(".faulty-place")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    # A browser calls the status of the refusal an error; here it is the answer.
    refused, visit.faults = visit.faults, []
    assert all("status of 400" in fault for fault in refused)


def test_the_place_of_a_mistake_counts_characters_not_units(
    open_editor: Open, visit: Visit
) -> None:
    query = 'SELECT * { BIND ("😀😀" AS ?x) FILTER (?x = ) }'
    page = open_editor("/sparql?" + urlencode({"query": query}), status=400)
    expect(page.locator(".faulty-place")).to_have_text(")")
    assert visit.faults == []


def test_a_name_is_completed_by_its_label_and_brings_its_prefix(open_editor: Open) -> None:
    page = open_editor()
    type_query(page, "SELECT * WHERE { ?claim ")
    page.keyboard.type("said")
    hint = page.locator(".CodeMirror-hint", has_text="edo:speaker")
    expect(hint).to_contain_text("said by")
    hint.click()
    expect(page.locator("#query")).to_have_value(
        "PREFIX edo: <https://w3id.org/elbe-day/def#>\nSELECT * WHERE { ?claim edo:speaker"
    )
    page.keyboard.type(" ?who ; a edo:Edit")
    expect(page.locator(".CodeMirror-hint").first).to_contain_text("edo:EditorialClaim")
    page.keyboard.press("Escape")
    expect(page.locator(".CodeMirror-hint")).to_have_count(0)
    expect(page.locator(".CodeMirror-focused")).to_have_count(1)


def test_the_keyboard_is_never_trapped(open_editor: Open) -> None:
    page = open_editor()
    page.get_by_role("textbox", name="Your SPARQL query").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Run the query")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".CodeMirror-focused")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Run the query")).to_be_focused()


def test_things_are_shown_by_their_names_from_one_answer_to_the_next(open_editor: Open) -> None:
    page = open_editor("/sparql?" + urlencode({"query": PERSONS}))
    first = page.locator("table.result td").first
    expect(first).to_have_text("person:albert-kotzebue", use_inner_text=True)
    page.get_by_label("Show things by their names").check()
    expect(first).to_have_text("Albert L. Kotzebue", use_inner_text=True)
    run_query(page, PERSONS.replace("LIMIT 3", "LIMIT 2"))
    expect(page.get_by_text("Rows: 2")).to_be_visible()
    expect(first).to_have_text("Albert L. Kotzebue", use_inner_text=True)


def test_an_answer_is_shown_as_it_is_sent(open_editor: Open) -> None:
    page = open_editor("/sparql?" + urlencode({"query": PERSONS}))
    page.get_by_text("As the service sends it").click()
    expect(page.locator("details.sent pre")).to_contain_text('{"head":{"vars":["who"]}')


def test_the_code_follows_the_query(open_editor: Open) -> None:
    page = open_editor()
    page.get_by_text("This query in a program").click()
    type_query(page, PERSONS)
    expect(page.locator("#snippets pre").first).to_contain_text("schema.org/Person")


def test_for_a_query_too_long_for_code_the_page_says_how_to_get_it(open_editor: Open) -> None:
    page = open_editor()
    page.get_by_text("This query in a program").click()
    for sign, count in (("x", 8000), ("ш", 2000)):  # both too long for an address
        type_query(page, f"ASK {{}} # {sign * count}")
        expect(page.locator("#snippets")).to_contain_text("The query is too long to write code")
        type_query(page, PERSONS)
        expect(page.locator("#snippets pre").first).to_contain_text("schema.org/Person")
    type_query(page, f"ASK {{}} # {'x' * 8000}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#snippets")).to_contain_text("xxxx")


def test_the_code_for_javascript_runs(open_editor: Open, visit: Visit) -> None:
    query = 'SELECT ("`${1}` it\'s\\\\n" AS ?x) {}'
    code = {s.name: s.code for s in write_snippets(f"{visit.site}/sparql", query, "SELECT")}
    page = open_editor()
    body = code["JavaScript"].replace("console.table(", "return (")
    assert page.evaluate(f"(async () => {{ {body} }})()") == [{"x": "`${1}` it's\\n"}]


def test_who_prefers_a_plain_text_field_keeps_it(open_editor: Open) -> None:
    page = open_editor()
    type_query(page, PERSONS)
    page.get_by_role("button", name="Plain text field").click()
    area = page.get_by_role("textbox", name="Your SPARQL query")
    expect(area).to_have_value(PERSONS)
    area.press("Control+Enter")
    expect(page.get_by_text("Rows: 3")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Editor with completion")).to_be_visible()
    assert page.locator(".CodeMirror").count() == 0
    page.get_by_role("button", name="Editor with completion").click()
    expect(page.locator(".CodeMirror")).to_contain_text("schema.org/Person")


def test_without_scripts_the_form_asks_and_shows_names(visit: Visit) -> None:
    page = visit("/queries/", scripts=False, width=PHONE)
    page.get_by_role("link", name="What happened when, by accepted claims?").click()
    expect(page.locator("h1")).to_have_text("What happened when, by accepted claims?")
    page.locator("#query").fill(PERSONS)
    page.get_by_role("button", name="Run the query").click()
    first = page.locator("table.result td").first
    expect(first).to_have_text("person:albert-kotzebue", use_inner_text=True)
    page.get_by_label("Show things by their names").check()
    expect(first).to_have_text("Albert L. Kotzebue", use_inner_text=True)
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    page.get_by_text("This query in a program").click()
    expect(page.locator("#snippets")).to_contain_text("read.csv(address)")
