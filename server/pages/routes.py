"""Pages for people: the first screen, things, claims, questions, checks, and small files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote, urljoin

from flask import Blueprint, Response, current_app, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import HTTPException

from kg.terms import DCAT, OA, OWL, RDFS, SCHEMA_ITEM_REVIEWED, SCHEMA_TEXT, SSSOM, VOID
from kg.terms import RDF as RDF_NS
from server.descriptions import rewrite, small_file
from server.dumps import dump_files
from server.lookups import Text
from server.negotiation import FORMATS, HTML, JSON, RDF, Offer
from server.pages.claims import Badge, Card, badge, card, claim_view
from server.pages.entities import entity_view
from server.pages.frame import addresses, page_reader, show
from server.pages.photographs import drawing
from server.pages.values import Reader, Shown
from server.pages.wording import VERDICT_SYMBOLS
from server.refusals import KINDS, ProblemError
from server.replies import frame_links, negotiate, reply, see_other
from server.signposting import linkset_address, signs_of_dataset, to_headers
from server.site import current_site

pages = Blueprint("pages", __name__)

EXAMPLE_VERDICTS = ("contradicted", "corroborated", "evaluation", "unverifiable", "imprecise")
MACHINERY = (RDF_NS, RDFS, OWL, OA, DCAT, VOID, SSSOM)
KINDS_SHOWN = 16
PATH_SIGNS = "/:@!$&'()*+,;=~"
NOWHERE = "Nothing has this address; the start page leads to all there is."


@pages.route("/")
def home() -> Response:
    """Say on one screen what this is; for programs, describe the dataset."""
    to = addresses().to
    urls = {"html": to("/"), **{o.name: to(f"/void.{o.name}") for o in RDF}}
    offer = negotiate((HTML, *RDF), urls)
    alternates = {o: urls[o.name] for o in (HTML, *RDF) if o is not offer}
    links = frame_links(current_site().base, alternates)
    if offer is HTML:
        links += to_headers(signs_of_dataset(), linkset_address(addresses()))
        return reply(HTML, _home_page, links=links)
    return reply(offer, lambda: rewrite(small_file("catalog.ttl"), offer.name), links=links)


def _home_page() -> str:
    site, reader = current_site(), page_reader()
    examples = example_claims(reader)
    lead, rest = split_description(site.description(reader.lang))
    return show(
        "home.html",
        lead=lead,
        rest=rest,
        numbers=_numbers(bool(examples)),
        verdicts=count_verdicts(reader),
        kinds=list_kinds(reader),
        downloads=[name for name in dump_files() if not name.endswith(".gz")],
        examples=examples,
        questions=[q for q in site.questions if q.runs_here][:6],
    )


def _numbers(has_claims: bool) -> list[tuple[str, int]]:
    """Pick the counts a visitor wants, by the key of the words for them."""
    counts = current_site().release.manifest.counts
    graphs = "n_claims" if has_claims else "n_named_graphs"
    keys = {"named_graphs": graphs, **{key: f"n_{key}" for key in ("entities", "triples", "links")}}
    return [(key, counts[name]) for name, key in keys.items() if counts.get(name)]


def list_kinds(reader: Reader) -> list[tuple[Shown, str, int]]:
    """List the kinds of things in the data, most first, each with the address of its list."""
    classes = [
        (NamedNode(iri), count)
        for iri, count in current_site().dataset.classes
        if not iri.startswith(MACHINERY)
    ]
    to = reader.addresses.to
    return [(reader.thing(c), to("/resource", iri=c.value), n) for c, n in classes[:KINDS_SHOWN]]


def count_verdicts(reader: Reader) -> list[tuple[Badge, str | None, int]]:
    """Count the assessments by verdict, with the address of each verdict's page."""
    look = reader.look
    found = []
    for slug in VERDICT_SYMBOLS:
        verdict = look.terms.thing("verdict", slug)
        count = len(look.subjects(look.terms.verdict, verdict))
        if count:
            found.append((badge(reader, verdict), reader.addresses.href(verdict), count))
    return found


def split_description(text: Text | None) -> tuple[Text | None, Text | None]:
    """Part the first two sentences, for the first screen, from the rest."""
    if text is None:
        return None, None
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-ZА-ЯЁÄÖÜ])", text.value.strip())
    lead, rest = " ".join(sentences[:2]), " ".join(sentences[2:])
    return Text(lead, text.lang), Text(rest, text.lang) if rest else None


def example_claims(reader: Reader) -> list[Card]:
    """Pick three claims with different verdicts, a contradicted one first if there is one.

    Those the catalog names as examples (void:exampleResource) come before others.
    """
    look, named = reader.look, set(current_site().dataset.examples)
    chosen: list[NamedNode] = []
    for slug in EXAMPLE_VERDICTS:
        reviews = look.subjects(look.terms.verdict, look.terms.thing("verdict", slug))
        claims = [c for r in reviews for c in look.nodes(r, SCHEMA_ITEM_REVIEWED)]
        notated = [c for c in claims if reader.notation(c)]
        ordered = sorted(notated or claims, key=lambda c: _example_rank(reader, c, named))
        chosen += ordered[:1]
    return [card(reader, claim, responses=True) for claim in chosen[:3]]


def _example_rank(reader: Reader, claim: NamedNode, named: set[str]) -> tuple[bool, int, str]:
    """Put named examples first, then short claims."""
    text = reader.look.text(claim, SCHEMA_TEXT, reader.lang)
    return claim.value not in named, len(text.value) if text else 0, claim.value


def show_thing(thing: NamedNode, canonical: str, urls: Mapping[str, str]) -> str:
    """Render the page of a thing: a claim has its own, everything else the general one."""
    reader, site = page_reader(), current_site()
    frame = {"thing": thing.value, "canonical": canonical, "formats": _formats(urls)}
    if reader.look.is_claim(thing):
        return show("claim.html", view=claim_view(reader, thing), **frame)
    limits = site.settings
    view = entity_view(reader, thing, limits.page_links, limits.document_links)
    rest, picture = _query_for_rest(thing), drawing(reader, thing)
    return show("entity.html", view=view, rest=rest, picture=picture, **frame)


def _formats(urls: Mapping[str, str]) -> list[tuple[Offer, str]]:
    return [(FORMATS[name], url) for name, url in urls.items() if name in FORMATS]


def _query_for_rest(thing: NamedNode) -> str:
    query = f"SELECT ?thing ?property WHERE {{ ?thing ?property <{thing.value}> }}\nLIMIT 1000"
    return addresses().to("/sparql", query=query)


@pages.route("/report")
def report() -> Response:
    """Show how the release was checked: a page, RDF, or JSON."""
    to = addresses().to
    offers = (HTML, *RDF, JSON)
    offer = negotiate(offers, {o.name: to(f"/report.{o.name}") for o in offers})
    return _report(offer)


@pages.route("/report.<suffix>")
def report_as(suffix: str) -> Response:
    """Show the report in the form the address names."""
    for offer in (HTML, *RDF, JSON):
        if offer.name == suffix:
            return _report(offer)
    raise ProblemError(404, "not-found", f"The report has no form .{suffix}.")


def _report(offer: Offer) -> Response:
    to = addresses().to
    body = small_file("report.ttl" if offer in RDF else "report.json")
    alternates = {o: to(f"/report.{o.name}") for o in (HTML, *RDF, JSON) if o is not offer}
    links = frame_links(current_site().base + "report", alternates)
    if offer is HTML:
        return reply(HTML, lambda: _report_page(body), links=links)
    return reply(offer, lambda: body if offer is JSON else rewrite(body, offer.name), links=links)


def _report_page(body: bytes) -> str:
    reader = page_reader()

    def href(iri: str) -> str | None:
        return reader.addresses.href(NamedNode(iri))

    return show("report.html", report=json.loads(body), href=href, short=reader.compact)


@pages.route("/<path:rest>")
def own_name(rest: str) -> Response:
    """Lead from any other own name, such as the dataset's, to where it is described."""
    site = current_site()
    if site.base + rest == site.dataset.iri:
        return see_other(addresses().to("/"))
    found = lead_on(rest)
    if found is None:
        raise ProblemError(404, "not-found", NOWHERE)
    return found


def lead_on(path: str) -> Response | None:
    """Lead from an address that has no answer of its own to what it means; None: to nothing.

    That is the thing of this name, or else the same address without the slash at its end.
    """
    thing = find_own(path)
    if thing is not None:
        return see_other(addresses().document(thing.value))
    stem = path.strip("/")
    if not path.endswith("/") or not has_route(stem):
        return None
    asked = request.query_string.decode("latin-1")
    target = f"{request.script_root}/{quote(stem)}{'?' if asked else ''}{asked}"
    return Response(status=308, headers={"Location": target})


def has_route(path: str) -> bool:
    """Say whether an address has an answer of its own, whatever it is."""
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(f"/{path}", "GET")
    except HTTPException:
        return False
    return bool(endpoint != "pages.own_name")


def find_own(rest: str) -> NamedNode | None:
    """Find the thing whose name is this address: with its query or without, escaped or not.

    A base may have a path that no proxy takes off: `/graph/x` is BASE `graph/x` or `x` then.
    """
    site = current_site()
    starts = dict.fromkeys((site.base, urljoin(site.base, "/")))
    asked = request.query_string.decode("latin-1")
    for ending in (f"?{asked}", "") if asked else ("",):
        for name in dict.fromkeys((rest, quote(rest, safe=PATH_SIGNS))):
            for start in starts:
                thing = _to_name(start + name + ending, site.base)
                if thing is not None and site.look.known(thing):
                    return thing
    return None


def _to_name(iri: str, base: str) -> NamedNode | None:
    try:
        return NamedNode(iri) if iri.startswith(base) else None
    except ValueError:
        return None


@pages.route("/problems")
def problems() -> Response:
    """List the kinds of problems this service answers with."""
    return reply(HTML, lambda: show("problems.html", kinds=KINDS))
