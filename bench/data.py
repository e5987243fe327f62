"""The graphs to measure on, prepared once for every server and kept under `.bench/`."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import DefaultGraph, RdfFormat, parse, serialize

from bench.errors import BenchError
from bench.graph import Size, write_graph
from bench.rivals import oxigraph
from bench.workload import Kind, ask_any, ask_events
from kg.build import build
from kg.errors import ReleaseError
from kg.freshness import is_current
from kg.publish import publish
from kg.release import Release, open_release

Tell = Callable[[str], None]

_BASE = "http://127.0.0.1/"


@dataclass(frozen=True)
class Prepared:
    """A graph that each server can start on.

    `release` is for this service, `store` for Oxigraph (if it was asked for), `file` (N-Triples,
    the default graph) for rdflib-endpoint. `seconds` says how long each took to make.
    """

    name: str
    triples: int
    release: Path
    store: Path
    file: Path
    kinds: tuple[Kind, ...]
    seconds: dict[str, float]


def prepare_events(
    cache: Path, triples: int, seed: int, tell: Tell, *, rivals: bool = True
) -> Prepared:
    """Generate a graph of people and events and load it for every server, unless it is there."""
    folder = cache / f"events-{triples}-{seed}"
    file, release, store = folder / "events.nt", folder / "release", folder / "oxigraph"
    folder.mkdir(parents=True, exist_ok=True)
    seconds = _read_seconds(folder)
    if not file.exists():
        tell(f"generating {triples:,} triples")
        seconds["generate"] = _time(lambda: write_graph(file, triples, seed))
    if not _is_usable(release):
        tell("publishing them for kg")
        shutil.rmtree(release, ignore_errors=True)
        seconds["kg"] = _time(lambda: publish([file], release, _BASE))
    if rivals and not store.is_dir():
        tell("loading them into Oxigraph")
        seconds["oxigraph"] = _time(lambda: _load(cache, store, file))
    _write_seconds(folder, seconds)
    kinds = ask_events(Size(triples))
    return Prepared(f"events, {triples:,} triples", triples, release, store, file, kinds, seconds)


def build_project(cache: Path, root: Path, tell: Tell) -> Release:
    """Build a project's release, unless it is there."""
    release = cache / "project" / "release"
    if not (_is_usable(release) and is_current(open_release(release), root)):
        tell("building the project's release")
        release.parent.mkdir(parents=True, exist_ok=True)
        return build(root, release)
    return open_release(release)


def prepare_project(cache: Path, root: Path, tell: Tell, *, rivals: bool = True) -> Prepared:
    """Build a project's release and load the same dataset for the others."""
    folder = cache / "project"
    release, store, file = folder / "release", folder / "oxigraph", folder / "default.nt"
    folder.mkdir(parents=True, exist_ok=True)
    seconds = _read_seconds(folder)
    if not (_is_usable(release) and is_current(open_release(release), root)):
        tell("building the project's release")
        seconds["kg"] = _time(lambda: build(root, release))
        shutil.rmtree(store, ignore_errors=True)
    opened = open_release(release)
    quads = list(parse(path=opened.dump, format=RdfFormat.N_QUADS))
    triples = [quad.triple for quad in quads if isinstance(quad.graph_name, DefaultGraph)]
    with file.open("wb") as out:
        serialize(triples, out, RdfFormat.N_TRIPLES)
    if rivals and not store.is_dir():
        seconds["oxigraph"] = _time(lambda: _load(cache, store, opened.dump))
    _write_seconds(folder, seconds)
    name = f"{opened.manifest.name}, {len(quads):,} quads"
    return Prepared(name, len(quads), release, store, file, ask_any(triples), seconds)


def _load(cache: Path, store: Path, file: Path) -> None:
    part = store.with_name(".oxigraph.part")
    shutil.rmtree(part, ignore_errors=True)
    for step in (["load", "-l", str(part), "-f", str(file)], ["optimize", "-l", str(part)]):
        done = subprocess.run([oxigraph(cache), *step], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"oxigraph {step[0]} failed: {done.stderr.strip()[-400:]}")
    part.rename(store)


def _is_usable(release: Path) -> bool:
    try:
        open_release(release)
    except ReleaseError:
        return False
    return True


def _time(step: Callable[[], object]) -> float:
    began = time.monotonic()
    step()
    return round(time.monotonic() - began, 2)


def _read_seconds(folder: Path) -> dict[str, float]:
    try:
        found = json.loads((folder / "seconds.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): float(value) for name, value in found.items()}


def _write_seconds(folder: Path, seconds: dict[str, float]) -> None:
    (folder / "seconds.json").write_text(json.dumps(seconds))
