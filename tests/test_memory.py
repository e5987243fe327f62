"""How much memory the service says it takes, and that it keeps to it."""

import re
import sys
import time
from pathlib import Path

import pytest
from running_service import running, small_query

from bench.errors import BenchError
from bench.hostile import Bound, read_bound
from server import Settings
from server.memory import bound_memory

MB = 1_000_000


@pytest.fixture
def settings(lighthouse_release: Path) -> Settings:
    """Two web processes with 10 threads and two more, four workers."""
    return Settings(
        release_dir=lighthouse_release,
        workers=2,
        threads=10,
        long_queries=2,
        body_bytes=MB,
        cache_bytes=10 * MB,
        fast_workers=3,
        slow_workers=1,
        query_memory_bytes=500 * MB,
        worker_memory_bytes=100 * MB,
    )


def test_bound_is_the_sum_that_the_documentation_names(settings: Settings) -> None:
    bound = bound_memory(settings, 400 * MB)
    assert bound.at_rest == (400 + 4 * (400 + 100 + 20) + 2 * (10 + 200) + 80) * MB
    in_hand = (10 + 2) * (1 + 4) + 192 + 192
    assert bound.at_most == (400 + 4 * (400 + 500 + 20) + 2 * (10 + 200 + in_hand) + 80) * MB


def test_bound_counts_the_federated_lane_only_where_it_has_workers(settings: Settings) -> None:
    plain = bound_memory(settings, 0)
    object.__setattr__(settings, "allow_service", ("https://query.example.org/sparql",))
    assert bound_memory(settings, 0).at_rest - plain.at_rest == 2 * (100 + 20) * MB


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processes from /proc")
@pytest.mark.parametrize(
    ("asked", "status"),
    [("STRLEN(?t21)", 200), ("CONCAT(?t21, ?t1)", 507)],
    ids=["kept", "refused"],
)
def test_worker_that_keeps_too_much_memory_is_replaced(
    lighthouse_release: Path, tmp_path: Path, asked: str, status: int
) -> None:
    steps = " ".join(f"BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(21))
    with running(
        lighthouse_release, tmp_path / "temp", worker_memory_bytes=10 * MB, result_bytes=MB
    ) as service:
        before = set(service.pids("worker"))
        for number in range(3):
            query = f'SELECT ({asked} AS ?n{number}) {{ BIND("0123456789" AS ?t0) {steps} }}'
            assert service.ask(query).status == status
        until = time.monotonic() + 10
        while before <= set(service.pids("worker")) and time.monotonic() < until:
            time.sleep(0.02)
        assert not before <= set(service.pids("worker"))
        assert service.ask(small_query()).status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processes from /proc")
def test_service_says_at_its_start_and_in_its_metrics_how_much_it_takes(
    lighthouse_release: Path, tmp_path: Path
) -> None:
    with running(lighthouse_release, tmp_path / "temp") as service:
        bound = read_bound(service.get("/metrics").body.decode())
        service.process.terminate()
        _, said = service.process.communicate(timeout=10)
    assert bound.at_rest < bound.at_most
    found = re.search(r"memory: at most ([\d,]+) bytes, ([\d,]+) at rest\n", said.decode())
    assert found is not None
    assert found.groups() == (f"{bound.at_most:,}", f"{bound.at_rest:,}")


def test_benchmark_needs_a_service_that_says_its_bound() -> None:
    line = 'kg_evaluator{{of="memory_bytes_{}"}} {}\n'
    metrics = line.format("at_rest", "1.5e+09") + line.format("at_most", "7.0")
    assert read_bound(f"# HELP x\n{metrics}other 1\n") == Bound(1_500_000_000, 7)
    with pytest.raises(BenchError, match="how much memory"):
        read_bound("other 1\n")
