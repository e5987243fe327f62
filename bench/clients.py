"""Clients that ask one query after another, each from an address of its own."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote

from bench.killers import KILLERS
from bench.workload import JSON, Kind

TIMEOUT_S = 60.0
TAIL_BYTES = 200_000


@dataclass(frozen=True)
class Target:
    """Where to send requests, and for how long: until `time.time()` reaches `end`."""

    port: int
    path: str
    end: float


@dataclass(frozen=True)
class Sent:
    """One request and what became of it.

    `status` is 0 when there was no answer; `is_whole` is false for an answer that is cut or
    broken; `at` is seconds since the epoch; `reason` is the setting that a refusal names, or the
    kind of its problem.
    """

    name: str
    at: float
    seconds: float
    status: int
    is_whole: bool
    reason: str = ""


def ask_ordinary(
    target: Target, kinds: tuple[Kind, ...], clients: int, pause_s: float
) -> list[Sent]:
    """Let clients ask queries of every kind in turn, no text twice."""

    def questions(client: int) -> Iterator[tuple[str, str, str]]:
        for serial in count(client * 10_000_000 + int(time.time()) % 10_000_000):
            kind = kinds[serial % len(kinds)]
            yield kind.name, kind.text(serial), kind.accept

    return _run(target, clients, pause_s, questions, lambda client: f"127.0.2.{client + 1}")


def ask_hostile(target: Target, clients: int, pause_s: float, one_address: bool) -> list[Sent]:
    """Let clients ask nothing but killers, each beginning with another one."""
    names = list(KILLERS)

    def questions(client: int) -> Iterator[tuple[str, str, str]]:
        for number in count():
            name = names[(client + number) % len(names)]
            yield name, KILLERS[name](client * 10_000_000 + number), JSON

    def address(client: int) -> str:
        return "127.0.1.1" if one_address else f"127.0.1.{client + 1}"

    return _run(target, clients, pause_s, questions, address)


def _run(
    target: Target,
    clients: int,
    pause_s: float,
    questions: Callable[[int], Iterator[tuple[str, str, str]]],
    address: Callable[[int], str],
) -> list[Sent]:
    """Run the clients as threads and gather what they saw."""
    gathered: list[Sent] = []

    def work(client: int) -> None:
        for name, query, accept in questions(client):
            if time.time() >= target.end:
                return
            gathered.append(_send(target, name, query, accept, address(client)))
            time.sleep(pause_s)

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return gathered


def _send(target: Target, name: str, query: str, accept: str, address: str) -> Sent:
    """Send one query over a connection of its own and read the whole answer."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", target.port, timeout=TIMEOUT_S, source_address=(address, 0)
    )
    at, began = time.time(), time.perf_counter()
    status, is_whole, reason = 0, False, ""
    try:
        if len(query) < 2000:
            path = f"{target.path}?query={quote(query, safe='')}"
            connection.request("GET", path, headers={"Accept": accept})
        else:
            headers = {"Accept": accept, "Content-Type": "application/sparql-query"}
            connection.request("POST", target.path, query.encode(), headers)
        answer = connection.getresponse()
        status = answer.status
        is_whole, reason = _read(answer, accept)
    except (OSError, http.client.HTTPException) as error:
        is_whole = False
        reason = type(error).__name__
    finally:
        connection.close()
    return Sent(name, at, time.perf_counter() - began, status, is_whole, reason)


def _read(answer: http.client.HTTPResponse, accept: str) -> tuple[bool, str]:
    """Read an answer to its end; tell whether it is whole, and why it is refused."""
    parts: list[bytes] = []
    held = 0
    while part := answer.read(65536):
        held += len(part)
        parts = [*parts, part] if held <= TAIL_BYTES else [*parts[-1:], part]
    body = b"".join(parts)
    if answer.status != 200:
        return True, _find_reason(body)
    if held > TAIL_BYTES:
        return body.rstrip().endswith(b"}"), ""
    if accept != JSON:
        return body.rstrip().endswith(b"."), ""
    try:
        json.loads(body)
    except ValueError:
        return False, ""
    return True, ""


def _find_reason(problem: bytes) -> str:
    try:
        said = json.loads(problem)
        return str(said.get("limit") or said["type"].rpartition("#")[2])
    except (ValueError, AttributeError, KeyError):
        return "no problem document"
