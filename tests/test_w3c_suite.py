"""Every query of the W3C's suites that the engine answers rightly in process, it answers over HTTP.

One service holds the data of all tests, each file as a named graph under its own address, and
`default-graph-uri` and `named-graph-uri` pick the dataset of a test. What is asked of the protocol
and of the service description is in `server.conformance`, in tests of our own.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode, urljoin

import pyoxigraph as ox
import pytest
from pyoxigraph import NamedNode, Quad, QueryResultsFormat, RdfFormat
from real_service import serve
from small_release import write_small_release
from w3c_known import ENGINE_FAILS, REFUSED
from w3c_suite import (
    FOLDER,
    Answer,
    SuiteTest,
    expected,
    read_csv,
    read_graph,
    read_suite,
    to_answer,
    to_canonical,
)

from server.conformance.visitor import FORM, UPDATE, Reply, Visitor, over_http

if not FOLDER.is_dir():
    message = f"{FOLDER} is missing: `make suite` brings the W3C's tests"
    if os.environ.get("CI"):
        raise RuntimeError(message)
    pytest.skip(message, allow_module_level=True)

SUITE = read_suite()
EVALUATIONS = ("QueryEvaluationTest", "CSVResultFormatTest")
EMPTY = "urn:x-suite:empty"
CSV = "text/csv"
TABLES = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {"application/n-triples": RdfFormat.N_TRIPLES, "text/turtle": RdfFormat.TURTLE}
FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^>]+)>", re.IGNORECASE)


def named(*kinds: str) -> list[str]:
    """The names of the tests of some kinds that may be put to the service."""
    return [name for name, test in SUITE.items() if test.kind in kinds and name not in REFUSED]


EVALUATED = named(*EVALUATIONS)
POSITIVE = named("PositiveSyntaxTest", "PositiveSyntaxTest11")
NEGATIVE = named("NegativeSyntaxTest", "NegativeSyntaxTest11")
UPDATES = named("UpdateEvaluationTest", "PositiveUpdateSyntaxTest11", "NegativeUpdateSyntaxTest11")


def passed(names: list[str]) -> list[str]:
    """Those of some tests that the engine passes."""
    return [name for name in names if name not in ENGINE_FAILS]


def in_graph(iri: str) -> Iterator[Quad]:
    """The data of one file as a named graph."""
    return (Quad(q.subject, q.predicate, q.object, NamedNode(iri)) for q in read_graph(iri))


@pytest.fixture(scope="module")
def everything() -> ox.Store:
    """The data of all tests, each file a graph; the default graph is empty."""
    files: set[str] = set()
    for test in map(SUITE.__getitem__, EVALUATED):
        from_query = {urljoin(test.source, iri) for iri in FROM.findall(test.text)}
        files |= {*test.default_graphs, *test.named_graphs, *from_query}
    store = ox.Store()
    for iri in sorted(files):
        store.extend(in_graph(iri))
    return store


@pytest.fixture(scope="module")
def service(everything: ox.Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    trig = ox.serialize(everything, format=RdfFormat.TRIG).decode()
    release = write_small_release(tmp_path_factory.mktemp("w3c") / "release", trig)
    with serve(release, "--no-log") as url:
        yield Visitor(over_http(f"{url}/sparql"), f"{url}/sparql")


def evaluate(test: SuiteTest, everything: ox.Store) -> Answer:
    """Answer a test's query with the engine and nothing of ours."""
    store = everything
    if test.default_graphs or test.named_graphs:
        store = ox.Store()
        for iri in test.default_graphs:
            store.extend(read_graph(iri))
        for iri in test.named_graphs:
            store.extend(in_graph(iri))
    result = store.query(test.text, base_iri=test.source)
    if test.kind == "CSVResultFormatTest":
        return read_csv(test, result.serialize(format=QueryResultsFormat.CSV) or b"")
    return to_answer(test, result)


def passes_in_process(test: SuiteTest, everything: ox.Store) -> bool:
    try:
        if test.kind in EVALUATIONS:
            return evaluate(test, everything) == expected(test)
        ox.Store().query(test.text, base_iri=test.source)
    except SyntaxError:
        return test.kind.startswith("Negative")
    return test.kind.startswith("Positive")


def ask(service: Visitor, test: SuiteTest, accept: str) -> Reply:
    """Ask a test's query over HTTP; its relative IRIs are those of its file."""
    pairs = [("default-graph-uri", iri) for iri in test.default_graphs]
    pairs += [("named-graph-uri", iri) for iri in test.named_graphs]
    if not pairs and not FROM.search(test.text):
        pairs = [("default-graph-uri", EMPTY)]
    return service.get(f"BASE <{test.source}>\n{test.text}", pairs, accept=accept)


def read_answer(reply: Reply, test: SuiteTest) -> Answer:
    if reply.media_type == CSV:
        return read_csv(test, reply.body)
    if reply.media_type in TABLES:
        result = ox.parse_query_results(reply.body, TABLES[reply.media_type])
        return to_answer(test, result)
    return to_canonical(ox.parse(reply.body, GRAPHS[reply.media_type], rename_blank_nodes=True))


def formats_of(test: SuiteTest, answer: Answer) -> list[str]:
    if test.kind == "CSVResultFormatTest":
        return [CSV]
    if isinstance(answer, bool):
        return [*TABLES][:2]
    form = re.search(r"\b(SELECT|CONSTRUCT|DESCRIBE)\b", test.text, re.IGNORECASE)
    assert form is not None
    return [*TABLES] if form[0].upper() == "SELECT" else [*GRAPHS]


def refusal(reply: Reply) -> dict[str, object]:
    """Read the problem that says that a query is refused."""
    assert (reply.status, reply.media_type) == (400, "application/problem+json"), reply.body[:600]
    document = dict(json.loads(reply.body))
    assert document["type"].endswith("problems#query")
    return document


@pytest.mark.parametrize("name", [*EVALUATED, *POSITIVE, *NEGATIVE])
def test_the_engine_itself_fails_only_what_is_listed(name: str, everything: ox.Store) -> None:
    assert passes_in_process(SUITE[name], everything) == (name not in ENGINE_FAILS)


@pytest.mark.parametrize("name", passed(EVALUATED))
def test_what_is_answered_in_process_is_answered_over_http(name: str, service: Visitor) -> None:
    test, wanted = SUITE[name], expected(SUITE[name])
    for media_type in formats_of(test, wanted):
        reply = ask(service, test, media_type)
        assert (reply.status, reply.media_type) == (200, media_type), reply.body[:600]
        assert read_answer(reply, test) == wanted


@pytest.mark.parametrize("name", passed(POSITIVE))
def test_what_is_sparql_is_answered(name: str, service: Visitor) -> None:
    reply = service.get(SUITE[name].text, accept="*/*")
    assert reply.status == 200, reply.body[:600]


@pytest.mark.parametrize("name", passed(NEGATIVE))
def test_what_is_no_sparql_is_refused(name: str, service: Visitor) -> None:
    assert refusal(service.get(SUITE[name].text, accept="*/*"))["detail"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_this_service_does_not_do_is_named(name: str, service: Visitor) -> None:
    assert REFUSED[name] in str(refusal(ask(service, SUITE[name], "*/*"))["detail"])


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_is_refused_however_it_comes(name: str, service: Visitor) -> None:
    text = SUITE[name].text
    form = urlencode({"update": text}).encode()
    assert service.ask("POST", "", form, Content_Type=FORM).status == 403
    assert service.ask("POST", "", text.encode(), Content_Type=UPDATE).status == 403
    assert refusal(service.get(text))["detail"]


def test_the_suites_are_whole() -> None:
    counts = Counter(test.kind for test in SUITE.values())
    assert counts == {
        "QueryEvaluationTest": 498,
        "CSVResultFormatTest": 3,
        "PositiveSyntaxTest": 149,
        "NegativeSyntaxTest": 50,
        "PositiveSyntaxTest11": 63,
        "NegativeSyntaxTest11": 43,
        "UpdateEvaluationTest": 93,
        "PositiveUpdateSyntaxTest11": 42,
        "NegativeUpdateSyntaxTest11": 13,
        "ProtocolTest": 34,
        "ServiceDescriptionTest": 3,
    }


def test_the_lists_name_tests_of_the_suites() -> None:
    assert {*ENGINE_FAILS, *REFUSED} <= SUITE.keys()
