"""One lane as a web process sees it: idle connections, a queue before them, one exchange each.

A connection belongs to one worker; while it is idle here, that worker is free or has turned to
another web process, which shows when the connection is used next.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import struct
import time
from collections.abc import Callable
from itertools import count
from typing import BinaryIO, NamedTuple

from server.evaluation.answers import Lane, Stages
from server.evaluation.control import Control
from server.evaluation.frames import FAST_STRETCH, FILE, LEFT, READ_BYTES, REPLY, REQUEST
from server.limits import BusyError
from server.turns import Pool

_FREE_RETRIES = 100
_PAUSE_S = 0.02
_GRACE_S = 2.0
_RIGHTS = socket.CMSG_SPACE(struct.calcsize("i"))
Rights = list[tuple[int, int, bytes]]
"""Files that came with a message."""


class EndedError(Exception):
    """The worker ended with the query in hand; its exit code, if known, and its last words."""

    def __init__(self, code: int | None, words: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.words = words


class StuckError(Exception):
    """The worker did not answer, and did not end at its limit either."""


class UntakenError(Exception):
    """The worker let go of the connection before it began with the query."""


class Reply(NamedTuple):
    """What a worker answered: its outcome, how long it took, the body or a file of it.

    `blank` tells whether a graph may name blank nodes.
    """

    outcome: int
    stages: Stages
    length: int
    body: bytes | BinaryIO
    blank: bool


class Channel:
    """A lane, as so many connections at most; threads wait for them in a queue of bounded size.

    Clients whose last query was quick, as `is_quick` tells by their places, do not wait behind all
    others.
    """

    def __init__(
        self,
        lane: Lane,
        address: str,
        most: int,
        control: Control,
        length: int,
        wait_ms: int,
        is_quick: Callable[[int], bool] = lambda place: False,
    ) -> None:
        self.lane = lane
        self._address = address
        self._control = control
        self.wait_s = wait_ms / 1000
        self._patience = struct.pack("ll", wait_ms // 1000 + 1, 0)
        self._prefix = secrets.token_bytes(8)
        self._numbers = count(1)
        conns: list[socket.socket | None] = [None] * most
        self._conns = Pool(conns, "worker", length, wait_ms, is_quick)

    def ask(self, payload: bytes, limit: Callable[[], int], place: int) -> Reply:
        """Have a worker answer within a limit, in milliseconds, that holds once one is free.

        `place` is where the query's client is counted.

        Raises:
            BusyError: when no worker came free in time.
            EndedError: when the worker ended with the query in hand.
            StuckError: when it neither answers nor ends.
        """
        asked = time.monotonic()
        latest = asked + self.wait_s
        conn = self._conns.take(place)
        try:
            limit_ms = limit()
            for _ in range(_FREE_RETRIES):
                try:
                    if conn is None:
                        conn = self._connect(latest)
                    return self._exchange(conn, payload, limit_ms, asked, latest)
                except UntakenError:
                    _drop(conn)
                    conn = None
            raise self.busy()
        except BaseException:
            _drop(conn)
            conn = None
            raise
        finally:
            self._conns.give_back(conn)

    def close(self) -> None:
        """Let go of the idle connections."""
        for conn in self._conns.take_free():
            _drop(conn)
            self._conns.give_back(None)

    def _connect(self, latest: float) -> socket.socket:
        """Queue up at the lane's listening socket, which outlives evaluators."""
        while True:
            conn = self.connect()
            if conn is not None:
                conn.setblocking(True)
                return conn
            if time.monotonic() > latest:
                raise self.busy()
            time.sleep(_PAUSE_S)

    def connect(self) -> socket.socket | None:
        """Open a connection that does not block.

        None when the queue there is full, no more can be open, or the service is on its way down.
        """
        try:
            conn = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError:
            return None
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, self._patience)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, self._patience)
        conn.setblocking(False)
        try:
            conn.connect(self._address)
        except OSError:
            conn.close()
            return None
        return conn

    def to_message(
        self, payload: bytes, limit_ms: int, asked: float, latest: float
    ) -> tuple[bytes, bytes]:
        """Write a query as workers read it, under an identifier that no other has."""
        identifier = self._prefix + next(self._numbers).to_bytes(8)
        head = REQUEST.pack(identifier, asked, latest, limit_ms / 1000, len(payload))
        return identifier, head + payload

    def _exchange(
        self, conn: socket.socket, payload: bytes, limit_ms: int, asked: float, latest: float
    ) -> Reply:
        identifier, message = self.to_message(payload, limit_ms, asked, latest)
        try:
            conn.sendall(message)
        except BlockingIOError:  # it is longer than what a worker that never came leaves room for
            raise self.busy() from None
        except BrokenPipeError:
            raise UntakenError from None
        except ConnectionResetError:
            raise self._explain_reset(identifier.hex()) from None
        try:
            return self.finish(conn, identifier.hex(), limit_ms)
        except BrokenPipeError:
            raise UntakenError from None

    def finish(self, conn: socket.socket, name: str, limit_ms: int, data: bytes = b"") -> Reply:
        """Wait for an answer, or the rest of one whose beginning is `data`.

        Raises:
            UntakenError: when the worker left without having begun.
            BusyError, EndedError, StuckError: see `ask`.
        """
        rights: Rights = []
        try:
            if not data:
                data, rights, _, _ = self._receive(conn, name, limit_ms)
            if not data:
                raise self.explain_end(name)
            reply, number = read_reply(data, 0, rights)
            while reply is None:
                data += _receive_more(conn, number)
                reply, number = read_reply(data, 0, rights)
        except ConnectionResetError:  # it left something unread: this, or what came behind it
            raise self._explain_reset(name) from None
        except BlockingIOError:  # it stopped in the middle of its answer
            raise StuckError from None
        finally:
            close_files(rights)  # of answers behind this one
        if reply.outcome == LEFT:
            raise UntakenError
        return reply

    def has_begun(self, name: str) -> bool:
        """Tell whether a worker has a query in hand; when nobody knows, yes."""
        return self._control.has_begun(name) is not False

    def explain_end(self, name: str) -> EndedError:
        """Say what became of the worker that had a query in hand."""
        return EndedError(*self._control.tell_fate(name))

    def _explain_reset(self, name: str) -> Exception:
        """Say what became of a worker that left something unread."""
        end = self.explain_end(name)
        return UntakenError() if end.code is None else end

    def _receive(
        self, conn: socket.socket, name: str, limit_ms: int
    ) -> tuple[bytes, Rights, int, object]:
        """Wait for the first bytes of the answer; when it takes long, ask whether it has begun.

        While evaluator and foreman are away, nobody knows, and it has not.
        """
        until: float | None = None
        while True:
            try:
                return receive(conn)
            except BlockingIOError:
                now = time.monotonic()
                if until is None and not self._control.has_begun(name):
                    raise self.busy() from None
                stretch = FAST_STRETCH if self.lane == "fast" else 1
                until = until or now + stretch * limit_ms / 1000 + _GRACE_S
                if now > until:
                    raise StuckError from None

    def busy(self) -> BusyError:
        """Say that no worker came free in time."""
        return self._conns.busy()


def receive(conn: socket.socket) -> tuple[bytes, Rights, int, object]:
    """Receive what there is of an answer, with the file that may come with it."""
    return conn.recvmsg(READ_BYTES, _RIGHTS)


def read_reply(data: bytes, at: int, rights: Rights) -> tuple[Reply | None, int]:
    """Read an answer that begins at `at`, and tell where it ends.

    None for one that is not whole, and then how many bytes it lacks, at least. The file of an
    answer is the first of `rights`, and taken from them.

    Raises:
        OSError: when the file did not come, since no more can be open.
    """
    start = at + REPLY.size
    if len(data) < start:
        return None, start - len(data)
    outcome, blank, *stages, length = REPLY.unpack_from(data, at)
    if outcome == FILE:
        if not rights:
            raise OSError(errno.EMFILE, "the file of an answer did not come: too many are open")
        number = struct.unpack("i", rights.pop(0)[2])[0]
        file = os.fdopen(number, "rb", buffering=0)
        return Reply(outcome, Stages(*stages), length, file, blank), start
    end = start + length
    if len(data) < end:
        return None, end - len(data)
    return Reply(outcome, Stages(*stages), length, data[start:end], blank), end


def close_files(rights: Rights) -> None:
    """Close files that nobody will take."""
    for _, _, number in rights:
        os.close(struct.unpack("i", number)[0])
    rights.clear()


def _receive_more(conn: socket.socket, length: int) -> bytes:
    """Receive exactly so many bytes.

    Raises:
        EndedError: when the worker ends in the middle of its answer.
    """
    parts = []
    while length:
        part = conn.recv(length)
        if not part:
            raise EndedError(None)
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _drop(conn: socket.socket | None) -> None:
    if conn is not None:
        conn.close()
