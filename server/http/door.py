"""The door of a web process: takes visitors in, and sees them out when the process is to end."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from math import inf

from server.http.connection import Connection
from server.http.crowd import Crowd
from server.http.gateway import App, Call, Threads
from server.http.heads import Environ, Fault, Headers, KnownHeads, to_plain
from server.http.reader import HELD_BYTES, no_room
from server.http.streams import MOST_STREAMS
from server.http.wishes import Wishes

BACKLOG = 1024
READ_BYTES = 64 * 1024
"""How much of what a visitor sends is read at once."""
TICK_S = 1.0
MOST_OWING = 100
"""How many connections hold answers back at a time; one more, and theirs are sent at once."""
LET_IN = 16
"""How many come in at a time: those who are in need not wait for a crowd at the door."""
PARTED = 256
"""How many connections go at a time where one client has taken the room of others."""
UNSENT_BYTES = 128 * 1024
"""How much of an answer the system takes beyond what is on its way."""
UNREAD_BYTES = 192_000_000
"""How much of their answers all visitors leave unread; then whoever leaves the most goes."""
SPARE_BYTES = HELD_BYTES // 16
"""How much room is made beyond what is needed where one client has taken most of it."""
PATIENCE_S = 1.0
"""How long a visitor may be idle before another may take his place, where nobody has two."""
FAREWELL_S = 1.0
"""How long a visitor who has come, but not asked, may still ask when the process is to end."""
_CONNECTIONS, _SPARE_FILES = 8192, 256 + MOST_STREAMS

Answering = Callable[[Environ, Connection], bool]
"""Answers a request on the event loop, now or later; False leaves it to a thread."""
Again = Callable[[bytes, Connection], bool]
"""Answers a request by its bytes, where they came just so before; False: it is to be read."""
Explaining = Callable[[Fault, Environ], tuple[Headers, bytes]]
"""Gives headers and body of the answer to what is no request, or cannot be answered."""


class Door:
    """Serves an app on a listening socket: at once what `at_once` takes, the rest in threads."""

    def __init__(self, app: App, threads: int, body_bytes: int, stream_bytes: int) -> None:
        self.environ: Environ = {
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        self.body_bytes = body_bytes
        self.most = _CONNECTIONS
        self.draining = False
        self.patience_s = inf
        """How long requests are answered when the process is to end, but for streams."""
        self.held_bytes = self.unread_bytes = 0
        self.heads = KnownHeads()
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.connections: Crowd[Connection] = Crowd(
            lambda visitor: visitor.idle_since, lambda visitor: visitor.is_idle(PATIENCE_S)
        )
        self._owing: list[Connection] = []
        self.explain: Explaining = to_plain
        self.at_once: Answering = lambda environ, connection: False
        self.again: Again = lambda data, connection: False
        self.on_tick: Callable[[], None] = lambda: None
        self._threads = Threads(app, threads, stream_bytes)
        self._wishes = Wishes(self._threads)
        self.in_turn = self._wishes.add
        self._coming: set[asyncio.Task[None]] = set()
        self._expected = 0  # how many of those who come are not in yet
        self._is_full = False
        self._second, self._date = 0, b""

    def run(self, ear: socket.socket, ready: Callable[[asyncio.AbstractEventLoop], None]) -> None:
        """Serve until `stop`, then let the requests in hand be answered.

        `ear` does not block; `ready` is called on the loop once visitors are heard.
        """
        asyncio.run(self._serve(ear, ready))

    def stop(self) -> None:
        """End; to be called on the loop."""
        self._told.set()

    async def _serve(
        self, ear: socket.socket, ready: Callable[[asyncio.AbstractEventLoop], None]
    ) -> None:
        self._ear = ear
        self._loop = asyncio.get_running_loop()
        self._threads.attach(self._loop)
        self._told = asyncio.Event()
        self._loop.add_reader(ear, self._let_in)
        ready(self._loop)
        while not self._told.is_set():
            self._tick()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), TICK_S)
        self.draining = True
        self._let_in(BACKLOG)  # who has knocked until now is answered
        self._loop.remove_reader(ear)
        ear.close()
        began = self.now()
        while self.connections or self._coming or self._threads.streams:
            self._tick()
            if self.now() > began + FAREWELL_S:
                for connection in tuple(self.connections):
                    connection.leave()
            if self.now() > began + self.patience_s:
                streaming = self._threads.streams.connections
                for connection in set(self.connections) - streaming:
                    connection.part()
            await asyncio.sleep(0.02)
        self._threads.close()

    def now(self) -> float:
        """Give the loop's time, in seconds."""
        return self._loop.time()

    def date(self) -> bytes:
        """Give the `Date` header as a line."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._date

    def answer(self, environ: Environ, connection: Connection) -> None:
        """Have a request answered: here if that takes no waiting, else in a thread."""
        if not self.at_once(environ, connection):
            self.in_thread(environ, connection)

    def in_thread(self, environ: Environ, connection: Connection) -> None:
        """Have a request answered by the app in a thread."""
        self._threads.submit(Call(self._threads, environ, connection).run)

    def take_in(self, connection: Connection) -> None:
        """Take note that a visitor is in."""
        self._expected -= 1
        self.connections.add(connection)

    def forget(self, connection: Connection) -> None:
        """Take note that a visitor has gone; whoever waits outside may come in."""
        self.connections.discard(connection)
        self._wishes.forget(connection)
        self._open_again()

    def owe(self, connection: Connection) -> None:
        """Have a connection send what it holds back when this round of the loop is done."""
        if len(self._owing) >= MOST_OWING:
            self._settle()
        if not self._owing:
            self._loop.call_soon(self._settle)
        self._owing.append(connection)

    def _settle(self) -> None:
        owing, self._owing = self._owing, []
        for connection in owing:
            connection.flush()

    def make_room(self) -> None:
        """Part with visitors while all together leave too much unread.

        Of the client who leaves the most, the one goes who has read nothing for longest.
        """
        while self.unread_bytes > UNREAD_BYTES:
            _, visitors = self._find_largest(lambda visitor: visitor.unread)
            if not visitors:
                return
            visitors[0].part()

    def make_room_for_requests(self) -> None:
        """Give up requests that no thread answers yet while all together hold too much.

        They go of the client whose hold the most, those first where nothing moved for longest; and
        some more of one who holds much, since to find him takes time.
        """
        while self.held_bytes > HELD_BYTES:
            before = self.held_bytes
            held, visitors = self._find_largest(self._weigh_waiting)
            enough = HELD_BYTES - (SPARE_BYTES if held > 2 * SPARE_BYTES else 0)
            for visitor in visitors:
                visitor.drop_requests()
                self._wishes.refuse(visitor, no_room())
                if self.held_bytes <= enough:
                    break
            if self.held_bytes == before:  # a thread has just taken what there was
                return

    def _weigh_waiting(self, visitor: Connection) -> int:
        return visitor.held + (visitor.weight if self._wishes.is_waiting(visitor) else 0)

    def _find_largest(self, weigh: Callable[[Connection], int]) -> tuple[int, list[Connection]]:
        """Find the client whose visitors weigh the most together; those who moved lately last."""
        weights: dict[str, int] = {}
        weighty: dict[str, list[Connection]] = {}
        for visitor in self.connections:
            if weight := weigh(visitor):
                weights[visitor.client] = weights.get(visitor.client, 0) + weight
                weighty.setdefault(visitor.client, []).append(visitor)
        if not weights:
            return 0, []
        client = max(weights, key=weights.__getitem__)
        return weights[client], sorted(weighty[client], key=lambda visitor: visitor.since)

    def _let_in(self, most: int = LET_IN) -> None:
        """Take in who waits outside, as far as there is room."""
        for taken in range(most):
            if len(self.connections) + self._expected >= self.most:
                if not taken:  # else nobody may be left outside
                    self._make_way()
                return
            try:
                visitor, _ = self._ear.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # no file is left
                self._make_way()
                return
            visitor.setblocking(False)
            self._expected += 1
            coming = self._loop.create_task(self._welcome(visitor))
            self._coming.add(coming)
            coming.add_done_callback(self._coming.discard)

    async def _welcome(self, visitor: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: Connection(self), visitor)
        except OSError:  # he has gone before he was in
            self._expected -= 1

    def _make_way(self) -> None:
        """Part with idle visitors, of the client who has the most; else let nobody in for now."""
        parted = self.connections.choose(PARTED)
        idle = [visitor for visitor in parted if visitor.is_idle(0)]
        for visitor in idle or parted:
            visitor.part()
        if parted:
            return  # they are gone by the next round of the loop
        self._is_full = True
        self._loop.remove_reader(self._ear)

    def _open_again(self) -> None:
        if self._is_full and not self.draining:
            self._is_full = False
            self._loop.add_reader(self._ear, self._let_in)

    def _tick(self) -> None:
        now = self.now()
        for connection in tuple(self.connections):
            try:
                connection.check(now)
            except Exception as error:  # of one visitor's, which the others are to know nothing of
                logging.getLogger("server").error("a connection is closed", exc_info=error)
                connection.part()
        self.make_room()
        self._open_again()
        self.on_tick()


def count_connections() -> int:
    """Tell how many connections to hold open, as files allow: one too many waits outside."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return _CONNECTIONS
    wanted = min(most, _CONNECTIONS + _SPARE_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(16, wanted - _SPARE_FILES)
