"""The benchmarks: what they generate is always the same, and what they calculate is right."""

import math
from pathlib import Path

import pyoxigraph as ox
import pytest

from bench.bare import create_bare_app
from bench.clients import Sent
from bench.figures import Cell, percentile, to_spread
from bench.graph import Size, lines, write_graph
from bench.hostile import sum_up
from bench.killers import KILLERS
from bench.load import read_report
from bench.pages import BARE, Page, to_path
from bench.pages import to_script as to_page_script
from bench.rounds import count_answers
from bench.servers import KG
from bench.workload import JSON, TURTLE, Kind, ask_any, ask_events

WRK = """Running 2s test @ http://127.0.0.1:7878/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.20ms  500.00us   9.00ms   90.00%
    Req/Sec     6.00k   1.00k     7.00k    60.00%
  Latency Distribution
     50%    1.10ms
     75%    1.50ms
     90%    2.00ms
     99%  950.00us
  12000 requests in 2.00s, 3.00MB read
"""


@pytest.fixture(scope="module")
def graph() -> ox.Store:
    """The small graph."""
    store = ox.Store()
    store.load("".join(lines(3000)), ox.RdfFormat.N_TRIPLES)
    return store


def test_a_seed_gives_the_same_bytes_every_time(tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in ("first.nt", "second.nt", "other.nt"))
    write_graph(first, 3000)
    write_graph(second, 3000)
    write_graph(other, 3000, seed=2)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("triples", [500, 2999, 3000, 50_000])
def test_a_graph_has_as_many_different_triples_as_asked(triples: int) -> None:
    assert len(set(lines(triples))) == triples


def test_a_graph_too_small_for_its_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="500 triples at least, not 20"):
        next(lines(20))


@pytest.mark.parametrize("kind", ask_events(Size(3000)), ids=lambda kind: kind.name)
def test_every_kind_finds_what_its_title_says(graph: ox.Store, kind: Kind) -> None:
    text = kind.text(5)
    answer = graph.query(text)
    if isinstance(answer, ox.QueryBoolean):
        assert bool(answer)
    else:
        size = {"small": 1, "rows": 1000, "construct": 500}.get(kind.name)
        found = len(list(answer))
        assert found == size if size else found > 1


@pytest.mark.parametrize("kind", ask_events(Size(3000)), ids=lambda kind: kind.name)
def test_no_two_requests_have_one_text(kind: Kind) -> None:
    assert len({kind.text(serial) for serial in range(1000)}) == 1000


def test_any_graph_with_labels_and_links_can_be_asked(graph: ox.Store) -> None:
    kinds = ask_any([quad.triple for quad in graph])
    assert [kind.name for kind in kinds] == [kind.name for kind in ask_events(Size(3000))]
    for kind in kinds:
        answer = graph.query(kind.text(3))
        assert bool(answer) if isinstance(answer, ox.QueryBoolean) else list(answer), kind.name


def test_killers_differ_from_request_to_request() -> None:
    assert all(killer(1) != killer(2) for killer in KILLERS.values())


def test_ratios_compare_servers_within_a_round() -> None:
    cell = Cell("ask", "first", 16, {"a": [10.0, 40.0, 90.0], "b": [10.0, 20.0, 30.0]}, {})
    assert cell.ratio("a", "b") == to_spread([1.0, 2.0, 3.0])
    assert str(cell.ratio("a", "b")) == "2.0 (1.0-3.0)"


def test_a_round_in_which_a_server_failed_does_not_count() -> None:
    cell = Cell("ask", "first", 16, {"a": [10.0, None, 90.0], "b": [10.0, 20.0, None]}, {})
    assert cell.ratio("a", "b") == to_spread([1.0])
    assert cell.rate("a") == to_spread([10.0, 90.0])
    assert cell.ratio("a", "missing") is None


def test_work_saved_is_above_one_for_the_server_that_needs_less() -> None:
    cell = Cell("ask", "first", 16, {}, {"a": [0.5, 0.25], "b": [1.0, 1.0]})
    assert cell.work_saved("a", "b") == to_spread([2.0, 4.0])


def test_a_percentile_is_one_of_the_figures() -> None:
    figures = [float(n) for n in range(1, 101)]
    assert [percentile(figures, p) for p in (0, 1, 50, 95, 100)] == [1, 1, 50, 95, 100]
    assert percentile([7.0], 95) == 7.0
    with pytest.raises(ValueError, match="no figures"):
        percentile([], 50)


def test_what_wrk_prints_is_read_with_its_units() -> None:
    load = read_report(WRK)
    assert (load.requests, load.rate, load.failed) == (12000, 6000.0, 0)
    assert math.isclose(load.p50_ms, 1.1) and math.isclose(load.p99_ms, 0.95)
    assert math.isclose(load.bytes_each, 3 * 2**20 / 12000)


def test_refused_and_unanswered_requests_count_as_failed() -> None:
    errors = "  Socket errors: connect 1, read 2, write 0, timeout 3\n"
    load = read_report(f"{WRK}{errors}  Non-2xx or 3xx responses: 10\n")
    assert load.failed == 16


def test_answers_are_counted_by_rows_triples_or_yes() -> None:
    rows = b'{"head":{"vars":["a"]},"results":{"bindings":[{},{}]}}'
    assert count_answers(rows, JSON) == 2
    assert count_answers(b'{"head":{},"boolean":true}', JSON) == 1
    assert count_answers(b"<urn:a> <urn:b> 1, 2, 2 .", TURTLE) == 2


def test_only_whole_answers_with_success_count_as_answered() -> None:
    sent = [
        Sent("small", 0.0, 0.010, 200, True),
        Sent("small", 0.0, 0.030, 200, True),
        Sent("star", 0.0, 9.0, 200, False),
        Sent("star", 0.0, 9.0, 503, True),
        Sent("star", 0.0, 9.0, 0, False),
    ]
    found = sum_up(sent)
    assert (found.requests, found.answered) == (5, 2)
    assert (found.p50_ms, found.p95_ms) == (10.0, 30.0)
    assert found.statuses == {"200": 2, "200 cut": 1, "503": 1, "no answer": 1}


@pytest.mark.parametrize("size", [1, 80, 30_000])
def test_the_bare_route_returns_as_many_bytes_as_asked(size: int) -> None:
    answer = create_bare_app().test_client().get(f"/{size}?n=7")
    assert (answer.status_code, len(answer.data)) == (200, size)


def test_a_page_is_asked_of_the_service_and_as_many_bytes_of_the_bare_route() -> None:
    pages = [Page("/doc/person/ada?", 1200), Page("/resource?iri=urn%3Ax", 900)]
    assert 'paths = { "/doc/person/ada?", "/resource?iri=urn%3Ax" }' in to_page_script(
        KG, 80, pages, None
    )
    assert 'paths = { "/1200?", "/900?" }' in to_page_script(BARE, 80, pages, None)


def test_only_rendered_pages_have_another_address_each_time() -> None:
    pages = [Page("/doc/person/ada?", 1200)]
    assert '"&n=" .. serial' in to_page_script(KG, 80, pages, 5)
    assert "&n=" not in to_page_script(KG, 80, pages, None)


def test_own_things_are_asked_at_their_documents_and_others_as_resources() -> None:
    base = "https://example.org/"
    assert to_path(f"{base}id/person/ada", base) == "/doc/person/ada?"
    assert to_path("urn:x", base) == "/resource?iri=urn%3Ax"
