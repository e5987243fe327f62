"""Dates as stretches of days: how far a literal reaches, and how sure it is of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain

from pyoxigraph import Literal

from kg.literals import plain_bounds
from kg.terms import EDTF, XSD

DAY, WITHIN, THROUGHOUT, EITHER = "day", "within", "throughout", "either"
"""A single day; some time in a stretch; all of it; one of a few (or several) days."""

_ISO = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:T[\d:.]+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_WRITTEN_AS_ISO = frozenset(
    XSD + name for name in ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth", "string")
)


@dataclass(frozen=True)
class Span:
    """What a date covers: from `first` to `last`, both included; None where a side is open.

    `manner` is one of the four above; `options` holds the stretches of an EITHER, or the one date
    of a span that is open. `about` says that the date calls itself approximate or uncertain.
    """

    first: date | None
    last: date | None
    manner: str
    about: bool = False
    options: tuple[tuple[date, date], ...] = ()

    @property
    def outline(self) -> tuple[date, date]:
        """The first and the last day there is; an open side ends with the date on the other."""
        if self.first and self.last:
            return self.first, self.last
        return self.options[0]

    def meets(self, first: date | None, last: date | None) -> bool:
        """Say whether any day of it lies between two days (None: no limit on that side)."""
        begins_in_time = last is None or self.first is None or self.first <= last
        return begins_in_time and (first is None or self.last is None or self.last >= first)


@lru_cache(maxsize=4096)
def to_span(literal: Literal) -> Span | None:
    """Read a date of XSD or EDTF, or plain text that looks like one; None when it is none.

    Years outside 1 to 9999 and the rarest forms of EDTF are not read.

    >>> to_span(Literal("1945-04-25")).first
    datetime.date(1945, 4, 25)
    """
    datatype, text = literal.datatype.value, literal.value
    if datatype in _WRITTEN_AS_ISO:
        found = _ISO.fullmatch(text)
        text = found[1] if found else ""
    elif not datatype.startswith(EDTF):
        return None
    try:
        bounds = plain_bounds(text)
    except ValueError:
        return None
    if bounds is None or bounds == (None, None):
        return None
    return Span(*bounds, _manner(text), bool(re.search("[~?%]", text)), _options(text))


def _manner(text: str) -> str:
    if "/" in text:
        return THROUGHOUT
    if text[0] in "[{":
        return WITHIN if ".." in text else EITHER
    return DAY if re.match(r"\d{4}-\d\d-\d\d", text) else WITHIN


def _options(text: str) -> tuple[tuple[date, date], ...]:
    """Give the members of a set that is no run of days, or the date an open span has."""
    parts = [part for part in re.split(r"\.\.|[][{},/]", text) if part]
    if len(parts) > 1 and (text[0] not in "[{" or ".." in text):
        return ()
    members = [plain_bounds(part) for part in parts]
    return tuple((member[0], member[1]) for member in members if member and member[0] and member[1])


def join_spans(start: Span, end: Span) -> Span:
    """Make one span of a beginning and an end."""
    return Span(start.first, end.last, THROUGHOUT, start.about or end.about)


def hull(spans: Iterable[Span]) -> Span | None:
    """Give the stretch that all spans together reach over; None for no span."""
    listed = list(spans)
    if not listed:
        return None
    days = list(chain.from_iterable(span.outline for span in listed))
    if len(set(listed)) == 1:
        return listed[0]
    return Span(min(days), max(days), WITHIN)
