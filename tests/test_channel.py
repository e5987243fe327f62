"""The queue of threads before a lane: whose query goes next, and what a worker is sent of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from scripted_worker import listen, to_frame

from server.evaluation.channel import Channel
from server.evaluation.control import Control
from server.evaluation.frames import REQUEST
from server.limits import BusyError

PATIENCE_S = 10
WAIT_MS = 10_000
LIMIT_MS = 250


class Queue:
    """A lane with one worker, played by the test, and threads that ask there."""

    def __init__(self) -> None:
        self._ear, address = listen()
        self._ear.settimeout(PATIENCE_S)
        self._control = Control("")
        self.channel = Channel("fast", address, 1, self._control, 100, WAIT_MS)
        self._threads: list[threading.Thread] = []
        self._conn: socket.socket | None = None

    def ask(self, text: str, place: int, limit: Callable[[], int] = lambda: LIMIT_MS) -> None:
        """Have a thread ask, of the client counted at `place`."""
        asked = (text.encode(), limit, place)
        self._threads.append(threading.Thread(target=self.channel.ask, args=asked))
        self._threads[-1].start()

    def give_up(self, place: int) -> BusyError:
        """Ask, too, of the client counted at `place`, but wait no time at all."""
        with pytest.raises(BusyError) as caught, patch.object(self.channel._conns, "_wait_ms", 0):
            self.channel.ask(b"late", lambda: LIMIT_MS, place)
        return caught.value

    def wait_for(self, number: int) -> None:
        """Wait until so many threads wait."""
        until = time.monotonic() + PATIENCE_S
        while len(self.channel._conns._waiting) != number:
            assert time.monotonic() < until, f"{len(self.channel._conns._waiting)} threads wait"
            time.sleep(0.001)

    def read(self) -> str:
        """Take the next query that comes to the worker."""
        if self._conn is None:
            self._conn, _ = self._ear.accept()
            self._conn.settimeout(PATIENCE_S)
        data = self._conn.recv(1 << 16)
        return data[REQUEST.size :].decode()

    def answer(self) -> None:
        """Answer the query that came last."""
        assert self._conn is not None
        self._conn.sendall(to_frame(b"answer"))

    def close(self) -> None:
        """Wait for the threads, and end it all."""
        for thread in self._threads:
            thread.join()
        self.channel.close()
        self._control.close()
        for held in (self._ear, self._conn):
            if held is not None:
                held.close()


@contextmanager
def queue() -> Iterator[Queue]:
    """Open a lane in which one thread at a time is served."""
    made = Queue()
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ([("a", 1), ("b", 2), ("c", 3)], ["a", "b", "c"]),
        ([("a", 1), ("a2", 1), ("a3", 1), ("b", 2), ("c", 3), ("b2", 2)],
         ["a", "b", "c", "a2", "b2", "a3"]),
    ],
    ids=["one query each", "some ask more than others"],
)  # fmt: skip
def test_clients_whose_threads_wait_take_turns(
    asked: list[tuple[str, int]], answered: list[str]
) -> None:
    with queue() as played:
        played.ask("first", 9)
        assert played.read() == "first"
        for number, query in enumerate(asked, start=1):
            played.ask(*query)
            played.wait_for(number)
        order = []
        for _ in asked:
            played.answer()
            order.append(played.read())
        played.answer()
    assert order == answered


def test_limit_of_a_query_is_found_out_when_its_turn_has_come() -> None:
    asked: list[str] = []

    def limit() -> int:
        asked.append("limit")
        return LIMIT_MS

    with queue() as played:
        played.ask("first", 9)
        assert played.read() == "first"
        played.ask("a", 1, limit)
        played.wait_for(1)
        assert asked == []
        played.answer()
        assert played.read() == "a"
        assert asked == ["limit"]
        played.answer()


def test_whoever_waited_too_long_leaves_the_queue_to_others() -> None:
    with queue() as played:
        played.ask("first", 9)
        assert played.read() == "first"
        for _ in range(2):
            error = played.give_up(1)
            assert (error.limit_name, error.value) == ("queue_wait_ms", 0)
        played.ask("next", 2)
        played.wait_for(1)
        played.answer()
        assert played.read() == "next"
        played.answer()


def test_one_thread_of_a_client_that_gives_up_leaves_its_others_waiting() -> None:
    with queue() as played:
        played.ask("first", 9)
        assert played.read() == "first"
        played.ask("a", 1)
        played.wait_for(1)
        played.give_up(1)
        played.wait_for(1)
        played.answer()
        assert played.read() == "a"
        played.answer()
