"""The command line of the benchmarks: tables to stdout, talk to stderr."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from bench import hostile as hostility
from bench import matching as matched
from bench import pages as visiting
from bench import reconciling
from bench.data import Prepared, build_project, prepare_events, prepare_project
from bench.graph import LEAST, write_graph
from bench.report import this_machine, to_json, to_markdown
from bench.rivals import versions, wrk
from bench.rounds import Plan, measure
from bench.servers import ROOT, SERVERS, Serving
from kg.errors import KnowledgeError

CACHE = ROOT / ".bench"
SIZES = {"small": 3_000, "large": 1_000_000}
KINDS = ("small", "rows", "construct", "ask", "star", "path", "aggregate")

_GRAPH_HELP = "project, small (3,000 triples), large (1,000,000), or a number of triples."


_TREE = click.option(
    "--tree",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=ROOT,
    help="Serve with the code of another checkout, to compare two versions.",
)
_OPTION = click.option(
    "--option", "options", multiple=True, help="Passed on to kg serve; repeatable."
)


class _Main(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KnowledgeError as error:
            click.echo(str(error), err=True)
            sys.exit(1)


@click.group(cls=_Main)
def main() -> None:
    """Measure this service beside other SPARQL servers; bench/README.md says how to read it."""
    # So that a benchmark that is ended stops the servers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@main.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--triples", type=click.IntRange(LEAST), default=1_000_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def generate(out: Path, triples: int, seed: int) -> None:
    """Write a graph of people and events as N-Triples."""
    write_graph(out, triples, seed)


@main.command()
@click.option(
    "--graph", "graphs", multiple=True, default=("project", "small", "large"), help=_GRAPH_HELP
)
@click.option("--server", "servers", multiple=True, type=click.Choice(SERVERS), default=SERVERS)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS)
@click.option("--connections", multiple=True, type=click.IntRange(1), default=(1, 16))
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option(
    "--seconds",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How long each server is asked in each cell of each round.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the generated graphs.")
@_TREE
@_OPTION
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=CACHE / "results")
def run(
    graphs: tuple[str, ...],
    servers: tuple[str, ...],
    kinds: tuple[str, ...],
    connections: tuple[int, ...],
    rounds: int,
    seconds: int,
    seed: int,
    tree: Path,
    options: tuple[str, ...],
    out: Path,
) -> None:
    """Measure requests/s, start-up time and memory of all servers, side by side."""
    wrk()
    plan = Plan(servers, kinds, connections, rounds, seconds, serving=Serving(tree, options))
    machine = this_machine(versions(CACHE))
    prepared = [_prepare(graph, seed) for graph in graphs]
    outcomes = []
    out.mkdir(parents=True, exist_ok=True)
    for data in prepared:
        outcomes.append(measure(data, plan, CACHE, _tell))
        (out / "rates.json").write_text(to_json(outcomes, machine), encoding="utf-8")
        (out / "rates.md").write_text(to_markdown(outcomes, machine), encoding="utf-8")
    click.echo(to_markdown(outcomes, machine), nl=False)


@main.command()
@click.option("--graph", default="large", show_default=True, help=_GRAPH_HELP)
@click.option("--seconds", type=click.IntRange(10), default=300, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--one-address", is_flag=True, help="Let all hostile clients share one address.")
@_TREE
@_OPTION
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=CACHE / "results")
def hostile(
    graph: str,
    seconds: int,
    seed: int,
    one_address: bool,
    tree: Path,
    options: tuple[str, ...],
    out: Path,
) -> None:
    """Let 8 clients send nothing but killers beside 4 ordinary ones; exit code 1 if one suffers."""
    found = hostility.measure(
        _prepare(graph, seed),
        seconds,
        CACHE,
        _tell,
        serving=Serving(tree, options),
        one_address=one_address,
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / "hostile.json").write_text(hostility.to_json(found), encoding="utf-8")
    (out / "hostile.md").write_text(hostility.to_markdown(found), encoding="utf-8")
    click.echo(hostility.to_markdown(found), nl=False)
    sys.exit(0 if found.is_unharmed else 1)


@main.command()
def matching() -> None:
    """Match the hard pairs against this project's release; exit code 1 if the goal is missed."""
    release = build_project(CACHE, ROOT, _tell)
    found = matched.measure(release)
    click.echo(matched.to_markdown(found, release.manifest.base), nl=False)
    sys.exit(0 if found.reaches_goal else 1)


@main.command()
@click.option("--things", type=click.IntRange(4_000), default=100_000, show_default=True)
@click.option("--batches", type=click.IntRange(40), default=300, show_default=True)
def reconcile(things: int, batches: int) -> None:
    """Time batches of ten names at /reconcile, here and among many generated things."""
    click.echo(
        reconciling.to_markdown(reconciling.measure(CACHE, things, batches, _tell)), nl=False
    )


@main.command()
@click.option("--graph", "graphs", multiple=True, default=("project", "large"), help=_GRAPH_HELP)
@click.option("--connections", multiple=True, type=click.IntRange(1), default=(1, 16))
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the generated graphs.")
@_TREE
@_OPTION
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=CACHE / "results")
def pages(
    graphs: tuple[str, ...],
    connections: tuple[int, ...],
    rounds: int,
    seconds: int,
    seed: int,
    tree: Path,
    options: tuple[str, ...],
    out: Path,
) -> None:
    """Measure entity pages beside a bare Flask route that returns as many bytes."""
    wrk()
    machine = this_machine({})
    outcomes = []
    out.mkdir(parents=True, exist_ok=True)
    for graph in graphs:
        found = visiting.measure(
            _prepare(graph, seed, rivals=False),
            CACHE,
            _tell,
            connections=connections,
            rounds=rounds,
            seconds=seconds,
            serving=Serving(tree, options),
        )
        outcomes.append(found)
        (out / "pages.json").write_text(visiting.to_json(outcomes, machine), encoding="utf-8")
        (out / "pages.md").write_text(visiting.to_markdown(outcomes, machine), encoding="utf-8")
    click.echo(visiting.to_markdown(outcomes, machine), nl=False)


def _prepare(graph: str, seed: int, *, rivals: bool = True) -> Prepared:
    if graph == "project":
        return prepare_project(CACHE, ROOT, _tell, rivals=rivals)
    triples = SIZES.get(graph) or (int(graph) if graph.isdecimal() else 0)
    if triples < LEAST:
        raise click.BadParameter(f"{graph!r} is no graph; take {_GRAPH_HELP}")
    return prepare_events(CACHE, triples, seed, _tell, rivals=rivals)


def _tell(step: str) -> None:
    click.echo(step, err=True)
