"""The same thing elsewhere: each link with its reasons, those looked at and rejected apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyoxigraph import NamedNode, Quad

from kg.terms import (
    DCTERMS,
    FOAF,
    OWL_ANNOTATED_PROPERTY,
    OWL_ANNOTATED_SOURCE,
    OWL_ANNOTATED_TARGET,
    OWL_SAME_AS,
    RDFS,
    RDFS_COMMENT,
    SCHEMA,
    SKOS,
    SKOS_CLOSE_MATCH,
    SKOS_EXACT_MATCH,
    SSSOM,
)
from server.lookups import Text
from server.pages.values import Reader, Shown

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
SEE_ALSO = NamedNode(RDFS + "seeAlso")
CREATED = NamedNode(DCTERMS + "created")


@dataclass(frozen=True)
class Mapping:
    """A link to another data set, as its row in the mapping file justifies it.

    `rejected` says that the two are not the same; `name_there` is what the other side calls it;
    `host` is whose name it is; `evidence` leaves out the address of the other thing itself.
    """

    href: str | None
    source: Shown
    target: Shown
    short: str
    host: str
    name_there: list[Text]
    predicate: Shown
    rejected: bool
    confidence: list[Shown]
    reasons: list[Text]
    authors: list[Shown]
    reviewers: list[Shown]
    dates: list[Shown]
    reviewed_on: list[Shown]
    justification: list[Shown]
    tools: list[Shown]
    evidence: list[Shown]
    sets: list[Shown]

    @property
    def is_same(self) -> bool:
        """Tell whether it says, or denies, that the two are the same."""
        return self.predicate.note in ("skos:exactMatch", "owl:sameAs")


@dataclass(frozen=True)
class Elsewhere:
    """Links out of the graph: justified ones, rejected ones, and plain ones by property."""

    accepted: list[Mapping]
    rejected: list[Mapping]
    plain: list[tuple[Shown, list[Shown]]]

    def __bool__(self) -> bool:
        return bool(self.accepted or self.rejected or self.plain)


def find_elsewhere(reader: Reader, said: Iterable[Quad], pointing: Iterable[Quad]) -> Elsewhere:
    """Gather a thing's links out of the graph from what is said of it and points to it."""
    nodes = {
        q.subject
        for q in pointing
        if q.predicate == OWL_ANNOTATED_SOURCE and isinstance(q.subject, NamedNode)
    }
    mappings = [read_mapping(reader, node) for node in sorted(nodes, key=str)]
    mapped = {mapping.target.note for mapping in mappings if not mapping.rejected}
    values: dict[NamedNode, list[Shown]] = {}
    for quad in said:
        if quad.predicate in ELSEWHERE:
            shown = reader.show(quad.object)  # type: ignore[arg-type]
            if shown.note not in mapped and shown not in values.get(quad.predicate, []):
                values.setdefault(quad.predicate, []).append(shown)
    return Elsewhere(
        accepted=[mapping for mapping in mappings if not mapping.rejected],
        rejected=[mapping for mapping in mappings if mapping.rejected],
        plain=[(reader.property(p), values[p]) for p in ELSEWHERE if p in values],
    )


def read_mapping(reader: Reader, node: NamedNode) -> Mapping:
    """Read what a row of a mapping file says."""
    look = reader.look
    sources = look.nodes(node, OWL_ANNOTATED_SOURCE) or [node]
    targets = look.nodes(node, OWL_ANNOTATED_TARGET) or [node]
    predicates = look.nodes(node, OWL_ANNOTATED_PROPERTY) or [OWL_ANNOTATED_PROPERTY]

    def slot(name: str) -> NamedNode:
        return NamedNode(SSSOM + name)

    return Mapping(
        href=reader.addresses.href(node),
        source=reader.thing(sources[0]),
        target=reader.thing(targets[0]),
        short=re.split(r"[#/]", targets[0].value.rstrip("/#"))[-1],
        host=_host(targets[0].value),
        name_there=reader.texts(node, slot("object_label")),
        predicate=reader.property(predicates[0]),
        rejected=bool(look.objects(node, slot("predicate_modifier"))),
        confidence=reader.things(node, slot("confidence")),
        reasons=reader.texts(node, RDFS_COMMENT),
        authors=reader.things(node, *(slot(f"{role}_label") for role in ("author", "creator"))),
        reviewers=reader.things(node, slot("reviewer_label")),
        dates=reader.things(node, CREATED),
        reviewed_on=reader.things(node, slot("review_date")),
        justification=reader.things(node, slot("mapping_justification")),
        tools=reader.things(node, slot("mapping_tool"), slot("mapping_tool_version")),
        evidence=[e for e in reader.things(node, SEE_ALSO) if not _is_of(e, targets[0])],
        sets=[
            reader.thing(found)
            for found in look.subjects(NamedNode(SSSOM + "mappings"), node)
            if isinstance(found, NamedNode)
        ],
    )


def _is_of(evidence: Shown, target: NamedNode) -> bool:
    """Tell whether an address is only that of the other thing: a page of its own name there."""
    address = evidence.note or ""
    name = target.value.rpartition("/")[2]
    return _host(address) == _host(target.value) and address.endswith(f"/{name}")


def _host(iri: str) -> str:
    """Say whose name an IRI is; nothing where that cannot be told."""
    try:
        return (urlsplit(iri).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
