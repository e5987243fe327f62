"""How alike two words are, by their keys."""

from __future__ import annotations

from rapidfuzz import fuzz

from kg.matching.names import Word

LEAST_LETTERS = 4
"""A shorter word is only like itself."""


def likeness(one: Word, other: Word) -> float:
    """Compare two words, from 0 to 100; 100 means the same spelling, or the same meaning."""
    if one.sense == other.sense or one.key == other.key:
        return 100.0
    if one.key.isdecimal() or min(len(one.key), len(other.key)) < LEAST_LETTERS:
        return 0.0
    return min(fuzz.ratio(one.key, other.key), 99.0)


def begins(initial: Word, word: Word) -> bool:
    """Tell whether a word may be what an initial stands for; `Я.` is `Yakov`, `Y.` as well."""
    return word.key.startswith(initial.key) or word.token.startswith(initial.token)
