"""Have one request answered by a WSGI app (PEP 3333), in a thread; the event loop writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from server.http.connection import Connection
from server.http.crowd import Crowd
from server.http.heads import Environ, Fault, Headers, to_head
from server.proxies import to_client

App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

AHEAD_BYTES = 128 * 1024
"""How much of a long answer a thread reads at a time, about."""
MOST_STREAMS = 256
"""How many long answers are on their way at a time: each holds a file open."""


class Threads:
    """The threads of a web process, with the app they ask and the way back to the event loop."""

    def __init__(self, app: App, count: int) -> None:
        self.app = app
        self.streams: Crowd[Stream] = Crowd()
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

    `returned` is called, in the thread, when the app has returned and its answer is yet to be sent.
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
        _close(self._environ, parts)

    def _ask(self) -> Iterable[bytes]:
        try:
            return self._threads.app(self._environ, self._start)
        finally:
            if self._returned is not None:
                self._returned()

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
            head = to_head(self._status, self._headers)
            stream = Stream(self._threads, self._environ, self._connection, parts, chunks, told)
            self._threads.on_loop(stream.begin, head, first)
            return True
        return False

    def _reply(self, headers: Headers, body: bytes = b"") -> None:
        self._threads.on_loop(self._connection.reply, to_head(self._status, headers), body)


class Stream:
    """An answer that is sent part by part, as fast as it is read; no thread waits for the visitor.

    Where too many are on their way, one is parted with of the client who has the most.
    """

    def __init__(
        self,
        threads: Threads,
        environ: Environ,
        connection: Connection,
        parts: Iterable[bytes],
        chunks: Iterator[bytes],
        length: int,
    ) -> None:
        self.client = to_client(environ.get("REMOTE_ADDR", ""))
        self._threads = threads
        self._environ = environ
        self._connection = connection
        self._parts = parts
        self._chunks = chunks
        self._left = length

    @property
    def idle_since(self) -> tuple[bool, float]:
        """Whether the visitor reads, and since when nothing has moved."""
        return not self._connection.is_stalled, self._connection.since

    def begin(self, head: bytes, first: bytes) -> None:
        """Send the head and what follows at once, and have the rest read; on the loop."""
        streams = self._threads.streams
        if len(streams) >= MOST_STREAMS and not self._make_way():
            self._threads.submit(partial(_close, self._environ, self._parts))
            fault = Fault(HTTPStatus.SERVICE_UNAVAILABLE, "streams", MOST_STREAMS)
            self._connection.refuse(fault, self._environ)
            return
        streams.add(self)
        self._left -= len(first)
        self._connection.begin(head, first)
        self._go_on()

    def _make_way(self) -> bool:
        """Part with a stream of the client who has the most, if that is another client."""
        chosen = self._threads.streams.choose(1, self.client)
        for stream in chosen:
            self._threads.streams.discard(stream)
            stream._connection.part()
        return bool(chosen)

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
        self._left -= size
        for part in parts:
            self._connection.send(part)
        if is_over:
            self._threads.streams.discard(self)
            self._connection.end(not self._left)
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
