"""Slices: how long each query may use the fast lane, and who has to wait for it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from running_service import default_limits

from server.evaluation import slices as module
from server.evaluation.slices import HeldBackError, Slice, Slices

LIMITS = replace(default_limits(), fast_workers=4, query_time_fast_ms=250)


class Clock:
    """The time as a test sets it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that slices go by."""
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.mark.parametrize(
    ("processes", "limits_ms"), [(1, [250, 250, 25, 25]), (2, [250, 25, 25, 25])]
)
def test_whole_slices_are_given_for_half_of_the_workers(
    processes: int, limits_ms: list[int]
) -> None:
    slices = Slices(LIMITS, processes)
    queries = [Slice(slices, f"client {number}") for number in range(4)]
    assert [query.start() for query in queries] == limits_ms
    queries[0].end()
    queries[0].end()
    assert [Slice(slices, "another").start() for _ in range(2)] == [250, 25]


def test_short_slice_is_no_longer_than_a_whole_one() -> None:
    slices = Slices(replace(LIMITS, query_time_fast_ms=10), 2)
    assert [Slice(slices, "client").start() for _ in range(2)] == [10, 10]


def test_query_that_is_sent_again_keeps_its_slice() -> None:
    slices = Slices(LIMITS, 2)
    first, second = Slice(slices, "client"), Slice(slices, "client")
    assert (first.start(), second.start()) == (250, 25)
    slices.note_overrun("client", was_whole=True)
    assert (first.start_in_thread(), second.start_in_thread()) == (250, 25)


def test_nobody_is_given_the_whole_slice_that_another_waits_for() -> None:
    slices = Slices(LIMITS, 2)
    first = Slice(slices, "first")
    first.start()
    has_turn, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        with slices.in_turn(1):
            has_turn.set()
            assert may_end.wait(10)

    waiting = threading.Thread(target=wait)
    waiting.start()
    until = time.monotonic() + 10
    while not slices._whole._waiting:
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.001)
    assert not has_turn.is_set()
    first.end()
    assert Slice(slices, "quick").start() == 25
    assert has_turn.wait(10)
    may_end.set()
    waiting.join()
    assert Slice(slices, "quick").start() == 250


def test_client_whose_queries_overran_whole_slices_gets_less_of_the_fast_lane() -> None:
    slices = Slices(LIMITS, 1)
    found = []
    for _ in range(5):
        found.append(slices.whole_ms("slow client"))
        slices.note_overrun("slow client", was_whole=True)
    assert found == [250, 125, 62, 31, 25]
    assert slices.whole_ms("another") == 250


def test_client_whose_query_overran_a_short_slice_waits_for_whole_ones(clock: Clock) -> None:
    slices = Slices(LIMITS, 1)
    waiting = Slice(slices, "client")
    slices.note_overrun("client", was_whole=False)
    assert not waiting.may_start()
    with pytest.raises(HeldBackError):
        waiting.start_in_thread()
    assert slices.whole_ms("client") == 250
    assert Slice(slices, "another").may_start()
    clock.now += 29
    assert not waiting.may_start()
    clock.now += 2
    assert waiting.start_in_thread() == 250


def test_client_is_soon_held_back_no_more_when_a_whole_slice_was_enough(clock: Clock) -> None:
    slices = Slices(LIMITS, 1)
    slices.note_overrun("client", was_whole=False)
    slices.note_end("client")
    assert slices.is_held_back("client")
    clock.now += 4
    assert not slices.is_held_back("client")
    slices.note_end("client")
    assert not slices.is_held_back("client")


def test_client_whose_query_overran_a_whole_slice_is_held_back_all_the_same(clock: Clock) -> None:
    slices = Slices(LIMITS, 1)
    slices.note_overrun("client", was_whole=True)
    slices.note_end("client")
    clock.now += 29
    assert (slices.is_held_back("client"), slices.whole_ms("client")) == (True, 125)
    clock.now += 2
    slices.note_overrun("client", was_whole=False)
    assert slices.whole_ms("client") == 250


def test_no_more_than_so_many_clients_are_remembered() -> None:
    slices = Slices(LIMITS, 1)
    for number in range(5000):
        slices.note_overrun(f"client {number}", was_whole=True)
    assert len(slices._overruns) == 4096
    assert not slices.is_held_back("client 0")
    assert slices.is_held_back("client 4999")
