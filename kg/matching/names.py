"""A name parted into what it says: words, initials, a rank, a number, the kind of a unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kg.matching.lexicon import PLAIN, Lexicon, Meaning, to_tokens
from kg.matching.spelling import to_key

LONGEST_NAME = 200
"""Code points of a name that are looked at."""
_ROMAN = re.compile(r"(?=[IVX])(X{0,3})(IX|IV|V?I{0,3})", re.IGNORECASE)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_APART = re.compile(r"[,;()\[\]/]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name: as written (in lower case), its key, and what it means, if listed."""

    token: str
    key: str
    is_initial: bool = False
    meaning: Meaning | None = None

    @property
    def role(self) -> str:
        """The role of a listed word; empty for one that is not listed."""
        return self.meaning.role if self.meaning else ""

    @property
    def sense(self) -> str:
        """What it means, else its key: the same for all forms of a word."""
        return self.meaning.word if self.meaning else self.key


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A name in parts, as commas and brackets part it; `words` are those of all parts in order."""

    text: str
    parts: tuple[tuple[Word, ...], ...]
    words: tuple[Word, ...]

    def first(self, role: str) -> str:
        """Give what its first word of a role means; empty where it has none."""
        return next((word.sense for word in self.words if word.role == role), "")

    def meant(self, role: str) -> frozenset[str]:
        """Give what its words of a role mean."""
        return frozenset(w.meaning.word for w in self.words if w.meaning and w.role == role)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its numbers, sorted; those in letters too."""
        plain = (word.key for word in self.words if word.meaning is None and word.key.isdecimal())
        written = (w.meaning.word for w in self.words if w.meaning and w.role == "numeral")
        return tuple(sorted([*plain, *written]))

    @property
    def is_unit(self) -> bool:
        """Tell whether it names a unit: by a kind, or by a number and a branch."""
        roles = {word.role for word in self.words}
        return "kind" in roles or bool(roles & {"branch", "honour"} and self.numbers)

    @property
    def script(self) -> str:
        """The script of its first letter, such as `LATIN`; empty where it has none."""
        letter = next((sign for sign in self.text if sign.isalpha()), "")
        return unicodedata.name(letter, "").partition(" ")[0]

    @property
    def ranks(self) -> frozenset[str]:
        """The ranks that stand beside the name."""
        return frozenset(
            rank
            for w in self.words
            if w.meaning and w.role == "rank"
            for rank in w.meaning.concepts
        )


@lru_cache(maxsize=16_384)
def parse_name(text: str, lexicon: Lexicon = PLAIN) -> Name:
    """Part a name into its words; nothing of it is lost, and no text is refused."""
    parts = (tuple(_read(part, lexicon)) for part in _APART.split(text[:LONGEST_NAME]))
    name = _to_name(text, tuple(part for part in parts if part))
    return _to_name(text, tuple(map(_count_roman, name.parts))) if name.is_unit else name


def _to_name(text: str, parts: tuple[tuple[Word, ...], ...]) -> Name:
    return Name(text, parts, tuple(word for part in parts for word in part))


def _read(part: str, lexicon: Lexicon, *, shortened: bool = False) -> Iterator[Word]:
    pairs = list(to_tokens(part))
    tokens = [token for token, _ in pairs]
    at = 0
    while at < len(tokens):
        token, written = pairs[at]
        # A capital alone is an initial, whatever the small letter means.
        is_capital = len(token) == 1 and written[0].isupper()
        length, meaning = lexicon.find(tokens[at:], least=2 if is_capital else 1)
        at += length
        if meaning is None:
            yield from _read_word(token, written, lexicon)
        elif meaning.role != "short":
            yield Word(token, to_key(token), length == len(token) == 1, meaning)
        elif not shortened:
            yield from _read(meaning.word, lexicon, shortened=True)


def _read_word(token: str, written: str, lexicon: Lexicon) -> Iterator[Word]:
    compound = lexicon.split(token)
    if compound:
        yield from (Word(token, to_key(token), False, meaning) for meaning in compound)
    elif key := to_key(token):
        yield Word(token, key, _is_initial(token, written))


def _is_initial(token: str, written: str) -> bool:
    """Tell `G.`, `G`, `Zh.` and `Ю.`: one letter, or two with a dot."""
    return token.isalpha() and (len(token) == 1 or (len(token) == 2 and written.endswith(".")))


def _count_roman(part: tuple[Word, ...]) -> tuple[Word, ...]:
    """Write the Roman numerals of a unit's name as numbers."""
    return tuple(_to_number(word) if word.meaning is None else word for word in part)


def _to_number(word: Word) -> Word:
    if not _ROMAN.fullmatch(word.token):
        return word
    values = [_ROMAN_VALUES[sign] for sign in word.token]
    number = str(sum(-v if v < max(values[at:]) else v for at, v in enumerate(values)))
    return Word(number, number)
