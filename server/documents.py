"""Names and documents: `/id/...` leads to `/doc/...`, which answers in the form asked for.

A request that says nothing about forms (no `Accept`, or `*/*`) gets Turtle: whoever states no
wish is a program, and browsers always ask for HTML.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.assemble import statements
from kg.nesting import nest
from kg.terms import (
    DCAT,
    DCTERMS,
    FOAF,
    OWL_DEPRECATED,
    RDF_TYPE,
    RDFS_COMMENT,
    SCHEMA_ABOUT,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_TEXT,
)
from server.graphs import DATASET_FORMATS, write_quads
from server.links import link_header, own_path
from server.lookups import DEFAULT, LABELS, Lookups
from server.negotiation import HTML, RDF, Offer
from server.pages.frame import addresses, page_language
from server.pages.routes import lead_on
from server.pages.things import show_thing
from server.refusals import ProblemError
from server.replies import frame_links, negotiate, reply, see_other
from server.signposting import linkset_address, signs_of_thing, to_headers
from server.site import Site, current_site

pages = Blueprint("documents", __name__)

OFFERS = (*RDF, HTML)
BY_SUFFIX = {offer.name: offer for offer in OFFERS}
REPLACED_BY = NamedNode(DCTERMS + "isReplacedBy")


@pages.route("/id/<kind>/<slug>")
def name(kind: str, slug: str) -> Response:
    """Lead from a thing's name to the document about it (303: a person is no page)."""
    thing = _find(f"id/{kind}/{slug}")
    negotiate(OFFERS, _urls(thing))
    target = addresses().document(thing.value)
    return see_other(target, [link_header(target, "describedby")])


@pages.route("/doc/<kind>/<slug>")
def document(kind: str, slug: str) -> Response:
    """Answer with the document about a thing, in the form `Accept` or the suffix asks for."""
    stem, dot, suffix = slug.rpartition(".")
    if dot and suffix in BY_SUFFIX:
        thing = _find(f"id/{kind}/{stem}")
        return _answer(thing, BY_SUFFIX[suffix])
    thing = _find(f"id/{kind}/{slug}")
    return _answer(thing, negotiate(OFFERS, _urls(thing)))


@pages.route("/resource")
def resource() -> Response:
    """Answer with the document about any IRI the release speaks of: `?iri=...&format=ttl`."""
    site = current_site()
    iri = request.args.get("iri")
    if iri is None:
        found = lead_on("resource")
        if found is None:
            detail = "Say of which thing, as /resource?iri= and its IRI."
            raise ProblemError(400, "bad-request", detail)
        return found
    wanted = request.args.get("format")
    if wanted is not None and wanted not in BY_SUFFIX:
        names = ", ".join(BY_SUFFIX)
        raise ProblemError(
            400, "unknown-parameter", f"There is no format {wanted!r}; known: {names}."
        )
    if own_path(iri, site.base) is not None:
        return see_other(addresses().document(iri, wanted or ""))
    thing = _node(iri)
    _check_there(thing)
    offer = BY_SUFFIX[wanted] if wanted else negotiate(OFFERS, _urls(thing))
    return _answer(thing, offer)


def _find(path: str) -> NamedNode:
    thing = _node(current_site().base + path)
    _check_there(thing)
    return thing


def _node(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError:
        detail = f"{iri!r} is no absolute IRI, so nothing here has that name."
        raise ProblemError(404, "not-found", detail, {"iri": iri}) from None


def _check_there(thing: NamedNode) -> None:
    """Refuse unknown and retired names.

    Raises:
        ProblemError: 404 with the IRI; 410 with the reason and what replaces it.
    """
    look = current_site().look
    if not look.known(thing):
        detail = f"This release says nothing of <{thing.value}>."
        raise ProblemError(404, "not-found", detail, {"iri": thing.value})
    if not look.holds(thing, OWL_DEPRECATED, _TRUE):
        return
    reason = look.text(thing, RDFS_COMMENT, page_language())
    replaced = [node.value for node in look.nodes(thing, REPLACED_BY)]
    detail = f"<{thing.value}> is retired: {reason.value if reason else 'no reason is given'}"
    facts: dict[str, object] = {"iri": thing.value}
    if replaced:
        facts["replaced_by"] = replaced
    raise ProblemError(410, "gone", detail, facts)


_TRUE = Literal("true", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))


def _urls(thing: NamedNode) -> Mapping[str, str]:
    to = addresses()
    return {offer.name: to.document(thing.value, offer.name) for offer in OFFERS}


def _answer(thing: NamedNode, offer: Offer) -> Response:
    site, urls = current_site(), _urls(thing)
    alternates = {o: urls[o.name] for o in OFFERS if o is not offer}
    canonical = _canonical(site, thing)
    links = [*frame_links(canonical, alternates), link_header(thing.value, "describes")]
    headers = {}
    if offer is HTML:
        links += to_headers(signs_of_thing(thing), linkset_address(addresses(), thing))
        return reply(HTML, lambda: show_thing(thing, urls), links=links)
    held = gather(site, thing, canonical)
    if held.cut:
        headers["Result-Cut"] = f"statements pointing here: first {site.settings.document_links}"
    return reply(
        offer, lambda: write_document(held, thing, offer.name), links=links, headers=headers
    )


def _canonical(site: Site, thing: NamedNode) -> str:
    """Give the permanent address of the document about a thing."""
    own = own_path(thing.value, site.base)
    return f"{site.base}doc/{own}" if own else addresses().document(thing.value)


@dataclass(frozen=True)
class Document:
    """What a document holds: its quads, and what formats of one graph hold in their place."""

    quads: frozenset[Quad]
    in_one_graph: frozenset[Quad]
    cut: bool


def write_document(held: Document, thing: NamedNode, format_name: str) -> bytes:
    """Write the document about a thing in one of the formats; JSON-LD is nested around it."""
    keeps_graphs = format_name in DATASET_FORMATS
    body = write_quads(held.quads if keeps_graphs else held.in_one_graph, format_name)
    if format_name != "jsonld":
        return body
    flat = json.loads(body)
    if not isinstance(flat, dict):  # No context, as for plain files: expanded form stays flat.
        return body
    return json.dumps(nest(flat, thing.value), ensure_ascii=False, indent=1).encode() + b"\n"


def gather(site: Site, thing: NamedNode, canonical: str) -> Document:
    """Collect what the document about a thing holds.

    Everything said of it in any graph; for a claim, its whole graph; what points to it, up to a
    limit; of every claim among these its text and verdict; the labels of all things named; and
    what the document itself is.
    """
    look = site.look
    pointing, cut = look.pointing(thing, site.settings.document_links)
    quads = {*look.about(thing), *pointing, *look.within(thing)}
    for review in look.subjects(SCHEMA_ITEM_REVIEWED, thing):
        quads.update(look.about(review))
    quads |= set(_claims_in_short(look, quads))
    quads |= set(_labels(look, quads))
    quads |= set(_own_description(site, thing, canonical, cut))
    return Document(frozenset(quads), frozenset(_to_one_graph(look, thing, quads)), cut)


def _to_one_graph(look: Lookups, thing: NamedNode, quads: Iterable[Quad]) -> Iterable[Quad]:
    """Put a document into one graph without asserting what is only claimed.

    The triples of a claim become statements in its own document and are left to it elsewhere;
    graphs that are no claims lose their names.
    """
    graphs: dict[NamedNode, list[Triple]] = {}
    for quad in quads:
        if isinstance(quad.graph_name, NamedNode):
            graphs.setdefault(quad.graph_name, []).append(quad.triple)
        else:
            yield quad
    for graph, triples in graphs.items():
        if not look.is_claim(graph):
            yield from (Quad(t.subject, t.predicate, t.object) for t in triples)
        elif graph == thing:
            stated = statements(thing, triples, look.terms)
            yield from (Quad(t.subject, t.predicate, t.object) for t in stated)


def _claims_in_short(look: Lookups, quads: Iterable[Quad]) -> Iterable[Quad]:
    """Give text, speaker and verdict of every claim that is about the thing or states of it."""
    quads = list(quads)
    graphs = {q.graph_name for q in quads}
    about = {q.subject for q in quads if q.predicate == SCHEMA_ABOUT}
    for claim in {node for node in graphs | about if isinstance(node, NamedNode)}:
        if not look.is_claim(claim):
            continue
        for predicate in (RDF_TYPE, SCHEMA_TEXT, look.terms.speaker, look.terms.voice):
            yield from look.store.quads_for_pattern(claim, predicate, None, DEFAULT)
        for review in look.subjects(SCHEMA_ITEM_REVIEWED, claim):
            for predicate in (SCHEMA_ITEM_REVIEWED, look.terms.verdict, look.terms.accepted):
                yield from look.store.quads_for_pattern(review, predicate, None, DEFAULT)


def _labels(look: Lookups, quads: Iterable[Quad]) -> Iterable[Quad]:
    named = {t for q in quads for t in (q.subject, q.object) if isinstance(t, NamedNode)}
    for node in named:
        for predicate in LABELS:
            yield from look.store.quads_for_pattern(node, predicate, None, DEFAULT)


def _own_description(site: Site, thing: NamedNode, canonical: str, cut: bool) -> Iterable[Quad]:
    """Say what the document is: about what, part of which dataset, of which version."""
    if not canonical.startswith(("http://", "https://")):
        return
    page = NamedNode(canonical)
    rows: list[tuple[str, NamedNode | Literal]] = [
        (RDF_TYPE.value, NamedNode(FOAF + "Document")),
        (FOAF + "primaryTopic", thing),
        (DCTERMS + "isPartOf", NamedNode(site.dataset.iri)),
        (DCAT + "version", Literal(site.version)),
    ]
    if site.dataset.license:
        rows.append((DCTERMS + "license", NamedNode(site.dataset.license)))
    if cut:
        limit = site.settings.document_links
        note = f"Of the statements that point to the topic only {limit} are given here."
        rows.append((RDFS_COMMENT.value, Literal(note, language="en")))
    for predicate, value in rows:
        yield Quad(page, NamedNode(predicate), value, DefaultGraph())
