"""Numbers as pages show them: counts, sizes of files, and shares drawn as bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.pages.wording import PHRASES

FULL = 1000
"""How long the longest bar is, in the units of the drawing."""

UNITS = ("unit_kilo", "unit_mega", "unit_giga", "unit_tera")
"""The keys of the words for a thousand bytes, a million, and so on."""


@dataclass(frozen=True)
class Piece:
    """A part of a bar: its class in the style sheet, where it begins, how long it is."""

    slug: str
    x: int
    width: int


def draw_bar(parts: Iterable[tuple[str, int]], longest: int) -> list[Piece]:
    """Draw counts as one bar of pieces, where `longest` fills the drawing.

    >>> draw_bar([("good", 3), ("none", 0), ("bad", 1)], 8)
    [Piece(slug='good', x=0, width=375), Piece(slug='bad', x=375, width=125)]
    """
    pieces, before = [], 0
    for slug, count in parts:
        start, end = (FULL * n // max(longest, 1) for n in (before, before + count))
        before += count
        if count:
            pieces.append(Piece(slug, start, max(end - start, 1)))
    return pieces


def longest_of(totals: Sequence[int]) -> int:
    """Give the largest of some counts, 0 if there are none."""
    return max(totals, default=0)


def say_number(number: int) -> str:
    """Write a count with a narrow space between thousands.

    >>> say_number(15157).replace("\\u202f", " ")
    '15 157'
    """
    return f"{number:,}".replace(",", "\u202f")


def say_size(size: int, lang: str) -> str:
    """Write how many bytes a file has, in the unit that leaves a small number.

    >>> [say_size(size, "de").replace("\\u00a0", " ") for size in (999, 1_234_567)]
    ['999 Byte', '1,2 MB']
    """
    say = PHRASES[lang]
    if size < 1000:
        return f"{size}\u00a0{say['unit_byte']}"
    amount = float(size)
    for unit in UNITS:
        amount /= 1000
        if amount < 999.5 or unit == UNITS[-1]:
            break
    digits = f"{amount:.0f}" if amount >= 10 else f"{amount:.1f}"
    return f"{digits.replace('.', say['decimal_sign'])}\u00a0{say[unit]}"
