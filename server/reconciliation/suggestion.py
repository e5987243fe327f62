"""Complete what somebody types (Reconciliation Service API 0.2, section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pyoxigraph import NamedNode

from kg.matching.spelling import to_keys
from server.finding import MOST_ROWS, finder
from server.lookups import local_name
from server.reconciliation.catalogue import Catalogue, Term

SUGGESTED = 10
"""How many suggestions an answer holds; `cursor` skips those seen."""


def suggest_entities(catalogue: Catalogue, prefix: str, cursor: int) -> dict[str, Any]:
    """Suggest things by the beginning of a name or by their identifier."""
    found = list(dict.fromkeys(_find(catalogue, prefix)))[cursor : cursor + SUGGESTED]
    return {"result": [_to_suggestion(catalogue, iri) for iri in found]}


def suggest_types(catalogue: Catalogue, prefix: str, cursor: int) -> dict[str, Any]:
    """Suggest types by the beginning of a word of their name, or of their identifier."""
    return _suggest(catalogue.types.values(), prefix, cursor, "things")


def suggest_properties(catalogue: Catalogue, prefix: str, cursor: int) -> dict[str, Any]:
    """Suggest properties by the beginning of a word of their name, or of their identifier."""
    return _suggest(catalogue.properties(), prefix, cursor, "")


def _find(catalogue: Catalogue, prefix: str) -> Iterator[str]:
    exact = catalogue.find(prefix)
    if exact is not None:
        yield exact.iri
    found = catalogue.site.derive(finder).find(prefix, MOST_ROWS, names_only=True)
    yield from (hit.iri for hit in found.hits if catalogue.index.get(hit.iri) is not None)


def _to_suggestion(catalogue: Catalogue, iri: str) -> dict[str, Any]:
    entity = catalogue.index.get(iri)
    assert entity is not None
    types = [catalogue.types[kind] for kind in sorted(entity.kinds)]
    told = {
        "id": catalogue.to_id(iri),
        "name": entity.name,
        "notable": [{"id": type.id, "name": type.name} for type in types],
    }
    return told | ({"description": entity.note} if entity.note else {})


def _suggest(terms: Iterable[Term], prefix: str, cursor: int, of: str) -> dict[str, Any]:
    fitting = [term for term in terms if _begins(term, prefix)][cursor : cursor + SUGGESTED]
    return {
        "result": [
            {"id": term.id, "name": term.name}
            | ({"description": f"{term.uses} {of}"} if of else {"description": term.iri})
            for term in fitting
        ]
    }


def _begins(term: Term, prefix: str) -> bool:
    typed = prefix.strip().casefold()
    if not typed or term.id.casefold().startswith(typed) or term.iri == prefix.strip():
        return True
    keys = to_keys(typed)
    names = (to_keys(term.name), to_keys(local_name(NamedNode(term.iri))))
    return bool(keys) and any(_run(keys, words) for words in names)


def _run(keys: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether some words in a row are the keys; the last one may be only begun."""
    *whole, begun = keys
    return any(
        words[at : at + len(whole)] == whole and words[at + len(whole)].startswith(begun)
        for at in range(len(words) - len(whole))
    )
