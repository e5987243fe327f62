"""The queries to ask: seven kinds, each a pattern that gives a different text every time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pyoxigraph import NamedNode, Triple

from bench.errors import BenchError
from bench.graph import BASE, LABEL, RDF_TYPE, Size, thing

JSON = "application/sparql-results+json"
TURTLE = "text/turtle"
STRIDE = 7919
SKIPS = 200
MOST_THINGS = 20_000

_SLOT = re.compile(r"@(thing|serial|skip)@")


@dataclass(frozen=True)
class Kind:
    """A kind of query.

    In `pattern`, `@thing@` stands for one of `things`, `@serial@` for the number of the request,
    which makes every text different, and `@skip@` for a number below `SKIPS`.
    """

    name: str
    title: str
    accept: str
    pattern: str
    things: tuple[str, ...] = ("",)

    def text(self, serial: int) -> str:
        """Give the query of a request."""
        values = {
            "thing": self.things[serial * STRIDE % len(self.things)],
            "serial": str(serial),
            "skip": str(serial % SKIPS),
        }
        return _SLOT.sub(lambda slot: values[slot[1]], self.pattern)

    def parts(self) -> list[str]:
        """Cut the pattern at its slots: percent-encoded texts and names of slots, in turn."""
        cut = _SLOT.split(self.pattern)
        return [part if index % 2 else quote(part, safe="") for index, part in enumerate(cut)]


def ask_events(size: Size) -> tuple[Kind, ...]:
    """Ask the graph that `bench.graph` makes."""
    people = _things("person", 0, min(size.people, MOST_THINGS))
    events = _things("event", max(0, size.groups - MOST_THINGS), size.groups)
    top = f"PREFIX ex: <{BASE}def#> PREFIX rdfs: <{LABEL.removesuffix('label')}> "
    body = (
        "WHERE { ?person a ex:Person ; ?property ?value@serial@ } OFFSET @skip@ LIMIT",
        "SELECT ?person ?property ?value@serial@",
        "CONSTRUCT { ?person ?property ?value@serial@ }",
    )
    star = (
        "SELECT ?event ?label ?date ?p@serial@ WHERE { ?event ex:place <@thing@> ; a ex:Event ; "
        "rdfs:label ?label ; ex:date ?date ; ex:participant ?p@serial@ } LIMIT 100"
    )
    path = "SELECT ?w ?l@serial@ WHERE { <@thing@> ex:partOf+ ?w . ?w rdfs:label ?l@serial@ }"
    count = (
        "SELECT ?trade (COUNT(?person) AS ?n@serial@) WHERE { ?event ex:place <@thing@> ; "
        "ex:participant ?person . ?person ex:trade ?trade } GROUP BY ?trade"
    )
    small = "SELECT ?name ?b@serial@ WHERE { <@thing@> rdfs:label ?name ; ex:born ?b@serial@ }"
    return (
        Kind("small", "small SELECT", JSON, top + small, people),
        Kind("rows", "1000-row SELECT", JSON, f"{top}{body[1]} {body[0]} 1000"),
        Kind("construct", "CONSTRUCT (500 triples)", TURTLE, f"{top}{body[2]} {body[0]} 500"),
        Kind("ask", "ASK", JSON, top + "ASK { <@thing@> ex:knows ?p@serial@ }", people),
        Kind("star", "star", JSON, top + star, _things("place", 0, size.places)),
        Kind("path", "path", JSON, top + path, events),
        Kind("aggregate", "aggregate", JSON, top + count, _things("place", 0, size.places)),
    )


def ask_any(triples: Sequence[Triple]) -> tuple[Kind, ...]:
    """Ask any graph whose things have labels, with what is found in it.

    Raises:
        BenchError: when nothing in it has a label and a link to another thing.
    """
    labelled = {t.subject for t in triples if t.predicate.value == LABEL}
    linked = Counter(
        (triple.predicate.value, triple.subject.value)
        for triple in triples
        if triple.subject in labelled
        and isinstance(triple.subject, NamedNode)
        and triple.object in labelled
        and triple.predicate.value != RDF_TYPE
    )
    if not linked:
        message = "nothing in this graph has an rdfs:label and a link to a thing that has one"
        raise BenchError(message)
    uses = Counter(predicate for predicate, _ in linked)
    link = min(uses, key=lambda name: (-uses[name], name))
    things = tuple(sorted({subject for predicate, subject in linked if predicate == link}))
    label = f"<{LABEL}>"
    rows = "WHERE { ?thing " + label + " ?l ; ?property ?value@serial@ } OFFSET @skip@ LIMIT"
    star = (
        "SELECT ?type ?label ?p ?o@serial@ WHERE { <@thing@> a ?type ; "
        f"{label} ?label ; ?p ?o@serial@ }} LIMIT 100"
    )
    path = f"SELECT ?w ?l@serial@ WHERE {{ <@thing@> <{link}>+ ?w . ?w {label} ?l@serial@ }}"
    count = (
        "SELECT ?type (COUNT(?thing) AS ?n@serial@) WHERE { ?thing a ?type ; "
        f"<{link}> ?other . ?other {label} ?l }} GROUP BY ?type"
    )
    small = f"SELECT ?l@serial@ WHERE {{ <@thing@> {label} ?l@serial@ }}"
    select, construct = "SELECT ?thing ?property", "CONSTRUCT { ?thing ?property"
    return (
        Kind("small", "small SELECT", JSON, small, things),
        Kind("rows", "1000-row SELECT", JSON, f"{select} ?value@serial@ {rows} 1000"),
        Kind(
            "construct", "CONSTRUCT (500 rows)", TURTLE, f"{construct} ?value@serial@ }} {rows} 500"
        ),
        Kind("ask", "ASK", JSON, f"ASK {{ <@thing@> <{link}> ?o@serial@ }}", things),
        Kind("star", "star", JSON, star, things),
        Kind("path", "path", JSON, path, things),
        Kind("aggregate", "aggregate", JSON, count),
    )


def _things(kind: str, first: int, end: int) -> tuple[str, ...]:
    return tuple(thing(kind, number) for number in range(first, end))
