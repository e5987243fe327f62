"""How many bytes an entry of a timeline takes on its page, so that the page stays small."""

from __future__ import annotations

from collections.abc import Iterable

from server.pages.values import Shown
from server.pages.voices import Said, Voice

ENTRY, SPOT, SAID, VALUE, VOICE, CODE, MARK = 640, 90, 130, 25, 55, 45, 150


def weigh(key: str, name: Shown, spots: Iterable[Shown], said: Iterable[Said], marks: int) -> int:
    """Estimate the bytes of an entry from its words and from what the markup takes around them."""
    return (
        ENTRY
        + 4 * len(key)
        + 2 * _length(name)
        + sum(SPOT + 2 * _length(spot) for spot in spots)
        + sum(map(_weigh_said, said))
        + MARK * marks
    )


def _weigh_said(said: Said) -> int:
    values = sum(VALUE + _length(value) for value in said.values)
    return SAID + values + sum(map(_weigh_voice, said.voices))


def _weigh_voice(voice: Voice) -> int:
    addresses = sum(CODE + len(href) for href, _ in voice.claims)
    return VOICE + _length(voice.name) + addresses


def _length(shown: Shown) -> int:
    return len(shown.text.encode())
