"""What a page says in its own JSON-LD: triples that the release holds, schema.org's first.

Search engines read it where they find the page; it carries its context inline, so that nothing
has to be fetched to understand it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.terms import DCTERMS, RDF_TYPE, SCHEMA, SCHEMA_ITEM_REVIEWED, VOID, XSD
from server.lookups import DEFAULT, plain
from server.site import Site

MOST_VALUES = 20
"""How many values of one property a page repeats; its document has them all."""
_PLAIN = XSD + "string"
_BRIEF = ("@id", "@type", "name", "url", "license", "version")
_DATASET_TERMS = (SCHEMA, DCTERMS + "license", VOID + "triples")


def embed_thing(site: Site, thing: NamedNode) -> str:
    """Write what the default graph says of a thing in schema.org's terms; of a claim, its reviews.

    A thing of which it says nothing in these terms is given its classes alone.
    """
    found = _describe(thing, site.store.quads_for_pattern(thing, None, None, DEFAULT), (SCHEMA,))
    reviews = site.look.subjects(SCHEMA_ITEM_REVIEWED, thing)[:MOST_VALUES]
    if reviews:
        described = [
            _describe(review, site.store.quads_for_pattern(review, None, None, DEFAULT), (SCHEMA,))
            for review in reviews
        ]
        for review in described:
            review.pop("itemReviewed", None)
        found["@reverse"] = {"itemReviewed": described}
    return _write(found)


def embed_dataset(site: Site) -> str:
    """Write what the catalog says of the dataset and its files."""
    return site.derive(_embed_whole)


def embed_name(site: Site) -> str:
    """Write which dataset a page belongs to."""
    return site.derive(_embed_briefly)


def _embed_briefly(site: Site) -> str:
    found = {
        key: value for key, value in json.loads(site.derive(_embed_whole)).items() if key in _BRIEF
    }
    return _write(found)


def _embed_whole(site: Site) -> str:
    quads = list(parse(site.files.get("catalog.ttl", b""), RdfFormat.TURTLE, base_iri=site.base))
    dataset = NamedNode(site.dataset.iri)
    found = _describe(dataset, quads, _DATASET_TERMS)
    files = [q.object for q in quads if q.predicate == NamedNode(SCHEMA + "distribution")]
    if files:
        found["distribution"] = [
            _describe(file, quads, (SCHEMA,)) for file in files if isinstance(file, NamedNode)
        ]
    return _write(found)


def _describe(thing: NamedNode, quads: Iterable[Quad], terms: tuple[str, ...]) -> dict[str, Any]:
    """Nest what is said of a thing in these terms, in a stable order."""
    found: dict[str, Any] = {"@id": thing.value}
    said = [(q.predicate.value, plain(q.object)) for q in quads if q.subject == thing]
    kinds = sorted({_shorten(str(o.value)) for p, o in said if p == RDF_TYPE.value})
    if kinds:
        found["@type"] = sorted(kinds, key=lambda kind: ":" in kind)
    for predicate, value in sorted(said, key=lambda pair: (pair[0], str(pair[1]))):
        if predicate.startswith(terms):
            values = found.setdefault(_shorten(predicate), [])
            if len(values) < MOST_VALUES:
                values.append(_to_value(value))
    return found


def _to_value(term: Any) -> Any:
    if not isinstance(term, Literal):
        return {"@id": str(term) if not isinstance(term, NamedNode) else term.value}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value == _PLAIN:
        return term.value
    return {"@value": term.value, "@type": term.datatype.value}


def _shorten(iri: str) -> str:
    """Leave off schema.org's namespace: it is the vocabulary of the context."""
    name = iri.removeprefix(SCHEMA)
    return name if name.isalnum() else iri


def _write(described: dict[str, Any]) -> str:
    """Write JSON that no HTML parser takes for the end of its element."""
    text = json.dumps({"@context": {"@vocab": SCHEMA}, **described}, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
