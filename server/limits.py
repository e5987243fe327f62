"""The limits of one query: their names, their defaults, and the errors that name them."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import cached_property

from kg.errors import KnowledgeError
from kg.sparql import QueryLimits

CORES = os.cpu_count() or 1


@dataclass(frozen=True)
class Limits:
    """What one query, one client and all queries together may take; the settings' own names."""

    query_time_fast_ms: int = 250
    """How much processor time a query may take in the fast lane before it moves to the slow."""
    query_time_slow_ms: int = 10_000
    """How long a query may take in the slow lane."""
    query_memory_bytes: int = 1_000_000_000
    """How much memory a query may take beside the data."""
    result_bytes: int = 64_000_000
    """The largest query result."""
    query_depth: int = 100
    """How deep brackets may be nested in a query."""
    query_operators: int = 1000
    """How many operators a query may hold."""
    query_patterns: int = 300
    """How many triple patterns a query may hold."""
    fast_workers: int = max(2, CORES)
    """How many queries run at a time in the fast lane."""
    slow_workers: int = max(2, CORES)
    """How many queries run at a time in the slow lane."""
    federated_workers: int = 2
    """How many queries with an allowed SERVICE run at a time."""
    federated_time_ms: int = 30_000
    """How long a query with an allowed SERVICE may take."""
    queue_length: int = 128
    """How many queries may wait for a worker of the fast lane."""
    queue_wait_ms: int = 5000
    """How long a query may wait for a worker."""
    client_queries: int = 16
    """How many queries of one client may run or wait at a time."""
    client_slow_queries: int = 1
    """How many slow-lane workers one client may hold at a time."""
    memory_triples: int = 2_000_000
    """Up to how many triples the data is held in memory for the queries."""
    worker_queries: int = 10_000
    """After how many queries a worker is replaced."""
    worker_memory_bytes: int = 250_000_000
    """How much memory of its own a worker may keep between queries."""
    allow_service: tuple[str, ...] = ()
    """The addresses that SERVICE may call."""

    @cached_property
    def on_text(self) -> QueryLimits:
        """The part of the limits that the text of a query is checked against."""
        services = frozenset(self.allow_service)
        return QueryLimits(self.query_depth, self.query_operators, self.query_patterns, services)


def limits_of(settings: object) -> Limits:
    """Take the limits out of the settings, by name; the defaults where a name is not there."""
    names = (field.name for field in fields(Limits))
    return Limits(**{name: getattr(settings, name) for name in names if hasattr(settings, name)})


class LimitError(KnowledgeError):
    """A limit was reached: `limit_name` is the setting's name, `value` its value.

    `status` is the HTTP status that says so; `retry_after_s` is how long to wait before asking
    again, None where asking again would end the same way.
    """

    status = 503

    def __init__(
        self, message: str, limit_name: str, value: int, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.limit_name = limit_name
        self.value = value
        self.retry_after_s = retry_after_s


class TimeLimitError(LimitError):
    """The query was stopped at its time limit."""

    status = 504


class MemoryLimitError(LimitError):
    """The query needed more memory than it may take, or ended its worker."""

    status = 507


class ResultLimitError(LimitError):
    """The result is larger than the limit; nothing of it is sent."""

    status = 507


class BusyError(LimitError):
    """All workers are taken, or none can be reached; ask again later."""

    status = 503


class ClientBusyError(LimitError):
    """This client has as many queries here as one client may have."""

    status = 429
