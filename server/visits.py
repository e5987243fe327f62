"""What a request's WSGI environment says, for the front and for Flask alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.http import parse_etags

from server.compression import all_marks
from server.evaluation.answers import Evaluated, QueryRequest
from server.headers import ALWAYS
from server.http.heads import from_head, to_lines, to_unchanged
from server.links import Addresses, link_header
from server.negotiation import VARY
from server.pages.wording import LANGUAGES
from server.site import Site
from server.sparql.cache import Ready

Environ = dict[str, Any]
_READ = "kg.arguments"


def read_arguments(environ: Environ) -> dict[str, str]:
    """Read the parameters of the address, once; of several with one name the first counts."""
    address = environ.get("QUERY_STRING", "")
    read: tuple[str, dict[str, str]] | None = environ.get(_READ)
    if read is None or read[0] != address:
        text = address.encode("latin-1").decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True)
        read = environ[_READ] = address, dict(reversed(pairs))
    return read[1]


def addresses_for(site: Site, environ: Environ) -> Addresses:
    """Make the addresses for the answer to a request."""
    chosen = read_arguments(environ).get("lang")
    return Addresses(
        base=site.base,
        root=environ.get("SCRIPT_NAME", ""),
        lang=chosen if chosen in LANGUAGES else None,
        described=site.look.described,
        pages=site.vocabularies,
    )


def with_format(site: Site, environ: Environ, name: str) -> str:
    """Address the same answer in another format."""
    pairs = list(read_arguments(environ).items())[::-1]
    kept = {k: v for k, v in pairs if k not in ("format", "output", "results", "page")}
    return addresses_for(site, environ).to("/sparql", **kept, format=name)


def shared_lines(site: Site, environ: Environ, repeatable: bool) -> bytes:
    """Write the headers that say what all answers of the endpoint say, beside what they hold."""
    lang = read_arguments(environ).get("lang") if "lang" in environ["QUERY_STRING"] else None
    chosen = lang if lang in LANGUAGES else None
    given = (site.base, site.dataset.license, environ["SCRIPT_NAME"], chosen)
    return _write_shared(repeatable, *given)


@lru_cache(maxsize=64)
def _write_shared(
    repeatable: bool, base: str, license_iri: str | None, root: str, lang: str | None
) -> bytes:
    to = Addresses(base, root, lang, lambda _: False).to
    links = [link_header(to("/void"), "describedby")]
    if license_iri:
        links.append(link_header(license_iri, "license"))
    links.append(link_header(to("/queries/"), "help"))
    return to_lines(
        [
            ("Cache-Control", "no-cache" if repeatable else "no-store"),
            ("Vary", VARY),
            *(("Link", link) for link in links),
            *ALWAYS.items(),
        ]
    )


def to_tag(site: Site, request: QueryRequest, digest: str, media_type: str) -> str:
    """Make the strong tag of an answer from all that decides its bytes.

    `digest` stands for the query's text, which may be long.
    """
    given = (site.build, request.format, media_type, request.default_graphs, request.named_graphs)
    plain = not request.default_graphs and not request.named_graphs
    mark = _to_mark if plain else _to_mark.__wrapped__  # what visitors choose has no end
    return f"{site.version[:12]}-{digest}-{mark(site.version, *given)}"


@lru_cache(maxsize=256)
def _to_mark(version: str, *given: object) -> str:
    """Tell apart answers to one query, in a few letters."""
    text = repr((version, *given))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _holds(if_none_match: str, tag: str) -> bool:
    """Tell whether a client holds an answer already, in whatever coding; `tag` has no mark."""
    held = parse_etags(if_none_match)
    return bool(tag) and any(held.contains_weak(one) for one in all_marks(tag))


def choose_head(environ: Environ, ready: Ready) -> tuple[bool, bytes, bytes]:
    """Choose head and body to send; True says that a 304 goes to a visitor who has the answer."""
    method, held = environ["REQUEST_METHOD"], environ.get("HTTP_IF_NONE_MATCH")
    if held is not None and method != "POST" and _holds(held, ready.tag):
        return True, to_unchanged(ready.head), b""
    return False, ready.head, b"" if method == "HEAD" else ready.body


def start(start_response: Callable[..., Any], head: bytes, number: str) -> None:
    """Begin an answer as WSGI wants it; `number` is what the request is called by."""
    status, headers = from_head(head)
    start_response(status, [*headers, ("X-Request-Id", number)])


class Stream:
    """A large result on its way."""

    def __init__(self, result: Evaluated) -> None:
        self._result = result

    def __iter__(self) -> Iterator[bytes]:
        return self._result.chunks()

    def close(self) -> None:
        """Let go of the result; a second time does nothing."""
        self._result.close()

    def __del__(self) -> None:
        self.close()
