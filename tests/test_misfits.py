"""What is said to those whose request cannot be answered as one."""

import json
from http import HTTPStatus
from pathlib import Path

import pytest

from server import Settings, create_app
from server.http.heads import Fault
from server.misfits import Misfits


@pytest.mark.parametrize("status", [400, 408, 413, 431, 500, 501, 503, 505])
def test_every_status_has_its_sentence(lighthouse_release: Path, status: int) -> None:
    app = create_app(Settings(release_dir=lighthouse_release, log_queries=False))
    headers, body = Misfits(app.extensions["front"]).explain(Fault(HTTPStatus(status)))
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (status, HTTPStatus(status).phrase)
    assert problem["detail"].endswith(".")
    assert ("Retry-After" in dict(headers)) == (status == 503)
