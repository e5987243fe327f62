"""Whose turn it is: clients wait for each other once, and each for himself."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http.crowd import Crowd
from server.limits import BusyError
from server.turns import Pool, TwoQueues


class Guest:
    """Somebody who asks a pool, and notes what he is told."""

    def __init__(self, place: Hashable, name: str = "", since: float = 0.0) -> None:
        self.place = place
        self.name = name or str(place)
        self.since = since
        self.told: list[object] = []

    def receive(self, thing: str) -> None:
        self.told.append(thing)

    def refuse(self, error: BusyError) -> None:
        self.told.append((error.limit_name, error.value))


def fill(pool: Pool[str], places: str) -> list[Guest]:
    """Have guests ask, named by their client and their number."""
    guests = []
    for number, place in enumerate(places):
        guests.append(Guest(place, f"{place}{number}", time.monotonic()))
        pool.ask(guests[-1])
    return guests


def test_things_that_are_free_are_given_at_once() -> None:
    pool = Pool(["x", "y"], "thing", 5, 1000)
    assert [guest.told for guest in fill(pool, "aab")] == [["y"], ["x"], []]
    assert len(pool) == 1


def test_clients_take_turns() -> None:
    pool = Pool(["x"], "thing", 9, 1000)
    guests = fill(pool, "aaabbc")
    order = []
    for _ in guests:
        (having,) = [guest for guest in guests if guest.told == ["x"]]
        order.append(having.name)
        having.told = ["done"]
        pool.give_back("x")
    assert order == ["a0", "a1", "b3", "c5", "a2", "b4"]
    assert [pool.take_free(), pool.take_free(), pool.take_now()] == [["x"], [], []]


def test_whoever_has_the_most_waiting_gives_way_with_his_newest() -> None:
    pool = Pool(["x"], "thing", 3, 1000)
    guests = fill(pool, "aaaabc")
    assert [guest.name for guest in guests if guest.told == [("queue_length", 3)]] == ["a2", "a3"]
    assert fill(pool, "d")[0].told == [("queue_length", 3)]
    assert fill(pool, "a")[0].told == [("queue_length", 3)]
    assert len(pool) == 3
    for _ in range(4):
        pool.give_back("x")
    assert [guest.told for guest in fill(pool, "de")] == [["x"], []]
    pool.give_back("x")
    assert len(pool) == 0


@given(places=st.text(alphabet="abcd", min_size=1, max_size=40), length=st.integers(1, 6))
def test_a_client_that_waits_less_than_any_other_is_not_refused(places: str, length: int) -> None:
    pool = Pool(["x"], "thing", length, 1000)
    guests = fill(pool, "z" + places)
    assert sum(guest.told == [] for guest in guests) == min(len(places), length) == len(pool)
    waiting = [guest.place for guest in guests if not guest.told]
    refused = {guest.place for guest in guests if guest.told and guest.told != ["x"]}
    most = max(map(waiting.count, waiting))
    assert all(waiting.count(place) >= most - 1 for place in refused)


def test_who_has_waited_too_long_is_refused() -> None:
    pool = Pool(["x"], "thing", 9, 1000)
    first, late, new = Guest("a"), Guest("b"), Guest("c", since=time.monotonic() + 60)
    for guest in (first, late, new):
        pool.ask(guest)
    pool.refuse_late()
    assert [first.told, late.told, new.told] == [["x"], [("queue_wait_ms", 1000)], []]
    assert len(pool) == 1
    pool.give_back("x")
    assert new.told == ["x"]


def test_all_that_a_client_has_waiting_for_too_long_is_refused() -> None:
    pool = Pool(["x"], "thing", 9, 1000)
    first, *late = (Guest("a") for _ in range(4))
    new = Guest("a", since=time.monotonic() + 60)
    for guest in (first, *late, new):
        pool.ask(guest)
    pool.refuse_late()
    assert [guest.told for guest in late] == [[("queue_wait_ms", 1000)]] * 3
    assert (len(pool), new.told) == (1, [])


def test_a_thing_comes_back_however_its_use_ends() -> None:
    pool = Pool(["x"], "thing", 9, 1000)
    with pytest.raises(ZeroDivisionError), pool.hold("a"):
        raise ZeroDivisionError
    assert pool.take_now() == ["x"]


def test_who_no_longer_waits_is_told_nothing() -> None:
    pool = Pool(["x"], "thing", 9, 1000)
    having, leaving, staying = (Guest(place) for place in "abc")
    for guest in (having, leaving, staying):
        pool.ask(guest)
    assert [pool.forget(guest) for guest in (having, leaving, leaving)] == [False, True, False]
    pool.give_back("x")
    assert [having.told, leaving.told, staying.told] == [["x"], [], ["x"]]


def test_a_thread_is_told_why_it_gets_nothing() -> None:
    pool = Pool(["x"], "thing", 1, 30)
    with (
        pool.hold("a"),
        pytest.raises(BusyError, match=r"No thing came free within 0.03 s") as late,
    ):
        pool.take("a")
    assert (late.value.limit_name, late.value.value) == ("queue_wait_ms", 30)
    assert late.value.retry_after_s == 1
    with pool.hold("a"), ThreadPoolExecutor(1) as executor:
        patient = Pool(["y"], "thing", 1, 20_000)
        patient.take("a")
        waiting = executor.submit(patient.take, "a")
        while not len(patient):
            time.sleep(0.001)
        with pytest.raises(BusyError, match="1 wait for a thing already") as full:
            patient.take("a")
        assert (full.value.limit_name, full.value.value) == ("queue_length", 1)
        newcomer = executor.submit(lambda: None)
        patient.give_back("y")
        assert waiting.result(20) == "y"
        newcomer.result(20)


def test_a_thread_that_gives_way_raises() -> None:
    pool = Pool(["x"], "thing", 2, 20_000)
    pool.take("a")
    with ThreadPoolExecutor(2) as executor:
        waiting = [executor.submit(pool.take, "a") for _ in range(2)]
        while len(pool) < 2:
            time.sleep(0.001)
        guest = Guest("b")
        pool.ask(guest)
        pool.give_back("x")
        pool.give_back("x")
        outcomes = sorted(str(future.exception(20)) for future in waiting)
    assert outcomes[1:] == ["None"]
    assert "2 wait for a thing already" in outcomes[0]
    assert guest.told == ["x"]


def test_things_are_never_had_twice_nor_lost() -> None:
    pool = Pool(["x", "y"], "thing", 50, 20_000)
    had: set[str] = set()
    lock, most = threading.Lock(), [0]

    def use(number: int) -> None:
        for _ in range(200):
            with pool.hold(number % 3) as thing:
                with lock:
                    assert thing not in had
                    had.add(thing)
                    most[0] = max(most[0], len(had))
                with lock:
                    had.remove(thing)

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(use, range(8)))
    assert sorted(pool.take_free()) == ["x", "y"]
    assert most[0] <= 2


class Visitor:
    def __init__(self, client: str, busy: bool, since: float) -> None:
        self.client = client
        self.idle_since = (busy, since)


def stand(*names: str) -> TwoQueues[Guest]:
    """Have guests wait; capitals stand in the first queue, and letters tell clients apart."""
    queues: TwoQueues[Guest] = TwoQueues(lambda guest: guest.name.isupper())
    for name in names:
        queues.append(Guest(name[0], name))
    return queues


def test_two_queues_are_served_alternately_as_long_as_somebody_stands_in_both() -> None:
    queues = stand("a1", "a2", "b1", "X", "Y", "c1", "Z")
    assert len(queues) == 7
    assert [queues.take().name for _ in range(7)] == ["X", "a1", "Y", "b1", "Z", "c1", "a2"]
    assert not queues


@given(st.text("abXY"))
def test_whoever_stands_in_one_of_two_queues_is_served_once(names: str) -> None:
    queues = stand(*names)
    assert sorted(queues.take().name for _ in names) == sorted(names)
    assert len(queues) == 0


def test_whoever_is_put_back_is_the_next_of_his_queue() -> None:
    queues = stand("a", "X", "b", "Y")
    back = [queues.take(), queues.take()]
    for guest in back:
        queues.put_back(guest)
    assert [queues.take().name for _ in range(4)] == ["X", "a", "Y", "b"]


def test_whoever_has_the_most_in_either_queue_has_one_dropped() -> None:
    queues = stand("a1", "X1", "a2", "Y1", "Z1", "b1")
    assert [queues.drop().name for _ in range(4)] == ["a2", "b1", "a1", "Z1"]
    assert sorted(queues.take().name for _ in range(2)) == ["X1", "Y1"]


def test_whoever_is_removed_waits_in_neither_queue() -> None:
    guests = {name: Guest(name[0], name) for name in ("a", "X")}
    first = {"X"}
    queues: TwoQueues[Guest] = TwoQueues(lambda guest: guest.name in first)
    for guest in guests.values():
        queues.append(guest)
    first.add("a")  # what is known of a client may change while he waits
    assert [queues.remove(guests[name]) for name in "aXa"] == [True, True, False]
    assert not queues


def test_of_a_pool_those_who_are_first_take_turns_with_the_others() -> None:
    pool = Pool(["x"], "thing", 9, 1000, lambda place: place == "quick")
    assert pool.take("me") == "x"
    got: list[str] = []

    class Wanting:
        def __init__(self, place: str, name: str) -> None:
            self.place, self.name, self.since = place, name, 0.0

        def receive(self, thing: str) -> None:
            got.append(self.name)

        def refuse(self, error: BusyError) -> None:
            raise error

    for place, name in (("a", "a1"), ("b", "b1"), ("c", "c1"), ("quick", "q1"), ("quick", "q2")):
        pool.ask(Wanting(place, name))
    for _ in range(5):
        pool.give_back("x")
    assert got == ["q1", "a1", "q2", "b1", "c1"]


def test_who_is_late_leaves_both_queues() -> None:
    queues = stand("a", "X", "b", "Y")
    late = queues.take_late(lambda guest: guest.name in "aXY")
    assert sorted(guest.name for guest in late) == ["X", "Y", "a"]
    assert (len(queues), queues.take().name) == (1, "b")


def gather() -> Crowd[Visitor]:
    """Make a crowd of visitors of whom those with a request may not go for nothing."""
    return Crowd(lambda visitor: visitor.idle_since, lambda visitor: not visitor.idle_since[0])


def test_of_the_largest_crowd_the_idlest_go() -> None:
    crowd = gather()
    many = [Visitor("a", False, 3), Visitor("a", True, 1), Visitor("a", False, 2)]
    many += [Visitor("a", True, 0)]
    few = [Visitor("b", False, 0), Visitor("b", False, 1)]
    for visitor in many + few:
        crowd.add(visitor)
    assert crowd.choose(9) == [many[2], many[0]]
    assert crowd.choose(1) == [many[2]]
    assert crowd.choose(1, "c") == [many[2]]
    assert crowd.choose(1, "b") == [many[2]]
    assert crowd.choose(1, "a") == []
    for visitor in (*many[:2], many[0]):
        crowd.discard(visitor)
    assert len(crowd) == 4
    assert crowd.choose(1, "b") == []


def test_nothing_is_kept_of_a_client_who_has_gone() -> None:
    crowd = gather()
    visitor = Visitor("a", False, 0)
    crowd.add(visitor)
    crowd.discard(visitor)
    assert (len(crowd), list(crowd), crowd._by_client) == (0, [], {})


def test_a_newcomer_who_would_have_as_many_as_anybody_drives_nobody_out() -> None:
    crowd = gather()
    for client in "aab":
        crowd.add(Visitor(client, False, 0))
    assert crowd.choose(1, "b") == []
    assert len(crowd.choose(1, "c")) == 1


def test_where_all_have_one_the_idlest_may_go_for_who_has_none() -> None:
    crowd = gather()
    assert crowd.choose(5) == []
    some = [Visitor(client, client == "a", at) for at, client in enumerate("abcd")]
    for visitor in reversed(some):
        crowd.add(visitor)
    assert crowd.choose(2) == crowd.choose(2, "e") == some[1:3]
    assert crowd.choose(9) == some[1:]
    assert crowd.choose(1, "b") == []
