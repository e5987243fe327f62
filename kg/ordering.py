"""Order numbers apart from other literals, since the engine cannot order them together.

The engine compares two numbers by value, but a number and any other literal by their spelling:
9 < 10, 10 < "5" and "5" < 9. A sort that meets such a circle gives numbers in a wrong order or
ends the process. So each condition of `ORDER BY` that may hold both gets `isNumeric` of itself
in front of it, which the standard allows: it says nothing of how 9 and "5" stand to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kg.errors import QueryError
from kg.tokens import Token, to_place, tokens

# Whether these give a number depends on the row; all other functions give always the same kind.
_MIXING = frozenset(("IF", "COALESCE", "MIN", "MAX", "SAMPLE", "STRDT"))
_DIRECTIONS = ("ASC", "DESC")
_CLAUSES = frozenset(("LIMIT", "OFFSET", "HAVING", "VALUES", "ORDER", "GROUP"))
_ORDER = re.compile(r"\border\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Condition:
    """A condition of `ORDER BY`: where it begins, its direction, and what it orders by."""

    offset: int
    direction: str
    text: str
    is_uniform: bool


def separate_numbers(query: str) -> str:
    """Spell a query so that it orders numbers after all other terms.

    >>> separate_numbers("SELECT * { ?s ?p ?o } ORDER BY DESC(?o) STR(?s)")
    'SELECT * { ?s ?p ?o } ORDER BY DESC(isNumeric((?o))) DESC(?o) STR(?s)'
    """
    if "order" not in query.lower() or not _ORDER.search(query):
        return query
    try:
        found = [one for one in _find_conditions(query) if not one.is_uniform]
    except QueryError:  # the engine will say what is wrong
        return query
    parts, end = [], 0
    for one in found:
        parts += [query[end : one.offset], f"{one.direction}(isNumeric({one.text})) "]
        end = one.offset
    return "".join((*parts, query[end:]))


def find_order(query: str) -> tuple[int, int] | None:
    """Give line and column of the first `ORDER BY`, if there is one."""
    read = list(tokens(query))
    pairs = zip(read, read[1:], strict=False)
    offset = next((a.offset for a, b in pairs if _begins_order(a, b)), None)
    return None if offset is None else to_place(query, offset)


def _begins_order(token: Token, following: Token) -> bool:
    words = token.kind == following.kind == "word"
    return words and (token.upper, following.upper) == ("ORDER", "BY")


def _find_conditions(query: str) -> Iterator[_Condition]:
    read = list(tokens(query))
    at = 0
    while at < len(read) - 1:
        if not _begins_order(read[at], read[at + 1]):
            at += 1
            continue
        at += 2
        while (end := _find_end(read, at)) > at:
            yield _to_condition(query, read[at:end])
            at = end


def _find_end(read: list[Token], at: int) -> int:
    """Give the index behind the condition that begins at `at`; `at` itself where none does."""
    if at == len(read):
        return at
    token = read[at]
    if token.kind == "variable":
        return at + 1
    calls = token.kind in ("word", "iri", "name") and token.upper not in _CLAUSES
    if calls and at + 1 < len(read) and read[at + 1].text == "(":
        return _find_closing(read, at + 1)
    return _find_closing(read, at) if token.text == "(" else at


def _find_closing(read: list[Token], at: int) -> int:
    depth = 0
    for index in range(at, len(read)):
        if read[index].kind == "op":
            depth += {"(": 1, ")": -1}.get(read[index].text, 0)
        if depth == 0:
            return index + 1
    return at  # it does not close: the engine will say so


def _to_condition(query: str, read: list[Token]) -> _Condition:
    first, last = read[0], read[-1]
    direction = first.upper if first.kind == "word" and first.upper in _DIRECTIONS else "ASC"
    inner = read[1:] if first.upper == direction else read
    text = query[inner[0].offset : last.offset + len(last.text)]
    while inner[0].text == "(" and _find_closing(inner, 0) == len(inner):
        inner = inner[1:-1] or read[:1]
    called = len(inner) > 1 and inner[1].text == "(" and _find_closing(inner, 1) == len(inner)
    is_uniform = called and inner[0].kind != "op" and inner[0].upper not in _MIXING
    return _Condition(first.offset, direction, text, is_uniform)
