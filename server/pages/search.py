"""Search: things by their names in every language and spelling, claims by their words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from server.finding import LONGEST_QUERY, Hit, finder
from server.lookups import Text
from server.negotiation import HTML, JSON
from server.pages.cards import Badge, Cards
from server.pages.frame import addresses, page_reader, show
from server.pages.values import Reader, Shown
from server.replies import negotiate, reply
from server.site import Site, current_site

pages = Blueprint("search", __name__)

SHOWN = 40
SUGGESTED = 8
WORDS_SHOWN = 240
"""Code points of a text that is not a name."""


@dataclass(frozen=True)
class Result:
    """A thing found, as a page shows it; `text` is what fits where that is not its label."""

    href: str
    label: Text
    kinds: list[Shown]
    text: Text | None
    badge: Badge | None


@pages.route("/search")
def search() -> Response:
    """Find what fits `?q=`: a page, or JSON for whoever types ahead."""
    question = " ".join(request.args.get("q", "").split())
    to = addresses().to
    urls = {"html": to("/search", q=question), "json": to("/search", q=question)}
    if negotiate((HTML, JSON), urls) is JSON:
        return reply(JSON, lambda: _suggest(current_site(), page_reader(), question))
    return reply(HTML, lambda: _show(current_site(), page_reader(), question))


def _show(site: Site, reader: Reader, question: str) -> str:
    found = site.derive(finder).find(question, SHOWN)
    results = [_result(reader, hit) for hit in found.hits]
    return show(
        "search.html",
        question=question,
        too_long=len(question) > LONGEST_QUERY,
        results=results,
        most=found.most,
        instead=[word for word, _ in found.instead],
    )


def _suggest(site: Site, reader: Reader, question: str) -> str:
    found = site.derive(finder).find(question, SUGGESTED)
    rows = []
    for hit in found.hits:
        result = _result(reader, hit)
        row = {
            "iri": hit.iri,
            "href": result.href,
            "label": result.label.value,
            "lang": result.label.lang,
            "kind": result.kinds[0].text if result.kinds else "",
        }
        if result.text:
            row["text"] = result.text.value
        rows.append(row)
    return json.dumps({"query": question, "results": rows}, ensure_ascii=False) + "\n"


def _result(reader: Reader, hit: Hit) -> Result:
    thing = NamedNode(hit.iri)
    is_claim = reader.look.is_claim(thing)
    card = Cards(reader).of(thing) if is_claim else None
    label = card.text if card else reader.look.label(thing, reader.lang)
    fitting = Text(_shorten(hit.text), hit.lang)
    kinds = [reader.kind(kind) for kind in reader.look.types(thing)]
    return Result(
        href=reader.addresses.href(thing) or "",
        label=label,
        kinds=kinds[:1],
        text=fitting if fitting.value != label.value else None,
        badge=card.badge if card else None,
    )


def _shorten(text: str) -> str:
    return text if len(text) <= WORDS_SHOWN else text[:WORDS_SHOWN].rsplit(" ", 1)[0] + " …"
