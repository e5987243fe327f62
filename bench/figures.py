"""The arithmetic: percentiles, ratios within a round, their median and spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """A figure measured several times: the middle one, the least and the greatest."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.least)}-{_short(self.greatest)})"


@dataclass(frozen=True)
class Cell:
    """One kind of query, asked in one way, over all rounds.

    `rates` are requests/s by server, one for each round; None where the server did not answer
    every request. `work` is the processor time of each request in ms, round by round as well.
    """

    kind: str
    mode: str
    connections: int
    rates: dict[str, list[float | None]]
    work: dict[str, list[float | None]]

    def rate(self, server: str) -> Spread | None:
        """Give a server's requests/s; None when it failed in every round."""
        return to_spread([rate for rate in self.rates.get(server, ()) if rate is not None])

    def work_each(self, server: str) -> Spread | None:
        """Give a server's processor time per request, in ms."""
        return to_spread([spent for spent in self.work.get(server, ()) if spent is not None])

    def ratio(self, server: str, baseline: str) -> Spread | None:
        """Compare two servers round by round; rounds in which one failed are left out."""
        return to_spread(_divide(self.rates.get(server, ()), self.rates.get(baseline, ())))

    def work_saved(self, server: str, baseline: str) -> Spread | None:
        """Compare the processor time of two servers; 2 means that `server` needs half of it."""
        return to_spread(_divide(self.work.get(baseline, ()), self.work.get(server, ())))


def to_spread(figures: Sequence[float]) -> Spread | None:
    """Sum up figures; None when there are none.

    >>> str(to_spread([2.0, 8.0, 3.0]))
    '3.0 (2.0-8.0)'
    """
    if not figures:
        return None
    return Spread(median(figures), min(figures), max(figures))


def percentile(figures: Sequence[float], percent: float) -> float:
    """Give the least figure that at least `percent` per cent of all do not exceed.

    >>> percentile([5, 1, 3, 2, 4], 50)
    3
    """
    if not figures:
        raise ValueError("no figures, no percentile")
    ordered = sorted(figures)
    place = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(place) - 1)]


def _divide(above: Sequence[float | None], below: Sequence[float | None]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=False) if a is not None and b]


def _short(figure: float) -> str:
    """Write a figure with two or three digits that count."""
    if figure >= 100:
        return f"{figure:,.0f}"
    places = 1 if figure >= 1 else 2 if figure >= 0.1 else 3
    return f"{figure:.{places}f}"
