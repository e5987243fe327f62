"""The pages' own words in the languages they speak; the data's words come from the release."""

from __future__ import annotations

from pathlib import Path

LANGUAGES = ("en", "de", "ru")
LANGUAGE_NAMES = {"en": "English", "de": "Deutsch", "ru": "Русский"}

VERDICT_SYMBOLS = {
    "corroborated": "✓",
    "imprecise": "≈",
    "contradicted": "✗",
    "unverifiable": "?",
    "evaluation": "❝",
}
"""One sign per verdict, beside its word, so that colour never carries the meaning alone."""

GRADES = ("p", "a", "s", "w", "r", "x")
"""Grades of sources from the nearest witness to the farthest, by the last part of their names."""


def _read_tables() -> dict[str, dict[str, str]]:
    """Read `wording/*.tsv`, one table for each area of the site.

    Raises:
        ValueError: for a key that two tables define, a row without all its words, or an unknown
            language.
    """
    phrases: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
    for path in sorted((Path(__file__).parent / "wording").glob("*.tsv")):
        head, *rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        if head != ["key", *LANGUAGES]:
            raise ValueError(f"{path.name}:1: the columns are key and {', '.join(LANGUAGES)}")
        for number, (key, *words) in enumerate(rows, 2):
            if key in phrases["en"] or len(words) != len(LANGUAGES):
                raise ValueError(f"{path.name}:{number}: {key} is there twice, or lacks a language")
            for lang, text in zip(LANGUAGES, words, strict=True):
                phrases[lang][key] = text
    return phrases


PHRASES = _read_tables()
"""`PHRASES[language][key]`, from `wording/*.tsv`."""
