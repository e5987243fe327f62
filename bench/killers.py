"""Queries that take servers down: each is valid SPARQL 1.1, or looks like it."""

from __future__ import annotations

from collections.abc import Callable

from bench.graph import LABEL

Killer = Callable[[int], str]

_PAIRS = "?a ?b ?c . ?d ?e ?f"
_LABELS = f"?a <{LABEL}> ?b . ?c <{LABEL}> ?d . ?e <{LABEL}> ?f"


def cartesian_order(serial: int) -> str:
    """Sort every pair of triples."""
    return f"SELECT * WHERE {{ {_PAIRS} }} ORDER BY ?f ?c ?v{serial} LIMIT 10"


def cartesian_count(serial: int) -> str:
    """Count every combination of three labelled things."""
    return f"SELECT (COUNT(*) AS ?n{serial}) WHERE {{ {_LABELS} }}"


def group_concat(serial: int) -> str:
    """Glue every pair of triples into one string."""
    return f"SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?n{serial}) WHERE {{ {_PAIRS} }}"


def parentheses(serial: int) -> str:
    """Nest 5,000 parentheses: 10 KB that overflow a parser's stack."""
    return f"ASK {{ FILTER {'(' * 5000}{serial} = {serial}{')' * 5000} }}"


def many_patterns(serial: int) -> str:
    """Join 1,000 triple patterns, which takes seconds before evaluation begins."""
    patterns = " . ".join(f"?s{n} ?p{n} ?s{n + 1}" for n in range(1000))
    return f"SELECT ?s0 ?v{serial} WHERE {{ {patterns} }}"


def huge_result(serial: int) -> str:
    """Ask for every pair of triples."""
    return f"SELECT ?a ?c ?d ?f ?v{serial} WHERE {{ {_PAIRS} }}"


def slow_path(serial: int) -> str:
    """Follow every property in both directions, from everything to everything."""
    return f"SELECT (COUNT(?b) AS ?n{serial}) WHERE {{ ?a (!<urn:none>|^(!<urn:none>))* ?b }}"


def doubling(serial: int) -> str:
    """Double a string forty times: a terabyte."""
    steps = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
    return f'SELECT (STRLEN(?x40) AS ?n{serial}) WHERE {{ BIND("x" AS ?x0) {steps} }}'


def many_values(serial: int) -> str:
    """List 45,000 numbers: 90 KB that take long to check before anything is evaluated."""
    return f"SELECT (NOW() AS ?now) ?v{serial} WHERE {{ VALUES ?v{serial} {{ {'1 ' * 45000}}} }}"


KILLERS: dict[str, Killer] = {
    "cartesian ORDER BY": cartesian_order,
    "GROUP_CONCAT": group_concat,
    "5,000 parentheses": parentheses,
    "1,000 patterns": many_patterns,
    "huge result": huge_result,
    "slow property path": slow_path,
    "cartesian COUNT": cartesian_count,
    "doubled string": doubling,
    "45,000 values": many_values,
}
