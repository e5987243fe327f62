"""Results as a page shows them: the first rows or lines, and how many there are."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
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

from kg.errors import QueryError
from kg.sparql import tokens
from server.evaluation.answers import Evaluated
from server.lookups import Term, Text, readable
from server.pages.values import Reader, Shown


@dataclass(frozen=True)
class Cell:
    """A value of a result: as it is, and by the label of the thing it names, if that has one."""

    shown: Shown
    label: Text | None = None


def read_table(reader: Reader, query: str, body: bytes, limit: int) -> dict[str, object]:
    """Turn JSON results into rows for the page, at most `limit` of them."""
    document = json.loads(body)
    if "boolean" in document:
        return {"boolean": document["boolean"]}
    names = order_columns(query, document["head"]["vars"])
    bindings = document["results"]["bindings"]
    rows = [
        [_show_cell(reader, row[name]) if name in row else None for name in names]
        for row in bindings[:limit]
    ]
    return _to_table(names, rows, len(bindings))


def _to_table(
    names: list[str], rows: list[list[Cell | None]], total: int | None
) -> dict[str, object]:
    labelled = any(cell and cell.label for row in rows for cell in row)
    return {"names": names, "rows": rows, "total": total, "labelled": labelled}


def order_columns(query: str, names: Iterable[str]) -> list[str]:
    """Put the columns of a `SELECT *` in the order in which the query names them.

    The engine gives them in an order of its own; what a query selects by name it keeps.
    """
    listed = list(names)
    try:
        found = [token for token in tokens(query) if token.kind in ("word", "variable", "op")]
    except QueryError:
        return listed
    words = [token.upper for token in found]
    start = words.index("SELECT") + 1 if "SELECT" in words else len(words)
    if words[start : start + 1] in (["DISTINCT"], ["REDUCED"]):
        start += 1
    if words[start : start + 1] != ["*"]:
        return listed
    places = {token.text[1:]: -index for index, token in enumerate(reversed(found))}
    return sorted(listed, key=lambda name: places.get(name, 1))


def _show_cell(reader: Reader, binding: dict[str, object]) -> Cell:
    return _show_term(reader, _to_term(binding))


def _show_term(reader: Reader, term: Term) -> Cell:
    """Show a result's term as it is, nothing translated; the label stands beside it."""
    if isinstance(term, NamedNode):
        href = reader.addresses.href(term)
        shown = Shown(
            readable(reader.compact(term.value)), "thing", None, href, readable(term.value)
        )
        label = reader.name(term)
        return Cell(shown, label and Text(readable(label.value), label.lang))
    return Cell(reader.show(term) if isinstance(term, Literal) else Shown(str(term), "other"))


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


def read_first(
    reader: Reader, query: str, large: Evaluated, is_table: bool, limit: int
) -> dict[str, object]:
    """Take the first rows or lines of a large result; how many follow is not counted."""
    with io.BufferedReader(_Chunks(large)) as source:
        if not is_table:
            lines = [line.decode("utf-8").rstrip("\n") for line in islice(source, limit)]
            return {"turtle": "\n".join(lines), "rows": lines, "total": None}
        solutions = parse_query_results(source, QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)
        names = order_columns(query, (variable.value for variable in solutions.variables))
        rows = [
            [_show_found(reader, row[name]) for name in names] for row in islice(solutions, limit)
        ]
    return _to_table(names, rows, None)


def _show_found(reader: Reader, term: Term | Triple | None) -> Cell | None:
    if isinstance(term, Triple):
        return Cell(Shown(str(term), "other"))
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
