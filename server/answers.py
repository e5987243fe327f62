"""Answer one query: the seam behind which evaluation can move into processes of its own.

`answer` is a function of the release and the request alone; it knows nothing of HTTP, and the
HTTP side knows nothing of how a query is evaluated.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Triple

from kg.dumps import find_unspeakable
from kg.errors import KnowledgeError
from kg.sparql import check_query
from kg.store import QueryResult, Store

_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


class ResultTooLargeError(KnowledgeError):
    """The answer is larger than the limit; `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The result is larger than {limit:,} bytes, the limit of this service. "
            "Nothing of it is sent; ask for less with LIMIT and OFFSET, or take a dump."
        )
        self.limit = limit


class UnwritableError(KnowledgeError):
    """The answer holds something its format cannot spell; another format can."""


@dataclass(frozen=True)
class QueryRequest:
    """A query with its dataset and the format of its answer (a name from the format tables).

    `default_graphs` and `named_graphs`, when either is given, replace the query's own dataset
    (SPARQL 1.1 Protocol 2.1.4).
    """

    query: str
    format: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The whole body of an answer, in the format asked for."""

    body: bytes


class _Bounded(io.BytesIO):
    """A buffer that refuses to grow past its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def write(self, data: object) -> int:
        size = super().write(data)  # type: ignore[arg-type]
        if self.tell() > self.limit:
            raise ResultTooLargeError(self.limit)
        return size


def answer(
    store: Store, request: QueryRequest, result_bytes: int, prefixes: Mapping[str, str]
) -> Answer:
    """Evaluate a query and write its whole result; Turtle and TriG use `prefixes`.

    Raises:
        QueryError: when the query cannot be parsed or asks for what is refused.
        ResultTooLargeError: when the result outgrows `result_bytes`.
        UnwritableError: when an XML format cannot spell a name or a character of the result.
    """
    check_query(request.query)
    chosen = bool(request.default_graphs or request.named_graphs)
    result = store.query(
        request.query,
        default_graphs=list(request.default_graphs) if chosen else None,
        named_graphs=list(request.named_graphs) if chosen else None,
    )
    if request.format == "rdf":
        result = QueryResult("graph", _check_speakable(result.triples))
    out = _Bounded(result_bytes)
    result.write(out, request.format, prefixes)
    body = out.getvalue()
    if request.format == "xml" and _NO_XML.search(body):
        raise UnwritableError("The result holds control characters, which XML cannot; take JSON.")
    return Answer(drop_unused_prefixes(body) if request.format in ("ttl", "trig") else body)


def _check_speakable(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Pass triples on while RDF/XML can write them; the engine would write broken XML."""
    for triple in triples:
        unspeakable = find_unspeakable((triple,))
        if unspeakable is not None:
            message = f"RDF/XML cannot write {unspeakable!r}; take Turtle or N-Triples."
            raise UnwritableError(message)
        yield triple


def drop_unused_prefixes(body: bytes) -> bytes:
    """Leave out the `@prefix` lines at the top of a Turtle text that nothing below uses."""
    declared = re.match(rb"(?:@prefix [^\n]*\n)*", body)
    head, rest = body[: declared.end()], body[declared.end() :]  # type: ignore[union-attr]
    lines = [line for line in head.splitlines(keepends=True) if _is_used(line.split()[1], rest)]
    return b"".join(lines) + rest


def _is_used(prefix: bytes, text: bytes) -> bool:
    return re.search(rb"(?:^|[\s(\[,;^{])" + re.escape(prefix), text, re.MULTILINE) is not None
