"""Where the names on a map go: beside their marks, never over each other or over the edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

LINE = 15.0
"""The height of a line of text, in the pixels of the page."""

LETTER = 7.2
"""The width of a letter on average."""

_SIDES = (("start", 1, 0.0), ("end", -1, 0.0), ("middle", 0, -1.0), ("middle", 0, 1.0))


@dataclass(frozen=True)
class Label:
    """A text on a map: what part of it counts as its place (SVG `text-anchor`), and where.

    `dx` and `dy` lead in pixels from the mark to the text's baseline.
    """

    text: str
    anchor: str
    dx: float
    dy: float


@dataclass
class Sheet:
    """What is taken on a map of a size in pixels; marks come first, then labels."""

    width: float
    height: float
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def put_mark(self, x: float, y: float, radius: float) -> None:
        """Keep the room of a mark free; places in parts of the width and the height."""
        x, y = x * self.width, y * self.height
        self.taken.append((x - radius, y - radius, x + radius, y + radius))

    def put_name(self, text: str, x: float, y: float, radius: float) -> Label | None:
        """Find room for a name, or at least for its first word; None where there is none."""
        first, _, rest = text.partition(" ")
        label = self.put_label(text, x, y, radius)
        return label or (self.put_label(f"{first} …", x, y, radius) if rest else None)

    def put_label(self, text: str, x: float, y: float, radius: float) -> Label | None:
        """Find room for a text at one side of its mark; None where there is none."""
        long = len(text) * LETTER
        for anchor, across, down in _SIDES:
            dx = across * (radius + 3)
            middle = down * (radius + LINE / 2 + 1)
            left = x * self.width + dx - (long if across < 0 else 0 if across > 0 else long / 2)
            top = y * self.height + middle - LINE / 2
            room = (left, top, left + long, top + LINE)
            if self._is_free(room):
                self.taken.append(room)
                return Label(text, anchor, round(dx, 1), round(middle + LINE * 0.3, 1))
        return None

    def _is_free(self, room: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = room
        inside = left >= 2 and top >= 2 and right <= self.width - 2 and bottom <= self.height - 2
        return inside and not any(_meet(room, other) for other in self.taken)


def _meet(one: Iterable[float], other: Iterable[float]) -> bool:
    left, top, right, bottom = one
    other_left, other_top, other_right, other_bottom = other
    return left < other_right and other_left < right and top < other_bottom and other_top < bottom
