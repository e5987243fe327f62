"""How long a query may use the fast lane: half of the lane is never held by one that takes long.

Nobody can see by a query how long it will take. So it is given a whole slice while fewer than half
of the workers have one, and else a short one; what overruns that waits for a whole slice, and so
do the other queries of its client until one of them has ended within a whole slice, and a little
longer.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import AbstractContextManager

from server.limits import Limits
from server.turns import Pool

_SHORT_MS = 25
_REMEMBERED = 4096
_FORGIVEN_S = 30.0
_HELD_BACK_S = 3.0
_REFUSED_S = 10.0


class HeldBackError(Exception):
    """The query has to wait for a whole slice."""


class Slices:
    """The slices of a web process, for all its threads and its event loop.

    As far as there are enough workers, each of so many `processes` gives whole slices of its own.
    """

    def __init__(self, limits: Limits, processes: int) -> None:
        self._whole_ms = limits.query_time_fast_ms
        self.short_ms = min(_SHORT_MS, self._whole_ms)
        most = max(1, limits.fast_workers // 2 // processes)
        self._whole = Pool([None] * most, "worker", limits.queue_length, limits.queue_wait_ms)
        self._overruns: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def whole_ms(self, client: str) -> int:
        """Tell how long a whole slice is: less for a client whose queries overran theirs lately."""
        return max(self.short_ms, self._whole_ms >> min(self.count_overruns(client), 10))

    def is_held_back(self, client: str) -> bool:
        """Tell whether all queries of a client wait for a whole slice."""
        overran = self._overruns.get(client)
        return overran is not None and overran[1] > time.monotonic()

    def count_overruns(self, client: str) -> int:
        """Tell how often queries of a client overran a whole slice lately."""
        times, until = self._overruns.get(client, (0, 0.0))
        return times if until > time.monotonic() else 0

    def in_turn(self, place: int) -> AbstractContextManager[None]:
        """Keep a whole slice, once it is the turn of the client counted at `place`.

        Raises:
            BusyError: on entering, when the turn does not come in time.
        """
        return self._whole.hold(place)

    def take_whole(self) -> bool:
        """Take a whole slice if nobody waits for one."""
        return bool(self._whole.take_now())

    def give_back(self) -> None:
        """Give a whole slice back."""
        self._whole.give_back(None)

    def note_overrun(self, client: str, was_whole: bool) -> None:
        """Hold back a client whose query overran its slice."""
        with self._lock:
            now = time.monotonic()
            times, until = self._overruns.pop(client, (0, 0.0))
            times = times if until > now else 0
            self._overruns[client] = (times + was_whole, now + _FORGIVEN_S)
            if len(self._overruns) > _REMEMBERED:
                self._overruns.popitem(last=False)

    def note_end(self, client: str) -> None:
        """Hold a client back for a little only, unless one of its queries overran a whole slice."""
        self._shorten(client, _HELD_BACK_S)

    def note_refusal(self, client: str) -> None:
        """Hold a client back less long since its query was refused before it had a whole slice."""
        self._shorten(client, _REFUSED_S)

    def _shorten(self, client: str, seconds: float) -> None:
        with self._lock:
            times, until = self._overruns.get(client, (1, 0.0))
            if times == 0:
                self._overruns[client] = (0, min(until, time.monotonic() + seconds))


class Slice:
    """The slice of one query that does not wait for a whole one."""

    __slots__ = ("_client", "_slices", "is_whole", "limit_ms")

    def __init__(self, slices: Slices, client: str) -> None:
        self._slices = slices
        self._client = client
        self.is_whole = False
        self.limit_ms = 0

    def may_start(self) -> bool:
        """Tell whether the query, if it has not started, need not wait for a whole slice."""
        return self.limit_ms > 0 or not self._slices.is_held_back(self._client)

    def start(self) -> int:
        """Tell, when a worker is free, how many milliseconds the query has there."""
        if not self.limit_ms:
            self.is_whole = self._slices.take_whole()
            whole_ms = self._slices.whole_ms(self._client)
            self.limit_ms = whole_ms if self.is_whole else self._slices.short_ms
        return self.limit_ms

    def start_in_thread(self) -> int:
        """As `start`.

        Raises:
            HeldBackError: when the client has been held back while the query waited for a worker.
        """
        if not self.may_start():
            raise HeldBackError
        return self.start()

    def end(self) -> None:
        """Give back what was taken."""
        if self.is_whole:
            self._slices.give_back()
            self.is_whole = False
