"""What whoever runs the service asks it: whether it lives, whether it answers, what it does."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import cast

from flask import Blueprint, Response, current_app

from server.memory import bound_memory
from server.metrics import CONTENT_TYPE
from server.negotiation import JSON
from server.site import current_site
from server.sparql.front import Front

pages = Blueprint("operation", __name__)


@pages.route("/healthz")
@pages.route("/healthz/ready")
def ready() -> Response:
    """Say that queries are answered, and from which release; 503 while they are not."""
    is_ready, _ = _front().health()
    return _say("ok" if is_ready else "not ready", 200 if is_ready else 503)


@pages.route("/healthz/live")
def live() -> Response:
    """Say that this process answers, whatever the evaluator does."""
    return _say("ok", 200)


def _say(status: str, code: int) -> Response:
    site = current_site()
    said = {"status": status, "name": site.release.manifest.name, "version": site.version}
    response = Response(json.dumps(said) + "\n", code, content_type=JSON.media_type)
    response.headers["Cache-Control"] = "no-store"
    if code == 503:
        response.headers["Retry-After"] = "1"
    return response


@pages.route("/metrics")
def metrics() -> Response:
    """Give the counts of all web processes and the numbers of the evaluator, for Prometheus."""
    site, front = current_site(), _front()
    release = {"name": site.release.manifest.name, "version": site.version}
    _, numbers = front.health()
    if "data_bytes" in numbers:
        bound = bound_memory(site.settings, numbers["data_bytes"])
        numbers = {**numbers, "memory_bytes": asdict(bound)}
    front.note_cache()
    body = front.metrics.write(release, numbers)
    response = Response(body, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _front() -> Front:
    return cast(Front, current_app.extensions["front"])
