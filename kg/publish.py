"""A release from plain RDF files, without a project: parse, name the blank nodes, write."""

import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote
from xml.parsers import expat

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
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
    GENID,
    PREFIXES,
    RDF_TYPE,
    VOID_URI_SPACE,
    Terms,
)
from kg.texts import check_name, read_bytes

UNPACKED_BYTES = 2_000_000_000
DEPTH = 1000
NAMING_S = 20

_QUADS_A_SECOND = 10_000
_DEEP = f"the file nests brackets or elements more than {DEPTH} deep; write it flatter"
# An escaped sign, an IRI, a string or a comment: what may hold brackets that open nothing.
_NO_BRACKETS = re.compile(
    rb"""\\.|<[^<>"{}|^`\s]*>|\"{3}(?:[^"\\]|\\.|"(?!""))*"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    rb"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*""",
    re.DOTALL,
)
_OTHER_BYTES = bytes(sorted(set(range(256)) - set(b"[](){}")))
_CANONICALIZE = """
import sys, pyoxigraph as ox
found = ox.Dataset(ox.parse(sys.stdin.buffer.read(), ox.RdfFormat.N_QUADS))
found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
sys.stdout.buffer.writelines(f"{quad} .\\n".encode() for quad in found)
"""

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
    hold the triples of all graphs; so does the default graph where the files leave it empty, for
    nobody finds what is in named graphs alone.

    Raises:
        SourceError: for a file that is not usable RDF.
        ReleaseError: for a base that is no web address.
    """
    if not re.fullmatch(r"https?://[^\s<>\"{}|^`\\#?]+/", base):
        message = f"{base!r} is no web address that names can begin with; write https://.../"
        raise ReleaseError(message)
    prefixes: dict[str, str] = {}
    hashes, quads = [], set[Quad]()
    for file in files:
        check_name(str(file))
        content = read_bytes(file, str(file))
        hashes.append(hashlib.sha256(content).hexdigest())
        parsed = tuple(_parse(content, file, base, prefixes))
        if not parsed:
            message = "the file holds no triples; name one that does"
            raise SourceError(message, str(file))
        quads.update(_name_blank_nodes(parsed, base, file))
    edition = Edition(
        name=_slug(files[0]),
        base=base,
        assembled=_assemble(quads, base),
        authored=_describe(files, base, merged=all(q.graph_name != DefaultGraph() for q in quads)),
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
    if not default:
        default = set().union(*named.values())
    return Assembled(Terms(base), frozenset(default), named, stated=False)


def _parse(content: bytes, file: Path, base: str, prefixes: dict[str, str]) -> Iterator[Quad]:
    """Parse a file by its suffix, `.gz` too, and collect the prefixes it declares."""
    format = _format_of(file)
    if file.suffix == ".gz":
        content = _unpack(content, file)
    _refuse_deep(content, format, file)
    try:
        name = quote(file.name.removesuffix(".gz"))
        parser = parse(content, format, base_iri=f"{base}{name}")
        for quad in parser:
            if isinstance(quad.object, Triple) or isinstance(quad.subject, Triple):
                message = "the file holds triples within triples (RDF 1.2), which no dump can keep"
                raise SourceError(message, str(file))
            yield quad
        prefixes.update(parser.prefixes)
    except MemoryError:
        message = "a literal or IRI in the file is too large (over 16 MB); shorten it"
        raise SourceError(message, str(file)) from None
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
        with gzip.open(io.BytesIO(content)) as packed:
            unpacked = packed.read(UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        message = f"the file is no whole gzip file ({error}); compress it again, or unpack it"
        raise SourceError(message, str(file)) from None
    if len(unpacked) > UNPACKED_BYTES:
        message = f"the file unpacks to more than {UNPACKED_BYTES:,} bytes; publish it in parts"
        raise SourceError(message, str(file))
    return unpacked


def _refuse_deep(content: bytes, format: RdfFormat, file: Path) -> None:
    """Raise SourceError for nesting that would wear out the parser, and for XML entities."""
    if format == RdfFormat.RDF_XML:
        _refuse_deep_xml(content, file)
    elif _is_deep(content):
        raise SourceError(_DEEP, str(file))


def _is_deep(content: bytes) -> bool:
    """Tell whether brackets are nested deeper than DEPTH, by taking out the innermost in turn."""
    if sum(map(content.count, (b"[", b"(", b"{", b"<<"))) <= DEPTH:
        return False
    brackets = _NO_BRACKETS.sub(b"", content).replace(b"<<", b"{").replace(b">>", b"}")
    brackets = brackets.translate(None, _OTHER_BYTES)
    for _ in range(DEPTH):
        rest = brackets
        for pair in (b"[]", b"()", b"{}"):
            rest = rest.replace(pair, b"")
        if rest == brackets:
            break
        brackets = rest
    closed = any(pair in brackets for pair in (b"[]", b"()", b"{}"))
    return closed or sum(map(brackets.count, (b"[", b"(", b"{"))) > DEPTH


def _refuse_deep_xml(content: bytes, file: Path) -> None:
    depth = 0

    def open_element(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise SourceError(_DEEP, str(file))

    def close_element(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def refuse_entity(*_: object) -> None:
        message = "the file declares XML entities (<!ENTITY); write out what they stand for"
        raise SourceError(message, str(file))

    if b"<!ENTITY" in content:
        refuse_entity()
    checker = expat.ParserCreate()
    checker.StartElementHandler = open_element
    checker.EndElementHandler = close_element
    checker.EntityDeclHandler = refuse_entity
    # What is not well-formed is told better by the parser itself.
    with suppress(expat.ExpatError):
        checker.Parse(content, True)


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


def _name_blank_nodes(quads: tuple[Quad, ...], base: str, file: Path) -> Iterator[Quad]:
    """Give blank nodes IRIs (RDF 1.1 Concepts 3.5) that depend on the content alone.

    RDFC-1.0 numbers the nodes of one file; the hash of what they take part in tells files apart.
    """
    lines = _canonicalize([q for q in quads if any(isinstance(t, BlankNode) for t in q)], file)
    open_quads = parse("".join(lines).encode(), RdfFormat.N_QUADS)
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()[:16]

    def name(term: object) -> object:
        if isinstance(term, BlankNode):
            return NamedNode(f"{base}{GENID}{digest}-{term.value}")
        return term

    for quad in open_quads:
        yield Quad(*(name(term) for term in quad))  # type: ignore[arg-type]
    yield from (quad for quad in quads if not any(isinstance(t, BlankNode) for t in quad))


def _canonicalize(quads: list[Quad], file: Path) -> list[str]:
    """Write quads as N-Quads with canonical names, sorted.

    Some graphs take RDFC-1.0 for ever (section 7.1), and the engine cannot be interrupted: another
    process does it, and is ended. Raises SourceError then.
    """
    if not quads:
        return []
    time_s = NAMING_S + len(quads) / _QUADS_A_SECOND
    try:
        named = subprocess.run(
            [sys.executable, "-c", _CANONICALIZE],
            input="".join(map(to_line, quads)).encode(),
            env={**os.environ, "PYTHONSAFEPATH": "1"},
            capture_output=True,
            timeout=time_s,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        message = (
            f"its blank nodes are so alike that naming them takes more than {time_s:.0f} s; "
            "give them names (IRIs)"
        )
        raise SourceError(message, str(file)) from None
    return sorted(named.stdout.decode().splitlines(keepends=True))


def _describe(files: Sequence[Path], base: str, *, merged: bool) -> frozenset[Triple]:
    """Say of the dataset what can be said without knowing it."""
    names = ", ".join(file.name for file in files)
    note = " The default graph holds what its named graphs state together." if merged else ""
    dataset = NamedNode(f"{base}dataset")
    description = f"Published from {names}.{note}"
    said: Mapping[NamedNode, NamedNode | Literal] = {
        RDF_TYPE: DCAT_DATASET,
        DCTERMS_TITLE: Literal(names, language="en"),
        NamedNode(DCTERMS + "description"): Literal(description, language="en"),
        DCTERMS_IDENTIFIER: Literal(_slug(files[0])),
        VOID_URI_SPACE: Literal(base),
    }
    return frozenset(Triple(dataset, predicate, term) for predicate, term in said.items())


def _slug(file: Path) -> str:
    stem = file.name.removesuffix(".gz").rpartition(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "data"
