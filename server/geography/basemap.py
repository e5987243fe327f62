"""The map beneath the marks: land, water, borders and a graticule, as one SVG of a few kilobytes.

Its colours are half transparent, so that the same picture lies on light and dark paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, degrees, floor, radians, sin
from pathlib import Path

from server.geography.drawing import (
    Box,
    Position,
    area,
    clip_line,
    clip_polygon,
    simplify,
    write_path,
)
from server.geography.frames import SHAPE, Frame
from server.geography.outlines import (
    BORDERS,
    COARSE,
    FINE,
    LAKE,
    LAND,
    RIVERS,
    SHORES,
    Outline,
    read_outlines,
)

UNITS = 1000
"""How many units of the drawing a frame is wide."""

COARSE_KM = 1500.0
"""Wider maps are drawn from the coarse outlines, and of the rivers only with the great ones."""

_TOLERANCE = 1.2
_LEAST_AREA = 12.0
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)
_LINES_ACROSS = 6
_PARTS_OF_STEP = 12

_STYLES = {
    "graticule": 'fill="none" stroke="#807a70" stroke-opacity=".3"',
    "land": 'fill="#8c8271" fill-opacity=".2" stroke="#807a70" stroke-opacity=".6"',
    "lakes": 'fill="#4f94cd" fill-opacity=".4"',
    "borders": 'fill="none" stroke="#807a70" stroke-width="2" stroke-dasharray="9 5"',
    "streams": 'fill="none" stroke="#4f94cd" stroke-width="2" stroke-opacity=".55"',
    "rivers": 'fill="none" stroke="#4f94cd" stroke-width="6" stroke-opacity=".9"',
    "far rivers": 'fill="none" stroke="#4f94cd" stroke-width="2.5" stroke-opacity=".7"',
}


@dataclass(frozen=True)
class Window:
    """The part of the Earth that a frame can show, in degrees; `east` may be beyond 180."""

    south: float
    north: float
    west: float
    east: float

    def shifts(self, outline: Sequence[Position]) -> list[int]:
        """Say by how many degrees (0 or a whole turn) an outline must be moved to be seen."""
        low = min(longitude for longitude, _ in outline)
        high = max(longitude for longitude, _ in outline)
        turns = (-360, 0, 360)
        return [turn for turn in turns if low + turn <= self.east and high + turn >= self.west]


def draw_base(frame: Frame, folder: Path | None) -> str:
    """Draw the map beneath a frame; without geodata, its graticule alone."""
    pen = _Pen(frame)
    paths = {"graticule": pen.draw_graticule()}
    if folder is not None:
        detail = COARSE if frame.width > COARSE_KM else FINE
        smallest = _LEAST_AREA * (frame.width / UNITS) ** 2
        shores = [*_read(folder, SHORES, detail, pen.window, smallest)]
        paths["land"] = pen.draw_areas(o for o in shores if o.kind == LAND)
        paths["lakes"] = pen.draw_areas(o for o in shores if o.kind == LAKE)
        paths["borders"] = pen.draw_lines(_read(folder, BORDERS, detail, pen.window))
        rivers = [*_read(folder, RIVERS, detail, pen.window)]
        great = pen.draw_lines(o for o in rivers if o.rank <= 1)
        if detail == FINE:
            paths["streams"] = pen.draw_lines(o for o in rivers if o.rank > 1)
        paths["rivers" if detail == FINE else "far rivers"] = great
    drawn = "".join(f'<path {_STYLES[n]} d="{path}"/>' for n, path in paths.items() if path)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {UNITS} {round(UNITS / SHAPE)}" '
        f'stroke-linejoin="round">{drawn}</svg>\n'
    )


def _read(
    folder: Path, name: str, detail: str, window: Window, smallest: float = 0
) -> Iterator[Outline]:
    return read_outlines(folder, name, detail, (window.south, window.north), smallest)


def look_through(frame: Frame) -> Window:
    """Work out the part of the Earth that a frame can show, and a little more."""
    centre, reach = frame.projection.centre, frame.projection.reach
    corners = (
        (frame.west, frame.north),
        (frame.west + frame.width, frame.north),
        (frame.west, frame.north - frame.height),
        (frame.west + frame.width, frame.north - frame.height),
    )
    far = max(x * x + y * y for x, y in corners) ** 0.5
    # An azimuthal map is never longer than the way itself: half as much again is ample.
    angle = min(reach, far / 111.0 * 1.5 + 0.1)
    south, north = max(-90, centre.latitude - angle), min(90, centre.latitude + angle)
    if angle >= 180 or south == -90 or north == 90:
        turn = 180.0
    else:
        turn = degrees(asin(min(1.0, sin(radians(angle)) / cos(radians(centre.latitude)))))
    return Window(south, north, centre.longitude - turn, centre.longitude + turn)


class _Pen:
    """Draws outlines of the Earth into one frame."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.window = look_through(frame)
        # The edges of what is cut lie just outside the picture.
        edge = UNITS * 0.02
        self.paper = Box(-edge, -edge, UNITS + edge, UNITS / SHAPE + edge)

    def place(self, longitude: float, latitude: float) -> Position:
        """Say where a point lies in the drawing, in units from its upper left corner."""
        east, north = self.frame.projection.project(latitude, longitude)
        scale = UNITS / self.frame.width
        return (east - self.frame.west) * scale, (self.frame.north - north) * scale

    def draw_areas(self, outlines: Iterable[Outline]) -> str:
        """Draw closed outlines."""
        window = self.window
        seen = Box(window.west, window.south, window.east, window.north)
        rings = []
        for outline in outlines:
            for turn in window.shifts(outline.points):
                moved = [(longitude + turn, latitude) for longitude, latitude in outline.points]
                ring = [self.place(*point) for point in clip_polygon(moved, seen)]
                ring = simplify(clip_polygon(ring, self.paper), _TOLERANCE)
                if area(ring) >= _LEAST_AREA:
                    rings.append(ring)
        return write_path(rings, closed=True)

    def draw_lines(self, outlines: Iterable[Outline]) -> str:
        """Draw open outlines."""
        window = self.window
        seen = Box(window.west, window.south, window.east, window.north)
        lines = []
        for outline in outlines:
            for turn in window.shifts(outline.points):
                moved = [(longitude + turn, latitude) for longitude, latitude in outline.points]
                for piece in clip_line(moved, seen):
                    on_paper = clip_line([self.place(*point) for point in piece], self.paper)
                    lines += [simplify(line, _TOLERANCE) for line in on_paper]
        return write_path(lines, closed=False)

    def draw_graticule(self) -> str:
        """Draw meridians and parallels, so many that a few cross the frame."""
        window = self.window
        wanted = self.frame.width / 111.0 / _LINES_ACROSS
        step = next((step for step in _STEPS if step >= wanted), _STEPS[-1])
        parallels = _multiples(step, window.south, window.north)
        meridians = _multiples(step, window.west, window.east)
        lines = [
            *([(x, y) for x in _between(window.west, window.east, step)] for y in parallels),
            *([(x, y) for y in _between(window.south, window.north, step)] for x in meridians),
        ]
        return self.draw_lines(Outline(0, 0, line) for line in lines)


def _multiples(step: float, low: float, high: float) -> list[float]:
    return [n * step for n in range(ceil(low / step), floor(high / step) + 1)]


def _between(low: float, high: float, step: float) -> list[float]:
    """Part a way into pieces so short that they may be drawn straight."""
    count = max(2, ceil((high - low) / step * _PARTS_OF_STEP))
    return [low + (high - low) * n / count for n in range(count + 1)]
