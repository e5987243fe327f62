"""`/sparql` for people: the form, results and refusals as pages; and the service description.

What programs ask is answered by `server.sparql.front` before it comes here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, request

from kg.errors import QueryError
from kg.sparql import QueryForm
from server.descriptions import SERVICE_OFFERS, endpoint_url, service_description
from server.evaluation.answers import check
from server.limits import limits_of
from server.links import link_header
from server.negotiation import HTML, JSON
from server.pages.frame import addresses, first_query, page_language, page_reader, show
from server.refusals import ProblemError
from server.replies import general_links, negotiate, reply
from server.site import Question, current_site
from server.sparql.completion import list_terms
from server.sparql.desk import Asked, Found
from server.sparql.handed import HANDED, Handed
from server.sparql.protocol import Given, pick_by_name, read_request
from server.sparql.results import read_first, read_graph, read_table
from server.sparql.snippets import Snippet, write_snippets
from server.visits import with_format

pages = Blueprint("sparql", __name__)

EDITOR = Path(__file__).parents[1] / "pages" / "static" / "built" / "editor.js"
_TABLES = ("json", "csv", "tsv", "xml")
_BOOLEANS = ("json", "xml")
_GRAPHS = ("ttl", "jsonld", "nt", "rdf")


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
            form = handed.asked.form if handed.asked else None
            raise _above_the_form(handed.problem, handed.given.query, form)
        raise handed.problem
    if handed.asked is not None and handed.found is not None:
        return _result(handed, handed.asked, handed.found)
    assert handed.given is not None
    return _without_query(handed.given)


def _without_query(given: Given) -> Response:
    if request.method == "POST" or given.default_graphs or given.named_graphs:
        raise ProblemError(400, "bad-request", "The request has no query; send one as `query`.")
    offer = pick_by_name(given.formats, SERVICE_OFFERS)
    if offer is None:
        offer = negotiate(SERVICE_OFFERS, {o.name: _with_format(o.name) for o in SERVICE_OFFERS})
    if offer is HTML:
        return reply(HTML, lambda: show_form(""), links=_links())
    return reply(offer, lambda: service_description(offer), links=_links())


def _links() -> list[str]:
    return [*general_links(), link_header(addresses().to("/queries/"), "help")]


def _result(handed: Handed, asked: Asked, found: Found) -> Response:
    """Show a result as a page."""
    return reply(
        HTML,
        lambda: _result_page(handed, asked, found),
        key=repr(asked.request),
        links=_links(),
        repeatable=found.repeatable,
    )


def _above_the_form(
    problem: ProblemError, query: str, form: QueryForm | None = None
) -> ProblemError:
    """Give a person the form with the query in it and the sentence above it."""
    problem.page = lambda: _page(query, form, problem=problem)
    return problem


def _with_format(name: str) -> str:
    return with_format(current_site(), request.environ, name)


@pages.route("/sparql/terms.json")
def terms() -> Response:
    """List what the editor completes."""

    def write() -> str:
        found = list_terms(current_site(), page_reader())
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    return reply(JSON, write, key=page_language())


@pages.route("/sparql/code")
def code() -> Response:
    """Write code for a query that is not to be run here."""
    query = request.args.get("query", "")
    form = _find_form(query)
    return reply(HTML, lambda: show("code.html", query=query, snippets=_write_code(query, form)))


def _find_form(query: str) -> QueryForm | None:
    """Tell the form of a query; None for one that would be refused."""
    settings = current_site().settings
    if len(query.encode()) > settings.query_bytes:
        return None
    try:
        return check(query, limits_of(settings))
    except QueryError:
        return None


def _write_code(query: str, form: QueryForm | None) -> list[Snippet]:
    """Write code for a query; none for one that would be refused."""
    return write_snippets(endpoint_url(), query, form) if form else []


def show_form(query: str) -> str:
    """Show the form with a query in it, not run."""
    shown = query or first_query()
    return _page(shown, _find_form(shown))


@dataclass(frozen=True)
class Place:
    """The line of a query that holds a mistake, parted around the character in question."""

    before: str
    at: str
    after: str


def find_place(query: str, line: object, column: object) -> Place | None:
    """Cut out the line to which a problem points, at most 80 characters on each side."""
    lines = query.split("\n")
    if not isinstance(line, int) or not isinstance(column, int) or line > len(lines):
        return None
    text, at = lines[line - 1].rstrip("\r"), column - 1
    return Place(text[max(at - 80, 0) : at], text[at : at + 1] or " ", text[at + 1 : at + 81])


def _page(
    query: str, form: QueryForm | None, problem: ProblemError | None = None, **more: object
) -> str:
    context: dict[str, object] = {"result": None, **more}
    facts = problem.facts if problem else {}
    questions = [question for question in current_site().questions if question.runs_here]
    return show(
        "sparql.html",
        query=query,
        problem=problem,
        place=find_place(query, facts.get("line"), facts.get("column")),
        questions=[question for question in questions if not question.services],
        federated=[question for question in current_site().questions if question.services],
        question=_find_question(query, questions),
        snippets=[] if problem and problem.status == 400 else _write_code(query, form),
        endpoint=endpoint_url(),
        has_editor=EDITOR.is_file(),
        **context,
    )


def _find_question(query: str, questions: list[Question]) -> Question | None:
    """Find the question that a query asks word for word."""
    asked = query.replace("\r\n", "\n").strip()
    return next((q for q in questions if asked in (q.query, q.text.strip())), None)


def _result_page(handed: Handed, asked: Asked, found: Found) -> str:
    query, is_table = asked.request.query, asked.form in ("SELECT", "ASK")
    limit, reader = current_site().settings.table_rows, page_reader()
    can_turn = found.repeatable and found.entry is not None and request.method == "GET"
    page = (handed.given.page if handed.given and can_turn else None) or 1
    if found.entry is None:
        assert found.large is not None
        result = read_first(reader, query, found.large, is_table, limit)
    elif is_table:
        result = read_table(reader, query, found.entry.body, limit, page)
    else:
        result = read_graph(found.entry.body, limit, page)
    names = _BOOLEANS if "boolean" in result else _TABLES if is_table else _GRAPHS
    links = {name: _with_format(name) for name in names}
    return _page(query, asked.form, result=result, links=links, turn=_turn if can_turn else None)


def _turn(page: int) -> str:
    """Address another page of the result at hand."""
    return f"{_with_format('html')}&page={page}#answer"
