"""The express: queries that go together are each answered by their own answer, whatever happens."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from contextlib import ExitStack
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scripted_worker import Scene, WorkerEnd, read_body, scene, to_file, to_frame

from server.evaluation import channel, express
from server.evaluation.channel import EndedError
from server.evaluation.express import MOST_TOGETHER
from server.evaluation.frames import FILE, INLINE, REFUSED
from server.evaluation.slices import HeldBackError
from server.limits import BusyError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the workers' sockets are Linux's")

SOON_S = 0.01
MANY = [str(number) for number in range(40)]


# What goes together.


def send_together(played: Scene, *texts: str) -> WorkerEnd:
    """Have queries sent together down a line that answers quickly; gives the line."""
    line = played.begin_quickly()
    played.ask(*texts)
    assert line.read() == [*texts]
    return line


def test_queries_of_one_round_go_together_once_answers_came_quickly() -> None:
    with scene() as played:
        line = played.begin_quickly()
        played.ask("a", "b", "c", "d")
        assert not line.is_asked
        assert line.read() == ["a", "b", "c", "d"]
        line.answer("A", "B", "C", "D")
        assert [played.body_of(text) for text in "abcd"] == ["A", "B", "C", "D"]
        assert not played.has_caller


def test_queries_of_a_later_round_follow_down_the_same_line() -> None:
    with scene() as played:
        line = send_together(played, "a", "b")
        played.ask("c")
        assert line.read() == ["c"]
        line.answer("A")
        assert played.body_of("a") == "A"
        line.answer("B", "C")
        assert [played.body_of(text) for text in "bc"] == ["B", "C"]


def test_no_query_goes_behind_one_that_has_been_on_its_way_for_a_while() -> None:
    with scene(fresh_s=0) as played:
        line = send_together(played, "a")
        played.ask("b")
        other = played.accept()
        assert other.read() == ["b"]
        other.answer("B")
        line.answer("A")
        assert [played.body_of(text) for text in "ab"] == ["A", "B"]


def test_refusals_say_nothing_of_how_long_queries_take() -> None:
    with scene() as played:
        played.ask("first")
        line = played.accept()
        for text in ["first", *MANY]:
            if text != "first":
                played.ask(text)
            assert line.read() == [text]
            line.write(to_frame(text.encode(), REFUSED))
            played.wait_for(text)
        played.ask("a", "b")
        assert line.read() == ["a"]
        assert played.accept().read() == ["b"]


def test_queries_go_one_at_a_time_before_any_answer_has_come() -> None:
    with scene(places=3) as played:
        played.ask("a", "b", "c", "d", "e")
        lines = [played.accept() for _ in range(3)]
        assert [line.read() for line in lines] == [["a"], ["b"], ["c"]]
        assert not played.has_caller
        lines[1].answer("B")
        assert lines[1].read() == ["d"]
        lines[0].answer("A")
        assert lines[0].read() == ["e"]
        assert played.body_of("a") + played.body_of("b") == "AB"


def test_queries_go_one_at_a_time_again_once_answers_took_long() -> None:
    with scene() as played:
        line = played.begin_quickly()
        for text in ("a", "b", "c"):
            played.ask(text)
            assert line.read() == [text]
            line.answer(text, run_ms=8.0)
            played.wait_for(text)
        played.ask("d", "e", "f")
        assert line.read() == ["d"]
        assert played.accept().read() == ["e"]
        assert not played.has_caller
        line.answer("D")
        assert line.read() == ["f"]


@pytest.mark.parametrize(("run_ms", "together"), [(0.6, 1), (0.24, 3), (0.12, 7), (0.0, 16)])
def test_as_many_go_together_as_are_answered_within_a_millisecond(
    run_ms: float, together: int
) -> None:
    with scene(places=1) as played:
        line = played.begin_quickly(run_ms)
        played.ask(*MANY)
        assert line.read() == MANY[:together]


def test_never_more_than_sixteen_are_in_hand_on_a_line() -> None:
    assert MOST_TOGETHER == 16
    with scene(places=2) as played:
        line = played.begin_quickly()
        played.ask(*MANY)
        assert line.read() == MANY[:16]
        assert played.accept().read() == MANY[16:32]
        assert not played.has_caller
        line.answer(*MANY[:3])
        assert line.read() == MANY[32:35]
        line.answer(*MANY[3:16])
        assert line.read() == MANY[35:]
        assert [played.body_of(text) for text in MANY[:16]] == MANY[:16]


# How answers arrive.


@pytest.mark.parametrize("joined", [False, True])
def test_answers_reach_their_queries_at_every_cut(joined: bool) -> None:
    """An answer, a file and another; what follows the file comes with it or for itself."""
    with scene() as played:
        line = played.begin_quickly()
        head = to_frame(b"one")
        stream = head + to_frame(b"two", FILE) + to_frame(b"three")
        for cut in range(1, len(stream)):
            texts = [f"{name} {cut}" for name in "abc"]
            played.ask(*texts)
            assert line.read() == texts
            file = to_file(b"two")
            places = [cut] if joined else [cut, len(head), len(head) + len(to_frame(b"two", FILE))]
            line.write_parts(stream, places, {len(head): file})
            os.close(file)
            assert [played.body_of(text) for text in texts] == ["one", "two", "three"]


sizes = st.one_of(st.integers(0, 60), st.integers(60_000, 140_000))
answers = st.lists(st.tuples(sizes, st.booleans()), min_size=1, max_size=8)


@settings(max_examples=60)
@example([(0, True), (79_199, False), (140_000, False)], [])  # more than the socket holds
@given(answers, st.lists(st.one_of(st.integers(0, 200), st.integers(0, 400_000)), max_size=8))
def test_answers_reach_their_queries_wherever_they_are_cut(
    given: list[tuple[int, bool]], cuts: list[int]
) -> None:
    bodies = [str(at).encode() * size for at, (size, _) in enumerate(given)]
    texts = MANY[: len(given)]
    stream, files = b"", {}
    with scene() as played, ExitStack() as opened:
        line = send_together(played, *texts)
        for body, (_, is_file) in zip(bodies, given, strict=True):
            if is_file:
                files[len(stream)] = to_file(body)
                opened.callback(os.close, files[len(stream)])
            stream += to_frame(body, FILE if is_file else INLINE)
        line.write_parts(stream, [cut % len(stream) for cut in cuts], files)
        replies = [played.wait_for(text).reply for text in texts]
        assert None not in replies
        assert [isinstance(reply.body, bytes) for reply in replies] == [not at for _, at in given]
        assert [reply.length for reply in replies] == [len(body) for body in bodies]
        assert [read_body(reply) for reply in replies] == bodies


def test_answer_whose_file_could_not_come_costs_no_other_its_answer() -> None:
    with scene() as played:
        line = send_together(played, "a", "b", "c")
        line.write(to_frame(b"A") + to_frame(b"B", FILE) + to_frame(b"C"))
        assert played.body_of("a") == "A"
        for text in "bc":
            with pytest.raises(EndedError):
                played.run(played.finish(text))


def test_refusals_reach_their_queries_too() -> None:
    with scene() as played:
        line = send_together(played, "a", "b", "c")
        line.write(to_frame(b"A") + to_frame(b'["query"]', REFUSED) + to_frame(b"C"))
        replies = [played.wait_for(text).reply for text in "abc"]
        assert [reply.outcome for reply in replies] == [INLINE, REFUSED, INLINE]
        assert [reply.body for reply in replies] == [b"A", b'["query"]', b"C"]


# A query that takes longer than thought.


def test_queries_behind_one_that_takes_long_go_another_way_once() -> None:
    with scene(places=2, overdue_s=SOON_S) as played:
        line = send_together(played, "long", "a", "b", "c")
        others = [played.accept(), played.accept()]
        assert [other.read() for other in others] == [["a"], ["b"]]
        others[0].answer("A")
        assert others[0].read() == ["c"]
        others[0].answer("C")
        others[1].answer("B")
        assert [played.body_of(text) for text in "abc"] == ["A", "B", "C"]
        assert not played.has_caller
        assert line.is_shut
        played.foreman.begun.add(line.names["long"])
        finished = played.finish("long")
        line.answer("at last")
        assert read_body(played.run(finished)) == b"at last"
        assert played.foreman.heard == [{"begun": line.names["long"]}]
        assert line.read() == []


def let_b_pass(played: Scene) -> tuple[WorkerEnd, WorkerEnd]:
    """Have `b` overtake `a`, which takes long; gives the lines of both."""
    line = send_together(played, "a", "b")
    other = played.accept()
    assert other.read() == ["b"]
    return line, other


def test_query_that_was_not_begun_behind_a_long_one_is_asked_again_by_its_thread() -> None:
    with scene(places=1, overdue_s=SOON_S) as played:
        line, other = let_b_pass(played)
        finished = played.finish("a")
        another = played.accept()
        assert another.read() == ["a"]
        another.answer("A")
        assert read_body(played.run(finished)) == b"A"
        assert played.foreman.heard == [{"begun": line.names["a"]}]
        assert line.read() == []
        other.answer("B")
        assert played.body_of("b") == "B"


def test_thread_takes_up_an_answer_in_its_midst() -> None:
    with scene(places=1, overdue_s=20 * SOON_S) as played:
        line = send_together(played, "a", "b", "c")
        frame = to_frame(b"the answer to b")
        line.write(to_frame(b"A") + frame[:30])
        assert played.body_of("a") == "A"
        assert played.accept().read() == ["c"]
        finished = played.finish("b")
        line.write(frame[30:])
        assert read_body(played.run(finished)) == b"the answer to b"
        assert played.foreman.heard == []


def test_thread_keeps_no_file_of_an_answer_behind_its_own() -> None:
    with scene(places=1, overdue_s=SOON_S) as played:
        line, _ = let_b_pass(played)
        played.foreman.begun.add(line.names["a"])
        reading, file = os.pipe()
        line.write(to_frame(b"A"))
        line.write(to_frame(b"B", FILE), file)
        os.close(file)
        assert read_body(played.run(played.finish("a"))) == b"A"
        os.set_blocking(reading, False)
        assert os.read(reading, 1) == b""  # nobody holds the other end
        os.close(reading)


def test_thread_whose_worker_leaves_without_a_beginning_asks_again() -> None:
    with scene(places=1, overdue_s=SOON_S) as played:
        line, _ = let_b_pass(played)
        played.foreman.begun.add(line.names["a"])
        finished = played.finish("a")
        line.leave()
        another = played.accept()
        assert another.read() == ["a"]
        another.answer("A")
        assert read_body(played.run(finished)) == b"A"


def test_queries_go_one_at_a_time_after_one_that_took_long() -> None:
    with scene(places=2, overdue_s=SOON_S) as played:
        line = send_together(played, "long", "a")
        played.foreman.begun.add(line.names["long"])
        finished = played.finish("long")
        other = played.accept()
        assert other.read() == ["a"]
        other.answer("A")
        played.ask("b", "c", "d")
        assert other.read() == ["b"]
        assert played.accept().read() == ["c"]
        line.answer("at last")
        assert read_body(played.run(finished)) == b"at last"


def test_queries_that_follow_later_do_not_put_off_those_that_wait() -> None:
    with scene(places=1, overdue_s=5 * SOON_S) as played:
        line = send_together(played, "long", "a")
        for text in MANY[:12]:
            played.ask(text)
            played.run(asyncio.sleep(2 * SOON_S))
        assert line.is_shut
        assert played.accept().read() == ["a"]
        played.foreman.begun.add(line.names["long"])
        line.answer("at last")
        assert read_body(played.run(played.finish("long"))) == b"at last"


def test_query_alone_on_its_line_may_take_its_time() -> None:
    with scene(places=2, overdue_s=SOON_S) as played:
        line = send_together(played, "long")
        played.run(asyncio.sleep(4 * SOON_S))
        assert not line.is_shut
        line.answer("at last")
        assert played.body_of("long") == "at last"


# A worker that leaves, or ends.


def test_queries_that_a_worker_leaves_are_asked_elsewhere_in_order() -> None:
    with scene(places=1) as played:
        line = send_together(played, "a", "b", "c", "d")
        line.write(to_frame(b"A"))
        line.leave()
        other = played.accept()
        assert other.read() == ["b", "c", "d"]
        other.answer("B", "C", "D")
        assert [played.body_of(text) for text in "abcd"] == ["A", "B", "C", "D"]
        assert played.foreman.heard == []


def test_queries_that_were_turned_back_go_before_those_that_wait() -> None:
    with scene(places=1) as played:
        played.ask("a", "b", "c")
        line = played.accept()
        assert line.read() == ["a"]
        line.leave()
        other = played.accept()
        for text in "abc":
            assert other.read() == [text]
            other.answer(text.upper())
        assert [played.body_of(text) for text in "abc"] == ["A", "B", "C"]


def test_worker_that_leaves_while_it_is_idle_costs_nothing() -> None:
    with scene(places=1) as played:
        played.begin_quickly().leave()
        played.turn()
        played.ask("a", "b")
        other = played.accept()
        assert other.read() == ["a", "b"]
        other.answer("A", "B")
        assert played.body_of("a") + played.body_of("b") == "AB"


def test_query_turned_back_five_times_is_left_to_a_thread() -> None:
    with scene(places=1) as played:
        line = played.begin_quickly()
        played.ask("a", "b")
        for turn in range(5):
            if turn:
                line = played.accept()
            assert line.read() == ["a", "b"]
            line.leave()
        finished = {text: played.finish(text) for text in "ab"}
        line = played.accept()
        for _ in "ab":
            (text,) = line.read()
            line.answer(text.upper())
            assert read_body(played.run(finished[text])) == text.upper().encode()


def test_query_whose_worker_ended_is_told_the_fate_of_that_worker() -> None:
    with scene() as played:
        line = send_together(played, "a", "b", "c")
        fates = {"a": {}, "b": {"code": -9, "words": "no more"}, "c": {}}
        played.foreman.fates = {line.names[text]: fates[text] for text in "abc"}
        line.conn.close()
        told = {}
        for text in "abc":
            with pytest.raises(EndedError) as caught:
                played.run(played.finish(text))
            told[text] = (caught.value.code, caught.value.words)
        assert told == {"a": (None, ""), "b": (-9, "no more"), "c": (None, "")}
        assert played.foreman.heard == [{"fate": line.names[text]} for text in "abc"]
        played.ask("d")
        assert played.accept().read() == ["d"]


def test_query_that_ended_its_worker_is_not_asked_again_for_what_came_behind_it() -> None:
    with scene(places=1, overdue_s=20 * SOON_S) as played:
        line = send_together(played, "long", "a")
        played.ask("b")
        played.turn()
        assert line.is_asked
        played.foreman.begun.add(line.names["long"])
        played.foreman.fates[line.names["long"]] = {"code": -27, "words": ""}
        finished = played.finish("long")
        line.conn.close()  # with a query unread, which the other end hears as a reset
        with pytest.raises(EndedError) as caught:
            played.run(finished)
        assert caught.value.code == -27
        assert played.accept().read() == ["a"]
        assert not played.has_caller


def test_answers_that_came_before_a_worker_ended_are_kept() -> None:
    with scene() as played:
        line = send_together(played, "a", "b", "c")
        line.write(to_frame(b"A") + to_frame(b"the answer to b")[:30])
        line.conn.close()
        assert played.body_of("a") == "A"
        for text in "bc":
            with pytest.raises(EndedError):
                played.run(played.finish(text))


# Queries that wait.


def test_too_many_waiting_queries_are_not_taken() -> None:
    with scene(places=1, length=2) as played:
        assert played.ask("a", "b", "c", "d") == [True, True, True, False]
        line = played.accept()
        assert line.read() == ["a"]
        line.answer("A")
        assert line.read() == ["b"]
        assert played.ask("d", "e") == [True, False]


def test_clients_take_turns_however_much_one_of_them_asks() -> None:
    with scene(places=1) as played:
        played.ask("a1", "a2", "a3", "a4", place=1)
        played.ask("b1", "b2", place=2)
        played.ask("c1", place=3)
        line = played.accept()
        for text in ("a1", "a2", "b1", "c1", "a3", "b2", "a4"):
            assert line.read() == [text]
            line.answer(text, run_ms=8.0)
            assert played.body_of(text) == text


def test_clients_whose_last_query_was_quick_do_not_wait_for_all_others() -> None:
    with scene(places=1) as played:
        played.quick |= {7, 8}
        played.ask("a", place=1)
        for place in (2, 3, 4):
            played.ask(f"new {place}", place=place)
        played.ask("quick 7", place=7)
        played.ask("quick 8", place=8)
        line = played.accept()
        for text in ("a", "quick 7", "new 2", "quick 8", "new 3", "new 4"):
            assert line.read() == [text]
            line.answer(text, run_ms=8.0)
            assert played.body_of(text) == text


def test_query_that_was_turned_back_waits_for_no_other_client() -> None:
    with scene(places=1) as played:
        played.ask("a1", place=1)
        played.ask("b1", place=2)
        played.ask("a2", place=1)
        line = played.accept()
        assert line.read() == ["a1"]
        line.leave()
        other = played.accept()
        for text in ("a1", "b1", "a2"):
            assert other.read() == [text]
            other.answer(text)


def test_waiting_query_is_left_to_a_thread_when_its_client_is_held_back_meanwhile() -> None:
    with scene(places=1) as played:
        played.ask("a1", "a2", "a3", place=1)
        played.ask("b1", place=2)
        line = played.accept()
        assert line.read() == ["a1"]
        played.slices.note_overrun("client 1", was_whole=False)
        line.answer("A1")
        assert played.body_of("a1") == "A1"
        assert line.read() == ["b1"]
        line.answer("B1")
        assert played.body_of("b1") == "B1"
        for text in ("a2", "a3"):
            with pytest.raises(HeldBackError):
                played.run(played.finish(text))
        assert not played.has_caller


def test_query_of_each_client_that_waited_too_long_is_busy() -> None:
    with scene(places=1, wait_ms=0) as played:
        played.ask("a1", "a2", place=1)
        played.ask("b1", place=2)
        line = played.accept()
        assert line.read() == ["a1"]
        played.express.tick()
        for text in ("a2", "b1"):
            with pytest.raises(BusyError):
                played.run(played.finish(text))
        played.ask("c1", place=3)
        line.answer("A")
        assert played.body_of("a1") == "A"
        assert line.read() == ["c1"]


def test_query_that_waited_too_long_is_busy() -> None:
    with scene(places=1, wait_ms=0) as played:
        played.ask("a", "b")
        line = played.accept()
        assert line.read() == ["a"]
        assert not played.is_done("b")
        played.express.tick()
        with pytest.raises(BusyError) as caught:
            played.run(played.finish("b"))
        assert (caught.value.limit_name, caught.value.value) == ("queue_wait_ms", 0)
        line.answer("A")
        assert played.body_of("a") == "A"
        assert not played.has_caller


def test_query_that_may_still_wait_is_left_waiting() -> None:
    with scene(places=1, wait_ms=60_000) as played:
        played.ask("a", "b")
        line = played.accept()
        assert line.read() == ["a"]
        played.express.tick()
        assert not played.is_done("a")
        assert not played.is_done("b")


@pytest.mark.parametrize("begun", [True, False])
def test_query_that_nobody_answers_in_time_is_left_to_a_thread(
    begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(express, "PATIENCE_S", 0)
    with scene(places=1, wait_ms=0) as played:
        played.ask("a")
        line = played.accept()
        assert line.read() == ["a"]
        played.express.tick()
        if begun:
            played.foreman.begun.add(line.names["a"])
        finished = played.finish("a")
        if begun:
            line.answer("A")
            assert read_body(played.run(finished)) == b"A"
        else:
            with pytest.raises(BusyError):
                played.run(finished)
        assert line.read() == []


def test_query_is_left_to_a_thread_when_no_line_can_be_opened() -> None:
    with scene(wait_ms=0) as played:
        played.ear.close()
        assert played.ask("a") == [True]
        with pytest.raises(BusyError):
            played.run(played.finish("a"))


def test_query_is_left_to_a_thread_when_no_more_files_can_be_open() -> None:
    with scene() as played:
        with patch.object(channel.socket, "socket", side_effect=OSError(errno.EMFILE, "no more")):
            assert played.ask("a") == [True]
        finished = played.finish("a")
        line = played.accept()
        assert line.read() == ["a"]
        line.answer("A")
        assert read_body(played.run(finished)) == b"A"
