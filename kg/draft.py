"""A release being written: beside its place, put there whole, so that no half of one is ever seen.

Builds of one folder exclude each other by a lock that the system frees with the process. What a
killed build left behind is removed by the next.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import gzip
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox
from pyoxigraph import Quad

from kg.errors import ReleaseError
from kg.release import MANIFEST, STORE, Manifest, Release, ReleasedFile, find_foreign, is_release

# Three times as fast as the highest level, for files 3 % larger.
_LEVEL = 6
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and build again",
    errno.EDQUOT: "the disk quota is used up; free some space and build again",
    errno.EROFS: "the disk is read-only; build into another folder with --out",
    errno.EACCES: "permission is missing; build into another folder with --out",
    errno.EPERM: "permission is missing; build into another folder with --out",
}


@dataclass
class Draft:
    """A release not yet published: write its files, then `publish` it."""

    out: Path
    path: Path
    files: list[ReleasedFile] = field(default_factory=list)

    def write(
        self, name: str, content: bytes | Iterable[bytes], media_type: str, *, gz: bool = False
    ) -> None:
        """Write a file of the release and list it; `gz` writes a compressed copy beside it."""
        chunks = (content,) if isinstance(content, bytes) else content
        with ExitStack() as stack:
            plain = stack.enter_context(_HashingFile(self, name, media_type))
            packed = None
            if gz:
                target = stack.enter_context(_HashingFile(self, f"{name}.gz", "application/gzip"))
                packed = stack.enter_context(gzip.GzipFile("", "wb", _LEVEL, target, mtime=0))
            for chunk in chunks:
                plain.write(chunk)
                if packed:
                    packed.write(chunk)

    def write_unlisted(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file that the manifest does not list, since it differs between builds."""
        chunks = (content,) if isinstance(content, bytes) else content
        with _create(self.path / name) as file:
            file.writelines(chunks)

    def write_store(self, quads: Iterable[Quad]) -> None:
        """Load the quads into the query engine's files."""
        store = ox.Store(str(self.path / STORE))
        store.bulk_extend(quads)
        store.flush()
        store.optimize()

    def publish(self, manifest: Manifest) -> Release:
        """Put the release in its place at once; the old one is gone only when the new one is."""
        files = tuple(sorted(self.files, key=lambda file: file.path))
        manifest = replace(manifest, files=files)
        self.write_unlisted(MANIFEST, manifest.to_json())
        _sync_tree(self.path)
        # Someone may have put a file there while the build was at work.
        _refuse_foreign(self.out)
        if self.out.exists():
            _exchange(self.path, self.out)
        else:
            self.path.rename(self.out)
        _sync(self.out.parent)
        return Release(self.out, manifest)


@contextmanager
def open_draft(out: Path) -> Iterator[Draft]:
    """Begin a release that is to stand at `out`; whatever fails, what stood there stays.

    Raises ReleaseError when another build is at work there, when the folder holds something
    that is no release, or when the disk refuses.
    """
    out = _resolve(out)
    draft = Draft(out, out.parent / f".{out.name}.building")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _lock(out):
            _tidy(out)
            _refuse_foreign(out)
            draft.path.mkdir()
            try:
                yield draft
            finally:
                shutil.rmtree(draft.path, ignore_errors=True)
    except OSError as error:
        reason = _REASONS.get(_code(error), f"the system says: {error}")
        kept = "; the old release is untouched" if is_release(out) else ""
        message = f"the release cannot be written: {reason}{kept}"
        raise ReleaseError(message, str(out)) from None


def _resolve(out: Path) -> Path:
    try:
        return out.resolve()
    except (OSError, RuntimeError):
        message = "this is a symbolic link that leads back to itself; name another place with --out"
        raise ReleaseError(message, str(out)) from None


def _code(error: OSError) -> int:
    """Tell an error's number; the query engine gives only the words for it."""
    if error.errno is None:
        return next((code for code in _REASONS if os.strerror(code) in str(error)), 0)
    return error.errno


class _HashingFile:
    """A file of a draft that lists itself with hash and size when it is closed."""

    def __init__(self, draft: Draft, name: str, media_type: str) -> None:
        self._draft, self._name, self._media_type = draft, name, media_type
        self._hash = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> _HashingFile:
        self._file = _create(self._draft.path / self._name)
        return self

    def write(self, chunk: bytes) -> int:
        self._hash.update(chunk)
        self._size += len(chunk)
        return self._file.write(chunk)

    def flush(self) -> None:
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        self._file.close()
        file = ReleasedFile(self._name, self._hash.hexdigest(), self._size, self._media_type)
        self._draft.files.append(file)


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


@contextmanager
def _lock(out: Path) -> Iterator[None]:
    path = out.parent / f".{out.name}.lock"
    while True:
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = "another build is writing this release; wait for it to end"
                raise ReleaseError(message, str(out)) from None
            # The holder before may have removed the file that was just locked: try again.
            if not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat()):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _tidy(out: Path) -> None:
    """Remove what a killed build left, and put back a release it had taken from its place."""
    replaced = _replaced(out)
    if replaced.exists() and not out.exists():
        replaced.rename(out)
    for leftover in (replaced, out.parent / f".{out.name}.building"):
        if leftover.exists():
            shutil.rmtree(leftover)


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        message = "this is a file, not a folder; name another place with --out"
        raise ReleaseError(message, str(out))
    if not is_release(out) and any(out.iterdir()):
        message = (
            "this folder holds something that is no release, and a build would replace it; "
            "name another place with --out, or empty the folder"
        )
        raise ReleaseError(message, str(out))
    foreign = find_foreign(out)
    if foreign is not None:
        message = (
            f"this release's folder also holds {foreign}, which is no part of it, and a build "
            "would delete it; move it elsewhere, or name another place with --out"
        )
        raise ReleaseError(message, str(out))


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders in one step where the system can, in two where it cannot."""
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        swap = None
    paths = (_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(old))
    if swap is not None and swap(*paths, ctypes.c_uint(_RENAME_EXCHANGE)) == 0:
        return
    replaced = _replaced(old)
    old.rename(replaced)
    new.rename(old)
    shutil.rmtree(replaced, ignore_errors=True)


def _replaced(out: Path) -> Path:
    return out.parent / f".{out.name}.replaced"


def _sync_tree(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            _sync(Path(folder) / name)
        _sync(Path(folder))


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
