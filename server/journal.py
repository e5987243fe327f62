"""One line of JSON on stderr for each query: what came of it, never what was asked or by whom."""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from server.evaluation.answers import Stages

HELD_LINES = 50_000
"""How many lines may wait while nobody reads stderr; then the oldest are dropped."""
PAUSE_S = 0.05
FAREWELL_S = 2.0
_READ = '"read":%.2f,'
_STAGES = '"wait":%.2f,"run":%.2f,"write":%.2f,'


@dataclass(slots=True)
class Visit:
    """One query from its request to its answer, for the journal and the metrics.

    `digest` stands for the query's text; `lane` is `cache` for an answer given again; times are
    milliseconds, `started` is of `time.perf_counter`. `read` is how long it took to read and check
    the request, `stages` what the worker says.
    """

    id: str
    started: float
    form: str = "none"
    digest: str = ""
    outcome: str = "answered"
    status: int = 200
    lane: str = "none"
    limit: str = ""
    length: int = 0
    read: float | None = None
    stages: Stages | None = None


class Journal:
    """Collects lines and writes them from a thread of its own, whole lines at a time."""

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self._noted: deque[tuple[Visit, float, int]] = deque(maxlen=HELD_LINES)
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def note(self, visit: Visit, total_ms: float) -> None:
        """Leave the line of one query."""
        if not self.enabled:
            return
        self._noted.append((visit, total_ms, int(time.time())))
        if not self._news.is_set():
            self._news.set()
            self._start()

    def flush(self) -> None:
        """Write what has been collected."""
        with self._writing:
            self._write()

    def close(self) -> None:
        """Write what has been collected, but wait no longer than `FAREWELL_S` for who reads it."""
        writing = threading.Thread(target=self.flush, daemon=True)
        writing.start()
        writing.join(FAREWELL_S)

    def _write(self) -> None:
        noted = [self._noted.popleft() for _ in range(len(self._noted))]
        lines = [to_line(*one) for one in noted]
        while lines:
            # A pipe takes 4,096 bytes in one piece, so lines of several processes do not mix.
            size, count = 0, 0
            while count < len(lines) and (size + len(lines[count]) <= 4096 or not count):
                size, count = size + len(lines[count]), count + 1
            try:
                sys.stderr.write("".join(lines[:count]))
                sys.stderr.flush()
            except (OSError, ValueError):
                return
            del lines[:count]

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def _work(self) -> None:
        while True:
            self._news.wait()
            time.sleep(PAUSE_S)
            self._news.clear()
            self.flush()


def to_line(visit: Visit, total_ms: float, second: int) -> str:
    """Write a visit as one line of JSON; none of its words holds a sign to be escaped.

    `second` is when it ended, in seconds since 1970.
    """
    read, stages = visit.read, visit.stages
    return (
        f'{{"time":"{_say_time(second)}","id":"{visit.id}",'
        f'"query":"{visit.digest}","form":"{visit.form}","outcome":"{visit.outcome}",'
        f'"status":{visit.status},"limit":"{visit.limit}","lane":"{visit.lane}",'
        f'"bytes":{visit.length},"ms":{{{_READ % read if read is not None else ""}'
        f'{_STAGES % stages if stages is not None else ""}"total":{total_ms:.2f}}}}}\n'
    )


@lru_cache(maxsize=4)
def _say_time(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
