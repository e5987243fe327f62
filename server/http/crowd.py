"""Visitors by the clients they come from: where it gets narrow, the largest crowd gives way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import nsmallest
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar


class Visiting(Protocol):
    """A connection, or an answer on its way through one."""

    @property
    def client(self) -> str:
        """The client it is counted for."""
        ...


V = TypeVar("V", bound=Visiting)


class Crowd(Generic[V]):
    """Visitors, by client.

    Of one client's, whoever has the least `rank` goes first. Where nobody has more than one, only
    those go of whom `may_go` is true.
    """

    def __init__(self, rank: Callable[[V], Any], may_go: Callable[[V], bool]) -> None:
        self._rank = rank
        self._may_go = may_go
        self._by_client: dict[str, set[V]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[V]:
        return chain.from_iterable(self._by_client.values())

    def add(self, visitor: V) -> None:
        """Take note of a visitor who is not there yet."""
        self._by_client.setdefault(visitor.client, set()).add(visitor)
        self._size += 1

    def discard(self, visitor: V) -> bool:
        """Take note that a visitor has gone; False when he had before."""
        visitors = self._by_client.get(visitor.client, set())
        if visitor not in visitors:
            return False
        visitors.remove(visitor)
        self._size -= 1
        if not visitors:
            del self._by_client[visitor.client]
        return True

    def choose(self, most: int, newcomer: str | None = None) -> list[V]:
        """Choose who has to go, at most so many, of the client with the most: half of his.

        Nobody where the `newcomer`, a client, would have as many as that one.
        """
        visitors = max(self._by_client.values(), key=len, default=set())
        own = len(self._by_client.get(newcomer, ())) if newcomer is not None else -1
        if len(visitors) == 1 and own < 1:
            return nsmallest(most, filter(self._may_go, self), key=self._rank)
        if own + 1 >= len(visitors):
            return []
        return nsmallest(min(most, len(visitors) // 2), visitors, key=self._rank)
