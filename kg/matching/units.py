"""Names of units compared: number, kind, branch, honour, army, and what is left of the name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.matching.likeness import begins, likeness
from kg.matching.names import Name, Word
from kg.matching.points import Point, list_words, total

NUMBER, NO_NUMBER, OTHER_NUMBER = 50.0, 5.0, -50.0
KIND, NO_KIND, OTHER_KIND = 30.0, 10.0, -40.0
BRANCH, NO_BRANCH, OTHER_BRANCH = 12.0, -5.0, -30.0
HONOUR, OTHER_HONOUR = 8.0, -40.0
OTHER_ARMY, UNKNOWN_ARMY = -60.0, -8.0
LEFT_OUT, ADDED, OTHER_WORDS = -8.0, -18.0, -40.0
ADDED_BESIDE = -26.0
"""What stands in brackets or after a comma tells namesakes apart; a person has to look."""
LIKE_WORD = 80.0


def compare_units(sought: Name, borne: Sequence[Name], army: str) -> list[Point]:
    """Compare a unit's name with all names of one; `army` is whose it is known to be.

    What follows the first kind of unit may only say what the unit is a part of.
    """
    readings = [sought, *_head(sought)]
    points = max((list(_compare(read, name)) for read in readings for name in borne), key=total)
    known = frozenset((army,) if army else ()).union(*(name.meant("army") for name in borne))
    return [*points, *_compare_armies(sought, known)]


def _compare(sought: Name, borne: Name) -> Iterator[Point]:
    yield _compare_numbers(sought.numbers, borne.numbers)
    yield _compare_kinds(sought.first("kind"), borne.first("kind"))
    yield _compare_branches(sought.meant("branch"), borne.meant("branch"))
    ours, theirs = sought.meant("honour"), borne.meant("honour")
    if ours == theirs:
        yield Point(
            "honour", HONOUR, "The honours are the same." if ours else "Neither is honoured."
        )
    else:
        told = list_words(ours ^ theirs)
        yield Point("honour", OTHER_HONOUR, f"Only one of the two is called {told}.")
    beside = [word for part in sought.parts[1:] for word in part]
    yield from _compare_rest(_rest(sought.words), _rest(borne.words), _rest(beside))


def _compare_numbers(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Point:
    if ours == theirs:
        return Point("number", NUMBER, f"The number is the same: {', '.join(ours)}.")
    if not ours or not theirs:
        return Point("number", NO_NUMBER, "Only one of the names has a number.")
    told = f"{', '.join(ours)} is not {', '.join(theirs)}"
    return Point("number", OTHER_NUMBER, f"The number is another one: {told}.")


def _compare_kinds(ours: str, theirs: str) -> Point:
    if ours == theirs:
        return Point("kind of unit", KIND, f"Both are of one kind: {ours or 'none is named'}.")
    if not ours or not theirs:
        return Point("kind of unit", NO_KIND, f"Only one of the names says {ours or theirs}.")
    return Point("kind of unit", OTHER_KIND, f"The kind is another one: {ours} is not {theirs}.")


def _compare_branches(ours: frozenset[str], theirs: frozenset[str]) -> Point:
    if ours == theirs:
        told = f"The branch is the same: {list_words(ours)}." if ours else "No branch is named."
        return Point("branch", BRANCH, told)
    if not ours:
        return Point("branch", NO_BRANCH, f"The name does not say {list_words(theirs)}.")
    told = f"{list_words(ours)} is not {list_words(theirs) or 'part of the name'}"
    return Point("branch", OTHER_BRANCH, f"The branch is another one: {told}.")


def _compare_rest(
    ours: Sequence[Word], theirs: Sequence[Word], beside: Sequence[Word]
) -> Iterator[Point]:
    """Compare the words that are no part of the scheme, such as the region of a front."""
    if not ours and not theirs:
        return
    told = " ".join(word.token for word in (*ours, *theirs))
    if not ours:
        yield Point("other words", LEFT_OUT, f"The name leaves out “{told}”.")
    elif not theirs:
        value = ADDED_BESIDE if beside else ADDED
        yield Point("other words", value, f"Nothing says “{told}” of it.")
    elif not any(_is_like(a, b) for a in ours for b in theirs):
        yield Point("other words", OTHER_WORDS, f"The other words do not fit: “{told}”.")


def _compare_armies(sought: Name, known: frozenset[str]) -> Iterator[Point]:
    wanted = sought.meant("army")
    if not wanted or wanted & known:
        return
    told = list_words(wanted)
    if known:
        reason = f"It is of another army: {told} is not {list_words(known)}."
        yield Point("army", OTHER_ARMY, reason)
    else:
        yield Point("army", UNKNOWN_ARMY, f"Nothing says that it is {told}.")


def _is_like(one: Word, other: Word) -> bool:
    if one.is_initial != other.is_initial:
        return begins(one, other) if one.is_initial else begins(other, one)
    return likeness(one, other) >= LIKE_WORD


def _head(name: Name) -> list[Name]:
    """Give the name up to its first kind, if that has a number and is not all."""
    kinds = [at for at, word in enumerate(name.words) if word.role == "kind"]
    if len(kinds) < 2:
        return []
    words = name.words[: kinds[0] + 1]
    head = Name(name.text, (words,), words)
    return [head] if head.numbers else []


def _rest(words: Sequence[Word]) -> list[Word]:
    return [word for word in words if not word.meaning and not word.key.isdecimal()]
