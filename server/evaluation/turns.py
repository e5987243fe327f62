"""Queries that wait for a worker: those of one client in their order, while clients take turns."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """A query that waits: the `place` at which its client is counted, and its `latest` start."""

    place: int
    latest: float


W = TypeVar("W", bound=Waiting)


class Turns(Generic[W]):
    """A queue in which whoever asks much waits behind himself, and others hardly wait for him."""

    def __init__(self) -> None:
        self._clients: OrderedDict[int, deque[W]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, query: W) -> None:
        """Have a query wait for its client's turn, behind the client's others."""
        self._clients.setdefault(query.place, deque()).append(query)
        self._length += 1

    def put_back(self, query: W) -> None:
        """Have a query wait again, before all others."""
        self._clients.setdefault(query.place, deque()).appendleft(query)
        self._clients.move_to_end(query.place, last=False)
        self._length += 1

    def take(self) -> W:
        """Give the next query; its client's turn comes again after that of all others."""
        place, queries = next(iter(self._clients.items()))
        query = queries.popleft()
        self._length -= 1
        if queries:
            self._clients.move_to_end(place)
        else:
            del self._clients[place]
        return query

    def remove(self, query: W) -> bool:
        """Have a query wait no longer; False when it does not wait any more."""
        queries = self._clients.get(query.place, deque())
        if query not in queries:
            return False
        queries.remove(query)
        self._length -= 1
        if not queries:
            del self._clients[query.place]
        return True

    def take_late(self, now: float) -> list[W]:
        """Give the queries that should have begun before `now`."""
        late: list[W] = []
        for place, queries in list(self._clients.items()):
            while queries and queries[0].latest < now:
                late.append(queries.popleft())
            if not queries:
                del self._clients[place]
        self._length -= len(late)
        return late
