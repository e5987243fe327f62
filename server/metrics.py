"""Count what the service does, over all its web processes, and say it to Prometheus.

The counts stand in shared memory that has no name and so leaves nothing behind: one block for
each web process, claimed with a lock that the kernel lifts when the process ends. A process that
takes a dead one's place goes on counting in its block, so that no counter ever falls, and any
process can give the sums of all.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, product
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from server.evaluation.answers import Stages
from server.journal import Visit

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KINDS = (
    "sparql", "pages", "documents", "descriptions", "dumps", "operation", "home", "article",
    "photographs", "browse", "search", "crawling", "signposting", "questions", "timeline", "about",
    "conformance", "reconciliation", "identifiers", "justifications", "static", "other",
)  # fmt: skip
"""The parts of the site, by the blueprints that answer; `other` is what no rule answers."""
CLASSES = ("2xx", "3xx", "4xx", "5xx")
FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "none")
OUTCOMES = (
    "answered",
    "unchanged",
    "refused",
    "not-acceptable",
    "busy",
    "too-many-requests",
    "result-too-large",
    "time-limit",
    "memory-limit",
    "fault",
)
LANES = ("cache", "fast", "slow", "federated", "process", "none")
STAGES = ("read", *Stages._fields)
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class Family:
    """A metric with its labels and every value each of them can have."""

    name: str
    help: str
    kind: str
    labels: Mapping[str, tuple[str, ...]]

    @property
    def series(self) -> tuple[tuple[str, ...], ...]:
        """Every combination of label values."""
        return tuple(product(*self.labels.values()))


FAMILIES = (
    Family(
        "kg_requests", "Answers by kind of address.", "counter", {"kind": KINDS, "status": CLASSES}
    ),
    Family(
        "kg_queries", "Queries by what came of them.", "counter",
        {"form": FORMS, "outcome": OUTCOMES},
    ),
    Family("kg_query_seconds", "From request to answer.", "histogram", {"lane": LANES}),
    Family(
        "kg_query_stage_seconds", "Time of all queries by stage.", "counter", {"stage": STAGES}
    ),
    Family("kg_result_bytes", "Bytes of results sent.", "counter", {}),
    Family("kg_cache_evictions", "Answers driven out of the cache.", "counter", {}),
    Family("kg_cache_entries", "Answers in the cache.", "gauge", {}),
    Family("kg_cache_bytes", "Bytes the cache holds.", "gauge", {}),
    Family("kg_queries_in_hand", "Queries being answered now.", "gauge", {}),
)  # fmt: skip


def _lay_out() -> tuple[dict[tuple[str, tuple[str, ...]], int], int]:
    """Give every series its cell; a histogram has one for each bucket and one for its sum."""
    cells, used = {}, 0
    for family in FAMILIES:
        for series in family.series:
            cells[family.name, series] = used
            used += len(SECONDS) + 2 if family.kind == "histogram" else 1
    return cells, used


CELLS, SIZE = _lay_out()
GAUGES = tuple(CELLS[family.name, ()] for family in FAMILIES if family.kind == "gauge")


@dataclass(frozen=True)
class Block:
    """The counts of one process."""

    slot: int
    cells: memoryview[float]


class Board:
    """The shared counts; made once, before the web processes are forked.

    `slots` is how many processes may count at the same time; those beyond share the last block.
    """

    def __init__(self, slots: int = 1) -> None:
        self._slots = slots
        # Neither has a name on any disk, so they end with the last process that holds them.
        if hasattr(os, "memfd_create"):
            self._file = os.memfd_create("metrics")
        else:
            with tempfile.TemporaryFile() as file:
                self._file = os.dup(file.fileno())
        os.ftruncate(self._file, slots * SIZE * 8)
        self._cells = memoryview(mmap.mmap(self._file, slots * SIZE * 8)).cast("d")

    def claim(self) -> Block:
        """Take a block for this process, until it ends."""
        free = (slot for slot in range(self._slots) if self._lock(slot))
        slot = next(free, self._slots - 1)
        block = Block(slot, self._cells[slot * SIZE : (slot + 1) * SIZE])
        for cell in GAUGES:
            block.cells[cell] = 0.0
        return block

    def totals(self, own: Block) -> list[float]:
        """Sum the blocks; of blocks whose process is gone the gauges do not count."""
        sums = [0.0] * SIZE
        for slot in range(self._slots):
            gone = slot != own.slot and self._lock(slot)
            if gone:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, slot)
            for cell, value in enumerate(self._cells[slot * SIZE : (slot + 1) * SIZE]):
                sums[cell] += 0.0 if gone and cell in GAUGES else value
        return sums

    def _lock(self, slot: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except OSError:
            return False
        return True


class Metrics:
    """Counts in this process's block of the board, and writes the sums of all."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._block = board.claim()
        self._cells = self._block.cells
        self._evictions = 0
        self._lock = threading.Lock()

    def count_request(self, kind: str, status: int) -> None:
        """Count an answer of any kind of address."""
        kind = kind if kind in KINDS else "other"
        with self._lock:
            self._cells[CELLS["kg_requests", (kind, f"{status // 100}xx")]] += 1

    def count_query(self, visit: Visit, seconds: float) -> None:
        """Count a query with its outcome and its times."""
        cells = self._cells
        timer = _LANES[visit.lane]
        with self._lock:
            cells[_STATUSES[visit.status // 100]] += 1
            cells[_QUERIES[visit.form, visit.outcome]] += 1
            cells[timer + bisect_left(SECONDS, seconds)] += 1
            cells[timer + len(SECONDS) + 1] += seconds
            cells[_RESULT_BYTES] += visit.length
            if visit.read is not None:
                cells[_READ] += visit.read / 1000
            if visit.stages is not None:
                wait, run, write = visit.stages
                cells[_WAIT] += wait / 1000
                cells[_RUN] += run / 1000
                cells[_WRITE] += write / 1000

    def set_in_hand(self, number: int) -> None:
        """Note how many queries this process has in hand."""
        self._cells[_IN_HAND] = number

    def set_cache(self, entries: int, held_bytes: int, evictions: int) -> None:
        """Note how full this process's cache is; `evictions` are those since its beginning."""
        with self._lock:
            self._cells[_CACHE_ENTRIES] = entries
            self._cells[_CACHE_BYTES] = held_bytes
            self._cells[_CACHE_EVICTIONS] += evictions - self._evictions
            self._evictions = evictions

    def write(self, release: Mapping[str, str], evaluator: Mapping[str, Any]) -> bytes:
        """Write all metrics in the text format of Prometheus."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Sums(self._board.totals(self._block), release, evaluator))
        return generate_latest(registry)


_LANES = {lane: CELLS["kg_query_seconds", (lane,)] for lane in LANES}
_READ, _WAIT, _RUN, _WRITE = (CELLS["kg_query_stage_seconds", (stage,)] for stage in STAGES)
_STATUSES = {number: CELLS["kg_requests", ("sparql", f"{number}xx")] for number in range(2, 6)}
_QUERIES = {pair: CELLS["kg_queries", pair] for pair in product(FORMS, OUTCOMES)}
_RESULT_BYTES = CELLS["kg_result_bytes", ()]
_IN_HAND = CELLS["kg_queries_in_hand", ()]
_CACHE_ENTRIES = CELLS["kg_cache_entries", ()]
_CACHE_BYTES = CELLS["kg_cache_bytes", ()]
_CACHE_EVICTIONS = CELLS["kg_cache_evictions", ()]


class _Sums(Collector):
    """Hands the sums to the Prometheus library."""

    def __init__(
        self,
        sums: list[float],
        release: Mapping[str, str],
        evaluator: Mapping[str, Any],
    ) -> None:
        self._sums = sums
        self._release = release
        self._evaluator = evaluator

    def collect(self) -> Iterator[Metric]:
        """Yield every family; the evaluator's own numbers as one family with a label."""
        for family in FAMILIES:
            yield self._fill(family)
        yield InfoMetricFamily("kg_release", "The release being served.", dict(self._release))
        numbers = GaugeMetricFamily(
            "kg_evaluator", "Workers, forks and ends of the evaluator.", labels=("of",)
        )
        for name, value in _flatten(self._evaluator):
            numbers.add_metric((name,), value)
        yield numbers

    def _fill(self, family: Family) -> Metric:
        labels = tuple(family.labels)
        if family.kind == "histogram":
            timed = HistogramMetricFamily(family.name, family.help, labels=labels)
            for series in family.series:
                start = CELLS[family.name, series]
                counts = accumulate(self._sums[start : start + len(SECONDS) + 1])
                names = (*(str(float(bound)) for bound in SECONDS), "+Inf")
                buckets = list(zip(names, counts, strict=True))
                timed.add_metric(series, buckets, self._sums[start + len(SECONDS) + 1])
            return timed
        make = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
        counted = make(family.name, family.help, labels=labels)
        for series in family.series:
            counted.add_metric(series, self._sums[CELLS[family.name, series]])
        return counted


def _flatten(status: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Give the numbers of a status, those within by the names on the way to them."""
    for name, value in status.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}_")
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", float(value)
