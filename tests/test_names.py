"""Names of people, units and places: what is compared, and what tells namesakes apart."""

import weakref
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import SourceError
from kg.matching.description import Description
from kg.matching.lexicon import PLAIN, Lexicon, read_lexicon
from kg.matching.likeness import LEAST_LIKE, find_like, likeness
from kg.matching.names import parse_name, parse_sought
from kg.matching.points import Score
from kg.matching.scoring import score
from kg.terms import SCHEMA

ROOT = Path(__file__).resolve().parent.parent
NAME_WORDS = "ontology/name-words.tsv"
RANKS = {
    "rank/colonel-general": ["colonel general", "генерал-полковник", "Col Gen"],
    "rank/first-lieutenant": ["first lieutenant", "1st Lt"],
    "rank/captain": ["captain", "Hauptmann (Heer)"],
}
PERSON, PLACE, UNIT = (
    frozenset({f"{SCHEMA}{name}"}) for name in ("Person", "Place", "Organization")
)


@pytest.fixture(scope="module")
def words() -> Lexicon:
    """The words of this project, with three ranks."""
    return read_lexicon((ROOT / NAME_WORDS).read_text(encoding="utf-8"), NAME_WORDS, RANKS)


def compare(
    words: Lexicon, sought: str, *names: str, kinds: frozenset[str] = PERSON, note: str = ""
) -> Score:
    described = Description(names=tuple(("", name) for name in names), kinds=kinds, note=note)
    return score(Description(names=(("", sought),)), described, words)


def senses(words: Lexicon, text: str) -> list[str]:
    return [word.sense for word in parse_name(text, words).words]


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("Col. Gen. Smirnov", "rank/colonel-general"),
        ("генерал-полковник Смирнов", "rank/colonel-general"),
        ("Генерал-полковника Смирнова", "rank/colonel-general"),
        ("Smirnov, Col.-Gen.", "rank/colonel-general"),
        ("1st Lt. Miller", "rank/first-lieutenant"),
        ("Hptm. Müller", "rank/captain"),
    ],
)
def test_a_rank_beside_a_name_is_known_in_its_forms(words: Lexicon, text: str, rank: str) -> None:
    assert parse_name(text, words).ranks == {rank}


def test_numbers_are_read_in_figures_letters_and_roman_numerals(words: Lexicon) -> None:
    for text in ("9th Army", "Ninth Army", "IX. Armee", "9-я армия", "9 армии"):
        assert parse_name(text, words).numbers == ("9",), text


def test_a_compound_is_parted_into_the_words_that_are_listed(words: Lexicon) -> None:
    assert senses(words, "7. Gardeschützendivision") == ["7", "guards", "rifle", "division"]
    assert senses(words, "7-я гвардейская стрелковая дивизия") == [
        "7", "guards", "rifle", "division",
    ]  # fmt: skip
    assert senses(words, "7 гв. сд") == ["7", "guards", "rifle", "division"]


def test_an_initial_is_no_word_even_where_the_letter_has_a_meaning(words: Lexicon) -> None:
    name = parse_name("Г. В. Смирнов", words)
    assert [word.is_initial for word in name.words] == [True, True, False]


@pytest.mark.parametrize(
    "sought",
    [
        "Smirnov, Petr",
        "Пётр Смирнов",
        "П. И. Смирнов",
        "Смирнов Пётр Ильич",
        "Smirnow Pjotr Iljitsch",
    ],
)
def test_a_person_is_known_by_any_order_and_script(words: Lexicon, sought: str) -> None:
    assert compare(words, sought, "Pyotr Ilyich Smirnov", "Пётр Ильич Смирнов").value >= 75


def test_another_patronymic_sinks_although_one_name_lacks_it(words: Lexicon) -> None:
    found = compare(words, "Pyotr Pavlovich Smirnov", "Pyotr Smirnov", "Pyotr Ilyich Smirnov")
    assert found.value < 75
    assert found.points[-1].reason == (
        "The further name is another one: “pavlovich” is not “ilyich”."
    )


def test_a_family_name_alone_is_not_enough(words: Lexicon) -> None:
    assert compare(words, "Smirnov", "Pyotr Ilyich Smirnov").value == 60


def test_senior_is_not_junior(words: Lexicon) -> None:
    assert compare(words, "John Miller Jr.", "John Miller Jr.").value == 100
    found = compare(words, "John Miller Sr.", "John Miller Jr.")
    assert found.value < 75
    assert found.points[-1].reason == "Another of the family is meant: senior, not junior."


@pytest.mark.parametrize(
    ("sought", "feature"),
    [
        ("8th Guards Rifle Division", "number"),
        ("7th Guards Rifle Regiment", "kind of unit"),
        ("7th Rifle Division", "honour"),
        ("7th Guards Tank Division", "branch"),
        ("7th Guards Rifle Division (US)", "army"),
    ],
)
def test_what_differs_in_a_unit_is_told_and_sinks_it(
    words: Lexicon, sought: str, feature: str
) -> None:
    note = "Soviet division, as the records have it"
    found = compare(words, sought, "7th Guards Rifle Division", kinds=UNIT, note=note)
    assert found.value < 75
    assert [point.feature for point in found.points if point.value < 0] == [feature]


def test_a_place_takes_additions_but_not_other_ones(words: Lexicon) -> None:
    def at(sought: str, *names: str, note: str = "") -> float:
        return compare(words, sought, *names, kinds=PLACE, note=note).value

    assert at("Neustadt", "Neustadt (Holstein)") == 96
    assert at("Neustadt (Hessen)", "Neustadt (Holstein)", "Neustadt") < 75
    assert at("City of Neustadt", "Neustadt") == 100
    assert at("Neustadt Island", "Neustadt", note="A river; not the town") == 55
    assert at("Neustadl", "Neustadt") < 75


def test_things_of_one_name_and_other_years_are_not_the_same(words: Lexicon) -> None:
    event = frozenset({f"{SCHEMA}Event"})
    assert compare(words, "Harbour Day 2019", "Harbour Day 2018", kinds=event).value < 75


def test_a_project_without_a_list_compares_plain_words() -> None:
    plain = read_lexicon("", NAME_WORDS)
    assert compare(plain, "Смирнов П. И.", "Pyotr Ilyich Smirnov").value >= 75
    assert compare(plain, "Old Lighthouse", "Lighthouse, Old", kinds=PLACE).value == 74
    assert compare(plain, "Old Lighthouse", "Old Lighthouse", kinds=PLACE).value == 100


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("word\trole\tforms\n", 1, "the columns are role, word, forms"),
        ("# Words\nrole\tword\tforms\nkind\tarmy\n", 3, "complete it"),
        ("role\tword\tforms\nkind\t \tArmee\n", 2, "complete it"),
        ("role\tword\tforms\nspell\tarmy\tArmee\n", 2, "spell is no role of a word; take one of"),
    ],
)
def test_a_broken_list_of_words_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_lexicon(text, NAME_WORDS)
    assert caught.value.line == line
    assert what in str(caught.value)


def test_short_forms_that_stand_for_each_other_end(words: Lexicon) -> None:
    circle = read_lexicon("role\tword\tforms\nshort\tab\tcd\nshort\tcd\tab\n", NAME_WORDS)
    assert senses(circle, "ab ef") == ["ef"]


SPELT = (
    *("Silvashko", "Sylvashko", "Сильвашко", "Smirnov", "Smirnow", "Smirna", "9", "19", "1945"),
    *("Gen", "G.", "Ivan", "Iwan", "Ivanov", "Elbe", "Elbes", "Эльбе", "Torgau", "Torgauer"),
)


@given(
    st.lists(st.sampled_from(SPELT) | st.text("abcß9", min_size=1), max_size=12),
    st.sampled_from(SPELT),
)
def test_like_words_of_a_name_are_found_at_once_as_one_by_one(told: list[str], other: str) -> None:
    name = parse_name(" ".join(told), PLAIN)
    (word,) = parse_name(other, PLAIN).words
    one_by_one = {at: likeness(mine, word) for at, mine in enumerate(name.words)}
    found = {at: value for at, value in one_by_one.items() if value >= LEAST_LIKE}
    assert find_like(name, word.key, word.sense) == found


@pytest.mark.parametrize("kinds", [PERSON, PLACE, UNIT])
def test_a_name_that_was_looked_for_is_soon_forgotten(
    words: Lexicon, kinds: frozenset[str]
) -> None:
    compare(words, "Smirnov of the 9th Division", "Smirnow", "9th Division", kinds=kinds)
    sought = weakref.ref(parse_sought("Smirnov of the 9th Division", words))
    assert sought() is not None
    for number in range(100):
        compare(words, f"Smirnov of the {number}th Army", "Smirnow", "9th Division", kinds=kinds)
    assert sought() is None


@pytest.mark.parametrize(
    ("sought", "borne", "kinds", "reason"),
    [
        (
            "13th Tank, Infantry and Artillery Corps",
            "13th Corps",
            UNIT,
            "The branch is another one: artillery, infantry, tank is not part of the name.",
        ),
        (
            "13th Corps",
            "13th Tank, Infantry and Artillery Corps",
            UNIT,
            "The name does not say artillery, infantry, tank.",
        ),
        (
            "13th US British Soviet Division",
            "13th Polish Division",
            UNIT,
            "It is of another army: british, soviet, us is not polish.",
        ),
        ("John Smith Jr. II III", "John Smith", PERSON, "Nothing is known of “ii, iii, junior”."),
        (
            "Elbe",
            "Elbe river bridge town",
            PLACE,
            "The name does not say bridge, river, settlement.",
        ),
    ],
)
def test_a_reason_names_words_in_the_same_order_each_time(
    words: Lexicon, sought: str, borne: str, kinds: frozenset[str], reason: str
) -> None:
    assert reason in compare(words, sought, borne, kinds=kinds).reason
