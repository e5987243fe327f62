"""A real browser on a real service, and an eye on everything it says and asks for.

    def test_the_map_shows_a_place(visit: Visit) -> None:
        page = visit("/timeline", width=360, dark=True, lang="de")
        assert page.locator("h1").inner_text() == "Zeit und Ort"

The fixture `visit` (conftest.py) opens pages of this project's release. Whatever page a test opens,
it fails when that page reports an error or asks another host for anything.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

PHONE, TABLET, DESK = 360, 800, 1440
# No name but the service's own leads anywhere, so that a stray request cannot succeed unseen.
_ARGUMENTS = ("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--disable-quic")


@contextmanager
def open_browser(program: str) -> Iterator[Browser]:
    """Start a browser, and see to it that it ends."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, program)
        yield browser
        browser.close()


def launch(kind: BrowserType, program: str, *arguments: str) -> Browser:
    """Start a browser; by `browser_type` of one that runs, another beside it."""
    return kind.launch(
        executable_path=program,
        args=[*_ARGUMENTS, *arguments],
        # The sandbox is not to be had by root.
        chromium_sandbox=os.geteuid() != 0,
    )


def read_net_log(path: Path) -> list[str]:
    """List what a browser asked for on behalf of pages, from the log its network stack wrote.

    It holds what the browser wants for itself too, updates and such: that has no origin and no
    frame, and never comes to anything (`_ARGUMENTS`).
    """
    log = json.loads(path.read_text(encoding="utf-8"))
    start = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    requests = [event.get("params", {}) for event in log["events"] if event["type"] == start]
    return [
        request["url"]
        for request in requests
        if "url" in request
        and (request["initiator"] != "not an origin" or "frame" in request["request_type"])
    ]


def barriers(page: Page, axe: str) -> list[str]:
    """List what keeps people from reading a page as it stands; `axe` is the script that looks."""
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {violation['help']}: {node['html']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"][:1]
    ]


class Visit:
    """Opens pages of one service, and keeps what went wrong on any of them.

    Without its `policy` (CSP) a page may run whatever is in it: to see that nothing is.
    """

    def __init__(self, browser: Browser, site: str, *, policy: bool = True) -> None:
        self.site = site
        self._policy = policy
        self.faults: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._opened: set[str] = set()

    def __call__(
        self,
        path: str,
        *,
        width: int = DESK,
        height: int = 900,
        dark: bool = False,
        lang: str = "en",
        scripts: bool = True,
        status: int = 200,
    ) -> Page:
        """Open a page as a new visitor, who has been nowhere before; gives it fully loaded.

        `width` and `height` in pixels; `lang` is what the browser prefers; without `scripts` it
        runs none.
        """
        context = self._browser.new_context(
            base_url=self.site,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=lang,
            java_script_enabled=scripts,
            bypass_csp=not self._policy,
            reduced_motion="reduce",
        )
        context.on("request", self._note_request)
        context.on("console", self._note_words)
        context.on("weberror", lambda error: self.faults.append(f"script failed: {error.error}"))
        self._contexts.append(context)
        page = context.new_page()
        self._opened.add(self.site + path)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        return page

    def close(self) -> None:
        """End all visits so far."""
        while self._contexts:
            self._contexts.pop().close()

    def _note_request(self, request: Request) -> None:
        target = urlsplit(request.url)
        if target.scheme != "data" and f"{target.scheme}://{target.netloc}" != self.site:
            self.faults.append(f"asked another host: {request.url}")

    def _note_words(self, message: ConsoleMessage) -> None:
        # Of the page itself, all that is an error to a browser is its status, seen to above.
        about_page = message.location["url"] in self._opened and "status of" in message.text
        if message.type == "error" and not about_page:
            self.faults.append(f"console: {message.text} ({message.location['url']})")
