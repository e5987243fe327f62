"""Visitors by the clients they come from: where it gets narrow, the largest crowd gives way."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from itertools import chain
from typing import Generic, Protocol, TypeVar


class Visiting(Protocol):
    """A connection, or an answer on its way through one."""

    @property
    def client(self) -> str:
        """The client it is counted for."""
        ...

    @property
    def idle_since(self) -> tuple[bool, float]:
        """Whether something is done for it, and since when nothing has moved."""
        ...


V = TypeVar("V", bound=Visiting)


class Crowd(Generic[V]):
    """Visitors, by client."""

    def __init__(self) -> None:
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

    def discard(self, visitor: V) -> None:
        """Take note that a visitor has gone; a second time does nothing."""
        visitors = self._by_client.get(visitor.client, set())
        if visitor in visitors:
            visitors.remove(visitor)
            self._size -= 1
            if not visitors:
                del self._by_client[visitor.client]

    def choose(self, most: int, newcomer: str | None = None) -> list[V]:
        """Choose who has to go, at most so many: of the client with the most, the idlest.

        At most half of what the client has, so that nobody goes where all have one; and nobody
        where the `newcomer`, a client, would have as many as the one with the most.
        """
        visitors = max(self._by_client.values(), key=len, default=set())
        own = len(self._by_client.get(newcomer, ())) if newcomer is not None else -1
        if own + 1 >= len(visitors):
            return []
        count = min(most, len(visitors) // 2)
        return nsmallest(count, visitors, key=lambda visitor: visitor.idle_since)
