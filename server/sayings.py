"""What the service says of itself on stderr; nobody has to read it for the service to go on."""

from __future__ import annotations

import errno
import logging
import os
import select
import stat
import traceback
from contextlib import suppress

_STDERR = 2
_HERE = -1  # a pipe has no other place to write to
_NO_WAIT: int = getattr(os, "RWF_NOWAIT", 0)
_PIECE_BYTES = 4096  # a pipe that can be written to takes as many without a wait


def say(text: str) -> None:
    """Say something, with a line break behind it; what nobody takes is dropped.

    Whoever wrote to a pipe that is full would wait, and with a process its part of the service.
    Only Linux since 6.4 can be told not to: elsewhere there is a moment in which another process
    may fill a pipe that had room.
    """
    data = f"{text}\n".encode(errors="backslashreplace")
    with suppress(OSError):
        while data:
            data = data[_write(data[:_PIECE_BYTES]) :]


def _write(piece: bytes) -> int:
    """Write what there is room for; gives how many bytes that was.

    Raises:
        OSError: when there is no room, or no reader any more.
    """
    mode = os.fstat(_STDERR).st_mode
    if _NO_WAIT and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        try:
            return os.pwritev(_STDERR, [piece], _HERE, _NO_WAIT)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
    if not select.select((), (_STDERR,), (), 0)[1]:
        raise BlockingIOError(errno.EAGAIN, "nobody reads stderr")
    return os.write(_STDERR, piece)


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
