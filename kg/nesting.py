"""Turn flat JSON-LD into the document of one thing: nested, as one would write plain JSON by hand.

The thing comes first, what is claimed of it under the context's reverse keys, and a neighbour where
it is first named. What is left stands under `@included`. The statements stay the same.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = Any


def nest(document: Mapping[str, Json], iri: str) -> dict[str, Json]:
    """Nest a flat document (`@context` and `@graph`) around the node of `iri`.

    The context is cut down to the terms that the document uses. A document that does not
    describe `iri` keeps its `@graph`.
    """
    context: Mapping[str, Json] = document["@context"]
    tree = _Tree(context, document["@graph"])
    root = tree.find(iri)
    if root is None:
        return {"@context": _used(context, document["@graph"]), "@graph": document["@graph"]}
    body = tree.grow(root)
    rest = tree.remaining()
    if rest:
        body["@included"] = rest
    return {"@context": _used(context, body), **body}


class _Tree:
    """Nodes by their id, each placed once; `waiting` holds those that have no place yet."""

    def __init__(self, context: Mapping[str, Json], nodes: list[dict[str, Json]]) -> None:
        self.context = context
        self.id = next((term for term, is_ in context.items() if is_ == "@id"), "@id")
        self.graph = {term for term, is_ in context.items() if is_ == "@graph"} | {"@graph"}
        self.waiting = {node[self.id]: node for node in nodes}
        self.links = {term for term, is_ in context.items() if _leads_to_node(is_)}
        self.reverse = dict(_reverse_terms(context))

    def find(self, iri: str) -> str | None:
        """Name the node of an IRI as the document writes it."""
        return next((name for name in self.waiting if self._expand(name) == iri), None)

    def grow(self, name: str) -> dict[str, Json]:
        """Place a node with what hangs on it: those that point at it, then those it points at."""
        node = dict(self.waiting.pop(name))
        below = {key: list(self._pointing(name, key)) for key in self.reverse}
        for key in sorted(self.links & node.keys()):
            node[key] = self._place(node[key])
        grown = {key: [self._dress(child) for child in found] for key, found in below.items()}
        graphs = {key: node.pop(key) for key in sorted(self.graph & node.keys())}
        return {**node, **{key: found for key, found in grown.items() if found}, **graphs}

    def remaining(self) -> list[dict[str, Json]]:
        """Give the nodes that found no place, in their old order."""
        return list(self.waiting.values())

    def _pointing(self, name: str, key: str) -> Iterator[dict[str, Json]]:
        """Take the nodes whose property leads to `name`, without saying so twice."""
        forward = self.reverse[key]
        for other, node in list(self.waiting.items()):
            values = _listed(node.get(forward))
            if name in values:
                left = [value for value in values if value != name]
                kept = {k: v for k, v in node.items() if k != forward}
                del self.waiting[other]
                yield {**kept, forward: left} if left else kept

    def _dress(self, node: dict[str, Json]) -> dict[str, Json]:
        self.waiting[node[self.id]] = node
        return self.grow(node[self.id])

    def _place(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._place(item) for item in value]
        return self.grow(value) if isinstance(value, str) and value in self.waiting else value

    def _expand(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        namespace = self.context.get(prefix)
        return f"{namespace}{local}" if colon and isinstance(namespace, str) else name


def _leads_to_node(definition: Json) -> bool:
    return (
        isinstance(definition, Mapping)
        and definition.get("@type") == "@id"
        and "@reverse" not in definition
    )


def _reverse_terms(context: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Pair each reverse term with the term that says the same forwards."""
    forward = {is_["@id"]: term for term, is_ in context.items() if _leads_to_node(is_)}
    for term, definition in context.items():
        if isinstance(definition, Mapping) and definition.get("@reverse") in forward:
            yield term, forward[definition["@reverse"]]


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _used(context: Mapping[str, Json], body: Json) -> dict[str, Json]:
    """Keep the terms and prefixes that a document, or a term it uses, is written with."""
    kept: set[str] = {term for term in context if term.startswith("@")}
    kept |= {term for term, is_ in context.items() if isinstance(is_, str) and is_[:1] == "@"}
    fresh = set(_words(body)) & context.keys()
    while fresh - kept:
        kept |= fresh
        fresh = {word for term in kept for word in _words(context[term])} & context.keys()
    return {term: definition for term, definition in context.items() if term in kept}


def _words(value: Json) -> Iterator[str]:
    """Every key and every text of a value, and what stands before a colon in it."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _words(key)
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, str) and not re.search(r"\s", value):
        yield value
        yield value.partition(":")[0]
