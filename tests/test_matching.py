"""Two descriptions compared: every point has its reason."""

from datetime import date

from kg.matching.description import Description, Value
from kg.matching.scoring import Point, is_match, score
from kg.terms import SCHEMA

PERSON, PLACE = frozenset({f"{SCHEMA}Person"}), frozenset({f"{SCHEMA}Place"})
BORN, BIRTHPLACE = "schema:birthDate", "schema:birthPlace"


def on(year: int, month: int, day: int) -> tuple[tuple[date, date], ...]:
    return ((date(year, month, day), date(year, month, day)),)


def in_year(year: int) -> tuple[tuple[date, date], ...]:
    return ((date(year, 1, 1), date(year, 12, 31)),)


def name(text: str) -> tuple[tuple[str, str], ...]:
    return (("", text),)


def test_the_same_name_in_another_script_is_the_name() -> None:
    found = score(
        Description(names=name("Глеб Бакланов")), Description(names=name("Gleb Baklanov"))
    )
    assert found.value == 100.0
    reason = "The names “Глеб Бакланов” and “Gleb Baklanov” are the same."
    assert found.points == (Point("name", 100.0, reason),)


def test_a_thing_of_another_kind_sinks_and_says_so() -> None:
    river = Description(names=name("Lena"), kinds=PLACE)
    found = score(Description(names=name("Lena"), kinds=PERSON), river)
    assert found.value == 40.0
    assert found.points[1] == Point("kind", -60.0, "It is a thing of another kind.")


def test_a_year_agrees_with_each_of_its_days() -> None:
    sought = Description(dates={BORN: in_year(1910)})
    (point,) = score(sought, Description(dates={BORN: on(1910, 8, 14)})).points
    assert point == Point(BORN, 12.0, "The dates agree.")


def test_a_contradicting_date_sinks_with_both_dates() -> None:
    sought = Description(dates={BORN: on(1897, 12, 28)})
    (point,) = score(sought, Description(dates={BORN: on(1910, 8, 14)})).points
    assert point.value == -45.0
    assert point.reason == "The dates contradict each other: 1897-12-28 is not 1910-08-14."


def test_two_days_of_one_year_differ_less() -> None:
    sought = Description(dates={BORN: on(1910, 8, 1)})
    (point,) = score(sought, Description(dates={BORN: on(1910, 8, 14)})).points
    assert point.value == -12.0


def test_what_one_side_does_not_say_costs_nothing() -> None:
    bare = Description(names=name("Gleb Baklanov"))
    told = Description(names=name("Gleb Baklanov"), kinds=PERSON, dates={BORN: on(1910, 8, 14)})
    assert score(bare, told).value == score(told, bare).value == 100.0


def test_a_value_is_compared_by_its_iri_or_else_by_its_names() -> None:
    moscow = Description(values={BIRTHPLACE: (Value("place/moscow", ("Moscow", "Москва")),)})

    def points(value: Value) -> float:
        return score(Description(values={BIRTHPLACE: (value,)}), moscow).points[0].value

    assert points(Value("place/moscow")) == points(Value(None, ("МОСКВА",))) == 8.0
    assert points(Value("place/kiev", ("Moscow",))) == points(Value(None, ("Kiev",))) == -8.0


def test_only_a_good_and_lonely_best_candidate_is_a_match() -> None:
    assert is_match([40.0, 90.0, 10.0])
    assert is_match([75.0])
    assert not is_match([90.0, 85.0])
    assert not is_match([74.9])
    assert not is_match([])
