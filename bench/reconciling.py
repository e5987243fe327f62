"""How fast `/reconcile` answers batches of ten names, over HTTP, in small data and in large."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles
from urllib.parse import urlencode

from bench.data import Prepared, Tell, build_project
from bench.entities import BASE, read_names, write_entities
from bench.errors import BenchError
from bench.matching import read_pairs
from bench.servers import KG, ROOT, Serving, start_server
from kg.publish import publish
from kg.release import Release, open_release

BATCH = 10
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Latency:
    """Times of batches in milliseconds; `first_ms` is the very first, which makes the index."""

    data: str
    first_ms: float
    p50_ms: float
    p95_ms: float
    goal_ms: float


def measure(cache: Path, things: int, batches: int, tell: Tell) -> list[Latency]:
    """Ask for the hard pairs in this project, and for changed names among generated things."""
    project = build_project(cache, ROOT, tell)
    pairs = read_pairs(project.manifest.prefixes, project.manifest.base)
    many = _prepare(cache, things, tell)
    return [
        _ask(project, "this project", [pair.sought for pair in pairs], batches, 20, cache),
        _ask(many, f"{things:,} things", read_names(many.dump), batches, 100, cache),
    ]


def to_markdown(found: Sequence[Latency]) -> str:
    """Write a table, one row for each graph."""
    lines = ["| data | first batch | p50 | p95 | goal |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {one.data} | {one.first_ms:,.0f} ms | {one.p50_ms:.1f} ms | {one.p95_ms:.1f} ms "
        f"| p95 < {one.goal_ms:.0f} ms |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def _prepare(cache: Path, things: int, tell: Tell) -> Release:
    """Publish generated things, unless they are there."""
    folder = cache / f"entities-{things}"
    release, file = folder / "release", folder / "entities.nt"
    if not (release / "release.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        tell(f"generating {things:,} things")
        write_entities(file, things)
        tell("publishing them")
        publish([file], release, BASE)
    return open_release(release)


def _ask(
    release: Release, data: str, names: list[str], batches: int, goal_ms: float, cache: Path
) -> Latency:
    prepared = Prepared(data, 0, release.path, release.path, release.path, (), {})
    server = start_server(KG, prepared, cache, Serving())
    try:
        client, chance = (
            http.client.HTTPConnection("127.0.0.1", server.port, timeout=120),
            Random(1),
        )
        first = _send(client, names[:1])
        times = [_send(client, chance.sample(names, BATCH)) for _ in range(batches)]
    finally:
        server.running.stop()
    cuts = quantiles(times, n=20)
    return Latency(data, first, cuts[9], cuts[18], goal_ms)


def _send(client: http.client.HTTPConnection, names: Sequence[str]) -> float:
    queries = {f"q{number}": {"query": name} for number, name in enumerate(names)}
    body = urlencode({"queries": json.dumps(queries)})
    began = time.perf_counter()
    client.request("POST", "/reconcile", body, FORM)
    answer = client.getresponse()
    found = json.load(answer)
    taken = (time.perf_counter() - began) * 1000
    if answer.status != 200 or len(found) != len(names):
        raise BenchError(f"/reconcile answers {answer.status} to a batch of {len(names)} names")
    return taken
