"""A worker: one process that answers one query at a time, under limits the kernel keeps."""

from __future__ import annotations

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
from dataclasses import dataclass
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
    NOBODY,
    REFUSED,
    REPLY,
    REQUEST,
    SLOT,
    from_payload,
)
from server.evaluation.spool import INLINE_BYTES, Spool, UnwritableError
from server.limits import Limits, ResultLimitError

_STREAK = 16
_NOTICED_BYTES = 1_000_000
_NICE = {"slow": 10, "federated": 5}


@dataclass
class Post:
    """Where a worker works: its lane, its listening socket, its slot in the shared table."""

    lane: Lane
    ear: socket.socket
    slots: mmap.mmap
    slot: int


class Worker:
    """Answers queries until it has answered enough of them or is told to stop."""

    def __init__(
        self, post: Post, store: EmbeddedStore, limits: Limits, prefixes: Mapping[str, str]
    ) -> None:
        self._post = post
        self._store = store
        self._limits = limits
        self._prefixes = prefixes
        self._busy = False
        self._stopping = False
        self._worn = False
        self._size = 0
        self._owned = 0

    def run(self) -> NoReturn:
        """Shut the doors, then work; the process ends here."""
        self._shut_doors()
        listening = select.poll()
        listening.register(self._post.ear, select.POLLIN)
        ear, conn, streak = self._post.ear.fileno(), None, 0
        answered = 0
        while not self._stopping and not self._worn and answered < self._limits.worker_queries:
            ready = [number for number, _ in listening.poll()]
            if conn is not None and conn.fileno() in ready and (streak < _STREAK or len(ready) < 2):
                answered += 1
                streak += 1
                if self._serve(conn):
                    continue
            if conn is not None and (ear in ready or conn.fileno() in ready):
                listening.unregister(conn)
                conn.close()
                conn = None
            if conn is None:
                conn, streak = self._accept(), 0
                if conn is not None:
                    listening.register(conn, select.POLLIN)
        os._exit(0)

    def _shut_doors(self) -> None:
        """Take away what no evaluation needs: network, other programs, memory without end."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
        """Answer the next query of a connection; False when there is none, or nobody listens."""
        self._busy = True
        try:
            return self._answer(conn)
        except OSError:
            return False
        finally:
            self._set_timers(0)
            SLOT.pack_into(self._post.slots, self._post.slot * SLOT.size, NOBODY, 0)
            self._worn = self._worn or self._has_grown()
            self._busy = False

    def _set_timers(self, limit_s: float) -> None:
        """Have the kernel end this process at the limit; 0 takes that back.

        In the fast lane processor time counts, or else a busy machine would make queries slow
        ones that are not. They wait for nothing else, so the time by the clock is a backstop.
        """
        if self._post.lane == "fast":
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            limit_s *= FAST_STRETCH
        signal.setitimer(signal.ITIMER_REAL, limit_s)

    def _answer(self, conn: socket.socket) -> bool:
        data = conn.recv(65536)
        if len(data) < REQUEST.size:
            return False
        identifier, sent, latest, limit_s, length, _ = REQUEST.unpack_from(data)
        now = time.monotonic()
        SLOT.pack_into(self._post.slots, self._post.slot * SLOT.size, identifier, now)
        self._set_timers(limit_s)
        while len(data) < REQUEST.size + length:
            part = conn.recv(1 << 20)
            if not part:
                return False
            data += part
        if now > latest:
            return self._refuse(conn, "late", "")
        waited = (now - sent) * 1000
        try:
            request = from_payload(data[REQUEST.size :])
            spool, stages = answer(self._store, request, self._limits, self._prefixes)
        except KnowledgeError as error:
            return self._explain(conn, error)
        except MemoryError:
            self._worn = True
            return self._refuse(conn, "memory", "")
        except BaseException as error:  # the engine's panics derive from nothing narrower
            self._worn = True
            return self._refuse(conn, "fault", f"{type(error).__name__}: {error}")
        return self._send(conn, spool, (waited, *stages[1:]))

    def _has_grown(self) -> bool:
        """Tell whether it keeps so much memory that a fresh worker does better."""
        owned = system.owned_bytes()
        if owned - self._owned > _NOTICED_BYTES:
            self._owned = owned
            grown = system.virtual_bytes() - self._size
            if grown > self._limits.query_memory_bytes // 4:
                return True
        return owned > self._limits.worker_memory_bytes

    def _send(self, conn: socket.socket, spool: Spool, stages: tuple[float, ...]) -> bool:
        if spool.file is None:
            conn.sendall(REPLY.pack(INLINE, spool.has_blank, *stages, spool.length) + spool.body)
            return True
        try:
            head = REPLY.pack(FILE, spool.has_blank, *stages, spool.length)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", spool.file))
            conn.sendmsg([head], [rights])
        finally:
            spool.close()
        return True

    def _explain(self, conn: socket.socket, error: KnowledgeError) -> bool:
        if isinstance(error, QueryError):
            return self._refuse(conn, "query", error.message, error.line, error.column)
        kinds = {UnwritableError: "unwritable", ResultLimitError: "result", FederationError: "far"}
        return self._refuse(conn, kinds.get(type(error), "fault"), error.message)

    def _refuse(
        self,
        conn: socket.socket,
        kind: str,
        message: str,
        line: int | None = None,
        column: int | None = None,
    ) -> bool:
        body = json.dumps((kind, message[:4000], line, column)).encode()
        conn.sendall(REPLY.pack(REFUSED, False, 0, 0, 0, 0, len(body)) + body)
        return True
