"""The parts of the site that a release has something for, in the order of the menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.routing import Map

from server.articles import has_texts
from server.chronicle.reading import has_events
from server.kinds import has_kinds
from server.photographs import has_photographs
from server.site import Site


def _always(_: Site) -> bool:
    return True


@dataclass(frozen=True)
class Entry:
    """A part of the site: the key of its name, its address, whether a release has it."""

    key: str
    path: str
    is_there: Callable[[Site], bool] = _always


MENU = (
    Entry("article", "/article", has_texts),
    Entry("photographs", "/photographs", has_photographs),
    Entry("timeline", "/timeline", has_events),
    Entry("browse", "/browse", has_kinds),
    Entry("queries", "/queries/", lambda site: bool(site.questions)),
    Entry("sparql", "/sparql"),
    Entry("about_data", "/about"),
)
FOOT = (
    Entry("downloads", "/dumps/"),
    Entry("links", "/links/", lambda site: bool(site.files.get("identifiers.json"))),
    Entry("ontology", "/def", lambda site: "ontology/def.ttl" in site.files),
    Entry("checks", "/report", lambda site: "ontology/shapes.ttl" in site.files),
    Entry("conformance", "/conformance"),
    Entry("review", "/review"),
)
SEARCH = "/search"


@dataclass(frozen=True)
class Menu:
    """The entries this server has addresses for; `search` is None without a search."""

    main: tuple[Entry, ...]
    foot: tuple[Entry, ...]
    search: str | None


def to_menu(addresses: Map) -> Menu:
    """Leave out what no route answers."""
    routed = {rule.rule for rule in addresses.iter_rules()}
    return Menu(
        main=tuple(entry for entry in MENU if entry.path in routed),
        foot=tuple(entry for entry in FOOT if entry.path in routed),
        search=SEARCH if SEARCH in routed else None,
    )
