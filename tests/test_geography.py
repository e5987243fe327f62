"""Maps: projections and frames by their numbers, outlines that lie where they do on the Earth."""

import re
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from xml.etree import ElementTree

import pytest

from server.geography import outlines
from server.geography.basemap import draw_base, look_through
from server.geography.drawing import Box, area, clip_line, clip_polygon, simplify, write_path
from server.geography.frames import LEAST_KM, SHAPE, fit_frame, frame_cell, locate_cell
from server.geography.labels import Sheet
from server.geography.outlines import FINE, LAND, RIVERS, SHORES, find_folder, read_outlines
from server.geography.projection import EARTH_KM, Azimuthal, EqualEarth, Point, distance_km, middle
from server.geography.regions import chart_regions, group_near
from server.geography.rivers import read_rivers

TORGAU, STREHLA = Point(51.56016, 12.99617), Point(51.35248, 13.2266)
LENZEN, KASSEL = Point(53.09176, 11.47453), Point(51.31667, 9.5)
ARLINGTON = Point(38.88, -77.07)


@pytest.fixture(scope="module")
def folder() -> Path:
    """The geodata of the install."""
    found = find_folder()
    assert found is not None
    return found


def near_river(folder: Path, point: Point) -> tuple[float, int]:
    """The distance in km from a point to the nearest river, and that river's rank."""
    best = (1e9, -1)
    wide = 111.2 * cos(radians(point.latitude))
    parallels = (point.latitude - 1, point.latitude + 1)
    for outline in read_outlines(folder, RIVERS, FINE, parallels):
        flat = [
            ((x - point.longitude) * wide, (y - point.latitude) * 111.2) for x, y in outline.points
        ]
        for (x, y), (end_x, end_y) in pairwise(flat):
            run, rise = end_x - x, end_y - y
            length = run * run + rise * rise
            share = min(1.0, max(0.0, -(x * run + y * rise) / length)) if length else 0.0
            best = min(best, (hypot(x + share * run, y + share * rise), outline.rank))
    return best


def test_an_azimuthal_map_gives_its_centre_nought_and_keeps_areas() -> None:
    globe = Azimuthal(Point(40, -100))
    assert globe.project(40, -100) == pytest.approx((0, 0))
    # Snyder 1987, page 332: a sphere of radius 3, latitude 20 S, longitude 100 E.
    east, north = globe.project(-20, 100)
    assert (3 * east / EARTH_KM, 3 * north / EARTH_KM) == pytest.approx((-4.2339303, 4.0257775))
    square = [(50, 10), (50, 11), (51, 11), (51, 10)]
    flat = [Azimuthal(Point(51, 12)).project(*corner) for corner in square]
    far = [Azimuthal(Point(20, -40)).project(*corner) for corner in square]
    assert area(flat) == pytest.approx(area(far), rel=0.01)


def test_a_short_way_is_as_long_on_the_map_as_on_the_earth() -> None:
    east, north = Azimuthal(TORGAU).project(STREHLA.latitude, STREHLA.longitude)
    assert hypot(east, north) == pytest.approx(distance_km(TORGAU, STREHLA), rel=0.001)
    assert east > 0 > north


def test_equal_earth_agrees_with_its_published_corners() -> None:
    radius = EARTH_KM
    assert EqualEarth().project(0, 0) == (0, 0)
    # Šavrič, Patterson and Jenny 2018: half the width is 2.70663 radii, half the height 1.31737.
    assert EqualEarth().project(0, 180)[0] / radius == pytest.approx(2.70663, abs=1e-4)
    assert EqualEarth().project(90, 0)[1] / radius == pytest.approx(1.31737, abs=1e-4)
    assert EqualEarth().project(-90, 0)[1] / radius == pytest.approx(-1.31737, abs=1e-4)


def test_the_middle_of_two_shores_of_the_pacific_lies_between_them() -> None:
    between = middle([Point(0, 170), Point(0, -170)])
    assert abs(abs(between.longitude) - 180) < 1e-9


def test_a_frame_holds_its_points_with_a_margin() -> None:
    frame = fit_frame([TORGAU, LENZEN, KASSEL])
    for point in (TORGAU, LENZEN, KASSEL):
        assert all(0.19 < part < 0.81 for part in frame.place(point))
    assert frame.width / frame.height == pytest.approx(SHAPE)
    x, y = frame.place(LENZEN)
    assert y < frame.place(TORGAU)[1], "north is up"
    assert x > frame.place(KASSEL)[0], "east is right"


def test_a_single_point_lies_in_the_middle_of_the_closest_map() -> None:
    frame = fit_frame([TORGAU])
    assert frame.place(TORGAU) == pytest.approx((0.5, 0.5))
    assert frame.width == LEAST_KM


def test_points_all_round_the_earth_get_the_world() -> None:
    points = [Point(0, 0), Point(10, 150), Point(-40, -100)]
    frame = fit_frame(points)
    assert isinstance(frame.projection, EqualEarth)
    assert all(frame.holds(point) for point in points)


@pytest.mark.parametrize("point", [TORGAU, ARLINGTON, Point(-18.1, 178.9), Point(89.9, 10)])
def test_the_cell_of_a_place_shows_it_near_the_middle(point: Point) -> None:
    frame = frame_cell(*locate_cell(point))
    assert all(0.15 < part < 0.85 for part in frame.place(point))


def test_places_too_near_each_other_get_a_closer_map() -> None:
    widest, *closer = chart_regions([TORGAU, STREHLA, LENZEN, ARLINGTON])
    assert widest.groups == (((0, 1, 2), 1),)
    assert widest.alone == (3,)
    assert closer[0].alone == (2,)
    assert closer[0].groups == (((0, 1), 2),)
    assert closer[1].alone == (0, 1)
    for region in (widest, *closer):
        points = [(TORGAU, STREHLA, LENZEN, ARLINGTON)[n] for n in region.members]
        assert all(region.frame.holds(point) for point in points)


def test_a_chain_of_neighbours_is_one_group() -> None:
    assert group_near([(0, 0), (0.5, 0.5), (1, 1), (9, 9)], 0.8) == [[0, 1, 2], [3]]
    assert group_near([], 0.8) == []


def test_a_polygon_is_cut_at_the_edges_of_its_box() -> None:
    cut = clip_polygon([(-5, 2), (15, 2), (15, 4), (-5, 4)], Box(0, 0, 10, 10))
    assert sorted(cut) == [(0, 2), (0, 4), (10, 2), (10, 4)]
    assert clip_polygon([(20, 2), (25, 2), (25, 4)], Box(0, 0, 10, 10)) == []


def test_a_line_that_leaves_and_returns_becomes_two() -> None:
    line = [(1.0, 1.0), (1.0, 20.0), (2.0, 20.0), (2.0, 1.0)]
    assert clip_line(line, Box(0, 0, 10, 10)) == [[(1, 1), (1, 10)], [(2, 10), (2, 1)]]
    assert clip_line([(20, 20), (30, 20)], Box(0, 0, 10, 10)) == []


def test_simplifying_keeps_corners_and_drops_what_hardly_shows() -> None:
    line = [(0, 0), (1, 0.1), (2, -0.1), (3, 0), (3, 9)]
    assert simplify(line, 0.5) == [(0, 0), (3, 0), (3, 9)]
    assert simplify(line, 0.05) == line


def test_a_path_of_points_that_fall_together_is_left_out() -> None:
    assert write_path([[(1.1, 1.2), (1.3, 0.9)], [(0, 0), (-2, 3)]], closed=False) == "M0 0l-2 3"


def test_the_elbe_runs_past_torgau_and_is_a_great_river(folder: Path) -> None:
    for point in (TORGAU, STREHLA):
        distance, rank = near_river(folder, point)
        assert distance < 1
        assert rank <= 1


def test_every_river_name_stands_at_a_river(folder: Path, subtests: pytest.Subtests) -> None:
    for river in read_rivers():
        for point in river.points:
            with subtests.test(f"{river.names['en']} {point}"):
                assert near_river(folder, point)[0] < 5
        assert set(river.names) == {"en", "de", "ru"}


def test_outlines_enclose_land_by_name(folder: Path) -> None:
    largest = next(read_outlines(folder, SHORES, FINE, (-90, 90)))
    assert largest.kind == LAND
    assert len(largest.points) > 30_000
    few = [*read_outlines(folder, SHORES, FINE, (-90, 90), smallest=10_000_000)]
    assert len(few) == len({len(outline.points) for outline in few}) <= 7


def test_the_map_beneath_stays_inside_its_picture(folder: Path) -> None:
    root = ElementTree.fromstring(draw_base(fit_frame([TORGAU, LENZEN, KASSEL]), folder))
    assert root.get("viewBox") == "0 0 1000 750"
    paths = root.findall("{http://www.w3.org/2000/svg}path")
    assert len(paths) == 6
    for path in paths:
        for start in re.findall(r"M(-?\d+) (-?\d+)", path.get("d") or ""):
            assert -20 <= int(start[0]) <= 1020
            assert -20 <= int(start[1]) <= 770
    assert not root.findall(".//{http://www.w3.org/2000/svg}style")


def test_without_geodata_the_map_is_a_graticule() -> None:
    root = ElementTree.fromstring(draw_base(fit_frame([TORGAU]), None))
    (path,) = root
    assert (path.get("d") or "").count("M") > 5


def test_a_missing_package_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "PACKAGE", "no_such_package.data")
    find_folder.cache_clear()
    try:
        assert find_folder() is None
    finally:
        find_folder.cache_clear()


def test_a_map_across_the_date_line_shows_both_shores(folder: Path) -> None:
    frame = fit_frame([Point(-17.8, 177.4), Point(-16.5, -179.9)])
    window = look_through(frame)
    assert window.west < 180 < window.east
    assert 'fill="#8c8271"' in draw_base(frame, folder), "Fiji is drawn"


def test_names_never_cover_each_other_or_leave_the_map() -> None:
    sheet = Sheet(200, 150)
    sheet.put_mark(0.85, 0.5, 5)
    label = sheet.put_label("Torgau", 0.85, 0.5, 5)
    assert label is not None
    assert (label.anchor, label.dx) == ("end", -8)
    assert sheet.put_label("Torgau", 0.85, 0.5, 5) is None, "no room is left beside it"
    assert sheet.put_label("A name that is longer than the whole map is wide", 0.5, 0.5, 5) is None


def test_a_long_name_gives_way_to_its_first_word() -> None:
    label = Sheet(140, 100).put_name("Arlington National Cemetery", 0.3, 0.5, 5)
    assert label is not None
    assert label.text == "Arlington …"
