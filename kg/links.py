"""Links to other graphs: whether the rows of a mapping file agree, and what they say in RDF."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.findings import Finding
from kg.slots import form_of, property_of, split_cell
from kg.sssom import Link, MappingSet, parse_sssom, read_sssom, to_node, values_of
from kg.terms import (
    OWL_AXIOM,
    OWL_SAME_AS,
    RDF_TYPE,
    RDFS_LABEL,
    SKOS_EXACT_MATCH,
    SSSOM,
    XSD_DATE,
    XSD_DOUBLE,
)

__all__ = ["Link", "MappingSet", "check_header", "check_links", "parse_sssom", "read_sssom"]
__all__ += ["is_exact", "to_triples"]

RULE = "mappings disagree"
INCOMPLETE = "incomplete mapping set"
UNREVIEWED = "link nobody reviewed"

# What a reader of a published set must be told; one of those between bars is enough.
_NEEDED = (
    "mapping_set_title",
    "mapping_set_description",
    "mapping_set_version",
    "creator_id|creator_label",
    "subject_source",
    "object_source",
    "publication_date",
)
_NEGATED = NamedNode(SSSOM + "NegatedPredicate")
# What is no statement: how the file is written, and what stands in each mapping instead.
_NO_TRIPLE = ("curie_map", "mapping_set_id", "mapping_date", "extension_definitions", "other")


def check_header(mapping_set: MappingSet) -> Iterator[Finding]:
    """Find what the header of a set that is published does not say."""
    for slots in _NEEDED:
        if not any(values_of(mapping_set.metadata, slot) for slot in slots.split("|")):
            slot = slots.partition("|")[0]
            message = f"the header lacks {slot}; add a line `#{slot}: ...`"
            yield Finding(INCOMPLETE, message, mapping_set.path, 1)


def check_links(mapping_set: MappingSet) -> Iterator[Finding]:
    """Find rows of one file that repeat or contradict one another.

    A thing has at most one exact match, and one outer thing is the exact match of at most one.
    What a program proposed is a link only once somebody has reviewed it.
    """

    def find(link: Link, message: str) -> Finding:
        return Finding(RULE, message, mapping_set.path, link.line, f"row {link.row}")

    for link in mapping_set.links:
        tool, cells = link.cells.get("mapping_tool"), link.cells
        if tool and not (cells.get("reviewer_label") or cells.get("reviewer_id")):
            message = f"{tool} proposed this row and nobody reviewed it; `kg link review` does"
            yield Finding(UNREVIEWED, message, mapping_set.path, link.line, f"row {link.row}")
    for link, first in _repeats(mapping_set.links, lambda a: (a.subject, a.object)):
        what = "repeats" if link.negated == first.negated else "contradicts"
        yield find(link, f"the row {what} row {first.row}; a pair has one row, keep one")
    exact = tuple(link for link in mapping_set.links if is_exact(link))
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
    """Write links in RDF: what holds as plain triples; the set, and each row, as a node.

    An exact match of a concept (one of `concepts`) stays skos:exactMatch; of any other thing it
    becomes owl:sameAs, because SKOS would turn the thing into a concept. Rejected rows state no
    triple; their node says `sssom:predicate_modifier sssom:NegatedPredicate`.
    """
    nodes = [_mapping_node(link, base) for link in mapping_set.links]
    triples = set(_describe_set(mapping_set, nodes))
    for link, node in zip(mapping_set.links, nodes, strict=True):
        triples.update(_describe(link, node, mapping_set.prefixes))
        if not link.negated:
            exact_thing = link.predicate == SKOS_EXACT_MATCH and link.subject not in concepts
            predicate = OWL_SAME_AS if exact_thing else link.predicate
            triples.add(Triple(link.subject, predicate, link.object))
    return frozenset(triples)


def is_exact(link: Link) -> bool:
    """Tell whether a row says that the two are the same."""
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


def _describe(link: Link, node: NamedNode, prefixes: Mapping[str, str]) -> Iterator[Triple]:
    """Say all that a row says, in SSSOM's own RDF form, where a mapping is an owl:Axiom."""
    yield Triple(node, RDF_TYPE, OWL_AXIOM)
    yield Triple(node, RDFS_LABEL, Literal(_sentence(link), language="en"))
    if link.mapped_on is not None:
        day = Literal(link.mapped_on.isoformat(), datatype=XSD_DATE)
        yield Triple(node, NamedNode(property_of("mapping_date")), day)
    for slot, cell in link.cells.items():
        for value in split_cell(slot, cell):
            term = _NEGATED if slot == "predicate_modifier" else _to_term(slot, value, prefixes)
            yield Triple(node, NamedNode(property_of(slot)), term)


def _describe_set(mapping_set: MappingSet, nodes: Iterable[NamedNode]) -> Iterator[Triple]:
    """Say what the header says, and which mappings are of the set."""
    (name,) = values_of(mapping_set.metadata, "mapping_set_id")
    node = NamedNode(name)
    titles = values_of(mapping_set.metadata, "mapping_set_title")
    yield Triple(node, RDF_TYPE, NamedNode(SSSOM + "MappingSet"))
    yield Triple(node, RDFS_LABEL, Literal((titles or [name])[0], language="en"))
    for mapping in nodes:
        yield Triple(node, NamedNode(SSSOM + "mappings"), mapping)
    for slot in mapping_set.metadata:
        if slot not in _NO_TRIPLE:
            for value in values_of(mapping_set.metadata, slot):
                term = _to_term(slot, value, mapping_set.prefixes)
                yield Triple(node, NamedNode(property_of(slot)), term)


def _to_term(slot: str, value: str, prefixes: Mapping[str, str]) -> NamedNode | Literal:
    form = form_of(slot)
    if form == "entity":
        return to_node(value, prefixes)
    if form == "address":
        return NamedNode(value)
    if form == "day":
        return Literal(value, datatype=XSD_DATE)
    if form == "score":
        return Literal(f"{Decimal(value):f}", datatype=XSD_DOUBLE)
    return Literal(value, language="en") if form == "text" else Literal(value)


def _sentence(link: Link) -> str:
    """Name a mapping for people: `Old Tower: no exact match of Q1 (universe)`."""
    ours = link.cells.get("subject_label") or link.cells["subject_id"]
    words = re.sub(r"([A-Z])", r" \1", re.split(r"[#/]", link.predicate.value)[-1]).lower()
    theirs = link.cells["object_id"].partition(":")[2]
    name = link.cells.get("object_label")
    negation = "no " if link.negated else ""
    return f"{ours}: {negation}{words} of {theirs}" + (f" ({name})" if name else "")
