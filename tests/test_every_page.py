"""What every kind of page holds, in a real browser (page_kinds.py lists the kinds)."""

from pathlib import Path

import pytest
from browsing import DESK, PHONE, TABLET, Visit, barriers, launch, read_net_log
from equipment import CHROMIUM
from page_kinds import KINDS, PageKind
from playwright.sync_api import Browser

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
SIDEWAYS = "document.scrollingElement.scrollWidth"


@every_kind
def test_a_page_never_scrolls_sideways(visit: Visit, kind: PageKind) -> None:
    page = visit(kind.path, width=PHONE, status=kind.status)
    for width in (PHONE, TABLET, DESK):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(SIDEWAYS) <= width


@every_kind
def test_a_page_is_whole_without_scripts(visit: Visit, kind: PageKind) -> None:
    page = visit(kind.path, scripts=False, status=kind.status, width=PHONE)
    assert kind.words in page.locator("main").inner_text()
    assert page.evaluate(SIDEWAYS) <= PHONE


@every_kind
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_page_keeps_nobody_out(visit: Visit, axe: str, kind: PageKind, width: int) -> None:
    page = visit(kind.path, width=width, status=kind.status)
    assert barriers(page, axe) == []
    page.emulate_media(color_scheme="dark")
    assert barriers(page, axe) == []


def test_the_browsers_own_log_names_this_host_alone(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    log, program = tmp_path / "net.json", CHROMIUM.find()
    assert program
    logging = launch(browser.browser_type, program, f"--log-net-log={log}")
    visit = Visit(logging, site)
    for kind in KINDS:
        visit(kind.path, status=kind.status)
        visit.close()
    logging.close()
    asked = read_net_log(log)
    assert {site + kind.path for kind in KINDS} - set(asked) == set()
    assert {url for url in asked if not url.startswith(f"{site}/")} == set()
    assert visit.faults == []
