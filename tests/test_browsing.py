"""The eye on the browser misses nothing: no request, no error."""

import pytest
from browsing import Visit, barriers
from playwright.sync_api import Error


@pytest.fixture
def caught(visit: Visit) -> list[str]:
    """What the eye saw on a page, as this test caused it."""
    page = visit("/")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://elsewhere.example/")
    page.close()
    page = visit("/")
    page.evaluate("fetch('http://elsewhere.example/').catch(() => {})")
    page.evaluate("fetch('/nowhere').catch(() => {})")
    page.evaluate("console.error('spoken')")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    seen, visit.faults = visit.faults, []
    return seen


def test_a_request_to_another_host_is_seen_and_leads_nowhere(caught: list[str]) -> None:
    assert caught[0] == "asked another host: http://elsewhere.example/"


def test_whatever_the_browser_calls_an_error_is_seen(caught: list[str]) -> None:
    words = " ".join(caught[1:])
    assert "Connecting to 'http://elsewhere.example/' violates" in words
    assert "console: spoken" in words
    assert "script failed: thrown" in words


def test_what_keeps_people_out_is_seen(visit: Visit, axe: str) -> None:
    page = visit("/")
    page.evaluate(
        "() => { document.querySelector('main').innerHTML = "
        "`<h1>A</h1><img src='/static/icon.svg'><p lang='xx-nope-'>B</p>`; }"
    )
    assert [fault.partition(":")[0] for fault in barriers(page, axe)] == ["image-alt", "valid-lang"]
