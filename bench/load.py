"""Drive wrk: write the script that makes the requests, run it, read what it measured."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

from bench.errors import BenchError
from bench.rivals import wrk
from bench.servers import Server
from bench.workload import SKIPS, STRIDE, Kind

_SERIALS = count(1_000_000, 1_000_000)
_REPEATED = 7


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests/s, the median and 99th percentile in ms, and what went wrong."""

    requests: int
    rate: float
    p50_ms: float
    p99_ms: float
    failed: int
    bytes_each: float


def drive(
    server: Server, kind: Kind, *, repeated: bool, connections: int, seconds: float, folder: Path
) -> Load:
    """Ask a server as fast as it answers, over so many connections, for so long.

    Repeated, every request is the same; otherwise no two are, not even in two calls.
    """
    first = _REPEATED if repeated else next(_SERIALS)
    text = to_script(server, kind, first, repeated=repeated)
    return send(text, server.port, connections=connections, seconds=seconds, folder=folder)


def send(text: str, port: int, *, connections: int, seconds: float, folder: Path) -> Load:
    """Send the requests that a Lua script makes, as fast as they are answered."""
    script = folder / "requests.lua"
    script.write_text(text, encoding="utf-8")
    whole = max(1, round(seconds))
    command = [wrk(), "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "30s", "--latency"]
    url = f"http://127.0.0.1:{port}/"
    done = subprocess.run(
        [*command, "-s", str(script), url], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"wrk failed: {(done.stderr or done.stdout).strip()[-400:]}")
    return read_report(done.stdout)


def to_script(server: Server, kind: Kind, first: int, *, repeated: bool) -> str:
    """Write the Lua script that makes a kind's requests, counting on from `first`."""
    headers = f" HTTP/1.1\\r\\nHost: 127.0.0.1:{server.port}\\r\\nAccept: {kind.accept}\\r\\n\\r\\n"
    if repeated:
        path = f"{server.path}?query={quote(kind.text(first), safe='')}"
        return f'local text = "GET {path}{headers}"\nrequest = function() return text end\n'
    slots = {
        "thing": f"things[serial * {STRIDE} % #things + 1]",
        "serial": "serial",
        "skip": f"serial % {SKIPS}",
    }
    parts = kind.parts()
    joined = [slots[part] if index % 2 else f'"{part}"' for index, part in enumerate(parts)]
    things = ", ".join(f'"{quote(thing, safe="")}"' for thing in kind.things)
    return (
        f"local things = {{ {things} }}\n"
        f"local serial = {first}\n"
        "request = function()\n"
        "  serial = serial + 1\n"
        f'  return "GET {server.path}?query=" .. {" .. ".join(joined)} .. "{headers}"\n'
        "end\n"
    )


def read_report(text: str) -> Load:
    """Read what wrk printed."""
    total = re.search(r"(\d+) requests in ([\d.]+)(\w+), ([\d.]+)(\w+) read", text)
    if total is None:
        raise BenchError(f"wrk printed something unknown: {text.strip()[:400]}")
    requests, seconds = int(total[1]), _seconds(total[2], total[3])
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    failed = sum(map(int, errors.groups())) if errors else 0
    return Load(
        requests=requests,
        rate=requests / seconds,
        p50_ms=_latency(text, "50"),
        p99_ms=_latency(text, "99"),
        failed=failed + (int(refused[1]) if refused else 0),
        bytes_each=_bytes(total[4], total[5]) / max(1, requests),
    )


def _latency(text: str, percent: str) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(\w+)", text)
    return 1000 * _seconds(found[1], found[2]) if found else 0.0


def _seconds(number: str, unit: str) -> float:
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}[unit]


def _bytes(number: str, unit: str) -> float:
    return float(number) * {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}[unit]
