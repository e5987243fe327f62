"""The dumps: one dataset in six formats, the same bytes from the same sources.

TriG, N-Quads and JSON-LD hold the dataset. Turtle, N-Triples and RDF/XML have no named graphs;
they hold the projection, in which claims are described by statements. Dumps are written from
what was parsed, never from the query engine's store, which rewrites literals.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, Quad, RdfFormat, Triple, serialize

from kg.assemble import Assembled, to_line
from kg.errors import ReleaseError
from kg.formats import RDF_FORMATS, Format
from kg.jsonld import to_jsonld
from kg.turtle import to_trig, to_turtle

Context = Mapping[str, object]

# Lines that are compressed at once: one by one takes ten times as long.
_LINES = 5000
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*$")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def to_dump(
    assembled: Assembled, format: Format, prefixes: Mapping[str, str], context: Context | None
) -> bytes | Iterator[bytes]:
    """Write the whole of a dataset in one format."""
    if format.name == "nq":
        lines = assembled.nquads
        return ("".join(lines[n : n + _LINES]).encode() for n in range(0, len(lines), _LINES))
    content = assembled.quads if format.kind == "dataset" else assembled.projection
    return to_bytes(content, format.name, prefixes, context)


def to_bytes(
    content: Iterable[Quad] | Iterable[Triple],
    format_name: str,
    prefixes: Mapping[str, str],
    context: Context | None = None,
) -> bytes:
    """Write quads or triples in one of the formats ttl, trig, nq, nt, jsonld, rdf; sorted.

    Without a context, JSON-LD is written in expanded form. Formats of one graph write the triples
    of all the graphs given. Raises ReleaseError for a name that RDF/XML cannot spell.
    """
    items: set[Quad | Triple] = set(content)
    if format_name in ("trig", "nq", "jsonld"):
        return _write_dataset(format_name, {_to_quad(item) for item in items}, prefixes, context)
    triples = {item.triple if isinstance(item, Quad) else item for item in items}
    if format_name == "ttl":
        return to_turtle(triples, prefixes)
    if format_name == "nt":
        return "".join(sorted(f"{triple} .\n" for triple in triples)).encode()
    if format_name == "rdf":
        return _to_rdfxml(triples, prefixes)
    known = ", ".join(format.name for format in RDF_FORMATS)
    raise ReleaseError(f"{format_name} is no format of ours; take one of {known}")


def _write_dataset(
    format_name: str, quads: set[Quad], prefixes: Mapping[str, str], context: Context | None
) -> bytes:
    if format_name == "trig":
        return to_trig(quads, prefixes)
    if format_name == "nq":
        return "".join(sorted(to_line(quad) for quad in quads)).encode()
    if context is not None:
        return to_jsonld(quads, context)
    return _serialize(sorted(quads, key=str), RdfFormat.JSON_LD, {})


def find_unspeakable(triples: Iterable[Triple]) -> str | None:
    """Name the first property or text that RDF/XML cannot write, None when there is none."""
    for triple in triples:
        if not _XML_NAME.search(triple.predicate.value):
            return triple.predicate.value
        if isinstance(triple.object, Literal) and _NO_XML.search(triple.object.value):
            return triple.object.value
    return None


def is_xml_text(text: str) -> bool:
    """Tell whether XML can hold every character of a text (XML 1.0, 2.2)."""
    return not _NO_XML.search(text)


def _to_rdfxml(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> bytes:
    ordered = sorted(triples, key=str)
    unspeakable = find_unspeakable(ordered)
    if unspeakable is not None:
        message = f"RDF/XML cannot write {unspeakable!r}; take Turtle or N-Triples"
        raise ReleaseError(message)
    # A bare carriage return would reach the reader as a line feed (XML 1.0, 2.11).
    return _serialize(ordered, RdfFormat.RDF_XML, prefixes).replace(b"\r", b"&#13;")


def _serialize(
    content: Iterable[Quad] | Iterable[Triple], format: RdfFormat, prefixes: Mapping[str, str]
) -> bytes:
    written = serialize(content, format=format, prefixes=dict(prefixes))
    assert written is not None
    return written


def _to_quad(item: Quad | Triple) -> Quad:
    if isinstance(item, Quad):
        return item
    return Quad(item.subject, item.predicate, item.object)
