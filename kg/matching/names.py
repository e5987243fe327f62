"""A name parted into what it says: words, initials, a rank, a number, the kind of a unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, wraps
from typing import TypeVar

from kg.matching.lexicon import PLAIN, Lexicon, Meaning, to_tokens
from kg.matching.spelling import to_key

LONGEST_NAME = 200
"""Code points of a name that are looked at."""
_ROMAN = re.compile(r"(?=[IVX])(X{0,3})(IX|IV|V?I{0,3})", re.IGNORECASE)
_MISREAD = str.maketrans("015", "ols")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_APART = re.compile(r"[,;()\[\]/]")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name: as written (in lower case), its key, and what it means, if listed.

    `role` is empty for a word that is not listed; `sense` is what it means, else its key: the
    same for all forms of a word.
    """

    token: str
    key: str
    is_initial: bool = False
    meaning: Meaning | None = None
    role: str = field(init=False)
    sense: str = field(init=False)

    def __post_init__(self) -> None:
        meaning = self.meaning
        object.__setattr__(self, "role", meaning.role if meaning else "")
        object.__setattr__(self, "sense", meaning.word if meaning else self.key)


@dataclass(frozen=True, eq=False)
class Name:
    """A name in parts, as commas and brackets part it; `words` are those of all parts in order."""

    text: str
    parts: tuple[tuple[Word, ...], ...]
    words: tuple[Word, ...]

    def first(self, role: str) -> str:
        """Give what its first word of a role means; empty where it has none."""
        return self._meant.get(role, ("",))[0]

    def meant(self, role: str) -> frozenset[str]:
        """Give what its words of a role mean."""
        return frozenset(self._meant.get(role, ()))

    @cached_property
    def _meant(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self.words:
            if word.role:
                found.setdefault(word.role, []).append(word.sense)
        return found

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Its numbers, sorted; those in letters too."""
        plain = [word.key for word in self.words if not word.role and word.key.isdecimal()]
        return tuple(sorted(plain + self._meant.get("numeral", [])))

    @cached_property
    def is_unit(self) -> bool:
        """Tell whether it names a unit: by a kind, or by a number and a branch."""
        roles = self._meant.keys()
        return "kind" in roles or bool(roles & {"branch", "honour"} and self.numbers)

    @cached_property
    def script(self) -> str:
        """The script of its first letter, such as `LATIN`; empty where it has none."""
        return to_script(self.text)

    @cached_property
    def ranks(self) -> frozenset[str]:
        """The ranks that stand beside the name."""
        beside = (w.meaning for w in self.words if w.meaning and w.role == "rank")
        return frozenset(rank for meaning in beside for rank in meaning.concepts)


@lru_cache(maxsize=2_048)
def to_script(text: str) -> str:
    """Give the script of the first letter of a text; empty where it has none."""
    letter = next((sign for sign in text if sign.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0] if letter else ""


def keep_with_name(read: Callable[[Name], T]) -> Callable[[Name], T]:
    """Keep what is read from a name as long as the name is kept, and no longer."""
    key = f"{read.__module__}.{read.__qualname__}"

    @wraps(read)
    def recall(name: Name) -> T:
        kept = name.__dict__
        if key not in kept:
            kept[key] = read(name)
        found: T = kept[key]
        return found

    return recall


def parse_name(text: str, lexicon: Lexicon = PLAIN) -> Name:
    """Part a name into its words; nothing of it is lost, and no text is refused."""
    parts = (tuple(_read(part, lexicon)) for part in _APART.split(text[:LONGEST_NAME]))
    name = _to_name(text, tuple(part for part in parts if part))
    return _to_name(text, tuple(map(_count_roman, name.parts))) if name.is_unit else name


parse_borne = lru_cache(maxsize=16_384)(parse_name)
"""As `parse_name`, for the names of things, which are compared again and again."""

parse_sought = lru_cache(maxsize=64)(parse_name)
"""As `parse_name`, for a name that is looked for: visitors choose it, so that few are kept."""


def _to_name(text: str, parts: tuple[tuple[Word, ...], ...]) -> Name:
    return Name(text, parts, tuple(word for part in parts for word in part))


def _read(part: str, lexicon: Lexicon, *, shortened: bool = False) -> Iterator[Word]:
    pairs = list(to_tokens(part))
    tokens = [token for token, _ in pairs]
    at = 0
    while at < len(tokens):
        token, written = pairs[at]
        is_last = at == len(pairs) - 1
        # A capital alone is an initial, whatever the small letter means.
        is_capital = len(token) == 1 and written[0].isupper()
        length, meaning = lexicon.find(tokens[at:], least=2 if is_capital else 1)
        at += length
        if meaning is None:
            yield from _read_word(token, written, lexicon, is_last=is_last)
        elif meaning.role != "short":
            yield Word(token, to_key(token), length == len(token) == 1, meaning)
        elif not shortened:
            yield from _read(meaning.word, lexicon, shortened=True)


def _read_word(token: str, written: str, lexicon: Lexicon, *, is_last: bool) -> Iterator[Word]:
    token = _mend(token)
    compound = lexicon.split(token)
    if compound:
        yield from (Word(token, to_key(token), False, meaning) for meaning in compound)
    elif key := to_key(token):
        yield Word(token, key, _is_initial(token, written, 2 if is_last else 4))


def _is_initial(token: str, written: str, most: int) -> bool:
    """Tell `G.`, `G`, `Zh.` and `Geo.`: one letter, or a few with a dot."""
    short = len(token) == 1 or (len(token) <= most and written.endswith("."))
    return short and token.isalpha()


def _mend(token: str) -> str:
    """Take the figures within a word for the letters that a scan took for them."""
    return token.translate(_MISREAD) if token[0].isalpha() and len(token) > 3 else token


def _count_roman(part: tuple[Word, ...]) -> tuple[Word, ...]:
    """Write the Roman numerals of a unit's name as numbers; no unit is `the third` of its name."""
    return tuple(_to_number(word) if word.role in ("", "suffix") else word for word in part)


def _to_number(word: Word) -> Word:
    if not _ROMAN.fullmatch(word.token):
        return word
    values = [_ROMAN_VALUES[sign] for sign in word.token]
    number = str(sum(-v if v < max(values[at:]) else v for at, v in enumerate(values)))
    return Word(number, number)
