"""In which order a page tells the facts of a thing; see `order.ttl`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.terms import SH
from server.pages.values import Reader
from server.site import Site

UNLISTED = 500.0
_PATH = NamedNode(SH + "path")
_ORDER = NamedNode(SH + "order")
_DEFAULTS = Path(__file__).parent / "order.ttl"


@dataclass(frozen=True)
class Order:
    """The places of properties: a smaller number comes first."""

    places: Mapping[str, float]

    def rank(self, reader: Reader, predicate: NamedNode) -> tuple[float, str]:
        """Give what to sort a property by: its place, then its name."""
        place = self.places.get(predicate.value, UNLISTED)
        return place, reader.property(predicate).text.casefold()


def read_order(site: Site) -> Order:
    """Read the order of this release: what its shapes say comes before what holds in general."""
    shapes = site.files.get("ontology/shapes.ttl", b"")
    general = _read_places(_DEFAULTS.read_bytes(), site.base)
    return Order({**dict(general), **dict(_read_places(shapes, site.base))})


def _read_places(turtle: bytes, base: str) -> Iterator[tuple[str, float]]:
    """Yield each property with its place; of several places the first in the property's list."""
    paths: dict[str, str] = {}
    orders: dict[str, float] = {}
    for quad in parse(turtle, RdfFormat.TURTLE, base_iri=base):
        if quad.predicate == _PATH and isinstance(quad.object, NamedNode):
            paths[str(quad.subject)] = quad.object.value
        elif quad.predicate == _ORDER and isinstance(quad.object, Literal):
            orders[str(quad.subject)] = float(quad.object.value)
    placed = sorted((orders[shape], path) for shape, path in paths.items() if shape in orders)
    yield from ((path, place) for place, path in reversed(placed))
