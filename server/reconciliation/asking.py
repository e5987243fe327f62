"""Read what clients ask (Reconciliation Service API 0.2, sections 4.1 and 7.3), strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.refusals import ProblemError
from server.settings import Settings

LIMIT = 10
"""How many candidates a query gets that does not say how many."""
STRICT = ("any", "should", "all")
_FIELDS = ("query", "type", "limit", "properties", "type_strict")

Asked = str | float | bool | Mapping[str, str]
"""A value to compare with: text, a number, or a thing by its `id`."""


@dataclass(frozen=True)
class Query:
    """One name to match; `properties` are pairs of a property's name and the values asked for."""

    text: str
    types: tuple[str, ...]
    strict: str
    limit: int
    properties: tuple[tuple[str, tuple[Asked, ...]], ...]


@dataclass(frozen=True)
class Extension:
    """Whose values of which properties to give, each property with its settings."""

    ids: tuple[str, ...]
    properties: tuple[tuple[str, Mapping[str, Any]], ...]


def read_queries(text: str, settings: Settings) -> dict[str, Query]:
    """Read a query batch.

    Raises:
        ProblemError: 400 for what is no batch, 413 for one that is too large; both say which part.
    """
    batch = _read_object(text, "queries")
    if len(batch) > settings.reconcile_queries:
        detail = (
            f"The batch has {len(batch)} queries; send at most {settings.reconcile_queries} at a "
            "time, as the manifest's batchSize says."
        )
        raise _too_large(detail, "reconcile_queries", settings.reconcile_queries)
    queries = {name: _read_query(name, query, settings) for name, query in batch.items()}
    _check_together(list(queries.values()), settings)
    return queries


def _check_together(queries: Sequence[Query], settings: Settings) -> None:
    """Refuse a batch that is dear as a whole, though none of its queries is."""
    characters = sum(len(query.text) for query in queries)
    if characters > settings.reconcile_batch_characters:
        limit = settings.reconcile_batch_characters
        detail = f"The names have {characters} characters together; send at most {limit} at a time."
        raise _too_large(detail, "reconcile_batch_characters", limit)
    values = sum(max(1, len(asked)) for query in queries for _, asked in query.properties)
    if values > settings.reconcile_values:
        limit = settings.reconcile_values
        detail = f"The queries ask for {values} values together; send at most {limit} at a time."
        raise _too_large(detail, "reconcile_values", limit)


def read_extension(text: str, settings: Settings) -> Extension:
    """Read a data extension query.

    Raises:
        ProblemError: as `read_queries`.
    """
    given = _read_object(text, "extend")
    ids, properties = given.get("ids"), given.get("properties")
    if not isinstance(ids, list) or not _are_texts(ids) or not isinstance(properties, list):
        raise _bad('extend: write {"ids": ["..."], "properties": [{"id": "..."}]}.')
    wanted = []
    for asked in properties:
        settled = asked.get("settings") or {} if isinstance(asked, dict) else None
        if not isinstance(settled, dict) or not _is_id(asked.get("id")):
            raise _bad(f'extend: {_show(asked)} is no property; write {{"id": "..."}}.')
        wanted.append((asked["id"], settled))
    cells = max(1, len(ids)) * max(1, len(wanted))
    if cells > settings.reconcile_cells:
        detail = (
            f"{len(ids)} things times {len(wanted)} properties are {cells} cells; ask for at most "
            f"{settings.reconcile_cells} at a time."
        )
        raise _too_large(detail, "reconcile_cells", settings.reconcile_cells)
    return Extension(tuple(ids), tuple(wanted))


def _read_object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise _bad(f"{what}: the JSON is nested too deep.") from None
    except UnicodeEncodeError:
        raise _bad(f"{what}: the JSON holds half a character (a lone surrogate).") from None
    except ValueError as error:
        where = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        raise _bad(f"{what}: this is no JSON{where}; write an object.") from None
    if not isinstance(found, dict):
        raise _bad(f"{what}: {_show(found)} is no object; write {{...}}.")
    return found


def _read_query(name: str, query: Any, settings: Settings) -> Query:
    if not isinstance(query, dict):
        raise _bad(f'Query {name}: {_show(query)} is no query; write {{"query": "..."}}.')
    for key in query:
        if key not in _FIELDS:
            raise _bad(f"Query {name}: {_show(key)} is unknown; known are {', '.join(_FIELDS)}.")
    text = query.get("query", "")
    if not isinstance(text, str) or ("query" in query and not text.strip()):
        raise _bad(f"Query {name}: query is a text that is not empty; leave it out to ask without.")
    longest = settings.reconcile_characters
    if len(text) > longest:
        raise _too_long(f"Query {name}: the text", text, longest)
    properties = _read_properties(name, query.get("properties", []), longest)
    if not text and not properties:
        raise _bad(f"Query {name} asks for nothing; give a query, properties, or both.")
    return Query(
        text=" ".join(text.split()),
        types=_read_types(name, query.get("type", [])),
        strict=_read_strict(name, query.get("type_strict", STRICT[0])),
        limit=_read_limit(name, query.get("limit", LIMIT)),
        properties=properties,
    )


def _read_types(name: str, given: Any) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not _are_texts(listed):
        raise _bad(f"Query {name}: type is the id of a type, or a list of such.")
    return tuple(filter(None, listed))


def _read_strict(name: str, given: Any) -> str:
    if given not in STRICT:
        raise _bad(f"Query {name}: type_strict is one of {', '.join(STRICT)}.")
    return str(given)


def _read_limit(name: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float) or not given >= 1:
        raise _bad(f"Query {name}: limit is a number from 1 on.")
    return int(min(given, 1_000))


def _read_properties(
    name: str, given: Any, longest: int
) -> tuple[tuple[str, tuple[Asked, ...]], ...]:
    wrong = _bad(f'Query {name}: properties is a list of {{"pid": "...", "v": ...}}.')
    if not isinstance(given, list):
        raise wrong
    found = []
    for asked in given:
        if not isinstance(asked, dict) or not isinstance(asked.get("pid"), str) or "v" not in asked:
            raise wrong
        if len(asked["pid"]) > longest:
            raise _too_long(f"Query {name}: the id of a property", asked["pid"], longest)
        values = asked["v"] if isinstance(asked["v"], list) else [asked["v"]]
        found.append((asked["pid"], tuple(_read_value(name, value, longest) for value in values)))
    return tuple(found)


def _read_value(name: str, value: Any, longest: int) -> Asked:
    text = value.get("name") if isinstance(value, dict) else value
    if isinstance(text, str) and len(text) > longest:
        raise _too_long(f"Query {name}: a value", text, longest)
    is_thing = isinstance(value, dict) and isinstance(value.get("id"), str)
    if is_thing or isinstance(value, str | int | float):
        found: Asked = value
        return found
    raise _bad(
        f'Query {name}: {_show(value)} is no value; write a text, a number, {{"id": "..."}}.'
    )


def _is_id(given: Any) -> bool:
    return isinstance(given, str) and bool(given)


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def _bad(detail: str) -> ProblemError:
    return ProblemError(400, "bad-request", detail)


def _too_large(detail: str, limit: str, value: int) -> ProblemError:
    return ProblemError(413, "too-large", detail, {"limit": limit, "limit_value": value})


def _too_long(what: str, text: str, longest: int) -> ProblemError:
    detail = f"{what} has {len(text)} characters; it has at most {longest}."
    return _too_large(detail, "reconcile_characters", longest)


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"
