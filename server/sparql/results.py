"""Results as a page shows them: the first rows or lines, and how many there are."""

from __future__ import annotations

import io
import json
from itertools import islice

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_query_results,
)

from server.evaluation.answers import Evaluated
from server.lookups import Term
from server.pages.values import Reader, Shown


def read_table(reader: Reader, body: bytes, limit: int) -> dict[str, object]:
    """Turn JSON results into rows for the page, at most `limit` of them."""
    document = json.loads(body)
    if "boolean" in document:
        return {"boolean": document["boolean"]}
    names = document["head"]["vars"]
    bindings = document["results"]["bindings"]
    rows = [
        [_show_cell(reader, row[name]) if name in row else None for name in names]
        for row in bindings[:limit]
    ]
    return {"names": names, "rows": rows, "total": len(bindings)}


def _show_cell(reader: Reader, binding: dict[str, object]) -> Shown:
    return _show_term(reader, _to_term(binding))


def _show_term(reader: Reader, term: Term) -> Shown:
    """Show a result's term as it is: compact names rather than labels, nothing translated."""
    if isinstance(term, NamedNode):
        href = reader.addresses.href(term)
        return Shown(reader.compact(term.value), "thing", None, href, term.value)
    return reader.show(term) if isinstance(term, Literal) else Shown(str(term), "other")


def _to_term(binding: dict[str, object]) -> Term:
    kind, value = binding["type"], binding["value"]
    if kind == "uri":
        return NamedNode(str(value))
    if kind == "bnode":
        return BlankNode(str(value))
    if kind == "triple":
        return Literal(json.dumps(value, ensure_ascii=False))
    lang, datatype = binding.get("xml:lang"), binding.get("datatype")
    if lang:
        return Literal(str(value), language=str(lang))
    return Literal(str(value), datatype=NamedNode(str(datatype)) if datatype else None)


def read_graph(body: bytes, limit: int) -> dict[str, object]:
    """Take the first lines of a Turtle result for the page."""
    lines = body.decode("utf-8").splitlines()
    return {"turtle": "\n".join(lines[:limit]), "rows": lines[:limit], "total": len(lines)}


def read_first(reader: Reader, large: Evaluated, is_table: bool, limit: int) -> dict[str, object]:
    """Take the first rows or lines of a large result; how many follow is not counted."""
    with io.BufferedReader(_Chunks(large)) as source:
        if not is_table:
            lines = [line.decode("utf-8").rstrip("\n") for line in islice(source, limit)]
            return {"turtle": "\n".join(lines), "rows": lines, "total": None}
        solutions = parse_query_results(source, QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        rows = [
            [_show_found(reader, row[name]) for name in names] for row in islice(solutions, limit)
        ]
    return {"names": names, "rows": rows, "total": None}


def _show_found(reader: Reader, term: Term | Triple | None) -> Shown | None:
    if isinstance(term, Triple):
        return Shown(str(term), "other")
    return _show_term(reader, term) if term is not None else None


class _Chunks(io.RawIOBase):
    """Reads a result as a file; closing it lets go of the rest."""

    def __init__(self, large: Evaluated) -> None:
        super().__init__()
        self._large = large
        self._chunks = large.chunks()
        self._rest = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer with the next bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        part, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Let go of the result."""
        self._large.close()
        super().close()
