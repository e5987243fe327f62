"""The counts for Prometheus: over all web processes, never falling, nothing left behind."""

import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from server import Settings, create_app
from server.journal import Visit
from server.metrics import CELLS, KINDS, Board, Metrics


def read(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, metric: str, /, **labels: str) -> float:
    return read(text)[metric, frozenset(labels.items())]


def text_of(metrics: Metrics) -> str:
    return metrics.write({"version": "1"}, {"ready": 1, "workers": {"fast": 2}}).decode()


def in_a_process(board: Board, work: str) -> None:
    """Count in a process of its own, which ends without a word."""
    child = os.fork()
    if not child:
        metrics = Metrics(board)
        if work == "query":
            metrics.count_query(Visit("", 0.0, form="ASK", lane="fast"), 0.02)
        metrics.set_in_hand(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_every_kind_of_answer_is_counted(lighthouse_release: Path) -> None:
    client = create_app(Settings(release_dir=lighthouse_release)).test_client()
    query = {"query": "SELECT * { ?s ?p ?o } LIMIT 1"}
    for _ in range(3):
        client.get("/sparql", query_string=query)
    client.get("/sparql", query_string=query, headers={"Accept": "text/html"})
    client.get("/sparql", query_string={"query": "ASK {"})
    client.get("/doc/claim/n1.ttl")
    client.get("/nope")
    found = client.get("/metrics")
    assert found.content_type.startswith("text/plain; version=0.0.4")
    assert found.headers["Cache-Control"] == "no-store"
    text = found.text
    assert value(text, "kg_queries_total", form="SELECT", outcome="answered") == 4
    assert value(text, "kg_queries_total", form="ASK", outcome="refused") == 1
    assert value(text, "kg_requests_total", kind="sparql", status="2xx") == 4
    assert value(text, "kg_requests_total", kind="sparql", status="4xx") == 1
    assert value(text, "kg_requests_total", kind="documents", status="2xx") == 1
    assert value(text, "kg_query_seconds_count", lane="cache") == 3
    assert value(text, "kg_cache_entries") == 2
    assert value(text, "kg_queries_in_hand") == 0
    assert value(text, "kg_result_bytes_total") > 100
    version = client.get("/healthz").json["version"]
    assert value(text, "kg_release_info", name="lighthouse", version=version) == 1


def test_a_histogram_counts_up_to_infinity() -> None:
    metrics = Metrics(Board())
    for seconds in (0.0001, 0.02, 0.02, 99.0):
        metrics.count_query(Visit("", 0.0, form="ASK", lane="fast"), seconds)
    text = text_of(metrics)
    assert value(text, "kg_query_seconds_bucket", lane="fast", le="0.0005") == 1
    assert value(text, "kg_query_seconds_bucket", lane="fast", le="0.025") == 3
    assert value(text, "kg_query_seconds_bucket", lane="fast", le="30.0") == 3
    assert value(text, "kg_query_seconds_bucket", lane="fast", le="+Inf") == 4
    assert value(text, "kg_query_seconds_sum", lane="fast") == pytest.approx(99.0401)


def test_the_processes_of_a_service_are_summed_and_no_count_falls() -> None:
    board = Board(4)
    own = Metrics(board)
    for number in range(1, 4):
        in_a_process(board, "query")
        assert value(text_of(own), "kg_queries_total", form="ASK", outcome="answered") == number


def test_what_a_dead_process_had_in_hand_does_not_count() -> None:
    board = Board(4)
    own = Metrics(board)
    own.set_in_hand(2)
    in_a_process(board, "nothing")
    assert value(text_of(own), "kg_queries_in_hand") == 2


def test_more_processes_than_places_share_the_last() -> None:
    board = Board(1)
    Metrics(board)
    in_a_process(board, "query")
    text = text_of(Metrics(board))
    assert value(text, "kg_queries_total", form="ASK", outcome="answered") == 1


def test_the_evaluators_numbers_are_told() -> None:
    text = text_of(Metrics(Board()))
    assert value(text, "kg_evaluator", of="ready") == 1
    assert value(text, "kg_evaluator", of="workers_fast") == 2


def test_series_have_cells_of_their_own() -> None:
    assert len(set(CELLS.values())) == len(CELLS)


def test_every_address_of_the_site_has_a_kind_to_be_counted_by(client: FlaskClient) -> None:
    rules = list(client.application.url_map.iter_rules())
    assert len(rules) > 40
    parts = {rule.endpoint.rpartition(".")[0] or rule.endpoint for rule in rules}
    assert parts - set(KINDS) == set()
    assert parts >= set(KINDS) - {"other"}
