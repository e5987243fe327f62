"""Whether a release was made from the sources that are there now."""

import hashlib
from pathlib import Path

from kg import __version__
from kg.project import PROPOSED
from kg.release import Release
from kg.texts import check_name, read_bytes

_SOURCES = (".ttl", ".trig", ".rq", ".tsv", ".jsonld")


def hash_sources(root: Path) -> str:
    """Hash the paths and bytes of everything a release is made from."""
    digest = hashlib.sha256()
    files = (file for top in ("data", "ontology") for file in (root / top).rglob("*"))
    named = ((file.relative_to(root).as_posix(), file) for file in files if file.is_file())
    for path, file in sorted(named):
        hidden = any(part.startswith(".") for part in path.split("/"))
        if file.suffix in _SOURCES and not hidden and not path.endswith(PROPOSED):
            check_name(path)
            content = hashlib.sha256(read_bytes(file, path)).hexdigest()
            digest.update(f"{path}\0{content}\n".encode())
    return digest.hexdigest()


def is_current(release: Release, root: Path) -> bool:
    """Tell whether a release was made by this software from these sources."""
    made = release.manifest
    return made.software_version == __version__ and made.sources_hash == hash_sources(root)
