"""How much of its answers a visitor has not taken yet, as far as the system holds it."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import sys
import termios

_TCP_CLOSE = 7  # netinet/tcp.h


def count_in_system(transport: asyncio.Transport) -> int:
    """Count the bytes that the system holds until the other side has taken them (tcp(7))."""
    visitor = transport.get_extra_info("socket")
    answer = bytearray(4)
    try:
        fcntl.ioctl(visitor.fileno(), termios.TIOCOUTQ, answer)
        held = int.from_bytes(answer, sys.byteorder)
        # What was on its way to one who has gone still counts, but is not held.
        if held and sys.platform == "linux":
            state = visitor.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            return 0 if state == _TCP_CLOSE else held
    except OSError:  # this system does not tell
        return 0
    return held
