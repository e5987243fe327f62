"""Measure all servers in turn, round after round, so that each meets the same machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from pyoxigraph import RdfFormat, parse

from bench.data import Prepared
from bench.errors import BenchError
from bench.figures import Cell, Spread, to_spread
from bench.load import drive
from bench.processes import Memory
from bench.servers import Server, Serving, start_server
from bench.workload import JSON, Kind

Tell = Callable[[str], None]
FIRST, AGAIN = "first", "again"


@dataclass(frozen=True)
class Plan:
    """What to measure, and how this service is started."""

    servers: tuple[str, ...]
    kinds: tuple[str, ...]
    connections: tuple[int, ...] = (1, 16)
    rounds: int = 3
    seconds: float = 2
    starts: int = 3
    serving: Serving = Serving()


@dataclass
class Outcome:
    """What was measured on one graph.

    `differences` says where servers gave answers of different length; `failures` counts, by
    server and cell, the requests that were refused or not answered at all.
    """

    data: Prepared
    cells: list[Cell] = field(default_factory=list)
    starts_s: dict[str, Spread] = field(default_factory=dict)
    idle: dict[str, Memory] = field(default_factory=dict)
    loaded: dict[str, Memory] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    left_behind: dict[str, list[str]] = field(default_factory=dict)


def measure(data: Prepared, plan: Plan, cache: Path, tell: Tell) -> Outcome:
    """Start every server of the plan on one graph, side by side, and measure."""
    outcome = Outcome(data)
    kinds = [kind for kind in data.kinds if kind.name in plan.kinds]
    with _started(data, plan, cache, outcome, tell) as servers:
        outcome.idle = {server.name: server.running.memory() for server in servers}
        outcome.differences = _compare(servers, kinds)
        measured = _Cells(outcome, plan)
        tried = list(product(kinds, (FIRST, AGAIN), plan.connections))
        for number in range(plan.rounds):
            for place, (kind, mode, connections) in enumerate(tried):
                tell(f"round {number + 1}/{plan.rounds}: {kind.title}, {mode}, {connections}")
                for server in _turned(servers, number + place):
                    measured.add(server, kind, mode, connections)
        outcome.loaded = {server.name: server.running.memory() for server in servers}
        outcome.cells = list(measured.cells.values())
    return outcome


def count_answers(body: bytes, accept: str) -> int:
    """Count the rows or triples of an answer; an ASK counts 1 for yes."""
    if accept != JSON:
        return len({quad.triple for quad in parse(body, RdfFormat.TURTLE)})
    answer = json.loads(body)
    if "boolean" in answer:
        return int(answer["boolean"])
    return len(answer["results"]["bindings"])


@contextmanager
def _started(
    data: Prepared, plan: Plan, cache: Path, outcome: Outcome, tell: Tell
) -> Iterator[list[Server]]:
    """Start every server, the quick ones several times over to time it; stop them at the end."""
    with ExitStack() as stack:
        servers = []
        for name in plan.servers:
            took: list[float] = []
            while True:
                tell(f"starting {name}")
                server = start_server(name, data, cache, plan.serving)
                took.append(server.running.start_s)
                if len(took) >= plan.starts or sum(took) > 20:
                    break
                server.running.stop()
            stack.callback(_stop, server, outcome)
            servers.append(server)
            spread = to_spread(took)
            assert spread is not None
            outcome.starts_s[name] = spread
        yield servers


def _stop(server: Server, outcome: Outcome) -> None:
    outcome.left_behind[server.name] = server.running.stop()


def _compare(servers: Sequence[Server], kinds: Sequence[Kind]) -> list[str]:
    """Say which servers answer which kinds with another number of rows than the first server."""
    found = []
    for kind in kinds:
        counts: Mapping[str, list[int]] = {
            server.name: [_ask_one(server, kind, serial) for serial in (1, 2, 3)]
            for server in servers
        }
        expected = counts[servers[0].name]
        for name, got in counts.items():
            if got != expected:
                found.append(f"{kind.title}: {name} gives {got}, {servers[0].name} {expected}")
    return found


def _ask_one(server: Server, kind: Kind, serial: int) -> int:
    status, body = server.ask(kind.text(serial), kind.accept, timeout_s=120)
    if status != 200:
        text = body[:300].decode("utf-8", "replace")
        raise BenchError(f"{server.name} answers {status} to the {kind.title}: {text}")
    return count_answers(body, kind.accept)


def _turned(servers: Sequence[Server], by: int) -> list[Server]:
    """Let another server be the first each time."""
    start = by % len(servers)
    return [*servers[start:], *servers[:start]]


class _Cells:
    """The cells being filled."""

    def __init__(self, outcome: Outcome, plan: Plan) -> None:
        self.outcome, self.plan = outcome, plan
        self.cells: dict[tuple[str, str, int], Cell] = {}

    def add(self, server: Server, kind: Kind, mode: str, connections: int) -> None:
        """Measure one server in one cell; a rate counts when every request was answered."""
        before = server.running.work_s()
        load = drive(
            server,
            kind,
            repeated=mode == AGAIN,
            connections=connections,
            seconds=self.plan.seconds,
            folder=server.running.folder,
        )
        spent = server.running.work_s() - before
        asked = (kind.name, mode, connections)
        cell = self.cells.setdefault(asked, Cell(*asked, rates={}, work={}))
        fine = load.requests > 0 and not load.failed
        cell.rates.setdefault(server.name, []).append(load.rate if fine else None)
        cell.work.setdefault(server.name, []).append(1000 * spent / load.requests if fine else None)
        if not fine:
            name = f"{server.name}: {kind.title}, {mode}, {connections} connections"
            failures = self.outcome.failures
            failures[name] = failures.get(name, 0) + (load.failed or connections)
