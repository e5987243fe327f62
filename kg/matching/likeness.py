"""How alike two words are, by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from kg.matching.names import Name, Word, keep_with_name

LEAST_LETTERS = 4
"""A shorter word is only like itself."""
LEAST_LIKE = 75.0
"""`find_like` gives words that are at least so much alike."""


def likeness(one: Word, other: Word) -> float:
    """Compare two words, from 0 to 100; 100 means the same spelling, or the same meaning."""
    if one.sense == other.sense or one.key == other.key:
        return 100.0
    if one.key.isdecimal() or min(len(one.key), len(other.key)) < LEAST_LETTERS:
        return 0.0
    return min(fuzz.ratio(one.key, other.key), 99.0)


def find_like(name: Name, key: str, sense: str) -> Mapping[int, float]:
    """Give the places of a name's words that are like a word, each with its likeness.

    These are what `likeness` gives from `LEAST_LIKE` on. Those a name is compared with share most
    of their words, so that each is looked for once.
    """
    layout = _lay_out(name)
    found = layout.found.get((key, sense))
    if found is None:
        found = layout.found[key, sense] = _find_like(layout, key, sense)
    return found


def _find_like(layout: _Layout, key: str, sense: str) -> Mapping[int, float]:
    found: dict[int, float] = {}
    if len(key) >= LEAST_LETTERS:
        for _, value, at in process.extract(
            key, layout.long, scorer=fuzz.ratio, score_cutoff=LEAST_LIKE, limit=None
        ):
            found[at] = min(value, 99.0)
    for at in (*layout.keys.get(key, ()), *layout.senses.get(sense, ())):
        found[at] = 100.0
    return found


@dataclass(frozen=True)
class _Layout:
    """The keys of a name that others may be like, by place, and the places of each key and sense.

    `found` is what has been looked for among them.
    """

    long: list[str | None] = field(default_factory=list)
    keys: dict[str, list[int]] = field(default_factory=dict)
    senses: dict[str, list[int]] = field(default_factory=dict)
    found: dict[tuple[str, str], Mapping[int, float]] = field(default_factory=dict)


@keep_with_name
def _lay_out(name: Name) -> _Layout:
    layout = _Layout()
    for at, word in enumerate(name.words):
        is_long = len(word.key) >= LEAST_LETTERS and not word.key.isdecimal()
        layout.long.append(word.key if is_long else None)
        layout.keys.setdefault(word.key, []).append(at)
        layout.senses.setdefault(word.sense, []).append(at)
    return layout


def begins(initial: Word, word: Word) -> bool:
    """Tell whether a word may be what an initial stands for: `Я.` or `Y.`, `Geo.` or `Chas.`."""
    if word.key.startswith(initial.key) or word.token.startswith(initial.token):
        return True
    letters = iter(word.token)
    is_within = len(initial.token) > 1 and all(sign in letters for sign in initial.token)
    return is_within and initial.token[0] == word.token[0]
