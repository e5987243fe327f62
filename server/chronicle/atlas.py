"""The maps a release needs, planned once: which places, on which maps, how much happened there."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from server.chronicle.reading import Chronicle, Entry, read_chronicle
from server.geography.projection import Point
from server.geography.regions import Region, chart_regions
from server.site import Site

MOST_MARKS = 100
"""So many places are drawn, those with most entries first; the page says when there are more."""


@dataclass(frozen=True)
class Atlas:
    """The maps of a release: the places drawn (most entries first), their points, the regions.

    `main` is the number of the region shown large. `settled` counts the entries that are accepted
    to have been at a place, `told` those that only a claim puts there.
    """

    places: tuple[NamedNode, ...]
    points: tuple[Point, ...]
    regions: tuple[Region, ...]
    main: int
    settled: tuple[int, ...]
    told: tuple[int, ...]
    left_out: int


def draw_atlas(site: Site) -> Atlas:
    """Plan the maps of a release; `site.derive(draw_atlas)` does it once."""
    chronicle = site.derive(read_chronicle)
    positions = chronicle.positions
    settled: dict[NamedNode, int] = {}
    told: dict[NamedNode, int] = {}
    for entry in (*chronicle.dated, *chronicle.undated):
        for place, accepted in places_of(entry, chronicle).items():
            counts = settled if accepted else told
            counts[place] = counts.get(place, 0) + 1
    ordered = sorted(positions.points, key=lambda p: (-settled.get(p, 0), -told.get(p, 0), p.value))
    drawn = tuple(place for place in ordered if isinstance(place, NamedNode))[:MOST_MARKS]
    points = tuple(positions.points[place] for place in drawn)
    regions = tuple(chart_regions(points))
    most = max((len(r.members) for r in regions[1:]), default=0)
    main = next((n for n, r in enumerate(regions) if n and len(r.members) == most), 0)
    return Atlas(
        drawn, points, regions, main,
        tuple(settled.get(place, 0) for place in drawn),
        tuple(told.get(place, 0) for place in drawn),
        len(ordered) - len(drawn),
    )  # fmt: skip


def places_of(entry: Entry, chronicle: Chronicle) -> dict[NamedNode, bool]:
    """Say at which drawn places an entry is, and whether that is accepted."""
    found: dict[NamedNode, bool] = {}
    for saying in entry.places:
        if isinstance(saying.value, NamedNode):
            place = chronicle.positions.drawn_at(saying.value)
            if place is not None:
                found[place] = found.get(place, False) or saying.accepted
    if entry.thing in chronicle.positions.points:
        found[entry.thing] = True
    return found
