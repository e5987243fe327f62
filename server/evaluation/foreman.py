"""The foreman: keeps the workers of all lanes at work, and knows what became of each query."""

from __future__ import annotations

import json
import mmap
import os
import selectors
import signal
import socket
import tempfile
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from kg.store import EmbeddedStore
from server.evaluation import system
from server.evaluation.answers import Lane
from server.evaluation.frames import NOBODY, SLOT, Ears
from server.evaluation.worker import Data, Post, Worker
from server.limits import Limits
from server.sayings import say

_REMEMBERED = 4096
_PAUSE_S = 0.2
_WORDS = 1000


@dataclass
class _Hand:
    """A worker as the foreman sees it."""

    lane: Lane
    slot: int
    born: float


class Foreman:
    """Forks workers, forks a new one for each that ends, and answers questions about them."""

    def __init__(
        self,
        ears: Ears,
        limits: Limits,
        open_store: Callable[[], EmbeddedStore],
        manifest: dict[str, Any],
        folder: int,
    ) -> None:
        self._ears = ears
        self._limits = limits
        self._open_store = open_store
        self._manifest = manifest
        self._folder = folder
        self._hands: dict[int, _Hand] = {}
        self._fates: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._asking: dict[socket.socket, str] = {}
        self._deaths: Counter[str] = Counter()
        self._forks = 0
        self._posts = self._plan()
        self._slots = mmap.mmap(-1, max(1, len(self._posts)) * SLOT.size)
        self._words = [_open_notebook() for _ in self._posts]
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int]] = []

    def run(self, told_to_stop: int) -> NoReturn:
        """Work until `told_to_stop`, a pipe, ends; then let running queries finish.

        The foreman outlives its evaluator: it works on until a new evaluator is ready.
        """
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # A worker that is being forked takes it when it is ready to.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        wake, woken = os.pipe()
        for end in (wake, woken):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        self._selector.register(wake, selectors.EVENT_READ, "child")
        self._selector.register(told_to_stop, selectors.EVENT_READ, "stop")
        self._selector.register(self._ears["control"], selectors.EVENT_READ, "control")
        for slot in range(len(self._posts)):
            self._hire(slot)
        while True:
            pause = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(pause):
                if key.data == "child":
                    os.read(wake, 4096)
                elif key.data == "stop":
                    self._finish()
                elif key.data == "control":
                    self._greet()
                else:
                    self._hear(cast(socket.socket, key.fileobj))
            self._reap()
            while self._due and self._due[0][0] <= time.monotonic():
                self._hire(self._due.pop(0)[1])

    def _plan(self) -> list[Lane]:
        """List the lane of each slot."""
        limits = self._limits
        federated = limits.federated_workers if limits.allow_service else 0
        lanes: list[Lane] = ["fast"] * limits.fast_workers
        lanes += ["slow"] * limits.slow_workers
        lanes += ["federated"] * federated
        return lanes

    def _hire(self, slot: int) -> None:
        lane = self._posts[slot]
        foreman = os.getpid()
        os.ftruncate(self._words[slot], 0)
        os.lseek(self._words[slot], 0, os.SEEK_SET)
        pid = os.fork()
        if pid == 0:
            try:
                self._become_worker(lane, slot, foreman)
            except BaseException as error:
                os.write(2, repr(error).encode())
            finally:
                os._exit(70)
        self._forks += 1
        self._hands[pid] = _Hand(lane, slot, time.monotonic())

    def _become_worker(self, lane: Lane, slot: int, foreman: int) -> NoReturn:
        system.die_with_parent(foreman)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        ear = self._ears[lane]
        os.dup2(self._words[slot], 2)  # the engine's last words
        system.close_all_but(0, 1, 2, ear.fileno(), self._folder)
        post = Post(lane, ear, self._slots, slot)
        data = Data(self._open_store(), self._manifest["prefixes"], self._manifest["bytes"])
        Worker(post, data, self._limits).run()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            hand = self._hands.pop(pid, None)
            if hand is not None:
                self._note_end(hand, os.waitstatus_to_exitcode(status))

    def _note_end(self, hand: _Hand, code: int) -> None:
        words = os.pread(self._words[hand.slot], _WORDS, 0).decode("utf-8", "replace")
        if code > 0:
            say(f"a worker ended ({code}): {words}")
        identifier, _ = SLOT.unpack_from(self._slots, hand.slot * SLOT.size)
        SLOT.pack_into(self._slots, hand.slot * SLOT.size, NOBODY, 0)
        self._deaths[signal.Signals(-code).name if code < 0 else f"exit {code}"] += 1
        if identifier != NOBODY:
            name = identifier.hex()
            self._fates[name] = fate = {"code": code, "words": words}
            if len(self._fates) > _REMEMBERED:
                self._fates.popitem(last=False)
            for asker in [asker for asker, asked in self._asking.items() if asked == name]:
                del self._asking[asker]
                self._tell(asker, fate)
        now = time.monotonic()
        if code > 0 or (identifier == NOBODY and now - hand.born < _PAUSE_S):
            self._due.append((now + _PAUSE_S, hand.slot))
        else:
            self._hire(hand.slot)

    def _greet(self) -> None:
        try:
            asker, _ = self._ears["control"].accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        asker.setblocking(False)
        self._selector.register(asker, selectors.EVENT_READ, "asker")

    def _hear(self, asker: socket.socket) -> None:
        try:
            question = asker.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            question = b""
        if not question:
            self._asking.pop(asker, None)  # the worker may live on, and never have had a fate
            self._selector.unregister(asker)
            asker.close()
            return
        asked = json.loads(question)
        if "fate" in asked:
            self._tell_fate(asker, asked["fate"])
        elif "begun" in asked:
            self._tell(asker, {"begun": self._is_in_hand(asked["begun"])})
        else:
            self._tell(asker, self._status())

    def _tell_fate(self, asker: socket.socket, name: str) -> None:
        self._reap()
        if name in self._fates:
            self._tell(asker, self._fates[name])
        elif self._is_in_hand(name):
            self._asking[asker] = name
        else:
            self._tell(asker, {})

    def _is_in_hand(self, name: str) -> bool:
        wanted = bytes.fromhex(name)
        return any(
            SLOT.unpack_from(self._slots, slot * SLOT.size)[0] == wanted
            for slot in range(len(self._posts))
        )

    def _status(self) -> dict[str, Any]:
        busy: Counter[str] = Counter()
        for slot, lane in enumerate(self._posts):
            busy[lane] += SLOT.unpack_from(self._slots, slot * SLOT.size)[0] != NOBODY
        return {
            "release": self._manifest["version"],
            "workers": Counter(hand.lane for hand in self._hands.values()),
            "busy": busy,
            "forks": self._forks,
            "deaths": self._deaths,
            "data_bytes": self._manifest["bytes"],
        }

    def _tell(self, asker: socket.socket, answer: dict[str, Any]) -> None:
        try:
            asker.send(json.dumps(answer).encode())
        except OSError:
            return  # it has gone, or does not read: no answer is what it then gets

    def _finish(self) -> NoReturn:
        """Let every worker finish the query it has in hand; the kernel's timers bound that."""
        for ear in self._ears.values():
            ear.close()
        for pid in self._hands:
            os.kill(pid, signal.SIGTERM)
        limits = self._limits
        longest = max(limits.query_time_slow_ms, limits.federated_time_ms) / 1000
        until = time.monotonic() + longest + _PAUSE_S
        while self._hands:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if self._hands.pop(pid, None) is None:
                time.sleep(0.01)
            if time.monotonic() > until:
                for stuck in self._hands:
                    os.kill(stuck, signal.SIGKILL)
        os._exit(0)


def _open_notebook() -> int:
    """Open what a worker has as its standard error; nothing of it reaches a disk."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("words")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
