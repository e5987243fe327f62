"""A page as a tree that is searched as a style sheet would: `find(page, ".map a")`."""

import re
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
_VOID = frozenset(("meta", "link", "br", "input", "img", "hr"))
_STEP = re.compile(r"(?P<tag>\w*)(?P<rest>(?:[.#][\w-]+)*)\Z")


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.builder = TreeBuilder()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        self.open.append(tag)
        if tag in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "script":
            self.builder.data(data)


def parse(text: str) -> Element:
    """Read a page strictly: every tag closed in order."""
    return _Reader(text).builder.close()


def read(client: FlaskClient, path: str) -> Element:
    """Visit a page as a browser would, and read it."""
    response = client.get(path, headers=BROWSER)
    assert response.status_code == 200, response.text
    return parse(response.text)


def find(element: Element, selector: str) -> list[Element]:
    """Find what is inside by tag, class and id, with spaces for "anywhere below"."""
    found = [element]
    for step in selector.split():
        match = _STEP.match(step)
        assert match, f"{step} is more than a tag, classes and an id"
        inside = {id(e): e for outer in found for e in outer.iter() if e is not outer}
        found = [e for e in inside.values() if _fits(e, match["tag"], match["rest"])]
    return found


def _fits(element: Element, tag: str, rest: str) -> bool:
    marks = {f".{name}" for name in element.get("class", "").split()} | {f"#{element.get('id')}"}
    return element.tag == (tag or element.tag) and set(re.findall(r"[.#][\w-]+", rest)) <= marks


def words(element: Element) -> str:
    """Give the text a visitor reads, on one line."""
    return " ".join("".join(element.itertext()).split())
