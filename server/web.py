"""A web process: the app behind granian, on a listening socket that outlives the process."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from granian._granian import SocketHolder
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from granian.server.mp import MPServer

from kg.errors import KnowledgeError
from server.app import create_app
from server.evaluation import system
from server.evaluation.frames import Addresses
from server.evaluation.lanes import Lanes
from server.evaluation.tally import Tally
from server.limits import limits_of
from server.metrics import Board
from server.settings import Settings
from server.sparql.cache import Headers
from server.sparql.front import App, StartResponse
from server.visits import Environ

BACKLOG = 1024
_ENDS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Place:
    """What a web process is given: its socket, its column of the tally, its way to the workers.

    The first byte of `notice` says that it will be told to end in a moment.
    """

    ear: socket.socket
    column: int
    addresses: Addresses
    version: str
    settings: Settings
    tally: Tally
    board: Board
    notice: mmap.mmap


def become_web_process(place: Place, ready: int, parent: int) -> NoReturn:
    """Serve until SIGTERM, then finish what is in hand; writes a byte to `ready` once it can."""
    system.die_with_parent(parent)
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in _ENDS:
            signal.signal(number, signal.SIG_DFL)  # until granian takes them
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
        settings = place.settings
        lanes = Lanes(
            place.addresses, limits_of(settings), place.version, place.tally, place.column
        )
        app = create_app(settings, lanes, place.board)
        os.write(ready, b"\n")
        os.close(ready)
        _serve(end_connections(app, place.notice), place.ear, settings)
        lanes.close()
        code = 0
    except KnowledgeError as error:
        os.write(ready, str(error).encode())
    finally:
        sys.stderr.flush()
        os._exit(code)


def end_connections(app: App, notice: mmap.mmap) -> App:
    """Have every answer end its connection once the process is to leave.

    Its end closes idle connections, and a client may be about to use one for its next request.
    """

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not notice[0]:
            return app(environ, start_response)

        def start(status: str, headers: Headers, *rest: Any) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], *rest)

        return app(environ, start)

    return answer


def _serve(app: object, ear: socket.socket, settings: Settings) -> None:
    """Run one of granian's workers in this very process.

    Granian's own supervisor opens one socket per worker and closes it with the worker, which
    resets the connections that wait there; it also gives up after two crashes in five seconds.
    """
    server: Any = MPServer(
        "server",
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.threads + settings.body_threads,
        runtime_mode=RuntimeModes.mt,
        backlog=BACKLOG,
        log_level=LogLevels.warning,
        websockets=False,
    )
    server._ssp, server._sso = None, None
    holder: Any = SocketHolder  # its stub lacks the arguments
    server._shd = holder(ear.fileno(), False, BACKLOG)
    worker: Any = server._spawn_worker(0, MPServer._spawn_wsgi_worker, lambda: app)
    threading.Thread(target=_pass_on_one_signal, daemon=True).start()
    worker.inner.run()  # not start(): here, and not in yet another process


def _pass_on_one_signal() -> None:
    """Hand the first signal to end to granian, whose handler never returns when interrupted.

    A terminal and systemd send theirs to every process, and the supervisor sends another one.
    """
    number = signal.sigwait(_ENDS)
    handler = signal.getsignal(number)
    if not callable(handler):
        os._exit(0)
    handler(number, None)
