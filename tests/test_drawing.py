"""Drawings from captions: what words tell is drawn, what they leave open is drawn as open."""

import pytest
from pyoxigraph import NamedNode

from server.lookups import Text
from server.pages.drawing import NOWHERE, Drawing, Note, Spot, draw, find_spot
from server.pages.sheet import Person, lay_out, wrap
from server.pages.values import Shown
from server.photographs import Depicted

NODE = NamedNode("https://example.org/id/posture/")


def person(*words: str, ordinal: int | None = None, side: str | None = None) -> Depicted:
    texts = tuple(Text(w, "en") for w in words)
    return Depicted(NODE, (), "depicted", "person", texts, ordinal, side)


def named(name: str, how: str) -> Depicted:
    return Depicted(NODE, (), how, name)


def drawn(*depicted: Depicted) -> Drawing:
    return draw(depicted, [find_spot(one) for one in depicted])


def row(drawing: Drawing) -> list[tuple[int | None, str]]:
    """Who is drawn from left to right, gaps among them."""
    gaps = [(x, (None, "gap")) for x in drawing.gaps]
    return [f for _, f in sorted([*((f.x, (f.who, f.look)) for f in drawing.row), *gaps])]


@pytest.mark.parametrize(
    ("words", "spot"),
    [
        ("left", Spot("side", "left")),
        ("on the right", Spot("side", "right")),
        ("слева", Spot("side", "left")),
        ("in the middle", Spot("side", "middle")),
        ("second from the left", Spot("counted", "left", 2)),
        ("3rd from right", Spot("counted", "right", 3)),
        ("second to the right", Spot("either", "right", 2)),
        ("4th on the left", Spot("either", "left", 4)),
        ("umpteenth from the left", NOWHERE),
        ("99th from the left", NOWHERE),
        ("0th from the left", NOWHERE),
        ("left behind", NOWHERE),
        ("in front of a sign", NOWHERE),
    ],
)
def test_words_are_read_only_as_far_as_they_are_plain(words: str, spot: Spot) -> None:
    assert find_spot(person(words)) == spot


def test_a_place_that_the_data_counts_needs_no_words() -> None:
    assert find_spot(person("4th on the left", ordinal=4, side="left")) == Spot(
        "counted", "left", 4
    )
    assert find_spot(person("left", ordinal=4)) == Spot("side", "left")


def test_words_that_disagree_place_nobody() -> None:
    assert find_spot(person("left", "right")) == NOWHERE
    assert find_spot(person("left", "links")) == Spot("side", "left")


def test_two_sides_leave_room_for_others_between_them() -> None:
    drawing = drawn(person("right"), person("left"))
    assert row(drawing) == [(1, "certain"), (None, "gap"), (0, "certain")]
    assert [(note.how, note.who) for note in drawing.notes] == [("side", (1,)), ("side", (0,))]


def test_those_counted_before_somebody_are_drawn_without_a_name() -> None:
    drawing = drawn(person("4th", ordinal=4, side="left"))
    assert row(drawing) == [(None, "counted")] * 3 + [(0, "certain"), (None, "gap")]
    assert drawing.unnamed == 3


def test_a_row_counted_from_the_right_ends_there() -> None:
    drawing = drawn(person("", ordinal=2, side="right"))
    assert row(drawing) == [(None, "gap"), (0, "certain"), (None, "counted")]


def test_two_readings_are_drawn_twice_and_both_uncertain() -> None:
    drawing = drawn(person("left"), person("second to the right"))
    assert row(drawing) == [
        (0, "certain"),
        (1, "uncertain"),
        (None, "gap"),
        (1, "uncertain"),
        (None, "supposed"),
    ]
    assert drawing.unnamed == 0
    note = drawing.notes[-1]
    assert (note.how, note.who) == ("either", (1,))
    assert note.start < 50 < note.end


def test_a_reading_whose_place_is_taken_is_not_drawn() -> None:
    drawing = drawn(person("", ordinal=2, side="left"), person("second to the right"))
    assert [f.x for f in drawing.row if f.who == 1] == [max(f.x for f in drawing.row if f.who)]


def test_two_counted_at_one_place_are_not_forced_into_it() -> None:
    drawing = drawn(*[person("", ordinal=1, side="left")] * 2)
    assert row(drawing) == [(0, "certain"), (None, "gap")]
    assert [(f.who, f.look) for f in drawing.apart] == [(1, "uncertain")]


def test_whom_nobody_places_stands_apart() -> None:
    drawing = drawn(person("", ordinal=1, side="left"), person())
    assert [(f.who, f.look) for f in drawing.apart] == [(1, "uncertain")]


def test_where_nobody_is_placed_all_are_uncertain_and_their_order_is_open() -> None:
    drawing = drawn(person("in front of a sign"), person("in front of a sign"))
    assert row(drawing) == [(0, "uncertain"), (1, "uncertain")]
    assert drawing.notes == (Note(4, 96, "order", (0, 1)),)


def test_a_thing_that_is_shown_stands_behind_and_who_only_acts_is_uncertain() -> None:
    drawing = drawn(person("left"), named("thing", "shown"), named("name", "acting"))
    assert drawing.behind == (1,)
    assert [(f.who, f.look) for f in drawing.apart] == [(2, "uncertain")]


def people(*depicted: Depicted) -> list[Person]:
    names = [Shown(f"Person {number}", "thing") for number in range(len(depicted))]
    return list(lay_out(drawn(*depicted), depicted, names).people)


def test_alike_figures_in_no_order_have_no_number_of_their_own() -> None:
    assert [(p.number, p.lines) for p in people(person(), person())] == [("?", ())] * 2
    assert [p.number for p in people(person("left"), person("right"))] == ["1", "2"]
    assert [p.number for p in people(person("second to the right"))][:1] == [""]


def test_who_is_drawn_twice_is_in_doubt_at_both_places() -> None:
    numbers = [p.number for p in people(person("left"), person("second to the right"))]
    assert numbers == ["1", "2?", "2?", ""]


def test_a_posture_nobody_tells_is_not_drawn() -> None:
    standing = Depicted(NODE, (), "depicted", "person", posture=NamedNode(f"{NODE.value}standing"))
    dancing = Depicted(NODE, (), "depicted", "person", posture=NamedNode(f"{NODE.value}dancing"))
    poses = [p.pose for p in people(standing, person(), dancing, named("name", "acting"))]
    assert poses == ["standing", "bust", "bust", "card"]


def test_many_in_a_row_leave_no_room_for_names() -> None:
    assert {p.lines for p in people(person("", ordinal=9, side="left"))} == {()}
    assert ("Person 0",) in {p.lines for p in people(person("left"))}


def test_a_long_name_is_broken_and_cut() -> None:
    assert wrap("Anna Maria von und zu Hohenstein-Waldenburg", 10) == (
        "Anna Maria",
        "von und zu",
        "Hohenstein-Wald…",
    )
