"""Links to other graphs: whether the rows of a mapping file agree, and what they say in RDF."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.findings import Finding
from kg.sssom import Link, MappingSet, parse_sssom, read_sssom
from kg.terms import (
    OWL_ANNOTATED_PROPERTY,
    OWL_ANNOTATED_SOURCE,
    OWL_ANNOTATED_TARGET,
    OWL_SAME_AS,
    RDF_TYPE,
    RDFS,
    RDFS_LABEL,
    SKOS_EXACT_MATCH,
    SSSOM,
    XSD_DATE,
    XSD_DECIMAL,
)

__all__ = ["Link", "MappingSet", "check_links", "parse_sssom", "read_sssom", "to_triples"]

RULE = "mappings disagree"


def check_links(mapping_set: MappingSet) -> Iterator[Finding]:
    """Find rows of one file that repeat or contradict one another.

    A thing has at most one exact match, and one outer thing is the exact match of at most one.
    """

    def find(link: Link, message: str) -> Finding:
        return Finding(RULE, message, mapping_set.path, link.line, f"row {link.row}")

    for link, first in _repeats(mapping_set.links, lambda a: (a.subject, a.object)):
        what = "repeats" if link.negated == first.negated else "contradicts"
        yield find(link, f"the row {what} row {first.row}; a pair has one row, keep one")
    exact = tuple(link for link in mapping_set.links if _is_exact(link))
    for link, first in _repeats(exact, lambda a: a.subject):
        if link.object != first.object:
            other = first.cells["object_id"]
            yield find(link, f"row {first.row} has another exact match, {other}; reject one")
    for link, first in _repeats(exact, lambda a: a.object):
        if link.subject != first.subject:
            other = first.cells["subject_id"]
            yield find(link, f"row {first.row} gives this exact match to {other}; reject one")


def to_triples(
    mapping_set: MappingSet, base: str, concepts: Collection[NamedNode]
) -> frozenset[Triple]:
    """Write links in RDF: what holds as plain triples, every row as a node of its own.

    An exact match of a concept (one of `concepts`) stays skos:exactMatch; of any other thing it
    becomes owl:sameAs, because SKOS would turn the thing into a concept. Rejected rows state no
    triple; their node says `sssom:predicate_modifier sssom:NegatedPredicate`.
    """
    triples: set[Triple] = set()
    for link in mapping_set.links:
        triples.update(_describe(link, _mapping_node(link, base)))
        if not link.negated:
            exact_thing = link.predicate == SKOS_EXACT_MATCH and link.subject not in concepts
            predicate = OWL_SAME_AS if exact_thing else link.predicate
            triples.add(Triple(link.subject, predicate, link.object))
    return frozenset(triples)


def _is_exact(link: Link) -> bool:
    return not link.negated and link.predicate in (SKOS_EXACT_MATCH, OWL_SAME_AS)


def _repeats(links: tuple[Link, ...], key: Callable[[Link], Any]) -> Iterator[tuple[Link, Link]]:
    """Yield each link whose key an earlier one has, with the first of that key."""
    seen: dict[Any, Link] = {}
    for link in links:
        first = seen.setdefault(key(link), link)
        if first is not link:
            yield link, first


def _mapping_node(link: Link, base: str) -> NamedNode:
    ours = link.subject.value.removeprefix(base).removeprefix("id/")
    theirs = re.split(r"[/#]", link.object.value)[-1]
    slug = re.sub(r"[^a-z0-9]+", "-", f"{ours}-{theirs}".lower()).strip("-")
    return NamedNode(f"{base}id/mapping/{slug}")


def _describe(link: Link, node: NamedNode) -> Iterator[Triple]:
    """Say all that a row says, in the terms of SSSOM's own RDF form."""

    def slot(name: str) -> NamedNode:
        return NamedNode(SSSOM + name)

    yield Triple(node, RDF_TYPE, slot("Mapping"))
    yield Triple(node, RDFS_LABEL, Literal(_sentence(link), language="en"))
    yield Triple(node, OWL_ANNOTATED_SOURCE, link.subject)
    yield Triple(node, OWL_ANNOTATED_PROPERTY, link.predicate)
    yield Triple(node, OWL_ANNOTATED_TARGET, link.object)
    yield Triple(node, slot("mapping_justification"), link.justification)
    if link.negated:
        yield Triple(node, slot("predicate_modifier"), slot("NegatedPredicate"))
    if link.confidence is not None:
        score = Literal(f"{link.confidence:f}", datatype=XSD_DECIMAL)
        yield Triple(node, slot("confidence"), score)
    if link.mapped_on is not None:
        day = Literal(link.mapped_on.isoformat(), datatype=XSD_DATE)
        yield Triple(node, slot("mapping_date"), day)
    for name in ("comment", "reviewer_label", "author_label", "object_label"):
        if link.cells.get(name):
            yield Triple(node, slot(name), Literal(link.cells[name], language="en"))
    for address in filter(None, link.cells.get("see_also", "").split("|")):
        yield Triple(node, NamedNode(RDFS + "seeAlso"), NamedNode(address))


def _sentence(link: Link) -> str:
    """Name a mapping for people: `Old Tower: no exact match of Q1 (universe)`."""
    ours = link.cells.get("subject_label") or link.cells["subject_id"]
    words = re.sub(r"([A-Z])", r" \1", re.split(r"[#/]", link.predicate.value)[-1]).lower()
    theirs = link.cells["object_id"].partition(":")[2]
    name = link.cells.get("object_label")
    negation = "no " if link.negated else ""
    return f"{ours}: {negation}{words} of {theirs}" + (f" ({name})" if name else "")
