"""The fast lane as an event loop sees it: nobody waits, the loop is told when an answer has come.

The loop has connections of its own. Whatever is not a whole answer within its time is left to a
thread, which waits, asks again, or says what became of the query, as for any other query.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from server.evaluation.channel import Channel, Reply, Rights, count_missing, receive, to_reply

PATIENCE_S = 1.0
"""How long the loop waits for an answer beyond the query's limit; then a thread does."""
_TRIES = 5
_SHORTLY = struct.pack("ll", 0, 50_000)


class Begun:
    """A query of the loop's; when `done` is called it has a `reply`, or a thread must `finish`."""

    __slots__ = (
        "_asked", "_channel", "_conn", "_parts", "done", "identifier", "latest", "limit_ms",
        "missing", "payload", "place", "reply", "rights", "tries",
    )  # fmt: skip

    def __init__(
        self,
        channel: Channel,
        payload: bytes,
        limit_ms: int,
        place: int,
        done: Callable[[Begun], None],
    ) -> None:
        self._channel = channel
        self._conn: socket.socket | None = None
        self._parts: list[bytes] = []
        self._asked = time.monotonic()
        self.payload = payload
        self.limit_ms = limit_ms
        self.place = place
        self.done = done
        self.latest = self._asked + channel.wait_s
        self.identifier = b""
        self.reply: Reply | None = None
        self.missing = 0
        self.rights: Rights = []
        self.tries = 0

    def to_message(self) -> bytes:
        """Write it for a worker, anew each time."""
        self._parts = []
        self.identifier, message = self._channel.to_message(
            self.payload, self.limit_ms, self._asked, self.latest
        )
        return message

    def take(self, data: bytes, rights: Rights) -> bool:
        """Take what has come of the answer; tells whether it is whole."""
        if self._parts:
            self._parts.append(data)
            self.missing -= len(data)
            if self.missing > 0:
                return False
            data, rights = b"".join(self._parts), self.rights
        missing = count_missing(data)
        if missing > 0:
            self._parts, self.rights, self.missing = [data], rights, missing
            return False
        self.reply = to_reply(data, rights)
        return True

    def leave(self, conn: socket.socket) -> None:
        """Leave the connection to a thread, with what has been read of the answer."""
        self._conn = conn

    def finish(self) -> Reply:
        """Wait, in a thread, for what the loop does not wait for.

        Raises:
            BusyError, EndedError, StuckError: see `Channel.ask`.
        """
        if self.reply is not None:
            return self.reply
        conn = self._conn
        if conn is None:
            if time.monotonic() > self.latest:
                raise self._channel.busy()
            return self._channel.ask(self.payload, self.limit_ms)
        try:
            conn.setblocking(True)
            if time.monotonic() > self.latest:
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _SHORTLY)
            data = b"".join(self._parts)
            return self._channel.finish(conn, self.identifier.hex(), self.limit_ms, data)
        except (BrokenPipeError, ConnectionResetError):
            return self._channel.ask(self.payload, self.limit_ms)
        finally:
            conn.close()


class Express:
    """A lane's connections that belong to an event loop, and its queries that wait for one."""

    def __init__(
        self, channel: Channel, places: int, length: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._channel = channel
        self._places = places
        self._length = length
        self._loop = loop
        self._idle: list[socket.socket] = []
        self._in_hand: dict[socket.socket, Begun] = {}
        self._waiting: deque[Begun] = deque()

    def ask(self, payload: bytes, limit_ms: int, place: int, done: Callable[[Begun], None]) -> bool:
        """Have a worker answer; `done` is called later. False when too many wait already."""
        if len(self._waiting) >= self._length:
            return False
        self._waiting.append(Begun(self._channel, payload, limit_ms, place, done))
        self._advance()
        return True

    def tick(self) -> None:
        """Leave to threads what takes too long."""
        now = time.monotonic()
        while self._waiting and self._waiting[0].latest < now:
            late = self._waiting.popleft()
            late.done(late)
        for conn, begun in list(self._in_hand.items()):
            if now > begun.latest + PATIENCE_S:
                self._hand_over(conn, begun)

    def close(self) -> None:
        """Let go of the connections."""
        for conn in (*self._idle, *self._in_hand):
            conn.close()

    def _advance(self) -> None:
        """Send queries on as long as there are places."""
        while self._waiting and len(self._in_hand) < self._places:
            begun = self._waiting.popleft()
            conn = self._idle.pop() if self._idle else self._connect()
            if conn is None:
                self._loop.call_soon(begun.done, begun)
                continue
            message = begun.to_message()
            self._in_hand[conn] = begun
            try:
                if conn.send(message) == len(message):
                    continue
            except OSError:
                pass
            self._drop(conn)
            self._try_again(begun)

    def _connect(self) -> socket.socket | None:
        conn = self._channel.connect()
        if conn is not None:
            self._loop.add_reader(conn, partial(self._hear, conn))
        return conn

    def _hear(self, conn: socket.socket) -> None:
        """Take what a worker sends: an answer, or the end of the connection."""
        begun = self._in_hand.get(conn)
        data: bytes | None = None
        rights: Rights = []
        try:
            data, rights, _, _ = receive(conn)
        except BlockingIOError:
            return
        except OSError:  # the worker let go of the connection before it read the query
            pass
        if begun is None or data is None:
            self._drop(conn)
            if begun is not None:
                self._try_again(begun)
                self._advance()
        elif not data:
            self._hand_over(conn, begun)
            self._advance()
        elif begun.take(data, rights):
            del self._in_hand[conn]
            self._idle.append(conn)
            self._advance()
            begun.done(begun)

    def _try_again(self, begun: Begun) -> None:
        begun.tries += 1
        if begun.tries < _TRIES:
            self._waiting.appendleft(begun)
        else:
            self._loop.call_soon(begun.done, begun)

    def _hand_over(self, conn: socket.socket, begun: Begun) -> None:
        """Leave a query and its connection to a thread."""
        self._part_with(conn)
        begun.leave(conn)
        begun.done(begun)

    def _part_with(self, conn: socket.socket) -> None:
        self._loop.remove_reader(conn)
        self._in_hand.pop(conn, None)
        if conn in self._idle:
            self._idle.remove(conn)

    def _drop(self, conn: socket.socket) -> None:
        self._part_with(conn)
        conn.close()
