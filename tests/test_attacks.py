"""Hostile words and names: shown as what they are, on every page, and nothing of them ever runs."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest
from attacks import EXTREMES, MARKUP, SCRIPT_IRIS, attack, write_extremes
from browsing import PHONE, Visit
from conftest import Check, watch
from crawling import BROWSER, Answer, crawl, dead
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from real_service import serve

from server import Settings, create_app

LARGEST_PAGE = 1_000_000
# Texts whose writing runs on into what stands beside them, for nothing sets them apart.
NOT_APART = """() => {
  const isApart = (node) => {
    for (let box = node.parentElement; ; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (box.matches("textarea, svg *") || style.display.startsWith("inline-")) return true;
      if (style.display !== "inline") return box.textContent.trim() === node.data.trim();
      if (style.unicodeBidi.startsWith("isolate")) return true;
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode())
    if (walker.currentNode.data.includes("\u202e") && !isApart(walker.currentNode))
      found.push(walker.currentNode.parentElement.outerHTML);
  return found;
}"""


@pytest.fixture(scope="module")
def attacked(lighthouse_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lighthouse, where every text ends in an attack."""
    return attack(lighthouse_release, tmp_path_factory.mktemp("attacked") / "release")


@pytest.fixture(scope="module")
def extremes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of values that are too long, too many, or not what they seem."""
    return write_extremes(tmp_path_factory.mktemp("extremes"))


@pytest.fixture(scope="module")
def client(extremes: Path) -> FlaskClient:
    """Visits the extremes."""
    return create_app(Settings(release_dir=extremes)).test_client()


@pytest.fixture(scope="module")
def lighthouse(attacked: Path) -> FlaskClient:
    """Visits the attacked lighthouse."""
    return create_app(Settings(release_dir=attacked)).test_client()


@pytest.fixture(scope="module")
def found(lighthouse: FlaskClient) -> dict[str, Answer]:
    """All pages of the attacked lighthouse."""
    return crawl(lighthouse, ["/"])


@pytest.fixture(scope="module")
def one_of_each_kind(found: dict[str, Answer]) -> list[str]:
    """The addresses of the pages of the attacked lighthouse, one thing of each kind."""
    pages = sorted((a.address for a in found.values() if a.kind == "text/html"), reverse=True)
    own = [page for page in pages if not re.match(r"/id/|[^?]*\.html", page)]
    return list({re.match(r"/doc/[^/]*|[^?]*", page)[0]: page for page in own}.values())


@pytest.fixture(scope="module")
def attacked_site(attacked: Path) -> Iterator[str]:
    """The address of `kg serve` over the attacked lighthouse."""
    with serve(attacked, "--workers", "1") as url:
        yield url


@pytest.fixture
def visit_attacked(browser: Browser, attacked_site: str) -> Iterator[Visit]:
    """Opens pages of the attacked lighthouse, with no policy to hold a script back."""
    yield from watch(browser, attacked_site, policy=False)


@pytest.fixture(scope="module")
def extreme_site(extremes: Path) -> Iterator[str]:
    """The address of `kg serve` over the extremes."""
    with serve(extremes, "--workers", "1") as url:
        yield url


@pytest.fixture
def visit_extremes(browser: Browser, extreme_site: str) -> Iterator[Visit]:
    """Opens pages of the extremes, with no policy to hold a script back."""
    yield from watch(browser, extreme_site, policy=False)


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def live_attacks(html: str) -> list[str]:
    """List what a browser would run: scripts in the page, handlers, and links that are scripts."""
    live = []
    for tag, attributes in Tags(html).found:
        if (
            tag == "script"
            and "src" not in attributes
            and "json" not in str(attributes.get("type"))
        ):
            live.append(f"<{tag}> {attributes}")
        for name, value in attributes.items():
            scheme = (value or "").strip().partition(":")[0].lower()
            leads = name in ("href", "src", "action", "formaction", "data", "xlink:href")
            if name.startswith("on") or leads and scheme in ("javascript", "data", "vbscript"):
                live.append(f"<{tag}> {name}={value}")
    return live


def about(thing: str) -> str:
    """Give the address of a thing of the extremes."""
    return "/resource?" + urlencode({"iri": f"http://example.org/{thing}"})


def test_no_page_of_an_attacked_release_breaks(found: dict[str, Answer]) -> None:
    assert dead(found) == []
    assert sum(answer.kind == "text/html" for answer in found.values()) > 80


def test_no_page_holds_anything_that_would_run(
    lighthouse: FlaskClient, found: dict[str, Answer]
) -> None:
    attacks = 0
    for address in [a.address for a in found.values() if a.kind == "text/html"]:
        html = lighthouse.get(address, headers=BROWSER, follow_redirects=True).text
        assert live_attacks(html) == [], address
        attacks += html.count("pwned()")
    assert attacks > 1000


def test_what_is_attacked_is_valid_html(
    lighthouse: FlaskClient, one_of_each_kind: list[str], client: FlaskClient, check_html: Check
) -> None:
    asked = [(lighthouse, path) for path in one_of_each_kind]
    asked += [(client, about(thing)) for thing in ("links", *EXTREMES)]
    pages = [who.get(path, headers=BROWSER, follow_redirects=True).text for who, path in asked]
    assert check_html({f"{number}.html": page for number, page in enumerate(pages)}) == []


def test_in_a_browser_nothing_of_an_attack_runs(
    visit_attacked: Visit, one_of_each_kind: list[str]
) -> None:
    read = 0
    for address in one_of_each_kind:
        page = visit_attacked(address)
        read += page.locator("main").inner_text().count(MARKUP)
        assert page.evaluate(NOT_APART) == [], address
        assert visit_attacked.faults == [], address
        visit_attacked.close()
    assert read > 100


def test_an_attack_that_gets_through_is_seen(visit_attacked: Visit) -> None:
    assert len(live_attacks(MARKUP)) == 4
    page = visit_attacked("/")
    with page.expect_event("pageerror"):
        page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", MARKUP)
    page.close()
    assert "script failed: pwned is not defined" in visit_attacked.faults
    visit_attacked.faults.clear()


@pytest.mark.parametrize("thing", ["many", "wide", "heavy", "links", *EXTREMES])
def test_a_page_stays_small_whatever_it_is_about(client: FlaskClient, thing: str) -> None:
    response = client.get(about(thing), headers=BROWSER)
    assert response.status_code == 200
    assert len(response.data) < LARGEST_PAGE


def test_a_table_of_results_stays_small(client: FlaskClient) -> None:
    query = "SELECT ?s ?o { ?s <http://example.org/value> ?o } ORDER BY DESC(STRLEN(?o))"
    page = client.get("/sparql", query_string={"query": query, "format": "html"}, headers=BROWSER)
    assert page.status_code == 200
    assert len(page.data) < LARGEST_PAGE


def test_no_name_is_a_link_to_a_script(client: FlaskClient) -> None:
    html = client.get(about("links"), headers=BROWSER).text
    assert live_attacks(html) == []
    links = {attributes.get("href") for tag, attributes in Tags(html).found if tag == "a"}
    assert "http://example.org/%22%3E%3Cscript%3Epwned()%3C/script%3E" in links
    assert not {iri for iri in SCRIPT_IRIS if not iri.startswith("http:")} & links
    assert not {link for link in links if link and "@" in link}


def test_characters_that_are_none_get_a_sign(client: FlaskClient) -> None:
    html = client.get(about("control"), headers=BROWSER).text
    assert "bell \ufffd, escape \ufffd[31m, delete \ufffd, next line \ufffd, none \ufffd" in html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe]", html)


@pytest.mark.parametrize("thing", ["links", *EXTREMES])
def test_extremes_are_readable_on_a_phone(visit_extremes: Visit, thing: str) -> None:
    page = visit_extremes(about(thing), width=PHONE)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE
    assert page.locator("h1").bounding_box()["height"] < 40_000
    assert page.locator("footer").is_visible()
    assert page.evaluate(NOT_APART) == []
