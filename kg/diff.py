"""What changed between two releases, as lines of N-Quads."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.errors import ReleaseError
from kg.release import Release


@dataclass(frozen=True)
class Changes:
    """Quads added and removed, as sorted lines of canonical N-Quads, and between which versions."""

    old_version: str
    new_version: str
    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def to_json(self) -> bytes:
        """Write the versions and the counts."""
        fields = {
            "from": self.old_version,
            "to": self.new_version,
            "added": len(self.added),
            "removed": len(self.removed),
        }
        return json.dumps(fields, indent=2).encode() + b"\n"


def compare(old: Release, new: Release) -> Changes:
    """Compare the datasets of two releases."""
    return compare_lines(
        old.manifest.version, read_lines(old), new.manifest.version, read_lines(new)
    )


def compare_lines(
    old_version: str, old: Iterable[str], new_version: str, new: Iterable[str]
) -> Changes:
    """Compare two datasets, given as lines of canonical N-Quads."""
    before, after = frozenset(old), frozenset(new)
    added, removed = sorted(after - before), sorted(before - after)
    return Changes(old_version, new_version, tuple(added), tuple(removed))


def read_lines(release: Release) -> Iterator[str]:
    """Read a release's quads, one line each.

    Only a line feed ends a line: other separators of Unicode stand unescaped in N-Quads.
    """
    try:
        with release.dump.open(encoding="utf-8", newline="\n") as lines:
            yield from lines
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"the dump cannot be read: {reason}; build the release again"
        raise ReleaseError(message, str(release.dump)) from None
