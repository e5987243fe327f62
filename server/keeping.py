"""Give pages and documents that were asked for before, before Flask sees the request.

They are functions of the release, the address and what the request says of its wishes, as their
strong tags promise. The bytes are kept beside the answers to queries, under one bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from server.compression import CODINGS
from server.http.heads import Headers, to_head
from server.metrics import Metrics
from server.replies import REVALIDATE
from server.sparql.cache import Cache, Entry, Ready
from server.visits import Environ, choose_head, start

StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

METHODS = ("GET", "HEAD")
WISHES = ("HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE")
KEY_BYTES = 4096
"""Requests with more to say than this are answered, and not kept."""
_OF_THE_REQUEST = "x-request-id"


class Keeping:
    """The WSGI callable between the front and Flask."""

    def __init__(
        self, app: App, cache: Cache, metrics: Metrics, version: Callable[[], str]
    ) -> None:
        self._app = app
        self._version = version
        self._cache = cache
        self._metrics = metrics

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request from what is kept, or let Flask do it and keep what may be kept."""
        ready = self.find(environ)
        if ready is not None:
            return self._send(environ, start_response, ready)
        if _may_be_kept(environ):
            return self._ask(environ, start_response, _to_key(environ, self._version()))
        return self._app(environ, start_response)

    def find(self, environ: Environ) -> Ready | None:
        """Give what is kept for a request."""
        if not _may_be_kept(environ):
            return None
        return self._cache.find(_to_key(environ, self._version()))

    def settle(self, environ: Environ, ready: Ready) -> tuple[bytes, bytes]:
        """Give head and body to send: a 304 and nothing to a visitor who has the page."""
        unchanged, head, body = choose_head(environ, ready)
        self._metrics.count_request(ready.form, 304 if unchanged else 200)
        return head, body

    def _ask(
        self, environ: Environ, start_response: StartResponse, key: tuple[str, ...]
    ) -> Iterable[bytes]:
        """Have Flask answer; a whole page or document is kept."""
        status, headers = "", []

        def start(given: str, fields: Headers, exc_info: Any = None) -> Any:
            nonlocal status, headers
            status, headers = given, fields
            return start_response(given, fields, *([exc_info] if exc_info else []))

        chunks = self._app(environ, start)
        named = {name.lower(): value for name, value in headers}
        length = int(named.get("content-length", -1))
        whole = environ["REQUEST_METHOD"] == "GET" and status.startswith("200")
        tag = named.get("etag", "")
        if not (
            whole
            and tag.startswith('"')
            and named.get("cache-control") == REVALIDATE
            and 0 <= length <= self._cache.largest_bytes
        ):
            return chunks
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        self._keep(key, headers, body, tag, environ.get(BLUEPRINT, ""))
        return [body]

    def _keep(
        self, key: tuple[str, ...], headers: Headers, body: bytes, tag: str, kind: str
    ) -> None:
        weight = sum(map(len, key))
        if weight > KEY_BYTES:
            return
        kept = [(name, value) for name, value in headers if name.lower() != _OF_THE_REQUEST]
        ready = Ready(to_head("200 OK", kept), body, _unmark(tag), len(body), kind, "")
        self._cache.put(key, Entry(body), weight)
        self._cache.remember(key, weight, key, ready)

    def _send(
        self, environ: Environ, start_response: StartResponse, ready: Ready
    ) -> Iterable[bytes]:
        head, body = self.settle(environ, ready)
        start(start_response, head, environ["kg.request_id"])
        return [body]


BLUEPRINT = "kg.blueprint"
"""Where in the environment Flask leaves the part of the site that answered, for the counts."""


def _may_be_kept(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] in METHODS and "HTTP_RANGE" not in environ


def _to_key(environ: Environ, version: str) -> tuple[str, ...]:
    """Give all of a request that can change its answer."""
    return (
        version,
        environ["PATH_INFO"],
        environ.get("QUERY_STRING", ""),
        environ["SCRIPT_NAME"],
        environ["wsgi.url_scheme"],
        *(environ.get(name, "") for name in WISHES),
    )


def _unmark(tag: str) -> str:
    """Take the quotes from a tag, and the mark of its coding."""
    plain = tag.strip('"')
    for coding in CODINGS:
        plain = plain.removesuffix(f"-{coding}")
    return plain
