"""The servers under test, each started on the same data."""

from __future__ import annotations

import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.data import Prepared
from bench.errors import BenchError
from bench.processes import Running, free_port, start
from bench.rivals import oxigraph, rdflib_endpoint
from bench.workload import JSON

KG, OXIGRAPH, RDFLIB = "kg", "oxigraph", "rdflib-endpoint"
SERVERS = (KG, OXIGRAPH, RDFLIB)

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """A server that answers at `127.0.0.1:port`, queries at `path`."""

    name: str
    port: int
    path: str
    running: Running

    def ask(self, query: str, accept: str = JSON, timeout_s: float = 60) -> tuple[int, bytes]:
        """Send one query; gives the status and the body."""
        return ask(self.port, self.path, query, accept, timeout_s)

    def read(self, path: str) -> str:
        """Get another address as text."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())


@dataclass(frozen=True)
class Serving:
    """How to start this service: from which checkout, with which options of `kg serve`."""

    tree: Path = ROOT
    options: tuple[str, ...] = ()


def start_server(name: str, data: Prepared, cache: Path, serving: Serving) -> Server:
    """Start a server by name and wait until it answers.

    Raises:
        BenchError: when it ends, or answers with an error.
    """
    port = free_port()
    command, path = _command(name, data, cache, port, serving.options)

    def is_ready() -> bool:
        try:
            status, body = ask(port, path, "ASK {}", JSON, 2)
        except (OSError, http.client.HTTPException):
            return False
        if status not in (200, 503):
            text = body[:300].decode("utf-8", "replace")
            raise BenchError(f"{name} answers {status} to the first query: {text}")
        return status == 200

    running = start(command, cache / "run" / f"{name}-{port}", is_ready, cwd=serving.tree)
    return Server(name, port, path, running)


def _command(
    name: str, data: Prepared, cache: Path, port: int, options: Sequence[str]
) -> tuple[list[str], str]:
    if name == OXIGRAPH:
        place = ["-l", str(data.store), "--bind", f"127.0.0.1:{port}"]
        return [oxigraph(cache), "serve-read-only", *place], "/query"
    if name == RDFLIB:
        place = ["--host", "127.0.0.1", "--port", str(port), str(data.file)]
        return [rdflib_endpoint(cache), "serve", *place], "/"
    place = ["--release", str(data.release), "--port", str(port), *options]
    return [sys.executable, "-m", "kg", "serve", *place], "/sparql"


def ask(port: int, path: str, query: str, accept: str, timeout_s: float) -> tuple[int, bytes]:
    """Send one query; gives the status and the body.

    Raises:
        OSError: when nobody answers.
    """
    url = f"http://127.0.0.1:{port}{path}?query={quote(query, safe='')}"
    asked = urllib.request.Request(url, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(asked, timeout=timeout_s) as answer:
            return int(answer.status), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
