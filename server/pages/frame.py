"""The frame of every page: language, addresses, and what the templates may rely on."""

from __future__ import annotations

from textwrap import shorten
from typing import Any, cast
from urllib.parse import urlencode

from flask import current_app, g, render_template, request
from markupsafe import Markup
from pyoxigraph import NamedNode

from kg.terms import SCHEMA, SCHEMA_TEXT, SKOS
from server.links import Addresses, web_address
from server.negotiation import choose_language
from server.pages.embedding import embed_dataset, embed_name, embed_thing
from server.pages.menu import Menu
from server.pages.values import Reader, longest_first
from server.pages.wording import LANGUAGE_NAMES, LANGUAGES, PHRASES
from server.site import Site, current_site
from server.visits import addresses_for

SUMMARY_LENGTH = 200
_SUMMARIES = (NamedNode(SCHEMA + "description"), NamedNode(SKOS + "definition"), SCHEMA_TEXT)
_ANY_QUERY = """SELECT ?thing ?property ?value WHERE {
  ?thing ?property ?value .
}
LIMIT 20"""


def page_language() -> str:
    """Say which language the visitor reads: `?lang=`, then `Accept-Language`, then English."""
    if "lang" not in g:
        header = request.headers.get("Accept-Language", "")
        g.lang = choose_language(request.args.get("lang"), header, LANGUAGES)
    return cast(str, g.lang)


def first_query() -> str:
    """Give a query to begin with: the release's first question, without its comments."""
    asked = next((question for question in current_site().questions if question.runs_here), None)
    lines = asked.text.splitlines() if asked else []
    return "\n".join(line for line in lines if not line.startswith("#")).strip() or _ANY_QUERY


def addresses() -> Addresses:
    """Make the addresses for the answer at hand."""
    if "addresses" not in g:
        g.addresses = addresses_for(current_site(), request.environ)
    return cast(Addresses, g.addresses)


def page_reader() -> Reader:
    """Give the reader through whose eyes the page at hand is made."""
    site, to, lang = current_site(), addresses(), page_language()
    shelf = site.derive(_open_shelves).setdefault((lang, to.lang, to.root), {})
    return Reader(site.look, to, lang, site.derive(_order_prefixes), shelf)


def _open_shelves(_: Site) -> dict[tuple[str, str | None, str], dict[object, Any]]:
    return {}


def _order_prefixes(site: Site) -> tuple[tuple[str, str], ...]:
    return longest_first(site.release.manifest.prefixes.items())


def show(template: str, **context: object) -> str:
    """Render a page inside the frame every page has."""
    site, lang = current_site(), page_language()
    iri = context.get("thing")
    thing = NamedNode(iri) if isinstance(iri, str) else None
    return render_template(
        template,
        site=site,
        lang=lang,
        say=PHRASES[lang],
        to=addresses().to,
        web=web_address,
        static=_to_static,
        first_query=first_query,
        menu=site.derive(_choose_menu),
        languages=_language_links(lang),
        embedded=Markup(_embed(site, thing)),
        summary=_summarise(site, thing, lang),
        **{**context, "canonical": _to_permanent(site)},
    )


def _to_permanent(site: Site) -> str:
    """Give the permanent address of the page at hand, as its headers say it if they do.

    The language is no part of it, what was chosen or asked on the page is.
    """
    named = cast(str, g.get("canonical", ""))
    if named.startswith(("http://", "https://")):
        return named
    kept = {key: value for key, value in request.args.items() if key != "lang"}
    plain = Addresses(site.base, "", None, lambda _: False)
    return site.base + plain.to(request.path.lstrip("/"), **kept)


def _embed(site: Site, thing: NamedNode | None) -> str:
    if thing is not None:
        return embed_thing(site, thing)
    return embed_dataset(site) if request.path == "/" else embed_name(site)


def _summarise(site: Site, thing: NamedNode | None, lang: str) -> str:
    """Say in a line what a page is about, for lists of results and previews of links."""
    found = (site.look.text(thing, p, lang) for p in _SUMMARIES) if thing else iter(())
    text = next(filter(None, found), None) or site.description(lang)
    if text is None:
        return site.title(lang).value
    return shorten(text.value, SUMMARY_LENGTH, placeholder=" …")


def _to_static(name: str) -> str:
    """Address a file beside the pages; `url_for` cannot when the Host header makes no sense."""
    site = current_site()
    plain = Addresses(site.base, request.script_root, None, lambda _: False)
    return plain.to(f"/static/{name}", v=site.build[:12])


def _choose_menu(site: Site) -> Menu:
    """List what this release has to offer."""
    menu = cast(Menu, current_app.extensions["menu"])
    return Menu(
        main=tuple(entry for entry in menu.main if site.derive(entry.is_there)),
        foot=tuple(entry for entry in menu.foot if site.derive(entry.is_there)),
        search=menu.search,
    )


def _language_links(current: str) -> list[dict[str, str | None]]:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "lang"]
    plain = Addresses(current_site().base, request.script_root, None, lambda _: False)
    # A path of two slashes would be the address of another host.
    path = plain.to("/" + request.path.lstrip("/"))
    return [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "href": None if code == current else f"{path}?{urlencode([*kept, ('lang', code)])}",
        }
        for code in LANGUAGES
    ]
