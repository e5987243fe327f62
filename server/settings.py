"""What the server must be told, in one place: name with unit, default, one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import KnowledgeError


class SettingsError(KnowledgeError):
    """A setting that cannot work; the message names it and says what would."""


@dataclass(frozen=True)
class Settings:
    """Say which release to serve, where to listen, and how much one request may ask.

    Raises:
        SettingsError: at once, when a value cannot work; never later, at a visitor's request.
    """

    release_dir: Path
    """The folder that `kg build` made."""
    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for every one."""
    port: int = 8000
    """The TCP port to listen on."""
    workers: int = 1
    """How many processes answer."""
    threads: int = 4
    """How many requests one process answers at the same time."""
    public_url: str | None = None
    """The address visitors see, if it differs from the one their requests name (a proxy)."""
    query_bytes: int = 100_000
    """The longest query text, in bytes of UTF-8."""
    body_bytes: int = 400_000
    """The largest request body, in bytes as sent (a form grows when it is encoded)."""
    result_bytes: int = 64_000_000
    """The largest query result, in bytes; more is refused, never cut."""
    table_rows: int = 500
    """How many rows of a result a page shows; the page says so and offers the whole."""
    page_links: int = 200
    """How many claims, or facts of one property, a page lists; it says when there are more."""
    document_links: int = 2000
    """How many statements that point to a thing its document repeats; a header says when cut."""

    def __post_init__(self) -> None:
        if not (Path(self.release_dir) / "release.json").is_file():
            raise SettingsError(
                f"release_dir: {self.release_dir} holds no release (no release.json); "
                "make one with `kg build`"
            )
        if not 0 < self.port < 65536:
            raise SettingsError(f"port: {self.port} is no TCP port; take one from 1 to 65535")
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: {getattr(self, name)} is too small; 1 is the least")
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
                raise SettingsError(
                    f"public_url: {self.public_url!r} is no web address; "
                    "write it like https://example.org/graph"
                )


_COUNTS = (
    "workers",
    "threads",
    "query_bytes",
    "body_bytes",
    "result_bytes",
    "table_rows",
    "page_links",
    "document_links",
)
