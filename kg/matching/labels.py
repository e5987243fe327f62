"""Names of anything else compared: places, events, organisations, objects.

What follows a comma or stands in brackets tells namesakes apart, and may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.matching.likeness import begins, find_like
from kg.matching.names import Name, Word, keep_with_name
from kg.matching.points import Point, list_words, total

WHOLE = 100.0
SHORTER = -4.0
OTHER_ORDER = -26.0
"""The same words in another order may say the opposite: the embassy of one land in the other."""
OTHER_ADDITION, UNTOLD_ADDITION = -30.0, -22.0
"""There may be a town of the name elsewhere: what nothing confirms, a person has to look at."""
OTHER_SITE, UNTOLD_SITE = -45.0, -26.0
OTHER_NUMBER, UNTOLD_NUMBER = -45.0, -20.0
MISSPELT = -12.0
UNKNOWN_WORD = -10.0
MISSPELT_ALONE = -27.0
"""One word misspelt may well be another name: two towns may differ by a letter."""
LIKE_WORD, LIKE_TOLD = 80.0, 75.0
_EMPTY = ("filler", "site", "title")


def compare_labels(sought: Name, borne: Sequence[Name], notes: Sequence[Name]) -> list[Point]:
    """Compare a name with all names of a thing; the one that fits best counts.

    Names in the script of the one that is sought come first: spelling one back is a guess.
    The first note tells what kind of place the thing is; any may confirm what is added to a name.
    """
    akin = [name for name in borne if name.script == sought.script] or borne
    wanted = _sites(sought)
    points = max((_compare(sought, name) + _miss_site(wanted, name) for name in akin), key=total)
    points += _compare_numbers(sought.numbers, {name.numbers for name in akin})
    points += _compare_additions(sought, akin, notes)
    return [*points, *_compare_sites(wanted, akin, notes[0].first("site"))]


@dataclass(frozen=True)
class _Label:
    """A name taken apart: the places of the words that count, and their senses; its addition."""

    places: frozenset[int]
    senses: list[str]
    ordered: list[str]
    main: list[str]
    addition: tuple[int, ...]
    letters: int


@keep_with_name
def _take_apart(name: Name) -> _Label:
    words = name.words
    full = [at for at, word in enumerate(words) if word.role not in _EMPTY]
    main, addition = _part(name)
    places = full or range(len(words))
    senses = [words[at].sense for at in places]
    return _Label(
        places=frozenset(places),
        senses=senses,
        ordered=sorted(senses),
        main=[words[at].sense for at in full if at in main],
        addition=tuple(at for at in full if at in addition),
        letters=sum(len(words[at].key) for at in places),
    )


def _compare(sought: Name, borne: Name) -> list[Point]:
    told = f"“{sought.text}” and “{borne.text}”"
    ours, theirs = _take_apart(sought), _take_apart(borne)
    if ours.senses == theirs.senses:
        return [Point("name", WHOLE, f"The names {told} are the same.")]
    if ours.main == theirs.main:
        return [
            Point("name", WHOLE, f"The names {told} begin the same."),
            Point("length of the name", SHORTER, "One of them is longer."),
        ]
    if ours.ordered == theirs.ordered:
        return [
            Point("name", WHOLE, f"The names {told} have the same words."),
            Point("order of words", OTHER_ORDER, "They stand in another order."),
        ]
    return _compare_words(sought, borne, told)


def _compare_words(sought: Name, borne: Name, told: str) -> list[Point]:
    ours, theirs = _take_apart(sought), _take_apart(borne)
    shared, is_exact, left = _share(sought, borne)
    if not shared:
        return [Point("name", 0.0, f"The names {told} share no word.")]
    weight = ours.letters + theirs.letters
    points = [Point("name", round(200 * shared / weight, 1), f"The names {told} share words.")]
    if not is_exact:
        value = MISSPELT_ALONE if len(ours.places) == 1 else MISSPELT
        points.append(Point("spelling", value, "They are not spelt the same."))
    if len(theirs.places) - left < len(ours.places):
        points.append(Point("other words", UNKNOWN_WORD, "The thing is not known by all of them."))
    return points


def _share(sought: Name, borne: Name) -> tuple[float, bool, int]:
    """Add up the letters of words that both have; are all spelt the same, and how many are left?"""
    ours, theirs = _take_apart(sought).places, sorted(_take_apart(borne).places)
    alike: dict[int, dict[int, float]] = {}
    for at in theirs:
        word = borne.words[at]
        for place, value in find_like(sought, word.key, word.sense).items():
            if value >= LIKE_WORD and place in ours:
                alike.setdefault(place, {})[at] = value
    left, shared, is_exact = set(theirs), 0.0, True
    for place in sorted(alike):
        values = {at: value for at, value in alike[place].items() if at in left}
        if values:
            at = max(values, key=values.__getitem__)
            left.remove(at)
            letters = len(sought.words[place].key) + len(borne.words[at].key)
            shared += (values[at] / 100) ** 2 * letters / 2
            is_exact = is_exact and values[at] == 100
    return shared, is_exact, len(left)


def _compare_numbers(ours: tuple[str, ...], known: set[tuple[str, ...]]) -> Iterator[Point]:
    """Compare numbers such as years, which tell things of one name apart."""
    if ours in known or not (ours or any(known)):
        return
    theirs = next((numbers for numbers in sorted(known) if numbers), ())
    if ours and theirs:
        told = f"{', '.join(ours)} is not {', '.join(theirs)}"
        yield Point("number", OTHER_NUMBER, f"The number is another one: {told}.")
    else:
        yield Point("number", UNTOLD_NUMBER, "Only one of the names has a number.")


def _compare_additions(
    sought: Name, borne: Sequence[Name], notes: Sequence[Name]
) -> Iterator[Point]:
    ours, known = _addition(sought), [_addition(name) for name in borne]
    if not ours or any(_agree(ours, words) for words in known) or _is_told(sought, notes):
        return
    told = " ".join(word.token for word in ours)
    if any(known):
        yield Point("addition to the name", OTHER_ADDITION, f"“{told}” is said of another one.")
    else:
        yield Point("addition to the name", UNTOLD_ADDITION, f"Nothing says “{told}” of it.")


def _agree(ours: Sequence[Word], theirs: Sequence[Word]) -> bool:
    return any(
        a.sense == b.sense or (b.is_initial and begins(b, a)) or (a.is_initial and begins(a, b))
        for a in ours
        for b in theirs
    )


def _is_told(sought: Name, notes: Sequence[Name]) -> bool:
    """Tell whether a note has a word of the addition, in any case: `на Эльбе` for `Эльба`."""
    ours = set(_take_apart(sought).addition)
    return any(
        value >= LIKE_TOLD and place in ours
        for note in notes
        for word in note.words
        for place, value in find_like(sought, word.key, word.sense).items()
    )


def _miss_site(ours: frozenset[str], borne: Name) -> list[Point]:
    theirs = _sites(borne)
    if ours or not theirs:
        return []
    reason = f"The name does not say {list_words(theirs)}."
    return [Point("kind of place", UNTOLD_SITE, reason)]


def _compare_sites(ours: frozenset[str], borne: Sequence[Name], site: str) -> Iterator[Point]:
    theirs = frozenset[str]().union(*map(_sites, borne))
    known = theirs or frozenset((site,) if site else ())
    if ours and known and not ours & known:
        told = f"{list_words(ours)}, not {list_words(known)}"
        yield Point("kind of place", OTHER_SITE, f"The name means another kind: {told}.")


def _sites(name: Name) -> frozenset[str]:
    """Give the kinds of place that the name itself says, not what is added to it."""
    main = name.parts[0] if name.parts else ()
    return frozenset(word.sense for word in main if word.role == "site")


def _addition(name: Name) -> list[Word]:
    return [name.words[at] for at in _take_apart(name).addition]


def _part(name: Name) -> tuple[range, range]:
    """Give the places of a name itself and of what is added to it.

    A town on a river is one word, a preposition, and another.
    """
    count = len(name.words)
    if len(name.parts) != 1 or count < 3:
        main = len(name.parts[0]) if name.parts else 0
        return range(main), range(main, count)
    first, *between, last = name.words
    is_at = all(word.role == "filler" for word in between) and not (first.role or last.role)
    return (range(1), range(count - 1, count)) if is_at else (range(count), range(0))
