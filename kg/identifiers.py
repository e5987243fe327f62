"""What other catalogues call our things: their numbers, by scheme, for who comes with one of them.

A scheme is a prefix that accepted rows of a mapping file use for what is the same (`wikidata`), or
a property that the alignment gives a short name (skos:notation). Written into a release as
`identifiers.json`, read again by `read_schemes`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from pyoxigraph import Triple

from kg.linking.alignment import Identifier, read_alignment
from kg.links import is_exact
from kg.linksets import is_thing
from kg.project import Project

FILE = "identifiers.json"
PLACE = "{ID}"

_Name = tuple[str, str, str | None]


@dataclass(frozen=True)
class Scheme:
    """The identifiers of one catalogue.

    `key` is what one asks by; `template` the address of an identifier there, with PLACE where it
    goes, None where it has none; `things` are our IRIs by identifier, both sorted.
    """

    key: str
    label: str
    template: str | None
    things: Mapping[str, tuple[str, ...]]

    def find(self, asked: str) -> tuple[str, ...]:
        """Find our things by an identifier, or by its address there."""
        return self.things.get(asked) or self.things.get(self._cut(asked), ())

    def _cut(self, address: str) -> str:
        before, _, after = (self.template or "").partition(PLACE)
        return address.removeprefix(before).removesuffix(after)


def find_schemes(project: Project, asserted: Iterable[Triple]) -> tuple[Scheme, ...]:
    """Find every scheme that a project's mappings or alignment name, by key."""
    found: dict[_Name, dict[str, set[str]]] = {}
    for mapping_set in project.mappings:
        for link in filter(is_exact, mapping_set.links):
            prefix, _, number = link.cells["object_id"].partition(":")
            name = (prefix, prefix.capitalize(), mapping_set.prefixes[prefix] + PLACE)
            things = found.setdefault(name, {})
            things.setdefault(number, set()).add(link.subject.value)
    known = [identifier for identifier in read_alignment(project).identifiers if identifier.key]
    for identifier in known:
        found.setdefault(_name_of(identifier), {})
    for identifier, number, thing in _carried(known, asserted, project.base):
        found[_name_of(identifier)].setdefault(number, set()).add(thing)
    return tuple(
        Scheme(*name, {value: tuple(sorted(of)) for value, of in sorted(things.items())})
        for name, things in sorted(found.items(), key=lambda item: item[0][0])
    )


def _name_of(identifier: Identifier) -> _Name:
    return identifier.key or "", identifier.label, identifier.template


def _carried(
    known: list[Identifier], asserted: Iterable[Triple], base: str
) -> Iterator[tuple[Identifier, str, str]]:
    """Yield the identifiers that things carry as values of a property."""
    by_property = defaultdict[str, list[Identifier]](list)
    for identifier in known:
        by_property[identifier.predicate].append(identifier)
    for triple in asserted:
        if is_thing(triple.subject, base):
            for identifier in by_property.get(triple.predicate.value, ()):
                value = identifier.read(getattr(triple.object, "value", ""))
                if value is not None:
                    yield identifier, value, getattr(triple.subject, "value", "")


def write_schemes(schemes: Iterable[Scheme]) -> bytes:
    """Write schemes as JSON."""
    return (json.dumps([asdict(scheme) for scheme in schemes], indent=1) + "\n").encode()


def read_schemes(content: bytes) -> tuple[Scheme, ...]:
    """Read what `write_schemes` wrote."""
    return tuple(
        Scheme(
            each["key"],
            each["label"],
            each["template"],
            {value: tuple(things) for value, things in each["things"].items()},
        )
        for each in json.loads(content)
    )
