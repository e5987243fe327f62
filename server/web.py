"""A web process: the app behind granian, on a listening socket that outlives the process."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, RuntimeModes
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
_CONNECTIONS, _SPARE_FILES = 8192, 256
NOTICE = signal.SIGUSR1
"""Tells a web process that another takes its place, and that it will be told to end soon."""
_ENDS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Place:
    """What a web process is given: its socket, its column of the tally, its way to the workers."""

    ear: socket.socket
    column: int
    addresses: Addresses
    version: str
    settings: Settings
    tally: Tally
    board: Board


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
        signal.pthread_sigmask(signal.SIG_BLOCK, (NOTICE, *_ENDS))
        settings = place.settings
        lanes = Lanes(
            place.addresses, limits_of(settings), place.version, place.tally, place.column
        )
        app = create_app(settings, lanes, place.board)
        os.write(ready, b"\n")
        os.close(ready)
        leaving = threading.Event()
        threading.Thread(target=_obey, args=(leaving, place.ear), daemon=True).start()
        _serve(end_connections(app, leaving), place.ear, settings)
        lanes.close()
        code = 0
    except KnowledgeError as error:
        os.write(ready, str(error).encode())
    finally:
        sys.stderr.flush()
        os._exit(code)


def end_connections(app: App, leaving: threading.Event) -> App:
    """Have every answer end its connection once the process is to leave.

    Its end closes idle connections, and a client may be about to use one for its next request.
    """

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not leaving.is_set():
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
        http=HTTPModes.http1,  # else a connection that never says which stays for ever
        workers=1,
        blocking_threads=settings.threads + settings.body_threads,
        runtime_mode=RuntimeModes.mt,
        backlog=BACKLOG,
        backpressure=count_connections(),
        log_level=LogLevels.warning,
        websockets=False,
    )
    server._ssp, server._sso = None, None
    holder: Any = SocketHolder  # its stub lacks the arguments
    server._shd = holder(ear.fileno(), False, BACKLOG)
    worker: Any = server._spawn_worker(0, MPServer._spawn_wsgi_worker, lambda: app)
    worker.inner.run()  # not start(): here, and not in yet another process


def count_connections() -> int:
    """Tell how many connections to hold open, as files allow: one too many waits outside.

    Granian ends idle ones after 30 s.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return _CONNECTIONS
    return max(16, min(_CONNECTIONS, most - _SPARE_FILES))


def _obey(leaving: threading.Event, ear: socket.socket) -> None:
    """Wait for signals; hand the first to end to granian, whose handler never returns twice.

    A terminal and systemd send theirs to every process, and the supervisor sends another one.
    """
    while (number := signal.sigwait((NOTICE, *_ENDS))) == NOTICE:
        leaving.set()
        _stop_listening(ear)
    handler = signal.getsignal(number)
    if not callable(handler):
        os._exit(0)
    handler(number, None)


def _stop_listening(ear: socket.socket) -> None:
    """Put a socket that nobody calls in the place of the listening one, which others still have.

    Granian would take connections to its end, and cut those it has not read a request from.
    """
    inode = os.fstat(ear.fileno()).st_ino
    with suppress(OSError), socket.socket(socket.AF_UNIX) as quiet:  # where there is a /proc
        quiet.bind("")
        quiet.listen()
        quiet.setblocking(False)
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                if os.fstat(int(name)).st_ino == inode:
                    os.dup2(quiet.fileno(), int(name))
