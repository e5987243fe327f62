"""Read what a graph says of its things, so that they can be found and compared.

Names and ranks are read wherever they stand, in claims that nobody accepts too: whoever looks for a
thing may know it by a wrong one. All else is read from the default graph: what is accepted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from kg.literals import plain_bounds
from kg.matching.description import Days, Description, Value
from kg.matching.lexicon import PLAIN, Lexicon, read_lexicon
from kg.project import NAME_WORDS
from kg.terms import (
    DCAT,
    EDTF,
    FOAF,
    OA,
    ORG,
    OWL,
    RDF,
    RDF_TYPE,
    RDFS,
    RDFS_LABEL,
    SCHEMA,
    SCHEMA_NAME,
    SH,
    SKOS,
    SKOS_ALT_LABEL,
    SKOS_IN_SCHEME,
    SKOS_NOTATION,
    SKOS_PREF_LABEL,
    SSSOM,
    VOID,
    XSD,
    Terms,
)

MEMBER, MEMBERSHIP = NamedNode(f"{ORG}member"), NamedNode(f"{ORG}Membership")
LABELS = (RDFS_LABEL, SKOS_PREF_LABEL, SCHEMA_NAME, NamedNode(f"{FOAF}name"))
OTHER_NAMES = (
    SKOS_ALT_LABEL, NamedNode(f"{SKOS}hiddenLabel"), NamedNode(f"{SCHEMA}alternateName"),
)  # fmt: skip
NOTE = NamedNode(f"{SCHEMA}description")
_DATES = (f"{XSD}date", f"{XSD}gYear", f"{XSD}gYearMonth", f"{EDTF}EDTF")
# Classes of what data are described with, not of what they are about.
_SCHEMA_WORDS = (RDF, RDFS, OWL, SH, VOID, DCAT, OA, f"{SKOS}ConceptScheme")
_DEFAULT = DefaultGraph()


class Quads(Protocol):
    """Whatever holds the quads: a release's store, or one in memory."""

    def quads_for_pattern(
        self,
        subject: NamedNode | None,
        predicate: NamedNode | None,
        object: NamedNode | Literal | None,
        graph_name: NamedNode | DefaultGraph | None,
        /,
    ) -> Iterable[Quad]:
        """Yield the quads that match; None means any."""
        ...


def read_words(quads: Quads, base: str, text: str = "") -> Lexicon:
    """Join the words that a project lists with the labels of its own ranks."""
    rank = Terms(base).rank
    used = {q.object for q in quads.quads_for_pattern(None, rank, None, _DEFAULT)}
    schemes = {s for one in used if isinstance(one, NamedNode) for s in _schemes(quads, one)}
    ranks = {
        quad.subject.value: list(_labels(quads, quad.subject))
        for scheme in sorted(schemes, key=str)
        for quad in quads.quads_for_pattern(None, SKOS_IN_SCHEME, scheme, _DEFAULT)
        if isinstance(quad.subject, NamedNode)
    }
    return read_lexicon(text, NAME_WORDS, ranks) if text or ranks else PLAIN


def read_entities(quads: Quads, base: str) -> Iterator[Description]:
    """Describe every thing that has a name and is no part of the apparatus, in a stable order.

    Names, kinds, ranks and note are read; `describe` reads the rest of a single thing.
    """
    names = _read_names(quads)
    kinds: dict[str, set[str]] = defaultdict(set)
    for quad in quads.quads_for_pattern(None, RDF_TYPE, None, _DEFAULT):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            kinds[quad.subject.value].add(quad.object.value)
    notes, ranks = _read_notes(quads), _read_ranks(quads, base)
    apparatus = _apparatus(base)
    known: dict[frozenset[str], frozenset[str]] = {}
    for iri in sorted(names):
        of = frozenset(kind for kind in kinds.get(iri, ()) if not kind.startswith(_SCHEMA_WORDS))
        if names[iri] and of and not of & apparatus:
            of = known.setdefault(of, of)
            yield Description(
                iri,
                tuple(names[iri]),
                of,
                ranks=ranks.get(iri, frozenset()),
                note=notes.get(iri, ("",))[0],
                notes=notes.get(iri, ())[1:],
            )


def describe(
    quads: Quads, iri: str, properties: Iterable[str]
) -> tuple[Mapping[str, tuple[Days, ...]], Mapping[str, tuple[Value, ...]]]:
    """Read dates and values of some properties of a thing; memberships speak for their members."""
    dates: dict[str, tuple[Days, ...]] = {}
    values: dict[str, tuple[Value, ...]] = {}
    for name in properties:
        found = list(read_values(quads, iri, name))
        days = [d for d in map(to_days, found) if d is not None]
        if days:
            dates[name] = tuple(days)
        elif found:
            values[name] = tuple(_to_value(quads, term) for term in found)
    return dates, values


def read_values(quads: Quads, iri: str, property: str) -> Iterator[NamedNode | Literal]:
    """Yield the accepted values of a property of a thing, or of what it is a member of."""
    thing, predicate = NamedNode(iri), NamedNode(property)
    subjects = [thing]
    if not any(True for _ in quads.quads_for_pattern(thing, predicate, None, _DEFAULT)):
        found = quads.quads_for_pattern(None, MEMBER, thing, _DEFAULT)
        subjects = [q.subject for q in found if isinstance(q.subject, NamedNode)]
    terms = {
        quad.object
        for subject in subjects
        for quad in quads.quads_for_pattern(subject, predicate, None, _DEFAULT)
    }
    yield from sorted((t for t in terms if isinstance(t, NamedNode | Literal)), key=str)


def to_days(term: NamedNode | Literal) -> Days | None:
    """Give the days that a literal of a date's type may mean; None for all else."""
    if not isinstance(term, Literal) or not term.datatype.value.startswith(_DATES):
        return None
    return read_days(term.value)


def read_days(text: str) -> Days | None:
    """Read a date or a year as its first and last day; None for what is no date."""
    try:
        first, last = plain_bounds(text.strip()) or (None, None)
    except ValueError:
        return None
    return (first, last) if first is not None and last is not None else None


def _to_value(quads: Quads, term: NamedNode | Literal) -> Value:
    if isinstance(term, Literal):
        return Value(None, (term.value,))
    return Value(term.value, tuple(dict.fromkeys(_labels(quads, term))))


def _labels(quads: Quads, thing: NamedNode) -> Iterator[str]:
    for predicate in (*LABELS, *OTHER_NAMES, SKOS_NOTATION):
        found = quads.quads_for_pattern(thing, predicate, None, _DEFAULT)
        yield from sorted(q.object.value for q in found if isinstance(q.object, Literal))


def _schemes(quads: Quads, concept: NamedNode) -> list[NamedNode]:
    found = quads.quads_for_pattern(concept, SKOS_IN_SCHEME, None, _DEFAULT)
    return [quad.object for quad in found if isinstance(quad.object, NamedNode)]


def _read_names(quads: Quads) -> dict[str, list[tuple[str, str]]]:
    """Read the names of all things: accepted labels first, English before other languages."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for graph in (_DEFAULT, None):
        for predicates in (LABELS, OTHER_NAMES):
            added: dict[str, set[tuple[str, str]]] = defaultdict(set)
            for predicate in predicates:
                for quad in quads.quads_for_pattern(None, predicate, None, graph):
                    if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                        name = (quad.object.language or "", quad.object.value)
                        added[quad.subject.value].add(name)
            for iri, names in added.items():
                # A thing that only a claim names has no accepted name: it is nobody's yet.
                if graph is _DEFAULT or iri in found:
                    ordered = sorted(names, key=lambda name: (name[0] != "en", name))
                    found[iri] += [name for name in ordered if name not in found[iri]]
    return found


def _read_notes(quads: Quads) -> dict[str, tuple[str, ...]]:
    """Read the lines that tell things from their namesakes, the English one first."""
    notes: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for quad in quads.quads_for_pattern(None, NOTE, None, _DEFAULT):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            note = (quad.object.language != "en", quad.object.value)
            notes[quad.subject.value].append(note)
    return {iri: tuple(note for _, note in sorted(found)) for iri, found in notes.items()}


def _read_ranks(quads: Quads, base: str) -> dict[str, frozenset[str]]:
    """Read which ranks a person is said to have held, by way of memberships."""
    held: dict[str, set[str]] = defaultdict(set)
    for quad in quads.quads_for_pattern(None, Terms(base).rank, None, None):
        if not isinstance(quad.subject, NamedNode) or not isinstance(quad.object, NamedNode):
            continue
        for post in quads.quads_for_pattern(quad.subject, MEMBER, None, None):
            if isinstance(post.object, NamedNode):
                held[post.object.value].add(quad.object.value)
    return {iri: frozenset(ranks) for iri, ranks in held.items()}


def _apparatus(base: str) -> frozenset[str]:
    """Give the classes of what the graph says things with, which nobody looks for by a name."""
    terms = Terms(base)
    own = (
        *terms.claim_classes, terms.Assessment, terms.Source, terms.EvidenceLine, terms.Passage,
        terms.Mention, terms.IdentityHypothesis, terms.Depiction,
    )  # fmt: skip
    return frozenset((*(term.value for term in own), MEMBERSHIP.value, f"{SSSOM}Mapping"))
