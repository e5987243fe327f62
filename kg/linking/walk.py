"""`kg link review` in a terminal: proposed links one after the other, each decided by one key."""

import shutil
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

import click

from kg.errors import LinkError, to_printable
from kg.linking.cache import in_words
from kg.linking.changes import Entry
from kg.linking.keys import QUIT, Keys
from kg.linking.life import Links, Pair, Review, Verdict, pair_of
from kg.linking.sides import Comparing, Line, Sides
from kg.sssom import Link

_VERDICTS = {"a": Verdict.ACCEPT, "s": Verdict.SUPERSEDE, "r": Verdict.REJECT}
_SIGNS = {True: "=", False: "≠", None: " "}
_LEAST_WIDTH, _MOST_WIDTH = 60, 160


class Walk:
    """A walk over what waits; the talk goes to stderr, each decision to stdout."""

    def __init__(
        self,
        links: Links,
        comparing: Comparing,
        keys: Keys,
        reviewer: str,
        confidence: Decimal,
    ) -> None:
        self._links = links
        self._comparing = comparing
        self._reviewer = reviewer
        self._confidence = confidence
        self._later: set[Pair] = set()
        self._first: Pair | None = None
        self._keys = keys

    def go(self) -> None:
        """Walk until nothing is left or the reviewer quits; what was decided stands."""
        with suppress(KeyboardInterrupt):
            self._walk()
        left = len(self._links.waiting())
        _say(f"{left} left to review" if left else "nothing is left to review")

    def _walk(self) -> None:
        shown = None
        while link := self._next():
            if shown != pair_of(link):
                _say(*self._sheet(link))
                shown = pair_of(link)
            key, reason = self._keys.wait()
            if key == QUIT:
                break
            if key == "l":
                self._later.add(pair_of(link))
            elif key == "u":
                self._undo()
            elif key in _VERDICTS:
                self._decide(link, _VERDICTS[key], reason)
            else:
                _say(f"{key!r} does nothing; {self._offer(link)}")

    def _next(self) -> Link | None:
        """Give the link to show: one just undone, else the first not put off."""
        waiting = [one for one in self._links.waiting() if pair_of(one) not in self._later]
        undone = (one for one in waiting if pair_of(one) == self._first)
        return next(undone, waiting[0] if waiting else None)

    def _decide(self, link: Link, verdict: Verdict, reason: str | None) -> None:
        if reason is None:
            reason = self._keys.ask_reason()
        if reason is None:
            _say("", "nothing was decided")
            return
        review = Review(verdict, self._reviewer, reason, self._confidence)
        try:
            click.echo(to_printable(self._links.decide(pair_of(link), review).words))
        except LinkError as error:
            _say(str(error))

    def _undo(self) -> None:
        try:
            entry: Entry | None = self._links.undo()
        except LinkError as error:
            _say(str(error))
            return
        if entry is None:
            _say("there is nothing to undo")
            return
        click.echo(to_printable(f"undone: {entry.words}"))
        self._first = (entry.subject, entry.object)
        self._later.discard(self._first)

    def _sheet(self, link: Link) -> Iterator[str]:
        """Yield the lines that show a link."""
        waiting = len(self._links.waiting())
        cells = link.cells
        yield ""
        yield (
            f"{cells['subject_id']} {cells['predicate_id']} {cells['object_id']}"
            f" ({waiting} to review)"
        )
        yield from to_table(self._comparing.compare(link), _width())
        tool = " ".join(
            filter(None, (cells.get("mapping_tool"), cells.get("mapping_tool_version")))
        )
        found = f"Proposed by {tool or 'hand'}, confidence {cells.get('confidence') or 'not given'}"
        yield from textwrap.wrap(f"{found}: {cells.get('comment', '')}", _width())
        for address in filter(None, cells.get("see_also", "").split("|")):
            yield f"  {address}"
        yield self._offer(link)

    def _offer(self, link: Link) -> str:
        rival = self._links.rival(link)
        replacing = f"s supersede {rival[1].cells['object_id']}" if rival else ""
        keys = (
            "a accept" if not rival else "",
            replacing,
            "r reject",
            "l later",
            "u undo",
            "q quit",
        )
        return " · ".join(filter(None, keys))


def to_table(sides: Sides, width: int) -> Iterator[str]:
    """Lay both sides out in two columns of a page of that width."""
    label = min(max((len(line.label) for line in sides.lines), default=0), width // 4)
    column = (width - label - 6) // 2
    head = "Wikidata, never fetched" if sides.age is None else f"Wikidata, {in_words(sides.age)}"
    yield f"{'':{label + 2}}  {'here':{column}}  {head}".rstrip()
    for line in sides.lines:
        yield from _to_rows(line, label, column)


def _to_rows(line: Line, label: int, column: int) -> Iterator[str]:
    names = textwrap.wrap(line.label, label)
    ours, theirs = (_wrap(side, column) for side in (line.ours, line.theirs))
    for number in range(max(len(names), len(ours), len(theirs))):
        sign = _SIGNS[line.agree] if number == 0 else " "
        cells = (side[number] if number < len(side) else "" for side in (names, ours, theirs))
        name, here, there = cells
        yield f"{sign} {name:{label}}  {here:{column}}  {there}".rstrip()


def _wrap(values: tuple[str, ...], width: int) -> list[str]:
    return [row for value in values for row in textwrap.wrap(to_printable(value), width)]


def _width() -> int:
    return min(max(shutil.get_terminal_size((100, 24)).columns, _LEAST_WIDTH), _MOST_WIDTH)


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(to_printable(line), err=True)
