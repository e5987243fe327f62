"""The spans by which a long timeline is offered in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.chronicle.reading import Entry
from server.pages.dates import say_date
from server.pages.values import Reader

MOST_PARTS = 24
_UNITS = (("day", 10), ("month", 7), ("year", 4), ("decade", 3), ("century", 2))


@dataclass(frozen=True)
class Part:
    """A span that holds so many entries, to choose where there are too many for one page."""

    title: str
    first: str
    last: str
    count: int


def count_parts(reader: Reader, entries: Sequence[Entry]) -> list[Part]:
    """Count entries by day, month, year, decade or century: as finely as a short list allows."""
    days = [entry.span.outline[0] for entry in entries if entry.span]
    for _, letters in _UNITS:
        counts: dict[str, int] = {}
        for day in days:
            start = day.isoformat()[:letters]
            counts[start] = counts.get(start, 0) + 1
        if len(counts) <= MOST_PARTS:
            break
    return [_part(reader, start, count) for start, count in sorted(counts.items())]


def _part(reader: Reader, start: str, count: int) -> Part:
    if len(start) < 4:
        first, last = start.ljust(4, "0"), start.ljust(4, "9")
        return Part(f"{int(first)} – {int(last)}", first, last, count)
    return Part(say_date(start, reader.lang), start, start, count)
