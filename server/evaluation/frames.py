"""What web processes, workers and foreman say to each other over their sockets."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache

from server.evaluation.answers import QueryRequest
from server.limits import Limits

REQUEST = struct.Struct("<16sdddI")
"""Identifier, times of sending and of the latest start (monotonic), limit in s, length."""
REPLY = struct.Struct("<B?3fQ")
"""Outcome, whether blank nodes are named, milliseconds of each stage, length of the body."""
SLOT = struct.Struct("<16sd")
"""What a worker has in hand: the request's identifier and when it began; zeros when idle."""

INLINE, FILE, REFUSED, LEFT = 0, 1, 2, 3
"""Outcomes; the last says that the worker leaves, and begins nothing more of what it was sent."""
NOBODY = bytes(16)
FAST_STRETCH = 2
"""How many times the limit of processor time a query may stay in the fast lane, by the clock."""
READ_BYTES = 64 * 1024
"""How much of an answer is taken at once."""

_SHORT = 100

Ears = dict[str, socket.socket]
"""The listening sockets by name: fast, slow, federated, control."""


@dataclass(frozen=True)
class Addresses:
    """Where the lanes and the foreman listen; names of the abstract kind begin with a zero."""

    fast: str
    slow: str
    federated: str
    control: str


@dataclass(frozen=True)
class Setup:
    """What the evaluator is told at its start: the release, the limits, its listening sockets."""

    release_dir: str
    limits: Limits
    ears: Mapping[str, int]

    def to_line(self) -> bytes:
        """Write it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Setup:
        """Read what `to_line` wrote."""
        given = json.loads(line)
        limits = given["limits"]
        limits["allow_service"] = tuple(limits["allow_service"])
        return cls(given["release_dir"], Limits(**limits), given["ears"])


def to_payload(request: QueryRequest) -> bytes:
    """Write a query for a worker: a line with all else, then the query's text."""
    plain = not request.default_graphs and not request.named_graphs
    write = _write_rest if plain else _write_rest.__wrapped__  # what visitors choose has no end
    rest = write(request.format, request.default_graphs, request.named_graphs, request.checked)
    return rest + request.query.encode("utf-8", "surrogatepass")


def from_payload(payload: bytes) -> QueryRequest:
    """Read what `to_payload` wrote."""
    rest, _, text = payload.partition(b"\n")
    read = _read_rest if len(rest) <= _SHORT else _read_rest.__wrapped__
    return QueryRequest(text.decode("utf-8", "surrogatepass"), *read(rest))


@lru_cache(maxsize=256)
def _write_rest(
    format: str, default_graphs: tuple[str, ...], named_graphs: tuple[str, ...], checked: bool
) -> bytes:
    return json.dumps((format, default_graphs, named_graphs, checked)).encode() + b"\n"


@lru_cache(maxsize=256)
def _read_rest(rest: bytes) -> tuple[str, tuple[str, ...], tuple[str, ...], bool]:
    format, default_graphs, named_graphs, checked = json.loads(rest)
    return format, tuple(default_graphs), tuple(named_graphs), checked
