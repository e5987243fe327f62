"""Where the keys of a walk come from: a terminal, one press each, or the lines of a pipe."""

import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import click

QUIT = "q"
_CONTROL_D = "\x04"
_ESCAPE = "\x1b"


class Press(NamedTuple):
    """A key, and the reason, where it came along."""

    key: str
    reason: str | None = None


class Keys(Protocol):
    """What a walk listens to."""

    def wait(self) -> Press:
        """Give the next key; `QUIT` when none is to come."""

    def ask_reason(self) -> str | None:
        """Ask for a reason that did not come along; None when the reviewer thinks better of it."""


@contextmanager
def open_keys() -> Iterator[Keys]:
    """Listen to standard input, and leave a terminal as it was."""
    if not sys.stdin.isatty():
        yield _Pipe()
        return
    device = sys.stdin.fileno()
    before = termios.tcgetattr(device)
    try:
        yield _Terminal(device, before)
    finally:
        termios.tcsetattr(device, termios.TCSADRAIN, before)


class _Pipe:
    def wait(self) -> Press:
        for line in sys.stdin:
            key, _, reason = line.strip().partition(" ")
            if key:
                return Press(key, reason)
        return Press(QUIT)

    def ask_reason(self) -> str | None:
        return ""


class _Terminal:
    """Keys count as they are pressed, also those pressed too early; Ctrl-C still interrupts."""

    def __init__(self, device: int, before: list[object]) -> None:
        self._device = device
        self._before = before
        self._ahead: list[str] = []
        tty.setcbreak(device, termios.TCSADRAIN)

    def wait(self) -> Press:
        try:
            if not self._ahead:
                self._ahead = self._read()
        except KeyboardInterrupt:
            return Press(QUIT)
        key = self._ahead.pop(0)
        return Press(QUIT if key in ("", _CONTROL_D) else key)

    def _read(self) -> list[str]:
        """Read what was pressed; an arrow and the like are several signs and one key."""
        pressed = os.read(self._device, 64).decode(errors="replace").lower()
        return list(pressed) if pressed and not pressed.startswith(_ESCAPE) else [pressed]

    def ask_reason(self) -> str | None:
        termios.tcsetattr(self._device, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]
        try:
            return str(
                click.prompt("Why? (Enter: no words)", default="", show_default=False, err=True)
            )
        except click.Abort:
            return None
        finally:
            tty.setcbreak(self._device, termios.TCSADRAIN)
