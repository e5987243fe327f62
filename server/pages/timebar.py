"""Dates of several things on one small bar each, all on one scale; uncertain ends drawn as such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from kg.errors import KnowledgeError
from kg.literals import edtf_bounds

WIDTH = 1000
EDGE = 40
_LEAST_DAYS = 730
_MARGIN = 0.03
_MOST_TICKS = 6
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Bar:
    """One date on the scale, as pieces from left to right: `(x, width, is_certain)`.

    A `point` is a day on which something held, which says nothing of its beginning or end.
    `open_start` and `open_end` say that it goes on beyond what is known.
    """

    pieces: list[tuple[float, float, bool]]
    point: float | None = None
    open_start: bool = False
    open_end: bool = False


@dataclass(frozen=True)
class Scale:
    """The years under the bars: `(x, year)`."""

    ticks: list[tuple[float, int]]


@dataclass(frozen=True)
class _Range:
    """When something began and ended: the first and last day each may have been."""

    begun: tuple[date, date]
    ended: tuple[date, date]
    lasting: bool
    vague: bool
    open_start: bool = False
    open_end: bool = False


def draw_bars(dates: Sequence[str | None]) -> tuple[Scale | None, list[Bar | None]]:
    """Draw dates written in EDTF on one scale; what is no date, or none, gets no bar."""
    ranges = [_read_range(text) if text else None for text in dates]
    known = [r for r in ranges if r]
    if not known:
        return None, [None] * len(dates)
    first = min(r.begun[0] for r in known).toordinal()
    last = max(r.ended[1] for r in known).toordinal()
    spare = max(_LEAST_DAYS - (last - first), 0) / 2 + (last - first) * _MARGIN
    start, days = first - spare, last - first + 2 * spare

    def place(day: date, end: bool) -> float:
        return round((day.toordinal() + end - start) / days * WIDTH, 1)

    bars = [_draw(r, place) if r else None for r in ranges]
    return Scale(_ticks(start, days)), bars


def _draw(found: _Range, place: Callable[[date, bool], float]) -> Bar:
    left, right = place(found.begun[0], False), place(found.ended[1], True)
    if not found.lasting and found.begun[0] == found.ended[1] and not found.vague:
        return Bar([], point=round((left + right) / 2, 1))
    if not found.lasting or found.vague or found.begun[1] > found.ended[0]:
        parts = [(left, right, False)]
    else:
        sure, doubtful = place(found.begun[1], False), place(found.ended[0], True)
        parts = [(left, sure, False), (sure, doubtful, True), (doubtful, right, False)]
    pieces = [(a, round(b - a, 1), certain) for a, b, certain in parts if b > a]
    return Bar(pieces, None, found.open_start, found.open_end)


@lru_cache(maxsize=4096)
def _read_range(text: str) -> _Range | None:
    start, slash, end = text.partition("/")
    vague = any(sign in text for sign in "~?%[{")
    if not slash:
        bounds = _bounds(text)
        return _Range(bounds, bounds, lasting=False, vague=vague) if bounds else None
    begun, ended = _bounds(start), _bounds(end)
    if begun and ended:
        return _Range(begun, ended, lasting=True, vague=vague)
    if begun:
        return _Range(begun, begun, lasting=True, vague=vague, open_end=True)
    if ended:
        return _Range(ended, ended, lasting=True, vague=vague, open_start=True)
    return None


def _bounds(text: str) -> tuple[date, date] | None:
    try:
        first, last = edtf_bounds(text)
    except (ValueError, KnowledgeError):
        return None
    known = first or last
    return (first or known, last or known) if known else None


def _ticks(start: float, days: float) -> list[tuple[float, int]]:
    """Mark the beginnings of years, few enough to be read."""
    first = date.fromordinal(max(int(start), 1)).year + 1
    last = date.fromordinal(min(int(start + days), date.max.toordinal())).year
    years = range(first, last + 1)
    step = next((s for s in _STEPS if len(years) / s <= _MOST_TICKS), _STEPS[-1])
    marked = (year for year in years if year % step == 0)
    placed = [
        (round((date(year, 1, 1).toordinal() - start) / days * WIDTH, 1), year) for year in marked
    ]
    return [(x, year) for x, year in placed if EDGE < x < WIDTH - EDGE]
