"""What of a project may be what of Wikidata: classes, properties, identifiers.

A project says so in `ontology/alignment.ttl`, in Turtle, from Wikidata's side: each item there is a
kind of our things (rdfs:subClassOf), each property says what one of ours says (rdfs:subPropertyOf).
A property with a schema:valuePattern is an identifier: the pattern finds its value, in brackets, in
ours. Its skos:notation is what one asks for it by, its schema:urlTemplate the address it has.
Coordinates, schema:geo, stand with us as schema:latitude and schema:longitude.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from kg.errors import SourceError
from kg.linking.wikidata import to_id
from kg.project import ALIGNMENT, Project
from kg.terms import (
    RDFS_LABEL,
    RDFS_SUB_CLASS_OF,
    RDFS_SUB_PROPERTY_OF,
    SCHEMA,
    SKOS_NOTATION,
    WIKIDATA_DIRECT,
)

VALUE_PATTERN = f"{SCHEMA}valuePattern"
URL_TEMPLATE = f"{SCHEMA}urlTemplate"
_KEY = re.compile(r"[a-z][a-z0-9-]*")
GEO = f"{SCHEMA}geo"
_PROPERTY_ID = re.compile(re.escape(WIKIDATA_DIRECT) + r"(P[1-9][0-9]*)")


@dataclass(frozen=True)
class Identifier:
    """A number or name that another catalogue gives a thing, and how we write it.

    `key` is the catalogue's short name, `template` the address of an identifier there, with {ID}.
    """

    property: str
    label: str
    predicate: str
    pattern: re.Pattern[str]
    key: str | None = None
    template: str | None = None

    def read(self, text: str) -> str | None:
        """Find the identifier in a value of ours."""
        match = self.pattern.fullmatch(text)
        return match[1] if match else None


@dataclass(frozen=True)
class Alignment:
    """What may be compared; all by our IRIs, with the ids of Wikidata.

    `classes` gives the classes that a thing of ours may have there, `properties` those that say
    what one of ours says; `labels` are Wikidata's own names of all of them.
    """

    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identifiers: tuple[Identifier, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def classes_for(self, types: Collection[str]) -> frozenset[str]:
        """Give the classes that a thing of these types may have; none if none is aligned."""
        return frozenset[str]().union(*(self.classes.get(type, frozenset()) for type in types))

    def name(self, id: str) -> str:
        """Name an item or property for a person."""
        return self.labels.get(id, id)


def read_alignment(project: Project) -> Alignment:
    """Read a project's alignment; without one nothing is compared.

    Raises SourceError for a statement that aligns nothing, or a pattern that finds nothing.
    """
    return next((_read(project, path) for path in _paths(project)), Alignment())


def _paths(project: Project) -> Iterator[str]:
    return (file.path for file in project.layer("alignment") if file.path == ALIGNMENT)


def _read(project: Project, path: str) -> Alignment:
    classes: dict[str, set[str]] = defaultdict(set)
    properties: dict[str, list[str]] = defaultdict(list)
    patterns: dict[str, re.Pattern[str]] = {}
    labels: dict[str, str] = {}
    keys: dict[str, str] = {}
    templates: dict[str, str] = {}
    for fact in project.facts("alignment"):
        property = _PROPERTY_ID.fullmatch(fact.subject)
        id = property[1] if property else to_id(fact.subject)
        if id is None:
            finding = fact.finding("", "this is no item (wd:Q5) and no property (wdt:P569)")
            raise SourceError(f"{finding.message}; align one of those", path, finding.line)
        if fact.predicate == RDFS_LABEL.value:
            labels.setdefault(id, fact.object)
        elif fact.predicate == RDFS_SUB_CLASS_OF.value:
            classes[fact.object].add(id)
        elif fact.predicate == RDFS_SUB_PROPERTY_OF.value:
            properties[fact.object].append(id)
        elif fact.predicate == VALUE_PATTERN:
            patterns[id] = _compile(fact.object, path, fact.finding("", "").line)
        elif fact.predicate == SKOS_NOTATION.value:
            if not _KEY.fullmatch(fact.object) or fact.object in keys.values():
                what = f"the short name {fact.object!r} is taken, or not of a-z, 0-9 and -"
                message = f"{what}; give each identifier one of its own"
                raise SourceError(message, path, fact.finding("", "").line)
            keys[id] = fact.object
        elif fact.predicate == URL_TEMPLATE:
            if fact.object.count("{ID}") != 1 or not fact.object.startswith(("http:", "https:")):
                message = f"the address {fact.object} needs {{ID}} once, where the identifier goes"
                raise SourceError(message, path, fact.finding("", "").line)
            templates[id] = fact.object
    identifiers = tuple(
        Identifier(id, labels.get(id, id), ours, patterns[id], keys.get(id), templates.get(id))
        for ours, ids in properties.items()
        for id in ids
        if id in patterns
    )
    return Alignment(
        {ours: frozenset(ids) for ours, ids in classes.items()},
        {ours: tuple(i for i in ids if i not in patterns) for ours, ids in properties.items()},
        identifiers,
        labels,
    )


def _compile(pattern: str, path: str, line: int | None) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        message = f"the pattern {pattern} is no regular expression ({error}); correct it"
        raise SourceError(message, path, line) from None
    if compiled.groups != 1:
        message = f"the pattern {pattern} has {compiled.groups} groups; put the identifier in one"
        raise SourceError(message, path, line)
    return compiled
