"""`/queries/`: the questions a release answers, each with its query, ready to be run or changed."""

from __future__ import annotations

from flask import Blueprint, Response

from server.negotiation import HTML, Offer
from server.pages.frame import addresses, show
from server.refusals import ProblemError
from server.replies import reply, see_other
from server.site import Question, current_site
from server.sparql.page import show_form

pages = Blueprint("questions", __name__)

RQ = Offer("rq", "application/sparql-query", "SPARQL query")


@pages.route("/queries/", strict_slashes=False)
def queries() -> Response:
    """List the questions the release answers."""
    return reply(HTML, lambda: show("queries.html", questions=current_site().questions))


@pages.route("/queries/<name>")
def answer(name: str) -> Response:
    """Lead to the answer of a question; of one that cannot run here, to its text."""
    question, to = _find(name), addresses().to
    if not question.runs_here:
        return see_other(to(f"/queries/{name}.rq"))
    return see_other(to("/sparql", query=question.query, format="html"))


@pages.route("/queries/<name>.html")
def edit(name: str) -> Response:
    """Open one question's query in the editor, not run."""
    question = _find(name)
    return reply(HTML, lambda: show_form(question.query))


@pages.route("/queries/<name>.rq")
def query_text(name: str) -> Response:
    """Give one question's query as text."""
    text = _find(name).text
    return reply(RQ, lambda: text)


def _find(name: str) -> Question:
    for question in current_site().questions:
        if question.name == name:
            return question
    raise ProblemError(404, "not-found", f"This release has no question {name}.")
