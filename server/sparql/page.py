"""`/sparql` for people: the form, results and refusals as pages; and the service description.

What programs ask is answered by `server.sparql.front` before it comes here.
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, request

from kg.errors import KnowledgeError
from server.descriptions import SERVICE_OFFERS, service_description
from server.links import link_header
from server.negotiation import HTML
from server.pages.frame import addresses, page_reader, show
from server.refusals import ProblemError, to_problem
from server.replies import general_links, negotiate, reply
from server.site import current_site
from server.sparql.desk import Asked, Found
from server.sparql.front import HANDED, Front, Handed
from server.sparql.protocol import Given, pick_by_name, read_request
from server.sparql.results import read_first, read_graph, read_table
from server.visits import with_format

pages = Blueprint("sparql", __name__)


# Both spellings answer alike: proxies add and drop the slash as they are set up.
@pages.route("/sparql", methods=["GET", "POST"])
@pages.route("/sparql/", methods=["GET", "POST"])
def sparql() -> Response:
    """Show what the front leaves to pages: results, refusals, the form; describe the service."""
    handed: Handed | None = request.environ.get(HANDED)
    if handed is None:
        return _without_query(read_request(request.environ, current_site().settings))
    if handed.problem is not None:
        if handed.given is not None and handed.given.query is not None:
            raise _above_the_form(handed.problem, handed.given.query)
        raise handed.problem
    if handed.asked is not None:
        return _result(handed, handed.asked)
    assert handed.given is not None
    return _without_query(handed.given)


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


def _result(handed: Handed, asked: Asked) -> Response:
    """Show a result as a page; it comes from the same lanes and the same cache as any other."""
    front = cast(Front, current_app.extensions["front"])
    query = asked.request.query
    try:
        found = front.find(asked, current_site(), handed.client, handed.visit)
    except KnowledgeError as error:
        raise _above_the_form(front.note(handed.visit, to_problem(error)), query) from None
    is_table = asked.form in ("SELECT", "ASK")
    return reply(
        HTML,
        lambda: _result_page(query, found, is_table),
        key=repr(asked.request),
        links=_links(),
        repeatable=found.repeatable,
    )


def _above_the_form(problem: ProblemError, query: str) -> ProblemError:
    """Give a person the form with the query in it and the sentence above it."""
    problem.page = lambda: _form_page(query, problem)
    return problem


def _with_format(name: str) -> str:
    return with_format(current_site(), request.environ, name)


def _form_page(query: str, problem: ProblemError | None = None) -> str:
    site = current_site()
    return show("sparql.html", query=query, problem=problem, questions=site.questions, result=None)


def _result_page(query: str, found: Found, is_table: bool) -> str:
    limit = current_site().settings.table_rows
    if found.entry is None:
        assert found.large is not None
        result = read_first(page_reader(), found.large, is_table, limit)
    elif is_table:
        result = read_table(page_reader(), found.entry.body, limit)
    else:
        result = read_graph(found.entry.body, limit)
    names = _BOOLEANS if "boolean" in result else _TABLES if is_table else _GRAPHS
    links = {name: _with_format(name) for name in names}
    return show("sparql.html", query=query, problem=None, questions=(), result=result, links=links)


_TABLES = ("json", "csv", "tsv", "xml")
_BOOLEANS = ("json", "xml")
_GRAPHS = ("ttl", "jsonld", "nt", "rdf")
