"""Run the server in the foreground, until it is told to stop."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from server.app import create_app
from server.settings import Settings, SettingsError
from server.site import open_site


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; says on stderr where it listens.

    Raises:
        ReleaseError: before listening, when the release cannot be opened.
        SettingsError: when nobody can listen at that host and port.
    """
    address = find_address(settings)
    site = open_site(settings)
    title, version = site.title("en").value, site.version[:12]
    print(f"{title}, release {version}: http://{settings.host}:{settings.port}/", file=sys.stderr)
    del site
    server = Server(
        "server.app:create_app",
        address=address,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        log_level=LogLevels.warning,
        websockets=False,
    )
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)


def find_address(settings: Settings) -> str:
    """Give the host's IP address, once it is certain that the port there is free.

    The server underneath would share a port that is in use, and visitors between the two.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError as error:
        message = f"host: {settings.host} is no address of a machine ({error.strerror})"
        raise SettingsError(message) from None
    family, _, _, _, place = found[0]
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            reason = error.strerror
            message = (
                f"port: {settings.host}:{settings.port} cannot be had ({reason}); take another"
            )
            raise SettingsError(message) from None
    return str(place[0])


def _load(settings: Settings) -> Callable[..., Any]:
    """Make the app inside a worker process."""
    return create_app(settings)
