"""The way from a web process to the workers: a fast lane first, a slow one for what takes longer.

The kernel ends a worker whose query outlives its lane, so the end of a connection is an answer,
too; the foreman tells which: the time limit, a crash of the engine, or a kill from outside.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from kg.errors import KnowledgeError, OrderError, QueryError
from kg.ordering import find_order
from server.evaluation.answers import (
    Evaluated,
    FederationError,
    Lane,
    QueryRequest,
    Stages,
    do_nothing,
)
from server.evaluation.channel import Channel, EndedError, Reply, StuckError
from server.evaluation.control import Control
from server.evaluation.express import Begun, Express
from server.evaluation.frames import INLINE, REFUSED, Addresses, from_payload, to_payload
from server.evaluation.slices import HeldBackError, Slice, Slices
from server.evaluation.spool import NoRoomError, UnwritableError, too_large
from server.evaluation.tally import Tally, counted
from server.limits import (
    ClientBusyError,
    LimitError,
    Limits,
    MemoryLimitError,
    TimeLimitError,
)
from server.sayings import say
from server.slots import Slot, Slots

_CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}
_TIMED_OUT = {-signal.SIGALRM, -signal.SIGPROF}
_NO_ORDER = "does not correctly implement a total order"
_PAUSE_S = 0.02
_REMEMBERED = 4096
_PARTS, _MOST_OVERRUNS = 10, 4


class EvaluationError(Exception):
    """A fault of ours in a worker; the message is for the log, not for the visitor."""


class Lanes:
    """Asks the workers; one for each web process, for all its threads.

    `column` is this process's own in the tally that all web processes share; as far as there are
    enough workers, each of so many `processes` has some for itself.
    """

    def __init__(
        self,
        addresses: Addresses,
        limits: Limits,
        version: str,
        tally: Tally | None = None,
        column: int = 0,
        processes: int = 1,
    ) -> None:
        self._limits = limits
        self._processes = processes
        self._version = version
        self._tally = tally or Tally()
        self._column = column
        self._control = Control(addresses.control)
        queue = (self._control, limits.queue_length, limits.queue_wait_ms)
        is_quick = self._tally.is_quick
        self._fast = Channel("fast", addresses.fast, limits.fast_workers, *queue, is_quick)
        self._slow = Channel("slow", addresses.slow, limits.slow_workers, *queue)
        self._far = Channel("federated", addresses.federated, limits.federated_workers, *queue)
        self._slow_queries: OrderedDict[bytes, None] = OrderedDict()
        self._slices = Slices(limits, processes)
        self._long = Slots("long_queries", limits.long_queries, limits.client_queries)
        self._lock = threading.Lock()
        self._express: Express | None = None

    def evaluate(
        self, request: QueryRequest, client: str, takes_long: Callable[[], None] = do_nothing
    ) -> Evaluated:
        """Answer a query; see `server.evaluation.answers.Evaluating`.

        Raises:
            EvaluationError: for a fault of ours.
        """
        most, place = self._limits.client_queries, self._tally.place(client)
        if not self._tally.take(place, self._column, most):
            raise _client_busy("client_queries", most)
        try:
            payload = to_payload(request)
            if self._limits.allow_service and "service" in request.query.lower():
                far_ms = self._limits.federated_time_ms
                with self._long.take(client, leaves=self._limits.long_queries // 2):
                    takes_long()
                    return self._ask(self._far, payload, lambda: far_ms, place)
            return self._evaluate(payload, client, place, takes_long=takes_long)
        finally:
            self._tally.give_back(place, self._column)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the process's event loop ask, too, with `begin`; to be called on the loop.

        It has workers of its own: one that has to turn to another loop must be waited for.
        """
        places = max(1, self._limits.fast_workers // self._processes)
        is_quick = self._tally.is_quick
        self._express = Express(self._fast, places, self._limits.queue_length, loop, is_quick)

    def tick(self) -> None:
        """Look after the event loop's queries; to be called there every now and then."""
        if self._express is not None:
            self._express.tick()

    def begin(self, request: QueryRequest, client: str, done: Callable[[Begun], None]) -> bool:
        """Have a query answered by the fast lane without waiting for it.

        Once `done` is called, the answer is what `collect` gives or else, in a thread, `finish`.
        False, for a query that a thread must ask: it may be slow, call others or be refused, or its
        client overran the lane lately.
        """
        if self._express is None:
            return False
        if self._limits.allow_service and "service" in request.query.lower():
            return False
        if self._slices.is_held_back(client):
            return False
        payload = to_payload(request)
        if self._is_known_as_slow(payload):
            return False
        place = self._tally.place(client)
        if not self._tally.take(place, self._column, self._limits.client_queries):
            return False
        if not self._express.ask(payload, Slice(self._slices, client), place, done):
            self._tally.give_back(place, self._column)
            return False
        return True

    def collect(self, begun: Begun) -> Evaluated | None:
        """Give the answer to a query that was begun, if it is here as a whole, and small."""
        if begun.reply is None or begun.reply.outcome != INLINE:
            return None
        begun.slice.end()
        self._note_if_quick(begun.reply.stages, begun.place)
        self._tally.give_back(begun.place, self._column)
        return self._read("fast", begun.reply)

    def finish(self, begun: Begun, client: str) -> Evaluated:
        """Give the answer to a query that was begun, as `evaluate` would."""
        with counted(self._tally, begun.place, self._column):
            return self._evaluate(begun.payload, client, begun.place, begun)

    def drop(self, begun: Begun) -> None:
        """Let go of a query that was begun, whatever came of it."""
        begun.slice.end()
        self._tally.give_back(begun.place, self._column)
        begun.close()

    def is_quick(self, client: str) -> bool:
        """Tell whether a client's last query, not long ago, was quick."""
        return self._tally.is_quick(self._tally.place(client))

    def status(self) -> dict[str, Any]:
        """Tell of the workers, and whether they are `ready`: 1 or 0."""
        found = self._control.status()
        return {**found, "ready": 1 if found.get("workers", {}).get("fast") else 0}

    def close(self) -> None:
        """Let go of every connection."""
        if self._express is not None:
            self._express.close()
        for channel in (self._fast, self._slow, self._far):
            channel.close()
        self._control.close()

    def _evaluate(
        self,
        payload: bytes,
        client: str,
        place: int,
        begun: Begun | None = None,
        takes_long: Callable[[], None] = do_nothing,
    ) -> Evaluated:
        """Ask in the fast lane: what takes long there is asked again, where it holds up nobody."""
        is_slow = begun is None and self._is_known_as_slow(payload)
        if not is_slow:
            slice = begun.slice if begun else Slice(self._slices, client)
            try:
                return self._ask_at_once(payload, place, slice, begun)
            except HeldBackError:
                pass
            except TimeLimitError:
                is_slow = slice.is_whole
                self._note_overrun(client, place, slice.is_whole)
            finally:
                slice.end()
        with self._take_long(client):
            takes_long()
            if not is_slow:
                try:
                    return self._ask_in_turn(payload, client, place)
                except TimeLimitError:
                    self._note_overrun(client, place, was_whole=True)
            self._remember(payload)
            return self._ask_slowly(payload, client)

    def _take_long(self, client: str) -> Slot:
        """Take a place for a query that takes long; see `Slots.take`.

        Where there is none, the client is held back less long: none of its queries could show that
        a whole slice is enough for them.
        """
        try:
            return self._long.take(client, leaves=self._count_left_to_others(client))
        except LimitError:
            self._slices.note_refusal(client)
            raise

    def _count_left_to_others(self, client: str) -> int:
        """Tell how many places for queries that take long a client does not get: by its overruns.

        So those who overrun again and again leave some to those who do so seldom.
        """
        overruns = min(self._slices.count_overruns(client), _MOST_OVERRUNS)
        return overruns * self._limits.long_queries // _PARTS

    def _ask_at_once(
        self, payload: bytes, place: int, slice: Slice, begun: Begun | None
    ) -> Evaluated:
        """Ask in the fast lane, maybe for a short time only.

        Raises:
            HeldBackError: when the client's queries wait for a whole slice.
        """
        if not slice.may_start():
            raise HeldBackError
        evaluated = self._ask(self._fast, payload, slice.start_in_thread, place, begun)
        self._note_if_quick(evaluated.stages, place)
        return evaluated

    def _ask_in_turn(self, payload: bytes, client: str, place: int) -> Evaluated:
        """Ask in the fast lane with a whole slice."""
        with self._slices.in_turn(place):
            whole_ms = partial(self._slices.whole_ms, client)
            evaluated = self._ask(self._fast, payload, whole_ms, place)
        self._slices.note_end(client)
        return evaluated

    def _note_if_quick(self, stages: Stages, place: int) -> None:
        if stages.run + stages.write < self._slices.short_ms:
            self._tally.note_quick(place)

    def _note_overrun(self, client: str, place: int, was_whole: bool) -> None:
        self._slices.note_overrun(client, was_whole)
        self._tally.note_slow(place)

    def _ask_slowly(self, payload: bytes, client: str) -> Evaluated:
        """Ask in the slow lane, where one client never holds every worker."""
        most = self._limits.client_slow_queries
        place = self._tally.place(f"slow {client}")
        until = time.monotonic() + self._limits.queue_wait_ms / 1000
        while not self._tally.take(place, self._column, most):
            if time.monotonic() > until:
                raise _client_busy("client_slow_queries", most)
            time.sleep(_PAUSE_S)
        try:
            return self._ask(self._slow, payload, lambda: self._limits.query_time_slow_ms, place)
        finally:
            self._tally.give_back(place, self._column)

    def _is_known_as_slow(self, payload: bytes) -> bool:
        return bool(self._slow_queries) and _digest(payload) in self._slow_queries

    def _remember(self, payload: bytes) -> None:
        """Remember a query that belongs into the slow lane."""
        with self._lock:
            self._slow_queries[_digest(payload)] = None
            if len(self._slow_queries) > _REMEMBERED:
                self._slow_queries.popitem(last=False)

    def _ask(
        self,
        channel: Channel,
        payload: bytes,
        limit: Callable[[], int],
        place: int,
        begun: Begun | None = None,
    ) -> Evaluated:
        """Ask once, or finish what was begun; once more when the worker was killed by others."""
        for last in (False, True):
            try:
                reply = begun.finish() if begun else channel.ask(payload, limit, place)
                return self._read(channel.lane, reply)
            except StuckError:
                raise self._over_time(channel.lane) from None
            except EndedError as end:
                begun = None
                if end.code in _TIMED_OUT:
                    raise self._over_time(channel.lane) from None
                if _NO_ORDER in end.words:
                    raise _unorderable(from_payload(payload).query) from None
                if "panicked at" in end.words:
                    raise EvaluationError(f"the engine: {end.words}") from None
                if last or end.code in _CRASHES:
                    raise self._over_memory() from None
        raise AssertionError("unreachable")

    def _read(self, lane: Lane, reply: Reply) -> Evaluated:
        if reply.outcome == REFUSED:
            assert isinstance(reply.body, bytes)
            self._refuse(*json.loads(reply.body))
        return Evaluated(reply.body, reply.length, lane, reply.stages, self._version, reply.blank)

    def _refuse(self, kind: str, message: str, line: int | None, column: int | None) -> NoReturn:
        if kind == "room":
            say(f"no room for a large result in {tempfile.gettempdir()}: make room, or set TMPDIR")
        errors: dict[str, KnowledgeError] = {
            "query": QueryError(message, line, column),
            "unwritable": UnwritableError(message),
            "far": FederationError(message),
            "room": NoRoomError(message),
            "result": too_large(self._limits.result_bytes),
            "memory": self._over_memory(),
            "late": self._fast.busy(),
        }
        raise errors.get(kind) or EvaluationError(message)

    def _over_time(self, lane: Lane) -> LimitError:
        far = lane == "federated"
        limits = self._limits
        limit = limits.federated_time_ms if far else limits.query_time_slow_ms
        return TimeLimitError(
            f"The query was stopped after {limit / 1000:g} s, the limit of this service. "
            "Ask for less: bind more of the pattern, or take a dump.",
            "federated_time_ms" if far else "query_time_slow_ms",
            limit,
        )

    def _over_memory(self) -> LimitError:
        limit = self._limits.query_memory_bytes
        return MemoryLimitError(
            f"The query needs more memory than the {limit:,} bytes one may take, or is nested "
            "too deeply for the engine. Ask for less: aggregate or sort fewer rows.",
            "query_memory_bytes",
            limit,
        )


def _client_busy(name: str, most: int) -> LimitError:
    number = "one query" if most == 1 else f"{most} queries"
    kind = " that take long" if name == "client_slow_queries" else ""
    message = f"Your address may have {number}{kind} in hand here; wait for their answers."
    return ClientBusyError(message, name, most, 1)


def _unorderable(query: str) -> OrderError:
    message = (
        "The engine cannot order these terms: some of them, such as times with and without a time "
        "zone, have no order among them. Order by their spelling: ORDER BY STR(?x)."
    )
    return OrderError(message, *(find_order(query) or ()))


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()
