"""The fast lane as an event loop sees it: nobody waits, the loop is told when an answer has come.

The loop has connections of its own, its lines. While answers come quickly, several queries are sent
down a line together, and their answers come back together: to turn from one process to another
costs as much as a small query. Whatever is not answered in time is left to a thread, which waits,
asks again, or says what became of the query, as for any other query.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from server.evaluation.channel import (
    Channel,
    Reply,
    Rights,
    UntakenError,
    close_files,
    read_reply,
    receive,
)
from server.evaluation.frames import LEFT, REFUSED
from server.evaluation.slices import Slice
from server.turns import TwoQueues

PATIENCE_S = 1.0
"""How long the loop waits for an answer beyond the query's limit; then a thread does."""
BATCH_MS = 1.0
"""How long the queries that are sent down a line together may take, as far as one can tell."""
MOST_TOGETHER = 16
FRESH_S = 0.002
"""How long after a line last moved more queries go down it; then what is on it may be slow."""
OVERDUE_S = 0.01
"""How long queries wait behind one that takes longer than thought; then they go another way."""
_TRIES = 5
_SHORTLY = struct.pack("ll", 0, 50_000)


class Begun:
    """A query of the loop's; when `done` is called it has a `reply`, or a thread must `finish`."""

    __slots__ = (
        "_asked", "_channel", "_conn", "_data", "_is_behind", "_is_lost", "done", "identifier",
        "latest", "payload", "place", "reply", "slice", "tries",
    )  # fmt: skip

    def __init__(
        self,
        channel: Channel,
        payload: bytes,
        slice: Slice,
        place: int,
        done: Callable[[Begun], None],
    ) -> None:
        self._channel = channel
        self._conn: socket.socket | None = None
        self._asked = time.monotonic()
        self._data = b""
        self._is_behind = self._is_lost = False
        self.payload = payload
        self.slice = slice
        self.place = place
        self.done = done
        self.latest = self._asked + channel.wait_s
        self.identifier = b""
        self.reply: Reply | None = None
        self.tries = 0

    def to_message(self) -> bytes:
        """Write it for a worker, anew each time."""
        self.identifier, message = self._channel.to_message(
            self.payload, self.slice.start(), self._asked, self.latest
        )
        return message

    def leave(self, conn: socket.socket, data: bytes, is_behind: bool) -> None:
        """Leave it to a thread with its connection; `data` is what has come of its answer.

        `is_behind` tells that the worker may have answered it, and be busy with another query.
        """
        self._conn = conn
        self._data = data
        self._is_behind = is_behind

    def lose(self) -> None:
        """Leave it to a thread to find out what became of the worker that had it."""
        self._is_lost = True

    def finish(self) -> Reply:
        """Wait, in a thread, for what the loop does not wait for.

        Raises:
            BusyError, EndedError, StuckError: see `Channel.ask`.
            HeldBackError: when it has to wait for a whole slice.
        """
        if self.reply is not None:
            return self.reply
        if self._is_lost:
            raise self._channel.explain_end(self.identifier.hex())
        conn = self._conn
        if conn is None:
            if time.monotonic() > self.latest:
                raise self._channel.busy()
            return self._channel.ask(self.payload, self.slice.start_in_thread, self.place)
        try:
            if self._is_behind and not self._channel.has_begun(self.identifier.hex()):
                raise UntakenError
            conn.setblocking(True)
            if time.monotonic() > self.latest:
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _SHORTLY)
            limit_ms = self.slice.start()
            return self._channel.finish(conn, self.identifier.hex(), limit_ms, self._data)
        except UntakenError:
            return self._channel.ask(self.payload, self.slice.start_in_thread, self.place)
        finally:
            conn.close()

    def close(self) -> None:
        """Let go of what has come of the answer, and of the connection."""
        if self._conn is not None:
            self._conn.close()
        if self.reply is not None and not isinstance(self.reply.body, bytes):
            self.reply.body.close()


class Line:
    """A connection to a worker, and the queries that were sent down it, in order."""

    __slots__ = (
        "_missing", "_parts", "_rights", "_unsent", "conn", "has_ended", "has_left", "in_hand",
        "quiet_since", "since",
    )  # fmt: skip

    def __init__(self, conn: socket.socket) -> None:
        self.conn = conn
        self.in_hand: deque[Begun] = deque()
        """Queries that were not answered yet."""
        self.since = 0.0
        """When (monotonic) the line last moved: queries went down, or answers came."""
        self.quiet_since = 0.0
        """When (monotonic) an answer last came, or the first of the queries in hand went down."""
        self.has_ended = False
        """Whether nothing more can be heard."""
        self.has_left = False
        """Whether the worker has said that it begins none of the queries in hand."""
        self._unsent: list[bytes] = []
        self._parts: list[bytes] = []
        self._rights: Rights = []
        self._missing = 0

    def add(self, begun: Begun) -> bool:
        """Put a query behind the others, to be sent with them; tells whether it is the first."""
        if not self.in_hand:
            self.since = self.quiet_since = time.monotonic()
        self.in_hand.append(begun)
        self._unsent.append(begun.to_message())
        return len(self._unsent) == 1

    def send(self) -> None:
        """Send what has been added; if the worker has gone, the line is heard to end."""
        message = b"".join(self._unsent)
        self._unsent = []
        if not message:
            return
        self.since = time.monotonic()
        try:
            sent = self.conn.send(message)
        except OSError:
            return
        if sent < len(message):
            self.conn.shutdown(socket.SHUT_RDWR)

    def part(self) -> tuple[deque[Begun], bytes]:
        """Give up the line: gives the queries in hand, and what has come of the first's answer."""
        in_hand, self.in_hand = self.in_hand, deque()
        self._unsent = []
        close_files(self._rights)
        return in_hand, b"".join(self._parts)

    def hear(self) -> list[Begun]:
        """Take what has come; gives the queries whose answers are whole."""
        try:
            data, rights, _, _ = receive(self.conn)
        except BlockingIOError:
            return []
        except OSError:
            data, rights = b"", []
        self.has_ended = not data
        return self._take(data, rights)

    def _take(self, data: bytes, rights: Rights) -> list[Begun]:
        self._rights += rights
        if self._parts:
            self._parts.append(data)
            self._missing -= len(data)
            if self._missing > 0:
                return []
            data = b"".join(self._parts)
            self._parts = []
        answered: list[Begun] = []
        at = 0
        while at < len(data):
            try:
                reply, number = read_reply(data, at, self._rights)
            except OSError:  # its file could not come; those before it have their answers
                self.has_ended = True
                break
            if reply is None:
                self._parts, self._missing = [data[at:]], number
                break
            if reply.outcome == LEFT:
                self.has_left = True
                break
            begun, at = self.in_hand.popleft(), number
            begun.reply = reply
            answered.append(begun)
        self.since = self.quiet_since = time.monotonic()
        return answered


class Express:
    """A lane's lines that belong to an event loop, and its queries that wait for one.

    Queries of clients whose last one was quick, as `is_quick` tells by their places, do not wait
    behind all others.
    """

    def __init__(
        self,
        channel: Channel,
        places: int,
        length: int,
        loop: asyncio.AbstractEventLoop,
        is_quick: Callable[[int], bool],
    ) -> None:
        self._channel = channel
        self._places = places
        self._length = length
        self._loop = loop
        self._lines: list[Line] = []
        self._waiting = TwoQueues[Begun](lambda begun: is_quick(begun.place))
        self._cost_ms = BATCH_MS
        self._together = 1
        self._is_watching = False

    def ask(self, payload: bytes, slice: Slice, place: int, done: Callable[[Begun], None]) -> bool:
        """Have a worker answer; `done` is called later. False when too many wait already."""
        if len(self._waiting) >= self._length:
            return False
        begun = Begun(self._channel, payload, slice, place, done)
        line = None if self._waiting else self._choose()
        if line is not None:
            self._put(begun, line)
        else:
            self._waiting.append(begun)
            self._advance()
        return True

    def tick(self) -> None:
        """Leave to threads what takes too long."""
        now = time.monotonic()
        for late in self._waiting.take_late(lambda begun: begun.latest < now):
            late.done(late)
        for line in self._lines[:]:
            if line.in_hand and now > line.in_hand[0].latest + PATIENCE_S:
                self._hand_over(line)

    def close(self) -> None:
        """Let go of the connections."""
        for line in self._lines:
            line.conn.close()

    def _advance(self) -> None:
        """Send queries on as long as there are places."""
        while self._waiting:
            line = self._choose()
            if line is None:
                if len(self._lines) >= self._places:
                    return
                line = self._connect()
            begun = self._waiting.take()
            if line is None or not begun.slice.may_start():
                self._loop.call_soon(begun.done, begun)
            else:
                self._put(begun, line)

    def _put(self, begun: Begun, line: Line) -> None:
        """Put a query on a line; others that the loop reads in this round go with it."""
        if line.add(begun):
            self._loop.call_soon(line.send)
        if len(line.in_hand) > 1 and not self._is_watching:
            self._is_watching = True
            self._loop.call_later(OVERDUE_S, self._watch)

    def _choose(self) -> Line | None:
        """Find a line with room: the first, so that as few workers as possible take turns."""
        stale = time.monotonic() - FRESH_S
        for line in self._lines:
            if not line.in_hand or (len(line.in_hand) < self._together and line.since > stale):
                return line
        return None

    def _connect(self) -> Line | None:
        conn = self._channel.connect()
        if conn is None:
            return None
        line = Line(conn)
        self._lines.append(line)
        self._loop.add_reader(conn, partial(self._hear, line))
        return line

    def _hear(self, line: Line) -> None:
        """Take what a worker sends: answers, or the end of the line."""
        answered = line.hear()
        if answered:
            self._learn(answered)
        if line.has_ended:
            self._end(line)
        elif line.has_left:
            self._drop(line)
            self._turn_back(line.part()[0])
        if self._waiting:
            self._advance()
        for begun in answered:
            begun.done(begun)

    def _learn(self, answered: list[Begun]) -> None:
        """Adapt how many queries are sent together to how long they have taken lately."""
        cost = self._cost_ms
        for begun in answered:
            assert begun.reply is not None
            if begun.reply.outcome != REFUSED:
                _, run, write = begun.reply.stages
                cost += (run + write - cost) / 16
        self._cost_ms = cost
        self._together = max(1, min(MOST_TOGETHER, int(BATCH_MS / max(cost, 0.001))))

    def _watch(self) -> None:
        """See to it that no query waits long behind another."""
        late = time.monotonic() - OVERDUE_S
        for line in self._lines[:]:
            if len(line.in_hand) > 1 and line.quiet_since < late:
                self._cost_ms = max(self._cost_ms, BATCH_MS)
                self._together = 1
                self._hand_over(line)
        self._is_watching = any(len(line.in_hand) > 1 for line in self._lines)
        if self._is_watching:
            self._loop.call_later(OVERDUE_S, self._watch)

    def _hand_over(self, line: Line) -> None:
        """Leave a line to a thread with its first query; the others go another way."""
        self._part_with(line)
        queries, data = line.part()
        first = queries.popleft()
        with suppress(OSError):
            line.conn.shutdown(socket.SHUT_WR)  # so that the worker begins none of the others
        first.leave(line.conn, data, is_behind=bool(queries) and not data)
        self._turn_back(queries)
        self._advance()
        first.done(first)

    def _end(self, line: Line) -> None:
        """Leave to threads what a worker had when it ended without a word."""
        self._drop(line)
        queries, _ = line.part()
        for begun in queries:
            begun.lose()
            self._loop.call_soon(begun.done, begun)

    def _turn_back(self, queries: deque[Begun]) -> None:
        """Have queries wait again that no worker has begun; a thread takes the unlucky ones."""
        for begun in reversed(queries):
            begun.tries += 1
            if begun.tries < _TRIES:
                self._waiting.put_back(begun)
            else:
                self._loop.call_soon(begun.done, begun)

    def _part_with(self, line: Line) -> None:
        self._loop.remove_reader(line.conn)
        self._lines.remove(line)

    def _drop(self, line: Line) -> None:
        self._part_with(line)
        line.conn.close()
