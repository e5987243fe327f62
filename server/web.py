"""A web process: the app behind its door, on a listening socket that outlives the process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from dataclasses import dataclass
from typing import NoReturn

from flask import Flask

from kg.errors import KnowledgeError
from server.app import create_app
from server.evaluation import system
from server.evaluation.frames import Addresses
from server.evaluation.lanes import Lanes
from server.evaluation.tally import Tally
from server.http.door import Door, count_connections
from server.limits import limits_of
from server.metrics import Board
from server.misfits import Misfits
from server.sayings import say_logs
from server.settings import Settings
from server.sparql.front import Front
from server.sparql.quick import Quick


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
    """Serve until SIGTERM, then finish what is in hand; writes a byte to `ready` once it can.

    What is raised here is a fault of ours, for the caller to say.
    """
    system.die_with_parent(parent)
    system.wait_for_turns()
    system.keep_one_heap()
    say_logs()
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)  # until the door takes them
        settings = place.settings
        lanes = Lanes(
            place.addresses,
            limits_of(settings),
            place.version,
            place.tally,
            place.column,
            settings.workers,
        )
        app = create_app(settings, lanes, place.board)
        _serve(app, lanes, place, ready)
        lanes.close()
    except KnowledgeError as error:
        os.write(ready, str(error).encode())
        os._exit(1)
    os._exit(0)  # stderr holds nothing back, and may have no reader


def _serve(app: Flask, lanes: Lanes, place: Place, ready: int) -> None:
    """Serve the app on an event loop and its threads; a byte tells that visitors are heard."""
    settings = place.settings
    threads = settings.threads + settings.long_queries
    door = Door(app, threads, settings.body_bytes, settings.stream_bytes)
    door.most = count_connections()
    door.patience_s = limits_of(settings).patience_s
    front: Front = app.extensions["front"]
    door.explain = Misfits(front).explain
    quick = Quick(front, lanes, door)
    door.at_once, door.again = quick.take, quick.again

    def tick() -> None:
        lanes.tick()
        quick.tick()
        front.note_cache()

    door.on_tick = tick

    def tell(loop: asyncio.AbstractEventLoop) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, door.stop)
        lanes.attach(loop)
        # What is here now stays; and what is kept later, in the cache, holds no cycles.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        sys.setswitchinterval(0.001)  # in seconds: how long the loop waits for a busy thread
        os.write(ready, b"\n")
        os.close(ready)

    door.run(place.ear, tell)
    front.close()
