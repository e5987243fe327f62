"""Write what was measured: as Markdown for people, as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bench.figures import Cell, Spread
from bench.rounds import AGAIN, FIRST, Outcome
from bench.servers import KG, OXIGRAPH, RDFLIB

GOALS = {
    ("small", AGAIN): 2.5,
    ("rows", AGAIN): 20.0,
    ("construct", AGAIN): 13.0,
    ("ask", AGAIN): 1.2,
    ("small", FIRST): 0.6,
    ("rows", FIRST): 2.0,
    ("construct", FIRST): 1.5,
    ("ask", FIRST): 0.4,
}
GOAL_CONNECTIONS = 16
GOAL_RDFLIB = 20.0


@dataclass(frozen=True)
class Machine:
    """Where and with what the figures were made."""

    cores: int
    system: str
    python: str
    versions: Mapping[str, str]


def this_machine(versions: Mapping[str, str]) -> Machine:
    """Describe the machine at hand."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Machine(os.cpu_count() or 1, system, platform.python_version(), versions)


def to_markdown(outcomes: Sequence[Outcome], machine: Machine) -> str:
    """Write the tables: ratios to Oxigraph, per graph and number of connections."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    text = [
        "# Benchmark",
        "",
        f"{machine.cores} cores, Python {machine.python}; {versions}.",
        "",
        "Ratios compare servers within one round; given are the median and, in brackets, the least "
        "and the greatest. *Work saved* is the processor time that Oxigraph spends on a request, "
        "divided by what kg spends.",
    ]
    for outcome in outcomes:
        text += ["", f"## {outcome.data.name}"]
        for connections in sorted({cell.connections for cell in outcome.cells}):
            text += ["", f"### {connections} connections", "", *_ratio_table(outcome, connections)]
        text += ["", "### Start and memory", "", *_memory_table(outcome)]
        notes = [
            *(f"answers differ: {line}" for line in outcome.differences),
            *(
                f"{count:,} requests refused or not answered: {cell}"
                for cell, count in outcome.failures.items()
            ),
            *(f"{name}: {line}" for name, ls in outcome.left_behind.items() for line in ls),
        ]
        text += ["", *(f"- {note}" for note in notes)] if notes else []
    return "\n".join(text) + "\n"


def to_json(outcomes: Sequence[Outcome], machine: Machine) -> str:
    """Write every figure, round by round."""
    graphs = [
        {
            "graph": outcome.data.name,
            "triples": outcome.data.triples,
            "prepare_s": outcome.data.seconds,
            "start_s": {name: asdict(took) for name, took in outcome.starts_s.items()},
            "memory_idle": {name: asdict(size) for name, size in outcome.idle.items()},
            "memory_after": {name: asdict(size) for name, size in outcome.loaded.items()},
            "requests_per_second": [asdict(cell) for cell in outcome.cells],
            "differences": outcome.differences,
            "failures": outcome.failures,
            "left_behind": outcome.left_behind,
        }
        for outcome in outcomes
    ]
    return json.dumps({"machine": asdict(machine), "graphs": graphs}, indent=2) + "\n"


def _ratio_table(outcome: Outcome, connections: int) -> list[str]:
    goals = connections == GOAL_CONNECTIONS
    head = ["", "", "oxigraph, requests/s", "kg / oxigraph"]
    head += ["goal"] if goals else []
    head += ["work saved", "rdflib-endpoint / oxigraph", "kg / rdflib-endpoint"]
    rows = [head, ["---"] * len(head)]
    titles = {kind.name: kind.title for kind in outcome.data.kinds}
    for cell in outcome.cells:
        if cell.connections == connections:
            rows.append([titles[cell.kind], cell.mode, *_ratios(cell, goals)])
    return [_row(row) for row in rows]


def _ratios(cell: Cell, goals: bool) -> list[str]:
    ours, beside = cell.ratio(KG, OXIGRAPH), cell.ratio(KG, RDFLIB)
    shown = [_show(cell.rate(OXIGRAPH)), _show(ours)]
    behind = _show(beside)
    if goals:
        goal = GOALS.get((cell.kind, cell.mode))
        shown.append(f"{goal:g}{_mark(ours, goal)}" if goal else "")
        behind += _mark(beside, GOAL_RDFLIB)
    saved = _show(cell.work_saved(KG, OXIGRAPH))
    return [*shown, saved, _show(cell.ratio(RDFLIB, OXIGRAPH)), behind]


def _mark(found: Spread | None, goal: float) -> str:
    return " **missed**" if found is not None and found.median < goal else ""


def _memory_table(outcome: Outcome) -> list[str]:
    head = ["", "start, s", "processes", "idle PSS, MB", "idle RSS", "after load PSS", "RSS"]
    rows = [head, ["---"] * len(head)]
    for name, took in outcome.starts_s.items():
        idle, after = outcome.idle[name], outcome.loaded[name]
        sizes = [idle.pss, idle.rss, after.pss, after.rss]
        rows.append([name, str(took), str(after.processes), *map(_megabytes, sizes)])
    return [_row(row) for row in rows]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def _show(spread: Spread | None) -> str:
    return "-" if spread is None else str(spread)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
