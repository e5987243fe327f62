"""The entries of a timeline as its page shows them: words first, then marks on the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode

from kg.terms import XSD
from server.chronicle.axis import Stretch, Tick, break_axis
from server.chronicle.reading import ENDS, STARTS, Chronicle, Entry
from server.pages.dates import say_date
from server.pages.map import short_name
from server.pages.parts import Part, count_parts
from server.pages.selection import Selection, names_of_places
from server.pages.tracks import Track, draw_track
from server.pages.values import Reader, Shown
from server.pages.voices import Said, Voices, in_order, say_hour
from server.pages.weights import weigh
from server.refusals import ProblemError

MOST_ROWS = 60
"""So many entries are shown together at the most, by the script that joins what pages hold."""

PAGE_BYTES = 20_000
"""So much of a page is for entries; it says when there are more, and offers spans."""

BEFORE_CHOSEN = 3
MOMENTS = (NamedNode(XSD + "dateTime"), NamedNode(XSD + "dateTimeStamp"))


@dataclass(frozen=True)
class Spot:
    """A place of an entry: its name, the selection it leads to, what it is drawn inside of."""

    name: Shown
    key: str
    inside: Shown | None


@dataclass(frozen=True)
class Row:
    """One entry; `first` and `last` are days as ISO writes them, empty without a date."""

    key: str
    name: Shown
    when: str
    spots: list[Spot]
    facts: list[Said]
    told: list[Said]
    track: Track | None
    settled: bool
    disputed: bool
    called_off: bool
    first: str
    last: str
    places: list[str]
    shown: bool
    chosen: bool


@dataclass(frozen=True)
class Section:
    """A stretch of the axis with its entries; `since` are the days of the break before it."""

    title: str
    since: str | None
    first: str
    last: str
    ticks: list[tuple[Tick, str]]
    rows: list[Row]
    shown: bool


@dataclass(frozen=True)
class ChronicleView:
    """The timeline or a part of it; `complete` says that every entry stands on the page.

    Where not, `left` entries come after these, from number `following` on; `parts` and
    `without_date` offer what can be chosen; `joinable` says that all together are few enough for
    the script.
    """

    sections: list[Section]
    undated: list[Row]
    total: int
    shown: int
    complete: bool
    joinable: bool
    parts: list[Part]
    without_date: int
    left: int
    following: int

    def reached(self, selection: Selection, place: str) -> set[str] | None:
        """Name the places that what is chosen leads to (`place` if that was); None for no choice.

        The script reaches the same.
        """
        if selection.place is not None:
            return {place}
        rows = [*(row for section in self.sections for row in section.rows), *self.undated]
        if selection.event is not None:
            rows = [row for row in rows if row.chosen]
        elif not selection.narrows:
            return None
        return {name for row in rows if row.shown for name in row.places}


def show_chronicle(
    reader: Reader,
    chronicle: Chronicle,
    selection: Selection,
    *,
    skip: int = 0,
    whole: bool = False,
) -> ChronicleView:
    """Make the timeline ready for a page that `skip`s so many entries, or `whole` for the script.

    Raises:
        ProblemError: 404 when there are no more entries than those to skip.
    """
    entries = (*chronicle.dated, *chronicle.undated)
    held = [entry for entry in entries if selection.holds(entry, chronicle)]
    wanted = held if selection.narrows else entries
    work = _Showing(reader, chronicle, selection)
    joinable = len(entries) <= MOST_ROWS
    listed = entries if whole and joinable else work.fit(entries)
    complete = len(listed) == len(entries) and not skip
    if not complete:
        if skip and skip >= len(wanted):
            detail = f"There are {len(wanted)} entries here, so nothing follows after {skip}."
            raise ProblemError(404, "not-found", detail)
        skip, listed = _cut(work, wanted, skip, held[0] if selection.event else None)
    following = skip + len(listed)
    is_part = not complete and len(listed) < len(wanted)
    return ChronicleView(
        sections=work.sections([entry for entry in listed if entry.span]),
        undated=[work.row(entry, None) for entry in listed if not entry.span],
        total=len(entries),
        shown=len(wanted),
        complete=complete,
        joinable=joinable,
        parts=count_parts(reader, wanted) if is_part else [],
        without_date=sum(not entry.span for entry in wanted) if is_part else 0,
        left=0 if complete else len(wanted) - following,
        following=following,
    )


def _cut(
    work: _Showing, wanted: Sequence[Entry], skip: int, chosen: Entry | None
) -> tuple[int, Sequence[Entry]]:
    """Choose what stands on the page, or an entry that is chosen with its neighbours.

    First, how many entries come before.
    """
    if chosen is None or skip:
        return skip, work.fit(wanted[skip:])
    place = wanted.index(chosen)
    start = max(0, place - BEFORE_CHOSEN)
    around = work.fit(wanted[start:])
    return (start, around) if chosen in around else (place, work.fit(wanted[place:]))


class _Showing:
    """Turns the entries of one page into rows."""

    def __init__(self, reader: Reader, chronicle: Chronicle, selection: Selection) -> None:
        self.reader, self.chronicle, self.selection = reader, chronicle, selection
        self.voices = Voices(reader)

    def fit(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Give as many of the first entries as a page can bear, one at the least."""
        spent = 0
        for number, entry in enumerate(entries):
            spent += self._weigh(entry)
            if number and spent > PAGE_BYTES:
                return entries[:number]
        return entries

    def _weigh(self, entry: Entry) -> int:
        said = (*self.voices.facts(entry), *self.voices.told(entry))
        spots = [spot.name for spot in self._spots(entry)]
        name = self.reader.thing(entry.thing)
        return weigh(short_name(self.reader, entry.thing), name, spots, said, len(entry.dates))

    def sections(self, entries: Sequence[Entry]) -> list[Section]:
        """Part the entries by the breaks of the axis."""
        stretches = break_axis(entry.span.outline for entry in entries if entry.span)
        found: list[Section] = []
        for number, stretch in enumerate(stretches):
            rows = [self.row(e, stretch) for e in entries if _begins_in(e, stretch)]
            before = stretches[number - 1] if number else None
            found.append(
                Section(
                    title=self._name(stretch.first, stretch.last),
                    since=self._name(before.last, stretch.first) if before else None,
                    first=stretch.first.isoformat(),
                    last=stretch.last.isoformat(),
                    ticks=[(tick, tick.say(self.reader.lang)) for tick in stretch.ticks()],
                    rows=rows,
                    shown=any(row.shown for row in rows),
                )
            )
        return found

    def _name(self, first: date, last: date) -> str:
        """Name a stretch of days, by years where it begins and ends with one."""
        start, end = first.isoformat(), last.isoformat()
        whole_years = (start[4:], end[4:]) == ("-01-01", "-12-31")
        if whole_years or (last - first).days > 366:
            start, end = start[:4], end[:4]
        elif first.day == 1 and end[:7] == start[:7] and last.day >= 28:
            start = end = start[:7]
        return say_date(start if start == end else f"{start}/{end}", self.reader.lang)

    def row(self, entry: Entry, stretch: Stretch | None) -> Row:
        """Show one entry."""
        track = None
        if stretch is not None:
            settled = entry.span if entry.settled else None
            told = (s for s in entry.dates if not s.accepted and s.span != settled)
            drawn = dict.fromkeys((s.span, self.voices.badge(s)) for s in told if s.span)
            track = draw_track(stretch, settled, list(drawn))
        names = names_of_places(entry, self.chronicle)
        holds = self.selection.holds(entry, self.chronicle)
        return Row(
            key=short_name(self.reader, entry.thing),
            name=self.reader.thing(entry.thing),
            when=self._when(entry),
            spots=self._spots(entry),
            facts=self.voices.facts(entry),
            told=self.voices.told(entry),
            track=track,
            settled=entry.settled,
            disputed=entry.disputed,
            called_off=entry.called_off,
            first=str(entry.span.first or date.min) if entry.span else "",
            last=str(entry.span.last or date.max) if entry.span else "",
            places=[short_name(self.reader, name) for name in names],
            shown=holds or not self.selection.narrows,
            chosen=holds and self.selection.event is not None,
        )

    def _when(self, entry: Entry) -> str:
        """Write the accepted date, with the hour if that is accepted too."""
        dates = [s for s in in_order(entry.dates) if s.accepted]
        whole = [s for s in dates if s.predicate not in (*STARTS, *ENDS)]
        words = " – ".join(dict.fromkeys(self._say(s.value) for s in whole or dates))
        hours = [say_hour(s.value.value) for s in entry.times if s.accepted]
        return ", ".join([words, *hours]) if words else ""

    def _say(self, value: Literal | NamedNode) -> str:
        if isinstance(value, Literal) and value.datatype in MOMENTS:
            day, _, hour = value.value.partition("T")
            return f"{say_date(day, self.reader.lang)}, {hour[:5]}"
        return self.reader.show(value).text

    def _spots(self, entry: Entry) -> list[Spot]:
        return [self._spot(saying.value) for saying in entry.places if saying.accepted]

    def _spot(self, place: Literal | NamedNode) -> Spot:
        if isinstance(place, Literal):
            return Spot(self.reader.show(place), "", None)
        inside = self.chronicle.positions.inside.get(place)
        return Spot(
            self.reader.thing(place),
            short_name(self.reader, place),
            self.reader.thing(inside) if inside else None,
        )


def _begins_in(entry: Entry, stretch: Stretch) -> bool:
    return entry.span is not None and stretch.first <= entry.span.outline[0] <= stretch.last
