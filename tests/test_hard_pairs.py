"""The matcher on pairs that are hard to tell apart, and on names that somebody has perturbed."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.matching import PAIRS, Result, measure, read_pairs
from kg.matching.description import Description
from kg.matching.index import Index
from kg.matching.ranking import rank
from kg.matching.reading import read_entities, read_words
from kg.project import NAME_WORDS
from kg.release import open_release
from kg.terms import SCHEMA

ROOT = Path(__file__).resolve().parent.parent
PERSON, UNIT, PLACE = (f"{SCHEMA}{name}" for name in ("Person", "Organization", "Place"))
RANKS = ("", "Col. ", "Gen. ", "генерал-майор ", "гв. лейтенант ", "Oberst ", "Capt. ", "Маршал ")
# Three ways to write Russian names in Latin letters: English, German, scholarly.
WAYS = [
    dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", way.split(), strict=True))
    for way in (
        "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya",
        "a b w g d e jo sch s i j k l m n o p r s t u f ch z tsch sch schtsch - y - e ju ja",
        "a b v g d e ë ž z i j k l m n o p r s t u f h c č š ŝ - y - è û â",
    )
]


@pytest.fixture(scope="module")
def result(elbe_release: Path) -> Result:
    """What came of the pairs."""
    return measure(open_release(elbe_release))


@pytest.fixture(scope="module")
def index(elbe_release: Path) -> Index:
    """The things of this project."""
    release = open_release(elbe_release)
    store, base = release.open_store(), release.manifest.base
    words = (elbe_release / NAME_WORDS).read_text(encoding="utf-8")
    return Index(read_entities(store, base), read_words(store, base, words))


def find(index: Index, name: str, kind: str) -> list[tuple[str, float, bool]]:
    sought = Description(names=(("", name),), kinds=frozenset({kind}))
    found = rank(sought, index, lambda iri: ({}, {}), among=frozenset({kind}))
    return [(one.entity.iri, one.score.value, one.is_match) for one in found]


def people(index: Index) -> list[Description]:
    return [entity for entity in index.entities if PERSON in entity.kinds]


def test_what_is_taken_is_right_and_what_is_there_is_taken(result: Result) -> None:
    assert len(result.outcomes) >= 200
    assert result.precision >= 0.95, [str(one.pair) for one in result.missed]
    assert result.recall >= 0.85, [str(one.pair) for one in result.missed]


def test_every_right_answer_of_the_pairs_is_a_thing_of_ours(
    index: Index, elbe_release: Path
) -> None:
    manifest = open_release(elbe_release).manifest
    rights = {pair.right for pair in read_pairs(manifest.prefixes, manifest.base)} - {None}
    assert {right for right in rights if index.get(str(right)) is None} == set()


def test_no_pair_stands_in_the_rules(elbe_release: Path) -> None:
    manifest = open_release(elbe_release).manifest
    files = [*(ROOT / "kg" / "matching").glob("*.py"), ROOT / NAME_WORDS]
    rules = "\n".join(path.read_text(encoding="utf-8") for path in files).casefold()
    names = {pair.sought.casefold() for pair in read_pairs(manifest.prefixes, manifest.base)}
    whole = (name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", rules))
    assert sorted(whole) == []


def test_the_pairs_are_sorted_by_nothing_but_told_once() -> None:
    rows = [tuple(line.split("\t")[:3]) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(set(rows))


def best(index: Index, name: str, kind: str) -> tuple[str, bool]:
    iri, _, taken = find(index, name, kind)[0]
    return iri.partition("/id/")[2], taken


@pytest.mark.parametrize("name", ["3rd Cavalry Corps", "Guards Cavalry Corps", "III Corps"])
def test_three_is_a_number_of_a_unit_and_no_suffix(index: Index, name: str) -> None:
    assert best(index, "III Guards Cavalry Corps", UNIT) == ("unit/3rd-guards-cavalry-corps", True)
    assert not best(index, name, UNIT)[1]


@pytest.mark.parametrize(
    "name", ["General Alexander R. Bolling Jr.", "Alexander Russell Bolling Jr.", "Ivan Konev II"]
)
def test_a_son_of_the_name_and_rank_is_never_taken_for_his_father(index: Index, name: str) -> None:
    assert not best(index, name, PERSON)[1]


def test_a_post_in_brackets_is_no_part_of_a_name(index: Index) -> None:
    found = best(index, "Bradley, Omar (General, 12th Army Group)", PERSON)
    assert found == ("person/omar-bradley", True)


@pytest.mark.parametrize("name", ["Moscow, Idaho", "Virginia, Minnesota", "Kassel (Namibia)"])
def test_a_town_elsewhere_is_left_to_a_person(index: Index, name: str) -> None:
    assert not best(index, name, PLACE)[1]


@pytest.mark.parametrize("name", ["Torgau, Germany", "Torgau (Sachsen)", "Торгау на Эльбе"])
def test_where_a_town_is_may_be_confirmed_in_any_language(index: Index, name: str) -> None:
    assert best(index, name, PLACE) == ("place/torgau", True)


@pytest.mark.parametrize(
    "name", ["II Corps (Poland)", "V Corps (Hungary)", "69th Infantry Division (Ruritania)"]
)
def test_a_unit_of_an_unknown_army_is_left_to_a_person(index: Index, name: str) -> None:
    assert not best(index, name, UNIT)[1]


@pytest.mark.parametrize("name", ["тринадцатая армия", "Dreizehnte Armee", "Thirteenth Army"])
def test_a_number_in_letters_is_read_in_three_languages(index: Index, name: str) -> None:
    assert best(index, name, UNIT) == ("unit/soviet-13th-army", True)


@given(data=st.data())
def test_a_perturbed_name_still_finds_its_person(index: Index, data: st.DataObject) -> None:
    person = data.draw(st.sampled_from(people(index)))
    name = data.draw(st.sampled_from([text for _, text in person.names if " " in text]))
    if data.draw(st.booleans()):
        name = transliterate(name, data.draw(st.sampled_from(WAYS)))
    name = data.draw(st.sampled_from([name, to_initials(name), to_family_first(name)]))
    name = data.draw(st.sampled_from([name, name.upper(), name.lower(), name.title()]))
    name = data.draw(st.sampled_from([name, name.replace("-", " "), f"  {name} ", f"{name}."]))
    found = find(index, data.draw(st.sampled_from(RANKS)) + name, PERSON)
    assert found[0][0] == person.iri, (name, found[:3])


@given(data=st.data())
def test_a_unit_of_another_number_is_never_taken(index: Index, data: st.DataObject) -> None:
    units = [
        (entity.iri, text)
        for entity in index.entities
        if UNIT in entity.kinds
        for _, text in entity.names
        if re.match(r"\d", text)
    ]
    iri, name = data.draw(st.sampled_from(units))
    number = data.draw(st.integers(400, 999))
    found = find(index, re.sub(r"^\d+", str(number), name), UNIT)
    assert not any(taken for _, _, taken in found)
    right = dict((one, value) for one, value, _ in find(index, name, UNIT))[iri]
    assert all(value < right for _, value, _ in found)


@given(text=st.text(max_size=300))
def test_no_text_at_all_is_refused(index: Index, text: str) -> None:
    assert all(0 <= value <= 100 for _, value, _ in find(index, text, PERSON))


def transliterate(name: str, way: dict[str, str]) -> str:
    letters = (way.get(sign, sign).strip("-") if sign in way else sign for sign in name.lower())
    return "".join(letters).title() if re.search("[а-я]", name.lower()) else name


def to_initials(name: str) -> str:
    *given, family = name.split()
    if family.endswith("."):
        return name
    return " ".join([*(f"{word[0]}." for word in given if word[0].isalpha()), family])


def to_family_first(name: str) -> str:
    *given, family = name.split()
    return name if family.endswith(".") else f"{family} {' '.join(given)}"
