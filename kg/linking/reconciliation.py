"""A reconciliation service (Reconciliation Service API 0.2): candidates for names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kg.errors import ServiceError
from kg.linking.cache import Cache
from kg.linking.client import Progress
from kg.linking.service import Service, to_batches

BATCH = 10


@dataclass(frozen=True)
class Question:
    """A name to look for, of things of a type, with values that may tell namesakes apart."""

    name: str
    type: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    limit: int = 10

    def to_json(self) -> dict[str, Any]:
        """Write a query of the API (0.2, section 4.1)."""
        asked: dict[str, Any] = {"query": self.name, "limit": self.limit}
        if self.type is not None:
            asked["type"] = self.type
        if self.properties:
            asked["properties"] = [{"pid": id, "v": value} for id, value in self.properties]
        return asked


@dataclass(frozen=True)
class Candidate:
    """A thing that a service offers for a name; `score` is on the service's own scale."""

    id: str
    name: str
    score: float
    description: str = ""
    types: tuple[str, ...] = ()
    match: bool = False


class Reconciliation:
    """Asks one service, ten questions at a time; each answer is kept, and does for `max_age`.

    With `offline` nothing is asked, and an answer of any age will do.
    """

    def __init__(
        self,
        service: Service,
        cache: Cache,
        address: str,
        *,
        max_age: timedelta = timedelta(days=7),
        offline: bool = False,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self._service = service
        self._cache = cache
        self._address = address
        self._max_age = max_age
        self._offline = offline
        self._progress = progress

    def check_space(self, space: str) -> None:
        """Make sure that the service offers things of this identifier space.

        Raises ServiceError when it does not, or is no reconciliation service.
        """
        offered = self.manifest()["identifierSpace"]
        if str(offered).rstrip("/") != space.rstrip("/"):
            message = f"{self._address} offers things of {offered}, and links lead to {space}"
            raise ServiceError(f"{message}; name another service with --reconciliation")

    def manifest(self) -> Mapping[str, Any]:
        """Give what the service says of itself: its name, its identifier space, its types."""
        found = self._service.get_json(self._address, {})
        if not isinstance(found.get("identifierSpace"), str):
            message = f"{self._address} gives no manifest, so it is no reconciliation service"
            raise ServiceError(message)
        return found

    def candidates(self, questions: Sequence[Question]) -> list[tuple[Candidate, ...]]:
        """Answer each question, in order, with candidates as the service ranks them."""
        kind = f"{self._address} reconcile"
        keys = [json.dumps(question.to_json(), sort_keys=True) for question in questions]
        youngest = datetime.now(UTC) - self._max_age
        kept = self._cache.read(kind, set(keys))
        found = {key: a for key, a in kept.items() if self._offline or a.given >= youngest}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing and self._offline:
            message = f"no answer of {self._address} is kept for {missing[0]}"
            raise ServiceError(f"{message}; run it once without --offline")
        for batch in to_batches(missing, BATCH):
            self._progress("names", len(found), len(set(keys)))
            found |= self._cache.write(kind, self._ask(batch))
        if missing:
            self._progress("names", len(found), len(found))
        return [tuple(map(_to_candidate, found[key].value)) for key in keys]

    def _ask(self, batch: Sequence[str]) -> dict[str, Any]:
        asked = {f"q{number}": json.loads(key) for number, key in enumerate(batch)}
        answer = self._service.post_json(self._address, {"queries": json.dumps(asked)})
        found = {}
        for number, key in enumerate(batch):
            part = answer.get(f"q{number}")
            if not isinstance(part, dict) or not isinstance(part.get("result"), list):
                message = f"{self._address} gives no result for {key}; is it a service of API 0.2?"
                raise ServiceError(message)
            for record in part["result"]:
                _to_candidate(record)
            found[key] = part["result"]
        return found


def _to_candidate(record: Any) -> Candidate:
    try:
        types = (one["id"] if isinstance(one, dict) else one for one in record.get("type", ()))
        return Candidate(
            id=str(record["id"]),
            name=str(record["name"]),
            score=float(record.get("score", 0)),
            description=str(record.get("description") or ""),
            types=tuple(types),
            match=bool(record.get("match")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        message = "a reconciliation service answered a candidate without id, name or score"
        raise ServiceError(message) from None
