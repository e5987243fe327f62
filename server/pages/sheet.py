"""A drawing on its sheet: breadths in percent, heights in pixels, names broken into lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from server.articles import last_part
from server.pages.drawing import Drawing, Figure, Note
from server.pages.values import Shown
from server.photographs import Depicted

POSES = ("standing", "sitting")
FIGURE, BOARD, LINE, NOTE = 118, 34, 15, 30
"""Heights of a figure, of what a board shows above the heads, of a line, of a note."""

_NAMED = 7
_BREADTH = 44
"""How many letters of a name stand side by side in the breadth of a phone."""

_LINES = 4


@dataclass(frozen=True)
class Person:
    """A figure on the sheet; `pose` is standing, sitting, bust (not said) or card (no person)."""

    x: float
    y: int
    look: str
    pose: str
    number: str
    lines: tuple[str, ...]
    lang: str | None


@dataclass(frozen=True)
class Board:
    """A thing that stands behind."""

    x: float
    width: float
    middle: float
    number: int
    name: Shown


@dataclass(frozen=True)
class Remark:
    """A note on the sheet, with the height of its line."""

    note: Note
    y: int
    middle: float


@dataclass(frozen=True)
class Sheet:
    """Everything to be drawn; `fold` is where those begin who are somewhere in the picture."""

    height: int
    people: tuple[Person, ...]
    boards: tuple[Board, ...]
    gaps: tuple[float, ...]
    gap_y: int
    remarks: tuple[Remark, ...]
    fold: int | None


def lay_out(drawing: Drawing, depicted: Sequence[Depicted], names: Sequence[Shown]) -> Sheet:
    """Put a drawing on a sheet; names stand below the figures where a phone has room for them."""
    numbers = _number(drawing, depicted)
    roomy = len(drawing.row) <= _NAMED
    width = _BREADTH // max(3, len(drawing.row) + len(drawing.gaps))
    wrapped = [wrap(name.text, width) if roomy else () for name in names]
    feet = 12 + (BOARD if drawing.behind else 0) + FIGURE
    below = max((len(_lines(f, numbers, wrapped)) for f in drawing.row), default=0)
    under = feet + 14 + LINE * below
    levels = [_level(drawing.notes, at) for at in range(len(drawing.notes))]
    fold = under + NOTE * (max(levels, default=-1) + 1) + 6
    apart = max((len(_lines(f, numbers, wrapped)) for f in drawing.apart), default=0)

    def place(figure: Figure, y: int) -> Person:
        number = figure.who if figure.who is not None else -1
        return Person(
            x=figure.x,
            y=y,
            look=figure.look,
            pose=to_pose(depicted[number]) if number >= 0 else "bust",
            number=_doubt(numbers[number], figure, drawing) if number >= 0 else "",
            lines=_lines(figure, numbers, wrapped),
            lang=names[number].lang if number >= 0 else None,
        )

    return Sheet(
        height=fold + (FIGURE + 40 + LINE * apart if drawing.apart else 2),
        people=(
            *(place(figure, feet) for figure in drawing.row),
            *(place(figure, fold + FIGURE + 26) for figure in drawing.apart),
        ),
        boards=tuple(_boards(drawing, names)),
        gaps=drawing.gaps,
        gap_y=feet - 40,
        remarks=tuple(
            Remark(note, under + NOTE * level, round((note.start + note.end) / 2, 1))
            for note, level in zip(drawing.notes, levels, strict=True)
        ),
        fold=fold if drawing.apart else None,
    )


def _level(notes: Sequence[Note], at: int) -> int:
    """Put the notes on the sides in one line, each other note in a line of its own."""
    sides = sum(note.how == "side" for note in notes)
    return 0 if notes[at].how == "side" else at - max(0, sides - 1)


def _boards(drawing: Drawing, names: Sequence[Shown]) -> list[Board]:
    width = 76 / max(1, len(drawing.behind))
    return [
        Board(
            x=round(12 + at * width, 1),
            width=round(width - 1, 1),
            middle=round(12 + at * width + (width - 1) / 2, 1),
            number=who + 1,
            name=names[who],
        )
        for at, who in enumerate(drawing.behind)
    ]


def _number(drawing: Drawing, depicted: Sequence[Depicted]) -> list[str]:
    """Number the figures; of several alike whose order nobody tells, each has a question mark."""
    ordered = any(note.how == "order" for note in drawing.notes)
    loose = [f.who for f in (drawing.row if ordered else drawing.apart) if f.who is not None]
    alike = Counter(_appearance(depicted[who]) for who in loose)
    return [
        "?" if number in loose and alike[_appearance(one)] > 1 else str(number + 1)
        for number, one in enumerate(depicted)
    ]


def _doubt(number: str, figure: Figure, drawing: Drawing) -> str:
    """Mark somebody who is drawn at more than one place."""
    places = sum(other.who == figure.who for other in drawing.row)
    return f"{number}?" if places > 1 else number


def _appearance(one: Depicted) -> tuple[str, str]:
    return one.kind, to_pose(one)


def to_pose(one: Depicted) -> str:
    """Say how to draw somebody; what is no person is a figure only where a claim depicts it."""
    if one.kind != "person" and one.how != "depicted":
        return "card"
    name = last_part(one.posture) if one.posture else ""
    return name if name in POSES else "bust"


def _lines(
    figure: Figure, numbers: Sequence[str], wrapped: Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    unknown = figure.who is None or numbers[figure.who] == "?"
    return () if unknown or figure.who is None else wrapped[figure.who]


def wrap(name: str, width: int) -> tuple[str, ...]:
    """Break a name into lines of so many letters; a single word may be somewhat longer.

    >>> wrap("Lloyd H. Gomes", 10)
    ('Lloyd H.', 'Gomes')
    """
    lines: list[str] = []
    for word in name.split():
        short = word if len(word) <= width + 6 else word[: width + 5] + "…"
        if lines and len(lines[-1]) + len(short) < width:
            lines[-1] += f" {short}"
        elif len(lines) == _LINES:
            lines[-1] += "…"
            break
        else:
            lines.append(short)
    return tuple(lines)
