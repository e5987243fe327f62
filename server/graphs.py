"""Write a few quads in any RDF format, by the writers that make the dumps."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pyoxigraph import DefaultGraph, Quad, Triple

from kg.dumps import to_bytes
from kg.errors import ReleaseError
from server.refusals import ProblemError
from server.site import current_site

DATASET_FORMATS = frozenset(("trig", "nq", "jsonld"))
"""Formats that keep named graphs; the others hold triples of one graph."""


def write_graph(triples: Iterable[Triple], name: str) -> bytes:
    """Write triples of one graph in the format of that name."""
    return write_quads((Quad(t.subject, t.predicate, t.object) for t in triples), name)


def write_quads(quads: Iterable[Quad], name: str) -> bytes:
    """Write quads, sorted; a format of one graph takes the default graph's only.

    Raises:
        ProblemError: 406 when the format cannot hold these names or texts (RDF/XML).
    """
    site = current_site()
    held = set(quads)
    if name not in DATASET_FORMATS:
        held = {quad for quad in held if quad.graph_name == DefaultGraph()}
    context = site.files.get("ontology/context.jsonld") if name == "jsonld" else None
    try:
        return to_bytes(
            held, name, site.release.manifest.prefixes, json.loads(context) if context else None
        )
    except ReleaseError as error:
        raise ProblemError(406, "not-acceptable", error.message) from None
