"""The HTTP server: what a visitor sends byte by byte, and what comes back, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import select
import socket
import struct
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

import pytest

from server.http import connection, door, reader, streams
from server.http.connection import Connection
from server.http.door import Door
from server.http.gateway import LET_GO, ROOM, Threads
from server.http.heads import PATH_BYTES, WHOLE, Environ, to_head
from server.http.reader import HEAD_BYTES, HEADERS_BYTES, MOST_HEADERS
from server.http.streams import Place, Streams
from server.http.wishes import Places, Wishes
from server.limits import BusyError
from server.turns import Pool

BODY_BYTES = 1000
LARGE = 400
STREAM_BYTES = 50_000_000
MUCH = 16_000_000
PART = b"x" * 100_000
Found = TypeVar("Found")


class BrokenError(Exception):
    """What the app of these tests raises."""


@dataclass
class App:
    """Tells what it was asked; some paths misbehave, some take their time."""

    seen: list[Environ] = field(default_factory=list)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)
    produced: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        self.seen.append(environ)
        path = environ["PATH_INFO"]
        if path == "/wait":
            self.entered.release()
            assert self.go.wait(20)
        if path == "/room":
            environ[ROOM](10)
        if path == "/aside":
            environ[LET_GO]()
        if path == "/much":
            start("200 OK", [("Content-Length", str(MUCH))])
            return [b"x" * MUCH]
        if path == "/fault":
            raise BrokenError
        if path in ("/large", "/short", "/breaks"):
            told = LARGE * len(PART)
            start("200 OK", [("Content-Length", str(told))])
            return self._parts(1 if path == "/short" else LARGE, path == "/breaks")
        if path == "/injects":
            start("200 OK", [("Content-Length", "0"), ("X-Name", "a\r\nSet-Cookie: b")])
            return []
        if path == "/unchanged":
            start("304 NOT MODIFIED", [("ETag", '"a"')])
            return [b""]
        body = environ["wsgi.input"].read()
        said = f"{environ['REQUEST_METHOD']} {path}?{environ['QUERY_STRING']} ".encode() + body
        headers = [] if path == "/untold" else [("Content-Length", str(len(said)))]
        start("200 OK", headers)
        return [said]

    def _parts(self, count: int, breaks: bool) -> Iterator[bytes]:
        try:
            for at in range(count):
                if breaks and at == 2:
                    raise BrokenError
                self.produced += 1
                yield PART
        finally:
            self.closed.set()


@dataclass
class House:
    """A door that is open, its app, and a way to visit."""

    app: App
    door: Door
    port: int
    call: Callable[[Callable[[], None]], object]
    """Has something done on the loop."""
    thread: threading.Thread

    def stop(self) -> None:
        """Close the door."""
        self.call(self.door.stop)

    def ask(self, question: Callable[[], Found]) -> Found:
        """Give what is so on the loop, between two things that happen there."""
        answer: Future[Found] = Future()
        self.call(lambda: answer.set_result(question()))
        return answer.result(20)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so on the loop."""
        until = time.monotonic() + 20
        while not self.ask(is_so):
            assert time.monotonic() < until, "it never was so"
            time.sleep(0.001)

    def answer_on_loop(self, visitors: list[socket.socket], wait_s: float = 0.0) -> list[int]:
        """Have requests answered on the loop; notes before each how many visitors can read.

        Before the last one, if there are as many as visitors, it waits so long for one who can.
        """
        noted: list[int] = []

        def answer(environ: Environ, visited: Connection) -> bool:
            wait = wait_s if len(noted) == len(visitors) - 1 else 0.0
            noted.append(len(select.select(visitors, [], [], wait)[0]))
            self.app.entered.release()
            body = environ["PATH_INFO"].encode()
            visited.reply(to_head("200 OK", [("Content-Length", str(len(body)))]), body)
            return True

        self.door.at_once = answer
        return noted

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Keep the loop busy, so that what comes while the block runs is read in one round."""
        entered, go = threading.Event(), threading.Event()

        def wait() -> None:
            entered.set()
            go.wait(20)

        self.call(wait)
        assert entered.wait(20)
        try:
            yield
        finally:
            go.set()

    @contextmanager
    def visit(self, source: str = "127.0.0.1") -> Iterator[socket.socket]:
        place = ("127.0.0.1", self.port)
        with socket.create_connection(place, 20, (source, 0)) as visitor:
            yield visitor

    def say(self, raw: bytes) -> bytes:
        """Send bytes, and give all that comes until the other side closes."""
        with self.visit() as visitor:
            visitor.sendall(raw)
            return read_all(visitor)


def read_all(visitor: socket.socket) -> bytes:
    parts = []
    try:
        while part := visitor.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_answer(visitor: socket.socket, data: bytes = b"") -> tuple[bytes, bytes]:
    """Read one answer that begins with `data`; gives head and body."""
    while b"\r\n\r\n" not in data:
        data += visitor.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    told = re.search(rb"(?i)content-length: (\d+)", head)
    while told and len(body) < int(told[1]):
        body += visitor.recv(1 << 16)
    return head, body


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: here", *headers, "", ""]
    return "\r\n".join(lines).encode()


def bodies(answers: bytes) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 ")[1:]]


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answers)]


@pytest.fixture
def house() -> Iterator[House]:
    app = App()
    made = Door(app, threads=4, body_bytes=BODY_BYTES, stream_bytes=STREAM_BYTES)
    ear = socket.create_server(("127.0.0.1", 0))
    ear.setblocking(False)
    port = ear.getsockname()[1]
    loops: list[asyncio.AbstractEventLoop] = []
    opened = threading.Event()

    def ready(loop: asyncio.AbstractEventLoop) -> None:
        loops.append(loop)
        opened.set()

    thread = threading.Thread(target=made.run, args=(ear, ready))
    thread.start()
    assert opened.wait(20)
    opened_house = House(app, made, port, loops[0].call_soon_threadsafe, thread)
    yield opened_house
    app.go.set()
    if thread.is_alive():
        opened_house.stop()
    thread.join(20)
    assert not thread.is_alive()


def make_pages(
    house: House, together: int, length: int = 128, wait_ms: int = 20_000
) -> Callable[[], int]:
    """Have everything that is asked answered in turns; gives what counts who is waited for."""
    places: Places = Pool([None] * together, "place", length, wait_ms)

    def answer(environ: Environ, visited: Connection) -> bool:
        house.door.in_turn(environ, visited, environ["REMOTE_ADDR"], places)
        return True

    house.door.at_once = answer
    house.door.on_tick = places.refuse_late
    return lambda: together - len(places._free) + len(places)


def asked(house: House) -> list[str]:
    return [environ["QUERY_STRING"] for environ in house.app.seen]


def test_visitors_who_want_pages_take_turns(house: House) -> None:
    wishes = make_pages(house, 1)
    with ExitStack() as held:
        visitors = []
        for source, name in ((1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (2, "b2")):
            visitors.append(held.enter_context(house.visit(f"127.0.0.{source}")))
            visitors[-1].sendall(get(f"/wait?{name}"))
            house.wait_until(lambda: wishes() == len(visitors))
        assert asked(house) == ["a1"]
        house.app.go.set()
        for visitor in visitors:
            read_answer(visitor)
    assert asked(house) == ["a1", "a2", "b1", "c1", "a3", "b2"]


def test_only_so_many_pages_are_made_at_the_same_time(house: House) -> None:
    wishes = make_pages(house, 2)
    with ExitStack() as held:
        visitors = [held.enter_context(house.visit()) for _ in range(4)]
        for visitor in visitors:
            visitor.sendall(get("/wait"))
        for _ in range(2):
            assert house.app.entered.acquire(timeout=20)
        house.wait_until(lambda: wishes() == 4)
        assert not house.app.entered.acquire(timeout=0.2)
        house.app.go.set()
        assert [statuses(read_answer(visitor)[0]) for visitor in visitors] == [[200]] * 4


def test_page_of_a_visitor_who_has_left_is_not_made(house: House) -> None:
    wishes = make_pages(house, 1)
    with house.visit() as first, house.visit() as last:
        first.sendall(get("/wait?first"))
        assert house.app.entered.acquire(timeout=20)
        weight = house.ask(lambda: house.door.held_bytes)
        with house.visit() as leaving:
            leaving.sendall(get("/wait?leaving"))
            house.wait_until(lambda: wishes() == 2)
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        house.wait_until(lambda: wishes() == 1)
        assert house.ask(lambda: house.door.held_bytes) == weight
        last.sendall(get("/wait?last"))
        house.wait_until(lambda: wishes() == 2)
        house.app.go.set()
        read_answer(first)
        read_answer(last)
    assert asked(house) == ["first", "last"]
    assert house.ask(lambda: house.door.held_bytes) == 0


@dataclass(eq=False)
class Absent:
    """A visitor who is not there, and threads that do nothing by themselves."""

    is_lost: bool = False
    ended: int = 0
    work: list[Callable[[], None]] = field(default_factory=list)

    def end(self) -> None:
        self.ended += 1

    def submit(self, work: Callable[[], None]) -> None:
        self.work.append(work)

    def on_loop(self, call: Callable[..., None], *given: object) -> None:
        call(*given)


def test_a_place_that_comes_when_its_visitor_has_just_left_goes_to_the_next() -> None:
    threads, gone, staying = Absent(), Absent(), Absent()
    wishes = Wishes(cast(Threads, threads))
    places: Places = Pool([None], "place", 5, 1000)
    for visitor in (gone, staying):
        wishes.add({}, cast(Connection, visitor), "client", places)
    gone.is_lost = True
    wishes.forget(cast(Connection, gone))
    assert gone.ended == 0
    (late,) = threads.work
    late()
    assert (gone.ended, len(places), len(threads.work)) == (1, 0, 2)
    assert list(wishes.waiting) == [staying]


@pytest.mark.parametrize("path", ["/fault", "/breaks", "/large"])
def test_page_that_fails_or_is_not_read_holds_up_no_other(
    house: House, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_pages(house, 1)
    with house.visit() as slow, house.visit() as other:
        slow.sendall(get(path))
        assert slow.recv(1) == b"H"
        other.sendall(get("/next"))
        assert statuses(read_answer(other)[0]) == [200]


def test_one_wish_too_many_is_refused_to_whoever_has_the_most(house: House) -> None:
    wishes = make_pages(house, 1, length=3)
    with ExitStack() as held:
        visitors = {}
        for source, name in ((1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1")):
            visitors[name] = held.enter_context(house.visit(f"127.0.0.{source}"))
            visitors[name].sendall(get(f"/wait?{name}"))
            house.wait_until(lambda: wishes() == min(len(visitors), 4))
        head, body = read_answer(visitors.pop("a3"))
        assert statuses(head) == [503]
        assert body == b"Service Unavailable (queue_length: 3).\n"
        house.app.go.set()
        for visitor in visitors.values():
            assert statuses(read_answer(visitor)[0]) == [200]
    assert asked(house) == ["a1", "a2", "b1", "c1"]
    house.wait_until(lambda: not house.door.connections)
    assert house.ask(lambda: (house.door.held_bytes, wishes())) == (0, 0)


def test_who_asks_and_says_no_more_holds_no_room_for_ever(house: House) -> None:
    wishes = make_pages(house, 1, length=3)
    with house.visit("127.0.0.2") as first:
        first.sendall(get("/wait?first"))
        assert house.app.entered.acquire(timeout=20)
        for at in range(50):
            with house.visit() as leaving:
                leaving.sendall(get(f"/wait?{at}"))
                leaving.shutdown(socket.SHUT_WR)
        house.wait_until(lambda: len(house.door.connections) == 4 and wishes() == 4)
        house.app.go.set()
        assert statuses(read_answer(first)[0]) == [200]
    house.wait_until(lambda: not house.door.connections)
    assert house.ask(lambda: (house.door.held_bytes, wishes())) == (0, 0)


def test_a_wish_that_waits_too_long_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK_S", 0.02)
    make_pages(house, 1, wait_ms=50)
    with house.visit() as first, house.visit() as late:
        first.sendall(get("/wait?first"))
        assert house.app.entered.acquire(timeout=20)
        late.sendall(get("/wait?late"))
        head, body = read_answer(late)
        assert statuses(head) == [503]
        assert body == b"Service Unavailable (queue_wait_ms: 50).\n"
        assert house.ask(lambda: house.door._wishes.waiting) == {}
        house.app.go.set()
        late.sendall(get("/again"))
        assert statuses(read_answer(late)[0]) == [200]
        assert statuses(read_answer(first)[0]) == [200]
    assert asked(house) == ["first", ""]


def test_whoever_is_in_most_often_gives_way_where_it_gets_narrow(house: House) -> None:
    house.door.most = 6
    with ExitStack() as held:
        crowd = [held.enter_context(house.visit()) for _ in range(5)]
        house.wait_until(lambda: len(house.door.connections) == 5)
        crowd[0].sendall(get("/wait"))
        assert house.app.entered.acquire(timeout=20)
        kept = held.enter_context(house.visit("127.0.0.2"))
        kept.sendall(get("/1"))
        read_answer(kept)
        new = held.enter_context(house.visit("127.0.0.3"))
        new.sendall(get("/2"))
        assert read_answer(new)[1] == b"GET /2? "
        assert [read_all(crowd[1]), read_all(crowd[2])] == [b"", b""]
        kept.sendall(get("/3"))
        assert read_answer(kept)[1] == b"GET /3? "
        house.app.go.set()
        assert read_answer(crowd[0])[1] == b"GET /wait? "


def test_where_a_client_has_idle_connections_none_that_is_answered_goes(house: House) -> None:
    house.door.most = 4
    with ExitStack() as held:
        busy = [held.enter_context(house.visit()) for _ in range(3)]
        for visitor in busy:
            visitor.sendall(get("/wait"))
            assert house.app.entered.acquire(timeout=20)
        idle = held.enter_context(house.visit())
        house.wait_until(lambda: len(house.door.connections) == 4)
        new = held.enter_context(house.visit("127.0.0.3"))
        new.sendall(get("/new"))
        assert read_answer(new)[1] == b"GET /new? "
        assert read_all(idle) == b""
        house.app.go.set()
        for visitor in busy:
            assert read_answer(visitor)[1] == b"GET /wait? "


def test_nobody_gives_way_before_one_too_many_comes(house: House) -> None:
    house.door.most = 4
    with ExitStack() as held:
        crowd = [held.enter_context(house.visit()) for _ in range(4)]
        house.wait_until(lambda: len(house.door.connections) == 4)
        for visitor in crowd:
            visitor.sendall(get("/kept"))
            assert read_answer(visitor)[1] == b"GET /kept? "
        new = held.enter_context(house.visit())
        new.sendall(get("/new"))
        assert read_answer(new)[1] == b"GET /new? "
        assert [read_all(visitor) for visitor in crowd[:2]] == [b"", b""]


def test_where_everybody_is_in_once_and_new_the_next_waits_outside(house: House) -> None:
    house.door.most = 3
    with ExitStack() as held:
        inside = [held.enter_context(house.visit(f"127.0.0.{at}")) for at in range(1, 4)]
        house.wait_until(lambda: len(house.door.connections) == 3)
        new = held.enter_context(house.visit("127.0.0.4"))
        new.sendall(get("/new"))
        for visitor in inside:
            visitor.sendall(get("/kept"))
            assert read_answer(visitor)[1] == b"GET /kept? "
        assert not select.select([new], [], [], 0.1)[0]
        inside[0].close()
        assert read_answer(new)[1] == b"GET /new? "


def test_where_everybody_is_in_once_the_idlest_gives_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PATIENCE_S", 0.0)
    monkeypatch.setattr(door, "PARTED", 1)
    house.door.most = 3
    with ExitStack() as held:
        busy, idle, kept = (
            held.enter_context(house.visit(f"127.0.0.{source}")) for source in (1, 2, 3)
        )
        busy.sendall(get("/wait"))
        assert house.app.entered.acquire(timeout=20)
        for visitor in (idle, kept):
            visitor.sendall(get("/before"))
            assert read_answer(visitor)[1] == b"GET /before? "
        new = held.enter_context(house.visit("127.0.0.4"))
        new.sendall(get("/new"))
        assert read_answer(new)[1] == b"GET /new? "
        assert read_all(idle) == b""
        kept.sendall(get("/after"))
        assert read_answer(kept)[1] == b"GET /after? "
        house.app.go.set()
        assert read_answer(busy)[1] == b"GET /wait? "


def test_answers_that_nobody_reads_hold_no_thread(house: House) -> None:
    with ExitStack() as held:
        for _ in range(20):
            slow = held.enter_context(house.visit())
            slow.sendall(get("/large"))
            assert slow.recv(1) == b"H"
        house.wait_until(
            lambda: sum(visitor.is_stalled for visitor in house.door.connections) == 20
        )
        assert statuses(house.say(get("/next", "Connection: close"))) == [200]
    house.wait_until(lambda: not house.door._threads.streams)


def begin_large(house: House, held: ExitStack, source: int) -> socket.socket:
    """Ask for a large answer, and read its first byte."""
    visitor = held.enter_context(house.visit(f"127.0.0.{source}"))
    visitor.sendall(get("/large", "Connection: close"))
    assert visitor.recv(1) == b"H"
    return visitor


def test_one_stream_too_many_is_taken_from_whoever_has_the_most(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS", 3)
    with ExitStack() as held:
        begin = partial(begin_large, house, held)
        greedy = [begin(1), begin(1)]
        house.wait_until(lambda: all(visitor.is_stalled for visitor in house.door.connections))
        first, second = begin(2), begin(3)
        refused = read_all(begin(4))
        assert statuses(b"H" + refused) == [503]
        assert b"(streams: 3)" in refused
        assert len(read_all(greedy[0])) < LARGE * len(PART)
        for visitor in (greedy[1], first, second):
            assert len(read_all(visitor)) > LARGE * len(PART)
    house.wait_until(lambda: not house.door._threads.streams)
    assert caplog.text == ""


def test_where_nobody_has_two_streams_the_slowest_goes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS", 2)
    monkeypatch.setattr(streams, "PATIENCE_S", 0.0)
    with ExitStack() as held:
        begin = partial(begin_large, house, held)
        reading, asleep = begin(1), begin(2)
        house.wait_until(lambda: all(visitor.is_stalled for visitor in house.door.connections))
        most = LARGE * len(PART) // 2
        got = 0
        while got < most:
            got += len(reading.recv(1 << 16))
        new = begin(3)
        assert len(read_all(asleep)) < LARGE * len(PART)
        for visitor, had in ((reading, got), (new, 0)):
            assert had + len(read_all(visitor)) > LARGE * len(PART)


class Reading:
    """A connection, for what takes room in its name; it may be parted with."""

    def __init__(self) -> None:
        self.is_parted = False

    def part(self) -> None:
        self.is_parted = True


def take(room: Streams, client: str, weight: int) -> tuple[Reading, Place]:
    visitor = Reading()
    return visitor, room.take(cast(Connection, visitor), client, weight)


def test_results_kept_for_streams_have_so_many_bytes_together() -> None:
    room = Streams(100, lambda call, *given: call(*given))
    first, kept = take(room, "a", 40)
    second, _ = take(room, "a", 30)
    dump = take(room, "a", 0)[1]
    with pytest.raises(BusyError) as refused:
        take(room, "a", 31)
    assert (refused.value.limit_name, refused.value.value) == ("stream_bytes", 100)
    kept.sent = dump.sent = 1000
    take(room, "b", 40)
    assert (first.is_parted, second.is_parted, len(room)) == (False, True, 3)
    room.give_back(kept)
    room.give_back(kept)
    take(room, "c", 60)
    assert len(room) == 3


def test_whoever_has_read_much_in_a_long_time_is_slower_than_who_has_read_less_in_a_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(streams, "monotonic", lambda: now[0])
    room = Streams(100, lambda call, *given: call(*given))
    slow, long = take(room, "a", 50)
    now[0] = 97.0
    fast, short = take(room, "b", 50)
    now[0] = 100.0
    long.sent, short.sent = 100, 60
    take(room, "c", 50)
    assert (slow.is_parted, fast.is_parted) == (True, False)


def test_room_that_an_answer_did_not_need_is_given_back(house: House) -> None:
    assert statuses(house.say(get("/room", "Connection: close"))) == [200]
    house.wait_until(lambda: len(house.door._threads.streams) == 0)


def test_a_place_is_given_back_once_though_it_was_let_go_of_before_the_answer(house: House) -> None:
    wishes = make_pages(house, 1)
    with house.visit() as visitor:
        for _ in range(2):
            visitor.sendall(get("/aside"))
            assert statuses(read_answer(visitor)[0]) == [200]
    assert house.ask(wishes) == 0


def test_dumps_that_are_read_give_no_room_for_results() -> None:
    room = Streams(100, lambda call, *given: call(*given))
    result, _ = take(room, "a", 90)
    dumps = [take(room, "b", 0)[0] for _ in range(5)]
    with pytest.raises(BusyError):
        take(room, "c", 50)
    assert [visitor.is_parted for visitor in (result, *dumps)] == [False] * 6
    take(room, "a", 5)[1].sent = 1000
    take(room, "c", 10)
    assert [visitor.is_parted for visitor in dumps] == [False] * 5
    assert (result.is_parted, len(room)) == (True, 7)


def test_nobody_loses_a_stream_for_one_that_finds_no_room_after_all() -> None:
    room = Streams(100, lambda call, *given: call(*given))
    visitors = [take(room, client, 25)[0] for client in "aabb"]
    with pytest.raises(BusyError):
        take(room, "c", 90)
    assert (len(room), [visitor.is_parted for visitor in visitors]) == (4, [False] * 4)
    with pytest.raises(BusyError):
        take(room, "a", 25)


def test_who_has_read_his_stream_when_he_is_chosen_is_not_parted_with() -> None:
    later: list[Callable[[], None]] = []
    room = Streams(100, lambda call, *given: later.append(partial(call, *given)))
    (done, place), (slow, _) = take(room, "a", 50), take(room, "a", 50)
    place.sent = -1
    take(room, "b", 50)
    room.give_back(place)
    for call in later:
        call()
    assert (len(later), done.is_parted, slow.is_parted) == (1, False, False)


def test_requests_sent_at_once_are_answered_in_their_order(house: House) -> None:
    house.app.go.set()
    asked = [get("/wait?1"), get("/2"), get("/wait?3"), get("/4", "Connection: close")]
    answers = house.say(b"".join(asked))
    assert bodies(answers) == [b"GET /wait?1 ", b"GET /2? ", b"GET /wait?3 ", b"GET /4? "]


def test_answers_of_one_round_are_sent_together(house: House) -> None:
    with house.visit() as visitor:
        readable = house.answer_on_loop([visitor])
        visitor.sendall(get("/1") + get("/2") + get("/3", "Connection: close"))
        assert bodies(read_all(visitor)) == [b"/1", b"/2", b"/3"]
    assert readable == [0, 0, 0]


def test_every_visitor_of_one_round_is_answered(house: House) -> None:
    with ExitStack() as stack:
        visitors = [stack.enter_context(house.visit()) for _ in range(5)]
        house.answer_on_loop([])
        with house.busy():
            for at, visitor in enumerate(visitors):
                visitor.sendall(get(f"/{at}"))
        found = [read_answer(visitor)[1] for visitor in visitors]
    assert found == [b"/0", b"/1", b"/2", b"/3", b"/4"]


def test_many_answers_of_one_round_are_not_all_held_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_OWING", 2)
    with ExitStack() as stack:
        visitors = [stack.enter_context(house.visit()) for _ in range(5)]
        readable = house.answer_on_loop(visitors, wait_s=5.0)
        with house.busy():
            for visitor in visitors:
                visitor.sendall(get("/"))
        for _ in visitors:
            assert house.app.entered.acquire(timeout=20)
        assert [read_answer(visitor)[1] for visitor in visitors] == [b"/"] * 5
    assert readable[-1] > 0


def test_a_connection_is_kept_until_the_visitor_has_enough(house: House) -> None:
    with house.visit() as visitor:
        for number in range(3):
            visitor.sendall(get(f"/{number}"))
            assert read_answer(visitor)[1] == f"GET /{number}? ".encode()
        visitor.sendall(get("/last", "Connection: close"))
        head, _ = read_answer(visitor)
        assert b"\r\nConnection: close" in head
        assert visitor.recv(1) == b""


def test_an_old_visitor_gets_one_answer_and_the_end(house: House) -> None:
    assert statuses(house.say(b"GET /old HTTP/1.0\r\n\r\n")) == [200]


def test_a_request_may_come_byte_by_byte(house: House) -> None:
    raw = get("/slowly?a=b", "Content-Length: 3", "Connection: close", method="POST") + b"abc"
    with house.visit() as visitor:
        visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(raw)):
            visitor.sendall(raw[at : at + 1])
        assert bodies(read_all(visitor)) == [b"POST /slowly?a=b abc"]


def test_a_body_in_chunks_is_read_whole_and_its_trailers_are_no_headers(house: House) -> None:
    chunks = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"
    raw = get("/in", "Transfer-Encoding: chunked", "Connection: close", method="POST") + chunks
    assert bodies(house.say(raw)) == [b"POST /in? abcde"]
    assert "HTTP_X_FORWARDED_FOR" not in house.app.seen[0]


@pytest.mark.parametrize(
    "raw",
    [
        get("/", "Content-Length: 3", "Transfer-Encoding: chunked", method="POST"),
        get("/", "Content-Length: 3", "Content-Length: 4", method="POST"),
        get("/", "Content-Length: +3", method="POST"),
        get("/", "Content-Length: 3x", method="POST"),
        get("/", "Transfer-Encoding: gzip", method="POST"),
        get("/", "Transfer-Encoding : chunked", method="POST"),
        get("/", "Transfer-Encoding: chunked", method="POST") + b"-1\r\n\r\n",
        get("/", "Host: there"),
        get("/", "X: a\nb\0c"),
        get("/", " folded: yes"),
        get("/with space"),
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: here\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"NONSENSE\r\n\r\n",
        b"GET http://there/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here, there/\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: me@here\r\n\r\n",
        get("http:///"),
        get("http://me@here/"),
        get("http://[::1/"),
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n",
        get("/", "Host: there") + get("/", f"Content-Length: {9 * BODY_BYTES}", method="POST"),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused_and_the_connection_closed(
    house: House, raw: bytes
) -> None:
    smuggled = get("/smuggled")
    assert statuses(house.say(raw + smuggled)) == [400]
    assert [environ["PATH_INFO"] for environ in house.app.seen] == []


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: here\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\nHost: here\r\n\r\n", 505),
        (get("/", "Transfer-Encoding: gzip, chunked", method="POST") + b"0\r\n\r\n", 501),
    ],
)
def test_what_is_not_spoken_here_is_said_to_be_so(house: House, raw: bytes, status: int) -> None:
    assert statuses(house.say(raw + get("/smuggled"))) == [status]
    assert house.app.seen == []


def test_a_head_without_end_is_refused(house: House) -> None:
    answers = house.say(b"GET /" + b"x" * (HEAD_BYTES + 1))
    assert statuses(answers) == [431]


def test_too_many_headers_are_refused(house: House) -> None:
    fine = [f"X-{number}: 1" for number in range(MOST_HEADERS - 2)]
    assert statuses(house.say(get("/", *fine, "Connection: close"))) == [200]
    assert statuses(house.say(get("/", *fine, "X: 1", "Y: 1"))) == [431]


def test_headers_too_long_are_refused(house: House) -> None:
    fine, name = "x" * (HEADERS_BYTES - 100), "N" * 101
    assert statuses(house.say(get("/", f"X: {fine}", "Connection: close"))) == [200]
    assert statuses(house.say(get("/", f"X: {fine}", f"Y: {fine}"))) == [431]
    assert statuses(house.say(get("/", f"{name}: 1", "Connection: close"))) == [200]
    assert f"HTTP_{name}" not in house.app.seen[-1]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_body_over_the_limit_is_left_to_the_app_and_not_read(house: House, is_told: bool) -> None:
    size = 3_000_000
    how = f"Content-Length: {size}" if is_told else "Transfer-Encoding: chunked"
    start = b"" if is_told else f"{size:x}\r\n".encode()
    answers = house.say(get("/", how, method="POST") + start + b"y" * size)
    assert statuses(answers) == [200]
    assert b"Connection: close" in answers
    assert len(bodies(answers)[0]) < 300_000


def test_a_visitor_who_waits_for_leave_is_told_to_go_on(house: House) -> None:
    with house.visit() as visitor:
        visitor.sendall(get("/", "Content-Length: 2", "Expect: 100-continue", method="POST"))
        assert read_answer(visitor)[0] == b"HTTP/1.1 100 Continue"
        visitor.sendall(b"ok")
        assert read_answer(visitor)[1] == b"POST /? ok"


def test_leave_is_given_when_all_before_it_is_answered(house: House) -> None:
    waiting = get("/", "Content-Length: 2", "Expect: 100-continue", method="POST")
    with house.visit() as visitor:
        visitor.sendall(get("/wait") + waiting)
        assert house.app.entered.acquire(timeout=20)
        house.app.go.set()
        answers = b""
        while b"100 Continue\r\n\r\n" not in answers:
            answers += visitor.recv(1 << 16)
        assert statuses(answers) == [200, 100]
        visitor.sendall(b"ok")
        assert read_answer(visitor)[1] == b"POST /? ok"


def test_a_refused_head_has_no_body(house: House) -> None:
    answer = house.say(b"HEAD / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip\r\n\r\n")
    assert statuses(answer) == [400]
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "target",
    ["/b", "/b%20c?d=%C3%A9&e", "/?a?b", "http://there/b?c", "/b#c", "/b\x7fc", "/b\xe9", "*", "b"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "get", "GETT"])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1"])
def test_a_request_means_the_same_behind_one_with_the_same_headers(
    house: House, target: str, method: str, version: str
) -> None:
    tail = b"\r\nHost: here\r\nAccept: a/b\r\nX-A: 1\r\nX-A: 2\r\nExpect: nothing\r\n\r\n"
    asked = f"{method} {target} {version}".encode("latin-1") + tail
    told = []
    for before in ([], [b"GET /a HTTP/1.1" + tail] * 2):
        house.app.seen.clear()
        with house.visit() as visitor:
            for known in before:
                visitor.sendall(known)
                read_answer(visitor)
            visitor.sendall(asked)
            visitor.shutdown(socket.SHUT_WR)
            answer = re.sub(rb"(?:Date|Connection): .*\r\n", b"", read_all(visitor))
        seen = [
            {**one, "wsgi.input": 0, "REMOTE_PORT": 0, WHOLE: b""}
            for one in house.app.seen[len(before) :]
        ]
        told.append((answer, seen))
    assert told[0] == told[1]


def test_headers_that_came_before_lead_to_no_other_visitor_and_body(house: House) -> None:
    with house.visit() as first, house.visit("127.0.0.2") as second:
        for visitor in (first, first, second):
            visitor.sendall(get("/a", "Accept: a/b"))
            read_answer(visitor)
        body = get("/b", "Accept: a/b", "Content-Length: 2", method="POST")
        for visitor in (first, second):
            visitor.sendall(body)
            visitor.sendall(b"ok")
            assert read_answer(visitor)[1] == b"POST /b? ok"
            visitor.sendall(get("/c", "Accept: a/b"))
            assert read_answer(visitor)[1] == b"GET /c? "
    come = [environ["REMOTE_ADDR"] for environ in house.app.seen]
    assert come == ["127.0.0.1"] * 2 + ["127.0.0.2"] + ["127.0.0.1"] * 2 + ["127.0.0.2"] * 2


def test_a_wish_for_another_protocol_is_answered_in_this_one(house: House) -> None:
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    told = get("/told", *offer, "Content-Length: 3", method="POST") + b"abc"
    chunked = get("/parts", *offer, "Transfer-Encoding: chunked", method="POST")
    chunks = b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    last = get("/last", "Connection: close, Upgrade", "Upgrade: h2c")
    raw = get("/", *offer) + told + chunked + chunks + last + get("/never")
    expected = [b"GET /? ", b"POST /told? abc", b"POST /parts? abc", b"GET /last? "]
    assert bodies(house.say(raw)) == expected
    with house.visit() as visitor:
        for at in range(len(raw)):
            visitor.sendall(raw[at : at + 1])
            if at % 100 == 0:
                time.sleep(0.001)
        assert bodies(read_all(visitor)) == expected


def test_a_wish_for_a_tunnel_is_left_to_the_app_and_is_the_last(house: House) -> None:
    for fields in ((), ("Content-Length: 3",), ("Transfer-Encoding: chunked",)):
        raw = get("there:80", *fields, method="CONNECT") + b"abc" + get("/smuggled")
        assert [body.split(b" ")[0] for body in bodies(house.say(raw))] == [b"CONNECT"]


def test_old_visitors_get_one_answer_and_no_word_of_going_on(house: House) -> None:
    head = b"POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
    answers = house.say(head + b"Connection: keep-alive\r\n\r\nok" + get("/next"))
    assert bodies(answers) == [b"POST /? ok"]
    assert b"\r\nConnection: close\r\n" in answers


def test_a_header_cannot_be_taken_for_another(house: House) -> None:
    house.say(get("/", "X_Forwarded_For: 10.0.0.1", "A: 1", "A: 2", "Connection: close"))
    (environ,) = house.app.seen
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert environ["HTTP_A"] == "1,2"


def test_addresses_are_read_as_the_standards_say(house: House) -> None:
    house.say(
        get("/a%20b%2F%C3%A4?x=%20#no")
        + get("http://there:8/p?q")
        + get("*", "Connection: close", method="OPTIONS")
    )
    found = [(e["PATH_INFO"], e["QUERY_STRING"], e["HTTP_HOST"]) for e in house.app.seen]
    encoded = "/a b/ä".encode().decode("latin-1")
    assert found == [(encoded, "x=%20", "here"), ("/p", "q", "there:8"), ("*", "", "here")]


def test_who_asks_is_known(house: House) -> None:
    with house.visit() as visitor:
        visitor.sendall(get("/"))
        read_answer(visitor)
        (environ,) = house.app.seen
        assert (environ["REMOTE_ADDR"], int(environ["REMOTE_PORT"])) == visitor.getsockname()
        assert int(environ["SERVER_PORT"]) == house.port


def test_head_and_304_have_no_body(house: House) -> None:
    raw = get("/large", method="HEAD") + get("/unchanged") + get("/end", "Connection: close")
    assert bodies(house.say(raw)) == [b"", b"", b"GET /end? "]
    assert house.app.produced == 0


def test_an_answer_without_a_length_gets_one(house: House) -> None:
    answers = house.say(get("/untold", "Connection: close"))
    assert b"\r\nContent-Length: 13\r\n" in answers
    assert bodies(answers) == [b"GET /untold? "]


def test_a_large_answer_is_read_no_faster_than_the_visitor_reads(house: House) -> None:
    with house.visit() as visitor:
        visitor.sendall(get("/large", "Connection: close"))
        visitor.recv(1)
        assert not house.app.closed.wait(0.5)
        assert house.app.produced < LARGE // 2
        rest = read_all(visitor)
    assert house.app.closed.wait(20)
    assert len(b"H" + rest) - (b"H" + rest).index(b"\r\n\r\n") - 4 == LARGE * len(PART)


def test_a_visitor_who_leaves_ends_the_making_of_the_answer(house: House) -> None:
    with house.visit() as visitor:
        visitor.sendall(get("/large"))
        visitor.recv(1)
    assert house.app.closed.wait(20)
    assert house.app.produced < LARGE


@pytest.mark.parametrize("path", ["/short", "/breaks"])
def test_an_answer_that_breaks_off_never_looks_whole(
    house: House, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, "server"):
        answers = house.say(get(path) + get("/next"))
    assert statuses(answers) == [200]
    assert len(answers) < LARGE * len(PART)


@pytest.mark.parametrize("path", ["/fault", "/injects"])
def test_a_fault_of_the_app_is_logged_and_answered(
    house: House, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answers = house.say(get(path, "Connection: close"))
    assert statuses(answers) == [500]
    assert b"Set-Cookie" not in answers
    assert path in caplog.text


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_fault_is_told_to_its_own_request_not_the_one_behind(house: House, method: str) -> None:
    behind = "GET" if method == "HEAD" else "HEAD"
    house.app.go.set()
    head, _, body = house.say(get("/fault", method=method) + get("/next", method=behind)).partition(
        b"\r\n\r\n"
    )
    assert statuses(head) == [500]
    assert (body == b"") == (method == "HEAD")


def test_a_line_break_never_gets_into_a_head() -> None:
    for value in ("a\nb", "a\rb", "a\r\nb"):
        with pytest.raises(ValueError):
            to_head("200 OK", [("X", value)])


def test_a_request_that_does_not_get_done_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "READ_S", 0.1)
    monkeypatch.setattr(door, "TICK_S", 0.05)
    assert statuses(house.say(b"GET / HTTP/1.1\r\nHost: ")) == [408]
    assert house.say(b"") == b""
    assert house.app.seen == []


def test_a_visitor_who_does_not_read_is_parted_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STALL_S", 0.1)
    with house.visit() as visitor:
        visitor.sendall(get("/large"))
        assert house.app.closed.wait(20)
        assert len(read_all(visitor)) < LARGE * len(PART)


def test_answers_left_unread_take_so_much_and_whoever_leaves_the_most_goes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "UNREAD_BYTES", 3 * MUCH)
    with house.visit("127.0.0.2") as slow, ExitStack() as others:
        slow.sendall(get("/much"))
        assert slow.recv(1) == b"H"
        greedy = [others.enter_context(house.visit()) for _ in range(6)]
        for visitor in greedy:
            visitor.sendall(get("/much"))
            assert visitor.recv(1) == b"H"
        assert 0 < house.ask(lambda: house.door.unread_bytes) <= 3 * MUCH
        whole = [len(read_answer(visitor, b"H")[1]) == MUCH for visitor in (greedy[-1], slow)]
        assert whole == [True, True]
        assert len(read_all(greedy[0])) < MUCH
    house.wait_until(lambda: not house.door.connections)
    assert house.ask(lambda: house.door.unread_bytes) == 0


def test_who_reads_slowly_to_the_end_is_not_parted_with(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STALL_S", 0.4)
    monkeypatch.setattr(door, "TICK_S", 0.05)
    with house.visit() as visitor:
        visitor.sendall(get("/much", "Connection: close"))
        began, data = time.monotonic(), visitor.recv(1)
        while time.monotonic() - began < 1.2:
            data += visitor.recv(1 << 19)
            time.sleep(0.05)
        data += read_all(visitor)
    assert len(data.partition(b"\r\n\r\n")[2]) == MUCH


def test_requests_that_wait_for_their_turn_weigh_until_they_are_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.visit() as visitor:
        raw = get("/wait", f"Content-Length: {BODY_BYTES}", method="POST") + b"y" * BODY_BYTES
        visitor.sendall(raw)
        assert house.app.entered.acquire(timeout=20)
        assert house.door.held_bytes > BODY_BYTES + reader.REQUEST_BYTES
        monkeypatch.setattr(connection, "HELD_BYTES", 1000)
        visitor.sendall(get("/1") + get("/2"))
        house.app.go.set()
        assert statuses(read_all(visitor)) == [200, 200]
    assert house.door.held_bytes == 0


def test_nothing_is_kept_of_a_request_that_is_answered_nor_of_a_visitor_who_has_gone(
    house: House,
) -> None:
    body = b"y" * BODY_BYTES
    seen = house.app.seen
    gc.collect()
    gc.disable()
    try:
        with house.visit() as visitor:
            visitor.sendall(get("/?" + "x" * 5000, f"Content-Length: {BODY_BYTES}") + body)
            assert read_answer(visitor)[1].endswith(body)
            (held,) = house.ask(lambda: list(house.door.connections))
            gone, kept = weakref.ref(held), weakref.ref(seen[0]["wsgi.input"])
            assert (held._reader.environ, held._reader._target) == ({}, b"")
            del held
            seen.clear()
            house.wait_until(lambda: kept() is None)
        house.wait_until(lambda: gone() is None)
    finally:
        gc.enable()


def test_the_end_waits_for_what_is_in_hand_and_hears_who_has_come(house: House) -> None:
    with house.visit() as busy, house.visit() as kept, house.visit() as new, house.visit() as idle:
        for visitor in (kept, idle):
            visitor.sendall(get("/before"))
            assert b"Connection: close" not in read_answer(visitor)[0]
        busy.sendall(get("/wait"))
        assert house.app.entered.acquire(timeout=20)
        house.stop()
        house.wait_until(lambda: house.door.draining)
        for visitor in (kept, new):
            visitor.sendall(get("/after"))
            assert b"\r\nConnection: close" in read_answer(visitor)[0]
            assert visitor.recv(1) == b""
        assert idle.recv(1) == b""
        assert house.thread.is_alive()
        house.app.go.set()
        assert bodies(read_all(busy)) == [b"GET /wait? "]
    house.thread.join(20)
    assert not house.thread.is_alive()
    with pytest.raises(ConnectionRefusedError), house.visit():
        pass


def test_the_end_waits_for_no_visitor_whose_answer_the_system_has(house: House) -> None:
    body = b"x" * 60_000

    def answer(environ: Environ, visited: Connection) -> bool:
        visited.reply(to_head("200 OK", [("Content-Length", str(len(body)))]), body)
        return True

    house.door.at_once = answer
    with socket.socket() as visitor:
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        visitor.connect(("127.0.0.1", house.port))
        visitor.sendall(get("/", "Connection: close"))
        house.wait_until(lambda: any(v.unread and v._is_over for v in house.door.connections))
        house.stop()
        house.thread.join(20)
        assert not house.thread.is_alive()
        assert bodies(read_all(visitor)) == [body]


def test_a_connection_ends_once_where_the_last_answer_follows_one_that_was_long_unread(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(environ: Environ, visited: Connection) -> bool:
        if environ["PATH_INFO"] == "/last":
            visited.reply(to_head("200 OK", [("Content-Length", "0")]))
        return environ["PATH_INFO"] == "/last"

    monkeypatch.setattr(connection, "count_in_system", lambda transport: 0)
    house.door.at_once = answer
    with house.visit() as visitor:
        visitor.sendall(get("/much") + get("/last"))
        house.wait_until(lambda: any(v.is_stalled for v in house.door.connections))
        visitor.shutdown(socket.SHUT_WR)
        house.wait_until(lambda: all(v._has_ended for v in house.door.connections))
        assert statuses(read_all(visitor)) == [200, 200]
    house.wait_until(lambda: not house.door.connections)
    assert caplog.text == ""


@pytest.mark.parametrize("rounds", range(6))
def test_who_knocks_when_the_end_comes_is_answered_or_turned_away(
    house: House, rounds: int
) -> None:
    said: list[bytes] = []

    def hear(visitor: socket.socket) -> None:
        with visitor:
            said.extend(bodies(read_all(visitor)) or [b""])

    def knock(rounds_left: int) -> None:
        """Come so many rounds of the loop after it was told to end."""
        if rounds_left:
            asyncio.get_running_loop().call_soon(knock, rounds_left - 1)
            return
        try:
            visitor = socket.create_connection(("127.0.0.1", house.port), 20)
        except ConnectionRefusedError:
            said.append(b"GET /last? ")
            return
        visitor.sendall(get("/last"))
        threading.Thread(target=hear, args=(visitor,)).start()

    def end() -> None:
        house.door.stop()
        knock(rounds)

    house.call(end)
    house.thread.join(20)
    until = time.monotonic() + 20
    while not said and time.monotonic() < until:
        time.sleep(0.01)
    assert said == [b"GET /last? "]


END = get("", "Connection: close").removeprefix(b"GET")
"""The end of a request that was begun."""


def hold_at_most(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Set how many bytes unanswered requests may hold together."""
    for module in (reader, connection, door):
        monkeypatch.setattr(module, "HELD_BYTES", most)


def test_unfinished_requests_together_hold_so_much_and_whoever_holds_the_most_gives_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_at_most(monkeypatch, 100_000)
    with ExitStack() as held:

        def begin(source: int, length: int) -> socket.socket:
            visitor = held.enter_context(house.visit(f"127.0.0.{source}"))
            before = house.door.held_bytes
            visitor.sendall(b"GET /?" + b"x" * length)
            house.wait_until(lambda: house.door.held_bytes != before)
            return visitor

        other, small = begin(2, 35_000), begin(3, 15_000)
        first, second = begin(1, 20_000), begin(1, 20_000)
        third = begin(1, 22_000)
        refused = read_all(first)
        assert statuses(refused) == [503]
        assert b"(held_bytes: 100,000)" in refused
        assert {v._reader._target for v in house.door.connections if not v.held} <= {b""}
        assert statuses(house.say(get("/small", "Connection: close"))) == [200]
        for visitor in (other, small, second, third):
            visitor.sendall(END)
            assert statuses(read_all(visitor)) == [200]
    assert statuses(house.say(get("/", "Connection: close"))) == [200]
    assert house.door.held_bytes == 0


def begin_too_much(house: House, held: ExitStack) -> socket.socket:
    """Send 30 kB of a request from an address of its own, for which there is no room."""
    visitor = held.enter_context(house.visit("127.0.0.9"))
    visitor.sendall(b"GET /?" + b"x" * 30_000)
    return visitor


def test_a_small_request_makes_nobody_give_up_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_at_most(monkeypatch, 20_000)
    with house.visit() as first, house.visit("127.0.0.2") as second:
        for at, visitor in enumerate((first, second), 1):
            visitor.sendall(b"GET /?" + b"x" * 12_000)
            house.wait_until(lambda at=at: house.door.held_bytes > at * 12_000)
        for visitor in (first, second):
            visitor.sendall(END)
            assert statuses(read_all(visitor)) == [200]


def test_many_small_requests_of_one_client_make_room_for_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_at_most(monkeypatch, 100_000)
    with ExitStack() as held:
        small = [held.enter_context(house.visit()) for _ in range(6)]
        for at, visitor in enumerate(small, 1):
            visitor.sendall(b"GET /?" + b"x" * 15_000)
            house.wait_until(lambda at=at: house.door.held_bytes > at * 15_000)
        other = begin_too_much(house, held)
        for visitor in small[:2]:
            assert statuses(read_all(visitor)) == [503]
        for visitor in (*small[2:], other):
            visitor.sendall(END)
            assert statuses(read_all(visitor)) == [200]
    assert house.ask(lambda: house.door.held_bytes) == 0


def test_requests_sent_ahead_make_room_for_another_client_s(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_at_most(monkeypatch, 100_000)
    with ExitStack() as held:
        ahead = held.enter_context(house.visit())
        ahead.sendall(get("/wait") + 18 * get("/ahead"))
        assert house.app.entered.acquire(timeout=20)
        house.wait_until(lambda: house.door.held_bytes > 72_000)
        other = begin_too_much(house, held)
        house.wait_until(lambda: house.door.held_bytes < 50_000)
        other.sendall(END)
        assert statuses(read_all(other)) == [200]
        house.app.go.set()
        assert statuses(read_all(ahead)) == [200, 503]
    house.wait_until(lambda: not house.door.connections)
    assert house.ask(lambda: house.door.held_bytes) == 0
    assert "/ahead" not in [environ["PATH_INFO"] for environ in house.app.seen]


def test_requests_that_wait_for_a_place_make_room_for_another_client_s(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.door.body_bytes = 40_000
    wishes = make_pages(house, 1)
    with ExitStack() as held:
        first = held.enter_context(house.visit("127.0.0.2"))
        first.sendall(get("/wait"))
        assert house.app.entered.acquire(timeout=20)
        hold_at_most(monkeypatch, 100_000)
        waiting = [held.enter_context(house.visit()) for _ in range(2)]
        for at, visitor in enumerate(waiting, 2):
            body = b"y" * 38_000
            visitor.sendall(get("/w", f"Content-Length: {len(body)}", method="POST") + body)
            house.wait_until(lambda at=at: wishes() == at)
        other = begin_too_much(house, held)
        assert statuses(read_answer(waiting[0])[0]) == [503]
        other.sendall(END)
        house.app.go.set()
        assert statuses(read_answer(waiting[1])[0]) == [200]
        for visitor in (first, other):
            assert statuses(read_answer(visitor)[0]) == [200]
    house.wait_until(lambda: not house.door.connections)
    assert house.ask(lambda: (house.door.held_bytes, wishes())) == (0, 0)


def test_a_fault_that_waits_to_be_told_stays_that_fault_when_room_is_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_at_most(monkeypatch, 50_000)
    with house.visit() as faulty, house.visit("127.0.0.2") as other:
        faulty.sendall(get("/wait") + b"GET /?" + b"x" * 40_000)
        assert house.app.entered.acquire(timeout=20)
        house.wait_until(lambda: house.door.held_bytes > 40_000)
        faulty.sendall(b" HTTP/1.1\r\n\x00: \r\n\r\n")
        other.sendall(b"GET /?" + b"x" * 20_000)
        house.wait_until(lambda: 20_000 < house.door.held_bytes < 40_000)
        house.app.go.set()
        assert statuses(read_all(faulty)) == [200, 400]
        other.sendall(END)
        assert statuses(read_all(other)) == [200]


def test_what_follows_a_body_that_is_not_read_holds_nothing(house: House) -> None:
    chunk = f"{BODY_BYTES + 1:x}\r\n".encode() + b"y" * (BODY_BYTES + 1) + b"\r\n0\r\n\r\n"
    over = get("/over", "Transfer-Encoding: chunked", method="POST") + chunk
    behind = get("/", "Content-Length: 2", method="POST") + b"ok"
    assert statuses(house.say(over + 3 * behind)) == [200]
    house.wait_until(lambda: not house.door.connections)
    assert house.door.held_bytes == 0
    assert [environ["PATH_INFO"] for environ in house.app.seen] == ["/over"]


def test_who_has_gone_when_he_is_told_that_it_took_too_long_ends_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with house.visit() as hasty, house.visit("127.0.0.2") as kept:
        hasty.sendall(b"GET / HTTP/1.1\r\n")
        house.wait_until(lambda: any(v.held for v in house.door.connections))
        monkeypatch.setattr(connection, "READ_S", -1.0)

        def check() -> None:
            """Look after a visitor who leaves just now."""
            (one,) = (v for v in house.door.connections if v.held)
            hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            hasty.close()
            one.check(time.monotonic())

        house.ask(check)
        monkeypatch.undo()
        house.wait_until(lambda: len(house.door.connections) == 1)
        kept.sendall(get("/kept"))
        assert statuses(read_answer(kept)[0]) == [200]
    assert caplog.text == ""


def test_a_fault_in_looking_after_one_visitor_is_not_felt_by_others(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door, "TICK_S", 0.02)
    with house.visit() as odd, house.visit("127.0.0.2") as kept:
        house.wait_until(lambda: len(house.door.connections) == 2)
        (one,) = (v for v in house.door.connections if v.client == "127.0.0.1")
        monkeypatch.setattr(one, "check", lambda now: 1 / 0)
        assert read_all(odd) == b""
        kept.sendall(get("/kept"))
        assert statuses(read_answer(kept)[0]) == [200]
    assert "ZeroDivisionError" in caplog.text


def test_what_the_system_holds_of_an_answer_counts_until_it_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TICK_S", 0.02)
    with socket.socket() as asleep, socket.socket() as late:
        for visitor in (asleep, late):
            visitor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            visitor.connect(("127.0.0.1", house.port))
            visitor.sendall(get("/?" + "x" * 60_000, "Connection: close"))
        house.wait_until(lambda: house.door.unread_bytes > 60_000)
        assert len(bodies(read_all(late))[0]) > 60_000
        house.wait_until(lambda: len(house.door.connections) == 1)
        assert house.ask(lambda: 30_000 < house.door.unread_bytes < 70_000)
        monkeypatch.setattr(connection, "STALL_S", 0.1)
        house.wait_until(lambda: not house.door.connections)
    assert house.door.unread_bytes == 0


def test_a_visitor_asks_only_so_far_ahead(house: House) -> None:
    house.app.go.set()
    answers = house.say(get("/wait") + get("/") * (2 * connection.MOST_AHEAD))
    assert len(statuses(answers)) == connection.MOST_AHEAD
    assert answers.count(b"Connection: close") == 1


@pytest.mark.parametrize("begin", ["/", "http://here/"])
@pytest.mark.parametrize("end", ["", "?a=b"])
def test_a_path_has_a_greatest_length_and_a_query_string_none(
    house: House, begin: str, end: str
) -> None:
    longest = "/" + "%41" * 2600 + "x" * (PATH_BYTES - 7801)
    before = begin.removesuffix("/")
    for _ in range(2):  # the second time the headers are known
        head, body = read_one(house, get(f"{before}{longest}{end}"))
        assert statuses(head) == [200]
        assert len(body) == len(b"GET ?") + PATH_BYTES - 5200 + len(end or "?")
        head, body = read_one(house, get(f"{before}{longest}x{end}"))
        assert statuses(head) == [414]
        assert body == b"Request-URI Too Long (path_bytes: 8,000).\n"
    assert statuses(read_one(house, get("/?" + "%41" * 60_000))[0]) == [200]


def read_one(house: House, raw: bytes) -> tuple[bytes, bytes]:
    with house.visit() as visitor:
        visitor.sendall(raw)
        return read_answer(visitor)


def test_fault_in_a_head_counts_whatever_comes_behind_it(house: House) -> None:
    much = BODY_BYTES * 3
    for length in (f"Content-Length: {much}", "Transfer-Encoding: chunked"):
        raw = get("/", "Host: twice", length, method="POST")
        body = b"x" * much if "Length" in length else f"{much:x}\r\n".encode() + b"x" * much
        answers = house.say(raw + body)
        assert statuses(answers) == [400]
    assert house.app.seen == []
