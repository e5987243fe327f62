"""Places on maps drawn by this server: the maps of a whole release, and where one place lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from pyoxigraph import NamedNode

from server.chronicle.atlas import Atlas, draw_atlas, places_of
from server.chronicle.positions import point_of
from server.chronicle.reading import Chronicle, Entry, read_chronicle
from server.geography.basemap import COARSE_KM
from server.geography.drawing import percent
from server.geography.frames import SHAPE, Frame, frame_cell, locate_cell
from server.geography.labels import LETTER, Label, Sheet
from server.geography.projection import Point
from server.geography.regions import Region
from server.geography.rivers import read_rivers
from server.lookups import Text
from server.pages.values import Reader
from server.site import Site, current_site

_BIG_PIXELS, _SMALL_PIXELS = 328.0, 216.0
_BAR_LEFT, _BAR_PART = 0.03, 0.3
_ROUND = (1, 2, 5)
_COMPASS = {"en": ("N", "S", "E", "W"), "de": ("N", "S", "O", "W"),
            "ru": ("с. ш.", "ю. ш.", "в. д.", "з. д.")}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """A mark on a map; `keys` name the places it stands for, `closer` the map that parts them."""

    x: str
    y: str
    radius: float
    kind: str
    keys: list[str]
    name: Text
    label: Label | None
    count: int
    closer: int | None = None


@dataclass(frozen=True)
class Line:
    """A dashed line between the accepted place of an entry and one that is only claimed."""

    start: tuple[str, str]
    end: tuple[str, str]
    entry: Entry


@dataclass(frozen=True)
class RiverName:
    """A river's name on a map."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class MapView:
    """A map as the page shows it; `bar` is where its scale ends, which stands for `bar_km`."""

    number: int
    picture: str
    names: list[Text]
    marks: list[Mark]
    lines: list[Line]
    rivers: list[RiverName]
    bar: str
    bar_km: int


@dataclass(frozen=True)
class Locator:
    """Where one place lies, for a small map on its page."""

    picture: str
    x: str
    y: str
    name: Text
    position: str
    href: str | None


def show_maps(reader: Reader, site: Site) -> list[MapView]:
    """Make every map of a release ready for the page, the main one first."""
    atlas = site.derive(draw_atlas)
    numbers = sorted(range(len(atlas.regions)), key=lambda n: (n != atlas.main, n))
    return [_show_map(reader, site, atlas, number) for number in numbers]


def _show_map(reader: Reader, site: Site, atlas: Atlas, number: int) -> MapView:
    region = atlas.regions[number]
    pixels = _BIG_PIXELS if number == atlas.main else _SMALL_PIXELS
    sheet = Sheet(pixels, pixels / SHAPE)
    marks = [((n,), None) for n in region.alone] + [*region.groups]
    weighted = sorted(marks, key=lambda mark: -sum(atlas.settled[n] for n in mark[0]))
    placed = [(members, closer, *_centre(region, atlas, members)) for members, closer in weighted]
    counts = [sum(atlas.settled[n] + atlas.told[n] for n in m) for m, _ in weighted]
    radii = [_radius(count, max(counts)) for count in counts]
    for (_, _, x, y), radius in zip(placed, radii, strict=True):
        sheet.put_mark(x, y, radius)
    drawn = [
        _mark(reader, atlas, sheet, spot, radius)
        for spot, radius in zip(placed, radii, strict=True)
    ]
    km = _round_down(region.frame.width * _BAR_PART)
    return MapView(
        number=number,
        picture=picture_address(reader, site, str(number)),
        names=[reader.look.label(atlas.places[n], reader.lang) for n in region.members[:3]],
        marks=drawn,
        lines=_lines(site.derive(read_chronicle), atlas, region, placed),
        rivers=_river_names(region.frame, sheet, reader.lang),
        bar=percent(_BAR_LEFT + km / region.frame.width),
        bar_km=km,
    )


def _centre(region: Region, atlas: Atlas, members: Sequence[int]) -> tuple[float, float]:
    """Place a mark in the middle of the points it stands for."""
    spots = [region.frame.place(atlas.points[n]) for n in members]
    return sum(x for x, _ in spots) / len(spots), sum(y for _, y in spots) / len(spots)


def _radius(count: int, most: int) -> float:
    """Choose the radius of a mark so that its area grows with what happened there."""
    return round(4 + 7 * sqrt(count / most), 1) if count else 4.0


def _mark(
    reader: Reader,
    atlas: Atlas,
    sheet: Sheet,
    spot: tuple[tuple[int, ...], int | None, float, float],
    radius: float,
) -> Mark:
    members, closer, x, y = spot
    name = reader.look.label(atlas.places[members[0]], reader.lang)
    text = f"{name.value} +{len(members) - 1}" if len(members) > 1 else name.value
    settled, told = (sum(counts[n] for n in members) for counts in (atlas.settled, atlas.told))
    return Mark(
        x=percent(x),
        y=percent(y),
        radius=radius,
        kind="known" if settled else "claimed" if told else "empty",
        keys=[short_name(reader, atlas.places[n]) for n in members],
        name=Text(text, name.lang),
        label=sheet.put_name(text, x, y, radius),
        count=settled + told,
        closer=closer,
    )


def _lines(
    chronicle: Chronicle,
    atlas: Atlas,
    region: Region,
    placed: Sequence[tuple[tuple[int, ...], int | None, float, float]],
) -> list[Line]:
    """Join the places of every entry about whose place accounts differ."""
    spots = {
        atlas.places[n]: (percent(x), percent(y)) for members, _, x, y in placed for n in members
    }
    lines = []
    for entry in (*chronicle.dated, *chronicle.undated):
        places = places_of(entry, chronicle)
        settled = [place for place, accepted in places.items() if accepted and place in spots]
        told = [place for place, accepted in places.items() if not accepted and place in spots]
        lines += [
            Line(spots[one], spots[other], entry)
            for one in settled
            for other in told
            if spots[one] != spots[other]
        ]
    return lines


def _river_names(frame: Frame, sheet: Sheet, lang: str) -> list[RiverName]:
    found: list[RiverName] = []
    if frame.width > COARSE_KM:
        return found
    for river in read_rivers():
        spots = [frame.place(point) for point in river.points if frame.holds(point)]
        for x, y in sorted(spots, key=lambda spot: abs(spot[0] - 0.5) + abs(spot[1] - 0.5)):
            name = river.names.get(lang) or river.names["en"]
            label = sheet.put_label(name, x, y, 5)
            if label is not None and label.anchor in ("start", "end"):
                across = label.dx + (0 if label.anchor == "start" else -LETTER * len(name))
                found.append(RiverName(percent(x + across / sheet.width), percent(y), name))
                break
    return found


def _round_down(km: float) -> int:
    """Give the largest of 1, 2, 5, 10, 20 ... that is no larger."""
    tens = 1
    while tens * 10 <= km:
        tens *= 10
    return max(step * tens for step in _ROUND if step * tens <= max(km, 1))


def locator(reader: Reader, thing: NamedNode) -> Locator | None:
    """Show where a place lies, if its coordinates are accepted."""
    point = point_of(reader.look, thing)
    if point is None:
        return None
    site = current_site()
    row, column = locate_cell(point)
    x, y = frame_cell(row, column).place(point)
    own = thing in site.derive(read_chronicle).positions.points
    return Locator(
        picture=picture_address(reader, site, f"at{row}_{column}"),
        x=percent(x),
        y=percent(y),
        name=reader.look.label(thing, reader.lang),
        position=say_point(point, reader.lang),
        href=reader.addresses.to("/timeline", place=short_name(reader, thing)) if own else None,
    )


def picture_address(reader: Reader, site: Site, name: str) -> str:
    """Address the map beneath the marks; the address changes with what is drawn."""
    root = reader.addresses.root
    return f"{root}/map/{name}.svg?v={site.version[:8]}{site.build[:8]}"


def short_name(reader: Reader, thing: NamedNode) -> str:
    """Name a thing in an address: KIND/SLUG for our own, the whole IRI for others."""
    own = f"{reader.addresses.base}id/"
    return thing.value.removeprefix(own)


def say_point(point: Point, lang: str) -> str:
    """Write coordinates as a reader of `lang` does.

    >>> say_point(Point(38.88101, -77.10428), "de")
    '38,881° N, 77,104° W'
    """
    north, south, east, west = _COMPASS.get(lang, _COMPASS["en"])

    def write(degrees: float, plus: str, minus: str) -> str:
        number = f"{abs(degrees):.3f}"
        sign = plus if degrees >= 0 else minus
        return f"{number if lang == 'en' else number.replace('.', ',')}° {sign}"

    return f"{write(point.latitude, north, south)}, {write(point.longitude, east, west)}"
