"""What happened when and where, gathered once from a whole release, each with who says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad

from kg.terms import DCTERMS, ORG, PROV, RDF, RDF_TYPE, SCHEMA, SEM, WIKIDATA_DIRECT
from server.chronicle.positions import Positions, find_positions
from server.chronicle.spans import Span, hull, join_spans, to_span
from server.lookups import Lookups, plain
from server.site import Site

MOST_ENTRIES = 5_000
"""So many statements of each property are read; a larger release is not one story."""

A_FEW = 200
"""So many are looked at to say whether there is a story at all."""

_SCHEMAS = (SCHEMA, "http://schema.org/")
_DC = "http://purl.org/dc/elements/1.1/"
_CRM = "http://www.cidoc-crm.org/cidoc-crm/"


def _name(spaces: Iterable[str], *names: str) -> tuple[NamedNode, ...]:
    return tuple(NamedNode(space + name) for space in spaces for name in names)


STARTS = (
    *_name(_SCHEMAS, "startDate"),
    *_name((PROV,), "startedAtTime"),
    *_name((SEM,), "hasBeginTimeStamp"),
    *_name((WIKIDATA_DIRECT,), "P580"),
)
ENDS = (
    *_name(_SCHEMAS, "endDate"),
    *_name((PROV,), "endedAtTime"),
    *_name((SEM,), "hasEndTimeStamp"),
    *_name((WIKIDATA_DIRECT,), "P582"),
)
DATES = (
    *_name((DCTERMS, _DC), "date"),
    *_name((SEM,), "hasTimeStamp"),
    *_name((WIKIDATA_DIRECT,), "P585"),
)
MADE = (
    *_name(_SCHEMAS, "dateCreated", "datePublished"),
    *_name((DCTERMS,), "created", "issued"),
    *_name((WIKIDATA_DIRECT,), "P571", "P577"),
)
"""When things were made: the dates of a release in which nothing is said to happen."""
PLACES = (
    *_name(_SCHEMAS, "location", "toLocation", "locationCreated", "contentLocation"),
    *_name((SEM,), "hasPlace"),
    *_name((PROV,), "atLocation"),
    *_name((DCTERMS,), "spatial"),
    *_name((_CRM,), "P7_took_place_at"),
    *_name((WIKIDATA_DIRECT,), "P276"),
)
STATES = _name(_SCHEMAS, "eventStatus")
CALLED_OFF = frozenset(_name(_SCHEMAS, "EventCancelled"))
QUALIFIERS = frozenset(
    (*_name((ORG,), "Membership"), *_name(_SCHEMAS, "Role"), *_name((RDF,), "Statement"))
)
"""Kinds of things whose date is that of a relation: they are no events."""


@dataclass(frozen=True)
class Saying:
    """A value that is given for something, and the claims that give it.

    It is `accepted` where the default graph, or a graph that is no claim, holds it too.
    """

    predicate: NamedNode
    value: Literal | NamedNode
    accepted: bool
    claims: tuple[NamedNode, ...]

    @property
    def span(self) -> Span | None:
        """The days it names, if it is a date."""
        return to_span(self.value) if isinstance(self.value, Literal) else None


@dataclass(frozen=True)
class Entry:
    """Something that happened, with everything that is said of when and where.

    `span` is the accepted date, or the stretch that all claimed dates reach over where none is
    accepted (`settled` false), or None.
    """

    thing: NamedNode
    kinds: frozenset[object]
    dates: tuple[Saying, ...]
    times: tuple[Saying, ...]
    places: tuple[Saying, ...]
    span: Span | None
    settled: bool
    called_off: bool

    @property
    def disputed(self) -> bool:
        """Whether anybody gives a date that is not accepted, beside one that is, or another."""
        spans = {saying.span for saying in self.dates if not saying.accepted}
        return len(spans - {self.span}) > (0 if self.settled else 1)


@dataclass(frozen=True)
class Chronicle:
    """All entries in order of time, those without a date, and where places lie.

    `cut` says that the release holds more statements of when and where than were read.
    """

    dated: tuple[Entry, ...]
    undated: tuple[Entry, ...]
    positions: Positions
    cut: bool


def read_chronicle(site: Site) -> Chronicle:
    """Gather what happened; `site.derive(read_chronicle)` does it once for a release."""
    reading = _Reading(site.look)
    happened = (site.terms.date, *STARTS, *ENDS, *DATES)
    dates = happened if reading.find(happened) else MADE
    things = dict.fromkeys((*reading.find(dates), *reading.find(PLACES)))
    found = [entry for thing in things if (entry := reading.read_entry(thing, dates))]
    dated = sorted((entry for entry in found if entry.span), key=_order)
    kinds = {kind for entry in dated for kind in entry.kinds}
    undated = [entry for entry in found if not entry.span and kinds.intersection(entry.kinds)]
    used = {s.value for e in (*dated, *undated) for s in e.places if isinstance(s.value, NamedNode)}
    positions = find_positions(site.look, used, reading.accepts, MOST_ENTRIES)
    cut = reading.cut or positions.cut
    return Chronicle(tuple(dated), tuple(sorted(undated, key=_name_of)), positions, cut)


def has_events(site: Site) -> bool:
    """Say whether a release tells when anything happened, or where it lies; a look at a few."""
    reading = _Reading(site.look, most=A_FEW)
    dates = (site.terms.date, *STARTS, *ENDS, *DATES, *MADE)
    dated = (reading.read_entry(thing, dates) for thing in reading.find(dates))
    return any(entry is not None and entry.span for entry in dated)


def _name_of(entry: Entry) -> str:
    return entry.thing.value


def _order(entry: Entry) -> tuple[date, date, str, str]:
    """Put what began first first, then what ended first, then by the hour."""
    assert entry.span is not None
    hours = [s.value.value for s in entry.times if s.accepted]
    return *entry.span.outline, min(hours, default="24"), entry.thing.value


def _accepted_span(dates: Iterable[Saying]) -> Span | None:
    """Give the accepted date: one that stands alone, or a beginning and an end made one."""
    spans = [(s.predicate, s.span) for s in dates if s.accepted and s.span]
    starts = [span for name, span in spans if name in STARTS]
    ends = [span for name, span in spans if name in ENDS]
    whole = [span for name, span in spans if name not in (*STARTS, *ENDS)]
    if not whole and starts and ends and starts[0].outline[0] <= ends[0].outline[1]:
        return join_spans(starts[0], ends[0])
    return hull(whole or starts or ends)


class _Reading:
    """Reads what is said of things, and remembers which graphs are claims."""

    def __init__(self, look: Lookups, most: int = MOST_ENTRIES) -> None:
        self.look, self.most = look, most
        self.cut = False
        self._is_claim: dict[NamedNode, bool] = {}
        terms = look.terms
        self._machinery = {*QUALIFIERS, *terms.claim_classes, terms.Assessment, terms.Source}

    def find(self, predicates: Iterable[NamedNode]) -> list[NamedNode]:
        """List the things of which any of the properties is said, in any graph."""
        things: dict[NamedNode, None] = {}
        for predicate in predicates:
            quads = self.look.store.quads_for_pattern(None, predicate, None, None)
            for number, quad in enumerate(quads):
                if number == self.most:
                    self.cut = True
                    break
                if isinstance(quad.subject, NamedNode):
                    things[quad.subject] = None
        return list(things)

    def read_entry(self, thing: NamedNode, dates: tuple[NamedNode, ...]) -> Entry | None:
        """Read what is said of a thing's time and place; None for what is no event."""
        quads = list(islice(self.look.store.quads_for_pattern(thing, None, None, None), self.most))
        kinds = frozenset(q.object for q in quads if q.predicate == RDF_TYPE)
        if kinds & self._machinery:
            return None
        said = tuple(s for s in self._read(quads, dates) if s.span)
        accepted = _accepted_span(said)
        states = self._read(quads, STATES)
        return Entry(
            thing=thing,
            kinds=kinds,
            dates=said,
            times=self._read(quads, (self.look.terms.time,)),
            places=self._read(quads, PLACES),
            span=accepted or hull(s.span for s in said if s.span),
            settled=accepted is not None,
            called_off=any(s.accepted and s.value in CALLED_OFF for s in states),
        )

    def _read(self, quads: Iterable[Quad], predicates: Iterable[NamedNode]) -> tuple[Saying, ...]:
        """Put together who says the same."""
        graphs: dict[tuple[NamedNode, Literal | NamedNode], list[object]] = {}
        for quad in quads:
            value = plain(quad.object)
            if quad.predicate in predicates and isinstance(value, Literal | NamedNode):
                graphs.setdefault((quad.predicate, value), []).append(quad.graph_name)
        ordered = sorted(graphs.items(), key=lambda item: str(item[0]))
        return tuple(self._to_saying(name, value, given) for (name, value), given in ordered)

    def _to_saying(
        self, name: NamedNode, value: Literal | NamedNode, graphs: Iterable[object]
    ) -> Saying:
        claims = [g for g in graphs if isinstance(g, NamedNode) and self.is_claim(g)]
        accepted = any(self.accepts(graph) for graph in graphs)
        return Saying(name, value, accepted, tuple(sorted(claims, key=str)))

    def accepts(self, graph: object) -> bool:
        """Say whether what a graph holds is asserted: it is the default graph, or no claim."""
        return not isinstance(graph, NamedNode) or not self.is_claim(graph)

    def is_claim(self, graph: NamedNode) -> bool:
        """Say whether a graph is a claim."""
        if graph not in self._is_claim:
            self._is_claim[graph] = self.look.is_claim(graph)
        return self._is_claim[graph]
