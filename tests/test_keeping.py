from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, request

from server import Settings, create_app, keeping
from server.sparql.front import Front

PERSON = "/doc/event/first-lighting"
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def app(lighthouse_release: Path) -> Flask:
    return create_app(Settings(lighthouse_release))


@pytest.fixture
def asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Flask itself is asked for, path by path."""
    paths: list[str] = []
    app.before_request(lambda: paths.append(request.full_path) or None)
    return paths


def count(app: Flask) -> str:
    return app.test_client().get("/metrics").text


def test_a_page_asked_again_is_the_same_and_does_not_reach_flask(
    app: Flask, asked: list[str]
) -> None:
    client = app.test_client()
    first, again = (client.get(PERSON, headers=BROWSER) for _ in range(2))
    assert (first.status_code, len(asked)) == (200, 1)
    assert again.data == first.data
    kept = {k: v for k, v in first.headers.items() if k != "X-Request-Id"}
    assert {k: v for k, v in again.headers.items() if k != "X-Request-Id"} == kept
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "wish",
    [
        {"Accept": "text/turtle"},
        {"Accept-Language": "de"},
        {"Accept-Encoding": "gzip"},
        {"Host": "example.net"},
    ],
)
def test_another_wish_gets_another_answer(
    app: Flask, asked: list[str], wish: dict[str, str]
) -> None:
    client = app.test_client()
    first = client.get(PERSON, headers=BROWSER)
    other = client.get(PERSON, headers={**BROWSER, **wish})
    assert len(asked) == 2
    assert other.headers["ETag"] != first.headers["ETag"]


def test_a_kept_page_answers_head_and_conditions(app: Flask, asked: list[str]) -> None:
    client = app.test_client()
    first = client.get(PERSON, headers=BROWSER)
    head = client.head(PERSON, headers=BROWSER)
    assert (head.data, head.content_length) == (b"", len(first.data))
    tag = {"If-None-Match": first.headers["ETag"]}
    unchanged = client.get(PERSON, headers={**BROWSER, **tag})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert unchanged.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    for name in ("Content-Length", "Content-Type", "Content-Language"):
        assert (name in first.headers, name in unchanged.headers) == (True, False)
    assert len(asked) == 1


def test_what_is_not_to_be_kept_is_asked_each_time(app: Flask, asked: list[str]) -> None:
    client = app.test_client()
    for path in ("/metrics", "/healthz", "/doc/event/nothing", "/id/event/first-lighting"):
        asked.clear()
        answers = [client.get(path, headers=BROWSER) for _ in range(2)]
        assert (len(asked), answers[0].status_code) == (2, answers[1].status_code), path


def test_a_request_with_much_to_say_is_answered_and_not_kept(app: Flask, asked: list[str]) -> None:
    client = app.test_client()
    long = {**BROWSER, "Accept-Language": "en, " + "x" * keeping.KEY_BYTES}
    assert [client.get(PERSON, headers=long).status_code for _ in range(2)] == [200, 200]
    assert len(asked) == 2


def test_kept_pages_and_answers_share_one_bound(lighthouse_release: Path) -> None:
    app = create_app(Settings(lighthouse_release, cache_bytes=200_000))
    front = app.extensions["front"]
    assert isinstance(front, Front)
    client = app.test_client()
    for number in range(200):
        assert client.get(f"{PERSON}?n={number}", headers=BROWSER).status_code == 200
    assert 0 < front.cache.held_bytes <= 200_000
    assert front.cache.evictions > 0
    for name, number in (
        ("kg_cache_entries", len(front.cache)),
        ("kg_cache_bytes", front.cache.held_bytes),
        ("kg_cache_evictions_total", front.cache.evictions),
    ):
        for _ in range(2):
            assert f"\n{name} {float(number)}\n" in count(app)


def test_kept_pages_are_counted_like_others(app: Flask) -> None:
    client = app.test_client()
    for _ in range(3):
        client.get(PERSON, headers=BROWSER)
    line = next(line for line in count(app).splitlines() if 'kind="documents"' in line)
    assert line.endswith(" 3.0")


def test_a_new_release_is_seen_at_once(
    app: Flask, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    client.get(PERSON, headers=BROWSER)
    served = app.extensions["served"]
    monkeypatch.setattr(served, "_stamp", None)
    client.get(PERSON, headers=BROWSER)
    assert len(asked) == 2
