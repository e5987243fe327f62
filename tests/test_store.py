"""The port to a query engine: the embedded one, and any endpoint over HTTP."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.errors import QueryError, ReleaseError
from kg.store import EmbeddedStore, EndpointStore, QueryResult, Store

EX = "https://example.org/"


def node(name: str) -> NamedNode:
    return NamedNode(EX + name)


QUADS = [
    Quad(node("a"), node("p"), Literal("default")),
    Quad(node("a"), node("p"), Literal("one"), node("g1")),
    Quad(node("b"), node("p"), node("a"), node("g2")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store")
    store = ox.Store(str(path))
    store.extend(QUADS)
    store.flush()
    return path


class _Endpoint(BaseHTTPRequestHandler):
    """A small SPARQL endpoint: POST forms, dataset parameters, JSON and N-Triples."""

    store: ox.Store

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        names = {"default_graph": "default-graph-uri", "named_graphs": "named-graph-uri"}
        given = {key: [NamedNode(iri) for iri in form.get(name, [])] for key, name in names.items()}
        try:
            answer = self.store.query(form["query"][0], **(given if any(given.values()) else {}))  # type: ignore[arg-type]
        except SyntaxError as error:
            self._reply(400, "text/plain", str(error).encode())
            return
        if isinstance(answer, ox.QueryTriples):
            body = answer.serialize(format=ox.RdfFormat.N_TRIPLES)
        else:
            body = answer.serialize(format=ox.QueryResultsFormat.JSON)
        self._reply(200, self.headers["Accept"], body or b"")

    def _reply(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    _Endpoint.store = ox.Store()
    _Endpoint.store.extend(QUADS)
    server = HTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/sparql"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["embedded", "endpoint"])
def store(request: pytest.FixtureRequest, folder: Path, url: str) -> Store:
    return EmbeddedStore(folder) if request.param == "embedded" else EndpointStore(url)


def texts(result: QueryResult) -> list[str]:
    return sorted(term.value for row in result.rows for term in row if isinstance(term, Literal))


def test_rows_come_with_their_columns(store: Store) -> None:
    result = store.query(f"SELECT ?s ?none ?o {{ ?s <{EX}p> ?o }}")
    assert (result.kind, result.variables) == ("bindings", ("s", "none", "o"))
    assert list(result.rows) == [(node("a"), None, Literal("default"))]
    assert list(result.triples) == []


def test_an_ask_is_true_or_false(store: Store) -> None:
    assert store.query("ASK { ?s ?p ?o }").kind == "boolean"
    assert bool(store.query("ASK { ?s ?p 'default' }")) is True
    assert bool(store.query("ASK { ?s ?p 'none' }")) is False


def test_a_construct_is_triples(store: Store) -> None:
    result = store.query(
        f"CONSTRUCT {{ ?o <{EX}q> ?s }} {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(isIRI(?o)) }}"
    )
    assert result.kind == "graph"
    assert list(result.triples) == [Triple(node("a"), node("q"), node("b"))]


ANY = "SELECT ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


@pytest.mark.parametrize(
    ("default", "named", "found"),
    [
        (None, None, ["default", "one"]),
        (["g1"], None, ["one"]),
        (None, ["g1"], ["one"]),
        (["g1"], ["g1"], ["one", "one"]),
        (["nowhere"], None, []),
    ],
)
def test_given_graphs_are_the_whole_dataset(
    store: Store, default: list[str] | None, named: list[str] | None, found: list[str]
) -> None:
    given = [None if names is None else [EX + name for name in names] for names in (default, named)]
    result = store.query(ANY, default_graphs=given[0], named_graphs=given[1])
    assert texts(result) == found


def test_given_graphs_replace_from(folder: Path) -> None:
    text = f"SELECT ?o FROM <{EX}g1> {{ ?s ?p ?o }}"
    store = EmbeddedStore(folder)
    assert texts(store.query(text)) == ["one"]
    assert texts(store.query(text, default_graphs=[EX + "g2"])) == []


def test_patterns_find_quads_in_any_graph(store: Store) -> None:
    assert set(store.quads_for_pattern(node("a"), None, None)) == set(QUADS[:2])
    assert list(store.quads_for_pattern(None, None, node("a"))) == [QUADS[2]]
    assert list(store.quads_for_pattern(None, None, None, DefaultGraph())) == [QUADS[0]]
    assert list(store.quads_for_pattern(None, node("p"), None, node("g1"))) == [QUADS[1]]
    assert list(store.quads_for_pattern(node("nobody"), None, None)) == []


def test_graphs_are_counted(store: Store) -> None:
    assert store.graph_counts() == {DefaultGraph(): 1, node("g1"): 1, node("g2"): 1}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * { SERVICE <https://example.org/> {} }", "1:12: SERVICE is refused"),
        ("INSERT DATA { <a:a> <a:b> 1 }", "1:1: INSERT is refused"),
        ("SELECT * { ?s ex:p ?o }", "1:15: the prefix ex: is not declared"),
        ("ASK { FILTER(" + "(" * 200, "1:112: the query has brackets nested more than 100 deep"),
    ],
)
def test_what_is_refused_never_reaches_an_engine(store: Store, query: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        store.query(query)
    assert str(caught.value).startswith(message)


def test_a_syntax_error_has_its_place(store: Store) -> None:
    with pytest.raises(QueryError) as caught:
        store.query("SELECT * {\n ?s ?p }")
    assert str(caught.value) == "2:8: `}` is not expected"


def test_an_unknown_function_is_a_sentence(folder: Path) -> None:
    result = EmbeddedStore(folder).query("SELECT * { ?s ?p ?o FILTER(?o = 'default') }")
    assert texts(result) == ["default"]
    with pytest.raises(QueryError, match="this query cannot be answered: The custom function"):
        list(EmbeddedStore(folder).query(f"SELECT (<{EX}f>(1) AS ?x) {{}}").rows)


def test_a_graph_without_a_scheme_is_refused(folder: Path) -> None:
    with pytest.raises(QueryError, match="a graph to query is named by an absolute IRI"):
        EmbeddedStore(folder).query(ANY, default_graphs=["relative"])


FORMATS = {
    "SELECT ?o { ?s ?p ?o }": ["json", "xml", "csv", "tsv"],
    "ASK { ?s ?p ?o }": ["json", "xml"],
    "CONSTRUCT WHERE { ?s ?p ?o }": ["ttl", "nt", "rdf", "jsonld", "trig", "nq"],
}


@pytest.mark.parametrize("query", FORMATS)
def test_answers_are_written_in_their_formats_and_no_others(folder: Path, query: str) -> None:
    store = EmbeddedStore(folder)
    for name in ("json", "xml", "ttl", "nt", "rdf", "jsonld", "trig", "nq"):
        out = io.BytesIO()
        if name in FORMATS[query]:
            store.query(query).write(out, name)
            assert out.getvalue()
        else:
            with pytest.raises(QueryError, match=f"answer has no format {name}; use "):
                store.query(query).write(out, name)


def test_turtle_uses_the_prefixes_it_is_given(folder: Path) -> None:
    out = io.BytesIO()
    EmbeddedStore(folder).query("CONSTRUCT WHERE { ?s ?p ?o }").write(out, "ttl", {"ex": EX})
    assert b'ex:a ex:p "default"' in out.getvalue()


def test_csv_and_tsv_hold_the_rows(folder: Path) -> None:
    for name, wanted in (("csv", b"o\r\ndefault\r\n"), ("tsv", b'?o\n"default"\n')):
        out = io.BytesIO()
        EmbeddedStore(folder).query("SELECT ?o { ?s ?p ?o }").write(out, name)
        assert out.getvalue() == wanted


def test_a_store_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="cannot be opened .*; build the release again"):
        EmbeddedStore(tmp_path / "nowhere")


def test_an_endpoint_that_is_away_is_a_sentence() -> None:
    with pytest.raises(ReleaseError, match="does not answer .*; check that it runs"):
        EndpointStore("http://127.0.0.1:9/sparql", timeout_s=2).query("ASK {}")


class _Page(BaseHTTPRequestHandler):
    """Answers as a page does that is no endpoint."""

    def do_POST(self) -> None:
        """Refuse."""
        self.send_error(405)

    def log_message(self, format: str, *given: object) -> None:
        """Say nothing."""


def test_an_address_that_is_no_endpoint_is_not_told_to_be_away() -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as page:
        threading.Thread(target=page.handle_request).start()
        address = f"http://127.0.0.1:{page.server_port}/"
        with pytest.raises(ReleaseError, match="answers 405 .* often ends in /sparql"):
            EndpointStore(address, timeout_s=5).query("ASK {}")


@pytest.mark.parametrize("address", ["example.org/sparql", "file:///etc/passwd", ""])
def test_an_endpoint_has_a_web_address(address: str) -> None:
    with pytest.raises(ReleaseError, match="is no address of an endpoint; write http://"):
        EndpointStore(address)


def test_what_only_the_endpoint_refuses_is_passed_on(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: _Endpoint) -> None:
        _._reply(400, "text/plain", b"too long for us")

    monkeypatch.setattr(_Endpoint, "do_POST", refuse)
    with pytest.raises(QueryError, match="this is not valid SPARQL 1.1: .*too long for us"):
        EndpointStore(url).query("SELECT * { ?s ?p ?o }")


def test_an_escape_that_other_engines_decode_hides_nothing(url: str) -> None:
    text = "SELECT * { ?s ?p '\\u0027 . SERVICE <https://example.org/> {} #\\u0027' }"
    with pytest.raises(QueryError):
        EndpointStore(url).query(text)


def test_blank_nodes_of_another_server_match_nothing(url: str) -> None:
    assert list(EndpointStore(url).quads_for_pattern(ox.BlankNode("b"), None, None)) == []


@pytest.mark.parametrize("name", ["CURRENT", "*.sst"])
def test_a_corrupt_store_is_a_sentence(tmp_path: Path, name: str) -> None:
    store = ox.Store(str(tmp_path / "store"))
    store.extend(QUADS)
    store.flush()
    store.optimize()
    del store
    for file in (tmp_path / "store").glob(name):
        file.write_bytes(b"\xff" * file.stat().st_size)
    with pytest.raises(ReleaseError, match="build the release again"):
        list(EmbeddedStore(tmp_path / "store").query("SELECT * { ?s ?p ?o }").rows)
