"""`/sparql`: the query side of the SPARQL 1.1 Protocol, for programs and for a browser."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request
from pyoxigraph import BlankNode, Literal, NamedNode

from kg.errors import KnowledgeError, QueryError
from kg.sparql import check_query, tokens
from server.answers import InProcess, QueryRequest
from server.descriptions import SERVICE_OFFERS, service_description
from server.frame import addresses, page_reader, show
from server.limits import ResultLimitError, limits_of
from server.links import link_header
from server.lookups import Term
from server.negotiation import HTML, Offer
from server.problems import ProblemError
from server.protocol import Given, offers_for, pick_by_name, read_request
from server.replies import general_links, negotiate, reply
from server.site import current_site
from server.spool import UnwritableError
from server.values import Reader, Shown

pages = Blueprint("sparql", __name__)

_UNREPEATABLE = ("NOW", "RAND", "UUID", "BNODE")


# Both spellings answer alike: proxies add and drop the slash as they are set up.
@pages.route("/sparql", methods=["GET", "POST"])
@pages.route("/sparql/", methods=["GET", "POST"])
def sparql() -> Response:
    """Answer a query; without one, describe the service or show the form."""
    given = read_request()
    if given.query is None:
        return _without_query(given)
    return _with_query(given, given.query)


def _without_query(given: Given) -> Response:
    if request.method == "POST" or given.default_graphs or given.named_graphs:
        raise ProblemError(400, "bad-request", "The request has no query; send one as `query`.")
    offer = pick_by_name(given.formats, SERVICE_OFFERS)
    if offer is None:
        offer = negotiate(SERVICE_OFFERS, {o.name: _with_format(o.name) for o in SERVICE_OFFERS})
    if offer is HTML:
        return reply(HTML, lambda: _form_page(""), links=_links())
    return reply(offer, lambda: service_description(offer), links=_links())


def _links() -> list[str]:
    return [*general_links(), link_header(addresses().to("/queries/"), "help")]


def _with_query(given: Given, query: str) -> Response:
    try:
        form = check_query(query)
    except QueryError as error:
        return _refuse(error, query)
    offers = offers_for(form)
    offer = pick_by_name(given.formats, offers)
    if offer is None:
        offer = negotiate(offers, {o.name: _with_format(o.name) for o in offers})
    asked = QueryRequest(query, _format_for(offer, form), given.default_graphs, given.named_graphs)
    try:
        site = current_site()
        manifest = site.release.manifest
        limits = limits_of(site.settings)
        process = InProcess(site.store, limits, manifest.prefixes, manifest.version)
        body = process.evaluate(asked, "").read()
    except (QueryError, ResultLimitError, UnwritableError) as error:
        return _refuse(error, query)
    repeatable = _is_repeatable(query) and not (form in ("CONSTRUCT", "DESCRIBE") and b"_:" in body)
    page = (lambda: _result_page(query, body, form in ("SELECT", "ASK"))) if offer is HTML else None
    return reply(
        offer,
        page or (lambda: body),
        key=repr(asked),
        links=_links(),
        repeatable=repeatable,
    )


def _format_for(offer: Offer, form: str) -> str:
    """Name the format to evaluate into; a page is made of JSON rows or of Turtle."""
    if offer is not HTML:
        return offer.name
    return "json" if form in ("SELECT", "ASK") else "ttl"


def _with_format(name: str) -> str:
    kept = {k: v for k, v in request.args.items() if k not in ("format", "output", "results")}
    return addresses().to("/sparql", **kept, format=name)


def _is_repeatable(query: str) -> bool:
    """Say whether a query gives the same bytes each time; when in doubt, no."""
    words = [t.upper for t in tokens(query) if t.kind in ("word", "name")]
    return not any(name in word for word in words for name in _UNREPEATABLE)


def _refuse(error: KnowledgeError, query: str) -> Response:
    """Answer a program with a problem, a person with the form and the sentence above it."""
    if isinstance(error, ResultLimitError):
        facts = {"limit_bytes": error.value}
        problem = ProblemError(507, "result-too-large", error.message, facts)
    elif isinstance(error, UnwritableError):
        problem = ProblemError(406, "not-acceptable", error.message)
    else:
        facts = {n: v for n, v in (("line", error.line), ("column", error.column)) if v}
        problem = ProblemError(400, "query", error.message, facts)
    problem.page = lambda: _form_page(query, problem)
    raise problem


def _form_page(query: str, problem: ProblemError | None = None) -> str:
    site = current_site()
    return show("sparql.html", query=query, problem=problem, questions=site.questions, result=None)


def _result_page(query: str, body: bytes, is_table: bool) -> str:
    limit = current_site().settings.table_rows
    result = _read_table(body, limit) if is_table else _read_graph(body, limit)
    links = {name: _with_format(name) for name in (_TABLES if is_table else _GRAPHS)}
    return show("sparql.html", query=query, problem=None, questions=(), result=result, links=links)


_TABLES = ("json", "csv", "tsv", "xml")
_GRAPHS = ("ttl", "jsonld", "nt", "rdf")


def _read_table(body: bytes, limit: int) -> dict[str, object]:
    """Turn JSON results into rows for the page, at most `limit` of them."""
    document = json.loads(body)
    if "boolean" in document:
        return {"boolean": document["boolean"]}
    names = document["head"]["vars"]
    bindings = document["results"]["bindings"]
    reader = page_reader()
    rows = [
        [_show_cell(reader, row[name]) if name in row else None for name in names]
        for row in bindings[:limit]
    ]
    return {"names": names, "rows": rows, "total": len(bindings)}


def _show_cell(reader: Reader, binding: dict[str, object]) -> Shown:
    """Show a result's term as it is: compact names rather than labels, nothing translated."""
    term = _to_term(binding)
    if isinstance(term, NamedNode):
        href = reader.addresses.href(term)
        return Shown(reader.compact(term.value), "thing", None, href, term.value)
    return reader.show(term) if isinstance(term, Literal) else Shown(str(term), "other")


def _to_term(binding: dict[str, object]) -> Term:
    kind, value = binding["type"], binding["value"]
    if kind == "uri":
        return NamedNode(str(value))
    if kind == "bnode":
        return BlankNode(str(value))
    if kind == "triple":
        return Literal(json.dumps(value, ensure_ascii=False))
    lang, datatype = binding.get("xml:lang"), binding.get("datatype")
    if lang:
        return Literal(str(value), language=str(lang))
    return Literal(str(value), datatype=NamedNode(str(datatype)) if datatype else None)


def _read_graph(body: bytes, limit: int) -> dict[str, object]:
    """Take the first lines of a Turtle result for the page."""
    lines = body.decode("utf-8").splitlines()
    return {"turtle": "\n".join(lines[:limit]), "rows": lines[:limit], "total": len(lines)}
