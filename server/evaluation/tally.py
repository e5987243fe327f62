"""What all web processes know of each client together: its queries in hand, and a quick one."""

from __future__ import annotations

import mmap
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

ROWS = 64
_BUCKETS = 8192
_REMEMBERED_S = 600


class Tally:
    """Shared memory in which each web process writes a column of its own and reads all.

    Clients are told apart by a hash with a key that nobody knows; two that fall together by chance
    share what one may have.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _BUCKETS * ROWS * 2)
        self._counts = memoryview(self._memory).cast("H")
        self._quick = memoryview(mmap.mmap(-1, _BUCKETS * 4)).cast("I")
        self._key = secrets.token_bytes(16)
        self._lock = threading.Lock()

    def place(self, client: str) -> int:
        """Find where a client is counted."""
        digest = blake2b(client.encode(), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest) % _BUCKETS * ROWS

    def take(self, place: int, column: int, most: int) -> bool:
        """Count one more query, unless the client has as many as it may."""
        with self._lock:
            if sum(self._counts[place : place + ROWS]) >= most:
                return False
            self._counts[place + column] += 1
            return True

    def give_back(self, place: int, column: int) -> None:
        """Count one query less."""
        with self._lock:
            self._counts[place + column] -= 1

    def is_quick(self, place: int) -> bool:
        """Tell whether the last that was noted of a client, not long ago, was a quick query."""
        noted = self._quick[place // ROWS]
        return noted > 0 and time.monotonic() - noted < _REMEMBERED_S

    def note_quick(self, place: int) -> None:
        """Take note that a client's query was quick."""
        self._quick[place // ROWS] = int(time.monotonic())

    def note_slow(self, place: int) -> None:
        """Take note that a client's query was not quick."""
        self._quick[place // ROWS] = 0

    def clear(self, column: int) -> None:
        """Forget what a process that has ended had in hand."""
        for place in range(column, _BUCKETS * ROWS, ROWS):
            if self._counts[place]:
                self._counts[place] = 0


@contextmanager
def counted(tally: Tally, place: int, column: int) -> Iterator[None]:
    """Give back one query at the end."""
    try:
        yield
    finally:
        tally.give_back(place, column)
