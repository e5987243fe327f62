"""Texts that whoever starts the service has a copy of: known by their hash, held in memory only.

Nothing here, or in a log, ever repeats their words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pyoxigraph import DefaultGraph, Literal

from kg.errors import ArticleError, SourceError
from kg.passages import explain_difference
from kg.store import Store
from kg.terms import SCHEMA_SHA256
from kg.texts import decode_utf8, read_bytes
from server.settings import Settings

_NAMED = 3


def read_words(files: Sequence[Path], hashes: Collection[str]) -> dict[str, str]:
    """Read texts, each by its SHA-256; `hashes` are those the release points into.

    Raises:
        ArticleError: when a file cannot be read as text, or is none of the texts meant.
    """
    return dict(_read_one(path, sorted(hashes)) for path in files)


def is_own_host(host: str, base: str, settings: Settings) -> bool:
    """Say whether a Host header names this service: an address, localhost, or as it is set up."""
    name = _to_name(f"//{host}")
    known = {"localhost", settings.host, _to_name(settings.public_url or ""), _to_name(base)}
    return bool(name) and (name in known or name.endswith(".localhost") or _is_address(name))


def _to_name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _read_one(path: Path, hashes: Sequence[str]) -> tuple[str, str]:
    try:
        content = read_bytes(path, str(path))
        digest = hashlib.sha256(content).hexdigest()
        text = decode_utf8(content, str(path))
    except SourceError as error:
        raise ArticleError(error.message, error.path, error.line, error.column) from None
    if digest in hashes:
        return digest, text
    if not hashes:
        message = "this release points into no text (no schema:sha256); leave --article out"
        raise ArticleError(message, str(path))
    wanted = " or ".join(hashes[:_NAMED]) + (" or others" if len(hashes) > _NAMED else "")
    hints = (explain_difference(text, known) for known in hashes)
    hint = next(filter(None, hints), "give the very text that the release points into")
    message = f"this is another text: its SHA-256 is {digest}, expected was {wanted}; {hint}"
    raise ArticleError(message, str(path))


def text_hashes(store: Store) -> frozenset[str]:
    """Find the SHA-256 of each text a release points into."""
    found = store.quads_for_pattern(None, SCHEMA_SHA256, None, DefaultGraph())
    return frozenset(q.object.value.lower() for q in found if isinstance(q.object, Literal))


def dumped_hashes(dump: Path) -> frozenset[str]:
    """Find the same in an N-Quads dump, for a process that must not open the store: it forks."""
    sign = f" {SCHEMA_SHA256} ".encode()
    with dump.open("rb") as lines:
        found = [line.partition(sign)[2] for line in lines if sign in line]
    return frozenset(rest.split(b'"')[1].decode().lower() for rest in found if b'"' in rest)
