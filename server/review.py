"""Reviewing a project's links in a browser: whom it is open to, and what it is done with.

Whoever reviews writes files, so only this machine is let in, and only by pages of this service: a
page of another site may send a form here (its Origin tells), and its name may be made to lead here
(the Host header tells).
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from flask import Flask, current_app, request

from kg.errors import KnowledgeError, LinkError
from kg.freshness import hash_sources
from kg.linking.life import Links
from kg.linking.reviewer import find_reviewer
from kg.linking.sides import Comparing, open_comparing
from kg.project import read_project
from server.refusals import ProblemError
from server.settings import is_loopback

KEY = ".cache/review.key"
_KEY_BYTES = 32


class Workbench:
    """A project under review: its links, read anew for each request, and both sides of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.links = Links(root)
        self._key = _read_key(root / KEY)
        self._lock = Lock()
        self._comparing: tuple[str, Comparing] | None = None

    def comparing(self) -> Comparing:
        """Give what sets both sides beside each other, read anew when a source has changed.

        Raises KnowledgeError when the project cannot be read.
        """
        with self._lock:
            hashed = hash_sources(self.root)
            if self._comparing is None or self._comparing[0] != hashed:
                self._comparing = hashed, open_comparing(read_project(self.root))
            return self._comparing[1]

    def reviewer(self) -> str:
        """Give the name that stands for the reviewer until another is given; empty for none."""
        try:
            return find_reviewer(self.root)
        except LinkError:
            return ""

    def token(self) -> str:
        """Give what a form carries to show that it came from this service."""
        return hmac.digest(self._key, b"review", "sha256").hex()

    def check_form(self) -> None:
        """Refuse a form that another site sent.

        Raises:
            ProblemError: 403.
        """
        origin = request.headers.get("Origin")
        if origin != request.host_url.rstrip("/"):
            said = f"from {origin}" if origin else "without saying from where (Origin)"
            raise _foreign(f"This form was sent {said}; open /review here and send it from there.")
        if not hmac.compare_digest(request.form.get("token", "").encode(), self.token().encode()):
            raise _foreign("This form is not from this service's page; open /review again.")


def check_visitor() -> None:
    """Refuse a request that came under a name of another host.

    Raises:
        ProblemError: 403.
    """
    host = request.headers.get("Host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if not is_loopback(name):
        message = f"Links are reviewed on this machine only, not as {host or 'a host without name'}"
        raise _foreign(f"{message}; open /review at 127.0.0.1.")


def set_up(app: Flask, root: Path) -> None:
    """Let a project's links be reviewed with this app."""
    app.extensions["review"] = Workbench(root)


def workbench() -> Workbench:
    """Give what this app reviews with."""
    found = current_app.extensions["review"]
    assert isinstance(found, Workbench)
    return found


def conflict(error: KnowledgeError) -> ProblemError:
    """Say that the project's files stand in the way."""
    return ProblemError(409, "conflict", f"{error}.")


def _foreign(detail: str) -> ProblemError:
    return ProblemError(403, "foreign", detail)


def _read_key(path: Path) -> bytes:
    """Read what tokens are made with, which all processes share; it is drawn once.

    Raises LinkError when it can be neither read nor written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _draw_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise LinkError(f"the key cannot be had: {error.strerror}", str(path)) from None
    if len(key) != _KEY_BYTES:
        raise LinkError("this is no key; remove the file", str(path))
    return key


def _draw_key(path: Path) -> None:
    """Write a key that nobody else may read; one that another process wrote first stays."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    try:
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()
