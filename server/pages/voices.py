"""Who stands behind the dates and places of an entry, and who says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode

from kg.terms import XSD
from server.chronicle.reading import Entry, Saying
from server.pages.cards import Badge, Card, Cards
from server.pages.values import Reader, Shown


@dataclass(frozen=True)
class Voice:
    """Who says something: a name, how many more sources say it, and the claims by address."""

    name: Shown
    more: int
    claims: list[tuple[str, str]]


@dataclass(frozen=True)
class Said:
    """What claims of one verdict say; `values` is empty where they say what is accepted."""

    values: list[Shown]
    badge: Badge | None
    voices: list[Voice]


class Voices:
    """Names the voices of one page."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._cards = Cards(reader)

    def facts(self, entry: Entry) -> list[Said]:
        """Say who stands behind what is accepted of the date, the hour and the place."""
        claims = dict.fromkeys(c for s in _all(entry) if s.accepted for c in s.claims)
        accepted = [claim for claim in claims if self._cards.of(claim).accepted]
        return self._group((claim, ()) for claim in accepted or claims)

    def told(self, entry: Entry) -> list[Said]:
        """Say what is only claimed, and by whom; claims that say the same stand together."""
        values: dict[NamedNode, dict[Literal | NamedNode, None]] = {}
        for saying in _all(entry):
            for claim in saying.claims if not saying.accepted else ():
                values.setdefault(claim, {})[saying.value] = None
        return self._group((claim, tuple(found)) for claim, found in values.items())

    def badge(self, saying: Saying) -> Badge | None:
        """Give the verdict on a value: that of the first claim that gives it."""
        return self._cards.of(saying.claims[0]).badge if saying.claims else None

    def _group(
        self, pairs: Iterable[tuple[NamedNode, tuple[Literal | NamedNode, ...]]]
    ) -> list[Said]:
        """Put claims together that say the same and are judged the same."""
        groups: dict[tuple[object, str], Said] = {}
        for claim, values in pairs:
            shown = self._cards.of(claim)
            slug = shown.badge.slug if shown.badge else ""
            if (values, slug) not in groups:
                words = [self._show(value) for value in values]
                groups[values, slug] = Said(words, shown.badge, [])
            self._add_voice(groups[values, slug].voices, shown)
        return list(groups.values())

    def _add_voice(self, voices: list[Voice], shown: Card) -> None:
        """Name who makes a claim; behind one of ours, the sources it rests on."""
        names = (shown.sources or shown.derived) if shown.is_ours else shown.speakers
        name = names[0] if names else Shown(shown.code.value, "text", shown.code.lang)
        more, address = max(0, len(names) - 1), (shown.href, shown.code.value)
        same = [voice for voice in voices if (voice.name, voice.more) == (name, more)]
        if same:
            same[0].claims.append(address)
        else:
            voices.append(Voice(name, more, [address]))

    def _show(self, value: Literal | NamedNode) -> Shown:
        if isinstance(value, Literal) and value.datatype.value == XSD + "time":
            return Shown(say_hour(value.value), "text")
        return self.reader.show(value)


def say_hour(text: str) -> str:
    """Write a time of day without seconds that are nought.

    >>> say_hour("13:30:00")
    '13:30'
    """
    return text.removesuffix(":00") if text.count(":") == 2 else text


def in_order(sayings: Iterable[Saying]) -> list[Saying]:
    """Put dates in order of time."""
    return sorted(sayings, key=_by_day)


def _by_day(saying: Saying) -> tuple[tuple[date, ...], str]:
    return saying.span.outline if saying.span else (), saying.value.value


def _all(entry: Entry) -> tuple[Saying, ...]:
    """List what is said of an entry, dates first."""
    return (*in_order(entry.dates), *entry.times, *entry.places)
