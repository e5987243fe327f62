"""Ask an endpoint over HTTP, or over WSGI, and say plainly when it does not do what it must."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

Pairs = Iterable[tuple[str, str]]

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
JSON = "application/sparql-results+json"


class UnmetError(Exception):
    """The endpoint does not do what a clause asks for; the sentence says what it did."""


class InapplicableError(Exception):
    """A clause cannot be tried here; the sentence says what is missing."""


class UnsureError(Exception):
    """The endpoint was too busy to tell: nothing is known of the clause."""


@dataclass(frozen=True)
class Request:
    """One request to the endpoint; `query_string` is sent as it is."""

    method: str
    query_string: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


Send = Callable[[Request], Reply]


def need(condition: object, otherwise: str) -> None:
    """Go on if the condition holds.

    Raises:
        UnmetError: with the sentence, if it does not.
    """
    if not condition:
        raise UnmetError(otherwise)


@dataclass
class Visitor:
    """Asks one endpoint; `asked` is the address it was reached at."""

    send: Send
    asked: str

    def ask(
        self,
        method: str,
        query_string: str = "",
        body: bytes = b"",
        **headers: str | None,
    ) -> Reply:
        """Send a request; `Content_Type="..."` names a header, None leaves it out."""
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        reply = self.send(Request(method, query_string, tuple(named.items()), body))
        if reply.status in (429, 503, 504):
            raise UnsureError(f"the endpoint is too busy to answer ({reply.status})")
        return reply

    def get(self, query: str, more: Pairs = (), accept: str | None = JSON) -> Reply:
        """Query by GET (2.1.1)."""
        return self.ask("GET", urlencode([("query", query), *more]), Accept=accept)

    def form(self, query: str, more: Pairs = (), accept: str | None = JSON) -> Reply:
        """Query by POST of a form (2.1.2)."""
        body = urlencode([("query", query), *more]).encode()
        return self.ask("POST", "", body, Content_Type=FORM, Accept=accept)

    def direct(self, query: str, more: Pairs = (), accept: str | None = JSON) -> Reply:
        """Query by POST of the query itself (2.1.3)."""
        raw = query.encode()
        return self.ask("POST", urlencode([*more]), raw, Content_Type=DIRECT, Accept=accept)

    @cached_property
    def graphs(self) -> list[tuple[str, str]]:
        """Find up to two named graphs, each with a pattern that it alone of the two matches.

        Raises:
            InapplicableError: when the dataset has no two such graphs.
        """
        names = rows(self.get("SELECT DISTINCT ?g { GRAPH ?g { } } LIMIT 12"))
        names = names or rows(self.get("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } LIMIT 12"))
        found: list[tuple[str, str]] = []
        for name in (row["g"] for row in names):
            pattern = self._find_pattern(name, f"?found{len(found)}")
            apart = not any(
                self._matches(name, other) or self._matches(held, pattern) for held, other in found
            )
            if pattern and apart:
                found.append((name, pattern))
            if len(found) == 2:
                return found
        raise InapplicableError("the dataset has no two named graphs that differ")

    def _find_pattern(self, graph: str, variable: str) -> str:
        query = f"SELECT ?s ?p {{ GRAPH <{graph}> {{ ?s ?p ?o FILTER(isIRI(?s)) }} }} LIMIT 1"
        found = rows(self.get(query))
        return f"<{found[0]['s']}> <{found[0]['p']}> {variable}" if found else ""

    def _matches(self, graph: str, pattern: str) -> bool:
        return bool(pattern) and truth(self.get(f"ASK {{ GRAPH <{graph}> {{ {pattern} }} }}"))


def rows(reply: Reply) -> list[dict[str, str]]:
    """Read the rows of a JSON result, each as values by the names of the columns."""
    document = _read(reply)
    bindings = document.get("results", {}).get("bindings", [])
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def truth(reply: Reply) -> bool:
    """Read the answer of an ASK in JSON."""
    answer = _read(reply).get("boolean")
    need(isinstance(answer, bool), "the answer to an ASK holds no boolean")
    return bool(answer)


def _read(reply: Reply) -> dict[str, Any]:
    need(reply.status == 200, f"the query is answered with {reply.status}, not with 200")
    need(reply.media_type == JSON, f"JSON results were asked for, {reply.media_type} came")
    try:
        document = json.loads(reply.body)
    except ValueError:
        raise UnmetError("the body of the JSON results is no JSON") from None
    need(isinstance(document, dict), "the JSON results are no object")
    return dict(document)


def over_http(url: str, timeout_s: float = 30) -> Send:
    """Send to an endpoint by its address; one connection for each request."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection

    def send(request: Request) -> Reply:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        try:
            target = parts.path + (f"?{request.query_string}" if request.query_string else "")
            connection.putrequest(request.method, target, skip_accept_encoding=True)
            for name, value in request.headers:
                connection.putheader(name, value)
            if request.body or request.method == "POST":
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, headers, answer.read())
        finally:
            connection.close()

    return send


def over_wsgi(app: Callable[..., Iterable[bytes]], url: str) -> Send:
    """Send to a WSGI callable as if it were reached at `url`; nothing leaves the process."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)

    def send(request: Request) -> Reply:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": parts.path.removesuffix("/sparql"),
            "PATH_INFO": "/sparql",
            "QUERY_STRING": request.query_string,
            "SERVER_NAME": parts.hostname or "localhost",
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": parts.netloc,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if request.body or request.method == "POST":
            environ["CONTENT_LENGTH"] = str(len(request.body))
        for name, value in request.headers:
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return _call(app, environ)

    return send


def _call(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Reply:
    began: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        began.append((status, headers))

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = began[-1]
    return Reply(int(status[:3]), {name.lower(): value for name, value in headers}, body)
