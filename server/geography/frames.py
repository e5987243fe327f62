"""What a map shows: the projection and the rectangle it is cut to, fitted to the points on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.geography.projection import Azimuthal, EqualEarth, Point, Projection, choose_projection

SHAPE = 4 / 3
"""Width to height of every map."""

LEAST_KM = 80.0
"""No map is narrower: the outlines are no finer than a kilometre."""

MARGIN = 0.2
"""So much of the width is left free on either side of the outermost points."""

WORLD_KM = 35_200.0
"""The whole Earth in the Equal Earth projection, and a little sea around it."""

CELL_DEGREES = (1.5, 2.0)
LOCATOR_KM = 420.0


@dataclass(frozen=True)
class Frame:
    """A rectangle of a projected plane, in kilometres; `west` and `north` are its edges."""

    projection: Projection
    west: float
    north: float
    width: float

    @property
    def height(self) -> float:
        """How high the rectangle is, in kilometres."""
        return self.width / SHAPE

    def place(self, point: Point) -> tuple[float, float]:
        """Say where a point lies, in parts of the width from the left and of the height from above.

        A point outside the frame has a number below 0 or above 1.
        """
        east, north = self.projection.project(point.latitude, point.longitude)
        return (east - self.west) / self.width, (self.north - north) / self.height

    def holds(self, point: Point) -> bool:
        """Say whether a point lies inside the frame."""
        return all(0 <= part <= 1 for part in self.place(point))


def fit_frame(points: Sequence[Point]) -> Frame:
    """Make the frame that holds all points with a margin around them."""
    projection = choose_projection(points)
    if isinstance(projection, EqualEarth):
        return Frame(projection, -WORLD_KM / 2, WORLD_KM / SHAPE / 2, WORLD_KM)
    plane = [projection.project(point.latitude, point.longitude) for point in points]
    east, north = ([position[axis] for position in plane] for axis in (0, 1))
    middle = ((min(east) + max(east)) / 2, (min(north) + max(north)) / 2)
    free = 1 - 2 * MARGIN
    width = max((max(east) - min(east)) / free, (max(north) - min(north)) / free * SHAPE, LEAST_KM)
    return Frame(projection, middle[0] - width / 2, middle[1] + width / SHAPE / 2, width)


def locate_cell(point: Point) -> tuple[int, int]:
    """Name the cell of the Earth's grid whose middle is nearest to a point.

    Maps that show where one place lies are made for cells, so that neighbours share them.
    """
    rows, columns = CELL_DEGREES
    return round(point.latitude / rows), round(point.longitude / columns)


def frame_cell(row: int, column: int) -> Frame:
    """Make the frame around the middle of a cell; it holds every point of the cell."""
    rows, columns = CELL_DEGREES
    centre = Point(max(-89.0, min(89.0, row * rows)), column * columns)
    height = LOCATOR_KM / SHAPE
    return Frame(Azimuthal(centre), -LOCATOR_KM / 2, height / 2, LOCATOR_KM)


def is_cell(row: int, column: int) -> bool:
    """Say whether the Earth's grid has such a cell."""
    rows, columns = CELL_DEGREES
    return abs(row) <= 90 / rows and abs(column) <= 180 / columns
