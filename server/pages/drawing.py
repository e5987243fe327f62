"""Who stands or sits where, drawn from a caption's words and from nothing else.

What the words leave open stays open: a figure whose place is not certain is dashed, one of two
readings is drawn twice, whom nobody places stands apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.photographs import Depicted

_OTHER = {"left": "right", "right": "left"}
_SIDE_WORDS = {
    "left": ("left", "on the left", "at left", "links", "слева"),
    "right": ("right", "on the right", "at right", "rechts", "справа"),
    "middle": ("center", "centre", "middle", "in the middle", "in the center", "mitte", "в центре"),
}
_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_COUNTED = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)|(\w+)) (from|to|on|at) (?:the )?(left|right)")
_MOST = 20
_GAP = 0.6


@dataclass(frozen=True)
class Spot:
    """Where words put somebody.

    `how` is counted (`ordinal` from `side`), either (that, or as many towards that side), side
    (somewhere there), or none.
    """

    how: str
    side: str = ""
    ordinal: int = 0


NOWHERE = Spot("none")


@dataclass(frozen=True)
class Figure:
    """A figure of the drawing; `x` in percent. `who` counts in the list drawn; None: not named.

    `look` is certain, uncertain, counted (by the caption, without a name) or supposed (only if a
    reading is right).
    """

    x: float
    who: int | None
    look: str


@dataclass(frozen=True)
class Note:
    """Words under the drawing, over the breadth they are about, in percent.

    `how` is that of a spot, or `order` where several stand and nobody says in which order.
    """

    start: float
    end: float
    how: str
    who: tuple[int, ...]


@dataclass(frozen=True)
class Drawing:
    """A picture as its caption has it: a row, who is somewhere else in it, what stands behind.

    `gaps` are places in the row where others may be.
    """

    row: tuple[Figure, ...]
    gaps: tuple[float, ...]
    notes: tuple[Note, ...]
    apart: tuple[Figure, ...]
    behind: tuple[int, ...]

    @property
    def unnamed(self) -> int:
        """How many the caption counts without naming them."""
        return sum(figure.look == "counted" for figure in self.row)


def find_spot(one: Depicted) -> Spot:
    """Read where somebody is said to be; words that do not tell it exactly stay as they are.

    A place that the data counts is counted; of words alone, only a bare side and counting *from* a
    side are plain. "Second to the right" may count from either end.
    """
    if one.ordinal and one.side and one.ordinal <= _MOST:
        return Spot("counted", one.side, one.ordinal)
    spots = {_read_words(words.value) for words in one.words}
    return spots.pop() if len(spots) == 1 else NOWHERE


def _read_words(words: str) -> Spot:
    plain = " ".join(words.lower().strip(" ().,").split())
    for side, known in _SIDE_WORDS.items():
        if plain in known:
            return Spot("side", side)
    match = _COUNTED.fullmatch(plain)
    if not match:
        return NOWHERE
    number, word, way, side = match.groups()
    ordinal = int(number) if number else _ORDINALS.get(word, 0)
    if not 0 < ordinal <= _MOST:
        return NOWHERE
    return Spot("counted" if way == "from" else "either", side, ordinal)


def draw(depicted: Sequence[Depicted], spots: Sequence[Spot]) -> Drawing:
    """Draw a picture; `spots` belong to `depicted` one by one."""
    people = [
        number
        for number, one in enumerate(depicted)
        if one.kind == "person" or one.how == "depicted"
    ]
    things = [number for number in range(len(depicted)) if number not in people]
    behind = tuple(n for n in things if depicted[n].how == "shown")
    rows = {"left": _Row(), "right": _Row()}
    homeless = [n for n in people if spots[n].how == "none"]
    for number in people:
        if spots[number].how == "counted" and not rows[spots[number].side].put(number, spots):
            homeless.append(number)
    for number in people:
        spot = spots[number]
        if spot.how == "either":
            one = rows[spot.side].suppose(number, spot.ordinal)
            other = rows[_OTHER[spot.side]].suppose(number, spot.ordinal)
            if not one and not other:
                homeless.append(number)
    for number in people:
        if spots[number].how == "side" and spots[number].side in rows:
            rows[spots[number].side].add(number)
    middle = [n for n in people if spots[n] == Spot("side", "middle")]
    row, gaps = _line_up(rows["left"].places, middle, rows["right"].places)
    homeless += [n for n in things if n not in behind]
    return _finish(row, gaps, sorted(homeless), behind, spots)


class _Row:
    """The places counted from one side: who is there, and how sure that is."""

    def __init__(self) -> None:
        self.places: list[tuple[int | None, str]] = []

    def put(self, number: int, spots: Sequence[Spot]) -> bool:
        """Put somebody at a counted place; false where another is counted there."""
        place = spots[number].ordinal - 1
        self.places += [(None, "counted")] * (place + 1 - len(self.places))
        if self.places[place][0] is not None:
            return False
        self.places[place] = (number, "certain")
        return True

    def suppose(self, number: int, ordinal: int) -> bool:
        """Put somebody at a place that one reading counts, if it can be that place."""
        self.places += [(None, "supposed")] * (ordinal - len(self.places))
        if self.places[ordinal - 1][0] is not None:
            return False
        self.places[ordinal - 1] = (number, "uncertain")
        return True

    def add(self, number: int) -> None:
        """Put somebody somewhere on this side: where a reading left a place, else farther in."""
        if (None, "supposed") in self.places:
            self.places[self.places.index((None, "supposed"))] = (number, "certain")
        else:
            self.places.append((number, "certain"))


def _line_up(
    left: list[tuple[int | None, str]],
    middle: list[int],
    right: list[tuple[int | None, str]],
) -> tuple[list[Figure], list[float]]:
    """Spread the places over the breadth, with gaps where the caption says nothing."""
    gap = (None, "gap")
    centre = [(n, "certain") for n in middle]
    parts = [part for part in (left, centre, right[::-1]) if part]
    slots: list[tuple[int | None, str]] = []
    if parts and not left:
        slots.append(gap)
    for at, part in enumerate(parts):
        slots += [gap, *part] if at else part
    if parts and not right:
        slots.append(gap)
    breadths = [_GAP if slot == gap else 1.0 for slot in slots]
    total, edge = sum(breadths) or 1.0, 0.0
    figures, gaps = [], []
    for (who, look), breadth in zip(slots, breadths, strict=True):
        x = round(100 * (edge + breadth / 2) / total, 1)
        edge += breadth
        if look == "gap":
            gaps.append(x)
        else:
            figures.append(Figure(x, who, look))
    return figures, gaps


def _finish(
    row: list[Figure],
    gaps: list[float],
    homeless: list[int],
    behind: tuple[int, ...],
    spots: Sequence[Spot],
) -> Drawing:
    """Add those whom nobody places, and the notes."""
    others = [
        Figure(round(100 * (at + 0.5) / len(homeless), 1), number, "uncertain")
        for at, number in enumerate(homeless)
    ]
    if row:
        return Drawing(tuple(row), tuple(gaps), _notes(row, spots), tuple(others), behind)
    notes = (Note(4, 96, "order", tuple(homeless)),) if homeless else ()
    return Drawing(tuple(others), (), notes, (), behind)


def _notes(row: Sequence[Figure], spots: Sequence[Spot]) -> tuple[Note, ...]:
    """Say under the row what puts each there; who shares a side shares a note."""
    notes = []
    halves = {"left": (2.0, 46.0), "middle": (30.0, 70.0), "right": (54.0, 98.0)}
    for side, (start, end) in halves.items():
        there = {f.who for f in row if f.who is not None and spots[f.who] == Spot("side", side)}
        if there:
            notes.append(Note(start, end, "side", tuple(sorted(there))))
    for who in sorted({f.who for f in row if f.who is not None}):
        xs = [figure.x for figure in row if figure.who == who]
        if spots[who].how != "side":
            notes.append(Note(min(xs), max(xs), spots[who].how, (who,)))
    return tuple(notes)
