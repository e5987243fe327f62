"""A bare Flask route behind the same door as the pages: what a page could cost at the least.

`python -m bench.bare PORT` answers `/SIZE` with so many bytes of HTML.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

from flask import Flask, Response

from server.http.door import BACKLOG, Door
from server.settings import Settings

LARGEST = 2_000_000


def create_bare_app() -> Flask:
    """Make an app of one route, which does nothing but answer."""
    app = Flask("bench")
    body = (b"<p>" + b"x" * 77) * (LARGEST // 80)

    @app.route("/<int:size>")
    def answer(size: int) -> Response:
        return Response(body[:size], content_type="text/html; charset=utf-8")

    return app


def serve(port: int) -> None:
    """Serve it until SIGTERM, with as many threads as a web process of the service has."""
    ear = socket.socket()
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.bind(("127.0.0.1", port))
    ear.listen(BACKLOG)
    ear.setblocking(False)
    door = Door(create_bare_app(), Settings.threads, Settings.body_bytes, Settings.stream_bytes)

    def ready(loop: asyncio.AbstractEventLoop) -> None:
        loop.add_signal_handler(signal.SIGTERM, door.stop)

    door.run(ear, ready)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
