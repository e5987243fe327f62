"""What a visitor has chosen on the timeline or the map: an event, a place, a span of days.

It stands in the address (`?event=`, `?place=`, `?from=&to=`, `?undated=yes`), so it can be shared
and needs no script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode

from kg.terms import XSD
from server.chronicle.reading import Chronicle, Entry
from server.chronicle.spans import Span, to_span
from server.refusals import ProblemError

PARAMETERS = ("event", "place", "from", "to", "undated")


@dataclass(frozen=True)
class Selection:
    """The one thing chosen; without an event, a place and days it is everything.

    `undated` chooses what has no date.
    """

    event: NamedNode | None = None
    place: NamedNode | None = None
    first: date | None = None
    last: date | None = None
    undated: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it leaves entries out: an event is only marked among the others."""
        chosen = (self.place, self.first, self.last)
        return self.undated or any(one is not None for one in chosen)

    def holds(self, entry: Entry, chronicle: Chronicle) -> bool:
        """Say whether an entry belongs to what is chosen."""
        if self.event is not None:
            return entry.thing == self.event
        if self.place is not None:
            return self.place in names_of_places(entry, chronicle)
        if self.undated:
            return entry.span is None
        if self.first is None and self.last is None:
            return True
        return entry.span is not None and entry.span.meets(self.first, self.last)


def names_of_places(entry: Entry, chronicle: Chronicle) -> list[NamedNode]:
    """List the places of an entry, each with the one that stands for it on the map."""
    named = [saying.value for saying in entry.places if isinstance(saying.value, NamedNode)]
    drawn = [chronicle.positions.drawn_at(place) for place in named]
    own = [entry.thing] if entry.thing in chronicle.positions.points else []
    return list(dict.fromkeys([*named, *(place for place in drawn if place), *own]))


def read_selection(asked: Mapping[str, str], base: str, chronicle: Chronicle) -> Selection:
    """Read what an address chooses; the first of event, place and days counts.

    Raises:
        ProblemError: 404 for an event or place that the timeline does not have, 400 for a day that
            cannot be read and for a span that ends before it begins.
    """
    if asked.get("event"):
        event = _to_name(asked["event"], base)
        if not any(entry.thing == event for entry in (*chronicle.dated, *chronicle.undated)):
            raise _unknown("event", asked["event"])
        return Selection(event=event)
    if asked.get("place"):
        place = _to_name(asked["place"], base)
        if place not in all_places(chronicle):
            raise _unknown("place", asked["place"])
        return Selection(place=place)
    if asked.get("undated"):
        return Selection(undated=True)
    start, end = _read_day(asked, "from"), _read_day(asked, "to")
    first, last = start.first if start else None, end.last if end else None
    if first and last and first > last:
        detail = f"The span ends on {last}, before it begins on {first}; exchange the two days."
        raise ProblemError(400, "bad-request", detail)
    return Selection(first=first, last=last)


def all_places(chronicle: Chronicle) -> set[object]:
    """Give every place that an entry names or that has coordinates."""
    entries = (*chronicle.dated, *chronicle.undated)
    return {place for entry in entries for place in names_of_places(entry, chronicle)} | set(
        chronicle.positions.points
    )


def _to_name(name: str, base: str) -> NamedNode | None:
    try:
        return NamedNode(name if ":" in name else f"{base}id/{name}")
    except ValueError:
        return None


def _unknown(kind: str, name: str) -> ProblemError:
    return ProblemError(404, "not-found", f"The timeline has no {kind} called {name}.")


def _read_day(asked: Mapping[str, str], name: str) -> Span | None:
    text = asked.get(name, "").strip()
    if not text:
        return None
    kinds = {4: "gYear", 7: "gYearMonth"}
    day = to_span(Literal(text, datatype=NamedNode(XSD + kinds.get(len(text), "date"))))
    if day is None:
        detail = f"{name}: {text!r} is no day; write it like 1945-04-25, or 1945-04, or 1945."
        raise ProblemError(400, "bad-request", detail)
    return day
