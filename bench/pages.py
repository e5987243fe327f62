"""Measure entity pages beside a bare Flask route that returns as many bytes."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path
from statistics import mean
from urllib.parse import quote

from pyoxigraph import NamedNode, RdfFormat, parse

from bench.data import Prepared
from bench.errors import BenchError
from bench.figures import Cell, Spread
from bench.graph import LABEL
from bench.load import send
from bench.processes import free_port, start
from bench.report import Machine
from bench.servers import KG, Server, Serving, start_server
from kg.release import open_release

Tell = Callable[[str], None]

BARE = "bare"
KEPT, RENDERED = "kept", "rendered"
MOST_PAGES, PAGES_KEPT = 1000, 100
GOAL = 1 / 3

_SERIALS = count(1_000_000, 1_000_000)


@dataclass(frozen=True)
class Page:
    """A thing's page: its address, with a query in it, and how many bytes it has."""

    path: str
    size: int


@dataclass
class Outcome:
    """What was measured on one graph; the pages' bytes, and what went wrong."""

    data: Prepared
    pages: list[Page] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)


def measure(
    data: Prepared,
    cache: Path,
    tell: Tell,
    *,
    connections: Sequence[int],
    rounds: int,
    seconds: float,
    serving: Serving,
) -> Outcome:
    """Ask both in turn, round after round: pages that are kept, and pages made for each request."""
    outcome = Outcome(data)
    one_process = replace(serving, options=(*serving.options, "--workers=1"))
    with _started(data, cache, one_process, tell) as servers:
        pages = outcome.pages = find_pages(data, servers[0], tell)
        cells = {
            (mode, number): Cell("page", mode, number, rates={}, work={})
            for mode in (KEPT, RENDERED)
            for number in connections
        }
        for turn in range(rounds):
            for place, (mode, number) in enumerate(cells):
                tell(f"round {turn + 1}/{rounds}: {mode}, {number} connections")
                for server in servers[:: 1 if (turn + place) % 2 else -1]:
                    _ask(outcome, cells[mode, number], server, pages, seconds)
        outcome.cells = list(cells.values())
    return outcome


def find_pages(data: Prepared, server: Server, tell: Tell) -> list[Page]:
    """Choose things that have a label, evenly among all, and get the page of each once."""
    base = open_release(data.release).manifest.base
    parsed = parse(path=data.file, format=RdfFormat.N_TRIPLES)
    subjects = {quad.subject for quad in parsed if quad.predicate.value == LABEL}
    things = sorted(thing.value for thing in subjects if isinstance(thing, NamedNode))
    chosen = things[:: -(-len(things) // MOST_PAGES)]
    tell(f"getting the pages of {len(chosen):,} things of {len(things):,}")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    found = []
    for thing in chosen:
        path = to_path(thing, base)
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise BenchError(f"{path} is answered with {answer.status}: {body[:300]!r}")
        found.append(Page(path, len(body)))
    connection.close()
    return found


def to_path(thing: str, base: str) -> str:
    """Give the address of a thing's page; it ends in a query, to which more can be added.

    >>> to_path("https://example.org/id/person/ada", "https://example.org/")
    '/doc/person/ada?'
    """
    own = thing.removeprefix(f"{base}id/")
    return f"/doc/{own}?" if own != thing else f"/resource?iri={quote(thing, safe='')}"


def to_script(name: str, port: int, pages: Sequence[Page], first: int | None) -> str:
    """Write the Lua script that asks for pages in turn; numbered from `first`, none is kept."""
    paths = [page.path if name == KG else f"/{page.size}?" for page in pages]
    listed = ", ".join(f'"{path}"' for path in paths)
    number = "" if first is None else ' .. "&n=" .. serial'
    headers = f" HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\nAccept: text/html\\r\\n\\r\\n"
    return (
        f"local paths = {{ {listed} }}\n"
        f"local serial = {first or 0}\n"
        "request = function()\n"
        "  serial = serial + 1\n"
        f'  return "GET " .. paths[serial % #paths + 1]{number} .. "{headers}"\n'
        "end\n"
    )


def to_markdown(outcomes: Sequence[Outcome], machine: Machine) -> str:
    """Write a table for each graph."""
    text = [
        "# Pages",
        "",
        f"{machine.cores} cores, Python {machine.python}. Ratios compare requests/s within one "
        "round, processor time per request likewise; median and, in brackets, least and greatest.",
    ]
    for outcome in outcomes:
        sizes = [page.size for page in outcome.pages]
        text += [
            "",
            f"## {outcome.data.name}",
            "",
            f"{len(sizes):,} pages of {min(sizes):,} to {max(sizes):,} bytes, "
            f"{mean(sizes):,.0f} on average.",
            "",
            "| | connections | bare, requests/s | page, requests/s | page / bare | goal "
            "| bare, ms of processor | page, ms |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *(_row(cell) for cell in outcome.cells),
        ]
        notes = [f"- {n:,} requests not answered: {name}" for name, n in outcome.failures.items()]
        text += ["", *notes] if notes else []
    return "\n".join(text) + "\n"


def to_json(outcomes: Sequence[Outcome], machine: Machine) -> str:
    """Write every figure, round by round."""
    graphs = [
        {
            "graph": outcome.data.name,
            "page_bytes": [page.size for page in outcome.pages],
            "requests_per_second": [asdict(cell) for cell in outcome.cells],
            "failures": outcome.failures,
        }
        for outcome in outcomes
    ]
    return json.dumps({"machine": asdict(machine), "graphs": graphs}, indent=2) + "\n"


@contextmanager
def _started(
    data: Prepared, cache: Path, serving: Serving, tell: Tell
) -> Iterator[tuple[Server, Server]]:
    """Start this service and the bare route, one web process each."""
    tell("starting both")
    service = start_server(KG, data, cache, serving)
    try:
        bare = _start_bare(cache, serving)
        try:
            yield service, bare
        finally:
            bare.running.stop()
    finally:
        service.running.stop()


def _start_bare(cache: Path, serving: Serving) -> Server:
    port = free_port()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)

    def is_ready() -> bool:
        try:
            connection.request("GET", "/1")
            return connection.getresponse().read() == b"<"
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    command = [sys.executable, "-m", "bench.bare", str(port)]
    running = start(command, cache / "run" / f"{BARE}-{port}", is_ready, cwd=serving.tree)
    return Server(BARE, port, "/", running)


def _ask(
    outcome: Outcome, cell: Cell, server: Server, pages: Sequence[Page], seconds: float
) -> None:
    """Measure one server in one cell; a rate counts when every request was answered."""
    kept = cell.mode == KEPT
    asked = pages[:: -(-len(pages) // PAGES_KEPT)] if kept else pages
    script = to_script(server.name, server.port, asked, None if kept else next(_SERIALS))
    folder = server.running.folder
    if kept:
        send(script, server.port, connections=1, seconds=1, folder=folder)
    before = server.running.work_s()
    load = send(script, server.port, connections=cell.connections, seconds=seconds, folder=folder)
    spent = server.running.work_s() - before
    fine = load.requests > 0 and not load.failed
    cell.rates.setdefault(server.name, []).append(load.rate if fine else None)
    cell.work.setdefault(server.name, []).append(1000 * spent / load.requests if fine else None)
    if not fine:
        name = f"{server.name}: {cell.mode}, {cell.connections} connections"
        outcome.failures[name] = outcome.failures.get(name, 0) + (load.failed or 1)


def _row(cell: Cell) -> str:
    ratio = cell.ratio(KG, BARE)
    missed = " **missed**" if ratio is not None and ratio.median < GOAL else ""
    shown = (
        cell.mode,
        cell.connections,
        _show(cell.rate(BARE)),
        _show(cell.rate(KG)),
        _show(ratio),
        f"1/3{missed}",
        _show(cell.work_each(BARE)),
        _show(cell.work_each(KG)),
    )
    return f"| {' | '.join(map(str, shown))} |"


def _show(spread: Spread | None) -> str:
    return "-" if spread is None else str(spread)
