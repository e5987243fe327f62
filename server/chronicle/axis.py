"""A time axis with breaks: it runs where something happens and leaves out the years between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from server.pages.dates import say_month

SHORTEST_BREAK_DAYS = 7
MOST_STRETCHES = 9
MOST_TICKS = 5
_MARGIN = 0.03
_DAY_STEPS, _MONTH_STEPS = (1, 2, 5, 10, 15), (1, 3, 6)
_YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


@dataclass(frozen=True)
class Tick:
    """A mark on the axis: where (0 to 1), the day it stands for, and to which unit it is exact."""

    place: float
    day: date
    unit: str

    def say(self, lang: str) -> str:
        """Write it as short as can be: `25 Apr`, `Apr`, `1945`."""
        if self.unit == "year":
            return str(self.day.year)
        month = say_month(self.day.month, lang)
        if self.unit == "month":
            return month
        return f"{self.day.day}. {month}" if lang == "de" else f"{self.day.day} {month}"


@dataclass(frozen=True)
class Stretch:
    """A piece of the axis between two breaks, from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def place(self, day: date, part: float = 0.0) -> float:
        """Say where a day begins, or which `part` of it has passed, from 0 (left) to 1 (right).

        A day outside the stretch is put at the nearer end.
        """
        passed = ((day - self.first).days + part) / self.days
        return _MARGIN + (1 - 2 * _MARGIN) * min(1.0, max(0.0, passed))

    def ticks(self) -> list[Tick]:
        """Choose days to name, from two to five of them where the stretch is long enough."""
        for unit, step in _steps():
            days = [day for day in _count(self.first, unit, step) if self.first <= day <= self.last]
            if len(days) <= MOST_TICKS and (len(days) > 1 or self.days < SHORTEST_BREAK_DAYS):
                centre = 0.5 if unit == "day" else 0.0
                return [Tick(self.place(day, centre), day, unit) for day in days]
        return [Tick(self.place(self.first), self.first, "year")]


def break_axis(spans: Iterable[tuple[date, date]]) -> list[Stretch]:
    """Part the time that spans cover where a gap is longer than what lies on either side of it.

    Gaps of a week and less never part; when there are too many stretches, the smallest gaps close.
    """
    stretches = _merge_overlaps(spans)
    while len(stretches) > 1:
        gaps = [_gap(before, after) for before, after in pairwise(stretches)]
        closable = [
            n
            for n, gap in enumerate(gaps)
            if gap <= max(stretches[n].days, stretches[n + 1].days, SHORTEST_BREAK_DAYS)
        ]
        if not closable and len(stretches) <= MOST_STRETCHES:
            break
        n = min(closable or range(len(gaps)), key=lambda n: gaps[n])
        stretches[n : n + 2] = [Stretch(stretches[n].first, stretches[n + 1].last)]
    return stretches


def _merge_overlaps(spans: Iterable[tuple[date, date]]) -> list[Stretch]:
    merged: list[Stretch] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1].last:
            merged[-1] = Stretch(merged[-1].first, max(last, merged[-1].last))
        else:
            merged.append(Stretch(first, last))
    return merged


def _gap(before: Stretch, after: Stretch) -> int:
    """Count the days between two stretches."""
    return (after.first - before.last).days - 1


def _steps() -> list[tuple[str, int]]:
    named = (("day", _DAY_STEPS), ("month", _MONTH_STEPS), ("year", _YEAR_STEPS))
    return [(unit, step) for unit, steps in named for step in steps]


def _count(first: date, unit: str, step: int) -> Sequence[date]:
    """List the days to name from the first on: few more than fit on an axis."""
    if unit == "day":
        days = [first + timedelta(days=n) for n in range(31 * MOST_TICKS) if _can_add(first, n)]
        return [day for day in days if _is_round(day.day, step)]
    if unit == "month":
        months = [first.year * 12 + first.month - 1 + n for n in range(12 * MOST_TICKS)]
        return [date(n // 12, n % 12 + 1, 1) for n in months if n % step == 0 and n // 12 < 10_000]
    start = first.year - first.year % step
    years = [start + n * step for n in range(MOST_TICKS + 3)]
    return [date(year, 1, 1) for year in years if 0 < year < 10_000]


def _is_round(day: int, step: int) -> bool:
    """Say whether a day of the month is one of those to name; the first of a month always is."""
    if step <= 2:
        return day % step == 1 % step and day < 31
    return day == 1 or (day % step == 0 and day < 30)


def _can_add(day: date, days: int) -> bool:
    return day.toordinal() + days <= date.max.toordinal()
