"""Queues for what clients ask: each client's own in its order, while clients take turns."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from server.limits import BusyError


class Waiting(Protocol):
    """A query, or a wish for a page, that waits for its client's turn."""

    @property
    def place(self) -> Hashable:
        """Where its client is counted, or the client itself."""
        ...


T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
W = TypeVar("W", bound=Waiting)


class Turns(Generic[W]):
    """A queue in which whoever asks much waits behind himself, and others hardly wait for him."""

    def __init__(self) -> None:
        self._clients: OrderedDict[Hashable, deque[W]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def greatest(self) -> int:
        """The number of queries of the client who has the most waiting."""
        return max(map(len, self._clients.values()), default=0)

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

    def drop(self) -> W:
        """Part with the newest query of the client who has the most waiting.

        Of clients who have as many, the one whose turn is farthest away.
        """
        place, queries = max(reversed(self._clients.items()), key=lambda item: len(item[1]))
        query = queries.pop()
        self._length -= 1
        if not queries:
            del self._clients[place]
        return query

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


class TwoQueues(Generic[W]):
    """Two queues that are served alternately: whoever is in the short one waits for few others.

    `is_first` tells of a query whether it belongs into the first.
    """

    def __init__(self, is_first: Callable[[W], bool]) -> None:
        self._is_first = is_first
        self._first: Turns[W] = Turns()
        self._second: Turns[W] = Turns()
        self._was_first = False

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def append(self, query: W) -> None:
        """Have a query wait, in the first queue or in the second."""
        self._choose(query).append(query)

    def put_back(self, query: W) -> None:
        """Have a query wait again, before all others of its queue."""
        self._choose(query).put_back(query)

    def take(self) -> W:
        """Give the next query."""
        self._was_first = bool(self._first) and not (self._was_first and self._second)
        return (self._first if self._was_first else self._second).take()

    def remove(self, query: W) -> bool:
        """Have a query wait no longer, wherever it stands; False when it does not wait any more."""
        return self._first.remove(query) or self._second.remove(query)

    def drop(self) -> W:
        """Part with a query as `Turns.drop` does: of whoever has the most, in whatever queue."""
        return max(self._second, self._first, key=lambda queue: queue.greatest).drop()

    def take_late(self, is_late: Callable[[W], bool]) -> list[W]:
        """Give the queries that should have begun by now."""
        return self._first.take_late(is_late) + self._second.take_late(is_late)

    def _choose(self, query: W) -> Turns[W]:
        return self._first if self._is_first(query) else self._second


class Asking(Protocol[T_contra]):
    """Whoever asks a pool for a thing; told once what came of it, in whatever thread."""

    @property
    def place(self) -> Hashable:
        """Where its client is counted, or the client itself."""
        ...

    @property
    def since(self) -> float:
        """Since when it asks, in seconds of `time.monotonic`."""
        ...

    def receive(self, thing: T_contra) -> None:
        """Take the thing."""
        ...

    def refuse(self, error: BusyError) -> None:
        """Take note that there is none."""
        ...


class _Waiter(Generic[T]):
    """A thread that waits; it is let through the gate once it is told."""

    def __init__(self, place: Hashable) -> None:
        self.place = place
        self.since = monotonic()
        self.things: list[T] = []
        self._error: BusyError | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def receive(self, thing: T) -> None:
        """Take the thing, and go on."""
        self.things.append(thing)
        self._gate.release()

    def refuse(self, error: BusyError) -> None:
        """Go on without."""
        self._error = error
        self._gate.release()

    def wait(self, seconds: float = -1) -> bool:
        """Wait to be told; False when that did not happen in time.

        Raises:
            BusyError: when there is no thing.
        """
        told = self._gate.acquire(timeout=seconds)
        if self._error is not None:
            raise self._error
        return told


class Pool(Generic[T]):
    """Things that are taken and given back; who finds none waits for the turn of his client.

    `kind` is what visitors are told they wait for. At most `length` wait, and each at most
    `wait_ms`; where one too many waits, the client who has the most waiting has one refused. Those
    who are first, as `is_first` tells by their places, take turns with the others as a whole.
    """

    def __init__(
        self,
        things: Iterable[T],
        kind: str,
        length: int,
        wait_ms: int,
        is_first: Callable[[Any], bool] = lambda place: False,
    ) -> None:
        self._free = list(things)
        self._kind = kind
        self._length = length
        self._wait_ms = wait_ms
        self._waiting: TwoQueues[Asking[T]] = TwoQueues(lambda asking: is_first(asking.place))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Tell how many wait."""
        return len(self._waiting)

    def ask(self, asking: Asking[T]) -> None:
        """Have a thing given: now, or when the turn of its client has come."""
        refused = None
        with self._lock:
            things, self._free[-1:] = self._free[-1:], []
            if not things:
                self._waiting.append(asking)
                if len(self._waiting) > self._length:
                    refused = self._waiting.drop()
        if things:
            asking.receive(things[0])
        if refused is not None:
            refused.refuse(self._full())

    def take(self, place: Hashable) -> T:
        """Take a thing for a query of the client counted at `place`, and wait for it.

        Raises:
            BusyError: when too many wait already, or none came free in time.
        """
        waiter = _Waiter[T](place)
        self.ask(waiter)
        if not waiter.wait(self._wait_ms / 1000):
            if self.forget(waiter):
                raise self.busy()
            waiter.wait()
        return waiter.things.pop()

    def take_now(self) -> list[T]:
        """Take a thing if one is free: then nobody waits; gives it, or nothing."""
        with self._lock:
            things, self._free[-1:] = self._free[-1:], []
        return things

    @contextmanager
    def hold(self, place: Hashable) -> Iterator[T]:
        """Have a thing as long as the block runs; raises as `take` does, on entering."""
        thing = self.take(place)
        try:
            yield thing
        finally:
            self.give_back(thing)

    def forget(self, asking: Asking[T]) -> bool:
        """Have somebody wait no longer; False when he has been told."""
        with self._lock:
            return self._waiting.remove(asking)

    def refuse_late(self) -> None:
        """Refuse who has waited as long as may be."""
        latest = monotonic() - self._wait_ms / 1000
        with self._lock:
            late = self._waiting.take_late(lambda asking: asking.since < latest)
        for asking in late:
            asking.refuse(self.busy())

    def give_back(self, thing: T) -> None:
        """Hand a thing to whoever's turn it is; nobody who comes later is faster."""
        with self._lock:
            if not self._waiting:
                self._free.append(thing)
                return
            asking = self._waiting.take()
        asking.receive(thing)

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

    def _full(self) -> BusyError:
        return BusyError(
            f"{self._length} wait for a {self._kind} already, as many as may; ask again.",
            "queue_length",
            self._length,
            1,
        )
