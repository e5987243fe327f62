"""Queues for what clients ask: each client's own in its order, while clients take turns."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Protocol, TypeVar

from server.limits import BusyError


class Waiting(Protocol):
    """A query, or a wish for a page, that waits for its client's turn."""

    @property
    def place(self) -> Hashable:
        """Where its client is counted, or the client itself."""
        ...


T = TypeVar("T")
W = TypeVar("W", bound=Waiting)


class Turns(Generic[W]):
    """A queue in which whoever asks much waits behind himself, and others hardly wait for him."""

    def __init__(self) -> None:
        self._clients: OrderedDict[Hashable, deque[W]] = OrderedDict()
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

    def take_late(self, is_late: Callable[[W], bool]) -> list[W]:
        """Give the queries that should have begun by now."""
        late: list[W] = []
        for place, queries in list(self._clients.items()):
            while queries and is_late(queries[0]):
                late.append(queries.popleft())
            if not queries:
                del self._clients[place]
        self._length -= len(late)
        return late


class _Waiter(Generic[T]):
    """A thread that waits; it is let through the gate once it may have a thing."""

    def __init__(self, place: Hashable) -> None:
        self.place = place
        self.gate = threading.Lock()
        self.gate.acquire()
        self.things: list[T] = []


class Pool(Generic[T]):
    """Things that threads take and give back; those that find none wait for their client's turn.

    `kind` is what visitors are told they wait for. At most `length` threads wait, and each at most
    `wait_ms`.
    """

    def __init__(self, things: Iterable[T], kind: str, length: int, wait_ms: int) -> None:
        self._free = list(things)
        self._kind = kind
        self._length = length
        self._wait_ms = wait_ms
        self._waiting: Turns[_Waiter[T]] = Turns()
        self._lock = threading.Lock()

    def take(self, place: Hashable) -> T:
        """Take a thing for a query of the client counted at `place`.

        Raises:
            BusyError: when too many wait already, or none came free in time.
        """
        with self._lock:
            if self._free:
                return self._free.pop()
            if len(self._waiting) >= self._length:
                raise BusyError(
                    f"{self._length} queries wait already, as many as may; ask again.",
                    "queue_length",
                    self._length,
                    1,
                )
            waiter = _Waiter[T](place)
            self._waiting.append(waiter)
        if not waiter.gate.acquire(timeout=self._wait_ms / 1000):
            with self._lock:
                if self._waiting.remove(waiter):
                    raise self.busy()
        return waiter.things.pop()

    def give_back(self, thing: T) -> None:
        """Hand a thing to whoever's turn it is; nobody who comes later is faster."""
        with self._lock:
            if self._waiting:
                waiter = self._waiting.take()
                waiter.things.append(thing)
                waiter.gate.release()
            else:
                self._free.append(thing)

    def take_free(self) -> list[T]:
        """Take all things that nobody has now."""
        with self._lock:
            free, self._free = self._free, []
            return free

    def busy(self) -> BusyError:
        """Say that nothing came free in time."""
        return BusyError(
            f"No {self._kind} came free within {self._wait_ms / 1000:g} s; ask again.",
            "queue_wait_ms",
            self._wait_ms,
            max(1, self._wait_ms // 1000),
        )
