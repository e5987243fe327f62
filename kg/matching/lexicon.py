"""Words of names that have a meaning of their own: ranks, kinds of units, numerals, titles.

A project lists them in `ontology/name-words.tsv`: role, word, and the forms the word has in names.
Without the file names are compared by their words alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from kg.errors import SourceError

Role = Literal[
    "rank", "title", "suffix", "numeral", "kind", "branch", "honour", "army", "ornament", "site",
    "filler", "short",
]  # fmt: skip
HEAD = ["role", "word", "forms"]
# A form of fewer letters is no part of a compound word: too many words end so.
_LEAST_PART = 3
_BRACKETS = re.compile(r"\([^()]*\)")
_SIGNS = re.compile(r"['’ʼ`´\u0301]")
# An ordinal is one token with its ending: 58th, 333d, 58-я, 5-го.
_TOKEN = re.compile(
    r"(?P<number>\d+)(?:-?(?:st|nd|rd|th|d|[аоы]?[йяею]|о?го|о?му|х))?(?![^\W_])|[^\W_]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Meaning:
    """What a form means: its role, and the word it is a form of; for a rank also its concepts."""

    role: Role
    word: str
    concepts: frozenset[str] = frozenset()


class Lexicon:
    """Forms by their tokens; a form may take several tokens, the longest that fits counts."""

    def __init__(self, forms: Iterable[tuple[str, Meaning]] = ()) -> None:
        self._forms: dict[tuple[str, ...], Meaning] = {}
        self._open: dict[str, list[tuple[tuple[str, ...], Meaning]]] = defaultdict(list)
        self._longest = 0
        self._begun: set[str] = set()
        for form, meaning in forms:
            tokens = _to_pattern(form)
            if any(token.endswith("*") for token in tokens):
                self._open[tokens[0].rstrip("*")].append((tokens, meaning))
            else:
                self._forms.setdefault(tokens, meaning)
            self._longest = max(self._longest, len(tokens))
            self._begun.add(tokens[0])
        self._open_lengths = sorted({len(start) for start in self._open}, reverse=True)
        self._part_lengths = sorted(
            {len(tokens[0]) for tokens in self._forms if len(tokens) == 1}, reverse=True
        )

    def find(self, tokens: Sequence[str], least: int = 1) -> tuple[int, Meaning | None]:
        """Give the meaning of the longest form these tokens begin with, and how many it takes.

        A form takes at least so many; where there is none, the first token means nothing.
        """
        first = tokens[0]
        if first not in self._begun and not any(map(self._open.get, self._starts(first))):
            return 1, None
        for length in range(min(self._longest, len(tokens)), least - 1, -1):
            head = tuple(tokens[:length])
            meaning = self._forms.get(head) or self._find_open(head)
            if meaning is not None:
                return length, meaning
        return 1, None

    def _find_open(self, head: tuple[str, ...]) -> Meaning | None:
        for start in self._starts(head[0]):
            for pattern, meaning in self._open.get(start, ()):
                if len(pattern) == len(head) and all(map(_fits, pattern, head)):
                    return meaning
        return None

    def _starts(self, token: str) -> Iterator[str]:
        """Yield what an open form may begin with, the longest first."""
        return (token[:length] for length in self._open_lengths if length <= len(token))

    def split(self, token: str) -> list[Meaning]:
        """Part a compound such as `schützendivision` into words that are listed; else nothing."""
        for end in self._part_lengths:
            if not _LEAST_PART <= end <= len(token):
                continue
            meaning = self._forms.get((token[:end],))
            if meaning is None:
                continue
            if end == len(token):
                return [meaning]
            rest = self.split(token[end:])
            if rest:
                return [meaning, *rest]
        return []


PLAIN = Lexicon()
"""No words at all, for a project that lists none."""


def to_tokens(text: str) -> Iterator[tuple[str, str]]:
    """Part a name into tokens in lower case, each as it is written, with the sign after it.

    >>> list(to_tokens("58-я гв. див."))
    [('58', '58-я '), ('гв', 'гв.'), ('див', 'див.')]
    """
    clean = _SIGNS.sub("", text)
    for match in _TOKEN.finditer(clean):
        yield (match["number"] or match[0]).lower(), clean[match.start() : match.end() + 1]


def read_lexicon(text: str, path: str, ranks: Mapping[str, Iterable[str]] | None = None) -> Lexicon:
    """Read the words of a project; `ranks` are the labels of its own ranks, by their IRIs.

    A rank's word is one of these labels; of several words, the form may mean each.

    Raises SourceError for a row without role, word and forms, or with an unknown role.
    """
    concepts: dict[str, set[str]] = defaultdict(set)
    for iri, labels in (ranks or {}).items():
        for label in labels:
            concepts[_to_word(label)].add(iri)
    forms: list[tuple[str, Meaning]] = []
    for line, row in _rows(text, path):
        role, word, written = row
        if role not in get_args(Role):
            message = f"{role} is no role of a word; take one of {', '.join(get_args(Role))}"
            raise SourceError(message, path, line)
        words = [_to_word(one) for one in word.split("|")]
        known = (concepts.get(one, set[str]()) for one in words) if role == "rank" else ()
        meaning = Meaning(role, words[0], frozenset[str]().union(*known))  # type: ignore[arg-type]
        listed = written.split("|") if role == "short" else [words[0], *written.split("|")]
        forms += [(form, meaning) for form in listed if form.strip()]
    labelled = ((word, Meaning("rank", word, frozenset(iris))) for word, iris in concepts.items())
    return Lexicon([*forms, *labelled])


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if not line.startswith("#")]
    if lines and lines[0][1].split("\t") != HEAD:
        raise SourceError(f"the columns are {', '.join(HEAD)}", path, lines[0][0])
    for number, line in lines[1:]:
        row = line.split("\t")
        if len(row) != len(HEAD) or not all(cell.strip() for cell in row):
            message = "a row has a role, a word and its forms, parted by tabs; complete it"
            raise SourceError(message, path, number)
        yield number, row


def _to_pattern(form: str) -> tuple[str, ...]:
    return tuple(token + "*" * written.endswith("*") for token, written in to_tokens(form))


def _to_word(label: str) -> str:
    """Give a label without what stands in brackets, as its tokens."""
    return " ".join(_to_pattern(_BRACKETS.sub("", label)))


def _fits(pattern: str, token: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern
