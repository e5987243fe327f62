"""What describes the service and the data for programs: service description, VoID and DCAT,
ontology, shapes and context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from flask import Blueprint, Response, request
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.terms import DCAT, RDF_TYPE, RDFS_COMMENT, SCHEMA, VOID, XSD, XSD_INTEGER
from server.graphs import write_graph, write_quads
from server.links import link_header
from server.negotiation import FORMATS, HTML, JSONLD, RDF, Offer
from server.pages.frame import addresses
from server.pages.ontology import KINDS, show_kind, show_shapes, show_terms
from server.refusals import ProblemError
from server.replies import frame_links, negotiate, reply, see_other
from server.settings import describe_settings
from server.site import Site, current_site
from server.sparql.protocol import GRAPH_OFFERS, TABLE_OFFERS

pages = Blueprint("descriptions", __name__)

SD = "http://www.w3.org/ns/sparql-service-description#"
MEDIA_FORMATS = "http://www.w3.org/ns/formats/"
SERVICE_OFFERS = (*(FORMATS[name] for name in ("ttl", "jsonld", "rdf", "nt")), HTML)
OFFERS = (*RDF, HTML)
GRAPHS_LISTED = 5000
FUNCTIONS = (
    *("date", "time", "duration", "dayTimeDuration", "yearMonthDuration"),
    *("gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"),
)
"""Datatypes one can cast to beside those that SPARQL 1.1 asks for."""
LIMITS = (
    *("parameters", "parameters_bytes"),
    *("query_bytes", "query_depth", "query_operators", "query_patterns"),
    *("query_time_fast_ms", "query_time_slow_ms", "query_memory_bytes", "result_bytes"),
    *("client_queries", "client_slow_queries", "queue_wait_ms"),
)
"""The settings a client runs into; an answer that refuses names one of them."""

_FORMAT_IRIS = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "jsonld": "JSON-LD",
    "rdf": "RDF_XML",
    "trig": "TriG",
    "nq": "N-Quads",
}


def endpoint_url() -> str:
    """Give the endpoint's address as the visitor reached it, or as the settings name it."""
    return root_url() + "/sparql"


def root_url() -> str:
    """Give the service's own address, without a slash at the end."""
    return (current_site().settings.public_url or request.url_root).rstrip("/")


def service_description(offer: Offer) -> bytes:
    """Describe the endpoint (SPARQL 1.1 Service Description), graphs with their counts."""
    return write_graph(_describe_service(current_site(), endpoint_url()), offer.name)


def _describe_service(site: Site, url: str) -> list[Triple]:
    service, dataset = NamedNode(url), NamedNode(url + "#dataset")
    graph = NamedNode(url + "#default-graph")
    rows: list[tuple[NamedNode, str, NamedNode | Literal]] = [
        (service, "endpoint", service),
        (service, "supportedLanguage", NamedNode(SD + "SPARQL11Query")),
        (service, "defaultDataset", dataset),
        (dataset, "defaultGraph", graph),
    ]
    names = dict.fromkeys(o.name for o in (*TABLE_OFFERS, *GRAPH_OFFERS) if o is not HTML)
    rows += [
        (service, "resultFormat", NamedNode(MEDIA_FORMATS + _FORMAT_IRIS[name])) for name in names
    ]
    rows += [(service, "extensionFunction", NamedNode(XSD + name)) for name in FUNCTIONS]
    rows += [(service, "feature", NamedNode(SD + f)) for f in _features(site)]
    types = ((service, "Service"), (dataset, "Dataset"), (graph, "Graph"))
    triples = [Triple(s, NamedNode(SD + p), o) for s, p, o in rows]
    triples += [Triple(s, RDF_TYPE, NamedNode(SD + kind)) for s, kind in types]
    triples.append(Triple(service, RDFS_COMMENT, Literal(_say_limits(site), language="en")))
    triples += _describe_limits(site, url, service)
    served, version = NamedNode(DCAT + "servesDataset"), NamedNode(DCAT + "version")
    triples.append(Triple(service, served, NamedNode(site.dataset.iri)))
    triples.append(Triple(dataset, version, Literal(site.version)))
    return triples + _describe_graphs(site, url, dataset, graph)


def _features(site: Site) -> tuple[str, ...]:
    return ("BasicFederatedQuery",) if site.settings.allow_service else ()


def _describe_limits(site: Site, url: str, service: NamedNode) -> list[Triple]:
    """Say every limit and every refusal as name, value and unit (schema.org PropertyValue)."""
    settings, sentences = site.settings, describe_settings()
    found: list[tuple[str, str, str, str]] = []
    for name in LIMITS:
        value, unit = str(getattr(settings, name)), name.rpartition("_")[2]
        found.append((name, value, unit if unit in ("bytes", "ms") else "", sentences[name]))
    allowed = " ".join(settings.allow_service) or "none"
    found += [
        ("updates", "refused", "", "SPARQL Update: answered with 403; the data is read-only."),
        ("SERVICE", allowed, "", "The endpoints that SERVICE may call; any other is refused: 400."),
        ("FROM", "local", "", "FROM and the dataset parameters choose graphs, and never fetch."),
    ]
    triples = []
    for name, value, unit, sentence in found:
        limit = NamedNode(f"{url}#limit-{name}")
        triples.append(Triple(service, NamedNode(SCHEMA + "additionalProperty"), limit))
        triples.append(Triple(limit, RDF_TYPE, NamedNode(SCHEMA + "PropertyValue")))
        number = value.isdigit()
        said = Literal(value, datatype=XSD_INTEGER) if number else Literal(value)
        rows = [("name", Literal(name)), ("value", said)]
        rows += [("unitText", Literal(unit))] if unit else []
        rows.append(("description", Literal(sentence, language="en")))
        triples += [Triple(limit, NamedNode(SCHEMA + p), o) for p, o in rows]
    return triples


def _say_limits(site: Site) -> str:
    limits = site.settings
    services = (
        f"SERVICE may call only {', '.join(limits.allow_service)}. Updates are refused"
        if limits.allow_service
        else "Updates and SERVICE are refused"
    )
    return (
        f"Read-only. {services}, FROM never fetches, and default-graph-uri "
        "and named-graph-uri choose among the graphs listed here. A query has at most "
        f"{limits.query_bytes} bytes and {limits.query_time_slow_ms} milliseconds, a result at "
        f"most {limits.result_bytes} bytes; nothing is "
        "ever cut: what does not fit is refused."
    )


def _describe_graphs(site: Site, url: str, dataset: NamedNode, default: NamedNode) -> list[Triple]:
    counts = site.graph_counts
    size = NamedNode(VOID + "triples")
    triples = []
    listed = islice(sorted(counts.items(), key=lambda item: str(item[0])), GRAPHS_LISTED)
    for number, (name, count) in enumerate(listed):
        graph = default
        if isinstance(name, NamedNode):
            entry, graph = NamedNode(f"{url}#entry-{number}"), NamedNode(f"{url}#graph-{number}")
            triples += [
                Triple(dataset, NamedNode(SD + "namedGraph"), entry),
                Triple(entry, RDF_TYPE, NamedNode(SD + "NamedGraph")),
                Triple(entry, NamedNode(SD + "name"), name),
                Triple(entry, NamedNode(SD + "graph"), graph),
                Triple(graph, RDF_TYPE, NamedNode(SD + "Graph")),
            ]
        triples.append(Triple(graph, size, Literal(str(count), datatype=XSD_INTEGER)))
    return triples


@pages.route("/void")
@pages.route("/catalog")
@pages.route("/.well-known/void")
def void() -> Response:
    """Describe the dataset: DCAT-AP and VoID, from the release's catalog; people get `/`."""
    return _described(VOID_PAGE)


@pages.route("/void.<suffix>")
def void_as(suffix: str) -> Response:
    """Give the description in the form the address names."""
    return _described(VOID_PAGE, suffix)


@pages.route("/def")
def definitions() -> Response:
    """Give the ontology: a page for people, RDF for programs."""
    return _described(DEF_PAGE)


@pages.route("/def.<suffix>")
def definitions_as(suffix: str) -> Response:
    """Give the ontology in the form the address names."""
    return _described(DEF_PAGE, suffix)


@pages.route(f"/def/<any({', '.join(KINDS)}):kind>")
def definitions_in_full(kind: str) -> Response:
    """Show people the terms of one kind, each with example, reason and uses."""
    small_file(DEF_PAGE.file)
    return reply(HTML, lambda: show_kind(kind))


@pages.route("/def/<version>")
def definitions_of(version: str) -> Response:
    """Give one version of the ontology, if it is the one of this release."""
    held = current_site().release.manifest.ontology_version
    if version != held:
        detail = f"This release holds version {held} of the ontology; {version} is not kept here."
        raise ProblemError(404, "not-found", detail, {"version": held})
    return _described(DEF_PAGE)


@pages.route("/shapes")
def shapes() -> Response:
    """Give the shapes the data is checked with."""
    return _described(SHAPES_PAGE)


@pages.route("/shapes.<suffix>")
def shapes_as(suffix: str) -> Response:
    """Give the shapes in the form the address names."""
    return _described(SHAPES_PAGE, suffix)


@pages.route("/context.jsonld")
def context() -> Response:
    """Give the JSON-LD context."""
    body = small_file("ontology/context.jsonld")
    canonical = link_header(current_site().base + "context.jsonld", "canonical")
    return reply(JSONLD, lambda: body, links=[canonical])


@dataclass(frozen=True)
class Described:
    """A Turtle file of the release with an address of its own.

    `page` shows it to people, or is the address of the page that does.
    """

    address: str
    file: str
    page: Callable[[bytes], str] | str


VOID_PAGE = Described("void", "catalog.ttl", "/")
DEF_PAGE = Described("def", "ontology/def.ttl", show_terms)
SHAPES_PAGE = Described("shapes", "ontology/shapes.ttl", show_shapes)


def _described(what: Described, suffix: str | None = None) -> Response:
    """Answer with a Turtle file of the release, in the form asked for."""
    body, to = small_file(what.file), addresses().to
    urls = {o.name: to(f"/{what.address}.{o.name}") for o in OFFERS}
    chosen = negotiate(OFFERS, urls) if suffix is None else _by_suffix(suffix)
    alternates = {o: urls[o.name] for o in OFFERS if o is not chosen}
    links = frame_links(current_site().base + what.address, alternates)
    page = what.page
    if chosen is HTML:
        if isinstance(page, str):
            return see_other(to(page), links)
        return reply(HTML, lambda: page(body), links=links)
    return reply(chosen, lambda: rewrite(body, chosen.name), links=links)


def _by_suffix(suffix: str) -> Offer:
    for offer in OFFERS:
        if offer.name == suffix:
            return offer
    names = ", ".join(offer.name for offer in OFFERS)
    raise ProblemError(404, "not-found", f"There is no form .{suffix} here; there are: {names}.")


def small_file(path: str) -> bytes:
    """Give a small file of the release.

    Raises:
        ProblemError: 404 when this release has none such.
    """
    found = current_site().files.get(path)
    if found is None:
        raise ProblemError(404, "not-found", f"This release has no {path}.")
    return found


def rewrite(turtle: bytes, format_name: str) -> bytes:
    """Give a Turtle file of the release as it is, or in another format, which is written once."""
    if format_name == "ttl":
        return turtle
    written, key = current_site().derive(_hold_written), (turtle, format_name)
    if key not in written:
        written[key] = write_quads(parse(turtle, RdfFormat.TURTLE), format_name)
    return written[key]


def _hold_written(_: Site) -> dict[tuple[bytes, str], bytes]:
    return {}
