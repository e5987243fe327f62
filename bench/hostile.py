"""Hostile load: ordinary clients alone, then beside clients that send nothing but killers."""

from __future__ import annotations

import json
import multiprocessing
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.clients import Sent, Target, ask_hostile, ask_ordinary
from bench.data import Prepared
from bench.errors import BenchError
from bench.figures import percentile
from bench.processes import Memory, Running
from bench.servers import KG, Server, Serving, start_server

Tell = Callable[[str], None]

ORDINARY, HOSTILE = 4, 8
ORDINARY_PAUSE_S, HOSTILE_PAUSE_S = 0.02, 0.02
SLOWER_MS = 250.0
_SAMPLE_S = 0.5


@dataclass(frozen=True)
class Answered:
    """What ordinary clients met in one phase; times in ms, `slowest` by kind of query."""

    requests: int
    answered: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    statuses: dict[str, int]
    p95_by_kind_ms: dict[str, float]


@dataclass(frozen=True)
class Bound:
    """The most memory that the service says it takes, in bytes: at rest, and whatever is asked."""

    at_rest: int
    at_most: int


@dataclass(frozen=True)
class Hostility:
    """What a hostile load did to the service and to its ordinary visitors.

    `killers` counts the statuses by killer; `broken` the answers with status 200 that were not
    whole. Memory is that of all processes of the service together.
    """

    graph: str
    seconds: int
    alone: Answered
    beside: Answered
    after: Answered
    killers: dict[str, dict[str, int]]
    broken: int
    slowest_killer_s: float
    idle: Memory
    peak_pss: int
    peak_rss: int
    peak_processes: int
    settled: Memory
    bound: Bound
    left_behind: tuple[str, ...]

    @property
    def is_unharmed(self) -> bool:
        """Tell whether no ordinary visitor suffered and nothing was left behind."""
        phases = (self.alone, self.beside, self.after)
        everyone = all(phase.answered == phase.requests for phase in phases)
        slower = self.beside.p95_ms - self.alone.p95_ms
        kept = everyone and slower <= SLOWER_MS and not self.broken and not self.left_behind
        return kept and self.is_within_bound

    @property
    def is_within_bound(self) -> bool:
        """Tell whether memory stayed under what the service says of itself."""
        return self.peak_pss <= self.bound.at_most and self.settled.pss <= self.bound.at_rest


def measure(
    data: Prepared,
    seconds: int,
    cache: Path,
    tell: Tell,
    *,
    serving: Serving,
    one_address: bool = False,
) -> Hostility:
    """Start the service on a graph and put it under hostile load for so many seconds."""
    server = start_server(KG, data, cache, serving)
    context = multiprocessing.get_context("spawn")
    left: list[str] = []
    try:
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            run = _Run(server, data, pool, server.running)
            run.ordinary(2)
            bound = read_bound(server.read("/metrics"))
            idle = server.running.memory()
            short = max(5, min(60, seconds // 5))
            tell(f"{ORDINARY} ordinary clients alone, {short} s")
            alone = run.ordinary(short)
            tell(f"the same beside {HOSTILE} hostile ones, {seconds} s")
            killers = run.hostile(seconds, one_address)
            beside = run.ordinary(seconds)
            sent = killers.result()
            tell("and alone again")
            time.sleep(2)
            after = run.ordinary(short)
            if zombies := server.running.zombies():
                left.append(f"{len(zombies)} dead processes that nobody collected")
            settled = server.running.memory()
    finally:
        left += server.running.stop()
    return Hostility(
        graph=data.name,
        seconds=seconds,
        alone=sum_up(alone),
        beside=sum_up(beside),
        after=sum_up(after),
        killers=_count_by_name(sent),
        broken=sum(s.status == 200 and not s.is_whole for s in sent),
        slowest_killer_s=max((s.seconds for s in sent), default=0.0),
        idle=idle,
        peak_pss=run.peak_pss,
        peak_rss=run.peak_rss,
        peak_processes=run.peak_processes,
        settled=settled,
        bound=bound,
        left_behind=tuple(left),
    )


class _Run:
    """Clients in processes of their own, and the service's memory watched meanwhile."""

    def __init__(
        self, server: Server, data: Prepared, pool: ProcessPoolExecutor, running: Running
    ) -> None:
        self.server, self.data, self.pool, self.running = server, data, pool, running
        self.peak_pss = self.peak_rss = self.peak_processes = 0

    def ordinary(self, seconds: float) -> list[Sent]:
        asked = self.pool.submit(
            ask_ordinary, self._target(seconds), self.data.kinds, ORDINARY, ORDINARY_PAUSE_S
        )
        while not asked.done():
            self._weigh()
            time.sleep(_SAMPLE_S)
        return asked.result()

    def hostile(self, seconds: float, one_address: bool) -> Future[list[Sent]]:
        target = self._target(seconds)
        return self.pool.submit(ask_hostile, target, HOSTILE, HOSTILE_PAUSE_S, one_address)

    def _target(self, seconds: float) -> Target:
        return Target(self.server.port, self.server.path, time.time() + seconds)

    def _weigh(self) -> None:
        found = self.running.memory()
        self.peak_pss = max(self.peak_pss, found.pss)
        self.peak_rss = max(self.peak_rss, found.rss)
        self.peak_processes = max(self.peak_processes, found.processes)


def sum_up(sent: Sequence[Sent]) -> Answered:
    """Count the requests that got a whole answer, and how long they took."""
    good = [s for s in sent if s.status == 200 and s.is_whole]
    times = [1000 * s.seconds for s in good] or [0.0]
    kinds = sorted({s.name for s in good})
    return Answered(
        requests=len(sent),
        answered=len(good),
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        max_ms=max(times),
        statuses=dict(Counter(_outcome(s) for s in sent)),
        p95_by_kind_ms={
            kind: percentile([1000 * s.seconds for s in good if s.name == kind], 95)
            for kind in kinds
        },
    )


def read_bound(metrics: str) -> Bound:
    """Read from a service's metrics how much memory it says it takes.

    Raises:
        BenchError: when it does not say.
    """
    name = r'^kg_evaluator\{of="memory_bytes_(at_\w+)"\} (\S+)$'
    said = {key: int(float(value)) for key, value in re.findall(name, metrics, re.MULTILINE)}
    if said.keys() != {"at_rest", "at_most"}:
        raise BenchError("the service does not say in /metrics how much memory it takes")
    return Bound(**said)


def to_json(found: Hostility) -> str:
    """Write every figure."""
    return json.dumps({**asdict(found), "is_unharmed": found.is_unharmed}, indent=2) + "\n"


def to_markdown(found: Hostility) -> str:
    """Write the tables."""
    phases = (("alone", found.alone), ("beside", found.beside), ("alone again", found.after))
    rows = [
        f"| {name} | {a.requests:,} | {a.answered:,} | {a.p50_ms:.1f} | {a.p95_ms:.1f} "
        f"| {a.max_ms:.0f} | {_list(a.statuses)} |"
        for name, a in phases
    ]
    killers = [f"| {name} | {_list(counts)} |" for name, counts in sorted(found.killers.items())]
    slower = found.beside.p95_ms - found.alone.p95_ms
    left = "; ".join(found.left_behind) or "nothing"
    return "\n".join(
        [
            f"# Hostile load: {HOSTILE} clients sending killers beside {ORDINARY} ordinary ones",
            "",
            f"Graph: {found.graph}; {found.seconds} s.",
            "",
            "| ordinary clients | requests | answered | p50, ms | p95, ms | slowest | statuses |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "| killer | statuses |",
            "| --- | --- |",
            *killers,
            "",
            f"- p95 beside is {slower:+.0f} ms against alone (allowed: {SLOWER_MS:.0f} ms)",
            f"- killers answered with 200 and a broken body: {found.broken}; "
            f"the slowest took {found.slowest_killer_s:.1f} s",
            f"- memory (PSS): {found.idle.pss / 1e6:,.0f} MB before, at most "
            f"{found.peak_pss / 1e6:,.0f} MB, {found.settled.pss / 1e6:,.0f} MB after; "
            f"{found.peak_processes} processes at most; it says of itself: at most "
            f"{found.bound.at_most / 1e6:,.0f} MB, {found.bound.at_rest / 1e6:,.0f} MB at rest",
            f"- left behind: {left}",
            f"- **{'unharmed' if found.is_unharmed else 'HARMED'}**",
            "",
        ]
    )


def _count_by_name(sent: Sequence[Sent]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for one in sent:
        found.setdefault(one.name, Counter())[_outcome(one)] += 1
    return {name: dict(counts) for name, counts in found.items()}


def _outcome(sent: Sent) -> str:
    if not sent.is_whole:
        return f"{sent.status or 'no answer'}{' cut' if sent.status else ''} {sent.reason}".strip()
    return f"{sent.status} {sent.reason}".strip()


def _list(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} x {name}" for name, count in sorted(counts.items()))
