"""Errors as answers: `application/problem+json` (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import logging
from typing import cast

from flask import Flask, Response, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import HTTPException

from kg.errors import QueryError
from server.negotiation import HTML, PROBLEM, VARY
from server.pages.frame import page_reader, show
from server.pages.routes import NOWHERE, find_own, has_route, lead_on
from server.refusals import KINDS, ProblemError, to_problem, wants_page, write_problem
from server.site import current_site

_SEEKERS = ("pages.own_name", "documents.resource", "justifications.link_set")
"""The addresses that have looked for the thing themselves."""


def register(app: Flask) -> None:
    """Answer every error of the app as a problem."""
    app.register_error_handler(ProblemError, answer_problem)
    app.register_error_handler(QueryError, _answer_query_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(Exception, _answer_fault)


def answer_problem(problem: ProblemError) -> Response:
    """Write the problem as JSON, or as a page for whoever asks for HTML.

    A name that lies among the addresses of the service, and is none of them, leads to its thing.
    """
    if problem.status == 404 and request.method in ("GET", "HEAD"):
        found = None if request.endpoint in _SEEKERS else lead_on(request.path[1:])
        if found is not None:
            return found
    if wants_page(request.headers.get("Accept")):
        body = problem.page() if problem.page else _page(problem)
        response = Response(body, problem.status, content_type=HTML.content_type)
    else:
        text = write_problem(problem, current_site().base, request.script_root, request.path)
        response = Response(text, problem.status, content_type=PROBLEM.media_type)
    response.headers["Vary"] = VARY
    response.headers["Cache-Control"] = "no-store" if problem.status >= 500 else "no-cache"
    response.headers.extend(problem.headers)
    return response


def _page(problem: ProblemError) -> str:
    named = problem.facts.get("things")
    things = (
        [page_reader().thing(NamedNode(iri)) for iri in named] if isinstance(named, list) else []
    )
    return show("problem.html", problem=problem, about=KINDS[problem.kind], things=things)


def _answer_query_error(error: QueryError) -> Response:
    return answer_problem(to_problem(error))


def _answer_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return cast(Response, error.get_response())
    if status == 405 and _is_unknown():
        status = 404
    kind = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 416: "range"}.get(
        status, "bad-request" if status < 500 else "internal"
    )
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Content-Range")
    }
    if status == 404:
        headers.pop("Allow", None)
    detail = NOWHERE if status == 404 else _sentence(error)
    return answer_problem(ProblemError(status, kind, detail, {}, headers))


def _is_unknown() -> bool:
    """Tell that no method at all would find something: only the route of last resort fits."""
    path = request.path[1:]
    return not has_route(path) and find_own(path) is None


def _sentence(error: HTTPException) -> str:
    if error.code == 405:
        allowed = sorted(getattr(error, "valid_methods", None) or ())
        named = f"; allowed: {', '.join(allowed)}" if allowed else ""
        return f"{request.method} is not allowed here{named}."
    return error.description or error.name


def _answer_fault(error: Exception) -> Response:
    logging.getLogger("server").error("%s %s", request.method, request.path, exc_info=error)
    return answer_problem(ProblemError(500, "internal", KINDS["internal"]))
