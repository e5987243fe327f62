"""A socket on the loopback that counts who knocks: nothing of ours may."""

import random
import socket
import threading
from contextlib import suppress


def free_port() -> int:
    """Find a port that nobody uses, and that no connection made meanwhile is given.

    The system gives outgoing connections ports from 32768 on.
    """
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Listener:
    """A socket that counts who knocks."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/"
        self.knocks = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.knocks += 1
            connection.close()
