"""Have one request answered by a WSGI app (PEP 3333), in a thread; the event loop writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from server.http.connection import Connection
from server.http.heads import Environ, Fault, Headers, to_head
from server.http.streams import Place, Streams
from server.limits import BusyError
from server.proxies import to_client

App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

AHEAD_BYTES = 128 * 1024
"""How much of a long answer a thread reads at a time, about."""
ROOM = "kg.room"
"""Where in the environment stands what takes room for a result that is sent part by part.

It is called with how many bytes are kept for the result, before the answer begins; see
`Streams.take` for what it raises.
"""
LET_GO = "kg.let_go"
"""Where in the environment stands what gives the request's place to another, before its answer."""


class Threads:
    """The threads of a web process, with the app they ask and the way back to the event loop."""

    def __init__(self, app: App, count: int, stream_bytes: int) -> None:
        self.app = app
        self.streams = Streams(stream_bytes, self.on_loop)
        self._executor = ThreadPoolExecutor(count, "visitor")
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take note of the loop that runs."""
        self._loop = loop

    def submit(self, work: Callable[[], None]) -> None:
        """Have something done in a thread."""
        self._executor.submit(work)

    def on_loop(self, call: Callable[..., None], *given: object) -> None:
        """Have something done on the loop."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(call, *given)

    def close(self) -> None:
        """Take no more work; what is in hand is done."""
        self._executor.shutdown(wait=False)


class Call:
    """One request on its way through the app.

    `returned` is called once, in the thread: when the app has returned and its answer is yet to be
    sent, or before, when the app says that it will take long.
    """

    def __init__(
        self,
        threads: Threads,
        environ: Environ,
        connection: Connection,
        returned: Callable[[], None] | None = None,
    ) -> None:
        self._threads = threads
        self._environ = environ
        self._connection = connection
        self._returned = returned
        self._place: Place | None = None
        self._status = ""
        self._headers: Headers = []

    def run(self) -> None:
        """Call the app, and hand over what it gives; to be called in a thread."""
        parts: Iterable[bytes] = ()
        try:
            parts = self._ask()
            if self._send(parts):
                return
        except Exception as error:
            log_fault(self._environ, error)
            self._threads.on_loop(self._connection.fail, self._environ)
        if self._place is not None:
            self._threads.streams.give_back(self._place)
        _close(self._environ, parts)

    def _ask(self) -> Iterable[bytes]:
        self._environ[ROOM] = self._take_room
        self._environ[LET_GO] = self._let_go
        try:
            return self._threads.app(self._environ, self._start)
        finally:
            del self._environ[ROOM], self._environ[LET_GO]
            self._let_go()

    def _let_go(self) -> None:
        returned, self._returned = self._returned, None
        if returned is not None:
            returned()

    def _take_room(self, weight: int = 0) -> Place:
        """Take room for a long answer, unless that is done."""
        if self._place is None:
            client = to_client(self._environ.get("REMOTE_ADDR", ""))
            self._place = self._threads.streams.take(self._connection, client, weight)
        return self._place

    def _start(self, status: str, headers: Headers, exc_info: object = None) -> None:
        self._status, self._headers = status, headers

    def _send(self, parts: Iterable[bytes]) -> bool:
        """Send an answer at once if it comes in one part; tells whether parts are still to come."""
        bare = self._environ["REQUEST_METHOD"] == "HEAD" or self._status[:3] in ("204", "304")
        told = next((int(v) for n, v in self._headers if n.lower() == "content-length"), None)
        if bare:
            self._reply(self._headers)
            return False
        chunks = iter(parts)
        first = next(chunks, b"")
        if told is None:
            body = b"".join((first, *chunks))
            self._reply([*self._headers, ("Content-Length", str(len(body)))], body)
        elif len(first) == told:
            self._reply(self._headers, first)
        else:
            return self._begin_stream(parts, chunks, told, first)
        return False

    def _begin_stream(
        self, parts: Iterable[bytes], chunks: Iterator[bytes], told: int, first: bytes
    ) -> bool:
        """Have a long answer sent; False, once it is said, where there is no room for it."""
        try:
            place = self._take_room()
        except BusyError as error:
            fault = Fault(HTTPStatus.SERVICE_UNAVAILABLE, error.limit_name, error.value)
            self._threads.on_loop(self._connection.refuse, fault, self._environ)
            return False
        stream = Stream(self._threads, self._environ, place, parts, chunks, told)
        self._threads.on_loop(stream.begin, to_head(self._status, self._headers), first)
        return True

    def _reply(self, headers: Headers, body: bytes = b"") -> None:
        self._threads.on_loop(self._connection.reply, to_head(self._status, headers), body)


class Stream:
    """An answer that is sent part by part, as fast as it is read: no thread waits meanwhile."""

    def __init__(
        self,
        threads: Threads,
        environ: Environ,
        place: Place,
        parts: Iterable[bytes],
        chunks: Iterator[bytes],
        length: int,
    ) -> None:
        self._threads = threads
        self._environ = environ
        self._place = place
        self._connection = place.connection
        self._parts = parts
        self._chunks = chunks
        self._length = length

    def begin(self, head: bytes, first: bytes) -> None:
        """Send the head and what follows at once, and have the rest read; on the loop."""
        self._place.sent = len(first)
        self._connection.begin(head, first)
        self._go_on()

    def _go_on(self) -> None:
        """Have parts read once they can be written."""
        if self._connection.is_stalled and not self._connection.is_lost:
            self._connection.when_free.append(self._go_on)
        else:
            self._threads.submit(self._read)

    def _read(self) -> None:
        """Read some parts; in a thread."""
        parts: list[bytes] = []
        size, is_over = 0, self._connection.is_lost
        try:
            while not is_over and size < AHEAD_BYTES:
                part = next(self._chunks, None)
                is_over = part is None
                if part is not None:
                    parts.append(part)
                    size += len(part)
        except Exception as error:
            is_over = True
            log_fault(self._environ, error)
        if is_over:
            _close(self._environ, self._parts)
        self._threads.on_loop(self._pass, parts, size, is_over)

    def _pass(self, parts: list[bytes], size: int, is_over: bool) -> None:
        """Send parts; on the loop."""
        self._place.sent += size
        for part in parts:
            self._connection.send(part)
        if is_over:
            self._threads.streams.give_back(self._place)
            self._connection.end(self._place.sent == self._length)
        else:
            self._go_on()


def _close(environ: Environ, parts: Iterable[bytes]) -> None:
    """Let go of an answer (PEP 3333: its `close` is called however it ends)."""
    let_go = getattr(parts, "close", None)
    if let_go is None:
        return
    try:
        let_go()
    except Exception as error:
        log_fault(environ, error)


def log_fault(environ: Environ, error: Exception) -> None:
    """Log a fault of ours; the visitor is only told that there was one."""
    where = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
    logging.getLogger("server").error("%s %s", *where, exc_info=error)
