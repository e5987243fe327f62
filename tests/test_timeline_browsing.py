"""The timeline in a real browser: one choice for list and maps, by mouse, keyboard and address."""

import re

import pytest
from browsing import PHONE, Visit
from playwright.sync_api import Page, expect

TORGAU = "Torgau, entries: 8"
ALL = "Entries: 49"


def open_whole(visit: Visit) -> Page:
    """Open the timeline, and wait until its script has brought along all entries."""
    page = visit("/timeline")
    expect(page.locator(".whenwhere")).to_have_attribute("data-complete", "yes")
    return page


def entry(page: Page, slug: str):
    return page.locator(f'[id="{slug}"]')


def mark(page: Page, name: str):
    return page.locator(f'.maps a[aria-label="{name}"]').first


def test_a_click_on_a_place_leaves_its_entries_at_once(visit: Visit) -> None:
    page = open_whole(visit)
    page.evaluate("window.sameDocument = true")
    mark(page, TORGAU).click()
    expect(page.get_by_role("status")).to_have_text("Entries: 8 of 49")
    assert page.evaluate("window.sameDocument")
    assert page.url.endswith("/timeline?place=place%2Ftorgau")
    expect(entry(page, "event/army-commanders-meeting")).to_be_visible()
    expect(entry(page, "event/konev-reception-for-bradley")).to_be_hidden()
    expect(mark(page, TORGAU)).to_have_class(re.compile("chosen"))


def test_an_event_chosen_in_the_list_is_marked_on_the_map(visit: Visit) -> None:
    page = open_whole(visit)
    page.get_by_role("link", name="Army commanders’ meeting", exact=True).click()
    expect(entry(page, "event/army-commanders-meeting")).to_have_class(re.compile("chosen"))
    expect(mark(page, TORGAU)).to_have_class(re.compile("chosen"))
    expect(mark(page, "Wiesbaden, entries: 1")).to_have_class(re.compile("rest"))
    expect(page.get_by_role("status")).to_have_text(ALL)


def test_days_chosen_in_the_form_narrow_both(visit: Visit) -> None:
    page = open_whole(visit)
    page.get_by_label("From").fill("1945-04-30")
    page.get_by_label("to", exact=True).fill("1945-05-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Entries: 3 of 49")
    assert page.url.endswith("/timeline?from=1945-04-30&to=1945-05-01")
    expect(mark(page, "Kassel, entries: 1")).to_have_class(re.compile("rest"))


def test_going_back_gives_back_the_choice_before(visit: Visit) -> None:
    page = open_whole(visit)
    mark(page, TORGAU).click()
    expect(page.get_by_role("status")).to_have_text("Entries: 8 of 49")
    page.go_back()
    expect(page.get_by_role("status")).to_have_text(ALL)
    page.go_forward()
    expect(page.get_by_role("status")).to_have_text("Entries: 8 of 49")


def test_the_keyboard_alone_chooses_moves_and_lets_go(visit: Visit) -> None:
    page = open_whole(visit)
    first = page.locator(".entry h3 a").first
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    second = page.locator(".entry h3 a").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(second).not_to_have_attribute("aria-current", "true")
    assert page.url.endswith("/timeline")
    mark(page, TORGAU).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Entries: 8 of 49")


def test_a_mark_for_many_places_leads_to_the_map_that_parts_them(visit: Visit) -> None:
    page = open_whole(visit)
    page.locator('a.mark[href^="#map-"]').first.click()
    focused = page.evaluate("document.activeElement.closest('figure').id")
    assert focused.startswith("map-")
    expect(page.get_by_role("status")).to_have_text(ALL)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_address_shows_the_same_choice_with_scripts_and_without(
    visit: Visit, scripts: bool
) -> None:
    page = visit("/timeline?place=place/torgau", scripts=scripts)
    shown = page.locator(".entry:visible")
    expect(shown).to_have_count(8)
    expect(page.locator(".mark.chosen")).to_have_count(3)
    expect(page.get_by_role("status")).to_have_text("Entries: 8 of 49")
    assert page.get_by_role("link", name="Show everything").is_visible()


def test_without_scripts_a_link_and_the_form_choose(visit: Visit) -> None:
    page = visit("/timeline", scripts=False, width=PHONE)
    page.locator("#map a.mark[aria-label='" + TORGAU + "']").first.click()
    expect(page.locator(".entry:visible")).to_have_count(8)
    page.get_by_label("From").fill("2024-01-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".entry:visible")).to_have_count(5)


@pytest.mark.parametrize("dark", [False, True])
def test_every_map_picture_is_drawn(visit: Visit, dark: bool) -> None:
    page = visit("/timeline", dark=dark)
    page.locator(".maps .map").last.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.map img')].every((map) => map.naturalWidth > 0)"
    )
    assert page.locator(".map img").count() == 5
