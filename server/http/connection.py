"""One visitor's connection: HTTP/1.1 (RFC 9112), one request after another.

Requests are read by llhttp, which is strict; what it cannot read is answered 400, and the
connection closed. No request is begun before the answer to the one before it is on its way.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections import deque
from collections.abc import Callable
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
    Headers,
    KnownHeads,
    find_fault,
    read_target,
    split_target,
    to_framing,
    to_head,
    to_key,
    waits_for_leave,
)

HEAD_BYTES = 600_000
"""The largest head of a request; an address with the longest query takes half of it."""
MOST_HEADERS = 100
HEADERS_BYTES = 32_000
"""The most that headers and trailers of a request hold together; to read them takes time."""
MOST_AHEAD = 100
"""How many requests a visitor may send before the first is answered; those beyond are not read."""
NAME_BYTES = 100
"""The longest name of a header that is looked at."""
HELD_BYTES = 64_000_000
"""How much of unanswered requests all connections hold; then those above `SMALL_BYTES` go."""
SMALL_BYTES = 16_000
REQUEST_BYTES = 4000
"""What a whole request weighs beside its bytes, about."""
READ_S = 30.0
"""How long a connection may wait for a request, and a request for its last byte."""
HELD_BACK_BYTES = 64 * 1024
"""How much of its answers a connection holds back for others that go with them."""
STALL_S = 60.0
"""How long a visitor may leave an answer unread."""
LINGER_S = 2.0
"""How long what a visitor still sends is thrown away, so that the answer is not lost with it."""


class Host(Protocol):
    """Whoever has the connections, and answers."""

    environ: Environ
    body_bytes: int
    draining: bool
    connections: set[Connection]
    buffer: memoryview
    heads: KnownHeads
    held_bytes: int
    unread_bytes: int
    admit: Callable[[Environ], Callable[[], None] | None]
    explain: Callable[[Fault], tuple[Headers, bytes]]
    again: Callable[[bytes, Connection], bool]

    def forget(self, connection: Connection) -> None:
        """Take note that a connection has ended."""
        ...

    def date(self) -> bytes:
        """Give the `Date` header as a line."""
        ...

    def owe(self, connection: Connection) -> None:
        """Take note that a connection has something to send at the end of this round."""
        ...

    def make_room(self) -> None:
        """Part with visitors while all together leave too much unread."""
        ...

    def answer(self, environ: Environ, connection: Connection) -> None:
        """Have a request answered, now or later."""
        ...


class Connection(asyncio.BufferedProtocol):
    """Reads requests and writes answers; everything here happens on the event loop."""

    _transport: asyncio.Transport

    def __init__(self, host: Host) -> None:
        self._host = host
        self._parser = HttpRequestParser(self)
        self._base: Environ = {}
        self._requests: deque[tuple[Environ, bool, int]] = deque()
        self._environ: Environ = {}
        self._target = b""
        self._body: list[bytes] = []
        self._again = b""
        self._place: Callable[[], None] | None = None
        self._received = self._headers = self._headers_length = 0
        self._body_length = self._weight = 0
        self._is_again = self._is_reading = self._in_head = self._owes_leave = False
        self._is_cut = self._is_deaf = self._has_ended = False
        self._fault: Fault | None = None
        self._busy = self._going = self._paused = False
        self._keep = True
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self.since = monotonic()
        """When what is waited for last moved: a request, or the reading of an answer."""
        self.unread = 0
        """How much of its answers the visitor has not read, beyond what the system holds."""
        self.is_stalled = self.is_lost = False
        self.when_free: list[Callable[[], None]] = []
        """Called once when more can be written, or nothing ever will."""

    @property
    def address(self) -> str:
        """Where the visitor comes from."""
        return str(self._base["REMOTE_ADDR"])

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of who has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        client, server = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self._base = {
            **self._host.environ,
            "REMOTE_ADDR": client[0] if client else "",
            "REMOTE_PORT": str(client[1]) if client else "",
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
        }
        transport.set_write_buffer_limits(high=0)
        self._host.connections.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give the loop where to put what comes: one place for all, since it is read at once."""
        return self._host.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read on; the requests that are whole by now are answered in turn."""
        if self._is_deaf:
            return
        data = self._host.buffer[:nbytes]
        hurried = self._busy or self.is_stalled
        whole = b"" if hurried or self._is_reading else bytes(data)
        if whole and (self._host.again(whole, self) or self._recognise(whole)):
            return
        try:
            self._parse(data)
        except HttpParserCallbackError as error:
            logging.getLogger("server").error("a request could not be taken", exc_info=error)
            self._fault = Fault(HTTPStatus.INTERNAL_SERVER_ERROR)
        except HttpParserError:
            self._fault = self._fault or Fault(HTTPStatus.BAD_REQUEST)
        if self._is_reading:
            self._received += nbytes
            self._host.held_bytes += nbytes
            most = self._host.body_bytes
            if self._in_head and self._received > HEAD_BYTES:
                self._fault = _too_much("head_bytes", HEAD_BYTES)
            elif self._received > HEAD_BYTES + 8 * most:
                self._fault = Fault(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_bytes", most)
            elif self._received > SMALL_BYTES and self._host.held_bytes > HELD_BYTES:
                self._fault = Fault(HTTPStatus.SERVICE_UNAVAILABLE, "held_bytes", HELD_BYTES)
        self._is_deaf = self._is_deaf or self._is_cut or self._fault is not None
        if whole and len(self._requests) == 1 and not self._is_reading and not self._is_deaf:
            environ, keep, _ = self._requests[0]
            if keep:
                self._host.heads.learn(whole, environ)
        self._go_on()
        if hurried and self._requests and not self._paused and not self._is_deaf:
            self._paused = True
            self._transport.pause_reading()

    def _recognise(self, data: bytes) -> bool:
        """Take a request that differs from one that was read before only in its target."""
        found = self._host.heads.read(data)
        if found is None:
            return False
        target, headers = found
        self._environ = environ = {**self._base, **headers, WHOLE: data}
        split_target(environ, target)
        self.since = monotonic()
        self._add(environ, True, REQUEST_BYTES + len(data))
        self._go_on()
        return True

    def _parse(self, data: bytes | memoryview) -> None:
        """Read on; whoever offers another protocol is answered in this one (RFC 9110, 7.8).

        The parser stops at such an offer, before the body: another one is told how that is framed.
        """
        while data:
            try:
                self._parser.feed_data(data)
                return
            except HttpParserUpgrade as offer:
                if self._environ["REQUEST_METHOD"] == "CONNECT":
                    self._stop_reading()
                    return
                data = self._again + bytes(data[offer.args[0] :])
                self._again = b""
                self._parser = HttpRequestParser(self)

    def eof_received(self) -> bool:
        """Answer what has been asked; nothing more will be."""
        self.flush()
        lingering = self._is_deaf and not self._keep
        self._has_ended = True
        self._stop_reading()
        return not lingering and (self._busy or bool(self._requests))

    def pause_writing(self) -> None:
        """Wait: the visitor does not read as fast as we write."""
        self.is_stalled = True
        self.since = monotonic()
        self._weigh_unread()
        self._host.make_room()

    def resume_writing(self) -> None:
        """Write on."""
        self.is_stalled = False
        self.since = monotonic()
        self._weigh_unread()
        self._tell_free()
        self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the visitor."""
        self.is_lost = True
        self._unsent.clear()
        self._host.held_bytes -= sum(weight for _, _, weight in self._requests)
        self._requests.clear()
        self._let_go()
        self._host.unread_bytes -= self.unread
        self.unread = 0
        self._host.forget(self)
        self._tell_free()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._is_again:
            return
        self._environ, self._target, self._body = self._base.copy(), b"", []
        self._headers = self._headers_length = self._body_length = 0
        self._is_reading = self._in_head = True
        self.since = monotonic()

    def on_url(self, part: bytes) -> None:
        """Take the target, or a part of it."""
        if not self._is_again:
            self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers are left out, and names that could be mistaken for others."""
        if self._is_again:
            return
        self._headers += 1
        self._headers_length += len(name) + len(value)
        if self._headers > MOST_HEADERS:
            self._fault = _too_much("headers", MOST_HEADERS)
        elif self._headers_length > HEADERS_BYTES:
            self._fault = _too_much("headers_bytes", HEADERS_BYTES)
        key = to_key(name) if self._in_head and len(name) <= NAME_BYTES else None
        if key is None:
            return
        text = value.decode("latin-1")
        held = self._environ.get(key)
        if held is not None:
            if key == "HTTP_HOST":
                self._fault = Fault(HTTPStatus.BAD_REQUEST)
            text = f"{held}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
        self._environ[key] = text

    def on_headers_complete(self) -> None:
        """See whether the body will be read."""
        self._in_head = False
        if self._is_again:
            self._is_again = False
            return
        environ, version = self._environ, self._parser.get_http_version()
        environ["REQUEST_METHOD"] = self._parser.get_method().decode("latin-1")
        environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
        fault = self._fault or find_fault(environ)
        self._fault = read_target(environ, self._target) if fault is None else fault
        if self._fault:
            return
        if self._parser.should_upgrade() and environ["REQUEST_METHOD"] != "CONNECT":
            self._again = to_framing(environ)
            self._is_again = bool(self._again)
        if "CONTENT_LENGTH" in environ and int(environ["CONTENT_LENGTH"]) > self._host.body_bytes:
            self._cut()
        elif environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            self._place = self._host.admit(environ)
            if self._place is None:
                self._cut()
            elif version == "1.1" and waits_for_leave(environ):
                self._owes_leave = True
                self._give_leave()

    def _give_leave(self) -> None:
        """Tell who waits for it that the body may come, once all before it is answered."""
        if self._owes_leave and not self._busy and not self._requests:
            self._owes_leave = False
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        if not self._is_cut:
            self._body.append(part)
            self._body_length += len(part)
            if self._body_length > self._host.body_bytes:
                self._cut()

    def on_message_complete(self) -> None:
        """Line the request up; one of HTTP/1.0 is the last of its connection."""
        if not self._is_cut and not self._fault and not self._again:
            new = self._environ["SERVER_PROTOCOL"] == "HTTP/1.1"
            self._line_up(new and self._parser.should_keep_alive())

    def _cut(self) -> None:
        """Have a request answered whose body is not read on: the app says why."""
        self._is_cut = True
        self._line_up(keep=False)

    def _stop_reading(self) -> None:
        """Read nothing more; what was sent until now is answered."""
        self._is_deaf = True
        if self._requests:
            environ, _, weight = self._requests.pop()
            self._requests.append((environ, False, weight))
        else:
            self._keep = False

    def _line_up(self, keep: bool) -> None:
        self._is_reading = self._owes_leave = False
        self._let_go()
        ahead = MOST_AHEAD if self._host.held_bytes < HELD_BYTES else 1
        if len(self._requests) >= ahead:
            self._stop_reading()
            return
        length = self._headers_length + self._body_length
        self._add(self._environ, keep, REQUEST_BYTES + len(self._target) + length)

    def _add(self, environ: Environ, keep: bool, weight: int) -> None:
        environ["wsgi.input"] = io.BytesIO(b"".join(self._body))
        self._body = []
        self._host.held_bytes += weight
        self._requests.append((environ, keep, weight))

    # What those call who answer.

    def reply(self, head: bytes, body: bytes = b"") -> None:
        """Send a whole answer; `head` is its status line and headers."""
        self.begin(head, body)
        self.end()

    def begin(self, head: bytes, part: bytes = b"") -> None:
        """Send the head of an answer, and the first part of its body."""
        if self.is_lost:
            return
        self._keep = self._keep and not self._host.draining
        closing = b"\r\n" if self._keep else b"Connection: close\r\n\r\n"
        self._write(b"".join((head, self._host.date(), closing, part)))

    def send(self, part: bytes) -> None:
        """Send a part of a body."""
        if not self.is_lost:
            self._write(part)

    def _write(self, data: bytes) -> None:
        """Have something sent with all else that this round of the loop finds to send.

        To send wakes the visitor, who takes the processor: better once, when the work is done.
        """
        if not self._unsent:
            self._host.owe(self)
        self._unsent.append(data)
        self._unsent_bytes += len(data)
        if self._unsent_bytes > HELD_BACK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is held back."""
        data, self._unsent, self._unsent_bytes = b"".join(self._unsent), [], 0
        if data:
            self._transport.write(data)

    def end(self, whole: bool = True) -> None:
        """Turn to the next request; an answer that is not `whole` must not look so."""
        self._busy = False
        self._host.held_bytes -= self._weight
        self._weight = 0
        if self.is_lost:
            return
        if not whole:
            self._transport.abort()
        elif not self._keep:
            self._close()
        else:
            self.since = monotonic()
            self._go_on()
            self._give_leave()

    def fail(self) -> None:
        """Say that the fault is ours."""
        self._keep = False
        self._say(Fault(HTTPStatus.INTERNAL_SERVER_ERROR))

    def check(self, now: float) -> None:
        """Part with a visitor who keeps us waiting."""
        if self.is_stalled or self._transport.is_closing():
            before = self.unread
            self._weigh_unread()
            if self.unread < before:
                self.since = now
            elif now - self.since > STALL_S:
                self._transport.abort()
        elif not self._busy and now - self.since > READ_S:
            if self._is_reading:
                self._fault = Fault(HTTPStatus.REQUEST_TIMEOUT, "read_ms", int(READ_S * 1000))
                self._go_on()
            else:
                self._close()

    def part(self) -> None:
        """Part at once with a visitor who leaves too much unread."""
        self._transport.abort()
        self._host.unread_bytes -= self.unread
        self.unread = 0

    def leave(self) -> None:
        """Close, unless a request is being read or answered."""
        if not self._busy and not self._is_reading:
            self._close()

    def _go_on(self) -> None:
        """Have the next requests answered, as long as the answers come at once."""
        if self._going:
            return
        self._going = True
        while self._requests and not self._busy and not self.is_stalled:
            environ, self._keep, self._weight = self._requests.popleft()
            self._busy = True
            self._host.answer(environ, self)
        self._going = False
        if self._busy or self.is_stalled or self.is_lost:
            return
        if self._fault is not None:
            self._refuse(self._fault)
        elif self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _refuse(self, fault: Fault) -> None:
        self._is_deaf = self._busy = True
        self._keep = False
        self._say(fault)

    def _say(self, fault: Fault) -> None:
        headers, body = self._host.explain(fault)
        if self._environ.get("REQUEST_METHOD") == "HEAD":
            body = b""
        self.reply(to_head(f"{fault.status.value} {fault.status.phrase}", headers), body)

    def _close(self) -> None:
        """Close once all is written; whoever still sends is heard out a little."""
        self.flush()
        self.since = monotonic()
        if self._has_ended or not self._is_deaf:
            self._transport.close()
            return
        self._busy = True
        self._transport.write_eof()
        if self._paused:
            self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_S, self._transport.close)

    def _weigh_unread(self) -> None:
        unread = self._transport.get_write_buffer_size()
        self._host.unread_bytes += unread - self.unread
        self.unread = unread

    def _let_go(self) -> None:
        """Give back what a request held while it was not whole."""
        self._host.held_bytes -= self._received
        self._received = 0
        place, self._place = self._place, None
        if place is not None:
            place()

    def _tell_free(self) -> None:
        told, self.when_free = self.when_free, []
        for tell in told:
            tell()


def _too_much(limit: str, value: int) -> Fault:
    return Fault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, limit, value)
