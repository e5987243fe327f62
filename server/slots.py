"""Slots for queries: how many are in hand, in all and of each client."""

from __future__ import annotations

import threading
from collections.abc import Callable

from server.limits import BusyError, ClientBusyError


class Slots:
    """Counts what is in hand, in all and by client, and refuses one too many.

    `limit_name` is the setting that says how many there may be: `most`. Nobody takes the last
    ones alone.
    """

    def __init__(
        self,
        limit_name: str,
        most: int,
        client_queries: int,
        changed: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._limit_name = limit_name
        self._most = most
        self._client_queries = client_queries
        self._changed = changed
        self._held: dict[str, int] = {}
        self._total = self._beside = 0
        self._lock = threading.Lock()

    def take(self, client: str, is_beside: bool = False, leaves: int = 0) -> Slot:
        """Take a slot, but none of the last ones: so many as it `leaves` to others.

        One that `is_beside` the others counts for the client only.

        Raises:
            LimitError: when all slots are taken, or this client has its share.
        """
        with self._lock:
            held = self._held.get(client, 0)
            left = self._most - self._total + self._beside - leaves
            # Whoever holds some leaves as many to others.
            if not is_beside and (left < 1 or held > left):
                message = "The places for queries like this are taken; ask again in a second."
                raise BusyError(message, self._limit_name, self._most, 1)
            if held >= self._client_queries:
                limit = self._client_queries
                message = f"{limit} queries from your address are in hand, the most there may be."
                raise ClientBusyError(message, "client_queries", limit, 1)
            self._held[client] = held + 1
            self._total += 1
            self._beside += is_beside
            self._changed(self._total)
        return Slot(self, client, is_beside)

    def set_beside(self, slot: Slot) -> None:
        """Count a slot for its client only from now on."""
        with self._lock:
            if not slot.is_free and not slot.is_beside:
                slot.is_beside = True
                self._beside += 1

    def free(self, slot: Slot) -> None:
        """Take a slot back; a second time does nothing."""
        client = slot.client
        with self._lock:
            if slot.is_free:
                return
            slot.is_free = True
            self._total -= 1
            self._beside -= slot.is_beside
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
            self._changed(self._total)


class Slot:
    """A slot that is taken until it is freed, from whatever thread, or its block ends."""

    __slots__ = ("_slots", "client", "is_beside", "is_free")

    def __init__(self, slots: Slots, client: str, is_beside: bool) -> None:
        self._slots = slots
        self.client = client
        self.is_beside = is_beside
        self.is_free = False

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *given: object) -> None:
        self.free()

    def free(self) -> None:
        """Give the slot back; a second time does nothing."""
        self._slots.free(self)

    def step_aside(self) -> None:
        """Count for the client only from now on."""
        self._slots.set_beside(self)
