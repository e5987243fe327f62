"""Reads what one visitor sends: HTTP/1.1 (RFC 9112), one request after another.

Requests are read by llhttp, which is strict; what it cannot read is answered 400.
"""

from __future__ import annotations

import io
import logging
from http import HTTPStatus
from time import monotonic
from typing import Protocol

from httptools import (
    HttpParserCallbackError,
    HttpParserError,
    HttpParserUpgrade,
    HttpRequestParser,
)

from server.http.heads import (
    WHOLE,
    Environ,
    Fault,
    KnownHeads,
    find_fault,
    read_target,
    split_target,
    to_framing,
    to_key,
    waits_for_leave,
)

HEAD_BYTES = 600_000
"""The largest head of a request; an address with the longest query takes half of it."""
MOST_HEADERS = 100
HEADERS_BYTES = 32_000
"""The most that headers and trailers of a request hold together; to read them takes time."""
NAME_BYTES = 100
"""The longest name of a header that is looked at."""
HELD_BYTES = 192_000_000
"""How much of unanswered requests all connections hold; then some of whoever holds most go."""
SMALL_BYTES = 16_000
"""What every connection may hold at any time: all of them together do not fill `HELD_BYTES`."""
REQUEST_BYTES = 4000
"""What a whole request weighs beside its bytes, about."""


class ReadingHost(Protocol):
    """Whoever all readers read for: knows what they hold together, and may hold."""

    body_bytes: int
    heads: KnownHeads
    held_bytes: int


class Taker(Protocol):
    """Whoever takes what one reader has read."""

    since: float

    def line_up(self, environ: Environ, keep: bool, weight: int) -> None:
        """Take a request; unless `keep`, it is the last."""
        ...

    def ask_leave(self) -> None:
        """Take note that the visitor waits to be told that the body may come."""
        ...

    def stop_reading(self) -> None:
        """Take note that nothing more is to be read."""
        ...


class RequestReader:
    """Reads requests as their bytes come, and hands each on when it is whole."""

    def __init__(self, host: ReadingHost, taker: Taker, base: Environ) -> None:
        self._host = host
        self._taker = taker
        self._base = base
        self._parser = HttpRequestParser(self)
        self._target = b""
        self._body: list[bytes] = []
        self._again = b""
        self._headers = self._headers_length = self._body_length = 0
        self._is_again = self._in_head = False
        self.environ: Environ = {}
        """What is known of the request that was begun last."""
        self.received = 0
        """How many bytes have come of a request that is not whole yet."""
        self.is_reading = False
        """Whether a request has begun that is not whole yet."""
        self.is_cut = False
        """Whether a request was handed on whose body is not read on; it is the last."""
        self.fault: Fault | None = None
        """Why nothing more can be read."""

    def recognise(self, data: bytes) -> Environ | None:
        """Read a request that differs from one that was read before only in its target."""
        found = self._host.heads.read(data)
        if found is None:
            return None
        target, headers = found
        self.environ = environ = {**self._base, **headers, WHOLE: data}
        split_target(environ, target)
        environ["wsgi.input"] = io.BytesIO()
        return environ

    def read(self, data: memoryview) -> None:
        """Read on; what goes beyond a limit, or makes no sense, is a fault."""
        try:
            self._parse(data)
        except HttpParserCallbackError as error:
            logging.getLogger("server").error("a request could not be taken", exc_info=error)
            self.fault = Fault(HTTPStatus.INTERNAL_SERVER_ERROR)
        except HttpParserError:
            self.fault = self.fault or Fault(HTTPStatus.BAD_REQUEST)
        if self.is_reading and self.fault is None:
            self._hold(len(data))

    def _hold(self, size: int) -> None:
        """Count what a request holds while it is not whole, and see whether it is too much."""
        self.received += size
        self._host.held_bytes += size
        most = self._host.body_bytes
        if self._in_head and self.received > HEAD_BYTES:
            self.fault = _too_much("head_bytes", HEAD_BYTES)
        elif self.received > HEAD_BYTES + 8 * most:
            self.fault = Fault(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_bytes", most)

    def drop(self) -> None:
        """Give up a request that is not whole, for want of room."""
        self.fault = self.fault or no_room()
        self._target, self._body = b"", []
        self.let_go()

    def let_go(self) -> None:
        """Give back what a request held while it was not whole."""
        self._host.held_bytes -= self.received
        self.received = 0

    def forget(self) -> None:
        """Keep nothing of a request that is whole, and answered."""
        if self.environ and not self.is_reading:
            self.environ, self._target = {}, b""

    def close(self) -> None:
        """Keep nothing, nor whom it read for: a cycle would wait for the collector."""
        self.let_go()
        self.environ, self._target, self._body = {}, b"", []
        del self._parser, self._taker

    def _parse(self, data: bytes | memoryview) -> None:
        """Read on; whoever offers another protocol is answered in this one (RFC 9110, 7.8).

        The parser stops at such an offer, before the body: another one is told how that is framed.
        """
        while data:
            try:
                self._parser.feed_data(data)
                return
            except HttpParserUpgrade as offer:
                if self.fault:
                    return
                if self.environ["REQUEST_METHOD"] == "CONNECT":
                    self._taker.stop_reading()
                    return
                data = self._again + bytes(data[offer.args[0] :])
                self._again = b""
                self._parser = HttpRequestParser(self)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a request, unless the one before it cannot be read: then it is the last."""
        if self._is_again or self.fault:
            return
        self.environ, self._target, self._body = self._base.copy(), b"", []
        self._headers = self._headers_length = self._body_length = 0
        self.is_reading = self._in_head = True
        self._taker.since = monotonic()

    def on_url(self, part: bytes) -> None:
        """Take the target, or a part of it."""
        if self._in_head and not self._is_again:
            self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers are left out, and names that could be mistaken for others."""
        if self._is_again or self.fault:
            return
        self._headers += 1
        self._headers_length += len(name) + len(value)
        if self._headers > MOST_HEADERS:
            self.fault = _too_much("headers", MOST_HEADERS)
        elif self._headers_length > HEADERS_BYTES:
            self.fault = _too_much("headers_bytes", HEADERS_BYTES)
        key = to_key(name) if self._in_head and len(name) <= NAME_BYTES else None
        if key is None:
            return
        text = value.decode("latin-1")
        held = self.environ.get(key)
        if held is not None:
            if key == "HTTP_HOST":
                self.fault = Fault(HTTPStatus.BAD_REQUEST)
            text = f"{held}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        self.environ[key] = text

    def on_headers_complete(self) -> None:
        """See whether the body will be read."""
        if not self._in_head:
            self._is_again = False
            return
        self._in_head = False
        environ, version = self.environ, self._parser.get_http_version()
        environ["REQUEST_METHOD"] = self._parser.get_method().decode("latin-1")
        environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
        fault = self.fault or find_fault(environ)
        self.fault = read_target(environ, self._target) if fault is None else fault
        if self.fault:
            return
        if self._parser.should_upgrade() and environ["REQUEST_METHOD"] != "CONNECT":
            self._again = to_framing(environ)
            self._is_again = bool(self._again)
        if self.is_cut:
            return
        if "CONTENT_LENGTH" in environ and int(environ["CONTENT_LENGTH"]) > self._host.body_bytes:
            self._cut()
            return
        has_body = environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ
        if has_body and version == "1.1" and waits_for_leave(environ):
            self._taker.ask_leave()

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        if not self.is_cut and not self.fault:
            self._body.append(part)
            self._body_length += len(part)
            if self._body_length > self._host.body_bytes:
                self._cut()

    def on_message_complete(self) -> None:
        """Hand the request on; one of HTTP/1.0 is the last of its connection."""
        if not self.is_cut and not self.fault and not self._again:
            new = self.environ["SERVER_PROTOCOL"] == "HTTP/1.1"
            self._hand_on(new and self._parser.should_keep_alive())

    def _cut(self) -> None:
        """Have a request answered whose body is not read on: the app says why."""
        self.is_cut = True
        self._hand_on(keep=False)

    def _hand_on(self, keep: bool) -> None:
        self.is_reading = False
        self.let_go()
        self.environ["wsgi.input"] = io.BytesIO(b"".join(self._body))
        self._body = []
        length = self._headers_length + self._body_length
        self._taker.line_up(self.environ, keep, REQUEST_BYTES + len(self._target) + length)


def no_room() -> Fault:
    """Say that unanswered requests hold all the room there is for them."""
    return Fault(HTTPStatus.SERVICE_UNAVAILABLE, "held_bytes", HELD_BYTES)


def _too_much(limit: str, value: int) -> Fault:
    return Fault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, limit, value)
