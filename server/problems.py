"""Errors as answers: `application/problem+json` (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from kg.errors import QueryError
from server.frame import show
from server.negotiation import HTML, JSON, PROBLEM, choose
from server.site import current_site

KINDS = {
    "bad-request": "The request breaks a rule of its protocol; the detail says which.",
    "query": "The query cannot be parsed, or asks for something this service does not do "
    "(updates, SERVICE, very deep nesting); line and column say where.",
    "updates-refused": "The data is read-only: the update side of the protocol is not offered.",
    "unknown-parameter": "The address carries a parameter this service does not know.",
    "unsupported-media-type": "The body's media type, charset or coding is not one of those named.",
    "not-acceptable": "None of the forms this address has fits the Accept header.",
    "not-found": "Nothing here has this name.",
    "gone": "The name was used and is retired; the reason stands beside it.",
    "method-not-allowed": "This address does not know the method; Allow names those it knows.",
    "too-large": "The request is larger than the limit it names.",
    "result-too-large": "The answer is larger than the limit it names; nothing is cut silently.",
    "range": "The range asked for lies outside the file.",
    "replaced": "The release is being replaced by a newer one at this moment; ask again.",
    "internal": "A fault of ours. It is logged; please tell us the time and the address.",
}
"""Every kind of problem this service answers with; `/problems` lists them."""


@dataclass
class ProblemError(Exception):
    """An answer other than the one asked for: status, kind, one sentence, and facts.

    `page` makes the page for people where the ordinary one would lose what they typed.
    """

    status: int
    kind: str
    detail: str
    facts: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    page: Callable[[], str] | None = None

    @property
    def title(self) -> str:
        """Name the status as HTTP does."""
        return HTTPStatus(self.status).phrase


def not_acceptable(available: Mapping[str, str]) -> ProblemError:
    """Say which forms there are: media type to address."""
    listed = [{"media_type": media, "address": url} for media, url in available.items()]
    names = ", ".join(sorted(set(available)))
    detail = f"No form of this answer fits the Accept header; available: {names}."
    return ProblemError(406, "not-acceptable", detail, {"available": listed})


def register(app: Flask) -> None:
    """Answer every error of the app as a problem."""
    app.register_error_handler(ProblemError, answer_problem)
    app.register_error_handler(QueryError, _answer_query_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(Exception, _answer_fault)


def answer_problem(problem: ProblemError) -> Response:
    """Write the problem as JSON, or as a page for whoever asks for HTML."""
    offer = choose(request.headers.get("Accept"), (PROBLEM, JSON, HTML)) or PROBLEM
    if offer is HTML:
        body = problem.page() if problem.page else _page(problem)
        response = Response(body, problem.status, content_type=HTML.content_type)
    else:
        document = {
            "type": f"{current_site().base}problems#{problem.kind}",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "instance": request.path,
            **problem.facts,
        }
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        response = Response(text, problem.status, content_type=PROBLEM.media_type)
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Cache-Control"] = "no-store" if problem.status >= 500 else "no-cache"
    response.headers.extend(problem.headers)
    return response


def _page(problem: ProblemError) -> str:
    return show("problem.html", problem=problem, about=KINDS[problem.kind])


def _answer_query_error(error: QueryError) -> Response:
    place = {"line": error.line, "column": error.column}
    facts = {name: value for name, value in place.items() if value is not None}
    return answer_problem(ProblemError(400, "query", error.message, facts))


def _answer_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return cast(Response, error.get_response())
    kind = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 416: "range"}.get(
        status, "bad-request" if status < 500 else "internal"
    )
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Content-Range")
    }
    detail = f"Nothing here answers to {request.path}." if status == 404 else _sentence(error)
    return answer_problem(ProblemError(status, kind, detail, {}, headers))


def _sentence(error: HTTPException) -> str:
    if error.code == 405:
        return f"{request.method} is not allowed here."
    return error.description or error.name


def _answer_fault(error: Exception) -> Response:
    logging.getLogger("server").error("%s %s", request.method, request.path, exc_info=error)
    return answer_problem(ProblemError(500, "internal", KINDS["internal"]))
