"""What an editor completes: the release's prefixes, classes and properties, with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from kg.terms import RDF_TYPE, VOID
from server.lookups import local_name, plain
from server.pages.ontology import CLASSES, PROPERTIES
from server.pages.values import Reader
from server.site import Site

MOST_TERMS = 2000
"""So many of the most used terms are offered; data sets of many sources have far more."""

_KINDS = {
    "class": (CLASSES, NamedNode(VOID + "class"), NamedNode(VOID + "entities")),
    "property": (PROPERTIES, NamedNode(VOID + "property"), NamedNode(VOID + "triples")),
}


def list_terms(site: Site, reader: Reader) -> dict[str, Any]:
    """List what a query may name, most used first, with labels in the reader's language."""
    found = [(uses, iri, kind) for kind in _KINDS for iri, uses in _count_uses(site, kind).items()]
    found.sort(key=lambda term: (-term[0], term[1]))
    terms = [
        {"iri": iri, "kind": kind, "label": _label(reader, iri), "uses": uses}
        for uses, iri, kind in found[:MOST_TERMS]
    ]
    return {"prefixes": dict(site.release.manifest.prefixes), "terms": terms}


def _label(reader: Reader, iri: str) -> str:
    name = reader.name(NamedNode(iri))
    return name.value if name else local_name(NamedNode(iri))


def _count_uses(site: Site, kind: str) -> Mapping[str, int]:
    """Give each class or property of the ontology and of the data (VoID) with its uses."""
    types, names, counts = _KINDS[kind]
    own = [
        quad.subject
        for quad in _read(site, "ontology/def.ttl")
        if quad.predicate == RDF_TYPE and plain(quad.object).value in types
    ]
    catalog = _read(site, "catalog.ttl")
    uses = {q.subject: int(plain(q.object).value) for q in catalog if q.predicate == counts}
    used = {
        plain(q.object).value: uses[q.subject]
        for q in catalog
        if q.predicate == names and q.subject in uses
    }
    return {s.value: 0 for s in own if isinstance(s, NamedNode)} | used


def _read(site: Site, path: str) -> list[Quad]:
    return list(parse(site.files.get(path, b""), RdfFormat.TURTLE, base_iri=site.base))
