"""Pages of things in a real browser: notes, the copy button, the menu of a phone, languages."""

import pytest
from browsing import DESK, PHONE, Visit, barriers
from playwright.sync_api import Page, expect

NEUMOEV = "/doc/person/yakov-neumoev"
ELBE_DAY = "/doc/event/elbe-day"
OPEN = ".claim-note:popover-open"
LEADING = ".fact a.seal"
FOCUSED = "() => document.activeElement.innerText"


def test_a_mark_opens_the_claims_note_without_leaving_the_page(visit: Visit) -> None:
    page = visit(NEUMOEV)
    assert page.locator(OPEN).count() == 0
    page.locator(".fact .seal", has_text="C3.2").click()
    note = page.locator(OPEN)
    assert "Yakov Neumoev is a Hero of the Soviet Union" in note.inner_text()
    assert page.url.endswith(NEUMOEV)
    note.get_by_role("button", name="Close").click()
    assert page.locator(OPEN).count() == 0


def test_a_note_opens_and_closes_by_keyboard_and_without_scripts(visit: Visit) -> None:
    page = visit(NEUMOEV, width=PHONE, scripts=False)
    page.locator(".difference .seal").first.focus()
    page.keyboard.press("Enter")
    words = page.locator(OPEN).inner_text()
    assert "A museum and his own memoir have him in command of a squadron" in words
    page.keyboard.press("Escape")
    assert page.locator(OPEN).count() == 0


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_mark_without_a_note_fetches_it_and_opens_it_in_place(visit: Visit, lang: str) -> None:
    page = visit(ELBE_DAY, lang=lang)
    marks, address = page.locator(LEADING), page.locator(LEADING).first.get_attribute("href")
    alike = page.locator(f'a.seal[href="{address}"]').count()
    before = marks.count()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(visit.site)))
    marks.first.click()
    note = page.locator(OPEN)
    note.wait_for()
    assert note.locator(f'.words a[href="{address}"]').is_visible()
    assert {"en": "Who says it", "ru": "Кто говорит"}[lang] in note.inner_text()
    assert page.url.endswith(ELBE_DAY)
    assert asked == [f"{address}?part=note"]
    assert page.locator(f'a.seal[href="{address}"]').count() == 0
    assert before - marks.count() <= alike
    note.get_by_role("button").click()
    assert note.count() == 0
    page.locator(".fact button.seal").first.click()
    assert note.count() == 1
    assert len(asked) == 1


@pytest.mark.parametrize("path", [ELBE_DAY, "/doc/photograph/c5"])
def test_a_fetched_note_opens_and_closes_by_keyboard(visit: Visit, path: str) -> None:
    page = visit(path, width=PHONE)
    mark = page.locator(LEADING).first
    name = mark.inner_text()
    mark.focus()
    page.keyboard.press("Enter")
    page.locator(OPEN).wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("() => Boolean(document.activeElement.closest('.claim-note'))")
    page.keyboard.press("Escape")
    assert page.locator(OPEN).count() == 0
    assert page.evaluate(FOCUSED) == name
    page.keyboard.press("Enter")
    assert page.locator(OPEN).count() == 1


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_fetched_note_keeps_nobody_out(visit: Visit, axe: str, width: int) -> None:
    page = visit(ELBE_DAY, width=width)
    page.locator(LEADING).first.click()
    page.locator(OPEN).wait_for()
    assert barriers(page, axe) == []
    page.emulate_media(color_scheme="dark")
    assert barriers(page, axe) == []


def test_a_mark_leads_to_the_claim_without_scripts(visit: Visit) -> None:
    follow_mark(visit(ELBE_DAY, scripts=False))


def test_a_mark_leads_to_the_claim_when_its_note_cannot_be_had(visit: Visit) -> None:
    page = visit(ELBE_DAY)
    page.route("**/*part=note", lambda route: route.fulfill(status=200, body="<p>Gone"))
    follow_mark(page)


def follow_mark(page: Page) -> None:
    mark = page.locator(LEADING).first
    address = mark.get_attribute("href")
    assert address
    mark.click()
    page.wait_for_url(f"**{address}")
    expect(page.locator(".claim h1")).to_be_visible()


def test_every_claim_where_accounts_differ_has_its_reason_in_reach(visit: Visit) -> None:
    page = visit(ELBE_DAY)
    accounts = page.locator(".difference .account")
    assert accounts.count() == page.locator(".difference .account .seal").count() > 5
    page.locator(".further > summary").first.click()
    page.locator(".difference a.seal").first.click()
    expect(page.locator(OPEN)).to_contain_text("Who says it")


def test_a_mark_on_a_long_list_opens_its_note(visit: Visit) -> None:
    page = visit(f"{ELBE_DAY}?list=https%3A%2F%2Fschema.org%2Flocation&page=1")
    page.locator(LEADING).first.click()
    expect(page.locator(OPEN)).to_contain_text("Who says it")


def test_the_three_columns_stand_side_by_side_and_on_a_phone_below_each_other(
    visit: Visit,
) -> None:
    page = visit(NEUMOEV)
    columns = page.locator(".difference").first.locator(".column")
    boxes = [columns.nth(n).bounding_box() for n in range(3)]
    assert all(box is not None for box in boxes)
    tops = {round(box["y"]) for box in boxes if box}
    assert len(tops) == 1
    page.set_viewport_size({"width": PHONE, "height": 900})
    below = [columns.nth(n).bounding_box() for n in range(3)]
    lefts = {round(box["x"]) for box in below if box}
    assert len(lefts) == 1
    assert [columns.nth(n).locator("h3").inner_text() for n in range(3)] == [
        "The article says",
        "Records say",
        "Not known",
    ]


def test_the_citation_is_copied(visit: Visit) -> None:
    page = visit(NEUMOEV)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("“Yakov Neumoev”. Elbe Day knowledge graph, version ")
    assert copied.endswith("https://w3id.org/elbe-day/id/person/yakov-neumoev")


def test_without_scripts_there_is_no_button_that_does_nothing(visit: Visit) -> None:
    page = visit(NEUMOEV, scripts=False)
    assert not page.locator("[data-copy]").is_visible()


def test_a_phone_opens_the_menu_without_scripts(visit: Visit) -> None:
    page = visit("/", width=PHONE, scripts=False)
    assert not page.locator("#menu").is_visible()
    page.get_by_role("button", name="Menu").click()
    page.locator("#menu").get_by_role("link", name="Questions").click()
    page.wait_for_url("**/queries/")


def test_the_language_switch_keeps_the_page(visit: Visit) -> None:
    page = visit(NEUMOEV)
    page.get_by_role("link", name="Русский").click()
    assert page.locator("h1").inner_text() == "Яков Николаевич Неумоев"
    assert "Где сведения расходятся" in page.locator("main").inner_text()
    page.locator("a", has_text="Герой Советского Союза").first.click()
    assert page.locator("html").get_attribute("lang") == "ru"


def test_a_verdict_is_told_without_colour(visit: Visit) -> None:
    styles = {}
    for claim in ("c3-4", "c3-3"):
        verdict = visit(f"/doc/claim/{claim}").locator(".verdict")
        words = verdict.locator(".judgement").inner_text()
        border = verdict.evaluate("element => getComputedStyle(element).borderTopStyle")
        styles[claim] = (border, words.replace("\n", " "))
    assert styles["c3-4"] == ("double", "✗ contradicted Not accepted as fact")
    assert styles["c3-3"] == ("solid", "✓ corroborated Accepted as fact")


def test_print_brings_the_notes_along(visit: Visit) -> None:
    page = visit(NEUMOEV)
    page.emulate_media(media="print")
    notes = page.locator(".claim-note")
    assert notes.count() >= 5
    assert all(notes.nth(n).is_visible() for n in range(notes.count()))
    tops = [box["y"] for n in range(notes.count()) if (box := notes.nth(n).bounding_box())]
    assert tops == sorted(set(tops))
    assert not page.locator("#menu").is_visible()
