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

from server.evaluation.frames import Addresses, Ears, Setup
from server.limits import Limits

_LANES = ("fast", "slow", "federated", "control")
_PAUSE_S = 1.0


class Generation:
    """Keeps an evaluator over one release at work.

    The listening sockets are kept here, so that queries which arrive while a dead evaluator is
    being replaced wait a little and are not lost.
    """

    def __init__(self, release_dir: Path, limits: Limits) -> None:
        self._release_dir = release_dir
        self._limits = limits
        self._folder: Path | None = None
        self.ears: Ears = {}
        names: dict[str, str] = {}
        for name in _LANES:
            names[name] = self._listen(name)
        self.addresses = Addresses(**names)
        self.version = ""
        self.data_bytes = 0
        self.error = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._inputs: list[int] = []
        self._due = 0.0
        self.start()

    @property
    def is_ready(self) -> bool:
        """Tell whether queries are answered."""
        return bool(self.version)

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
            pass_fds=tuple(numbers.values()),
            cwd=Path(__file__).parent.parent.parent,
        )
        assert self._process.stdin is not None
        setup = Setup(str(self._release_dir.resolve()), self._limits, numbers)
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
        self.error = said.get("error", "" if said else "the evaluator ended before it was ready")
        if self.version and said.get("ready", self.version) != self.version:
            self.error = "the release in the folder is another one now"
        if self.error:
            self._dismiss(self._inputs[-1:])
        else:
            self.version, self.data_bytes = said["ready"], said["bytes"]
            self._dismiss(self._inputs[:-1])  # foremen whose evaluator died worked until now

    def reap(self) -> bool:
        """Tell whether the evaluator has just been found dead."""
        if self._process is None or self._process.poll() is None:
            return False
        if self.output is not None:
            self.hear()
        self._process = None
        self._due = time.monotonic() + (_PAUSE_S if self.error else 0.0)
        return True

    def owns(self, pid: int) -> bool:
        """Tell whether a process is this generation's evaluator."""
        return self._process is not None and self._process.pid == pid

    def retire(self) -> None:
        """Let running queries finish, and the evaluator end after them."""
        self._dismiss(self._inputs[:])
        for ear in self.ears.values():
            ear.close()
        if self._folder is not None:
            for name in _LANES:
                (self._folder / name).unlink(missing_ok=True)
            self._folder.rmdir()
            self._folder = None

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
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="kg-"))
            address = str(self._folder / name)
        ear.bind(address)
        ear.listen(max(16, self._limits.queue_length))
        ear.setblocking(False)
        self.ears[name] = ear
        return address
