"""An entry's dates as marks on one stretch of the axis: what is accepted above, what is told below.

Across, positions are parts of the width in percent; down, they are pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.chronicle.axis import Stretch
from server.chronicle.spans import DAY, EITHER, THROUGHOUT, Span
from server.geography.drawing import percent
from server.pages.cards import Badge

LANE_PIXELS, FIRST_LANE_PIXELS = 17, 12
MOST_LANES = 5
_APART = 0.07


@dataclass(frozen=True)
class Shape:
    """One mark: dots, or a bar from `start` to `end`; `before` and `after` say it goes on there.

    `style` is `settled` or `told`; a told one carries the sign of its verdict. `beyond` says that
    it belongs to another part of the axis: `‹` to an earlier one, `›` to a later one.
    """

    style: str
    y: int
    dots: tuple[str, ...]
    start: str | None
    end: str | None
    whole: bool
    about: bool
    before: bool
    after: bool
    badge: Badge | None
    beyond: str


@dataclass(frozen=True)
class Joint:
    """A line that joins a told date to the accepted one, or to the first that is told."""

    x: str
    y: int
    end_x: str
    end_y: int


@dataclass(frozen=True)
class Track:
    """All marks of an entry, and how many lanes they take."""

    shapes: list[Shape]
    joints: list[Joint]
    lanes: int


def draw_track(
    stretch: Stretch, settled: Span | None, told: Sequence[tuple[Span, Badge | None]]
) -> Track:
    """Draw the accepted date of an entry and the others that are told of it."""
    shapes: list[Shape] = []
    joints: list[Joint] = []
    ends: list[float] = []
    middle: float | None = None
    if settled is not None:
        shapes.append(_shape(stretch, settled, "settled", FIRST_LANE_PIXELS, None))
        middle = _middle(stretch, settled)
    first_lane = 0 if settled is None else 1
    for span, badge in told:
        here = _middle(stretch, span)
        lane = next((n for n, end in enumerate(ends) if here - end >= _APART), len(ends))
        lane = min(lane, MOST_LANES - 1)
        ends[lane : lane + 1] = [here]
        y = FIRST_LANE_PIXELS + (lane + first_lane) * LANE_PIXELS
        shapes.append(_shape(stretch, span, "told", y, badge))
        if middle is None:
            middle, origin = here, y
        else:
            origin = FIRST_LANE_PIXELS
            joints.append(Joint(percent(middle), origin, percent(here), y))
    return Track(shapes, joints, max(1, first_lane + len(ends)))


def _middle(stretch: Stretch, span: Span) -> float:
    first, last = span.outline
    return (stretch.place(first) + stretch.place(last, 1)) / 2


def _shape(stretch: Stretch, span: Span, style: str, y: int, badge: Badge | None) -> Shape:
    first, last = span.outline
    before = span.first is None or first < stretch.first
    after = span.last is None or last > stretch.last
    is_bar = span.manner not in (DAY, EITHER)
    return Shape(
        style=style,
        y=y,
        dots=() if is_bar and badge is None else tuple(percent(x) for x in _dots(stretch, span)),
        start=percent(stretch.place(first)) if is_bar or span.manner == EITHER else None,
        end=percent(stretch.place(last, 1)) if is_bar or span.manner == EITHER else None,
        whole=span.manner == THROUGHOUT,
        about=span.about,
        before=before,
        after=after,
        badge=badge,
        beyond="‹" if last < stretch.first else "›" if first > stretch.last else "",
    )


def _dots(stretch: Stretch, span: Span) -> Iterable[float]:
    """Place a dot in the middle of each day or option; a told stretch has one for its sign."""
    options = span.options or (span.outline,)
    return ((stretch.place(a) + stretch.place(b, 1)) / 2 for a, b in options)
