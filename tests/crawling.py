"""Every address of a release that a visitor can come to by following links, asked for once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}
_LINK = re.compile(r'\s(?:href|src|action|data)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_HEADER_LINK = re.compile(r"<([^>]*)>")
_STYLE_LINK = re.compile(r"""url\(["']?([^"')]*)|@import ["']([^"']*)""")


@dataclass(frozen=True)
class Answer:
    """What an address answered, after redirects: where its links lead, and what can be led to."""

    address: str
    status: int
    kind: str
    links: frozenset[str]
    ids: frozenset[str]


def crawl(client: FlaskClient, starts: Iterable[str]) -> dict[str, Answer]:
    """Follow every link within the service, from some addresses on; gives each one's answer.

    Of the languages only those of the first addresses are opened: a link to another is taken
    without its `lang`.
    """
    queue = list(starts)
    found: dict[str, Answer] = {}
    while queue:
        address = queue.pop()
        if address not in found:
            found[address] = _ask(client, address)
            ahead = {to_address(link) for link in found[address].links}
            queue += [target for target in ahead if target not in found]
    return found


@cache
def to_address(link: str) -> str:
    """Take fragment and language from a link."""
    parts = urlsplit(link)
    kept = urlencode([p for p in parse_qsl(parts.query, keep_blank_values=True) if p[0] != "lang"])
    return parts._replace(query=kept, fragment="").geturl()


def dead(found: dict[str, Answer]) -> list[str]:
    """List the addresses that did not answer well, each with a page that leads there."""
    bad = {answer.address: answer.status for answer in found.values() if answer.status != 200}
    from_ = {to_address(link): a.address for a in found.values() for link in a.links}
    return [f"{bad[a]} {a} (linked from {from_.get(a, 'the start')})" for a in sorted(bad)]


def lost_fragments(found: dict[str, Answer]) -> list[str]:
    """List the links to a part of a page that the page does not have."""
    lost = defaultdict(set)
    for answer in found.values():
        for link in answer.links:
            fragment, target = unquote(urlsplit(link).fragment), found[to_address(link)]
            if fragment and target.kind == "text/html" and fragment not in target.ids:
                lost[link].add(answer.address)
    return [f"{link} (linked from {min(pages)})" for link, pages in sorted(lost.items())]


def _ask(client: FlaskClient, address: str) -> Answer:
    response = client.get(address, headers=BROWSER, buffered=True, follow_redirects=True)
    base = response.request.full_path.removesuffix("?")
    text = response.text if response.mimetype in ("text/html", "text/css") else ""
    links = {urljoin(base, link) for link in _links(client, response, text)}
    return Answer(
        address,
        response.status_code,
        response.mimetype,
        frozenset(link for link in links if re.match("/(?!/)", link)),
        frozenset(unescape(name) for name in _ID.findall(text)),
    )


def _links(client: FlaskClient, response: TestResponse, text: str) -> Iterator[str]:
    own = client.application.extensions["served"].now().base
    if response.mimetype == "text/css":
        yield from ("".join(both) for both in _STYLE_LINK.findall(text))
    else:
        yield from (unescape(link) for link in _LINK.findall(text))
    for header in response.headers.getlist("Link"):
        for link in _HEADER_LINK.findall(header):
            yield "/" + link.removeprefix(own) if link.startswith(own) else link
