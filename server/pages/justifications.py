"""Why do we say that this is that? The page of one link, and the sets that links stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode, Quad

from kg.terms import (
    OWL_ANNOTATED_SOURCE,
    OWL_ANNOTATED_TARGET,
    OWL_AXIOM,
    RDF_TYPE,
    SSSOM,
)
from server.graphs import write_quads
from server.identifiers import LINKSETS, find_schemes, has_beacon
from server.lookups import DEFAULT, Text
from server.negotiation import HTML, RDF, Offer
from server.pages.frame import addresses, page_reader, show
from server.pages.mappings import Mapping, read_mapping
from server.pages.values import Reader, Shown
from server.refusals import ProblemError
from server.replies import frame_links, negotiate, reply
from server.site import Site, current_site

pages = Blueprint("justifications", __name__)

SET = NamedNode(SSSOM + "MappingSet")
MAPPINGS = NamedNode(SSSOM + "mappings")
TSV = Offer("sssom.tsv", "text/tab-separated-values", "SSSOM (TSV)")
OFFERS = (HTML, TSV, *RDF)
PAGE_SIZE = 15
"""Things on one page of a set; each may have several links, and 60 kB is what a page may have."""


@dataclass(frozen=True)
class Justification:
    """One link with its reasons, and what else was looked at: for the thing, and for the target."""

    link: Mapping
    others: list[Mapping]
    elsewhere: list[Mapping]


@dataclass(frozen=True)
class Linked:
    """A thing with all its links, accepted ones first."""

    thing: Shown
    accepted: list[Mapping]
    rejected: list[Mapping]


@dataclass(frozen=True)
class LinkSet:
    """A published mapping set: its node, what it is called, and how many links it has."""

    node: NamedNode
    name: str
    title: Text
    accepted: int
    rejected: int


def is_mapping(reader: Reader, thing: NamedNode) -> bool:
    """Tell whether a thing is a link with its reasons."""
    look = reader.look
    return look.holds(thing, RDF_TYPE, OWL_AXIOM) and bool(look.nodes(thing, OWL_ANNOTATED_TARGET))


def justify(reader: Reader, node: NamedNode) -> Justification:
    """Gather why a link is drawn, or is not."""
    return Justification(
        read_mapping(reader, node),
        _beside(reader, node, OWL_ANNOTATED_SOURCE),
        _beside(reader, node, OWL_ANNOTATED_TARGET),
    )


def _beside(reader: Reader, node: NamedNode, end: NamedNode) -> list[Mapping]:
    """Find the other links with the same thing at one end, accepted ones first."""
    found = {n for thing in reader.look.nodes(node, end) for n in reader.look.subjects(end, thing)}
    return sort_mappings(read_mapping(reader, other) for other in found - {node})


def sort_mappings(mappings: Iterable[Mapping]) -> list[Mapping]:
    """Order links: accepted ones first, then by name and number."""
    return sorted(mappings, key=lambda m: (m.rejected, m.source.text, m.short))


def find_sets(site: Site) -> tuple[LinkSet, ...]:
    """Find the mapping sets of a release that it holds as files, too."""
    look, found = site.look, []
    for node in look.subjects(RDF_TYPE, SET):
        name = PurePosixPath(node.value).name
        if node.value == f"{site.base}links/{name}" and f"links/{name}.sssom.tsv" in site.files:
            links = look.nodes(node, MAPPINGS)
            negated = NamedNode(SSSOM + "predicate_modifier")
            rejected = sum(bool(look.objects(link, negated)) for link in links)
            title = look.label(node, "en")
            found.append(LinkSet(node, name, title, len(links) - rejected, rejected))
    return tuple(found)


@pages.route("/links/", strict_slashes=False)
def links() -> Response:
    """Show where this data is linked to, and how others link to it."""
    schemes = current_site().derive(find_schemes).values()
    listed = [
        (scheme, len(scheme.things), next(iter(scheme.things)), has_beacon(scheme))
        for scheme in schemes
        if scheme.things
    ]
    to = addresses().to
    linksets = [(o, to(f"/links/linkset.{suffix}")) for suffix, o in LINKSETS.items()]
    return reply(
        HTML,
        lambda: show(
            "links.html",
            sets=current_site().derive(find_sets),
            schemes=listed,
            linksets=linksets,
            offers=OFFERS[1:],
        ),
    )


@pages.route("/links/<name>")
def link_set(name: str) -> Response:
    """Give a mapping set: as a page, as SSSOM in TSV, or as RDF."""
    stem, dot, suffix = name.partition(".")
    found = _find_set(stem)
    to = addresses().to
    urls = {offer.name: to(f"/links/{stem}.{offer.name}") for offer in OFFERS}
    if dot:
        offer = next((offer for offer in OFFERS if offer.name == suffix), None)
        if offer is None:
            detail = f"There is no form .{suffix} here; there are: {', '.join(urls)}."
            raise ProblemError(404, "not-found", detail)
    else:
        offer = negotiate(OFFERS, urls)
    alternates = {o: urls[o.name] for o in OFFERS if o is not offer}
    headers = frame_links(found.node.value, alternates)
    if offer is HTML:
        return reply(HTML, lambda: _page(found, urls), links=headers)
    if offer is TSV:
        body = current_site().files[f"links/{stem}.sssom.tsv"]
        return reply(TSV, lambda: body, links=headers)
    return reply(
        offer, lambda: write_quads(gather_set(current_site(), found), offer.name), links=headers
    )


def _find_set(name: str) -> LinkSet:
    sets = current_site().derive(find_sets)
    for found in sets:
        if found.name == name:
            return found
    listed = ", ".join(each.name for each in sets) or "none"
    detail = f"There is no set of links {name!r} here; there are: {listed}."
    raise ProblemError(404, "not-found", detail)


def gather_set(site: Site, found: LinkSet) -> Sequence[Quad]:
    """Collect what is said of a set and of each of its mappings."""
    nodes = [found.node, *site.look.nodes(found.node, MAPPINGS)]
    return [
        quad for node in nodes for quad in site.store.quads_for_pattern(node, None, None, DEFAULT)
    ]


def _page(found: LinkSet, urls: dict[str, str]) -> str:
    reader = page_reader()
    nodes = reader.look.nodes(found.node, MAPPINGS)
    by_thing: dict[str, list[Mapping]] = {}
    for mapping in sort_mappings(read_mapping(reader, node) for node in nodes):
        by_thing.setdefault(mapping.source.note or mapping.source.text, []).append(mapping)
    linked = [
        Linked(
            mappings[0].source,
            [m for m in mappings if not m.rejected],
            [m for m in mappings if m.rejected],
        )
        for mappings in sorted(by_thing.values(), key=lambda many: many[0].source.text.casefold())
    ]
    count = -(-len(linked) // PAGE_SIZE)
    asked = request.args.get("page", "1")
    page = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    if not 1 <= page <= count:
        detail = f"These links have {count} pages, and no page {asked!r}."
        raise ProblemError(404, "not-found", detail)
    to = addresses().to
    return show(
        "linkset.html",
        found=found,
        about=_describe(reader, found.node),
        linked=linked[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        page=page,
        pages=count,
        turn=lambda number: to(f"/links/{found.name}", page=str(number)),
        forms=[(offer, urls[offer.name]) for offer in OFFERS[1:]],
    )


def _describe(reader: Reader, node: NamedNode) -> list[tuple[Shown, list[Shown]]]:
    """Say of a set what its header says, but for the links themselves."""
    said = sorted({q.predicate for q in reader.look.about(node)} - {RDF_TYPE, MAPPINGS}, key=str)
    return [(reader.property(p), reader.things(node, p)) for p in said if p.value not in _TITLES]


_TITLES = ("http://www.w3.org/2000/01/rdf-schema#label", "http://purl.org/dc/terms/title")
