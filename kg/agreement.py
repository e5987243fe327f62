"""Whether the mapping files of a project agree with one another; `kg.links` judges each alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from kg.findings import Finding
from kg.links import RULE
from kg.sssom import Link, MappingSet
from kg.terms import OWL_SAME_AS, SKOS_EXACT_MATCH

SUPERSEDED_BY = "superseded_by"
"""The key in a row's `other` that names what took the place of its link."""
DECIDED = "proposed and decided"

Placed = tuple[MappingSet, Link]


def check_agreement(
    mappings: Sequence[MappingSet], proposals: Sequence[MappingSet]
) -> Iterator[Finding]:
    """Find rows of one file that another file contradicts, and decisions that lead nowhere."""
    placed = [(read, link) for read in mappings for link in read.links]
    yield from _check_pairs(placed)
    yield from _check_exact(placed)
    yield from _check_superseded(placed)
    decided = {(link.subject, link.object): (read, link) for read, link in reversed(placed)}
    for read in proposals:
        for link in read.links:
            if (link.subject, link.object) in decided:
                there = _place(decided[link.subject, link.object])
                message = f"{there} has decided this pair; take this row out"
                yield _find((read, link), message, DECIDED)


def _check_pairs(placed: Sequence[Placed]) -> Iterator[Finding]:
    for one, first in _across(placed, lambda link: (link.subject, link.object)):
        what = "repeats" if one[1].negated == first[1].negated else "contradicts"
        yield _find(one, f"the row {what} {_place(first)}; a pair has one row, keep one")


def _check_exact(placed: Sequence[Placed]) -> Iterator[Finding]:
    exact = [(read, link) for read, link in placed if _is_exact(link)]
    for one, first in _across(exact, lambda link: link.subject):
        if one[1].object != first[1].object:
            other = first[1].cells["object_id"]
            yield _find(one, f"{_place(first)} has another exact match, {other}; reject one")
    for one, first in _across(exact, lambda link: link.object):
        if one[1].subject != first[1].subject:
            other = first[1].cells["subject_id"]
            yield _find(one, f"{_place(first)} gives this exact match to {other}; reject one")


def _check_superseded(placed: Sequence[Placed]) -> Iterator[Finding]:
    """Find links that were given up for one that does not stand."""
    standing = {(link.subject, link.cells["object_id"]) for _, link in placed if not link.negated}
    for read, link in placed:
        for part in link.cells.get("other", "").split("|"):
            key, _, item = part.partition("=")
            if key != SUPERSEDED_BY:
                continue
            if not link.negated:
                message = f"the row is superseded by {item} and still accepted; write Not"
                yield _find((read, link), f"{message} into predicate_modifier")
            elif (link.subject, item) not in standing:
                message = f"the row is superseded by {item}, which is not accepted for"
                yield _find((read, link), f"{message} {link.cells['subject_id']}; correct `other`")


def _across(
    placed: Iterable[Placed], key: Callable[[Link], Any]
) -> Iterator[tuple[Placed, Placed]]:
    """Yield each row whose key a row of an earlier file has, with the first of that key."""
    seen: dict[Any, Placed] = {}
    for one in placed:
        first = seen.setdefault(key(one[1]), one)
        if first[0].path != one[0].path:
            yield one, first


def _is_exact(link: Link) -> bool:
    return not link.negated and link.predicate in (SKOS_EXACT_MATCH, OWL_SAME_AS)


def _find(one: Placed, message: str, rule: str = RULE) -> Finding:
    read, link = one
    return Finding(rule, message, read.path, link.line, f"row {link.row}")


def _place(one: Placed) -> str:
    return f"{one[0].path}:{one[1].line}"
