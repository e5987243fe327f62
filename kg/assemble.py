"""Put the graph together: what is asserted, what is only expressed, and the two on one level."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.errors import SourceError
from kg.links import to_triples
from kg.project import Layer, Project
from kg.terms import (
    RDF_OBJECT,
    RDF_PREDICATE,
    RDF_STATEMENT,
    RDF_SUBJECT,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_NAME,
    SKOS_CONCEPT,
    Terms,
)

Subject = NamedNode | BlankNode | Triple

DESCRIBED: tuple[Layer, ...] = ("ontology", "scheme", "data", "claim", "catalog")


@dataclass(frozen=True)
class Assembled:
    """A dataset: the default graph is asserted, the claims' named graphs are only expressed.

    The default graph holds everything described, its names as schema.org has them, and copies of
    what accepted claims state.
    Without `stated`, named graphs are plain data, no claims.
    """

    terms: Terms
    default: frozenset[Triple]
    claims: Mapping[NamedNode, frozenset[Triple]]
    stated: bool = True

    @cached_property
    def quads(self) -> tuple[Quad, ...]:
        """All quads: the default graph first, then the claims by name, each sorted."""
        named = (
            Quad(t.subject, t.predicate, t.object, name)
            for name, triples in self.claims.items()
            for t in sort(triples)
        )
        default = (Quad(t.subject, t.predicate, t.object) for t in sort(self.default))
        return (*default, *named)

    @cached_property
    def projection(self) -> frozenset[Triple]:
        """The dataset in one graph: what is asserted, and every claim's triples as statements.

        Plain named graphs give their triples as they are.
        """
        if not self.stated:
            return self.default.union(*self.claims.values())
        parts = (statements(name, triples, self.terms) for name, triples in self.claims.items())
        return self.default.union(*parts)

    @cached_property
    def nquads(self) -> tuple[str, ...]:
        """The canonical lines of the dataset, sorted; literals as they were written."""
        return tuple(sorted(to_line(quad) for quad in self.quads))

    @cached_property
    def version(self) -> str:
        """SHA-256 of the canonical lines: the one name of these contents."""
        digest = hashlib.sha256()
        for line in self.nquads:
            digest.update(line.encode())
        return digest.hexdigest()


def assemble(project: Project) -> Assembled:
    """Put together what a project's files say.

    Raises SourceError when two files hold the same claim's graph.
    """
    described = {
        quad.triple
        for file in project.layer(*DESCRIBED)
        for quad in file.quads
        if isinstance(quad.graph_name, DefaultGraph)
    }
    concepts = frozenset(
        t.subject
        for t in described
        if t.predicate == RDF_TYPE and t.object == SKOS_CONCEPT
        if isinstance(t.subject, NamedNode)
    )
    described |= _names(described)
    for mapping_set in project.mappings:
        described |= to_triples(mapping_set, project.base, concepts)
    claims = _claims(project)
    accepted = _accepted(described, project.terms)
    asserted = (triples for name, triples in claims.items() if name in accepted)
    return Assembled(project.terms, frozenset(described).union(*asserted), claims)


def statements(claim: NamedNode, triples: Iterable[Triple], terms: Terms) -> list[Triple]:
    """Write a claim's triples as numbered statements, so that a plain graph can hold them."""
    written = []
    for number, triple in enumerate(sort(triples), 1):
        node = NamedNode(f"{claim.value}#statement-{number}")
        written += [
            Triple(claim, terms.states, node),
            Triple(node, RDF_TYPE, RDF_STATEMENT),
            Triple(node, RDF_SUBJECT, triple.subject),
            Triple(node, RDF_PREDICATE, triple.predicate),
            Triple(node, RDF_OBJECT, triple.object),
        ]
    return written


def sort(triples: Iterable[Triple]) -> list[Triple]:
    """Order triples by their N-Triples lines: the same everywhere, whatever the set's order."""
    return sorted(triples, key=str)


def to_line(quad: Quad) -> str:
    """Write a quad as a line of canonical N-Quads."""
    return f"{quad} .\n"


def _names(described: Iterable[Triple]) -> set[Triple]:
    """Give what is of a schema.org class the name that schema.org asks for: its label."""
    listed = list(described)
    named = {
        t.subject
        for t in listed
        if t.predicate == RDF_TYPE
        if isinstance(t.object, NamedNode) and t.object.value.startswith(SCHEMA)
    }
    return {
        Triple(t.subject, SCHEMA_NAME, t.object)
        for t in listed
        if t.predicate == RDFS_LABEL and t.subject in named
    }


def _claims(project: Project) -> dict[NamedNode, frozenset[Triple]]:
    graphs: dict[NamedNode, set[Triple]] = {}
    homes: dict[NamedNode, str] = {}
    for file in project.layer("claim"):
        for quad in file.quads:
            name = quad.graph_name
            if isinstance(name, NamedNode):
                if homes.setdefault(name, file.path) != file.path:
                    message = f"the claim {name} already has its graph in {homes[name]}; keep one"
                    raise SourceError(message, file.path)
                graphs.setdefault(name, set()).add(quad.triple)
    return {name: frozenset(graphs[name]) for name in sorted(graphs, key=str)}


def _accepted(described: Iterable[Triple], terms: Terms) -> frozenset[NamedNode]:
    """Name the claims whose assessment accepts them; a claim is no assessment of itself."""
    assessments, claims, accepting = set[Subject](), set[Subject](), set[Subject]()
    reviewed = defaultdict[Subject, set[NamedNode]](set)
    for triple in described:
        if triple.predicate == RDF_TYPE and triple.object == terms.Assessment:
            assessments.add(triple.subject)
        elif triple.predicate == RDF_TYPE and triple.object in terms.claim_classes:
            claims.add(triple.subject)
        if triple.predicate == terms.accepted and isinstance(triple.object, Literal):
            if triple.object.value in ("true", "1"):
                accepting.add(triple.subject)
        elif triple.predicate == SCHEMA_ITEM_REVIEWED and isinstance(triple.object, NamedNode):
            reviewed[triple.subject].add(triple.object)
    judges = (accepting & assessments) - claims
    return frozenset(claim for node in judges for claim in reviewed[node] if claim != node)
