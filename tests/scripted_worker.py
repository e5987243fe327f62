"""A worker and a foreman that do as a test says, and the real express that talks to them.

The loop turns only while a test waits for something: queries asked between two waits are asked in
the same round of the loop.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import select
import socket
import struct
import termios
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar
from unittest.mock import patch

from running_service import default_limits

from server.evaluation import express
from server.evaluation.channel import Channel, Reply
from server.evaluation.control import Control
from server.evaluation.express import Begun, Express
from server.evaluation.frames import FILE, INLINE, LEFT, REPLY, REQUEST
from server.evaluation.slices import Slice, Slices

PATIENCE_S = 10
Found = TypeVar("Found")


def to_frame(body: bytes, outcome: int = INLINE, run_ms: float = 0.0) -> bytes:
    """Write an answer as a worker does; the body is not in the frame if it comes as a file."""
    head = REPLY.pack(outcome, False, 0.0, run_ms, 0.0, len(body))
    return head if outcome == FILE else head + body


def to_file(body: bytes) -> int:
    """Put the body of an answer into a file without a name."""
    file = os.memfd_create("answer")
    os.write(file, body)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def listen(kind: int = socket.SOCK_STREAM) -> tuple[socket.socket, str]:
    """Listen at an address that nobody else has."""
    ear = socket.socket(socket.AF_UNIX, kind)
    ear.bind("")
    ear.listen(64)
    return ear, ear.getsockname().decode()


def wait_until_read(conn: socket.socket, turn: Callable[[], None] = lambda: None) -> None:
    """Wait until the other end has read all that was written here; `turn` is done meanwhile."""
    until = time.monotonic() + PATIENCE_S
    while struct.unpack("i", fcntl.ioctl(conn, termios.TIOCOUTQ, bytes(4))) != (0,):
        assert time.monotonic() < until, "what was written is not read"
        turn()


class WorkerEnd:
    """A line as the worker has it."""

    def __init__(self, scene: Scene, conn: socket.socket) -> None:
        self.conn = conn
        self._scene = scene
        self.names: dict[str, str] = {}
        """The names, as foremen know them, of the queries that came here."""

    def read(self) -> list[str]:
        """Take what comes in one read: the queries in order; empty when no more will come."""
        loop = self._scene.loop
        data, texts = self._scene.run(loop.sock_recv(self.conn, 1 << 20)), []
        while data:
            identifier, _, _, _, length = REQUEST.unpack_from(data)
            end = REQUEST.size + length
            texts.append(data[REQUEST.size : end].decode())
            self.names[texts[-1]] = identifier.hex()
            data = data[end:]
        return texts

    def write(self, data: bytes, file: int | None = None) -> None:
        """Send some bytes, the first of them with a file."""
        if file is not None:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", file))
            sent = self.conn.sendmsg([data], [rights])
            data = data[sent:]
        self._scene.run(self._scene.loop.sock_sendall(self.conn, data))

    def write_parts(self, data: bytes, cuts: Iterable[int], files: Mapping[int, int]) -> None:
        """Send bytes that the other end reads in parts; `files` go with the bytes they stand at."""
        places = {0, *cuts, len(data)}
        for start, end in pairwise(sorted(places | files.keys())):
            self.write(data[start:end], files.get(start))
            if end in places:
                self.wait_until_read()

    def wait_until_read(self) -> None:
        """Wait until the other end has read all that was sent."""
        wait_until_read(self.conn, self._scene.turn)

    def answer(self, *bodies: str, run_ms: float = 0.0) -> None:
        """Answer so many queries together."""
        self.write(b"".join(to_frame(body.encode(), run_ms=run_ms) for body in bodies))

    def leave(self) -> None:
        """Say that nothing more is begun here, and go."""
        self.write(to_frame(b"", LEFT))
        self.conn.close()

    @property
    def is_asked(self) -> bool:
        """Whether there is something to read."""
        return bool(select.select([self.conn], [], [], 0)[0])

    @property
    def is_shut(self) -> bool:
        """Whether nothing more will be asked here, though answers may still be awaited."""
        watched = select.poll()
        watched.register(self.conn, select.POLLRDHUP)
        return [found for _, found in watched.poll(0)] == [select.POLLRDHUP]


class Foreman:
    """Answers the questions of a web process out of what a test has put here."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.ear, self.address = listen(socket.SOCK_SEQPACKET)
        self.ear.setblocking(False)
        self.begun: set[str] = set()
        self.fates: dict[str, dict[str, Any]] = {}
        self.heard: list[dict[str, Any]] = []

    async def work(self) -> None:
        """Answer one asker after the other."""
        while True:
            asker, _ = await self._loop.sock_accept(self.ear)
            with asker:
                while question := await self._loop.sock_recv(asker, 65536):
                    answer = self._find(json.loads(question))
                    await self._loop.sock_sendall(asker, json.dumps(answer).encode())

    def _find(self, question: dict[str, Any]) -> dict[str, Any]:
        self.heard.append(question)
        if "begun" in question:
            return {"begun": question["begun"] in self.begun}
        return self.fates.get(question["fate"], {})


class Scene:
    """An express with `places` lines and `length` waiting queries, and whom it talks to."""

    def __init__(self, places: int, length: int, wait_ms: int) -> None:
        self.loop = asyncio.new_event_loop()
        # The loop has a thread of its own: in this one the browser of other tests may have a loop.
        self._thread = ThreadPoolExecutor(1)
        self.faults: list[dict[str, Any]] = []
        self.loop.set_exception_handler(self._fail)
        self.foreman = Foreman(self.loop)
        self._work = self.loop.create_task(self.foreman.work())
        self.ear, address = listen()
        self.ear.setblocking(False)
        self._control = Control(self.foreman.address)
        self._channel = Channel("fast", address, places, self._control, length, wait_ms)
        self.slices = Slices(default_limits(), 1)
        self.quick: set[int] = set()
        is_quick = self.quick.__contains__
        self.express = Express(self._channel, places, length, self.loop, is_quick)
        self._ends: list[WorkerEnd] = []
        self._done: dict[str, asyncio.Future[Begun]] = {}

    def run(self, task: Coroutine[Any, Any, Found] | asyncio.Future[Found]) -> Found:
        """Turn the loop until something has come to pass."""
        try:
            return self._complete(asyncio.wait_for(task, PATIENCE_S))
        finally:
            assert self.faults == []

    def _complete(self, task: Coroutine[Any, Any, Found]) -> Found:
        return self._thread.submit(self.loop.run_until_complete, task).result()

    def _fail(self, loop: asyncio.AbstractEventLoop, fault: dict[str, Any]) -> None:
        self.faults.append(fault)
        loop.stop()

    def turn(self) -> None:
        """Turn the loop until all that can be heard at once has been heard."""
        for _ in range(5):
            self._complete(asyncio.sleep(0))

    def ask(self, *texts: str, place: int = 0) -> list[bool]:
        """Ask queries of one client in one round of the loop; tells of each if it was taken."""
        taken = []
        for text in texts:
            self._done[text] = self.loop.create_future()
            done = self._done[text].set_result  # a second time would be a fault
            slice = Slice(self.slices, f"client {place}")
            taken.append(self.express.ask(text.encode(), slice, place, done))
        return taken

    def accept(self) -> WorkerEnd:
        """Wait for the next line."""
        conn, _ = self.run(self.loop.sock_accept(self.ear))
        conn.setblocking(False)
        self._ends.append(WorkerEnd(self, conn))
        return self._ends[-1]

    def begin_quickly(self, run_ms: float = 0.0) -> WorkerEnd:
        """Ask and answer one query after the other over one line, until many may go together."""
        self.ask("first")
        line = self.accept()
        texts = ["first", *(f"early {number}" for number in range(60))]
        for text in texts:
            if text != "first":
                self.ask(text)
            assert line.read() == [text]
            line.answer(text, run_ms=run_ms)
            assert self.body_of(text) == text
        return line

    @property
    def has_caller(self) -> bool:
        """Whether somebody has opened a line that was not accepted yet."""
        self.turn()
        return bool(select.select([self.ear], [], [], 0)[0])

    def is_done(self, text: str) -> bool:
        """Tell whether a query is answered, or left to a thread."""
        self.turn()
        return self._done[text].done()

    def wait_for(self, text: str) -> Begun:
        """Wait until a query is answered, or left to a thread."""
        return self.run(self._done[text])

    def body_of(self, text: str) -> str:
        """Wait for the body of an answer that comes to the loop."""
        reply = self.wait_for(text).reply
        assert reply is not None, f"{text} is left to a thread"
        return read_body(reply).decode()

    def finish(self, text: str) -> asyncio.Future[Reply]:
        """Wait until a query is left to a thread, and have a thread finish it."""
        begun = self.wait_for(text)
        assert begun.reply is None
        return self.loop.run_in_executor(None, begun.finish)

    def close(self) -> None:
        """End it all."""
        self._work.cancel()
        self.turn()
        self._complete(self.loop.shutdown_default_executor())
        self._thread.shutdown()
        self.express.close()
        self._channel.close()
        self._control.close()
        for held in (self.ear, self.foreman.ear, *(end.conn for end in self._ends)):
            held.close()
        self.loop.close()


def read_body(reply: Reply) -> bytes:
    """Read the body of an answer, which may be a file."""
    if isinstance(reply.body, bytes):
        return reply.body
    with reply.body as file:
        return file.read()


@contextmanager
def scene(
    places: int = 2,
    length: int = 100,
    wait_ms: int = 5000,
    overdue_s: float = 60,
    fresh_s: float = 60,
) -> Iterator[Scene]:
    """Set a scene, in which nothing is overdue before it should be; whatever fails there fails."""
    times = {"OVERDUE_S": overdue_s, "FRESH_S": fresh_s}
    with patch.multiple(express, **times):
        made = Scene(places, length, wait_ms)
        try:
            yield made
        finally:
            made.close()
    assert made.faults == []
