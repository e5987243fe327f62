"""Which things of a release use a term of its own vocabulary, and how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from pyoxigraph import DefaultGraph, NamedNode

from kg.terms import RDF_TYPE
from server.lookups import DEFAULT
from server.site import Site

THINGS_SHOWN = 3

Pattern = tuple[NamedNode, NamedNode | None]


@dataclass(frozen=True)
class Uses:
    """How many statements use a term, and a few of the things they are about."""

    count: int
    things: tuple[NamedNode, ...]


def find_uses(site: Site, term: str, classes: Iterable[str] = ()) -> Uses:
    """Find the uses of a property, or of a class, which counts as all of `classes`.

    Those in the default graph count; of a term that only claims use, those in named graphs.
    """
    patterns: list[Pattern] = [(RDF_TYPE, NamedNode(kind)) for kind in classes]
    patterns = patterns or [(NamedNode(term), None)]
    for graph in (DEFAULT, None):
        found = _count(site, patterns, graph)
        if found.count:
            break
    return found


def _count(site: Site, patterns: Iterable[Pattern], graph: DefaultGraph | None) -> Uses:
    count, things = 0, set[NamedNode]()
    for predicate, value in patterns:
        for quad in site.store.quads_for_pattern(None, predicate, value, graph):
            count += 1
            if isinstance(quad.subject, NamedNode):
                things.add(quad.subject)
    examples = set(site.dataset.examples)
    shown = nsmallest(THINGS_SHOWN, things, key=lambda t: (t.value not in examples, t.value))
    return Uses(count, tuple(shown))
