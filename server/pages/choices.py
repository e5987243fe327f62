"""Choosing among claims, by verdict or speaker say: links that keep the other choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyoxigraph import NamedNode

from server.articles import last_part


class Choosable(Protocol):
    """What can be chosen: it has values for each parameter."""

    def values(self, name: str) -> tuple[NamedNode, ...]:
        """Give the values of a parameter."""


@dataclass(frozen=True)
class Option:
    """A value to choose: `key` stands in the address; `count` claims have it and fit the rest."""

    key: str
    node: NamedNode
    count: int
    chosen: bool
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Choices:
    """What a visitor chose, by parameter; an empty choice lets every claim through."""

    chosen: Mapping[str, str]
    keys: Mapping[str, Mapping[NamedNode, str]]

    def fits(self, claim: Choosable, but: str = "") -> bool:
        """Say whether a claim has every value chosen; `but` names a parameter to leave aside."""
        return all(
            wanted in {self.keys[name][node] for node in claim.values(name)}
            for name, wanted in self.chosen.items()
            if name != but
        )

    def options(self, name: str, claims: Iterable[Choosable]) -> list[Option]:
        """List the values of a parameter with the address each leads to, most claims first."""
        fitting = [claim for claim in claims if self.fits(claim, but=name)]
        found = []
        for node, key in self.keys[name].items():
            count = sum(node in claim.values(name) for claim in fitting)
            chosen = self.chosen.get(name) == key
            rest = {k: v for k, v in self.chosen.items() if k != name}
            found.append(Option(key, node, count, chosen, rest if chosen else {**rest, name: key}))
        return found


def read_choices(
    arguments: Mapping[str, str], claims: Sequence[Choosable], parameters: Sequence[str]
) -> Choices:
    """Read what the address chooses among these claims."""
    chosen = {name: arguments[name] for name in parameters if arguments.get(name)}
    return Choices(chosen, {name: _keys(claims, name) for name in parameters})


def _keys(claims: Sequence[Choosable], name: str) -> dict[NamedNode, str]:
    """Name each value by the last part of its IRI, or by the whole where two would be alike."""
    found = dict.fromkeys(node for claim in claims for node in claim.values(name))
    short = Counter(map(last_part, found))
    return {n: last_part(n) if short[last_part(n)] == 1 else n.value for n in found}
