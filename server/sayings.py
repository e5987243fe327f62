"""What the service says of itself on stderr; nobody has to read it for the service to go on."""

from __future__ import annotations

import logging
import os
import select
import traceback
from contextlib import suppress

_STDERR = 2
_PIECE_BYTES = 4096  # a pipe that can be written to takes as many without a wait


def say(text: str) -> None:
    """Say something, with a line break behind it; what nobody takes is dropped.

    Whoever wrote to a pipe that is full would wait, and with a process its part of the service.
    """
    data = f"{text}\n".encode(errors="backslashreplace")
    with suppress(OSError):
        while data and select.select((), (_STDERR,), (), 0)[1]:
            data = data[os.write(_STDERR, data[:_PIECE_BYTES]) :]


def say_fault() -> None:
    """Say the exception that is being handled, with its traceback."""
    say(traceback.format_exc().rstrip())


def say_logs() -> None:
    """Say what is logged from now on, by whatever library: none of them has to wait either."""
    logging.getLogger().addHandler(_Sayer())


class _Sayer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Say a record, with the traceback it may have."""
        say(self.format(record))
