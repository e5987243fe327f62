"""A generation of the service: one release, its evaluator, and the sockets that lead there."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.evaluation import system
from server.evaluation.frames import Addresses, Ears, Setup
from server.limits import Limits

_LANES = ("fast", "slow", "federated", "control")
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_TRIES = 3


class Generation:
    """Keeps an evaluator over one release at work.

    The listening sockets are kept here, so that queries which arrive while a dead evaluator is
    being replaced wait a little and are not lost.
    """

    def __init__(self, release_dir: Path, limits: Limits) -> None:
        self._release_dir = release_dir
        self.folder = _open_folder(release_dir)
        """The release's folder, as the number of an open file; None where it cannot be opened."""
        self._limits = limits
        self._sockets: Path | None = None
        self.ears: Ears = {}
        names: dict[str, str] = {}
        for name in _LANES:
            names[name] = self._listen(name)
        self.addresses = Addresses(**names)
        self.version = ""
        self.data_bytes = 0
        self.error = ""
        self._failures = 0
        self._is_wordless = False
        self._process: subprocess.Popen[bytes] | None = None
        self._inputs: list[int] = []
        self._due = 0.0
        self.start()

    @property
    def place(self) -> Path:
        """Where this process and those forked from it find the very folder, whatever it is called.

        One that takes its place later is never mistaken for it.
        """
        held = None if self.folder is None else system.find_open(self.folder)
        return held or self._release_dir.resolve()

    def name_folder(self, said: str) -> str:
        """Put the name of the folder that people know into what is said of it."""
        return said.replace(str(self.place), str(self._release_dir))

    @property
    def is_ready(self) -> bool:
        """Tell whether queries are answered."""
        return bool(self.version)

    @property
    def may_try_again(self) -> bool:
        """Tell whether an evaluator that failed did not say why, and not too often."""
        return self._is_wordless and self._failures < _TRIES

    @property
    def output(self) -> int | None:
        """The file number on which a starting evaluator will speak; None when it has spoken."""
        stream = self._process.stdout if self._process else None
        return stream.fileno() if stream and not stream.closed else None

    @property
    def due(self) -> float | None:
        """When (monotonic) a dead evaluator is to be replaced; None when it lives."""
        return None if self._process else self._due

    @property
    def private(self) -> list[int]:
        """The file numbers that a web process must not keep."""
        return [*self._inputs, *(ear.fileno() for ear in self.ears.values())]

    def start(self) -> None:
        """Start an evaluator; it speaks when it is ready."""
        numbers = {name: ear.fileno() for name, ear in self.ears.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.evaluation.evaluator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(*numbers.values(), *([] if self.folder is None else [self.folder])),
            cwd=Path(__file__).parent.parent.parent,
        )
        assert self._process.stdin is not None
        setup = Setup(str(self.place), self._limits, numbers)
        with suppress(BrokenPipeError):  # it has died already, and is replaced like any other
            os.write(self._process.stdin.fileno(), setup.to_line())
        self._inputs.append(os.dup(self._process.stdin.fileno()))
        self._process.stdin.close()

    def hear(self) -> None:
        """Take what a starting evaluator says: that it is ready, or why it cannot work."""
        assert self._process is not None and self._process.stdout is not None
        line = self._process.stdout.readline()
        self._process.stdout.close()
        said: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
        error = said.get("error", "" if said else "the evaluator ended before it was ready")
        self.error = self.name_folder(error)
        self._is_wordless = not said
        if self.version and said.get("ready", self.version) != self.version:
            self.error = "the release in the folder is another one now"
        if self.error:
            self._failures += 1
            self._dismiss(self._inputs[-1:])
        else:
            self._failures = 0
            self.version, self.data_bytes = said["ready"], said["bytes"]
            self._dismiss(self._inputs[:-1])  # foremen whose evaluator died worked until now

    def has_lost_evaluator(self) -> bool:
        """Tell whether the evaluator is found dead; what it said last is to be heard first."""
        return self._process is not None and self._process.poll() is not None

    def plan_start(self) -> None:
        """Have an evaluator started in place of a dead one, later if several failed to start."""
        self._process = None
        pause_s = _PAUSE_S * 2 ** (self._failures - 1) if self._failures else 0.0
        self._due = time.monotonic() + min(pause_s, _LONGEST_PAUSE_S)

    def lies_at(self, path: Path) -> bool:
        """Tell whether the folder at a path is the one this generation was started over."""
        try:
            return self.folder is None or os.path.samestat(os.fstat(self.folder), path.stat())
        except OSError:
            return False

    def owns(self, pid: int) -> bool:
        """Tell whether a process is this generation's evaluator."""
        return self._process is not None and self._process.pid == pid

    def retire(self) -> None:
        """Let running queries finish, and the evaluator end after them."""
        self._dismiss(self._inputs[:])
        for ear in self.ears.values():
            ear.close()
        if self.folder is not None:
            os.close(self.folder)
            self.folder = None
        if self._sockets is not None:
            for name in _LANES:
                (self._sockets / name).unlink(missing_ok=True)
            self._sockets.rmdir()
            self._sockets = None

    def has_ended(self, kill: bool) -> bool:
        """Tell whether a retired evaluator has ended; `kill` it if it has not."""
        if self._process is None:
            return True
        if kill:
            self._process.kill()
            self._process.wait()
        if self._process.poll() is None:
            return False
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return True

    def _dismiss(self, inputs: list[int]) -> None:
        for number in inputs:
            os.close(number)
            self._inputs.remove(number)

    def _listen(self, name: str) -> str:
        """Open a listening socket under a name that nobody can guess; on Linux not on the disk."""
        kind = socket.SOCK_SEQPACKET if name == "control" else socket.SOCK_STREAM
        ear = socket.socket(socket.AF_UNIX, kind)
        if sys.platform == "linux":
            address = f"\0{secrets.token_hex(16)}"
        else:
            self._sockets = self._sockets or Path(tempfile.mkdtemp(prefix="kg-"))
            address = str(self._sockets / name)
        ear.bind(address)
        ear.listen(max(16, self._limits.queue_length))
        ear.setblocking(False)
        self.ears[name] = ear
        return address


def _open_folder(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
