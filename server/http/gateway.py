"""Have one request answered by a WSGI app (PEP 3333), in a thread; the event loop writes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from server.http.connection import Connection
from server.http.heads import Environ, Headers, to_head

App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

AHEAD = 2
"""How many parts of an answer a thread hands over before it waits until they can be written."""


class Call:
    """One request on its way through the app.

    `returned` is called on the loop when the app has returned, and its answer is yet to be sent.
    """

    def __init__(
        self,
        app: App,
        environ: Environ,
        connection: Connection,
        loop: asyncio.AbstractEventLoop,
        returned: Callable[[], None] | None = None,
    ) -> None:
        self._app = app
        self._environ = environ
        self._connection = connection
        self._loop = loop
        self._returned = returned
        self._room = threading.Semaphore(AHEAD)
        self._status = ""
        self._headers: Headers = []
        self._begun = False

    def run(self) -> None:
        """Call the app, and hand over what it gives; to be called in a thread."""
        try:
            parts = self._ask()
            try:
                self._send(parts)
            finally:
                close = getattr(parts, "close", None)
                if close is not None:
                    close()
        except Exception as error:
            log_fault(self._environ, error)
            self._give_up()

    def _ask(self) -> Iterable[bytes]:
        try:
            return self._app(self._environ, self._start)
        finally:
            if self._returned is not None:
                self._on_loop(self._returned)

    def _start(self, status: str, headers: Headers, exc_info: object = None) -> None:
        self._status, self._headers = status, headers

    def _send(self, parts: Iterable[bytes]) -> None:
        """Send an answer at once if it comes in one part, else part by part, as it is read."""
        bare = self._environ["REQUEST_METHOD"] == "HEAD" or self._status[:3] in ("204", "304")
        told = next((int(v) for n, v in self._headers if n.lower() == "content-length"), None)
        if bare:
            self._on_loop(self._connection.reply, to_head(self._status, self._headers))
            return
        chunks = iter(parts)
        first = next(chunks, b"")
        if told is None:
            body = b"".join((first, *chunks))
            headers = [*self._headers, ("Content-Length", str(len(body)))]
            self._on_loop(self._connection.reply, to_head(self._status, headers), body)
        elif len(first) == told:
            self._on_loop(self._connection.reply, to_head(self._status, self._headers), first)
        else:
            self._stream(first, chunks, told)

    def _stream(self, first: bytes, chunks: Iterable[bytes], length: int) -> None:
        self._begun = True
        self._pass(self._connection.begin, to_head(self._status, self._headers), first)
        sent = len(first)
        for part in chunks:
            if self._connection.is_lost:
                break
            sent += len(part)
            self._pass(self._connection.send, part)
        self._on_loop(self._connection.end, sent == length)

    def _pass(self, write: Callable[..., None], *parts: bytes) -> None:
        """Hand over a part, and wait while the visitor is behind with reading."""
        self._room.acquire()
        self._on_loop(self._write, write, *parts)

    def _write(self, write: Callable[..., None], *parts: bytes) -> None:
        write(*parts)
        if self._connection.is_stalled and not self._connection.is_lost:
            self._connection.when_free.append(self._room.release)
        else:
            self._room.release()

    def _give_up(self) -> None:
        if self._begun:
            self._on_loop(self._connection.end, False)
        else:
            self._on_loop(self._connection.fail, self._environ)

    def _on_loop(self, call: Callable[..., None], *given: object) -> None:
        self._loop.call_soon_threadsafe(call, *given)


def log_fault(environ: Environ, error: Exception) -> None:
    """Log a fault of ours; the visitor is only told that there was one."""
    where = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
    logging.getLogger("server").error("%s %s", *where, exc_info=error)
