"""The supervisor: one process that keeps all the others at work, and never serves anybody."""

from __future__ import annotations

import math
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, replace
from types import FrameType

from kg.errors import ReleaseError
from kg.release import MANIFEST
from server.evaluation import system
from server.evaluation.generation import Generation
from server.evaluation.tally import ROWS, Tally
from server.limits import limits_of
from server.memory import bound_memory
from server.metrics import Board
from server.sayings import say, say_fault
from server.settings import Settings
from server.web import Place, become_web_process

_TICK_S = 1.0
_BRIEF_S = 1.0
_LAST_STREAMS_S = 300.0
"""How long a web process of the release before goes on sending large answers, unless it is in the
way of yet another release."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class _Web:
    """A web process as the supervisor sees it; `ready` is the pipe it will write to, or None.

    One that is to leave is told so, and killed at `leaves_at` (monotonic); from `may_go_at` on,
    all it may still do is send large answers.
    """

    pid: int
    slot: int
    generation: Generation
    column: int
    born: float
    ready: int | None
    is_ready: bool = False
    may_go_at: float | None = None
    leaves_at: float | None = None


class Supervisor:
    """Starts the evaluator and the web processes, replaces those that die, swaps releases."""

    def __init__(self, settings: Settings, ears: list[socket.socket]) -> None:
        self._settings = settings
        self._ears = ears
        self._limits = limits_of(settings)
        self._tally = Tally()
        self._board = Board(2 * settings.workers + 2)
        self._webs: dict[int, _Web] = {}
        self._due: list[tuple[float, int]] = []
        self._generations: list[Generation] = []
        self._leaving: list[tuple[Generation, float]] = []
        self._served = False
        self._asked: set[int] = set()
        self._stamp = self._read_stamp()
        self._wake, self._woken = os.pipe()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then drain.

        Raises:
            ReleaseError: when the service cannot even start.
        """
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in _SIGNALS:
            signal.signal(number, self._note_signal)
        system.adopt_orphans()
        self._generations = [Generation(self._settings.release_dir, self._limits)]
        try:
            while not self._is_ending():
                self._step()
        finally:
            self._drain()

    def _is_ending(self) -> bool:
        return bool(self._asked & {signal.SIGTERM, signal.SIGINT})

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked.add(number)

    def _step(self) -> None:
        """Wait for the next event, and do what it asks for."""
        outputs = [g.output for g in self._generations if g.output is not None]
        pipes = [web.ready for web in self._webs.values() if web.ready is not None]
        ready, _, _ = select.select([self._wake, *outputs, *pipes], [], [], self._pause())
        if self._wake in ready:
            os.read(self._wake, 4096)
        # A pipe that is opened while they are heard may have the number of one just closed.
        spoken = [g for g in self._generations if g.output in ready]
        webs = [web for web in self._webs.values() if web.ready in ready]
        for generation in spoken:
            self._hear(generation)
        for web in webs:
            self._hear_web(web)
        self._reap()
        now = time.monotonic()
        for web in self._webs.values():
            if web.leaves_at is not None and web.leaves_at <= now:
                # A client that never ends its request must not keep a process for ever.
                os.kill(web.pid, signal.SIGKILL)
                web.leaves_at = math.inf
        for generation in self._generations:
            if generation.due is not None and generation.due <= now:
                generation.start()
        due = [slot for at, slot in self._due if at <= now]
        self._due = [(at, slot) for at, slot in self._due if at > now]
        for slot in due:
            self._replace_web(slot)
        if signal.SIGHUP in self._asked or self._read_stamp() not in (self._stamp, None):
            self._reload()

    def _pause(self) -> float:
        times = [at for at, _ in self._due]
        times += [web.leaves_at for web in self._webs.values() if web.leaves_at is not None]
        times += [g.due for g in self._generations if g.due is not None]
        return min([_TICK_S, *(max(0.0, at - time.monotonic()) for at in times)])

    def _reload(self) -> None:
        """Start a generation over the release that lies in the folder now."""
        if len(self._generations) > 1 or not self._generations[0].is_ready:
            for web in self._webs.values():
                if web.may_go_at is not None and web.leaves_at is not None:
                    web.leaves_at = min(web.leaves_at, web.may_go_at)
            return  # one change at a time; the wish stays noted
        self._asked.discard(signal.SIGHUP)
        self._stamp = self._read_stamp()
        self._generations.append(Generation(self._settings.release_dir, self._limits))

    def _hear(self, generation: Generation) -> None:
        was_ready = generation.is_ready
        generation.hear()
        if generation.error:
            self._give_up(generation)
        elif not was_ready:
            bound = bound_memory(self._settings, generation.data_bytes)
            say(f"memory: at most {bound.at_most:,} bytes, {bound.at_rest:,} at rest")
            for slot in range(len(self._ears)):
                self._start_web(slot, generation)

    def _give_up(self, generation: Generation) -> None:
        """Try again, or go on with the release before; without one there is nothing to serve."""
        if generation.is_ready:
            say(f"the evaluator cannot be started again: {generation.error}")
            if not generation.lies_at(self._settings.release_dir):
                self._asked.add(signal.SIGHUP)  # what lies there now may be better than nothing
        elif generation.may_try_again:
            say(f"{generation.error}; a new one is started")
        elif generation is self._generations[0]:
            raise ReleaseError(generation.error)
        else:
            say(f"the new release is not taken up: {generation.error}")
            self._end(generation)

    def _replace_web(self, slot: int) -> None:
        """Start a web process where one has ended, unless another release has put one there."""
        generation = next(g for g in reversed(self._generations) if g.is_ready)
        if all((web.slot, web.generation) != (slot, generation) for web in self._webs.values()):
            self._start_web(slot, generation)

    def _start_web(self, slot: int, generation: Generation) -> None:
        column = next(
            at for at in range(ROWS) if all(web.column != at for web in self._webs.values())
        )
        self._tally.clear(column)
        reading, writing = os.pipe()
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reading)
                self._forget(slot, generation)
                place = Place(
                    ear=self._ears[slot],
                    column=column,
                    addresses=generation.addresses,
                    version=generation.version,
                    settings=replace(self._settings, release_dir=generation.place),
                    tally=self._tally,
                    board=self._board,
                )
                become_web_process(place, writing, me)
            except BaseException:
                say_fault()
            finally:
                os._exit(70)
        os.close(writing)
        self._webs[pid] = _Web(pid, slot, generation, column, time.monotonic(), reading)

    def _forget(self, slot: int, own: Generation) -> None:
        """Close, in a new web process, what only the supervisor holds, and other releases."""
        for generation in self._generations:
            for number in generation.private:
                os.close(number)
            if generation is not own and generation.folder is not None:
                os.close(generation.folder)
        for web in self._webs.values():
            if web.ready is not None:
                os.close(web.ready)
        for at, ear in enumerate(self._ears):
            if at != slot:
                ear.close()
        os.close(self._wake)
        os.close(self._woken)

    def _hear_web(self, web: _Web) -> None:
        assert web.ready is not None
        said = web.generation.name_folder(os.read(web.ready, 65536).decode())
        os.close(web.ready)
        web.ready = None
        web.is_ready = said == "\n"
        if not web.is_ready:
            if not self._served and not self._is_ending():
                raise ReleaseError(said or "a web process ended before it was ready")
            say(f"a web process cannot start: {said or 'it ended'}")
            return
        self._served = True
        if web.generation is not self._generations[-1]:
            return  # it was started before another release came, and will itself be told to leave
        for other in self._webs.values():
            is_older = other.slot == web.slot and other.generation is not web.generation
            if is_older and other.leaves_at is None:
                os.kill(other.pid, signal.SIGTERM)
                other.may_go_at = time.monotonic() + self._limits.patience_s
                other.leaves_at = other.may_go_at + _LAST_STREAMS_S

    def _reap(self) -> None:
        for generation in list(self._generations):
            if generation.has_lost_evaluator():
                self._note_loss(generation)
        for pid in list(self._webs):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._note_end(self._webs[pid], os.waitstatus_to_exitcode(status))
        for generation in self._generations[:-1]:
            if self._generations[-1].is_ready and not self._has_webs(generation):
                self._end(generation)
        self._leaving = [
            (generation, until)
            for generation, until in self._leaving
            if not generation.has_ended(kill=time.monotonic() > until)
        ]
        self._reap_orphans()

    def _note_loss(self, generation: Generation) -> None:
        if generation.output is not None:
            self._hear(generation)
        if not generation.error:
            say("the evaluator ended; a new one is started")
        generation.plan_start()

    def _note_end(self, web: _Web, code: int) -> None:
        if web.ready is not None:
            self._hear_web(web)
        del self._webs[web.pid]
        self._tally.clear(web.column)
        if web.leaves_at is not None:
            return
        say(f"a web process ended ({_explain(code)}); a new one is started")
        now = time.monotonic()
        brief = now - web.born < _BRIEF_S
        self._due.append((now + _BRIEF_S if brief else now, web.slot))

    def _has_webs(self, generation: Generation) -> bool:
        return any(web.generation is generation for web in self._webs.values())

    def _reap_orphans(self) -> None:
        """Reap the processes of evaluators that were killed; they are ours now."""
        for pid in system.children(os.getpid()):
            kept = [*self._generations, *(generation for generation, _ in self._leaving)]
            if pid not in self._webs and not any(g.owns(pid) for g in kept):
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    continue

    def _end(self, generation: Generation) -> None:
        self._generations.remove(generation)
        generation.retire()
        self._leaving.append((generation, time.monotonic() + self._limits.patience_s))

    def _drain(self) -> None:
        """Let the web processes finish what they have in hand, then the evaluator; kill what stays.

        A second SIGTERM or SIGINT ends the waiting.
        """
        self._asked.clear()
        for ear in self._ears:
            ear.close()
        for pid in self._webs:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + self._limits.patience_s
        while self._webs and time.monotonic() < until and not self._asked:
            self._rest(0.1)
            for pid in list(self._webs):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del self._webs[pid]
        for pid in self._webs:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for generation in list(self._generations):
            self._end(generation)
        while self._leaving:
            late = bool(self._asked) or time.monotonic() > until
            self._leaving = [(g, at) for g, at in self._leaving if not g.has_ended(kill=late)]
            self._rest(0.05 if self._leaving else 0)
        self._reap_orphans()

    def _rest(self, seconds: float) -> None:
        """Wait for a signal, but not for long."""
        if select.select([self._wake], [], [], seconds)[0]:
            os.read(self._wake, 4096)

    def _read_stamp(self) -> tuple[int, int] | None:
        """Tell one release from the next; None while it is being replaced."""
        try:
            found = (self._settings.release_dir / MANIFEST).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def _explain(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
