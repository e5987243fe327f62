"""The Flask app over one release, with the front before it."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, current_app, request
from werkzeug.routing import RequestRedirect

from server import (
    conformance,
    crawling,
    descriptions,
    documents,
    dumps,
    identifiers,
    operation,
    signposting,
)
from server.compression import choose_coding, compress, is_worth_it, mark
from server.evaluation.answers import Evaluating
from server.headers import ALWAYS
from server.keeping import BLUEPRINT
from server.metrics import Board, Metrics
from server.negotiation import VARY
from server.pages import (
    about,
    article,
    browse,
    home,
    justifications,
    photographs,
    problems,
    review,
    routes,
    search,
    timeline,
)
from server.pages.menu import to_menu
from server.parameters import refuse_long_addresses
from server.reconciliation import routes as reconciliation
from server.replies import general_links
from server.review import set_up
from server.settings import Settings
from server.site import Served
from server.sparql import page, questions
from server.sparql.front import Front
from server.sparql.handed import HANDED


def create_app(
    settings: Settings, evaluator: Evaluating | None = None, board: Board | None = None
) -> Flask:
    """Make the app that serves the release `settings` names.

    `evaluator` answers visitors' queries, in processes of its own; without one, as in tests, they
    are answered in this process with no limit on time or memory. `board` holds the counts of all
    web processes of a service.

    Raises:
        ReleaseError: when the folder is no whole release.
    """
    app = Flask("server.pages")
    # Pages ask for style and icon by an address that changes with them.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
    served = app.extensions["served"] = Served(settings, watch=evaluator is None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    areas = (
        home,
        article,
        photographs,
        browse,
        search,
        identifiers,
        justifications,
        crawling,
        signposting,
        questions,
        timeline,
        about,
        reconciliation,
    )
    for module in (routes, documents, descriptions, dumps, operation, conformance, page, *areas):
        app.register_blueprint(module.pages)
    if settings.review is not None:
        set_up(app, settings.review)
        app.register_blueprint(review.pages)
    app.extensions["menu"] = to_menu(app.url_map)
    problems.register(app)
    app.before_request(refuse_long_addresses)
    app.after_request(_finish)
    metrics = Metrics(board or Board())
    front = Front(app.wsgi_app, settings, served, evaluator, metrics)
    app.extensions["front"] = front
    app.wsgi_app = front  # type: ignore[method-assign]
    return app


def _finish(response: Response) -> Response:
    """Give every answer what every answer has: open to other sites, closed to surprises."""
    headers = response.headers
    if isinstance(request.routing_exception, RequestRedirect):
        headers["Location"] = _leave_out_host(headers["Location"])
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET, HEAD, OPTIONS")
        headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type, Range"
        headers["Access-Control-Max-Age"] = "86400"
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    if headers.get("Cross-Origin-Resource-Policy") == "same-origin":
        del headers["Access-Control-Allow-Origin"]
    headers["X-Request-Id"] = request.environ["kg.request_id"]
    headers.setdefault("Vary", VARY)
    if "Link" not in headers and response.status_code < 400:
        headers.extend({"Link": general_links()})
    _compress(response)
    _count(response)
    return response


def _leave_out_host(location: str) -> str:
    """Give path and query of the router's own redirect: the Host header may say anything."""
    target = urlsplit(location)
    return urlunsplit(("", "", "/" + target.path.lstrip("/"), target.query, ""))


def _compress(response: Response) -> None:
    """Send a page or a document smaller to whoever can read it so."""
    whole = response.status_code == 200 and not response.direct_passthrough
    if not whole or "Content-Encoding" in response.headers:
        return
    coding = choose_coding(request.headers.get("Accept-Encoding", ""))
    body = response.get_data()
    if coding is None or not is_worth_it(response.content_type or "", len(body)):
        return
    response.set_data(compress(body, coding))
    response.headers["Content-Encoding"] = coding
    tag, _ = response.get_etag()
    if tag is not None:
        response.set_etag(mark(tag, coding))


def _count(response: Response) -> None:
    handed = request.environ.get(HANDED)
    if handed is not None and (handed.asked or handed.problem):
        # The front notes what came of a query.
        handed.visit.status = response.status_code
        handed.visit.length = response.content_length or 0
        if handed.problem is None:
            handed.visit.outcome = _to_outcome(response.status_code)
        return
    kind = request.environ[BLUEPRINT] = request.blueprint or request.endpoint or "other"
    front: Front = current_app.extensions["front"]
    front.metrics.count_request(kind, response.status_code)


def _to_outcome(status: int) -> str:
    """Name what came of a query that was answered with a page, which may not have so many pages."""
    if status == HTTPStatus.NOT_MODIFIED:
        return "unchanged"
    return "answered" if status < HTTPStatus.BAD_REQUEST else "refused"
