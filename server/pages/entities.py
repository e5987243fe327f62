"""Any thing as a page shows it: accepted facts with their claims, what is said besides, links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from kg.terms import (
    FOAF,
    OWL_SAME_AS,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA,
    SCHEMA_ABOUT,
    SKOS,
    SKOS_ALT_LABEL,
    SKOS_CLOSE_MATCH,
    SKOS_EXACT_MATCH,
    SKOS_PREF_LABEL,
)
from server.lookups import LABELS, Text, plain
from server.pages.claims import Card, card
from server.pages.values import Reader, Shown
from server.pages.wording import VERDICT_SYMBOLS

NAMES = (NamedNode(SCHEMA + "alternateName"), SKOS_ALT_LABEL)
LINES = (NamedNode(SCHEMA + "description"), NamedNode(SKOS + "definition"))
ELSEWHERE = (
    OWL_SAME_AS,
    SKOS_EXACT_MATCH,
    SKOS_CLOSE_MATCH,
    *(NamedNode(SKOS + name) for name in ("broadMatch", "narrowMatch", "relatedMatch")),
    NamedNode(SCHEMA + "url"),
    NamedNode(SCHEMA + "sameAs"),
    NamedNode(FOAF + "homepage"),
    NamedNode(FOAF + "page"),
)
PLACED = frozenset((RDF_TYPE, *LABELS, *NAMES, *LINES, *ELSEWHERE))


@dataclass(frozen=True)
class Fact:
    """One value with the claims that state it.

    `details` and `since` (the earliest date) are those of a node that belongs to a claim.
    """

    value: Shown
    claims: list[Card] = field(default_factory=list)
    graphs: list[Shown] = field(default_factory=list)
    details: list[tuple[Shown, list[Shown]]] = field(default_factory=list)
    since: str = ""


@dataclass(frozen=True)
class Group:
    """The facts of one property, in order; `more` when the list is cut.

    Without a name these are the things of a kind.
    """

    name: Shown | None
    facts: list[Fact]
    more: bool = False


@dataclass(frozen=True)
class EntityView:
    """Everything a thing's page shows."""

    label: Text
    kinds: list[Shown]
    names: list[Text]
    lines: list[Text]
    accepted: list[Group]
    described: list[Group]
    rejected: list[Card]
    more_claims: list[Card]
    more_claims_cut: bool
    incoming: list[Group]
    incoming_cut: bool
    elsewhere: list[tuple[Shown, list[Shown]]]
    has_claims: bool


def entity_view(reader: Reader, thing: NamedNode, limit: int, pointing_limit: int) -> EntityView:
    """Gather a thing's page; lists longer than `limit` are cut and marked so."""
    work = _Gathering(reader, thing, limit, pointing_limit)
    accepted, described = work.facts()
    incoming, own_nodes = work.incoming()
    rejected, more, cut = work.claims()
    look = reader.look
    label = look.label(thing, reader.lang)
    return EntityView(
        label=label,
        kinds=[reader.thing(t) for t in look.types(thing)],
        names=_other_names(reader, thing, label),
        lines=[line for p in LINES for line in reader.texts(thing, p)],
        accepted=[*accepted, *own_nodes],
        described=described,
        rejected=rejected,
        more_claims=more,
        more_claims_cut=cut,
        incoming=incoming,
        incoming_cut=work.pointing_cut,
        elsewhere=_elsewhere(reader, thing),
        has_claims=bool(work.claim_graphs),
    )


def _other_names(reader: Reader, thing: NamedNode, label: Text) -> list[Text]:
    """List variants, and the names in other languages, each once."""
    found = [t for p in (*NAMES, *LABELS[:2]) for t in reader.look.texts(thing, p)]
    return [t for t in dict.fromkeys(found) if t.value != label.value]


def _elsewhere(reader: Reader, thing: NamedNode) -> list[tuple[Shown, list[Shown]]]:
    rows = [(reader.property(p), reader.things(thing, p)) for p in ELSEWHERE]
    return [(name, values) for name, values in rows if values]


class _Gathering:
    """The quads of one thing, sorted into what its page has places for."""

    def __init__(self, reader: Reader, thing: NamedNode, limit: int, pointing_limit: int) -> None:
        self.reader, self.thing, self.limit = reader, thing, limit
        self.look = reader.look
        self.said = self.look.about(thing)
        self.pointing, self.pointing_cut = self.look.pointing(thing, pointing_limit)
        self.cards: dict[NamedNode, Card] = {}
        self.used: set[NamedNode] = set()
        graphs = {q.graph_name for q in (*self.said, *self.pointing)}
        self.claim_graphs = {
            g for g in graphs if isinstance(g, NamedNode) and g != thing and self.look.is_claim(g)
        }

    def facts(self) -> tuple[list[Group], list[Group]]:
        """Part what claims state from what simply describes the thing."""
        accepted: list[Quad] = []
        described: list[Quad] = []
        hidden = PLACED | self._bounds(self.said)
        for quad in self.said:
            if quad.predicate in hidden or quad.graph_name in self.claim_graphs:
                continue
            is_default = isinstance(quad.graph_name, DefaultGraph)
            stated = is_default and self.claim_graphs.intersection(self.look.graphs_of(quad))
            (accepted if stated else described).append(quad)
        return self._groups(accepted), self._groups(described)

    def _bounds(self, quads: Iterable[Quad]) -> frozenset[NamedNode]:
        """Name the bounds of a date, which a page leaves out where the date itself is given."""
        terms = self.look.terms
        dated = any(quad.predicate == terms.date for quad in quads)
        return frozenset((terms.earliest, terms.latest)) if dated else frozenset()

    def _groups(self, quads: Iterable[Quad]) -> list[Group]:
        by_property: dict[NamedNode, list[Quad]] = {}
        for quad in quads:
            by_property.setdefault(quad.predicate, []).append(quad)
        ordered = sorted(by_property.items(), key=lambda item: self._rank(item[0]))
        return [
            Group(
                self.reader.property(predicate),
                [self._fact(q) for q in _readable(found, self.reader.lang)[: self.limit]],
                len(found) > self.limit,
            )
            for predicate, found in ordered
        ]

    def _rank(self, predicate: NamedNode) -> tuple[int, str]:
        terms = self.look.terms
        first = (
            NamedNode(SCHEMA + "birthDate"),
            NamedNode(SCHEMA + "deathDate"),
            terms.date,
            terms.earliest,
            terms.latest,
            terms.time,
            NamedNode(SCHEMA + "location"),
            NamedNode(SCHEMA + "superEvent"),
        )
        place = first.index(predicate) if predicate in first else len(first)
        return place, self.reader.property(predicate).text.lower()

    def _fact(self, quad: Quad) -> Fact:
        value = self.reader.show(plain(quad.object))
        return Fact(value, self._stating(quad), self._place(quad))

    def _place(self, quad: Quad) -> list[Shown]:
        """Name the graph a quad stands in, unless it is the default graph."""
        graph = quad.graph_name
        return [] if isinstance(graph, DefaultGraph) else [self.reader.show(plain(graph))]

    def _stating(self, quad: Quad) -> list[Card]:
        """Give the claims that state a triple, accepted ones first."""
        claims = [g for g in self.look.graphs_of(quad) if g in self.claim_graphs]
        self.used.update(claims)
        return sorted((self._card(c) for c in claims), key=lambda c: not c.accepted)

    def _card(self, claim: NamedNode) -> Card:
        if claim not in self.cards:
            self.cards[claim] = card(self.reader, claim, responses=True)
        return self.cards[claim]

    def incoming(self) -> tuple[list[Group], list[Group]]:
        """Show what points here; second, the accepted nodes that belong to claims (a post held)."""
        plain_links: dict[NamedNode, list[Fact]] = {}
        nodes: dict[NamedNode, list[Fact]] = {}
        for quad in self.pointing:
            subject, graph = quad.subject, quad.graph_name
            if graph in self.claim_graphs or not isinstance(subject, NamedNode):
                continue
            if quad.predicate == SCHEMA_ABOUT and self.look.is_claim(subject):
                continue
            kind = self._claim_node_kind(subject)
            if kind is not None:
                nodes.setdefault(kind, []).append(self._node(quad, subject))
            else:
                fact = Fact(self.reader.thing(subject), self._stating(quad), self._place(quad))
                plain_links.setdefault(quad.predicate, []).append(fact)
        links = [self._group(self._inverse(p), facts) for p, facts in plain_links.items()]
        posts = [self._group(self.reader.thing(kind), facts) for kind, facts in nodes.items()]
        return sorted(links, key=_by_name), sorted(posts, key=_by_name)

    def _inverse(self, predicate: NamedNode) -> Shown | None:
        """Name a property read from its other end; None for `is a`, which has words of its own."""
        return None if predicate == RDF_TYPE else self.reader.property(predicate)

    def _group(self, name: Shown | None, facts: list[Fact]) -> Group:
        ordered = sorted(facts, key=lambda fact: (fact.since or "~", fact.value.text.lower()))
        return Group(name, ordered[: self.limit], len(facts) > self.limit)

    def _claim_node_kind(self, node: NamedNode) -> NamedNode | None:
        """Give the class of a node that only claims know of, such as a membership; else None."""
        quads = self.look.store.quads_for_pattern(node, RDF_TYPE, None, None)
        kinds = [q.object for q in quads if q.graph_name in self.claim_graphs]
        named = sorted((k for k in kinds if isinstance(k, NamedNode)), key=str)
        return named[0] if named else None

    def _node(self, pointing: Quad, node: NamedNode) -> Fact:
        details: dict[NamedNode, list[Shown]] = {}
        said = self.look.about(node)
        hidden = {RDF_TYPE, RDFS_LABEL, SKOS_PREF_LABEL, *self._bounds(said)}
        for quad in said:
            back = quad.object == self.thing or quad.predicate in hidden
            if isinstance(quad.graph_name, DefaultGraph) and not back:
                details.setdefault(quad.predicate, []).append(self.reader.show(plain(quad.object)))
        rows = [(self.reader.property(p), values) for p, values in details.items()]
        since = self.look.object(node, self.look.terms.earliest)
        claims = self._stating(pointing)
        return Fact(self.reader.thing(node), claims, [], rows, since.value if since else "")

    def claims(self) -> tuple[list[Card], list[Card], bool]:
        """List the claims about the thing: those not accepted, then accepted ones not yet shown."""
        about = {
            q.subject
            for q in self.pointing
            if q.predicate == SCHEMA_ABOUT and isinstance(q.graph_name, DefaultGraph)
        }
        named = {c for c in about if isinstance(c, NamedNode) and self.look.is_claim(c)}
        listed = sorted(self.claim_graphs | named, key=lambda claim: _natural(claim.value))
        cards = [self._card(claim) for claim in listed]
        rejected = sorted((c for c in cards if not c.accepted), key=_verdict_rank)
        more = [c for c in cards if c.accepted and NamedNode(c.iri) not in self.used]
        cut = len(rejected) > self.limit or len(more) > self.limit
        return rejected[: self.limit], more[: self.limit], cut


def _readable(quads: Sequence[Quad], lang: str) -> list[Quad]:
    """Keep, of literals that come in several languages, those a reader of `lang` wants."""
    spoken = {q.object.language for q in quads if isinstance(q.object, Literal)} - {None}
    wanted = next((code for code in (lang, "en") if code in spoken), None)
    if wanted is None:
        return list(quads)
    return [
        q for q in quads if not isinstance(q.object, Literal) or q.object.language in (None, wanted)
    ]


def _natural(iri: str) -> list[str | int]:
    """Sort c2 before c10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", iri)]


def _verdict_rank(shown: Card) -> int:
    order = ["contradicted", "imprecise", "unverifiable", "corroborated", "evaluation"]
    slug = shown.badge.slug if shown.badge else ""
    return order.index(slug) if slug in VERDICT_SYMBOLS else len(order)


def _by_name(group: Group) -> str:
    return group.name.text.lower() if group.name else ""
