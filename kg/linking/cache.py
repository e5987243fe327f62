"""Answers kept on disk, each with the time it was given: no question is asked twice too soon."""

import json
import sqlite3
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kg.errors import ServiceError

CACHE = ".cache/linking.sqlite"
"""Where a project keeps its answers."""
_TABLE = """
    CREATE TABLE IF NOT EXISTS answers (
        kind TEXT, key TEXT, given TEXT, answer BLOB, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID
"""
_BUSY_S = 30


@dataclass(frozen=True)
class Answer:
    """What a service said, and when."""

    value: Any
    given: datetime


class Cache:
    """A file of answers, in JSON; what is written stays, whatever happens to the run afterwards."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._database() as database:
            database.execute(_TABLE)

    def read(self, kind: str, keys: Collection[str]) -> dict[str, Answer]:
        """Give the answers that are kept for these keys."""
        found = {}
        query = "SELECT given, answer FROM answers WHERE kind = ? AND key = ?"
        with self._database() as database:
            for key in keys:
                row = database.execute(query, (kind, key)).fetchone()
                if row is not None:
                    value = json.loads(zlib.decompress(row[1]))
                    found[key] = Answer(value, datetime.fromisoformat(row[0]))
        return found

    def write(self, kind: str, answers: Mapping[str, Any]) -> dict[str, Answer]:
        """Keep answers given now, all or none of them; gives them back with their time."""
        now = datetime.now(UTC)
        rows = [
            (kind, key, now.isoformat(), zlib.compress(json.dumps(value).encode()))
            for key, value in answers.items()
        ]
        with self._database() as database:
            database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)
        return {key: Answer(value, now) for key, value in answers.items()}

    def newest(self, word: str, key: str) -> Answer | None:
        """Give the youngest answer to a key of any kind that has this word after its address."""
        query = "SELECT given, answer, kind FROM answers WHERE key = ? ORDER BY given DESC"
        with self._database() as database:
            for given, answer, kind in database.execute(query, (key,)):
                if f"{kind} ".split(" ")[1] == word:
                    value = json.loads(zlib.decompress(answer))
                    return Answer(value, datetime.fromisoformat(given))
        return None

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction; say plainly why it cannot be used."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as database, database:
                yield database
        except (sqlite3.Error, OSError, zlib.error, ValueError) as error:
            message = (
                f"the kept answers cannot be used ({error}); delete this file, or name another"
            )
            raise ServiceError(message, str(self._path)) from None


def in_words(age: timedelta) -> str:
    """Say how old the oldest answer is."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 2:
        return "as of now"
    if minutes < 120:
        return f"as of {minutes} minutes ago"
    hours = minutes // 60
    return f"as of {hours} hours ago" if hours < 48 else f"as of {hours // 24} days ago"
