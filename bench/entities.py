"""Make people, units and places with names, as many as asked, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.graph import LABEL, RDF_TYPE, XSD

BASE = "https://bench.example/"
SCHEMA = "https://schema.org/"
_CONSONANTS, _VOWELS = "bdgklmnprstvz", "aeiou"
_CYRILLIC = dict(zip("abvgdezhiklmnoprstuy", "абвгдезхиклмнопрстуй", strict=True))
_GIVEN = {
    "Ivan": "Иван", "Pavel": "Павел", "Boris": "Борис", "Oleg": "Олег", "Anton": "Антон",
    "Maksim": "Максим", "Roman": "Роман", "Stepan": "Степан", "Timur": "Тимур", "Viktor": "Виктор",
}  # fmt: skip
_ENDINGS = ("ov", "in", "enko", "man", "ski", "er")
_KINDS = ("Rifle Division", "Guards Rifle Division", "Tank Brigade", "Cavalry Regiment", "Corps")
_LANDS = ("North", "South", "East", "West", "Lower", "Upper", "New", "Old")


def write_entities(path: Path, count: int, seed: int = 1) -> None:
    """Write N-Triples of `count` things: seven of ten are people, two units, one a place."""
    chance = Random(seed)
    families = [_word(chance) + chance.choice(_ENDINGS) for _ in range(max(10, count // 20))]
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            out.writelines(_describe(number, families, chance))


def read_names(path: Path, count: int = 3_000, seed: int = 2) -> list[str]:
    """Give some of the names in a file, as lists have them: initials, capitals, slips, titles."""
    with path.open(encoding="utf-8") as lines:
        names = [line.split('"')[1] for line in lines if f"<{LABEL}>" in line]
    chance = Random(seed)
    return [_change(name, chance) for name in chance.sample(names, count)]


def _change(name: str, chance: Random) -> str:
    words, way = name.split(), chance.randrange(5)
    if way == 0:
        return name.upper()
    if way == 1:
        at = chance.randrange(1, len(name))
        return name[:at] + chance.choice(_VOWELS) + name[at + 1 :]
    if way == 2 and name[0].isalpha() and len(words) > 2:
        return f"{words[-1]} {words[0][0]}. {words[1][0]}."
    return f"Gen. {words[0]} {words[-1]}" if way == 3 and name[0].isalpha() else name


def _describe(number: int, families: list[str], chance: Random) -> Iterator[str]:
    if number % 10 < 7:
        thing = f"<{BASE}id/person/{number}>"
        given, father = chance.choice(list(_GIVEN)), chance.choice(list(_GIVEN))
        family, born = chance.choice(families).title(), chance.randrange(36_500)
        yield from _name(thing, "Person", f"{given} {father}ovich {family}")
        russian = f"{_GIVEN[given]} {_GIVEN[father]}ович {_to_cyrillic(family)}"
        yield f'{thing} <{LABEL}> "{russian}"@ru .\n'
        year, day = 1850 + born // 365, 1 + born % 28
        yield (f'{thing} <{SCHEMA}birthDate> "{year}-{1 + born % 12:02}-{day:02}"^^<{XSD}date> .\n')
    elif number % 10 < 9:
        thing, digits = f"<{BASE}id/unit/{number}>", chance.randrange(1, 2_000)
        yield from _name(
            thing, "Organization", f"{digits}th {_word(chance).title()} {chance.choice(_KINDS)}"
        )
    else:
        thing = f"<{BASE}id/place/{number}>"
        yield from _name(thing, "Place", f"{chance.choice(_LANDS)} {_word(chance).title()}burg")


def _name(thing: str, kind: str, name: str) -> Iterator[str]:
    yield f"{thing} <{RDF_TYPE}> <{SCHEMA}{kind}> .\n"
    yield f'{thing} <{LABEL}> "{name}"@en .\n'


def _word(chance: Random) -> str:
    return "".join(
        chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(chance.randint(2, 4))
    )


def _to_cyrillic(name: str) -> str:
    return "".join(_CYRILLIC.get(sign, sign) for sign in name.lower()).title()
