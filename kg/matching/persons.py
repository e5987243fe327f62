"""Names of people compared: family name, given name, further names, junior and senior.

A name may begin with the family name, give initials for words, or leave words out. What any name
of the candidate confirms is confirmed; what none confirms and one contradicts is contradicted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import takewhile

from kg.matching.likeness import begins, likeness
from kg.matching.names import Name, Word, keep_with_name
from kg.matching.points import Point, list_words, total

FAMILY = 60.0
GIVEN = {"same": 32.0, "like": 28.0, "initial": 18.0, "second": 18.0, "other": -45.0}
FURTHER, WHOLE_FURTHER = 8.0, 12.0
NO_FURTHER = -2.0
OTHER_FURTHER = -40.0
OTHER_SUFFIX = -45.0
UNKNOWN_SUFFIX = -46.0
"""A son has the name and often the rank: only dates can outweigh it."""
LIKE_FAMILY = 80.0
"""How alike, of 100, two spellings of one family name are at least."""
MISSPELT = -20.0
LIKE_GIVEN = 80.0
LIKE_FURTHER = 86.0
# Beside a name, and no part of it.
_ASIDE = ("rank", "title", "honour", "filler", "suffix")


class Verdict(IntEnum):
    """What one word of a name says of another, the strongest last."""

    UNKNOWN = 0
    OTHER = 1
    SECOND = 2
    INITIAL = 3
    LIKE = 4
    SAME = 5


@dataclass(frozen=True)
class Reading:
    """A name read as that of a person: the family name and the others, in order."""

    family: Word
    given: tuple[Word, ...]

    @property
    def further(self) -> tuple[Word, ...]:
        """The names after the first."""
        return self.given[1:]


def compare_persons(sought: Name, borne: Sequence[Name]) -> list[Point]:
    """Compare a name with all names of a person; the reading that fits best counts."""
    readings = [reading for name in borne for reading in _read_borne(name)]
    found = [_compare(reading, readings) for reading in _read(sought)] if readings else []
    points = max(found, key=total, default=[Point("name", 0.0, "The names share no word.")])
    return [*points, *_compare_suffixes(sought, borne)]


@keep_with_name
def _read_borne(name: Name) -> tuple[Reading, ...]:
    return tuple(_read(name, borne=True))


def _read(name: Name, *, borne: bool = False) -> Iterator[Reading]:
    """Read a name with its family name last and, unless order is known, first."""
    of_name = [*name.parts[:1], *(part for part in name.parts[1:] if not _is_unit(part))]
    parts = [tuple(w for w in part if w.is_initial or w.role not in _ASIDE) for part in of_name]
    parts = [part for part in parts if part]
    if len(parts) > 1 and len(parts[0]) == 1:
        yield Reading(parts[0][0], tuple(word for part in parts[1:] for word in part))
        return
    words = tuple(word for part in parts for word in part)
    if not words:
        # A family name may be the same as a rank.
        words = name.words[-1:]
    if words and not words[-1].is_initial:
        yield Reading(words[-1], words[:-1])
    if len(words) > 1 and not words[0].is_initial and (not borne or _is_family_first(words)):
        yield Reading(words[0], words[1:])
    if not borne:
        yield from _read_within(name.words)


def _is_unit(part: tuple[Word, ...]) -> bool:
    """Tell whether what stands in brackets or between commas is the post, not the name."""
    post = Name("", (part,), part)
    return post.is_unit and bool(post.numbers)


def _read_within(words: Sequence[Word]) -> Iterator[Reading]:
    """Read a name at the end of a phrase: after its rank or title, or with initials before it."""
    beside = [at for at, word in enumerate(words) if word.role in ("rank", "title")]
    tail = words[beside[-1] + 1 :] if beside else ()
    if tail and beside[-1] and not tail[-1].is_initial:
        yield Reading(tail[-1], tuple(tail[:-1]))
    run = list(takewhile(lambda word: word.is_initial, reversed(words[:-1])))
    if len(run) > 1 and not words[-1].is_initial:
        yield Reading(words[-1], tuple(reversed(run)))


def _is_family_first(words: Sequence[Word]) -> bool:
    """Tell `Smirnov Pyotr Ilyich` by the patronymic, `Smirnov P. I.` by the initials."""
    return words[-1].is_initial or (len(words) > 2 and words[-1].key.endswith(("vih", "vna")))


def _compare(sought: Reading, borne: Sequence[Reading]) -> list[Point]:
    alike = [(likeness(sought.family, reading.family), reading) for reading in borne]
    most = max(value for value, _ in alike)
    nearest = next(reading for value, reading in alike if value == most)
    told = f"“{sought.family.token}” and “{nearest.family.token}”"
    if most < LIKE_FAMILY:
        return [Point("family name", round(most * 0.3, 1), f"The family names {told} differ.")]
    kin = [reading for value, reading in alike if value >= LIKE_FAMILY]
    if most == 100:
        points = [Point("family name", FAMILY, f"The family name is the same: {told}.")]
    else:
        value = round(FAMILY * most / 100 + MISSPELT, 1)
        points = [Point("family name", value, f"The family names {told} are almost the same.")]
    if not sought.given:
        return points
    verdict = max(_compare_given(sought, reading) for reading in kin)
    points += _to_given(verdict, sought, kin)
    if verdict not in (Verdict.UNKNOWN, Verdict.OTHER, Verdict.SECOND):
        kin = [one for one in kin if _compare_given(sought, one) != Verdict.OTHER]
        points += _compare_further(sought, kin, exact=most == 100)
    return points


def _compare_given(sought: Reading, borne: Reading) -> Verdict:
    if not sought.given or not borne.given:
        return Verdict.UNKNOWN
    verdict = _compare_words(sought.given[0], borne.given[0], LIKE_GIVEN)
    if verdict == Verdict.OTHER and len(sought.given) == 1 and not sought.given[0].is_initial:
        later = (_compare_words(sought.given[0], word, LIKE_GIVEN) for word in borne.further)
        return Verdict.SECOND if Verdict.SAME in later else verdict
    return verdict


def _compare_words(one: Word, other: Word, least: float) -> Verdict:
    if one.is_initial or other.is_initial:
        short, long = (one, other) if one.is_initial else (other, one)
        return Verdict.INITIAL if begins(short, long) else Verdict.OTHER
    value = likeness(one, other)
    if value == 100:
        return Verdict.SAME
    return Verdict.LIKE if value >= least else Verdict.OTHER


def _to_given(verdict: Verdict, sought: Reading, kin: Sequence[Reading]) -> Iterator[Point]:
    if verdict == Verdict.UNKNOWN:
        return
    told = f"“{sought.given[0].token}”"
    known = next((one.given[0].token for one in kin if one.given), "")
    reason = {
        Verdict.SAME: f"The given name {told} is the same.",
        Verdict.LIKE: f"The given name {told} is almost the same as “{known}”.",
        Verdict.INITIAL: f"The given name may begin so: {told}, “{known}”.",
        Verdict.SECOND: f"The given name {told} is a second one.",
        Verdict.OTHER: f"The given name is another one: {told} is not “{known}”.",
    }[verdict]
    yield Point("given name", GIVEN[verdict.name.lower()], reason)


def _compare_further(sought: Reading, kin: Sequence[Reading], *, exact: bool) -> Iterator[Point]:
    """Compare patronymics and middle names; a name whose words are all there is whole."""
    known = [reading.further for reading in kin if reading.further]
    if not sought.further:
        if exact and any(not reading.further for reading in kin):
            yield Point("further names", FURTHER, "No word of the name is left over.")
        return
    told = " ".join(word.token for word in sought.further)
    if not known:
        yield Point("further names", NO_FURTHER, f"Nothing is known of “{told}”.")
    elif any(_are_further(sought.further, words) for words in known):
        value = FURTHER if any(word.is_initial for word in sought.further) else WHOLE_FURTHER
        yield Point("further names", value, f"The further name “{told}” agrees.")
    else:
        other = " ".join(word.token for word in known[0])
        reason = f"The further name is another one: “{told}” is not “{other}”."
        yield Point("further names", OTHER_FURTHER, reason)


def _are_further(sought: Sequence[Word], known: Sequence[Word]) -> bool:
    return all(
        any(_compare_words(word, other, LIKE_FURTHER) >= Verdict.INITIAL for other in known)
        for word in sought
    )


def _compare_suffixes(sought: Name, borne: Sequence[Name]) -> Iterator[Point]:
    wanted = sought.meant("suffix")
    known = frozenset[str]().union(*(name.meant("suffix") for name in borne))
    if wanted and not wanted & known:
        told = list_words(wanted)
        if known:
            reason = f"Another of the family is meant: {told}, not {list_words(known)}."
            yield Point("generation", OTHER_SUFFIX, reason)
        else:
            yield Point("generation", UNKNOWN_SUFFIX, f"Nothing is known of “{told}”.")
