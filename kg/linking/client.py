"""Wikidata, asked in batches; what it answered lately comes from the cache."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kg.errors import ServiceError
from kg.linking.articles import Article
from kg.linking.cache import Answer, Cache
from kg.linking.service import Service, to_batches
from kg.linking.wikidata import (
    COUNTRY,
    INSTANCE_OF,
    LOCATED_IN,
    LOCATION,
    SUBCLASS_OF,
    Addresses,
    Entity,
    is_item,
    to_entity,
    to_id,
    to_iri,
)
from kg.terms import WIKIDATA_DIRECT

# What the API allows at a time to clients without special rights.
BATCH = 50
_PREFIX = f"PREFIX wdt: <{WIKIDATA_DIRECT}>\n"
_CLASSES = f"wdt:{INSTANCE_OF}/wdt:{SUBCLASS_OF}*"
_AROUND = f"(wdt:{LOCATED_IN}|wdt:{LOCATION}|wdt:{COUNTRY})+"

Progress = Callable[[str, int, int], None]


class Wikidata:
    """Answers about items, out of the cache where it has one younger than `max_age`.

    With `offline` nothing is asked, and an answer of any age will do. `progress` hears what is
    asked, how many of how many are there.
    """

    def __init__(
        self,
        service: Service,
        cache: Cache,
        *,
        addresses: Addresses | None = None,
        languages: Sequence[str] = ("en",),
        max_age: timedelta = timedelta(days=7),
        offline: bool = False,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self.languages = tuple(languages)
        self._service = service
        self._cache = cache
        self._addresses = addresses or Addresses()
        self._max_age = max_age
        self._offline = offline
        self._progress = progress
        self._oldest: datetime | None = None

    @property
    def age(self) -> timedelta:
        """The age of the oldest answer that was used."""
        now = datetime.now(UTC)
        return now - (self._oldest or now)

    def entities(self, ids: Iterable[str]) -> dict[str, Entity | None]:
        """Give items by the id asked for: a redirected one names its new id, a deleted is None.

        Raises ServiceError for an id that can be no item's, before anything is asked.
        """
        wanted = sorted(set(ids))
        for id in wanted:
            if not is_item(id):
                raise ServiceError(f"{id!r} is no id of an item; those are Q1 and so on")
        kind = f"entity {' '.join(self.languages)}"
        found = self._answers(kind, wanted, self._fetch_entities)
        return {id: to_entity(record, id) for id, record in found.items()}

    def items_of_articles(self, articles: Iterable[Article]) -> dict[Article, str | None]:
        """Give the item to which each article of a Wikipedia belongs, None where there is none."""
        by_site: dict[str, dict[str, Article]] = defaultdict(dict)
        for article in articles:
            by_site[article.site][article.title] = article
        items: dict[Article, str | None] = {}
        for site, titles in sorted(by_site.items()):
            found = self._answers(f"article {site}", sorted(titles), self._fetch_titles(site))
            items |= {titles[title]: id for title, id in found.items()}
        return items

    def items_of_identifiers(
        self, property: str, values: Iterable[str]
    ) -> dict[str, tuple[str, ...]]:
        """Give the items that carry each value of a property, such as a GeoNames number."""

        def fetch(batch: Sequence[str]) -> dict[str, list[str]]:
            listed = " ".join(_quote(value) for value in batch)
            query = (
                f"SELECT ?key ?value {{ VALUES ?key {{ {listed} }} ?value wdt:{property} ?key }}"
            )
            return self._pairs(query, batch)

        found = self._answers(f"identifier {property}", sorted(set(values)), fetch)
        return {value: tuple(ids) for value, ids in found.items()}

    def classes(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Give the classes of each item, and all that these are kinds of."""
        return self._reached("classes", _CLASSES, ids)

    def surroundings(self, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Give all that each item lies in, however far up."""
        return self._reached("surroundings", _AROUND, ids)

    def search(self, text: str, language: str, limit: int = 10) -> tuple[str, ...]:
        """Give the items whose label or alias begins with a text, in Wikidata's own order."""

        def fetch(batch: Sequence[str]) -> dict[str, list[str]]:
            fields = {"action": "wbsearchentities", "search": text, "language": language}
            answer = self._ask({**fields, "uselang": language, "limit": str(limit)})
            return {batch[0]: [hit["id"] for hit in answer.get("search", ()) if "id" in hit]}

        return tuple(self._answers(f"search {language} {limit}", [text], fetch)[text])

    def _fetch_entities(self, ids: Sequence[str]) -> dict[str, Any]:
        fields = {"action": "wbgetentities", "ids": "|".join(ids)}
        answer = self._ask({**fields, "props": "labels|aliases|descriptions|claims|sitelinks"})
        records = _records(answer)
        by_source = {_source(record): record for record in records.values()}
        found = {id: records.get(id, by_source.get(id)) for id in ids}
        for id, record in found.items():
            if record is None:
                raise ServiceError(f"{self._addresses.api} says nothing of {id}; try again later")
            to_entity(record, id)
        return found

    def _fetch_titles(self, site: str) -> Callable[[Sequence[str]], dict[str, str | None]]:
        def fetch(titles: Sequence[str]) -> dict[str, str | None]:
            fields = {"action": "wbgetentities", "sites": site, "titles": "|".join(titles)}
            answer = self._ask({**fields, "props": "sitelinks", "sitefilter": site})
            entities = (to_entity(record, id) for id, record in _records(answer).items())
            found = {one.articles.get(site): one.id for one in entities if one is not None}
            return {title: found.get(title) for title in titles}

        return fetch

    def _reached(self, kind: str, path: str, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        def fetch(batch: Sequence[str]) -> dict[str, list[str]]:
            listed = " ".join(f"<{to_iri(id)}>" for id in batch)
            query = (
                f"SELECT DISTINCT ?key ?value {{ VALUES ?key {{ {listed} }} ?key {path} ?value }}"
            )
            return self._pairs(query, batch)

        found = self._answers(kind, sorted(set(ids)), fetch)
        return {id: frozenset(reached) for id, reached in found.items()}

    def _pairs(self, query: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """Ask for pairs of ?key and ?value; gives the ids among the values, by key."""
        found: dict[str, set[str]] = {key: set() for key in keys}
        for row in self._service.select(self._addresses.sparql, _PREFIX + query):
            key = to_id(row.get("key", "")) or row.get("key", "")
            id = to_id(row.get("value", ""))
            if id is not None and key in found:
                found[key].add(id)
        return {key: sorted(ids, key=_number) for key, ids in found.items()}

    def _ask(self, fields: Mapping[str, str]) -> Mapping[str, Any]:
        languages = "|".join(self.languages)
        always = {"format": "json", "languages": languages, "maxlag": "5"}
        return self._service.get_json(self._addresses.api, always | dict(fields))

    def _answers(
        self, kind: str, keys: Sequence[str], fetch: Callable[[Sequence[str]], Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Give the answers to keys; those too old or missing are fetched, batch by batch."""
        kind = f"{self._addresses.api} {kind}"
        youngest = datetime.now(UTC) - self._max_age
        kept = self._cache.read(kind, keys)
        used = {key: a for key, a in kept.items() if self._offline or a.given >= youngest}
        missing = [key for key in keys if key not in used]
        if missing and self._offline:
            what = kind.partition(" ")[2]
            message = f"no answer is kept for {missing[0]} ({what}); run it once without --offline"
            raise ServiceError(message)
        for batch in to_batches(missing, BATCH):
            self._progress(kind.split()[1], len(used), len(keys))
            used |= self._cache.write(kind, fetch(batch))
        if missing:
            self._progress(kind.split()[1], len(keys), len(keys))
        self._note_age(used.values())
        return {key: used[key].value for key in keys}

    def _note_age(self, answers: Iterable[Answer]) -> None:
        given = [answer.given for answer in answers]
        if given:
            self._oldest = min(given) if self._oldest is None else min(self._oldest, *given)


def _records(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    records = answer.get("entities")
    return records if isinstance(records, dict) else {}


def _source(record: Any) -> str | None:
    """Name the id that a redirect was asked for."""
    redirect = record.get("redirects") if isinstance(record, dict) else None
    source = redirect.get("from") if isinstance(redirect, dict) else None
    return source if isinstance(source, str) else None


def _number(id: str) -> int:
    return int(id[1:])


def _quote(value: str) -> str:
    """Write a string of SPARQL (SPARQL 1.1, 19.8)."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'
