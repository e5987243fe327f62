"""The page of a thing or a claim, or of one long list on it, in the frame that both share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import request
from pyoxigraph import NamedNode

from server.lookups import Text
from server.negotiation import FORMATS, Offer
from server.pages.cards import Cards
from server.pages.checks import find_findings
from server.pages.citation import cite, claim_query, facts_query, rest_query
from server.pages.claims import claim_view
from server.pages.codes import Codes, explain_codes, link_codes, read_codes
from server.pages.entities import entity_view, list_view
from server.pages.frame import addresses, page_reader, show
from server.pages.justifications import is_mapping, justify
from server.pages.photographs import drawing, find_pictures
from server.pages.values import Reader
from server.site import Site, current_site

PICTURE_BYTES = 8_000
"""About as much as a photograph drawn from its caption takes with its style sheet."""
LISTED_BYTES = 450
"""About as much as a photograph takes that is only named."""


def show_thing(thing: NamedNode, urls: Mapping[str, str]) -> str:
    """Render the page of a thing; `?list=` and `?page=` pick a page of one of its lists.

    Of a claim, `?part=note` gives the note alone that marks of it open.
    """
    site, reader = current_site(), page_reader()
    codes = site.derive(read_codes)
    wanted = request.args.get("list")
    if wanted is not None:
        listed = list_view(site, reader, thing, wanted, request.args.get("page", "1"))
        to_thing = reader.addresses.document(thing.value)
        turn = partial(_turn, thing, wanted)
        return show("list.html", view=listed, to_thing=to_thing, turn=turn)
    if reader.look.is_claim(thing):
        if request.args.get("part") == "note":
            linked = partial(_link, reader, codes)
            return show("note.html", card=Cards(reader).of(thing), linked=linked)
        return _show_claim(site, reader, thing, codes, urls)
    if is_mapping(reader, thing):
        return _show_mapping(site, reader, thing, urls)
    picture = drawing(reader, thing)
    pictures = find_pictures(reader, thing)
    placing = [card for _, _, cards in pictures for card in cards]
    taken = (PICTURE_BYTES if picture else 0) + len(pictures) * LISTED_BYTES
    view = entity_view(site, reader, thing, taken, placing)
    texts = [view.heading.line.value if view.heading.line else "", *view.codes]
    query, rest = facts_query(thing), rest_query(thing)
    return show(
        "entity.html",
        view=view,
        picture=picture,
        pictures=pictures,
        rest_address=reader.addresses.to("/sparql", query=rest),
        linked=partial(_link, reader, codes),
        meanings=explain_codes(reader, codes, texts),
        **_using(site, reader, view.heading.label, thing, query, urls),
    )


def _show_claim(
    site: Site,
    reader: Reader,
    claim: NamedNode,
    codes: Codes,
    urls: Mapping[str, str],
) -> str:
    view = claim_view(reader, claim)
    return show(
        "claim.html",
        view=view,
        linked=partial(_link, reader, codes),
        meanings=explain_codes(reader, codes, view.texts),
        **_using(site, reader, view.card.text, claim, claim_query(claim), urls),
    )


def _show_mapping(site: Site, reader: Reader, node: NamedNode, urls: Mapping[str, str]) -> str:
    label = reader.look.label(node, reader.lang)
    using = _using(site, reader, label, node, facts_query(node), urls)
    return show("mapping.html", view=justify(reader, node), **using)


def _using(
    site: Site,
    reader: Reader,
    title: Text,
    thing: NamedNode,
    query: str,
    urls: Mapping[str, str],
) -> dict[str, object]:
    """Give what a reader does with a page: cite it, take it as data, ask the same of the graph."""
    return {
        "thing": thing.value,
        "findings": site.derive(find_findings).get(thing.value, 0),
        "formats": _formats(urls),
        "citation": cite(site, reader, title, thing.value),
        "query": query,
        "query_address": reader.addresses.to("/sparql", query=query),
    }


def _link(reader: Reader, codes: Codes, text: Text) -> list[tuple[str, str | None]]:
    return link_codes(reader, codes, text.value)


def _turn(thing: NamedNode, key: str, page: int) -> str:
    """Address another page of a list."""
    return addresses().document(thing.value, **{"list": key, "page": str(page)})


def _formats(urls: Mapping[str, str]) -> list[tuple[Offer, str]]:
    return [(FORMATS[name], url) for name, url in urls.items() if name in FORMATS]
