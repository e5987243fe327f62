"""The W3C's test suites of SPARQL 1.0 and 1.1, read from their manifests.

The suites are no part of this repository: `make suite` brings them, as the pinned source package
of rdflib carries them. A file's IRI is the address at which the W3C publishes it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)

from kg.terms import RDF

FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "w3c"
HOMES = {
    "dawg-data-r2": "http://www.w3.org/2001/sw/DataAccess/tests/data-r2/",
    "sparql11": "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/",
}
MANIFESTS = (
    HOMES["dawg-data-r2"] + "manifest-evaluation.ttl",
    HOMES["dawg-data-r2"] + "manifest-syntax.ttl",
    HOMES["sparql11"] + "manifest-all.ttl",
)
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
DAWG = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal
Answer = bool | frozenset[Quad]
"""What a query answers, comparable: blank nodes have canonical names."""


@dataclass(frozen=True)
class SuiteTest:
    """One test; `kind` is its class, `source` the file of its query or update.

    `is_lax` says that rows may come more than once.
    """

    name: str
    kind: str
    source: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    result: str | None
    is_lax: bool

    @cached_property
    def text(self) -> str:
        """The query or update."""
        return read(self.source).decode("utf-8")

    @property
    def is_ordered(self) -> bool:
        """Tell whether the rows must come in the order of the expected ones."""
        return self.result is not None and b"rs:index" in read(self.result)


def read(iri: str) -> bytes:
    """Read a file of the suites."""
    return _path(iri).read_bytes()


def _path(iri: str) -> Path:
    for folder, home in HOMES.items():
        if iri.startswith(home):
            return FOLDER / folder / iri.removeprefix(home)
    raise LookupError(f"{iri} is no file of the suites")


def read_graph(iri: str) -> Iterator[Quad]:
    """Read an RDF file of the suites; no two files share a blank node."""
    kind = RdfFormat.from_extension(_path(iri).suffix[1:])
    return iter(parse(read(iri), kind, base_iri=iri, rename_blank_nodes=True))


def read_suite() -> dict[str, SuiteTest]:
    """Read every test that was not withdrawn, by names such as `sparql11/aggregates#agg01`."""
    store = Store()
    for iri in MANIFESTS:
        _read_manifest(store, iri)
    lists = [q.object for q in store.quads_for_pattern(None, NamedNode(MF + "entries"), None)]
    nodes = [node for head in lists for node in _items(store, head)]
    tests = [_read_test(store, node) for node in nodes if not _is_withdrawn(store, node)]
    return {test.name: test for test in sorted(tests, key=lambda test: test.name)}


def _read_manifest(store: Store, iri: str) -> None:
    store.extend(read_graph(iri))
    for head in _objects(store, NamedNode(iri), MF + "include"):
        for included in _items(store, head):
            _read_manifest(store, included.value)


def _is_withdrawn(store: Store, node: Node) -> bool:
    return NamedNode(DAWG + "Withdrawn") in _objects(store, node, DAWG + "approval")


def _read_test(store: Store, node: Node) -> SuiteTest:
    (kind,) = _objects(store, node, RDF + "type")
    (action,) = _objects(store, node, MF + "action") or [node]
    sources = _objects(store, action, QT + "query") + _objects(store, action, UT + "request")
    results = [o for o in _objects(store, node, MF + "result") if isinstance(o, NamedNode)]
    return SuiteTest(
        name=_name(node.value),
        kind=kind.value.removeprefix(MF),
        source=(sources or [action])[0].value,
        default_graphs=tuple(o.value for o in _objects(store, action, QT + "data")),
        named_graphs=tuple(o.value for o in _objects(store, action, QT + "graphData")),
        result=results[0].value if results else None,
        is_lax=bool(_objects(store, node, MF + "resultCardinality")),
    )


def _name(iri: str) -> str:
    suite = "sparql10" if iri.startswith(HOMES["dawg-data-r2"]) else "sparql11"
    return f"{suite}/{iri.rpartition('/')[0].rpartition('/')[2]}#{iri.rpartition('#')[2]}"


def _objects(store: Store, subject: Node, predicate: str) -> list[Term]:
    return [q.object for q in store.quads_for_pattern(subject, NamedNode(predicate), None)]


def _items(store: Store, node: Node) -> Iterator[Node]:
    while node.value != RDF + "nil":
        yield from _objects(store, node, RDF + "first")
        (node,) = _objects(store, node, RDF + "rest")


def expected(test: SuiteTest) -> Answer:
    """Read what a test expects."""
    assert test.result is not None
    body, suffix = read(test.result), _path(test.result).suffix[1:]
    if suffix == "csv":
        return read_csv(test, body)
    if suffix in ("srx", "srj", "tsv"):
        kind = QueryResultsFormat.from_extension(suffix)
        return to_answer(test, parse_query_results(body, kind))
    quads = list(read_graph(test.result))
    tables = [q.subject for q in quads if q.object == NamedNode(RS + "ResultSet")]
    return _read_table(test, quads, tables[0]) if tables else to_canonical(quads)


def to_answer(test: SuiteTest, result: QuerySolutions | QueryBoolean | QueryTriples) -> Answer:
    """Make the result of a test's query comparable."""
    if isinstance(result, QueryBoolean):
        return bool(result)
    if isinstance(result, QueryTriples):
        return to_canonical(Quad(t.subject, t.predicate, t.object) for t in result)
    names = [variable.value for variable in result.variables]
    rows = [{n: t for n in names if (t := row[n]) is not None} for row in result]
    return _rows_to_answer(test, names, rows)


def read_csv(test: SuiteTest, body: bytes) -> Answer:
    """Read a table whose terms have lost their kind, blank nodes apart."""
    names, *rows = csv.reader(io.StringIO(body.decode("utf-8")))
    cells = [{n: _cell(c) for n, c in zip(names, row, strict=True) if c} for row in rows]
    return _rows_to_answer(test, names, cells)


def _cell(text: str) -> Term:
    return BlankNode(text[2:]) if text.startswith("_:") else Literal(text)


def _read_table(test: SuiteTest, quads: list[Quad], head: Node) -> Answer:
    """Read a result that is written as RDF."""
    store = Store()
    store.extend(quads)
    for truth in _objects(store, head, RS + "boolean"):
        return truth.value == "true"
    names = [o.value for o in _objects(store, head, RS + "resultVariable")]
    rows = []
    for node in _objects(store, head, RS + "solution"):
        place = [int(o.value) for o in _objects(store, node, RS + "index")]
        cells = {
            _objects(store, binding, RS + "variable")[0].value: value
            for binding in _objects(store, node, RS + "binding")
            for value in _objects(store, binding, RS + "value")
        }
        rows.append((place, cells))
    in_order = [cells for _, cells in sorted(rows, key=lambda row: row[0])]
    return _rows_to_answer(test, names, in_order)


def _rows_to_answer(test: SuiteTest, names: list[str], rows: list[dict[str, Term]]) -> Answer:
    """Write rows as a graph: a node for each row, a property for each column."""
    table = NamedNode("urn:table")
    quads = [Quad(table, NamedNode("urn:name"), Literal(name)) for name in names]
    seen = set()
    for place, row in enumerate(rows):
        key = repr(sorted(row.items()))
        if test.is_lax and key in seen:
            continue
        seen.add(key)
        node = BlankNode()
        quads.append(Quad(table, NamedNode("urn:row"), node))
        quads += [Quad(node, NamedNode("urn:column:" + n), t) for n, t in row.items()]
        if test.is_ordered:
            quads.append(Quad(node, NamedNode("urn:place"), Literal(place)))
    return to_canonical(quads)


def to_canonical(quads: Iterable[Quad]) -> Answer:
    """Give blank nodes canonical names, and numbers and dates the engine's spelling."""
    store = Store()
    store.extend(quads)
    dataset = Dataset(store)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(dataset)
