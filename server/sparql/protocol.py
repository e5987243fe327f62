"""Read a request of the SPARQL 1.1 Protocol, query side, clause by clause (section 2.1)."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from pyoxigraph import NamedNode
from werkzeug.http import parse_options_header
from werkzeug.sansio.utils import get_content_length

from kg.formats import to_format
from kg.sparql import QueryForm
from server.negotiation import FORMATS, HTML, JSONLD, JSONLD_NS, Offer
from server.parameters import check_count
from server.refusals import ProblemError
from server.settings import Settings

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
KNOWN = frozenset(
    (
        "query",
        "default-graph-uri",
        "named-graph-uri",
        "format",
        "output",
        "results",
        "lang",
        "page",
    )
)
UPDATE_PARAMETERS = frozenset(("update", "using-graph-uri", "using-named-graph-uri"))

JSON_RESULTS, XML_RESULTS = FORMATS["json"], FORMATS["xml"]
_PLAIN = (
    Offer("json", "application/json", "JSON"),
    Offer("xml", "application/xml", "XML"),
    Offer("xml", "text/xml", "XML"),
)
TABLE_OFFERS = (JSON_RESULTS, XML_RESULTS, FORMATS["csv"], FORMATS["tsv"], *_PLAIN, HTML)
BOOLEAN_OFFERS = (JSON_RESULTS, XML_RESULTS, *_PLAIN, HTML)
EXPANDED = Offer(
    "jsonld",
    JSONLD.media_type,
    JSONLD.label,
    {"charset": frozenset({"utf-8"}), "profile": frozenset({f"{JSONLD_NS}expanded"})},
)
GRAPH_OFFERS = (
    *(FORMATS[name] for name in ("ttl", "nt")),
    EXPANDED,
    *(FORMATS[name] for name in ("rdf", "trig", "nq")),
    HTML,
)

_GRAPH_NAMES = {"xml": "rdf", "rdf+xml": "rdf", "json": "jsonld", "n3": "ttl"}

Environ = Mapping[str, Any]
"""A request as WSGI hands it over."""


class Given(NamedTuple):
    """What a request carries; `formats` are the values of `format=` and its two synonyms.

    `page` is wanted of a result as a page; None where none is named.
    """

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    page: int | None = None


def offers_for(form: QueryForm) -> Sequence[Offer]:
    """List the forms in which a query of this form can be answered."""
    if form == "ASK":
        return BOOLEAN_OFFERS
    return TABLE_OFFERS if form == "SELECT" else GRAPH_OFFERS


def read_request(environ: Environ, settings: Settings) -> Given:
    """Read the parameters of a request.

    Raises:
        ProblemError: for whatever the protocol, or this service, does not allow.
    """
    address = environ.get("QUERY_STRING", "")
    posted = environ["REQUEST_METHOD"] == "POST"
    if not posted and address.startswith("query=") and "&" not in address:
        text = _decode_text(address[len("query=") :].encode("latin-1"), "address")
        _check_length(text, settings.query_bytes, 414)
        return Given(text)
    pairs = _parse(address.encode("latin-1"), "address", settings)
    if posted:
        pairs += _read_body(environ, settings)
    _refuse_strangers(pairs)
    queries = [value for name, value in pairs if name == "query"]
    if len(queries) > 1:
        raise ProblemError(
            400, "bad-request", "The request has more than one query; send exactly one."
        )
    query = queries[0] if queries else None
    _check_length(query or "", settings.query_bytes, 413 if posted else 414)
    return Given(
        query=query,
        default_graphs=_graph_names(pairs, "default-graph-uri"),
        named_graphs=_graph_names(pairs, "named-graph-uri"),
        formats=tuple(v for n, v in pairs if n in ("format", "output", "results")),
        page=_read_page([value for name, value in pairs if name == "page"]),
    )


def _read_page(values: Sequence[str]) -> int | None:
    if not values:
        return None
    if len(values) > 1 or not re.fullmatch("[1-9][0-9]{0,7}", values[0]):
        detail = f"page is one number from 1 on; {', '.join(values)!r} is none."
        raise ProblemError(400, "bad-request", detail)
    return int(values[0])


def _parse(raw: bytes, place: str, settings: Settings) -> list[tuple[str, str]]:
    """Decode `name=value&...` once, as UTF-8 and nothing else."""
    check_count(raw, place, settings)
    fields = (field.partition(b"=") for field in raw.split(b"&") if field)
    return [(_decode_text(name, place), _decode_text(value, place)) for name, _, value in fields]


def _decode_text(raw: bytes, place: str) -> str:
    try:
        return decode(raw).decode()
    except UnicodeDecodeError:
        detail = f"The {place} is not UTF-8; encode the parameters as UTF-8."
        raise ProblemError(400, "bad-request", detail) from None


def decode(text: bytes) -> bytes:
    """Decode `+` and `%XX`; what is no escape stays as it is.

    The decoder of quoted-printable knows the same escapes behind another sign and takes a tenth
    of the time; where the length it gives says that it met anything else, the slow way is gone.
    """
    text = text.replace(b"+", b" ")
    if b"%" not in text:
        return text
    if b"\n" not in text and b"\r" not in text:
        escaped = text.replace(b"=", b"%3D").replace(b"%", b"=")
        decoded = a2b_qp(escaped)
        if len(decoded) == len(escaped) - 2 * escaped.count(b"="):
            return decoded
    return unquote_to_bytes(text)


def _read_body(environ: Environ, settings: Settings) -> list[tuple[str, str]]:
    header = environ.get("CONTENT_TYPE", "")
    media_type, options = parse_options_header(header)
    media_type = media_type.lower()
    if media_type == UPDATE:
        raise _updates_refused()
    charset = options.get("charset", "utf-8").lower()
    coding = environ.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if media_type not in (FORM, DIRECT) or charset not in ("utf-8", "utf8") or coding != "identity":
        what = header or "missing"
        raise ProblemError(
            415,
            "unsupported-media-type",
            f"A POST carries {FORM} or {DIRECT}, in UTF-8 and not compressed; "
            f"this one: Content-Type {what}, Content-Encoding {coding}.",
            headers={"Accept-Post": f"{FORM}, {DIRECT}"},
        )
    body = read_body(environ, settings.body_bytes)
    if media_type == FORM:
        return _parse(body, "body", settings)
    try:
        return [("query", body.decode("utf-8"))]
    except UnicodeDecodeError:
        raise ProblemError(
            400, "bad-request", "The query is not UTF-8; send it as UTF-8."
        ) from None


def read_body(environ: Environ, limit: int) -> bytes:
    """Read the whole body, whether its length is told beforehand or it comes in chunks.

    Werkzeug's own reader cuts a chunked body at the limit without a word.
    """
    length = get_content_length(
        environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING")
    )
    if length is None and not environ.get("wsgi.input_terminated"):
        return b""
    wanted = limit + 1 if length is None else length
    parts: list[bytes] = []
    stream, held = environ["wsgi.input"], 0
    while held < wanted <= limit + 1 and (part := stream.read(wanted - held)):
        parts.append(part)
        held += len(part)
    if max(length or 0, held) > limit:
        detail = f"The body is larger than {limit:,} bytes, the limit of this service."
        raise ProblemError(413, "too-large", detail, _limit("body_bytes", limit))
    if length is not None and held < length:
        raise ProblemError(400, "bad-request", "The body ended before its length was reached.")
    return b"".join(parts)


def _refuse_strangers(pairs: list[tuple[str, str]]) -> None:
    names = {name for name, _ in pairs}
    if names & UPDATE_PARAMETERS:
        raise _updates_refused()
    unknown = sorted(names - KNOWN)
    if unknown:
        raise ProblemError(
            400,
            "unknown-parameter",
            f"This endpoint does not know the parameter {unknown[0]!r}; "
            f"it knows {', '.join(sorted(KNOWN))}.",
        )


def _updates_refused() -> ProblemError:
    detail = "This endpoint only answers queries: updates are refused, the data is read-only."
    return ProblemError(403, "updates-refused", detail)


def _check_length(query: str, limit: int, status: int) -> None:
    if len(query) * 4 <= limit:
        return  # no character takes more bytes
    length = len(query.encode())
    if length > limit:
        detail = f"The query has {length:,} bytes; the limit is {limit:,}."
        raise ProblemError(status, "too-large", detail, _limit("query_bytes", limit))


def _limit(name: str, value: int) -> Mapping[str, object]:
    return {"limit": name, "limit_value": value, "limit_bytes": value}


def _graph_names(pairs: list[tuple[str, str]], parameter: str) -> tuple[str, ...]:
    names = tuple(value for name, value in pairs if name == parameter)
    for name in names:
        try:
            NamedNode(name)
        except ValueError:
            detail = f"{parameter} must be an absolute IRI; {name!r} is none."
            raise ProblemError(400, "bad-request", detail) from None
    return names


def pick_by_name(formats: tuple[str, ...], offers: Sequence[Offer]) -> Offer | None:
    """Choose by `format=`; clients send several spellings at once, the first that fits counts.

    None means that the request names no format.

    Raises:
        ProblemError: 400 when no spelling is known, 406 when none fits the form of the query.
    """
    words = [w.strip().lower() for value in formats for w in value.split(",") if w.strip()]
    if not words:
        return None
    is_graph = any(offer.name == "ttl" for offer in offers)
    known = False
    for word in words:
        name = _format_name(word, is_graph)
        known = known or name is not None
        for offer in offers:
            if name == offer.name:
                return offer
    names = ", ".join(dict.fromkeys(offer.name for offer in offers))
    detail = f"format={words[0]} does not fit this query; its answer can be had as: {names}."
    if known:
        raise ProblemError(406, "not-acceptable", detail)
    raise ProblemError(
        400, "unknown-parameter", f"There is no format {words[0]!r}; known: {names}."
    )


def _format_name(word: str, is_graph: bool) -> str | None:
    for offer in (*TABLE_OFFERS, *GRAPH_OFFERS):
        if word == offer.media_type:
            return offer.name
    if is_graph and word in _GRAPH_NAMES:
        return _GRAPH_NAMES[word]
    if word == "html":
        return word
    found = to_format(word)
    return found.name if found else ("ttl" if word in _GRAPH_NAMES else None)
