"""Lines and polygons on a plane: cut to a rectangle, thinned out, written as an SVG path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Position = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle, edges included."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, position: Position) -> bool:
        """Say whether a position lies in the rectangle."""
        return self.left <= position[0] <= self.right and self.bottom <= position[1] <= self.top


def clip_polygon(points: Sequence[Position], box: Box) -> list[Position]:
    """Cut a closed ring to a rectangle (Sutherland and Hodgman 1974); empty when outside."""
    ring = list(points)
    for axis, edge, keep in (
        (0, box.left, 1),
        (0, box.right, -1),
        (1, box.bottom, 1),
        (1, box.top, -1),
    ):
        ring = _cut(ring, axis, edge, keep)
        if not ring:
            return []
    return ring


def _cut(ring: Sequence[Position], axis: int, edge: float, keep: int) -> list[Position]:
    """Cut a ring at one edge; `keep` is 1 where larger numbers stay, else -1."""
    kept: list[Position] = []
    if not ring:
        return kept
    before = ring[-1]
    was_inside = (before[axis] - edge) * keep >= 0
    for point in ring:
        is_inside = (point[axis] - edge) * keep >= 0
        if is_inside != was_inside:
            share = (edge - before[axis]) / (point[axis] - before[axis])
            crossing = [before[n] + share * (point[n] - before[n]) for n in (0, 1)]
            crossing[axis] = edge
            kept.append((crossing[0], crossing[1]))
        if is_inside:
            kept.append(point)
        before, was_inside = point, is_inside
    return kept


def clip_line(points: Sequence[Position], box: Box) -> list[list[Position]]:
    """Cut a line to a rectangle: the pieces inside, in order (Liang and Barsky 1984)."""
    pieces: list[list[Position]] = []
    for start, end in pairwise(points):
        inside = _clip_segment(start, end, box)
        if inside is None:
            continue
        if pieces and pieces[-1][-1] == inside[0]:
            pieces[-1].append(inside[1])
        else:
            pieces.append(list(inside))
    return pieces


def _clip_segment(start: Position, end: Position, box: Box) -> tuple[Position, Position] | None:
    if box.holds(start) and box.holds(end):
        return start, end
    run, rise = end[0] - start[0], end[1] - start[1]
    enters, leaves = 0.0, 1.0
    for step, room in (
        (-run, start[0] - box.left),
        (run, box.right - start[0]),
        (-rise, start[1] - box.bottom),
        (rise, box.top - start[1]),
    ):
        if step == 0:
            if room < 0:
                return None
            continue
        if step < 0:
            enters = max(enters, room / step)
        else:
            leaves = min(leaves, room / step)
    if enters > leaves:
        return None
    first = start if enters == 0 else (start[0] + enters * run, start[1] + enters * rise)
    last = end if leaves == 1 else (start[0] + leaves * run, start[1] + leaves * rise)
    return first, last


def simplify(points: Sequence[Position], tolerance: float) -> list[Position]:
    """Leave out points that lie within `tolerance` of the line without them (Douglas-Peucker)."""
    if len(points) < 3:
        return list(points)
    keep = {0, len(points) - 1}
    open_parts = [(0, len(points) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        farthest, distance = _farthest(points, first, last)
        if distance > tolerance**2:
            keep.add(farthest)
            open_parts += [(first, farthest), (farthest, last)]
    return [points[n] for n in sorted(keep)]


def _farthest(points: Sequence[Position], first: int, last: int) -> tuple[int, float]:
    """Find the point farthest from the line between two others, and its squared distance."""
    (x, y), (end_x, end_y) = points[first], points[last]
    run, rise = end_x - x, end_y - y
    length = run * run + rise * rise
    farthest, most = first, -1.0
    for n in range(first + 1, last):
        away_x, away_y = points[n][0] - x, points[n][1] - y
        share = (away_x * run + away_y * rise) / length if length else 0.0
        share = min(1.0, max(0.0, share))
        distance = (away_x - share * run) ** 2 + (away_y - share * rise) ** 2
        if distance > most:
            farthest, most = n, distance
    return farthest, most


def area(ring: Sequence[Position]) -> float:
    """Measure the area a ring encloses."""
    closed = [*ring, ring[0]] if ring else []
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(closed))) / 2


def write_path(lines: Iterable[Sequence[Position]], closed: bool) -> str:
    """Write lines as the data of one SVG path, in whole units, each step relative to the last.

    >>> write_path([[(0, 0), (3, 4), (3, 8)]], closed=True)
    'M0 0l3 4 0 4z'
    """
    parts: list[str] = []
    for line in lines:
        units = [(round(x), round(y)) for x, y in line]
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(units)]
        written = " ".join(f"{x} {y}" for x, y in steps if x or y).replace(" -", "-")
        if written:
            parts.append(f"M{units[0][0]} {units[0][1]}l{written}{'z' if closed else ''}")
    return "".join(parts)


def percent(part: float) -> str:
    """Write a part of a length as SVG does.

    >>> percent(0.12345)
    '12.3%'
    """
    return f"{part * 100:.1f}%"
