"""The limits of one query: their names, and the errors that name them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

from kg.errors import KnowledgeError
from kg.sparql import QueryLimits
from server.settings import Settings


@dataclass(frozen=True)
class Limits:
    """The settings that bound what one query, one client and all queries together may take.

    `server.settings.Settings` says of each what it bounds, and by default how far.
    """

    query_time_fast_ms: int
    query_time_slow_ms: int
    query_memory_bytes: int
    result_bytes: int
    query_depth: int
    query_operators: int
    query_patterns: int
    fast_workers: int
    slow_workers: int
    federated_workers: int
    federated_time_ms: int
    queue_length: int
    queue_wait_ms: int
    long_queries: int
    client_queries: int
    client_slow_queries: int
    memory_triples: int
    worker_queries: int
    worker_memory_bytes: int
    allow_service: tuple[str, ...]

    @property
    def patience_s(self) -> float:
        """How long what is in hand may take when a process is to end, in seconds."""
        return max(self.query_time_slow_ms, self.federated_time_ms) / 1000 + 2

    @cached_property
    def on_text(self) -> QueryLimits:
        """The part of the limits that the text of a query is checked against."""
        services = frozenset(self.allow_service)
        return QueryLimits(self.query_depth, self.query_operators, self.query_patterns, services)


def limits_of(settings: Settings) -> Limits:
    """Take the limits out of the settings."""
    return Limits(**{field.name: getattr(settings, field.name) for field in fields(Limits)})


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
