"""Answers as aligned columns for a terminal."""

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import to_printable
from kg.store import QueryResult


def to_table(result: QueryResult, prefixes: Mapping[str, str]) -> Iterator[str]:
    """Write the rows of a SELECT as aligned columns, IRIs shortened; an ASK as yes or no."""
    if result.kind == "boolean":
        yield "yes" if result else "no"
        return
    rows = [[_to_cell(term, prefixes) for term in row] for row in result.rows]
    head = list(result.variables)
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    yield _align(head, widths)
    yield "  ".join("-" * width for width in widths)
    for row in rows:
        yield _align(row, widths)


def _align(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _to_cell(term: object, prefixes: Mapping[str, str]) -> str:
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return to_printable(_shorten(term.value, prefixes))
    if isinstance(term, Literal):
        return to_printable(" ".join(term.value.split()))
    if isinstance(term, Triple):
        return to_printable(str(term))
    return f"_:{str(term).removeprefix('_:')}"


def _shorten(iri: str, prefixes: Mapping[str, str]) -> str:
    fitting = ((space, name) for name, space in prefixes.items() if iri.startswith(space))
    space, name = max(fitting, key=lambda pair: len(pair[0]), default=("", ""))
    return f"{name}:{iri[len(space) :]}" if space else iri
