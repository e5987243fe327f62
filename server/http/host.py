"""What a connection asks of whoever has all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from server.http.heads import Environ, Fault, Headers
from server.http.reader import ReadingHost

if TYPE_CHECKING:
    from server.http.connection import Connection


class Host(ReadingHost, Protocol):
    """Whoever has the connections, and answers."""

    environ: Environ
    draining: bool
    buffer: memoryview
    unread_bytes: int
    explain: Callable[[Fault, Environ], tuple[Headers, bytes]]
    again: Callable[[bytes, Connection], bool]

    def take_in(self, connection: Connection) -> None:
        """Take note that a connection is there."""
        ...

    def forget(self, connection: Connection) -> None:
        """Take note that a connection has ended."""
        ...

    def date(self) -> bytes:
        """Give the `Date` header as a line."""
        ...

    def owe(self, connection: Connection) -> None:
        """Take note that a connection has something to send at the end of this round."""
        ...

    def make_room(self) -> None:
        """Part with visitors while all together leave too much unread."""
        ...

    def make_room_for_requests(self) -> None:
        """Give up requests that no thread answers yet while all together hold too much."""
        ...

    def answer(self, environ: Environ, connection: Connection) -> None:
        """Have a request answered, now or later."""
        ...
