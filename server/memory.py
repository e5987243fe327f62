"""How much memory all processes of the service take together, as it follows from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from server.http.door import UNREAD_BYTES
from server.http.reader import HELD_BYTES
from server.settings import Settings
from server.sparql.desk import LARGE_BYTES

_SUPERVISOR_BYTES = 80_000_000
_WEB_BYTES = 200_000_000
_WORKER_BYTES = 20_000_000


@dataclass(frozen=True)
class MemoryBound:
    """The most memory of the service, in bytes: while nothing is asked, and whatever is asked.

    While a new release is taken up, or a killed evaluator replaced, there are two of each.
    """

    at_rest: int
    at_most: int


def bound_memory(settings: Settings, data_bytes: int) -> MemoryBound:
    """Bound the memory of a service whose evaluator, with the data, takes `data_bytes`.

    A worker shares the data until it touches it: then, page by page, it has a copy of its own.
    """
    workers = settings.fast_workers + settings.slow_workers
    workers += settings.federated_workers if settings.allow_service else 0
    base = _SUPERVISOR_BYTES + data_bytes + workers * _WORKER_BYTES
    base += settings.workers * (_WEB_BYTES + settings.cache_bytes)
    in_hand = (settings.threads + settings.long_queries) * (settings.body_bytes + 2 * LARGE_BYTES)
    in_hand += HELD_BYTES + UNREAD_BYTES
    most = data_bytes + settings.query_memory_bytes
    return MemoryBound(
        at_rest=base + workers * min(data_bytes + settings.worker_memory_bytes, most),
        at_most=base + workers * most + settings.workers * in_hand,
    )
