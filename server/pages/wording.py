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


def _read_table() -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / "wording.tsv").read_text(encoding="utf-8")
    head, *rows = [line.split("\t") for line in text.splitlines()]
    return {
        lang: {row[0]: row[column] for row in rows} for column, lang in enumerate(head) if column
    }


PHRASES = _read_table()
"""`PHRASES[language][key]`, from `wording.tsv`."""
