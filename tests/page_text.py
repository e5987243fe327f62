"""A page as one text: all its words in a row, its links, scripts and attributes."""

import re
from html.parser import HTMLParser

from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """A page read strictly: every tag closed in order; its links, ids, classes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"
        assert not re.search(r"built-in method| object at 0x|&lt;bound ", html), "a Python object"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "a":
            self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "script" and ("type", "application/ld+json") not in attrs:
            self.scripts += [dict(attrs).get("src") or "inline"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["script"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(client: FlaskClient, path: str, lang: str | None = None) -> Page:
    headers = {**BROWSER, **({"Accept-Language": lang} if lang else {})}
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    assert response.content_type == "text/html; charset=utf-8"
    return Page(response.text)
