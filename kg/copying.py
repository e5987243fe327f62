"""Whose words? Quoted wordings must stand in the article, its sentences must not stand here.

The article's text belongs to its publisher: a project points into it and quotes a few words.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from kg.findings import Finding
from kg.project import Project
from kg.terms import SCHEMA_IN_LANGUAGE

WORDING = "wording not in the text"
COPIED = "article copied"
COPIED_WORDS = 9

_WORD = re.compile(r"\w+")
# An absolute address between angle brackets is one word: what it spells out is its owner's name
# for a page and no sentence of ours.
_WORD_OR_ADDRESS = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://[^<>\s]*>|\w+")


class _Range(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def check_wordings(
    project: Project, text: str, spans_of: Callable[[str], Sequence[_Range]]
) -> Iterator[Finding]:
    """Find quoted wordings, in the article's language, that do not stand where they point."""
    terms = project.terms
    said = [f for f in project.facts("data") if f.predicate == SCHEMA_IN_LANGUAGE.value]
    languages = {fact.object.lower().partition("-")[0] for fact in said}
    for fact in project.facts("data", "claim"):
        if fact.predicate != terms.wording.value:
            continue
        spans = spans_of(fact.subject)
        foreign = languages and fact.language.partition("-")[0] not in languages
        if not spans or foreign:
            continue
        wanted = _words(fact.object)
        here = [_words(text[span.start : span.end]) for span in spans]
        if not any(f" {wanted} " in f" {words} " for words in here):
            message = (
                f"the wording does not stand in the spans of {project.shorten(fact.subject)}; "
                "quote the article letter by letter, or correct the spans"
            )
            yield fact.finding(WORDING, message)


def check_copies(project: Project, text: str) -> Iterator[Finding]:
    """Find sources that repeat nine or more consecutive words of the article."""
    phrases = {phrase for phrase, _ in _phrases(text)}
    sources = [(file.path, file.text) for file in project.files]
    sources += [(query.path, query.text) for query in (*project.queries, *project.rules)]
    for path, source in sources:
        last = -1
        for phrase, offset in _phrases(source):
            if phrase in phrases:
                line = source.count("\n", 0, offset) + 1
                if line != last:
                    message = (
                        f"{COPIED_WORDS} consecutive words of the article stand here; "
                        "say it in words of your own"
                    )
                    yield Finding(COPIED, message, path, line)
                last = line
    for mapping in project.mappings:
        for link in mapping.links:
            for cell in link.cells.values():
                if any(phrase in phrases for phrase, _ in _phrases(cell)):
                    message = f"{COPIED_WORDS} consecutive words of the article stand in this row"
                    place = (mapping.path, link.line, f"row {link.row}")
                    yield Finding(COPIED, f"{message}; say it in words of your own", *place)


def _phrases(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield every run of nine words, without case and punctuation, with its offset.

    An address in angle brackets counts as one word.
    """
    found = [(match[0].casefold(), match.start()) for match in _WORD_OR_ADDRESS.finditer(text)]
    words = [word for word, _ in found]
    for index in range(len(words) - COPIED_WORDS + 1):
        yield tuple(words[index : index + COPIED_WORDS]), found[index][1]


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
