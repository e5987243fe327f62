"""Run the server in the foreground, until it is told to stop."""

from __future__ import annotations

import errno
import socket
import sys

from kg.release import open_release
from server.evaluation.supervisor import Supervisor
from server.http.door import BACKLOG, UNSENT_BYTES
from server.settings import Settings, SettingsError
from server.words import dumped_hashes, read_words


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; says on stderr where it listens, and with what limits.

    Raises:
        ReleaseError: before listening, when the release cannot be opened.
        ArticleError: before listening, when a text that was given is none of the release's.
        SettingsError: when nobody can listen at that host and port.
    """
    release = open_release(settings.release_dir)
    if settings.articles:
        read_words(settings.articles, dumped_hashes(release.dump))
    find_address(settings)
    manifest = release.manifest
    ears = _listen(settings)
    title, version = manifest.title, manifest.version[:12]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"{title}, release {version}: http://{host}:{settings.port}/", file=sys.stderr)
    if settings.review is not None:
        place = f"http://{host}:{settings.port}/review"
        print(f"proposed links of {settings.review} are decided at {place}", file=sys.stderr)
    print(
        f"a query may take {settings.query_time_slow_ms / 1000:g} s, "
        f"{settings.query_memory_bytes:,} bytes of memory and {settings.result_bytes:,} of result; "
        f"{settings.fast_workers + settings.slow_workers} run at a time, "
        f"{settings.client_queries} per client",
        file=sys.stderr,
        flush=True,
    )
    Supervisor(settings, ears).run()


def _listen(settings: Settings) -> list[socket.socket]:
    """Open one listening socket for each web process, all on the same port where that is known."""
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    family, _, _, _, place = found[0]
    ears = []
    for _ in range(settings.workers):
        ear = socket.socket(family, socket.SOCK_STREAM)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if settings.workers > 1:
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # connections have it from their ear
            ear.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        ear.bind(place)
        ear.listen(BACKLOG)
        ear.setblocking(False)
        ears.append(ear)
    return ears


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
            if error.errno == errno.EADDRNOTAVAIL:
                raise SettingsError(
                    f"host: {settings.host} is no address of this machine; take 127.0.0.1 to be "
                    "reached from here, or 0.0.0.0 from everywhere"
                ) from None
            message = (
                f"port: {settings.host}:{settings.port} cannot be had ({reason}); "
                "take another with --port"
            )
            raise SettingsError(message) from None
    return str(place[0])
