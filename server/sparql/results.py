"""Results as pages show them: so many rows or lines at a time, and how many there are."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from markupsafe import escape
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
from server.lookups import LONGEST_TEXT, Term, Text, readable
from server.pages.values import Reader, Shown
from server.refusals import ProblemError


@dataclass(frozen=True)
class Cell:
    """A value of a result: as it is, and by the label of the thing it names, if that has one."""

    shown: Shown
    label: Text | None = None


PAGE_BYTES = 23_500
"""So much of a page is for rows, so that it stays small."""
_IRI, _LITERAL, _ROW = 150, 70, 12


@dataclass(frozen=True)
class Extent:
    """Which rows or lines of a result a page shows: from `first` to `last`, counted from 1."""

    page: int
    pages: int
    first: int
    last: int


def read_table(reader: Reader, query: str, body: bytes, limit: int, page: int) -> dict[str, object]:
    """Turn JSON results into the rows of one page, at most `limit` of them.

    Raises:
        ProblemError: 404 when there is no such page.
    """
    document = json.loads(body)
    if "boolean" in document:
        return {"boolean": document["boolean"]}
    names = order_columns(query, document["head"]["vars"])
    bindings = document["results"]["bindings"]
    extent = find_page(map(_weigh, bindings), limit, page)
    rows = [
        [_show_cell(reader, row[name]) if name in row else None for name in names]
        for row in bindings[extent.first - 1 : extent.last]
    ]
    return {**_to_table(names, rows, len(bindings)), "extent": extent}


def _to_table(
    names: list[str], rows: list[list[Cell | None]], total: int | None
) -> dict[str, object]:
    labelled = any(cell and cell.label for row in rows for cell in row)
    return {"names": names, "rows": rows, "total": total, "labelled": labelled}


def find_page(weights: Iterable[int], limit: int, page: int) -> Extent:
    """Part rows by their bytes into pages of at most `limit` rows, one at least; find one page.

    >>> find_page([10_000] * 7, limit=100, page=2)
    Extent(page=2, pages=4, first=3, last=4)

    Raises:
        ProblemError: 404 when there is no such page.
    """
    starts, spent, total = [0], 0, 0
    for number, weight in enumerate(weights):
        total, spent = number + 1, spent + weight
        if number > starts[-1] and (spent > PAGE_BYTES or number - starts[-1] == limit):
            starts.append(number)
            spent = weight
    if page > len(starts):
        detail = f"The result has {len(starts)} pages, and no page {page}."
        raise ProblemError(404, "not-found", detail)
    return Extent(page, len(starts), starts[page - 1] + 1, [*starts[1:], total][page - 1])


def _weigh(row: dict[str, dict[str, object]]) -> int:
    """Estimate the bytes of a row on its page."""
    return _ROW + sum(map(_weigh_cell, row.values()))


def _weigh_cell(binding: dict[str, object]) -> int:
    text = str(binding["value"])[:LONGEST_TEXT]
    if binding["type"] == "uri":
        return _IRI + 3 * len(text)
    return _LITERAL + len(escape(text).encode())


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
        text, whole = readable(reader.compact(term.value)), readable(term.value)
        shown = Shown(text, "thing", None, href, whole if whole != text else None)
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


def read_graph(body: bytes, limit: int, page: int) -> dict[str, object]:
    """Take the lines of a Turtle result for one page.

    Raises:
        ProblemError: 404 when there is no such page.
    """
    lines = body.decode("utf-8").splitlines()
    extent = find_page((len(escape(line).encode()) + 1 for line in lines), limit, page)
    shown = lines[extent.first - 1 : extent.last]
    return {"turtle": "\n".join(shown), "rows": shown, "total": len(lines), "extent": extent}


def read_first(
    reader: Reader, query: str, large: Evaluated, is_table: bool, limit: int
) -> dict[str, object]:
    """Take the first rows or lines of a large result; how many follow is not counted."""
    with io.BufferedReader(_Chunks(large)) as source:
        if not is_table:
            read = [line.decode("utf-8").rstrip("\n") for line in islice(source, limit)]
            extent = find_page((len(escape(line).encode()) + 1 for line in read), limit, 1)
            lines = read[: extent.last]
            return {"turtle": "\n".join(lines), "rows": lines, "total": None}
        solutions = parse_query_results(source, QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)
        names = order_columns(query, (variable.value for variable in solutions.variables))
        found = [[row[name] for name in names] for row in islice(solutions, limit)]
    extent = find_page((sum(map(_weigh_term, row)) for row in found), limit, 1)
    rows = [[_show_found(reader, term) for term in row] for row in found[: extent.last]]
    return _to_table(names, rows, None)


def _weigh_term(term: Term | Triple | None) -> int:
    if term is None:
        return _ROW
    kind = "uri" if isinstance(term, NamedNode) else "literal"
    text = str(term) if isinstance(term, Triple) else term.value
    return _ROW + _weigh_cell({"type": kind, "value": text})


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
