"""What Wikidata says of an item: its names, its statements with their references, its articles.

The form is that of Wikibase's JSON (doc.wikimedia.org/Wikibase, "JSON"). The properties named here
are those that mean the same in every project; the others stand in its `ontology/alignment.ttl`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kg.errors import ServiceError
from kg.terms import WIKIDATA

INSTANCE_OF = "P31"
SUBCLASS_OF = "P279"
COUNTRY = "P17"
LOCATED_IN = "P131"
LOCATION = "P276"
STATED_IN = "P248"
REFERENCE_URL = "P854"
IMPORTED_FROM = "P143"
RETRIEVED = "P813"

_ID = re.compile(r"[QP][1-9][0-9]{0,17}")
_TIME = re.compile(r"([+-])(\d{4,16})-(\d\d)-(\d\d)T\d\d:\d\d:\d\dZ")
_JULIAN = "Q1985786"
_DAY, _MONTH, _YEAR = 11, 10, 9
_YEARS_BELOW = {8: 10, 7: 100, 6: 1000}
_RANKS = {"preferred": 0, "normal": 1}


@dataclass(frozen=True)
class Addresses:
    """Where a Wikibase is asked; the defaults are those of Wikidata.

    In the address of the reconciliation service {language} stands for a language.
    """

    api: str = "https://www.wikidata.org/w/api.php"
    sparql: str = "https://query.wikidata.org/sparql"
    reconciliation: str = "https://wikidata.reconci.link/{language}/api"


@dataclass(frozen=True)
class Time:
    """A point in time as Wikidata writes it; `precision` counts from 9 (year) to 11 (day)."""

    text: str
    precision: int
    julian: bool = False

    @property
    def bounds(self) -> tuple[date, date] | None:
        """The first and the last day it may mean; None for years that no `date` can hold.

        Julian days are kept in both calendars, since tools do not agree which one is written.
        """
        match = _TIME.fullmatch(self.text)
        if match is None or match[1] == "-" or not 1 <= int(match[2]) <= 9998:
            return None
        year, month, day = int(match[2]), int(match[3]) or 1, int(match[4]) or 1
        try:
            if self.precision >= _DAY:
                first = last = date(year, month, day)
            elif self.precision == _MONTH:
                first = date(year, month, 1)
                last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            else:
                around = _YEARS_BELOW.get(self.precision, 0 if self.precision == _YEAR else 9999)
                first = date(max(year - around, 1), 1, 1)
                last = date(min(year + around, 9999), 12, 31)
        except ValueError:
            return None
        if self.julian:
            last += timedelta(days=_to_gregorian_days(first))
        return first, last

    def __str__(self) -> str:
        length = {_MONTH: 7, _YEAR: 4}.get(self.precision, 10)
        written = re.sub(r"^\+0*(?=\d{4})|T.*", "", self.text)[:length]
        return f"{written} (Julian calendar)" if self.julian else written


@dataclass(frozen=True)
class Point:
    """A place on the globe, in degrees; `precision` too, where one is given."""

    latitude: float
    longitude: float
    precision: float | None = None

    def __str__(self) -> str:
        return f"{self.latitude:.5g}, {self.longitude:.5g}"


Value = str | Time | Point


@dataclass(frozen=True)
class Statement:
    """One statement of an item; items as values are their ids, an unknown value is None.

    Each reference names its values by property.
    """

    predicate: str
    value: Value | None
    rank: str = "normal"
    references: tuple[Mapping[str, tuple[str, ...]], ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The items and addresses that its references name, each once."""
        named = (
            value
            for reference in self.references
            for source in (STATED_IN, REFERENCE_URL, IMPORTED_FROM)
            for value in reference.get(source, ())
        )
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Entity:
    """An item or property; `asked` is the id it was asked for, another one if it is redirected.

    `articles` gives titles by site (`enwiki`).
    """

    id: str
    asked: str
    labels: Mapping[str, str]
    descriptions: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    statements: Mapping[str, tuple[Statement, ...]]
    articles: Mapping[str, str]

    @property
    def redirected(self) -> bool:
        """Whether the id it was asked for now only leads to another."""
        return self.id != self.asked

    def label(self, languages: Iterable[str] = ("en",)) -> str:
        """Its name in the first of the languages that has one, else its id."""
        found = (self.labels[language] for language in languages if language in self.labels)
        return next(found, self.id)

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield each label and alias with its language, labels first."""
        yield from self.labels.items()
        yield from ((code, name) for code, names in self.aliases.items() for name in names)

    def best(self, property: str) -> tuple[Statement, ...]:
        """The statements that count, as Wikidata's own queries take them.

        Those of preferred rank if there are any, else the normal ones, never deprecated ones.
        """
        counted = [s for s in self.statements.get(property, ()) if s.rank in _RANKS]
        first = min((_RANKS[s.rank] for s in counted), default=None)
        return tuple(s for s in counted if _RANKS[s.rank] == first)

    def values(self, property: str) -> tuple[Value, ...]:
        """The known values of the statements that count."""
        return tuple(s.value for s in self.best(property) if s.value is not None)


def is_item(text: str) -> bool:
    """Tell whether a text is the id of an item: Q and a number that does not begin with 0."""
    return bool(_ID.fullmatch(text)) and text.startswith("Q")


def to_id(iri: str) -> str | None:
    """Cut an entity's id out of its IRI; None for any other IRI."""
    text = iri.removeprefix(WIKIDATA)
    return text if text != iri and _ID.fullmatch(text) else None


def to_iri(id: str) -> str:
    """Write the IRI of an entity."""
    return WIKIDATA + id


def to_entity(record: object, asked: str) -> Entity | None:
    """Read one record of `wbgetentities` or Special:EntityData; None for one that is missing.

    Raises ServiceError when the record is none.
    """
    parts = _to_map(record)
    if "missing" in parts:
        return None
    id = parts.get("id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ServiceError(f"the record of {asked} has no id, so it is no Wikibase entity")
    try:
        return Entity(
            id=id,
            asked=asked,
            labels=_to_texts(parts.get("labels")),
            descriptions=_to_texts(parts.get("descriptions")),
            aliases={
                code: tuple(one["value"] for one in several)
                for code, several in _to_map(parts.get("aliases")).items()
            },
            statements={
                property: tuple(_to_statement(property, one) for one in several)
                for property, several in _to_map(parts.get("claims")).items()
            },
            articles={
                site: link["title"] for site, link in _to_map(parts.get("sitelinks")).items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ServiceError(f"the record of {asked} is no Wikibase entity ({what})") from None


def _to_map(value: Any) -> Mapping[str, Any]:
    """Take an object; PHP writes an empty one as an empty list."""
    return value if isinstance(value, dict) else {}


def _to_texts(value: object) -> dict[str, str]:
    return {code: str(one["value"]) for code, one in _to_map(value).items()}


def _to_statement(property: str, record: Mapping[str, Any]) -> Statement:
    references = (
        {
            source: tuple(str(value) for value in map(_to_value, snaks) if value is not None)
            for source, snaks in _to_map(reference.get("snaks")).items()
        }
        for reference in record.get("references", ())
    )
    value = _to_value(record["mainsnak"])
    return Statement(property, value, record.get("rank", "normal"), tuple(references))


def _to_value(snak: Mapping[str, Any]) -> Value | None:
    """Read a value; None where Wikidata knows that there is none, or not which."""
    if snak.get("snaktype") != "value":
        return None
    kind, value = snak["datavalue"]["type"], snak["datavalue"]["value"]
    if kind == "wikibase-entityid":
        number = f"{'P' if value.get('entity-type') == 'property' else 'Q'}{value['numeric-id']}"
        return str(value.get("id") or number)
    if kind == "time":
        julian = str(value.get("calendarmodel", "")).endswith(f"/{_JULIAN}")
        return Time(value["time"], int(value["precision"]), julian)
    if kind == "globecoordinate":
        precision = value.get("precision")
        return Point(
            float(value["latitude"]),
            float(value["longitude"]),
            None if precision is None else float(precision),
        )
    if kind == "monolingualtext":
        return str(value["text"])
    if kind == "quantity":
        return str(value["amount"])
    return value if isinstance(value, str) else None


def _to_gregorian_days(day: date) -> int:
    """Count the days by which the Julian calendar lags behind on a day."""
    century = (day.year - (day.month < 3)) // 100
    return max(century - century // 4 - 2, 0)
