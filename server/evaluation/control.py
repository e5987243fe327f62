"""Questions of a web process to the foreman."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

_PATIENCE_S = 1.0


class Control:
    """Asks the foreman over one connection, made anew when the foreman is another one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None

    def tell_fate(self, name: str) -> tuple[int | None, str]:
        """Tell the exit code and last words of the worker that had a query in hand.

        The code is None when nobody knows.
        """
        fate = self._ask({"fate": name})
        return fate.get("code"), fate.get("words", "")

    def has_begun(self, name: str) -> bool | None:
        """Tell whether a worker has a query in hand; None when nobody knows."""
        found = self._ask({"begun": name}).get("begun")
        return None if found is None else bool(found)

    def status(self) -> dict[str, Any]:
        """Tell of the workers; empty when the foreman is away."""
        return self._ask({"status": True})

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._drop()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            for _ in range(2):  # the first may find that the foreman it knew has ended
                try:
                    return self._exchange(question)
                except (OSError, ValueError):
                    self._drop()
        return {}

    def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        if self._sock is None:
            self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._sock.settimeout(_PATIENCE_S)
            self._sock.connect(self._address)
        self._sock.send(json.dumps(question).encode())
        answer = self._sock.recv(65536)
        if not answer:
            raise ConnectionResetError("the foreman has gone")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _drop(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None
