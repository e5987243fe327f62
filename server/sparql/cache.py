"""Keep finished answers, bounded in bytes; what was not asked for longest goes first.

A release never changes, so an answer is a function of the release, the query, its dataset and its
format: that is an entry's key. A second look-up leads from a request as it came, byte by byte, to
the ready answer, so that a question asked again costs one look in a dict.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from server.compression import Coding, compress

OVERHEAD = 2000
"""What an entry weighs beside its bytes, about."""
READY_PER_ENTRY = 8


@dataclass(slots=True)
class Ready:
    """An answer that only has to be sent.

    `head` is its status line and headers, up to those that each request has of its own; `tag` its
    strong tag before any mark of a coding, empty if it has none.
    """

    head: bytes
    body: bytes
    tag: str
    length: int
    form: str
    digest: str


@dataclass(slots=True)
class Entry:
    """A finished answer in one format, with its coded variants once somebody asks for them.

    `size` is what it weighs with all that leads to it, in bytes.
    """

    body: bytes
    size: int = 0
    variants: dict[Coding, bytes] | None = None
    requests: list[Hashable] | None = None


class Cache:
    """Entries by what decides their bytes, and ready answers by the request that asked."""

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self.held_bytes = 0
        self.evictions = 0
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._ready: dict[Hashable, tuple[Hashable, Ready]] = {}
        self._lock = threading.Lock()

    @property
    def largest_bytes(self) -> int:
        """The largest body worth keeping: one answer must not drive out all others."""
        return self.capacity_bytes // 8

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, request: Hashable) -> Ready | None:
        """Give the ready answer to a request that came just so before."""
        found = self._ready.get(request)
        if found is None:
            return None
        key, ready = found
        self._note_use(key)
        return ready

    def get(self, key: Hashable) -> Entry | None:
        """Give a finished answer."""
        entry = self._entries.get(key)
        if entry is not None:
            self._note_use(key)
        return entry

    def put(self, key: Hashable, entry: Entry, key_bytes: int = 0) -> None:
        """Keep an answer, if it is not too large; `key_bytes` is what its key weighs."""
        size = len(entry.body) + key_bytes + OVERHEAD
        if size > self.largest_bytes:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            self._entries[key] = entry
            self._grow(entry, size)

    def code(self, key: Hashable, entry: Entry, coding: Coding | None) -> bytes:
        """Give an entry's body in a coding; what that takes weighs, too, if the entry is kept."""
        if coding is None:
            return entry.body
        found = (entry.variants or {}).get(coding)
        if found is None:
            found = compress(entry.body, coding)
            with self._lock:
                entry.variants = {**(entry.variants or {}), coding: found}
                if self._entries.get(key) is entry:
                    self._grow(entry, len(found))
        return found

    def remember(self, request: Hashable, request_bytes: int, key: Hashable, ready: Ready) -> None:
        """Let a request lead to the ready answer for as long as its entry is kept."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or request in self._ready:
                return
            if entry.requests is None:
                entry.requests = []
            if len(entry.requests) >= READY_PER_ENTRY:
                return
            entry.requests.append(request)
            self._ready[request] = (key, ready)
            self._grow(entry, request_bytes + OVERHEAD)

    def clear(self) -> None:
        """Forget everything: another release is served."""
        with self._lock:
            self._entries.clear()
            self._ready.clear()
            self.held_bytes = 0

    def _note_use(self, key: Hashable) -> None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)

    def _grow(self, entry: Entry, size: int) -> None:
        entry.size += size
        self.held_bytes += size
        while self.held_bytes > self.capacity_bytes:
            self._drop(next(iter(self._entries)))
            self.evictions += 1

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key)
        self.held_bytes -= entry.size
        for request in entry.requests or ():
            self._ready.pop(request, None)
