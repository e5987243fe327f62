"""What is said to those whose request cannot be answered as one."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest

from server import Settings, create_app
from server.http.heads import Fault
from server.misfits import Misfits
from server.negotiation import PROBLEM


@pytest.mark.parametrize("status", [400, 408, 413, 414, 431, 500, 501, 503, 505])
def test_every_status_has_its_sentence(lighthouse_release: Path, status: int) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    headers, body = Misfits(app.extensions["front"]).explain(Fault(HTTPStatus(status)), {})
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (status, HTTPStatus(status).phrase)
    assert problem["detail"].endswith(".")
    assert ("Retry-After" in dict(headers)) == (status == 503)


def test_people_are_told_in_a_page_of_its_own(lighthouse_release: Path) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    fault = Fault(HTTPStatus.SERVICE_UNAVAILABLE, "queue_length", 7)
    environ = {"HTTP_ACCEPT": "text/html", "SCRIPT_NAME": "/a&b", "kg.request_id": "x-1"}
    headers, body = Misfits(app.extensions["front"]).explain(fault, environ)
    assert dict(headers)["Content-Type"] == "text/html; charset=utf-8"
    assert dict(headers)["X-Request-Id"] == "x-1"
    assert "default-src 'none'" in dict(headers)["Content-Security-Policy"]
    page = body.decode()
    assert "<h1>503 Service Unavailable</h1>" in page
    assert "ask again in a second" in page
    assert 'href="/a&amp;b/problems#busy"' in page


def test_an_accept_header_that_takes_long_to_read_is_not_read(lighthouse_release: Path) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    explain = Misfits(app.extensions["front"]).explain
    for length, media_type in ((1000, "text/html; charset=utf-8"), (1001, PROBLEM.media_type)):
        environ = {"HTTP_ACCEPT": "text/html,".ljust(length, "x")}
        headers, _ = explain(Fault(HTTPStatus.SERVICE_UNAVAILABLE), environ)
        assert dict(headers)["Content-Type"] == media_type
