"""Map projections: from degrees to kilometres on a plane, east and north of the centre."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, hypot, pi, radians, sin, sqrt
from typing import Protocol

EARTH_KM = 6371.0088
"""The mean radius of the Earth."""

WIDEST_DEGREES = 60.0
"""So far from its centre an azimuthal map still looks like one; beyond, the world is drawn."""

_EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)


@dataclass(frozen=True)
class Point:
    """A place on the Earth, in degrees: north and east are positive."""

    latitude: float
    longitude: float


class Projection(Protocol):
    """What a map needs of a projection."""

    @property
    def centre(self) -> Point:
        """The point that lies at (0, 0)."""

    @property
    def reach(self) -> float:
        """How far from the centre it may be used, in degrees."""

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Give the kilometres east and north of the centre."""


@dataclass(frozen=True)
class Azimuthal:
    """Lambert's azimuthal equal-area projection: true at its centre, and areas everywhere."""

    centre: Point
    reach: float = WIDEST_DEGREES + 15

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Give the kilometres east and north of the centre (Snyder 1987, 24-2 to 24-4)."""
        phi, phi_0 = radians(latitude), radians(self.centre.latitude)
        turn = radians(longitude - self.centre.longitude)
        cosine = sin(phi_0) * sin(phi) + cos(phi_0) * cos(phi) * cos(turn)
        scale = EARTH_KM * sqrt(2 / max(1 + cosine, 1e-9))
        north = cos(phi_0) * sin(phi) - sin(phi_0) * cos(phi) * cos(turn)
        return scale * cos(phi) * sin(turn), scale * north


@dataclass(frozen=True)
class EqualEarth:
    """The Equal Earth projection of the whole world (Šavrič, Patterson and Jenny 2018)."""

    centre: Point = Point(0, 0)
    reach: float = 180.0

    def project(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Give the kilometres east and north of the crossing of equator and prime meridian."""
        first, second, third, fourth = _EQUAL_EARTH
        theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
        square = theta * theta
        power = square**3
        slope = 9 * fourth * power * square + 7 * third * power + 3 * second * square + first
        east = 2 * sqrt(3) * radians(longitude) * cos(theta) / (3 * slope)
        north = theta * (fourth * power * square + third * power + second * square + first)
        return EARTH_KM * east, EARTH_KM * north


def distance_km(one: Point, other: Point) -> float:
    """Measure the way between two points over the surface.

    >>> round(distance_km(Point(51.56016, 12.99617), Point(51.35248, 13.2266)))
    28
    """
    rise = radians(other.latitude - one.latitude)
    turn = radians(other.longitude - one.longitude)
    chord = sin(rise / 2) ** 2 + (
        cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(turn / 2) ** 2
    )
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))


def middle(points: Iterable[Point]) -> Point:
    """Give the point in the middle: the direction in which the sum of all directions points."""
    x = y = z = 0.0
    for point in points:
        phi, turn = radians(point.latitude), radians(point.longitude)
        x, y, z = x + cos(phi) * cos(turn), y + cos(phi) * sin(turn), z + sin(phi)
    return Point(degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x)))


def choose_projection(points: Iterable[Point]) -> Projection:
    """Choose an azimuthal map around the points, or the world where they lie too far apart."""
    listed = list(points)
    centre = middle(listed)
    farthest = max((distance_km(centre, point) for point in listed), default=0.0)
    if farthest > WIDEST_DEGREES * pi / 180 * EARTH_KM:
        return EqualEarth()
    return Azimuthal(centre)
