"""A release on disk: one folder, complete or not there at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kg.errors import ReleaseError
from kg.store import EmbeddedStore

MANIFEST = "release.json"
STORE = "store"
CHANGES = "changes"
FORMAT = 1
_OWN = frozenset(("version", "name", "base", "files"))


@dataclass(frozen=True)
class ReleasedFile:
    """A file of a release; `path` is relative to the release, with slashes."""

    path: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Manifest:
    """What a release says of itself in `release.json`.

    `version` is the SHA-256 of the dataset's sorted N-Quads, `sources_hash` that of the files it
    was built from. `files` leaves out what may differ between machines or builds: the query
    engine's `store/`, and `changes/`, which depends on the release that was there before.
    """

    version: str
    name: str
    base: str
    title: str
    ontology_version: str
    software_version: str
    sources_hash: str
    counts: Mapping[str, int]
    prefixes: Mapping[str, str]
    files: tuple[ReleasedFile, ...]

    def to_json(self) -> bytes:
        """Write the manifest as JSON, the same bytes for the same content."""
        fields = {"format": FORMAT, **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, indent=2).encode() + b"\n"


@dataclass(frozen=True)
class Release:
    """A release that is there to be read."""

    path: Path
    manifest: Manifest

    @property
    def dump(self) -> Path:
        """The N-Quads dump: the whole dataset, sorted, byte for byte what was hashed."""
        return self.path / "dumps" / f"{self.manifest.name}.nq"

    def open_store(self) -> EmbeddedStore:
        """Open the query engine over this release, read-only."""
        return EmbeddedStore(self.path / STORE, self.manifest.base)


def open_release(path: Path) -> Release:
    """Open a release folder.

    Raises ReleaseError when it is no release, or a listed file is missing or cut short.
    """
    manifest = _read_manifest(path)
    for file in manifest.files:
        place = path / file.path
        size = place.stat().st_size if place.is_file() else None
        if size != file.size:
            found = "is missing" if size is None else f"has {size} bytes in place of {file.size}"
            message = f"the release is damaged: {file.path} {found}; build it again"
            raise ReleaseError(message, str(path))
    if not (path / STORE).is_dir():
        message = f"the release is damaged: {STORE}/ is missing; build it again"
        raise ReleaseError(message, str(path))
    return Release(path, manifest)


def is_release(path: Path) -> bool:
    """Tell whether a folder holds a release: a damaged one or another version's is one, too."""
    return _listed_files(path) is not None


def find_foreign(path: Path) -> str | None:
    """Name the first file in a release's folder that is no part of the release; None for none.

    A release has what its manifest lists, the manifest itself, `store/` and `changes/`.
    """
    listed = _listed_files(path) or frozenset()
    for folder, below, names in os.walk(path):
        here = Path(folder)
        if here == path:
            own = {name for name in (STORE, CHANGES) if not (path / name).is_symlink()}
            below[:] = [name for name in below if name not in own]
        linked = [name for name in below if (here / name).is_symlink()]
        for name in sorted([*names, *linked]):
            found = (here / name).relative_to(path).as_posix()
            if found not in listed and found != MANIFEST:
                return found
    return None


def _listed_files(path: Path) -> frozenset[str] | None:
    """Read the paths a manifest of ours lists; None where there is none, or another's."""
    try:
        fields = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("files"), list):
        return None
    if type(fields.get("format")) is not int or not _OWN.issubset(fields):
        return None
    files = fields["files"]
    if not all(isinstance(file, dict) and isinstance(file.get("path"), str) for file in files):
        return None
    return frozenset(file["path"] for file in files)


def _read_manifest(path: Path) -> Manifest:
    place = path / MANIFEST
    try:
        fields = json.loads(place.read_bytes())
        if fields["format"] != FORMAT:
            message = "the release was made by another version of this software; build it again"
            raise ReleaseError(message, str(place))
        del fields["format"]
        files = tuple(ReleasedFile(**file) for file in fields.pop("files"))
        return Manifest(files=files, **fields)
    except FileNotFoundError:
        message = f"there is no release here (no {MANIFEST}); make one with `kg build`"
        raise ReleaseError(message, str(path)) from None
    except OSError as error:
        message = f"the release cannot be read: {error.strerror}"
        raise ReleaseError(message, str(place)) from None
    except (ValueError, KeyError, TypeError):
        message = f"this {MANIFEST} describes no release; build into another folder, or again"
        raise ReleaseError(message, str(place)) from None
