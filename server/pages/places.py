"""The places of a timeline as a list: where each lies, or that nobody accepted says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode

from server.chronicle.atlas import Atlas
from server.chronicle.reading import Chronicle
from server.pages.map import say_point, short_name
from server.pages.selection import Selection, names_of_places
from server.pages.values import Reader, Shown

MOST_PLACES = 30


@dataclass(frozen=True)
class PlaceView:
    """A place: its coordinates in words, or the place it is drawn in, and how much happened."""

    key: str
    name: Shown
    position: str
    inside: Shown | None
    count: int
    chosen: bool


@dataclass(frozen=True)
class PlacesView:
    """Places on the maps, those inside of one, those that cannot be drawn; `more` were left out."""

    drawn: list[PlaceView]
    inside: list[PlaceView]
    unknown: list[PlaceView]
    more: int


def show_places(
    reader: Reader, chronicle: Chronicle, atlas: Atlas, selection: Selection
) -> PlacesView:
    """Make the list of places ready for its page: those with the most entries first."""
    entries = (*chronicle.dated, *chronicle.undated)
    counts: dict[NamedNode, int] = {}
    for entry in entries:
        for place in names_of_places(entry, chronicle):
            counts[place] = counts.get(place, 0) + 1
    positions = chronicle.positions
    named = sorted(counts, key=lambda place: (-counts[place], place.value))
    inside = [place for place in named if place in positions.inside]
    unknown = [place for place in named if positions.drawn_at(place) is None]

    def view(places: Iterable[NamedNode]) -> list[PlaceView]:
        return [
            PlaceView(
                key=short_name(reader, place),
                name=reader.thing(place),
                position=say_point(positions.points[place], reader.lang)
                if place in positions.points
                else "",
                inside=reader.thing(positions.inside[place]) if place in positions.inside else None,
                count=counts.get(place, 0),
                chosen=place == selection.place,
            )
            for place in list(places)[:MOST_PLACES]
        ]

    more = sum(max(0, len(p) - MOST_PLACES) for p in (atlas.places, inside, unknown))
    return PlacesView(view(atlas.places), view(inside), view(unknown), more + atlas.left_out)
