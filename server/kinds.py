"""The kinds of things that a release is about."""

from __future__ import annotations

from pyoxigraph import NamedNode

from kg.terms import DCAT, OA, OWL, RDF, RDF_TYPE, RDFS, SSSOM, VOID
from server.lookups import DEFAULT
from server.site import Site

MACHINERY = (RDF, RDFS, OWL, OA, DCAT, VOID, SSSOM)
"""Whose classes are no kinds of things in a release that has a page for its own vocabulary."""
PARTS = frozenset(
    (
        *(RDF + name for name in ("List", "Seq", "Bag", "Alt", "Statement")),
        *(OWL + name for name in ("Restriction", "Axiom", "AllDifferent", "AllDisjointClasses")),
    )
)
"""Classes of what is only a part of something else, in any data."""


def find_kinds(site: Site) -> list[tuple[NamedNode, int]]:
    """Find the classes of the things that a release is about, with how many things each has."""
    hidden = MACHINERY if site.vocabularies else ()
    return [
        (NamedNode(iri), count)
        for iri, count in site.dataset.classes
        if not iri.startswith(hidden) and iri not in PARTS
    ]


def has_kinds(site: Site) -> bool:
    """Say whether there is anything to browse: things with a class, or claims."""
    if find_kinds(site):
        return True
    quads = (
        site.store.quads_for_pattern(None, RDF_TYPE, kind, DEFAULT)
        for kind in site.terms.claim_classes
    )
    return any(True for found in quads for _ in found)
