"""Write JSON-LD that reads as plain JSON: compacted with a project's context, which it carries."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pyld import jsonld  # type: ignore[import-untyped]
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.errors import SourceError
from kg.terms import RDF_TYPE, XSD, XSD_BOOLEAN, XSD_STRING

Json = Any
Nodes = dict[str, dict[str, Json]]

_INTEGERS = {XSD + name for name in ("integer", "nonNegativeInteger", "positiveInteger", "int")}
# What any JSON reader holds exactly: 53 bits.
_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")


def to_jsonld(quads: Iterable[Quad], context: Mapping[str, object]) -> bytes:
    """Write quads as compact JSON-LD, a named graph inside the node that names it.

    `context` is a context document, an object with `@context`. Nodes are sorted by IRI.
    Raises SourceError for a context that cannot be used without fetching another.
    """
    own = context["@context"]
    settings = {"graph": True, "skipExpansion": True, "documentLoader": _refuse_to_fetch}
    try:
        compacted = _Processor().compact(_expand(quads), {"@context": own}, settings)
    except jsonld.JsonLdError as error:
        raise SourceError(_explain(error), "ontology/context.jsonld") from None
    compacted.pop("@context", None)
    nodes: list[Json] = next(iter(compacted.values()), [])
    aliases = _Aliases(own)
    document = {"@context": own, "@graph": _tidy(nodes, aliases)}
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _expand(quads: Iterable[Quad]) -> list[Json]:
    """Write quads in expanded form, in a stable order."""
    graphs: defaultdict[str | None, list[Triple]] = defaultdict(list)
    for quad in quads:
        name = None if isinstance(quad.graph_name, DefaultGraph) else _name(quad.graph_name)
        graphs[name].append(quad.triple)
    nodes: Nodes = _to_nodes(graphs.pop(None, []))
    for name, triples in graphs.items():
        assert name is not None
        node = nodes.setdefault(name, {"@id": name})
        node["@graph"] = _sorted(_to_nodes(triples))
    return _sorted(nodes)


def _to_nodes(triples: Iterable[Triple]) -> Nodes:
    nodes: Nodes = {}
    for triple in sorted(triples, key=str):
        name = _name(triple.subject)
        node = nodes.setdefault(name, {"@id": name})
        if triple.predicate == RDF_TYPE and isinstance(triple.object, NamedNode):
            node.setdefault("@type", []).append(triple.object.value)
        else:
            node.setdefault(triple.predicate.value, []).append(_to_value(triple.object))
    return nodes


def _to_value(term: object) -> Json:
    if not isinstance(term, Literal):
        return {"@id": _name(term)}
    if term.language is not None:
        return {"@value": term.value, "@language": term.language}
    if term.datatype == XSD_STRING:
        return {"@value": term.value}
    value: Json = term.value
    if term.datatype == XSD_BOOLEAN and value in ("true", "false"):
        value = value == "true"
    elif term.datatype.value in _INTEGERS and _PLAIN_INTEGER.fullmatch(value):
        value = int(value)
    return {"@value": value, "@type": term.datatype.value}


def _name(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _sorted(nodes: Nodes) -> list[Json]:
    return [nodes[name] for name in sorted(nodes)]


class _Processor(jsonld.JsonLdProcessor):  # type: ignore[misc]
    """Remembers how names were shortened: pyld walks the whole context for each, every time."""

    def __init__(self) -> None:
        super().__init__()
        self._context: object = None
        self._known: dict[tuple[object, ...], Json] = {}

    def _compact_iri(self, active_ctx: Json, iri: str, value: Json = None, **how: Json) -> Json:
        self._context = self._context or active_ctx
        # Only a name that has terms of its own is shortened by what its value is.
        has_terms = how.get("vocab") and iri in self._get_inverse_context(active_ctx)
        if active_ctx is not self._context or (has_terms and value is not None):
            return super()._compact_iri(active_ctx, iri, value, **how)
        key = (iri, value is None, *how.items())
        if key not in self._known:
            self._known[key] = super()._compact_iri(active_ctx, iri, value, **how)
        return self._known[key]


class _Aliases:
    """The context's own words for `@id`, `@type` and `@graph`: what comes first, what last."""

    def __init__(self, context: object) -> None:
        terms = context if isinstance(context, Mapping) else {}
        self.places = {"@id": 0, "@type": 1, "@graph": 9}
        for word, meaning in terms.items():
            if meaning in ("@id", "@type", "@graph"):
                self.places[word] = self.places[meaning]
            elif isinstance(meaning, Mapping) and str(meaning.get("@id")).endswith(
                ("label", "prefLabel")
            ):
                self.places[word] = 2


def _tidy(value: Json, aliases: _Aliases) -> Json:
    """Order keys as one reads them: what it is, its label, what is said, what it states."""
    if isinstance(value, list):
        return [_tidy(item, aliases) for item in value]
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: (aliases.places.get(key, 5), key))
    return {key: _tidy(value[key], aliases) for key in keys}


def _refuse_to_fetch(url: str, _: object) -> Json:
    raise jsonld.JsonLdError(f"{url} would have to be fetched", "jsonld.LoadDocumentError")


def _explain(error: Exception) -> str:
    return f"this context cannot be used: {error}; a context stands alone and fetches nothing"
