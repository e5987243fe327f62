"""Rows moved between mapping files: under a lock, each file whole or not at all, to be undone.

What was done stands in a journal of its own, newest last. The mapping files are the truth: without
the journal nothing is lost but the way back.
"""

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kg.errors import LinkError
from kg.sssom import MappingSet, read_sssom, to_header, write_sssom
from kg.writing import write_whole

Row = Mapping[str, str]

JOURNAL = ".cache/reviews.jsonl"
_LOCK = ".cache/reviews.lock"


@dataclass(frozen=True)
class Change:
    """What happens to one file: rows that leave it, rows that come, and its header around that."""

    path: str
    leaving: tuple[Row, ...]
    coming: tuple[Row, ...]
    header_before: str
    header_after: str

    def inverted(self) -> "Change":
        """Give the change that undoes this one."""
        return Change(self.path, self.coming, self.leaving, self.header_after, self.header_before)


@dataclass(frozen=True)
class Entry:
    """A decision as the journal keeps it: in words, on which pair, and what it did to the files."""

    words: str
    subject: str
    object: str
    changes: tuple[Change, ...]


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Let one program at a time change a project's mappings; the others wait.

    Raises LinkError when the lock cannot be had.
    """
    path = root / _LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise LinkError(f"the lock cannot be had: {error.strerror}", str(path)) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_whole(root: Path, path: str) -> MappingSet | None:
    """Read a mapping file that is to be written again; None if there is none yet.

    Raises LinkError for a broken row, which would be lost.
    """
    if not (root / path).exists():
        return None
    read = read_sssom(root / path, path)
    if read.findings:
        first = read.findings[0]
        message = f"{first.message}; mend this row before others are added or moved"
        raise LinkError(message, path, first.line)
    return replace(read, header=read.header.replace("\r\n", "\n"))


def apply(root: Path, changes: Iterable[Change]) -> None:
    """Change the files in this order; if one cannot be written, those before it are put back.

    Raises LinkError when a row that is to leave is not there as it was.
    """
    texts = [(root / change.path, *_to_text(root, change)) for change in changes]
    done: list[tuple[Path, bytes | None]] = []
    try:
        for path, header, rows in texts:
            before = path.read_bytes() if path.exists() else None
            done.append((path, before))
            write_sssom(path, header, rows)
    except BaseException:
        for path, before in reversed(done):
            _put_back(path, before)
        raise


def note(root: Path, entry: Entry) -> None:
    """Write a decision into the journal."""
    path = root / JOURNAL
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
    except OSError as error:
        message = f"what was decided stands, but cannot be undone: {error.strerror}"
        raise LinkError(message, str(path)) from None


def last_entry(root: Path) -> Entry | None:
    """Give the newest decision of the journal that was not undone."""
    lines = _lines(root)
    return _to_entry(lines[-1], root) if lines else None


def forget_last(root: Path) -> None:
    """Take the newest decision out of the journal, because it was undone."""
    path = root / JOURNAL
    try:
        write_whole(path, "".join(f"{line}\n" for line in _lines(root)[:-1]).encode())
    except OSError as error:
        raise LinkError(f"the file cannot be written: {error.strerror}", str(path)) from None


def _to_text(root: Path, change: Change) -> tuple[str, list[Row]]:
    """Give header and rows of a file after a change; a header changed since keeps the change."""
    read = read_whole(root, change.path)
    rows = [] if read is None else [_filled(link.cells) for link in read.links]
    for leaving in map(_filled, change.leaving):
        if leaving not in rows:
            pair = f"{leaving['subject_id']} and {leaving['object_id']}"
            message = f"the row on {pair} is no longer as it was; see what became of it"
            raise LinkError(message, change.path)
        rows.remove(leaving)
    header = change.header_after
    if read is not None and read.header != change.header_before:
        header = read.header
    return header, [*rows, *change.coming]


def _put_back(path: Path, before: bytes | None) -> None:
    with suppress(OSError):
        if before is None:
            path.unlink(missing_ok=True)
        else:
            write_whole(path, before)


def _filled(row: Row) -> dict[str, str]:
    return {slot: cell for slot, cell in row.items() if cell}


def _lines(root: Path) -> list[str]:
    try:
        return (root / JOURNAL).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        message = f"the journal cannot be read ({error}); remove it, and edit the files by hand"
        raise LinkError(message, str(root / JOURNAL)) from None


def _to_entry(line: str, root: Path) -> Entry:
    try:
        parts: dict[str, Any] = json.loads(line)
        changes = tuple(
            Change(**{**one, "leaving": tuple(one["leaving"]), "coming": tuple(one["coming"])})
            for one in parts.pop("changes")
        )
        return Entry(**parts, changes=changes)
    except (ValueError, TypeError, KeyError, AttributeError):
        message = "the last line of the journal is broken; remove it, and edit the files by hand"
        raise LinkError(message, str(root / JOURNAL)) from None


def with_prefixes(read: MappingSet, wanted: Mapping[str, str]) -> str:
    """Give a file's header with these prefixes, all else in it as it stands.

    Raises LinkError when the file means something else by one of them.
    """
    missing = {}
    for prefix, iri in sorted(wanted.items()):
        known = read.prefixes.get(prefix)
        if known is None:
            missing[prefix] = iri
        elif known != iri:
            message = f"the prefix {prefix} means {known} here, and {iri} in the row to come"
            raise LinkError(f"{message}; rename one of them", read.path, 1)
    if not missing:
        return read.header
    lines = read.header.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if _bare(line) == "curie_map:"), None)
    if start is None or start + 1 == len(lines):
        curie_map = dict(read.metadata["curie_map"]) | missing  # type: ignore[call-overload]
        return to_header(dict(read.metadata) | {"curie_map": curie_map})
    entry = lines[start + 1]
    indent = entry[: len(entry) - len(entry.lstrip("# \t"))]
    for prefix, iri in missing.items():
        place = start + 1
        while place < len(lines) and lines[place].startswith(indent):
            if _bare(lines[place]) > f"{prefix}:":
                break
            place += 1
        lines.insert(place, f"{indent}{prefix}: {iri}\n")
    return "".join(lines)


def _bare(line: str) -> str:
    return line.lstrip("# \t").rstrip()
