"""A release from plain RDF files, without a project: parse, name the blank nodes, write."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote
from xml.parsers import expat

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from kg.assemble import Assembled, to_line
from kg.draft import open_draft
from kg.edition import Edition, write_edition
from kg.errors import ReleaseError, SourceError
from kg.formats import BY_NAME, RDF_FORMATS
from kg.memory import without_collector
from kg.release import Release
from kg.shapes import ShapesReport
from kg.terms import (
    DCAT_DATASET,
    DCTERMS,
    DCTERMS_IDENTIFIER,
    DCTERMS_TITLE,
    PREFIXES,
    RDF_TYPE,
    VOID_URI_SPACE,
    Terms,
)
from kg.texts import read_bytes

GENID = ".well-known/genid/"

_SUFFIXES = {
    **{f".{format.name}": format.name for format in RDF_FORMATS},
    ".owl": "rdf",
    ".xml": "rdf",
    ".rdfs": "rdf",
    ".turtle": "ttl",
    ".nquads": "nq",
    ".json": "jsonld",
}


def publish(files: Sequence[Path], out: Path, base: str) -> Release:
    """Make a release at `out` from RDF files; names they leave open begin with `base`.

    Blank nodes become IRIs under `base`, the same ones for the same content. One-graph formats
    hold the triples of all graphs. Raises SourceError for a file that is not usable RDF,
    ReleaseError for a base that is no web address.
    """
    if not re.fullmatch(r"https?://[^\s<>\"{}|^`\\#?]+/", base):
        message = f"{base!r} is no web address that names can begin with; write https://.../"
        raise ReleaseError(message)
    prefixes: dict[str, str] = {}
    hashes, quads = [], set[Quad]()
    for file in files:
        content = read_bytes(file, str(file))
        hashes.append(hashlib.sha256(content).hexdigest())
        parsed = tuple(_parse(content, file, base, prefixes))
        if not parsed:
            message = "the file holds no triples; name one that does"
            raise SourceError(message, str(file))
        quads.update(_name_blank_nodes(parsed, base))
    edition = Edition(
        name=_slug(files[0]),
        base=base,
        assembled=_assemble(quads, base),
        authored=_describe(files, base),
        prefixes=PREFIXES | dict(sorted(prefixes.items())),
        context=None,
        report=ShapesReport(),
        ontology_version="",
        sources_hash=hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest(),
    )
    with without_collector(), open_draft(out) as draft:
        return write_edition(edition, draft, lambda catalog: ShapesReport())


def _assemble(quads: set[Quad], base: str) -> Assembled:
    graphs: dict[NamedNode, set[Triple]] = {}
    default = set()
    for quad in quads:
        if isinstance(quad.graph_name, NamedNode):
            graphs.setdefault(quad.graph_name, set()).add(quad.triple)
        else:
            default.add(quad.triple)
    named = {name: frozenset(graphs[name]) for name in sorted(graphs, key=str)}
    return Assembled(Terms(base), frozenset(default), named, stated=False)


def _parse(content: bytes, file: Path, base: str, prefixes: dict[str, str]) -> Iterator[Quad]:
    """Parse a file by its suffix, `.gz` too, and collect the prefixes it declares."""
    format = _format_of(file)
    if file.suffix == ".gz":
        content = _unpack(content, file)
    try:
        name = quote(file.name.removesuffix(".gz"))
        parser = parse(content, format, base_iri=f"{base}{name}")
        for quad in parser:
            if isinstance(quad.object, Triple) or isinstance(quad.subject, Triple):
                message = "the file holds triples within triples (RDF 1.2), which no dump can keep"
                raise SourceError(message, str(file))
            yield quad
        prefixes.update(parser.prefixes)
    except SyntaxError as error:
        raise _explain(error, content, format, file) from None


def _format_of(file: Path) -> RdfFormat:
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix != ".gz"]
    name = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if name is None:
        known = ", ".join(f".{format.name}" for format in RDF_FORMATS)
        message = f"the file's ending tells no RDF format; known are {known}, each also with .gz"
        raise SourceError(message, str(file))
    engine = BY_NAME[name].engine
    assert isinstance(engine, RdfFormat)
    return engine


def _unpack(content: bytes, file: Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        message = f"the file is no whole gzip file ({error}); compress it again, or unpack it"
        raise SourceError(message, str(file)) from None


def _explain(error: SyntaxError, content: bytes, format: RdfFormat, file: Path) -> SourceError:
    """Say where and why a file cannot be parsed."""
    line, column = error.lineno, error.offset
    message = re.sub(r"^Parser error at line .*?: ", "", error.msg)
    if "LoadDocumentCallback" in message:
        message = "the file names a JSON-LD context to be fetched; write the context into the file"
    elif format == RdfFormat.RDF_XML and line is None:
        checker = expat.ParserCreate()
        try:
            checker.Parse(content, True)
        except expat.ExpatError as broken:
            line, column = broken.lineno, broken.offset + 1
            message = f"not well-formed XML: {expat.ErrorString(broken.code)}"
    return SourceError(f"{format.name} syntax error: {message}", str(file), line, column)


def _name_blank_nodes(quads: tuple[Quad, ...], base: str) -> Iterator[Quad]:
    """Give blank nodes IRIs (RDF 1.1 Concepts 3.5) that depend on the content alone.

    RDFC-1.0 numbers the nodes of one file; the hash of what they take part in tells files apart.
    """
    open_quads = Dataset(quad for quad in quads if any(isinstance(t, BlankNode) for t in quad))
    open_quads.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    lines = sorted(to_line(quad) for quad in open_quads)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()[:16]

    def name(term: object) -> object:
        if isinstance(term, BlankNode):
            return NamedNode(f"{base}{GENID}{digest}-{term.value}")
        return term

    for quad in open_quads:
        yield Quad(*(name(term) for term in quad))  # type: ignore[arg-type]
    yield from (quad for quad in quads if not any(isinstance(t, BlankNode) for t in quad))


def _describe(files: Sequence[Path], base: str) -> frozenset[Triple]:
    """Say of the dataset what can be said without knowing it."""
    dataset = NamedNode(f"{base}dataset")
    names = ", ".join(file.name for file in files)
    said: Mapping[NamedNode, NamedNode | Literal] = {
        RDF_TYPE: DCAT_DATASET,
        DCTERMS_TITLE: Literal(names, language="en"),
        NamedNode(DCTERMS + "description"): Literal(f"Published from {names}.", language="en"),
        DCTERMS_IDENTIFIER: Literal(_slug(files[0])),
        VOID_URI_SPACE: Literal(base),
    }
    return frozenset(Triple(dataset, predicate, term) for predicate, term in said.items())


def _slug(file: Path) -> str:
    stem = file.name.removesuffix(".gz").rpartition(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "data"
