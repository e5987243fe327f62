"""A worker: one process that answers one query at a time, under limits the kernel keeps."""

from __future__ import annotations

import errno
import json
import mmap
import os
import resource
import select
import signal
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from types import FrameType
from typing import NoReturn

from kg.errors import KnowledgeError, QueryError
from kg.store import EmbeddedStore
from server.evaluation import system
from server.evaluation.answers import FederationError, Lane, answer
from server.evaluation.frames import (
    FAST_STRETCH,
    FILE,
    INLINE,
    LEFT,
    NOBODY,
    READ_BYTES,
    REFUSED,
    REPLY,
    REQUEST,
    SLOT,
    from_payload,
)
from server.evaluation.spool import INLINE_BYTES, NoRoomError, Spool, UnwritableError
from server.limits import Limits, ResultLimitError

_STRETCH_S = 0.002
"""How long from its first query on a worker serves one connection while others wait for it."""
_HOLD_S = 0.001
_HANGS_UP = getattr(select, "POLLRDHUP", select.POLLHUP)
_NOTICED_BYTES = 1_000_000
_NICE = {"slow": 10, "federated": 5}


@dataclass
class Post:
    """Where a worker works: its lane, its listening socket, its slot in the shared table."""

    lane: Lane
    ear: socket.socket
    slots: mmap.mmap
    slot: int


@dataclass
class Data:
    """What a worker answers from; `length` is what the evaluator takes with it, in bytes."""

    store: EmbeddedStore
    prefixes: Mapping[str, str]
    length: int


class Worker:
    """Answers queries until it has answered enough of them or is told to stop."""

    def __init__(self, post: Post, data: Data, limits: Limits) -> None:
        self._post = post
        self._data = data
        self._limits = limits
        self._busy = False
        self._stopping = False
        self._worn = False
        self._answered = 0
        self._timed = self._timed_s = 0.0
        self._size = 0
        self._owned = 0
        self._replies: list[bytes] = []

    def run(self) -> NoReturn:
        """Shut the doors, then work; the process ends here."""
        self._shut_doors()
        listening = select.poll()
        listening.register(self._post.ear, select.POLLIN)
        ear, conn, until = self._post.ear.fileno(), None, inf
        while not self._is_done():
            ready = [number for number, _ in listening.poll()]
            if conn is not None and conn.fileno() in ready:
                now = time.monotonic()
                if len(ready) < 2 or now < until:
                    until = min(until, now + _STRETCH_S)
                    if self._serve(conn):
                        continue
            if conn is not None and (ear in ready or conn.fileno() in ready):
                listening.unregister(conn)
                _leave(conn)
                conn = None
            if conn is None:
                conn, until = self._accept(), inf
                if conn is not None:
                    listening.register(conn, select.POLLIN)
        if conn is not None:
            _leave(conn)
        os._exit(0)

    def _is_done(self) -> bool:
        """Tell whether another worker is to take this one's place."""
        return self._stopping or self._worn or self._answered >= self._limits.worker_queries

    def _shut_doors(self) -> None:
        """Take away what no evaluation needs: network, other programs, memory without end."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self._post.lane == "fast":
            system.wait_for_turns()
        if self._post.lane != "federated":
            system.leave_network()
            system.forbid_calls()
        os.nice(_NICE.get(self._post.lane, 0))
        self._size = system.cap_memory(self._limits.query_memory_bytes)
        signal.signal(signal.SIGTERM, self._stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        if not self._busy:
            os._exit(0)

    def _accept(self) -> socket.socket | None:
        try:
            conn, _ = self._post.ear.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None  # another worker was faster
        conn.setblocking(True)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * INLINE_BYTES)
        return conn

    def _serve(self, conn: socket.socket) -> bool:
        """Answer what has come on a connection, in order; False when it is to be left.

        Answers that come quickly go back together.
        """
        self._busy = True
        try:
            return self._answer_all(conn)
        except OSError:
            return False
        finally:
            self._set_timers(0)
            self._timed = 0.0
            SLOT.pack_into(self._post.slots, self._post.slot * SLOT.size, NOBODY, 0)
            self._replies.clear()
            self._worn = self._worn or self._has_grown()
            self._busy = False

    def _set_timers(self, limit_s: float) -> None:
        """Have the kernel end this process at the limit; 0 takes that back.

        In the fast lane processor time counts, or else a busy machine would make queries slow
        ones that are not. They wait for nothing else, so the time by the clock is a backstop, no
        shorter for a short slice: so little time may pass before it is the process's turn.
        """
        if self._post.lane == "fast":
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            if limit_s:
                limit_s = FAST_STRETCH * max(limit_s, self._limits.query_time_fast_ms / 1000)
        signal.setitimer(signal.ITIMER_REAL, limit_s)

    def _answer_all(self, conn: socket.socket) -> bool:
        data, since = conn.recv(READ_BYTES), time.monotonic()
        if not data:
            return False
        while data:
            data = self._answer(conn, data)
            if self._is_done():
                break  # what is left is asked elsewhere
            if data and time.monotonic() - since > _HOLD_S:
                self._flush(conn)
                if _is_cut(conn):
                    return False
                since = time.monotonic()
        self._flush(conn)
        return True

    def _answer(self, conn: socket.socket, data: bytes) -> bytes:
        """Answer the query that `data` begins with; gives what comes after it."""
        while len(data) < REQUEST.size:
            data += _receive_more(conn)
        identifier, sent, latest, limit_s, length = REQUEST.unpack_from(data)
        now = time.monotonic()
        SLOT.pack_into(self._post.slots, self._post.slot * SLOT.size, identifier, now)
        if limit_s != self._timed_s or now - self._timed > _HOLD_S:
            self._set_timers(limit_s)
            self._timed, self._timed_s = now, limit_s
        end = REQUEST.size + length
        while len(data) < end:
            data += _receive_more(conn)
        self._answered += 1
        if now > latest:
            self._refuse("late", "")
        else:
            self._evaluate(conn, data[REQUEST.size : end], (now - sent) * 1000)
        return data[end:]

    def _evaluate(self, conn: socket.socket, payload: bytes, waited_ms: float) -> None:
        try:
            request = from_payload(payload)
            spool, stages = answer(self._data.store, request, self._limits, self._data.prefixes)
        except KnowledgeError as error:
            self._explain(error)
        except BaseException as error:  # the engine's panics derive from nothing narrower
            self._worn = True
            if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
                self._refuse("memory", "")
            else:
                self._refuse("fault", f"{type(error).__name__}: {error}")
        else:
            self._give(conn, spool, (waited_ms, *stages[1:]))

    def _has_grown(self) -> bool:
        """Tell whether it keeps so much memory that a fresh worker does better."""
        owned = system.owned_bytes()
        if owned - self._owned > _NOTICED_BYTES:
            self._owned = owned
            grown = system.virtual_bytes() - self._size
            if grown > self._limits.query_memory_bytes // 4:
                return True
        # A copy of the data is no waste: each page that a query needs again costs time to copy.
        return owned > self._data.length + self._limits.worker_memory_bytes

    def _give(self, conn: socket.socket, spool: Spool, stages: tuple[float, ...]) -> None:
        """Have an answer sent: soon, or at once if it is a file."""
        if spool.file is None:
            self._replies.append(REPLY.pack(INLINE, spool.has_blank, *stages, spool.length))
            self._replies.append(spool.body)
            return
        try:
            self._flush(conn)
            head = REPLY.pack(FILE, spool.has_blank, *stages, spool.length)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", spool.file))
            conn.sendmsg([head], [rights])
        finally:
            spool.close()

    def _flush(self, conn: socket.socket) -> None:
        """Send the answers that are held back."""
        if self._replies:
            conn.sendall(b"".join(self._replies))
            self._replies.clear()

    def _explain(self, error: KnowledgeError) -> None:
        if isinstance(error, QueryError):
            self._refuse("query", error.message, error.line, error.column)
            return
        kinds = {UnwritableError: "unwritable", ResultLimitError: "result"}
        kinds |= {FederationError: "far", NoRoomError: "room"}
        self._refuse(kinds.get(type(error), "fault"), error.message)

    def _refuse(
        self, kind: str, message: str, line: int | None = None, column: int | None = None
    ) -> None:
        body = json.dumps((kind, message[:4000], line, column)).encode()
        self._replies += (REPLY.pack(REFUSED, False, 0, 0, 0, len(body)), body)


def _receive_more(conn: socket.socket) -> bytes:
    """Receive more of a query.

    Raises:
        ConnectionError: when nothing more comes.
    """
    part = conn.recv(1 << 20)
    if not part:
        raise ConnectionError
    return part


def _is_cut(conn: socket.socket) -> bool:
    """Tell whether nobody waits for what was sent behind the query that took so long."""
    watched = select.poll()
    watched.register(conn, _HANGS_UP)
    return bool(watched.poll(0))


def _leave(conn: socket.socket) -> None:
    """Let go of a connection, and say so: whatever else was sent must be asked elsewhere."""
    with suppress(OSError):
        conn.send(REPLY.pack(LEFT, False, 0, 0, 0, 0), socket.MSG_DONTWAIT)
    conn.close()
