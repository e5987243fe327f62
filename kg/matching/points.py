"""What a comparison finds: points, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """What one feature adds (or takes, if negative), and why, as a sentence."""

    feature: str
    value: float
    reason: str


@dataclass(frozen=True)
class Score:
    """The points of a candidate and their sum, kept between 0 and 100."""

    points: tuple[Point, ...]

    @property
    def value(self) -> float:
        """How likely the two are one, from 0 to 100."""
        return round(min(max(total(self.points), 0.0), 100.0), 1)

    @property
    def reason(self) -> str:
        """Say all reasons in one line."""
        return " ".join(point.reason for point in self.points)


def total(points: Iterable[Point]) -> float:
    """Add up points."""
    return sum(point.value for point in points)


def list_words(words: Iterable[str]) -> str:
    """Write words of a set one after another, each time in the same order."""
    return ", ".join(sorted(words))
