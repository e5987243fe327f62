"""Fold spellings of a name into one key: scripts, diacritics, and the usual transliterations.

A key is no transliteration of its own: it only has to be the same for `Silvashko`, `Sylvashko`
and `Сильвашко`. It is coarse, so that whoever looks names up by it must compare them after.
"""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

# Cyrillic first, letter by letter: names come in many conventions, and these have to meet them.
_CYRILLIC = str.maketrans(
    {
        "ж": "s", "х": "h", "ц": "s", "ч": "h", "ш": "s", "щ": "s", "ъ": "", "ь": "", "ы": "i",
        "й": "i", "э": "e", "ё": "e", "ю": "iu", "я": "ia", "і": "i", "ї": "i", "є": "e",
    }
)  # fmt: skip
# Ways to write one sound in English, German, French and scholarly use, the longest first.
_SOUNDS = tuple(
    pair.split(">")
    for pair in [
        "schtsch>s",
        "shch>s",
        "tsch>h",
        "sch>s",
        "tch>h",
        "zh>s",
        "kh>h",
        "ch>h",
        "sh>s",
        "ts>s",
        "tz>s",
        "ph>f",
        "th>t",
        "ck>k",
        "qu>kv",
        "x>ks",
        "w>v",
        "y>i",
        "jo>io",
        "ju>iu",
        "ja>ia",
        "je>e",
        "ie>e",
        "ae>e",
        "oe>o",
        "ue>u",
        "z>s",
    ]
)
_LONG = 40
"""Letters; what is longer is hardly a word that comes again, and not kept with its key."""
_WORD = re.compile(r"[^\W_]+")
_DOUBLED = re.compile(r"(.)\1+")
_HARD_C = re.compile(r"c(?=[aoulrk]|$)")
_GLIDE = re.compile(r"[ij](?=[aeou])")


def to_words(text: str) -> list[str]:
    """Part a text into its words, in lower case; an apostrophe belongs to no word.

    >>> to_words("Guards Major-General P. I. Smirnov’s")
    ['guards', 'major', 'general', 'p', 'i', 'smirnovs']
    """
    return _WORD.findall(re.sub(r"['’ʼ`´]", "", text).casefold())


def to_key(word: str) -> str:
    """Fold one word into its key; a number stays as it is.

    >>> {to_key(name) for name in ("Silvashko", "Sylvashko", "Сильвашко", "Silwaschko")}
    {'silvasko'}
    """
    return _fold_once(word) if len(word) <= _LONG else _fold_once.__wrapped__(word)


@lru_cache(maxsize=32_768)
def _fold_once(word: str) -> str:
    if word.isdecimal():
        return word
    folded = anyascii(word.casefold().translate(_CYRILLIC)).lower()
    folded = "".join(sign for sign in folded if sign.isalnum())
    for written, sound in _SOUNDS:
        folded = folded.replace(written, sound)
    folded = _HARD_C.sub("k", folded).replace("c", "s")
    folded = _GLIDE.sub("", folded).replace("j", "i")
    return _DOUBLED.sub(r"\1", folded)


def to_keys(text: str) -> list[str]:
    """Fold each word of a text; words of which nothing is left are dropped."""
    return [key for key in map(to_key, to_words(text)) if key]
