"""The dumps as pages list them: by format, each with what it is for, its size and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.formats import BY_NAME
from kg.release import ReleasedFile
from server.pages.figures import say_size
from server.pages.values import Reader
from server.pages.wording import PHRASES
from server.site import Site

PACKED = ".gz"


@dataclass(frozen=True)
class Download:
    """One file, at an address that names these very bytes for ever."""

    name: str
    href: str
    size: str
    media_type: str
    sha256: str


@dataclass(frozen=True)
class Form:
    """A format with its files: as it is, and compressed; `purpose` is empty if unknown."""

    name: str
    label: str
    purpose: str
    files: tuple[Download, ...]


def list_forms(site: Site, reader: Reader, files: Mapping[str, ReleasedFile]) -> list[Form]:
    """Group a release's dumps by format."""
    words, by_format = PHRASES[reader.lang], dict[str, list[Download]]()
    for name, file in files.items():
        href = reader.addresses.to(f"/dumps/{name}", v=site.version)
        size = say_size(file.size, reader.lang)
        download = Download(name, href, size, file.media_type, file.sha256)
        extension = name.removesuffix(PACKED).rpartition(".")[2]
        by_format.setdefault(extension, []).append(download)
    return [
        Form(
            name=extension,
            label=BY_NAME[extension].label if extension in BY_NAME else extension,
            purpose=words.get(f"dump_{extension}", ""),
            files=tuple(found),
        )
        for extension, found in sorted(by_format.items(), key=lambda pair: _place(pair[0]))
    ]


def _place(extension: str) -> tuple[int, str]:
    """Put formats that hold all graphs first."""
    known = BY_NAME.get(extension)
    return (0 if known and known.kind == "dataset" else 1), extension
