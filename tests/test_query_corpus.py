"""What a query answers over HTTP is what the engine answers in process, to the term."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat
from query_corpus import CORPUS, DATA, P
from real_service import serve
from small_release import BASE, write_small_release

from server import Settings, create_app
from server.conformance.visitor import Visitor, over_http, over_wsgi

TABLES = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
READABLE = (QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.TSV)
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}
KINDS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
FORMS = {name: next(w for w in text.split() if w in KINDS) for name, text in CORPUS.items()}
NODE = re.compile(rb"_:\w+")
HERE = "http://graph.example/sparql"


@pytest.fixture(scope="module")
def engine() -> ox.Store:
    """The engine with the data, and nothing of ours around it."""
    store = ox.Store()
    store.load(f"BASE <{BASE}>\n{DATA}".encode(), RdfFormat.TRIG)
    return store


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_release(tmp_path_factory.mktemp("corpus") / "release", DATA)


@pytest.fixture(scope="module")
def app(release: Path) -> Visitor:
    return Visitor(over_wsgi(create_app(Settings(release_dir=release)), HERE), HERE)


@pytest.fixture(scope="module")
def service(release: Path) -> Iterator[Visitor]:
    with serve(release, "--no-log") as url:
        yield Visitor(over_http(f"{url}/sparql"), f"{url}/sparql")


def is_ordered(text: str) -> bool:
    """Tell whether the order of the rows is the query's, not the store's."""
    return "ORDER BY" in text or text.startswith("SELECT (")


def check_table(visitor: Visitor, engine: ox.Store, text: str, media_type: str) -> None:
    kind = TABLES[media_type]
    result = engine.query(P + text, base_iri=BASE)
    assert isinstance(result, ox.QuerySolutions)
    expected = result.serialize(format=kind)
    assert expected is not None
    reply = visitor.get(P + text, accept=media_type)
    if "\\u0001" in text and kind == QueryResultsFormat.XML:
        assert reply.status == 406
        return
    assert (reply.status, reply.media_type) == (200, media_type), reply.body[:400]
    if is_ordered(text):
        assert reply.body == expected
    elif kind in READABLE:
        assert read_rows(reply.body, kind) == read_rows(expected, kind)
    else:
        lines, wanted = (sorted(NODE.sub(b"_:", b).split(b"\r\n")) for b in (reply.body, expected))
        assert lines == wanted


def read_rows(body: bytes, kind: QueryResultsFormat) -> tuple[list[str], list[str]]:
    """Read a table; nodes without names are all alike."""
    result = ox.parse_query_results(body, kind)
    assert isinstance(result, ox.QuerySolutions)
    columns = [variable.value for variable in result.variables]
    rows = [
        repr(["_:" if isinstance(term, ox.BlankNode) else str(term) for term in row])
        for row in result
    ]
    return columns, sorted(rows)


def check_graph(visitor: Visitor, engine: ox.Store, text: str, media_type: str) -> None:
    result = engine.query(P + text, base_iri=BASE)
    assert isinstance(result, ox.QueryTriples)
    expected = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in result)
    reply = visitor.get(P + text, accept=media_type)
    assert (reply.status, reply.media_type) == (200, media_type), reply.body[:400]
    found = ox.Dataset(ox.parse(reply.body, GRAPHS[media_type], rename_blank_nodes=True))
    for dataset in (expected, found):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert set(found) == set(expected)


def check(visitor: Visitor, engine: ox.Store, name: str, every_format: bool) -> None:
    text, form = CORPUS[name], FORMS[name]
    if form == "ASK":
        expected = bool(engine.query(P + text))
        for media_type in [*TABLES][:2]:
            body = visitor.get(P + text, accept=media_type).body
            answer = ox.parse_query_results(body, TABLES[media_type])
            assert isinstance(answer, ox.QueryBoolean) and bool(answer) == expected
        return
    table = form == "SELECT"
    for media_type in [*(TABLES if table else GRAPHS)][: None if every_format else 1]:
        (check_table if table else check_graph)(visitor, engine, text, media_type)


@pytest.mark.parametrize("name", CORPUS)
def test_the_app_answers_as_the_engine_does(app: Visitor, engine: ox.Store, name: str) -> None:
    check(app, engine, name, every_format=True)


@pytest.mark.parametrize("name", CORPUS)
def test_a_real_service_answers_as_the_engine_does(
    service: Visitor, engine: ox.Store, name: str
) -> None:
    check(service, engine, name, every_format=False)


@pytest.mark.parametrize("name", [*CORPUS][::7])
def test_the_three_ways_to_ask_have_one_answer(app: Visitor, name: str) -> None:
    accept = "text/turtle" if FORMS[name] in ("CONSTRUCT", "DESCRIBE") else [*TABLES][0]
    bodies = {
        send(P + CORPUS[name], accept=accept).body for send in (app.get, app.form, app.direct)
    }
    assert len(bodies) == 1


def test_the_corpus_is_what_it_says() -> None:
    assert len(CORPUS) >= 150
    assert set(FORMS.values()) == {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
