"""What crawlers and feed readers ask for: robots.txt, the sitemap, and the feed of changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, current_app, request
from pyoxigraph import NamedNode

from kg.release import CHANGES
from kg.terms import RDF_TYPE
from server.links import Addresses, own_path
from server.lookups import DEFAULT
from server.negotiation import Offer
from server.pages.frame import addresses
from server.pages.menu import Menu
from server.refusals import ProblemError
from server.replies import reply
from server.site import Site, current_site

pages = Blueprint("crawling", __name__)

TEXT = Offer("txt", "text/plain", "text")
XML = Offer("xml", "application/xml", "XML")
ATOM = Offer("atom", "application/atom+xml", "Atom feed")
NOT_FOR_CRAWLERS = ("/sparql", "/resource", "/search", "/linkset", "/reconcile", "/metrics")
SITEMAP_LENGTH = 20_000
"""Addresses in one sitemap; the protocol allows 50,000."""
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


@pages.route("/robots.txt")
def robots() -> Response:
    """Tell crawlers to read pages and leave queries alone: whoever wants all takes a dump."""
    root = request.script_root
    lines = (
        "# Every page and document may be read. To have all of the data, take a dump instead:",
        f"# {_here('/dumps/')}",
        "User-agent: *",
        *(f"Disallow: {root}{path}" for path in NOT_FOR_CRAWLERS),
        "Crawl-delay: 1",
        "",
        f"Sitemap: {_here('/sitemap.xml')}",
        "",
    )
    return reply(TEXT, lambda: "\n".join(lines))


@pages.route("/sitemap.xml")
def sitemap() -> Response:
    """List the sitemaps: one of the parts of the site, then those of the things described."""
    count = -(-len(_documents()) // SITEMAP_LENGTH)
    names = [f"/sitemap-{number}.xml" for number in range(count + 1)]
    return reply(XML, lambda: _write("sitemapindex", "sitemap", names))


@pages.route("/sitemap-<int:number>.xml")
def part(number: int) -> Response:
    """List the parts of the site (0), or the documents from the number-th share on (from 1)."""
    start = (number - 1) * SITEMAP_LENGTH
    if number == 0:
        menu: Menu = current_app.extensions["menu"]
        site = current_site()
        entries = [e.path for e in (*menu.main, *menu.foot) if e.is_there(site)]
        return reply(XML, lambda: _write("urlset", "url", ["/", *entries]))
    listed = _documents()[start : start + SITEMAP_LENGTH]
    if not listed:
        raise ProblemError(404, "not-found", f"There is no sitemap number {number}.")
    return reply(XML, lambda: _write("urlset", "url", listed))


def _documents() -> tuple[str, ...]:
    return current_site().derive(_find_documents)


def _find_documents(site: Site) -> tuple[str, ...]:
    """Find the paths of the documents about own things that have a class."""
    kinds = site.store.quads_for_pattern(None, RDF_TYPE, None, DEFAULT)
    named = {q.subject.value for q in kinds if isinstance(q.subject, NamedNode)}
    own = (own_path(iri, site.base) for iri in named)
    return tuple(sorted(f"/doc/{path}" for path in own if path))


def _write(root: str, element: str, paths: list[str] | tuple[str, ...]) -> str:
    changed = current_site().dataset.changed_on
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    rows = "".join(
        f"<{element}><loc>{escape(_here(path))}</loc>{when}</{element}>\n" for path in paths
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{root} xmlns="{_SITEMAPS}">\n{rows}</{root}>\n'


@pages.route("/feed.atom")
def feed() -> Response:
    """Tell feed readers which release is served, and what it changed (RFC 4287)."""
    if current_site().dataset.changed_on is None:
        detail = "The data does not say when it was changed, so there is no feed of its changes."
        raise ProblemError(404, "not-found", detail)
    return reply(ATOM, lambda: "\n".join(_feed(current_site())))


def _feed(site: Site) -> Iterator[str]:
    changed = f"{site.dataset.changed_on}T00:00:00Z"
    title, dataset = escape(site.title("en").value), escape(site.dataset.iri)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
    yield f"<title>{title}: changes of the data</title>"
    yield f"<id>{dataset}#changes</id><updated>{changed}</updated>"
    yield f"<author><name>{title}</name></author>"
    yield f'<link rel="self" type="application/atom+xml" href={quoteattr(_here("/feed.atom"))}/>'
    yield f'<link rel="alternate" type="text/html" href={quoteattr(_here("/"))}/>'
    yield "<entry>"
    yield f"<title>Release {site.version[:12]}</title>"
    yield f"<id>urn:sha256:{site.version}</id><updated>{changed}</updated>"
    yield f'<link rel="alternate" href={quoteattr(_here("/about#versions"))}/>'
    yield f"<summary>{escape(_what_changed(site))}</summary>"
    yield "</entry>"
    yield "</feed>"
    yield ""


def _what_changed(site: Site) -> str:
    try:
        with site.folder.open(f"{CHANGES}/changes.json") as file:
            found = json.load(file)
    except (FileNotFoundError, ValueError):
        return "No release before this one is known here; the dumps hold all of it."
    added, removed = int(found["added"]), int(found["removed"])
    return f"Quads added: {added}; removed: {removed}."


def _here(path: str) -> str:
    """Address one of our paths in full, as the visitor reached it."""
    plain = Addresses(addresses().base, "", None, lambda _: False)
    return request.host_url.rstrip("/") + request.script_root + plain.to(path)
