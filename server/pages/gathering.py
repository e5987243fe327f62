"""What a release says of a thing, read once and sorted into claims, questions and statements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import DefaultGraph, NamedNode, Quad

from kg.terms import (
    OWL_ANNOTATED_SOURCE,
    RDF_TYPE,
    SCHEMA,
    SCHEMA_ABOUT,
    SCHEMA_ITEM_REVIEWED,
)
from server.pages.values import Reader

QUESTION = NamedNode(SCHEMA + "Question")

Statement = tuple[str, str, str]


@dataclass(frozen=True)
class Gathered:
    """The quads of a thing and those that point to it; `cut` says that more point to it."""

    reader: Reader
    thing: NamedNode
    said: list[Quad]
    pointing: list[Quad]
    cut: bool

    @cached_property
    def claims(self) -> frozenset[NamedNode]:
        """The claims whose graphs speak of the thing."""
        graphs = {q.graph_name for q in (*self.said, *self.pointing)}
        named = (g for g in graphs if isinstance(g, NamedNode) and g != self.thing)
        return frozenset(g for g in named if self.reader.is_claim(g))

    @cached_property
    def about(self) -> list[NamedNode]:
        """The claims that are about the thing; what is only of this kind does not count."""
        found = {
            q.subject
            for q in self.pointing
            if q.predicate == SCHEMA_ABOUT and isinstance(q.subject, NamedNode)
        }
        told = {q.graph_name for q in (*self.said, *self.pointing) if q.predicate != RDF_TYPE}
        claims = {c for c in found if self.reader.is_claim(c)} | (self.claims & told)
        return sorted(claims, key=lambda claim: natural(claim.value))

    @cached_property
    def questions(self) -> list[NamedNode]:
        """The open questions about the thing."""
        subjects = {q.subject for q in self.pointing if q.predicate == SCHEMA_ABOUT}
        named = (s for s in subjects if isinstance(s, NamedNode) and not self.reader.is_claim(s))
        found = (s for s in named if QUESTION in self.reader.look.types(s))
        return sorted(found, key=str)

    @cached_property
    def stating(self) -> dict[Statement, list[NamedNode]]:
        """The claims that state a triple, by the triple."""
        found: dict[Statement, list[NamedNode]] = {}
        for quad in (*self.said, *self.pointing):
            if quad.graph_name in self.claims and isinstance(quad.graph_name, NamedNode):
                found.setdefault(to_statement(quad), []).append(quad.graph_name)
        return found

    @cached_property
    def own_nodes(self) -> frozenset[str]:
        """Subjects that a claim speaks of: posts held and the like are among them."""
        return frozenset(str(q.subject) for q in self.pointing if q.graph_name in self.claims)

    def is_listed(self, quad: Quad) -> bool:
        """Say whether a quad belongs on a list of its property: claims' own graphs do not."""
        return quad.graph_name not in self.claims

    def is_shown(self, quad: Quad) -> bool:
        """Leave out what has a place of its own: claims about the thing, questions, mappings."""
        subject = quad.subject
        if not isinstance(subject, NamedNode) or not self.is_listed(quad):
            return False
        if quad.predicate == SCHEMA_ABOUT:
            return subject not in self._listed_apart
        return quad.predicate != OWL_ANNOTATED_SOURCE

    @cached_property
    def _listed_apart(self) -> frozenset[NamedNode]:
        return frozenset((*self.about, *self.questions))

    @cached_property
    def supported(self) -> frozenset[NamedNode]:
        """The claims that this source supports by an assessment: said once, not twice."""
        reader = self.reader
        return frozenset(
            claim
            for q in self.pointing
            if q.predicate == reader.look.terms.supporting_source
            and isinstance(q.subject, NamedNode)
            for claim in reader.look.nodes(q.subject, SCHEMA_ITEM_REVIEWED)
        )

    def bounds(self, quads: Iterable[Quad]) -> frozenset[NamedNode]:
        """Name the bounds of a date, which a page leaves out where the date itself is given."""
        terms = self.reader.look.terms
        dated = any(quad.predicate == terms.date for quad in quads)
        return frozenset((terms.earliest, terms.latest)) if dated else frozenset()


def gather(reader: Reader, thing: NamedNode, reach: int) -> Gathered:
    """Read what the release says of a thing, and up to `reach` quads that point to it."""
    pointing, cut = reader.look.pointing(thing, reach)
    said = reader.look.about(thing)
    return Gathered(reader, thing, tell_once(reader, said), tell_once(reader, pointing), cut)


def tell_once(reader: Reader, quads: list[Quad]) -> list[Quad]:
    """Leave out what a graph that is no claim repeats from the default graph."""
    graphs = {q.graph_name for q in quads if isinstance(q.graph_name, NamedNode)}
    plain = {graph for graph in graphs if not reader.is_claim(graph)}
    if not plain:
        return quads
    asserted = {to_statement(q) for q in quads if isinstance(q.graph_name, DefaultGraph)}
    return [q for q in quads if q.graph_name not in plain or to_statement(q) not in asserted]


def to_statement(quad: Quad) -> Statement:
    """Give a quad's triple, whichever graph it stands in."""
    return str(quad.subject), str(quad.predicate), str(quad.object)


def natural(iri: str) -> list[str | int]:
    """Sort c2 before c10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", iri)]
