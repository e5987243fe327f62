"""One visitor's connection: requests in a line, and the answers to them in the same order.

No request is begun before the answer to the one before it is on its way. What cannot be read is
refused once all before it is answered, and the connection closed.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from time import monotonic

from server.http.heads import Environ, Fault, to_head
from server.http.host import Host
from server.http.reader import (
    HELD_BYTES,
    REQUEST_BYTES,
    SMALL_BYTES,
    RequestReader,
)
from server.http.unread import count_in_system
from server.proxies import to_client

MOST_AHEAD = 100
"""How many requests a visitor may send before the first is answered; those beyond are not read."""
READ_S = 30.0
"""How long a connection may wait for a request, and a request for its last byte."""
HELD_BACK_BYTES = 64 * 1024
"""How much of its answers a connection holds back for others that go with them."""
STALL_S = 60.0
"""How long a visitor may leave an answer unread."""
LINGER_S = 2.0
"""How long what a visitor still sends is thrown away, so that a read answer is not lost with it."""


class Connection(asyncio.BufferedProtocol):
    """Has requests read and answered, and writes the answers; all of it on the event loop."""

    client: str
    """Where the visitor comes from; see `server.proxies.to_client`."""
    _transport: asyncio.Transport
    _reader: RequestReader
    _recognise: Callable[[bytes], Environ | None]

    def __init__(self, host: Host) -> None:
        self._host = host
        self._requests: deque[tuple[Environ, bool, int]] = deque()
        self._weight = 0
        self._is_reading = self._owes_leave = self._is_deaf = self._has_ended = False
        self._fault: Fault | None = None
        self._refused: Environ | None = None
        self._busy = self._going = self._paused = self._is_over = False
        self._keep = True
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self.since = monotonic()
        """When what is waited for last moved: a request, or the reading of an answer."""
        self.unread = 0
        """How much of its answers the visitor had not read when that was last looked at, in bytes.

        What the system holds of them is counted in.
        """
        self._may_owe = False
        self.is_stalled = self.is_lost = False
        self.when_free: list[Callable[[], None]] = []
        """Called once when more can be written, or nothing ever will."""

    @property
    def idle_since(self) -> tuple[bool, float]:
        """Whether a request is answered, and since when nothing has moved."""
        return self._busy and not self._is_over, self.since

    def is_idle(self, patience_s: float) -> bool:
        """Tell whether no request is answered, and nothing has moved for so long."""
        is_answered, since = self.idle_since
        return not is_answered and monotonic() - since > patience_s

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of who has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        client, server = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        address = client[0] if client else ""
        self.client = to_client(address)
        base = {
            **self._host.environ,
            "REMOTE_ADDR": address,
            "REMOTE_PORT": str(client[1]) if client else "",
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
        }
        self._reader = RequestReader(self._host, self, base)
        self._recognise = self._reader.recognise
        transport.set_write_buffer_limits(high=0)
        self._host.take_in(self)

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
        if whole:
            if self._host.again(whole, self):
                return
            environ = self._recognise(whole)
            if environ is not None:
                self.since = monotonic()
                self._add(environ, True, REQUEST_BYTES + nbytes)
                self._go_on()
                return
        self._read(data)
        if whole and len(self._requests) == 1 and not self._is_reading and not self._is_deaf:
            environ, keep, _ = self._requests[0]
            if keep:
                self._host.heads.learn(whole, environ)
        self._go_on()
        if hurried and self._requests and not self._paused and not self._is_deaf:
            self._paused = True
            self._transport.pause_reading()

    def _read(self, data: memoryview) -> None:
        """Read on, and keep at hand how far that got."""
        self._reader.read(data)
        if self._reader.received > SMALL_BYTES and self._host.held_bytes > HELD_BYTES:
            self._host.make_room_for_requests()
        self._is_reading, self._fault = self._reader.is_reading, self._reader.fault
        self._is_deaf = self._is_deaf or self._reader.is_cut or self._fault is not None

    def eof_received(self) -> bool:
        """Answer what has been asked; nothing more will be."""
        self.flush()
        self._has_ended = True
        self.stop_reading()
        if self._is_over:
            return self._weigh_unread() > 0
        return self._busy or bool(self._requests)

    def pause_writing(self) -> None:
        """Wait: the visitor does not read as fast as we write."""
        self.is_stalled = True
        self.since = monotonic()
        self._weigh_unread()
        self._host.make_room()

    def resume_writing(self) -> None:
        """Write on, but later: the transport fails where it is closed while it tells us this."""
        self.is_stalled = False
        self.since = monotonic()
        asyncio.get_running_loop().call_soon(self._resume)

    def _resume(self) -> None:
        if not self.is_lost and not self.is_stalled:
            self._weigh_unread()
            self._tell_free()
            self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the visitor."""
        self.is_lost = True
        self._unsent.clear()
        self._drop_ahead()
        self._reader.close()
        self._refused = None
        self._host.unread_bytes -= self.unread
        self.unread = 0
        self._host.forget(self)
        self._tell_free()

    # What the reader calls.

    def line_up(self, environ: Environ, keep: bool, weight: int) -> None:
        """Have a request wait for its turn; those beyond what may wait are not read."""
        self._owes_leave = False
        ahead = MOST_AHEAD if self._host.held_bytes < HELD_BYTES else 1
        if len(self._requests) >= ahead:
            self.stop_reading()
        else:
            self._add(environ, keep, weight)

    def ask_leave(self) -> None:
        """Tell the visitor that the body may come, once all before it is answered."""
        self._owes_leave = True
        self._give_leave()

    def stop_reading(self) -> None:
        """Read nothing more; what was sent until now is answered."""
        self._is_deaf = True
        if self._requests:
            environ, _, weight = self._requests.pop()
            self._requests.append((environ, False, weight))
        else:
            self._keep = False

    def _add(self, environ: Environ, keep: bool, weight: int) -> None:
        self._host.held_bytes += weight
        self._requests.append((environ, keep, weight))

    def _give_leave(self) -> None:
        if self._owes_leave and not self._busy and not self._requests:
            self._owes_leave = False
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

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
            self._may_owe = True
            self._transport.write(data)

    def end(self, whole: bool = True) -> None:
        """Turn to the next request; an answer that is not `whole` must not look so."""
        self._busy = False
        self._host.held_bytes -= self._weight
        self._weight = 0
        if self.is_lost:
            return
        self._reader.forget()
        if not whole:
            self._transport.abort()
        elif not self._keep:
            self._close()
        else:
            self.since = monotonic()
            self._go_on()
            self._give_leave()

    def fail(self, environ: Environ) -> None:
        """Say that the fault in answering this request is ours."""
        self._keep = False
        self.refuse(Fault(HTTPStatus.INTERNAL_SERVER_ERROR), environ)

    def refuse(self, fault: Fault, environ: Environ) -> None:
        """Say why this request is not answered."""
        headers, body = self._host.explain(fault, environ)
        if environ.get("REQUEST_METHOD") == "HEAD":
            body = b""
        self.reply(to_head(f"{fault.status.value} {fault.status.phrase}", headers), body)

    def check(self, now: float) -> None:
        """Part with a visitor who keeps us waiting."""
        if self._may_owe:
            before = self.unread
            if self._weigh_unread() < before:
                self.since = now
            self._may_owe = self.unread > 0
        # When the process is to end, what the system holds is sent without it.
        if self.is_stalled or (self._is_over and self.unread and not self._host.draining):
            if now - self.since > STALL_S:
                self._transport.abort()
        elif self._is_over:
            if self._has_ended or now - self.since > LINGER_S:
                self._transport.close()
        elif not self._busy and now - self.since > READ_S:
            if self._is_reading:
                self._fault = Fault(HTTPStatus.REQUEST_TIMEOUT, "read_ms", int(READ_S * 1000))
                self._go_on()
            else:
                self._close()

    @property
    def held(self) -> int:
        """How many bytes have come of requests that are not whole yet, or wait for their turn."""
        return self._reader.received + self._weigh_ahead()

    @property
    def weight(self) -> int:
        """How many bytes the request that is answered holds."""
        return self._weight

    def drop_requests(self) -> None:
        """Give up all requests but the one that is answered; the first of them is refused."""
        if not self.held:
            return
        if self._requests:
            self._refused = self._requests[0][0]
            self._drop_ahead()
        self._reader.drop()
        self._is_reading, self._fault = False, self._reader.fault
        self._is_deaf = True
        self._go_on()

    def _weigh_ahead(self) -> int:
        return sum(weight for _, _, weight in self._requests)

    def _drop_ahead(self) -> None:
        """Forget the requests that wait for their turn."""
        self._host.held_bytes -= self._weigh_ahead()
        self._requests.clear()

    def part(self) -> None:
        """Part at once with a visitor who takes the room of others."""
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
            self._turn_away(self._fault)
        elif self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _turn_away(self, fault: Fault) -> None:
        """Say what is wrong with what came, and hear no more."""
        self._is_deaf = self._busy = True
        self._keep = False
        self.refuse(fault, self._reader.environ if self._refused is None else self._refused)

    def _close(self) -> None:
        """Close once all is read; whoever still sends is heard out a little.

        The system would hold what is not read for long after we have closed, and nobody would know.
        """
        self.flush()
        self.since = monotonic()
        is_read = self._weigh_unread() == 0
        if is_read and (self._has_ended or not self._is_deaf):
            self._transport.close()
            return
        self._is_over = self._busy = self._is_deaf = True
        if self.is_stalled:
            self.when_free.append(self._say_end)
        else:
            self._say_end()
        if self._paused:
            self._transport.resume_reading()

    def _say_end(self) -> None:
        """Tell the visitor that nothing more comes; the transport's own way fails for one gone."""
        if not self.is_lost:
            with suppress(OSError):
                self._transport.get_extra_info("socket").shutdown(socket.SHUT_WR)

    def _weigh_unread(self) -> int:
        """Look how much the visitor has not read."""
        unread = self._transport.get_write_buffer_size() + count_in_system(self._transport)
        self._host.unread_bytes += unread - self.unread
        self.unread = unread
        return unread

    def _tell_free(self) -> None:
        told, self.when_free = self.when_free, []
        for tell in told:
            tell()
