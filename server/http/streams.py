"""Long answers on their way: sent part by part, as fast as each is read.

No thread waits for a visitor who reads slowly, and no place for a query is held for him.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

from server.http.connection import Connection
from server.http.crowd import Crowd
from server.limits import BusyError

MOST_STREAMS = 256
"""How many long answers are on their way at a time: each holds a file open."""
PATIENCE_S = 2.0
"""How long an answer is on its way, however slowly, before it may have to go for another."""


class Place:
    """What one long answer takes; `weight` is how much is kept for it alone, in bytes."""

    def __init__(self, connection: Connection, client: str, weight: int) -> None:
        self.connection = connection
        self.client = client
        self.weight = weight
        self.sent = 0
        self.is_over = False
        self._began = monotonic()

    @property
    def pace(self) -> float:
        """How fast it is read, in bytes a second."""
        return self.sent / max(self.age_s, 0.001)

    @property
    def age_s(self) -> float:
        """How long it has been on its way."""
        return monotonic() - self._began


class Streams:
    """The places for long answers: `MOST_STREAMS`, and `most_bytes` of results kept for them.

    One too many takes the place of one of the client who has the most. Where nobody has more than
    one, whoever has none yet takes that of the slowest.
    """

    def __init__(self, most_bytes: int, on_loop: Callable[..., None]) -> None:
        self._most_bytes = most_bytes
        self._on_loop = on_loop
        self._places, self._results = (
            Crowd[Place](lambda place: place.pace, lambda place: place.age_s > PATIENCE_S)
            for _ in range(2)
        )
        self._held_bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def connections(self) -> set[Connection]:
        """The connections that long answers are on their way through."""
        with self._lock:
            return {place.connection for place in self._places}

    def take(self, connection: Connection, client: str, weight: int) -> Place:
        """Take a place for an answer that is about to begin; in a thread.

        Raises:
            BusyError: when there is none; nobody has lost one then.
        """
        place = Place(connection, client, weight)
        gone: list[Place] = []
        with self._lock:
            while (limit := self._find_lack(weight)) is not None:
                crowd = self._results if limit[0] == "stream_bytes" else self._places
                chosen = crowd.choose(1, client)
                for one in chosen:
                    self._discard(one)
                gone += chosen
                if not chosen:
                    for one in gone:
                        self._add(one)
                    message = "Large results on their way take all the room; ask again in a second."
                    raise BusyError(message, *limit, 1)
            self._add(place)
        for one in gone:
            self._on_loop(_part, one)
        return place

    def give_back(self, place: Place) -> None:
        """Take note that an answer is over; a second time does nothing."""
        place.is_over = True
        with self._lock:
            self._discard(place)

    def _find_lack(self, weight: int) -> tuple[str, int] | None:
        """Name the limit, with its value, that one more answer would go beyond."""
        if len(self._places) >= MOST_STREAMS:
            return "streams", MOST_STREAMS
        if weight and self._held_bytes + weight > self._most_bytes:
            return "stream_bytes", self._most_bytes
        return None

    def _add(self, place: Place) -> None:
        self._places.add(place)
        if place.weight:
            self._results.add(place)
            self._held_bytes += place.weight

    def _discard(self, place: Place) -> None:
        self._places.discard(place)
        if self._results.discard(place):
            self._held_bytes -= place.weight


def _part(place: Place) -> None:
    """Part with whoever gets an answer, on the loop; by now the answer may be over."""
    if not place.is_over:
        place.connection.part()
