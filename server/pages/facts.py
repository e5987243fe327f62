"""The facts on a thing's page: its own and those that point to it, by property, with the claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from kg.terms import (
    PROV_WAS_DERIVED_FROM,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA_ABOUT,
    SCHEMA_ITEM_REVIEWED,
    SKOS_PREF_LABEL,
)
from server.lookups import Term, plain
from server.pages.cards import Card, Cards
from server.pages.gathering import Gathered, natural, to_statement
from server.pages.order import Order
from server.pages.timebar import Bar, Scale, draw_bars
from server.pages.values import Reader, Shown

IN_FULL = 30
IN_PART = 24
NODES_SHOWN = 10
SORTED_BY_NAME = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Fact:
    """One value with the claims that state it.

    `details`, `dated` (EDTF) and `bar` are those of a node that belongs to a claim, such as a
    post held.
    """

    value: Shown
    claims: list[Card] = field(default_factory=list)
    graphs: list[Shown] = field(default_factory=list)
    details: list[tuple[Shown, list[Shown]]] = field(default_factory=list)
    dated: str | None = None
    bar: Bar | None = None
    beside: Card | None = None


@dataclass(frozen=True)
class Group:
    """The facts of one property, in order; `more` leads to the whole list when this is a part.

    `total` counts all of them, `at_least` says that there are more still. Without a name these
    are the things of a kind.
    """

    name: Shown | None
    facts: list[Fact]
    total: int
    at_least: bool = False
    more: str | None = None
    scale: Scale | None = None


@dataclass(frozen=True)
class Facts:
    """Shows what was gathered of a thing as facts by property."""

    gathered: Gathered
    cards: Cards
    order: Order

    @property
    def reader(self) -> Reader:
        """Through whose eyes the page is made."""
        return self.gathered.reader

    def own(self, hidden: frozenset[NamedNode]) -> tuple[list[Group], list[Group]]:
        """Part what accepted claims state from what simply describes the thing."""
        hidden |= self.gathered.bounds(self.gathered.said)
        asserted = [q for q in self.gathered.said if isinstance(q.graph_name, DefaultGraph)]
        plain_graphs = [
            q
            for q in self.gathered.said
            if not isinstance(q.graph_name, DefaultGraph)
            and q.graph_name not in self.gathered.claims
        ]
        shown = [q for q in (*asserted, *plain_graphs) if q.predicate not in hidden]
        accepted = [q for q in shown if to_statement(q) in self.gathered.stating]
        described = [q for q in shown if to_statement(q) not in self.gathered.stating]
        return self._groups(accepted), self._groups(described)

    def incoming(self) -> tuple[list[Group], list[Group]]:
        """Show what points here; second, the accepted nodes that belong to claims (a post held)."""
        links: dict[NamedNode, list[Quad]] = {}
        nodes: dict[NamedNode, list[Quad]] = {}
        supported = self.gathered.supported
        for quad in self.gathered.pointing:
            if not self.gathered.is_shown(quad):
                continue
            if quad.predicate == PROV_WAS_DERIVED_FROM and quad.subject in supported:
                continue
            kind = self._node_kind(quad)
            if kind is not None:
                nodes.setdefault(kind, []).append(quad)
            else:
                links.setdefault(quad.predicate, []).append(quad)
        ordered = sorted(links.items(), key=lambda item: self.order.rank(self.reader, item[0]))
        groups = [self.pointing_group(predicate, quads) for predicate, quads in ordered]
        return groups, [self._nodes(kind, quads) for kind, quads in nodes.items()]

    def pointing_group(
        self, predicate: NamedNode, quads: Sequence[Quad], start: int = 0, size: int = 0
    ) -> Group:
        """Show the things that point here by one property; without a size, the first ones."""
        ordered = self._sort(quads)
        kept = ordered[start : start + size] if size else _first(ordered)
        name = None if predicate == RDF_TYPE else self.reader.property(predicate)
        facts = [self._pointing_fact(quad) for quad in kept]
        more = None if size else self._more(f"^{predicate.value}", kept, ordered)
        return Group(name, facts, len(ordered), self.gathered.cut, more)

    def own_group(
        self, predicate: NamedNode, quads: Sequence[Quad], start: int = 0, size: int = 0
    ) -> Group:
        """Show the values of one property; without a size, the first ones."""
        readable = _readable(quads, self.reader.lang)
        kept = readable[start : start + size] if size else _first(readable)
        more = None if size else self._more(predicate.value, kept, readable)
        facts = [self._fact(quad) for quad in kept]
        return Group(self.reader.property(predicate), facts, len(readable), False, more)

    def _groups(self, quads: Iterable[Quad]) -> list[Group]:
        by_property: dict[NamedNode, list[Quad]] = {}
        for quad in quads:
            by_property.setdefault(quad.predicate, []).append(quad)
        ordered = sorted(
            by_property.items(), key=lambda item: self.order.rank(self.reader, item[0])
        )
        groups: dict[str, Group] = {}
        for predicate, found in ordered:
            group = self.own_group(predicate, found)
            name = group.name.text if group.name else ""
            groups[name] = _merge(groups[name], group) if name in groups else group
        return list(groups.values())

    def _fact(self, quad: Quad) -> Fact:
        value = self.reader.show(plain(quad.object))
        return Fact(value, self._notes(quad), self._place(quad))

    def _pointing_fact(self, quad: Quad) -> Fact:
        """Show what points here; in place of an assessment, the claim it judges."""
        assert isinstance(quad.subject, NamedNode)
        reviewed = self.reader.look.nodes(quad.subject, SCHEMA_ITEM_REVIEWED)
        if reviewed and quad.predicate != SCHEMA_ABOUT:
            return self._claim_fact(reviewed[0])
        if self.reader.is_claim(quad.subject):
            return self._claim_fact(quad.subject)
        value = self.reader.thing(quad.subject)
        return Fact(value, self._notes(quad), self._place(quad))

    def _claim_fact(self, claim: NamedNode) -> Fact:
        card = self.cards.of(claim)
        return Fact(Shown(card.text.value, "thing", card.text.lang, card.href), beside=card)

    def _notes(self, quad: Quad) -> list[Card]:
        """Give the claims that state a triple, accepted ones first."""
        claims = [
            self.cards.note(claim) for claim in self.gathered.stating.get(to_statement(quad), ())
        ]
        return sorted(claims, key=lambda card: not card.accepted)

    def _place(self, quad: Quad) -> list[Shown]:
        """Name the graph a quad stands in, unless it is the default graph."""
        graph = quad.graph_name
        return [] if isinstance(graph, DefaultGraph) else [self.reader.show(plain(graph))]

    def _node_kind(self, quad: Quad) -> NamedNode | None:
        """Give the class of a node that only claims know of, such as a membership; else None."""
        subject = quad.subject
        if str(subject) not in self.gathered.own_nodes or quad.predicate == RDF_TYPE:
            return None
        assert isinstance(subject, NamedNode)
        quads = self.reader.look.store.quads_for_pattern(subject, RDF_TYPE, None, None)
        kinds = [q.object for q in quads if q.graph_name in self.gathered.claims]
        named = sorted((k for k in kinds if isinstance(k, NamedNode)), key=str)
        return named[0] if named else None

    def _nodes(self, kind: NamedNode, quads: Sequence[Quad]) -> Group:
        """Show nodes of one kind by their dates, on bars of one scale."""
        rows = sorted((self._node(quad) for quad in quads), key=lambda row: row[0])
        kept = [fact for _, fact in rows][:NODES_SHOWN]
        scale, bars = draw_bars([fact.dated for fact in kept])
        facts = [replace(fact, bar=bar) for fact, bar in zip(kept, bars, strict=True)]
        more = self._more(f"^{quads[0].predicate.value}", kept, rows)
        return Group(self.reader.kind(kind), facts, len(rows), self.gathered.cut, more, scale)

    def _node(self, pointing: Quad) -> tuple[tuple[str, str], Fact]:
        """Show a node of a claim with its parts; first, what to sort it by."""
        node, terms = pointing.subject, self.reader.look.terms
        assert isinstance(node, NamedNode)
        said = self.reader.look.about(node)
        hidden = {RDF_TYPE, RDFS_LABEL, SKOS_PREF_LABEL} | self.gathered.bounds(said)
        details: dict[NamedNode, list[Term]] = {}
        for quad in said:
            if isinstance(quad.graph_name, DefaultGraph):
                details.setdefault(quad.predicate, []).append(plain(quad.object))
        since = details.get(terms.earliest, [Literal("~")])[0].value
        dated = details.get(terms.date)
        parts = {
            p: [o for o in objects if o != self.gathered.thing]
            for p, objects in details.items()
            if p not in hidden
        }
        ordered = sorted(parts.items(), key=lambda item: self.order.rank(self.reader, item[0]))
        rows = [
            (self.reader.property(p), [self.reader.show(o) for o in objects])
            for p, objects in ordered
            if objects
        ]
        shown = self.reader.thing(node)
        date = dated[0].value if dated else None
        return (since, shown.text), Fact(shown, self._notes(pointing), [], rows, date)

    def _sort(self, quads: Sequence[Quad]) -> list[Quad]:
        """Order pointing quads by name where they are few, else by IRI."""
        if len(quads) > SORTED_BY_NAME:
            return sorted(quads, key=lambda q: natural(str(q.subject)))
        return sorted(quads, key=lambda q: self._name(q).casefold())

    def _name(self, quad: Quad) -> str:
        return self.reader.thing(quad.subject).text if isinstance(quad.subject, NamedNode) else ""

    def _more(self, key: str, kept: Sequence[object], of: Sequence[object]) -> str | None:
        return self.list_address(key) if len(kept) < len(of) else None

    def list_address(self, key: str) -> str:
        """Address the first page of a whole list."""
        return self.reader.addresses.document(
            self.gathered.thing.value, **{"list": key, "page": "1"}
        )


def _first(items: Sequence[T]) -> Sequence[T]:
    """Keep a list that is nearly short enough whole, and the beginning of a long one."""
    return items if len(items) <= IN_FULL else items[:IN_PART]


def _merge(group: Group, other: Group) -> Group:
    """Put the facts of two properties of one name together; the same value is told once."""
    told = {fact.value.text for fact in group.facts}
    more = [fact for fact in other.facts if fact.value.text not in told]
    return replace(group, facts=[*group.facts, *more], total=group.total + len(more))


def _readable(quads: Sequence[Quad], lang: str) -> list[Quad]:
    """Keep, of literals that come in several languages, those a reader of `lang` wants."""
    spoken = {q.object.language for q in quads if isinstance(q.object, Literal)} - {None}
    wanted = next((code for code in (lang, "en") if code in spoken), None)
    if wanted is None:
        return list(quads)
    return [
        q for q in quads if not isinstance(q.object, Literal) or q.object.language in (None, wanted)
    ]
