"""A result being written: in memory while it is small, then in a file that has no name."""

from __future__ import annotations

import errno
import mmap
import os
import re
import tempfile

from kg.errors import KnowledgeError
from server.limits import ResultLimitError

INLINE_BYTES = 256 * 1024
"""Up to this size a result is kept in memory and handed over in one message."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_BLANK = {"rdf": b"rdf:nodeID="}
_GRAPHS = frozenset(("ttl", "nt", "jsonld", "rdf", "trig", "nq"))
_BEFORE_NAME = frozenset(b" \t\r\n\v\f([,;^{")
_PREFIXES = re.compile(rb"(?:@prefix [^\n]*\n)*")


class UnwritableError(KnowledgeError):
    """The answer holds something its format cannot spell; another format can."""


class NoRoomError(KnowledgeError):
    """The disk is full; the message is for the visitor."""


class Spool:
    """Takes a result up to a limit; more than `INLINE_BYTES` goes into a file without a name.

    When it is finished, the result is `body`, or the `length` bytes from `start` on in `file`;
    `has_blank` tells of a graph whether it may name blank nodes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = self._spilt = 0
        self.file: int | None = None
        self.body = b""
        self.start = 0
        self.has_blank = False

    @property
    def length(self) -> int:
        """The size of the finished result, in bytes."""
        return self._size - self.start

    def flush(self) -> None:
        """Do nothing: what is written is there."""

    def write(self, data: bytes) -> int:
        """Take the next bytes.

        Raises:
            ResultLimitError: when they are too many.
            NoRoomError: when the disk is full.
        """
        self._parts.append(data)
        self._size += len(data)
        if self._size > self._limit:
            raise too_large(self._limit)
        if self._size - self._spilt > INLINE_BYTES:
            self._spill()
        return len(data)

    def finish(self, format: str) -> None:
        """End the result, once all is written.

        Raises:
            UnwritableError: when the format cannot spell a character of it.
            NoRoomError: when the disk is full.
        """
        if self.file is None:
            self.body = b"".join(self._parts)
            _check(self.body, format)
            self.has_blank = _may_name_blank(self.body, format)
            if format in ("ttl", "trig"):
                self.body = drop_unused_prefixes(self.body)
                self._size = len(self.body)
            return
        self._spill()
        with mmap.mmap(self.file, self._size) as text:
            _check(text, format)
            self.has_blank = _may_name_blank(text, format)
            if format in ("ttl", "trig"):
                head, kept = _used_prefixes(text)
                self.start = head - len(kept)
                text[self.start : head] = kept
        os.lseek(self.file, self.start, os.SEEK_SET)

    def take(self) -> bytes:
        """Give the whole finished result, and close."""
        if self.file is None:
            return self.body
        with os.fdopen(self.file, "rb") as file:
            self.file = None
            return file.read()

    def close(self) -> None:
        """Let go of the file, if there is one."""
        if self.file is not None:
            os.close(self.file)
            self.file = None

    def _spill(self) -> None:
        if self.file is None:
            self.file = open_nameless()
        pending = memoryview(b"".join(self._parts))
        while pending:
            try:
                pending = pending[os.write(self.file, pending) :]
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                raise _no_room() from None
        self._parts, self._spilt = [], self._size


def open_nameless() -> int:
    """Open a file that nobody else can open and that is gone when it is closed.

    Raises:
        NoRoomError: when the disk is full.
    """
    if hasattr(os, "O_TMPFILE"):
        try:
            return os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno in _FULL:
                raise _no_room() from None
            # A file system that has no such files, or one that is read-only.
            return os.memfd_create("result", os.MFD_CLOEXEC)
    file, name = tempfile.mkstemp()
    os.unlink(name)
    return file


def _no_room() -> NoRoomError:
    return NoRoomError(
        "There is no room for a large result: the disk takes no more of it. Ask for less with "
        "LIMIT, or again in a minute."
    )


def too_large(limit: int) -> ResultLimitError:
    """Say that a result is larger than the limit, which is in bytes."""
    return ResultLimitError(
        f"The result is larger than {limit:,} bytes, the limit of this service. "
        "Nothing of it is sent; ask for less with LIMIT and OFFSET, or take a dump.",
        "result_bytes",
        limit,
    )


def drop_unused_prefixes(body: bytes) -> bytes:
    """Leave out the `@prefix` lines at the top of a Turtle text that nothing below uses."""
    head, kept = _used_prefixes(body)
    return kept + body[head:]


def _used_prefixes(text: bytes | mmap.mmap) -> tuple[int, bytes]:
    """Give the length of the `@prefix` lines at the top, and those lines of it that are used."""
    declared = _PREFIXES.match(text)
    head = declared.end() if declared else 0
    lines = text[:head].splitlines(keepends=True)
    return head, b"".join(line for line in lines if _is_used(line.split()[1], text, head))


def _is_used(prefix: bytes, text: bytes | mmap.mmap, start: int) -> bool:
    # Found ten times as fast as by an expression that has to try every place.
    at = text.find(prefix, start)
    while at > 0 and text[at - 1] not in _BEFORE_NAME:
        at = text.find(prefix, at + 1)
    return at >= 0


def _check(body: bytes | mmap.mmap, format: str) -> None:
    if format == "xml" and _NO_XML.search(body):
        raise UnwritableError("The result holds control characters, which XML cannot; take JSON.")


def _may_name_blank(text: bytes | mmap.mmap, format: str) -> bool:
    return format in _GRAPHS and text.find(_BLANK.get(format, b"_:")) >= 0
