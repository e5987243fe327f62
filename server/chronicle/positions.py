"""Where places lie: coordinates as data gives them, and what lies inside what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad

from kg.terms import DCTERMS, GEOSPARQL, SCHEMA, WGS84, WIKIDATA_DIRECT
from server.geography.projection import Point
from server.lookups import Lookups

_SCHEMAS = (SCHEMA, "http://schema.org/")
LATITUDES = (*(NamedNode(s + "latitude") for s in _SCHEMAS), NamedNode(WGS84 + "lat"))
LONGITUDES = (*(NamedNode(s + "longitude") for s in _SCHEMAS), NamedNode(WGS84 + "long"))
POINTS = (NamedNode(GEOSPARQL + "asWKT"), NamedNode(WIKIDATA_DIRECT + "P625"))
GEOMETRIES = (
    *(NamedNode(s + "geo") for s in _SCHEMAS),
    NamedNode(WGS84 + "location"),
    NamedNode(GEOSPARQL + "hasGeometry"),
    NamedNode(GEOSPARQL + "hasDefaultGeometry"),
)
"""What leads from a thing to a node that has the coordinates."""
CONTAINERS = (
    *(NamedNode(s + "containedInPlace") for s in _SCHEMAS),
    NamedNode(DCTERMS + "isPartOf"),
    NamedNode(GEOSPARQL + "sfWithin"),
    NamedNode(WIKIDATA_DIRECT + "P131"),
)
MOST_STEPS = 4

_EARTH = r"(?:<[^>]*(?:CRS84|/4326|Q2)>\s*)?"
_NUMBER = r"([+-]?\d+(?:\.\d+)?)"
_WKT = re.compile(rf"{_EARTH}POINT\s*\(\s*{_NUMBER}\s+{_NUMBER}\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Positions:
    """Accepted coordinates by place; `inside` leads from a place without any to one that has them.

    `cut` says that the release holds more coordinates than were read.
    """

    points: Mapping[NamedNode, Point]
    inside: Mapping[NamedNode, NamedNode]
    cut: bool = False

    def drawn_at(self, place: NamedNode) -> NamedNode | None:
        """Give the place whose mark stands for this one: itself, what contains it, or none."""
        return place if place in self.points else self.inside.get(place)


def find_positions(
    look: Lookups, used: Iterable[NamedNode], accepts: Callable[[object], bool], most: int
) -> Positions:
    """Gather coordinates, and what contains those of the `used` places that have none."""
    reading = _Reading(look, accepts, most)
    known = reading.read_points()
    led = [quad for p in GEOMETRIES for quad in reading.quads(p) if quad.object in known]
    geometries = {quad.object for quad in led}
    own = {node: point for node, point in known.items() if node not in geometries}
    points = {node: point for node, point in own.items() if isinstance(node, NamedNode)}
    for quad in led:
        if isinstance(quad.subject, NamedNode):
            points.setdefault(quad.subject, known[quad.object])
    inside = {}
    for place in used:
        container = None if place in points else _find_container(look, place, points)
        if container is not None:
            inside[place] = container
    return Positions(points, inside, reading.cut)


def point_of(look: Lookups, thing: NamedNode) -> Point | None:
    """Give the accepted coordinates of one thing, if there are any."""
    for node in (thing, *(n for p in GEOMETRIES for n in look.nodes(thing, p))):
        written = [v for p in POINTS for v in look.objects(node, p)]
        for value in written:
            point = read_wkt(value.value)
            if point is not None:
                return point
        north = next((v for p in LATITUDES for v in look.objects(node, p)), None)
        east = next((v for p in LONGITUDES for v in look.objects(node, p)), None)
        if isinstance(north, Literal) and isinstance(east, Literal):
            return to_point(north.value, east.value)
    return None


def to_point(latitude: str, longitude: str) -> Point | None:
    """Read a pair of numbers; None when they are none, or lie outside the Earth's degrees."""
    try:
        point = Point(float(latitude), float(longitude))
    except ValueError:
        return None
    is_on_earth = abs(point.latitude) <= 90 and abs(point.longitude) <= 180
    return point if is_on_earth else None


def read_wkt(text: str) -> Point | None:
    """Read a point written as WKT, longitude first (GeoSPARQL 1.1, 8.5.2); None for other shapes.

    >>> read_wkt("Point(12.99617 51.56016)")
    Point(latitude=51.56016, longitude=12.99617)
    """
    found = _WKT.fullmatch(text.strip())
    return to_point(found[2], found[1]) if found else None


def _find_container(
    look: Lookups, place: NamedNode, points: Mapping[NamedNode, Point]
) -> NamedNode | None:
    """Follow what lies inside what until there are coordinates."""
    here = [place]
    for _ in range(MOST_STEPS):
        here = [outer for inner in here for p in CONTAINERS for outer in look.nodes(inner, p)]
        known = [outer for outer in here if outer in points]
        if known or not here:
            return known[0] if known else None
    return None


class _Reading:
    """Reads accepted statements property by property."""

    def __init__(self, look: Lookups, accepts: Callable[[object], bool], most: int) -> None:
        self.look, self.accepts, self.most = look, accepts, most
        self.cut = False

    def quads(self, predicate: NamedNode) -> Iterator[Quad]:
        """Give the accepted statements of a property, the same ones every time."""
        found = self.look.store.quads_for_pattern(None, predicate, None, None)
        quads = list(islice(found, self.most + 1))
        self.cut = self.cut or len(quads) > self.most
        accepted = [q for q in quads[: self.most] if self.accepts(q.graph_name)]
        yield from sorted(accepted, key=str)

    def read_points(self) -> dict[object, Point]:
        """Read the coordinates of every node that has them itself."""
        north, east = self._numbers(LATITUDES), self._numbers(LONGITUDES)
        pairs = ((node, to_point(north[node], east[node])) for node in north if node in east)
        points = {node: point for node, point in pairs if point}
        for predicate in POINTS:
            for quad in self.quads(predicate):
                point = read_wkt(quad.object.value) if isinstance(quad.object, Literal) else None
                if point is not None:
                    points.setdefault(quad.subject, point)
        return points

    def _numbers(self, predicates: Iterable[NamedNode]) -> dict[object, str]:
        found: dict[object, str] = {}
        for predicate in predicates:
            for quad in self.quads(predicate):
                if isinstance(quad.object, Literal):
                    found.setdefault(quad.subject, quad.object.value)
        return found
