"""How alike two words are, by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz import fuzz, process

from kg.matching.names import Name, Word

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


@lru_cache(maxsize=8_192)
def find_like(name: Name, key: str, sense: str) -> Mapping[int, float]:
    """Give the places of a name's words that are like a word, each with its likeness.

    These are what `likeness` gives from `LEAST_LIKE` on. Those a name is compared with share most
    of their words, so that each is looked for once.
    """
    long, keys, senses = _lay_out(name)
    found: dict[int, float] = {}
    if len(key) >= LEAST_LETTERS:
        for _, value, at in process.extract(
            key, long, scorer=fuzz.ratio, score_cutoff=LEAST_LIKE, limit=None
        ):
            found[at] = min(value, 99.0)
    for at in (*keys.get(key, ()), *senses.get(sense, ())):
        found[at] = 100.0
    return found


@lru_cache(maxsize=64)
def _lay_out(
    name: Name,
) -> tuple[list[str | None], Mapping[str, list[int]], Mapping[str, list[int]]]:
    """Give the keys that others may be like, by place, and the places of each key and sense."""
    long: list[str | None] = []
    keys: dict[str, list[int]] = {}
    senses: dict[str, list[int]] = {}
    for at, word in enumerate(name.words):
        is_long = len(word.key) >= LEAST_LETTERS and not word.key.isdecimal()
        long.append(word.key if is_long else None)
        keys.setdefault(word.key, []).append(at)
        senses.setdefault(word.sense, []).append(at)
    return long, keys, senses


def begins(initial: Word, word: Word) -> bool:
    """Tell whether a word may be what an initial stands for: `Я.` or `Y.`, `Geo.` or `Chas.`."""
    if word.key.startswith(initial.key) or word.token.startswith(initial.token):
        return True
    letters = iter(word.token)
    is_within = len(initial.token) > 1 and all(sign in letters for sign in initial.token)
    return is_within and initial.token[0] == word.token[0]
