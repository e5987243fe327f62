"""The evaluator: a process that holds the data, and keeps a foreman with its workers alive.

It is started by the server with its setup on standard input, one line; as long as that input
stays open, it works. Nothing else stops it but a signal that cannot be caught.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from kg.errors import KnowledgeError, ReleaseError
from kg.release import Release, open_release
from kg.store import EmbeddedStore, LoadedStore
from server.evaluation import system
from server.evaluation.foreman import Foreman
from server.evaluation.frames import Setup
from server.sayings import say, say_fault

_PAUSE_S = 0.2


def main() -> NoReturn:
    """Load the release, say `ready` or what is wrong on standard output, then work."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the server, which then closes our input
    server = os.getppid()
    os.environ["RUST_BACKTRACE"] = "0"
    tempfile.gettempdir()  # finds out by writing and deleting, which workers may not
    setup = Setup.from_line(_read_line(0))
    path = Path(setup.release_dir)
    try:
        folder, path = _hold(setup.release_dir)
        release = open_release(path)
        open_store, triples = _open(release, setup.limits.memory_triples)
    except KnowledgeError as error:
        said = str(error).replace(str(path), setup.release_dir)
        print(json.dumps({"error": said}), flush=True)
        os._exit(1)
    ears = {name: socket.socket(fileno=number) for name, number in setup.ears.items()}
    system.adopt_orphans()
    gc.collect()
    gc.freeze()
    version, held = release.manifest.version, system.resident_bytes()
    manifest = {"version": version, "prefixes": dict(release.manifest.prefixes), "bytes": held}
    ready = {"ready": version, "triples": triples, "bytes": held}
    print(json.dumps(ready), flush=True)
    _keep_foreman(lambda: Foreman(ears, setup.limits, open_store, manifest, folder), server)


def _hold(release_dir: str) -> tuple[int, Path]:
    """Hold the folder itself, so that one that takes its place later is never mistaken for it."""
    try:
        folder = os.open(release_dir, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ReleaseError(f"the release cannot be read: {error.strerror}", release_dir) from None
    return folder, system.find_open(folder) or Path(release_dir)


def _open(release: Release, memory_triples: int) -> tuple[Callable[[], EmbeddedStore], int]:
    """Tell how a worker comes by the data: with the fork, or from the disk after it."""
    triples = _count_lines(release.dump) if release.dump.is_file() else memory_triples + 1
    if triples <= memory_triples:
        loaded = _load(release)
        return (lambda: loaded), triples
    release.open_store()  # only to see that it can be opened
    path = release.path / "store"
    return (lambda: EmbeddedStore(path, release.manifest.base)), triples


def _load(release: Release) -> LoadedStore:
    """Load the data in a thread, so that the queries of workers do not live among it.

    The C library's allocator has a place for each thread. In the one that loads, the data leave
    holes all over; a worker's main thread would fill them, far apart as they are, at every query.
    """
    with ThreadPoolExecutor(1) as loader:
        return loader.submit(LoadedStore, release.dump, release.manifest.base).result()


def _count_lines(dump: Path) -> int:
    """Count the quads of an N-Quads dump, one to a line."""
    with dump.open("rb") as lines:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(1 << 20), b""))


def _read_line(number: int) -> bytes:
    """Read one line and nothing beyond it."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(number, 1)
        if not part:
            raise ReleaseError("the evaluator was started without its setup; use `kg serve`")
        line += part
    return line


def _keep_foreman(make: Callable[[], Foreman], server: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    wake, woken = os.pipe()
    for end in (wake, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    while True:
        born = time.monotonic()
        pid = os.fork()
        if pid == 0:
            os.close(wake)
            os.close(woken)
            try:
                make().run(0)
            except BaseException:
                say_fault()
            finally:
                os._exit(70)
        if _wait_for_end(pid, wake):
            _end_with(pid, server)
        if time.monotonic() - born < _PAUSE_S:
            time.sleep(_PAUSE_S)
        say("the foreman of the queries ended; a new one works")


def _wait_for_end(foreman: int, wake: int) -> bool:
    """Wait until the foreman ends; tell whether it was because our own input has ended.

    Workers whose foreman ended are ours, and end as well; none is left as a zombie.
    """
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
        if 0 in ready:
            return True
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == foreman:
                return False
            if pid == 0:
                break


def _end_with(foreman: int, server: int) -> NoReturn:
    """End after the foreman, who lets running queries finish unless nobody is left to hear."""
    while True:
        if os.getppid() != server:
            os.kill(foreman, signal.SIGKILL)  # its workers end with it
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if pid == foreman:
            break
        if pid == 0:
            time.sleep(0.02)
    os._exit(0)


if __name__ == "__main__":
    main()
