"""The Flask app over one release."""

from __future__ import annotations

from flask import Flask, Response, request

from server import descriptions, documents, dumps, pages, problems, sparql
from server.replies import general_links
from server.settings import Settings
from server.site import Served

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
EXPOSED = "Content-Digest, Content-Disposition, ETag, Link, Repr-Digest, Result-Cut"


def create_app(settings: Settings) -> Flask:
    """Make the app that serves the release `settings` names.

    Raises:
        ReleaseError: when the folder is no whole release.
    """
    app = Flask("server")
    # Pages ask for style and icon by an address that changes with them.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
    app.extensions["served"] = Served(settings)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for module in (pages, documents, descriptions, dumps, sparql):
        app.register_blueprint(module.pages)
    problems.register(app)
    app.after_request(_finish)
    return app


def _finish(response: Response) -> Response:
    """Give every answer what every answer has: open to other sites, closed to surprises."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = EXPOSED
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET, HEAD, OPTIONS")
        headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, Content-Type, Range"
        headers["Access-Control-Max-Age"] = "86400"
    headers.extend(SECURITY)
    headers.setdefault("Vary", "Accept, Accept-Language")
    if "Link" not in headers and response.status_code < 400:
        headers.extend({"Link": general_links()})
    return response
