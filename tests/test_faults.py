"""Every promise of the running service, with real processes and real signals."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from running_service import (
    Service,
    age_of,
    endless_query,
    in_background,
    is_alive,
    kill,
    load,
    outcomes,
    running,
    small_query,
    starting,
    state_of,
    to_path,
    unix_names,
    work_of,
)
from small_release import write_small_release

from server.evaluation.system import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the processes from /proc")

HEALED_S = 30
"""How long to wait for all processes: on a busy machine a second of work takes many."""
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
WIDE = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }"


def numbers(most: int) -> str:
    """A text of so many triples about one subject."""
    rows = " , ".join(str(number) for number in range(most))
    return f"<id/thing/a> <id/thing/counts> {rows} ."


def write_releases(folder: Path, *sizes: int) -> list[Path]:
    """Write releases that hold so many numbers each."""
    return [write_small_release(folder / f"release-{size}", numbers(size)) for size in sizes]


def take_place(new: Path, place: Path) -> Path:
    """Put a release where another lies, and tell where that is now."""
    old = place.rename(place.with_name("old-" + new.name))
    new.rename(place)
    return old


def count_numbers(service: Service) -> int:
    """Ask how many numbers the release that is served holds."""
    reply = service.ask(COUNT)
    assert reply.status == 200
    return int(json.loads(reply.body)["results"]["bindings"][0]["n"]["value"])


def wait_for_numbers(service: Service, wanted: int) -> None:
    """Wait until one web process, at least, serves a release that holds so many numbers."""
    until = time.monotonic() + HEALED_S
    while f'"{wanted}"'.encode() not in service.ask(COUNT).body:
        assert time.monotonic() < until, f"{wanted} numbers are never served"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of 400 triples without a dump: the workers read it from its store."""
    return write_small_release(tmp_path_factory.mktemp("faults") / "release", numbers(400))


@pytest.fixture(scope="module")
def service(
    lighthouse_release: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A running service with little memory, and no limit that a busy machine reaches."""
    with running(
        lighthouse_release,
        tmp_path_factory.mktemp("temp"),
        query_depth=1_000_000,
        query_memory_bytes=80_000_000,
        query_time_slow_ms=60_000,
        queue_wait_ms=60_000,
        result_bytes=20_000_000,
    ) as started:
        yield started


@pytest.fixture(scope="module")
def hasty(lighthouse_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service with a short time limit."""
    with running(
        lighthouse_release,
        tmp_path_factory.mktemp("temp"),
        query_memory_bytes=80_000_000,
        client_slow_queries=2,
    ) as started:
        yield started


def one_more(service: Service, role: str, known: set[int]) -> int:
    """Wait for a new process in a role.

    An evaluator looks like a web process for a moment: where one starts, it is to be awaited first.
    """
    until = time.monotonic() + HEALED_S
    while time.monotonic() < until:
        found = set(service.pids(role)) - known
        if found:
            return found.pop()
        time.sleep(0.002)
    raise AssertionError(f"no new {role} came")


def wait_until_gone(known: set[int]) -> None:
    """Wait until none of some processes is there any more, not even as a zombie."""
    until = time.monotonic() + HEALED_S
    while left := list(filter(is_alive, known)):
        assert time.monotonic() < until, f"{left} are still there"
        time.sleep(0.05)


def wait_until_ready(web: int) -> None:
    """Wait until a web process hears visitors: then it takes SIGTERM in its own way."""
    until = time.monotonic() + HEALED_S
    caught = 0
    while not caught >> signal.SIGTERM - 1 & 1:
        assert time.monotonic() < until, "it never was ready"
        time.sleep(0.01)
        (line,) = re.findall(r"SigCgt:\s*(\w+)", Path(f"/proc/{web}/status").read_text())
        caught = int(line, 16)


def wait_until_grown(webs: list[int]) -> None:
    """Wait until web processes are as old as those that are replaced at once when they die."""
    while min(map(age_of, webs)) < 1.1:
        time.sleep(0.02)


def fill_stderr(service: Service) -> None:
    """Fill the pipe that the service writes to, as if nobody had read it for long."""
    stderr = os.open(f"/proc/{service.process.pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while os.write(stderr, b"."):
            pass
    os.close(stderr)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Keep a process from running while the block does."""
    os.kill(pid, signal.SIGSTOP)
    try:
        while state_of(pid) != "T":
            time.sleep(0.001)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_endless_count_is_stopped_and_the_answer_names_the_limit(hasty: Service) -> None:
    began = time.monotonic()
    reply = hasty.ask(endless_query())
    assert 3 <= time.monotonic() - began < 3 + 0.25 + 4
    assert reply.status == 504
    assert reply.problem["limit"] == "query_time_slow_ms"
    assert reply.problem["limit_value"] == 3000
    hasty.wait_until_whole(HEALED_S)


def test_endless_sort_is_stopped_by_time_or_memory(hasty: Service) -> None:
    rows = " ".join(f"?a{i} ?b{i} ?c{i} ." for i in range(4))
    reply = hasty.ask(f"SELECT * WHERE {{ {rows} }} ORDER BY ?c0 ?c1 ?c2 ?c3")
    assert reply.status in (504, 507)
    assert reply.problem["limit"] in ("query_time_slow_ms", "query_memory_bytes")
    hasty.wait_until_whole(HEALED_S)


def test_query_that_needs_too_much_memory_is_507_and_names_it(service: Service) -> None:
    doubled = "BIND(CONCAT(?t0, ?t0) AS ?t1) "
    doubled += " ".join(f"BIND(CONCAT(?t{i}, ?t{i}) AS ?t{i + 1})" for i in range(1, 30))
    reply = service.ask(f'SELECT (STRLEN(?t30) AS ?n) {{ BIND("0123456789" AS ?t0) {doubled} }}')
    assert reply.status == 507, outcomes([reply])
    assert reply.problem["limit"] == "query_memory_bytes"
    assert reply.problem["limit_value"] == 80_000_000
    service.wait_until_whole(HEALED_S)


def test_nesting_that_crashes_the_engine_ends_one_worker_only(service: Service) -> None:
    reply = service.ask("SELECT ?x { BIND(" + "(" * 5000 + "1" + ")" * 5000 + " AS ?x) }")
    assert reply.status == 507
    assert service.ask(small_query()).status == 200
    service.wait_until_whole(HEALED_S)


def test_result_over_its_limit_is_refused_and_never_cut(service: Service) -> None:
    reply = service.ask(WIDE)
    assert reply.status == 507
    assert reply.problem["limit"] == "result_bytes"


def test_large_result_arrives_whole(service: Service) -> None:
    reply = service.ask(f"{WIDE} LIMIT 20000")
    assert reply.status == 200
    assert len(json.loads(reply.body)["results"]["bindings"]) == 20000
    assert int(reply.headers["content-length"]) == len(reply.body) > 1_000_000


def test_system_holds_little_of_an_answer_that_nobody_reads(service: Service) -> None:
    with socket.socket() as visitor:
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        visitor.connect(("127.0.0.1", service.port))
        path = to_path(f"{WIDE} LIMIT 20000")
        visitor.sendall(f"GET {path} HTTP/1.1\r\nHost: graph.example\r\n\r\n".encode())
        assert visitor.recv(9, socket.MSG_WAITALL) == b"HTTP/1.1 "
        held, until = [0], time.monotonic() + 10
        while held[-1] < 50_000 or len(set(held[-5:])) > 1:
            assert time.monotonic() < until, f"it holds {held[-5:]} bytes"
            time.sleep(0.1)
            held.append(queued_for(visitor))
    assert held[-1] < 300_000


def queued_for(visitor: socket.socket) -> int:
    """How many bytes the system holds that the service has sent to a visitor."""
    server, own = (f":{end[1]:04X}" for end in (visitor.getpeername(), visitor.getsockname()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (queues,) = [row[4] for row in rows if row[1].endswith(server) and row[2].endswith(own)]
    return int(queues.partition(":")[0], 16)


def test_ordinary_queries_are_answered_while_endless_ones_run(hasty: Service) -> None:
    running_ones = [
        in_background(lambda at=at: hasty.ask(endless_query(), source=f"127.0.0.{at}"))
        for at in range(2, 8)
    ]
    with load(hasty, clients=2) as replies:
        until = time.monotonic() + HEALED_S
        while len(replies) < 20 and time.monotonic() < until:
            time.sleep(0.05)
    assert outcomes(replies) == {200}
    assert len(replies) >= 20
    assert {finish().status for finish in running_ones} <= {503, 504}
    hasty.wait_until_whole(HEALED_S)


def test_small_queries_are_answered_while_every_long_slice_is_an_endless_query_s(
    release: Path, tmp_path: Path
) -> None:
    limits = {"query_time_fast_ms": 8000, "query_time_slow_ms": 9000, "queue_wait_ms": 4000}
    with running(release, tmp_path / "temp", workers=1, fast_workers=2, **limits) as service:
        finish = [
            in_background(lambda n=n: service.ask(endless_query(), source=f"127.0.0.{n}"))
            for n in (2, 2, 3, 3)
        ]
        until = time.monotonic() + 10
        while b"\nkg_queries_in_hand 4.0" not in service.get("/metrics").body:
            assert time.monotonic() < until, "the endless queries are not in hand"
        found = [service.ask(small_query(), source="127.0.0.9") for _ in range(20)]
    assert outcomes(found) == {200}
    for ended in finish:
        ended()


def test_workers_killed_under_load_lose_no_request(service: Service) -> None:
    with load(service) as replies:
        for _ in range(3):
            for pid in service.pids("worker"):
                kill(pid)
                time.sleep(0.02)
            time.sleep(0.2)
    assert outcomes(replies) == {200}
    service.wait_until_whole(HEALED_S)


def test_query_whose_worker_is_killed_is_asked_again(service: Service) -> None:
    finish = in_background(lambda: service.ask(f"{WIDE} LIMIT 20000"))
    time.sleep(0.05)
    for pid in service.pids("worker"):
        os.kill(pid, signal.SIGKILL)
    assert finish().status == 200
    service.wait_until_whole(HEALED_S)


@pytest.mark.parametrize("role", ["foreman", "evaluator"])
def test_killed_process_of_the_evaluation_loses_no_request(service: Service, role: str) -> None:
    with load(service) as replies:
        time.sleep(0.2)
        (pid,) = service.pids(role)
        kill(pid)
        time.sleep(1.0)
    assert outcomes(replies) == {200}
    service.wait_until_whole(HEALED_S)
    assert pid not in service.tree


def test_queries_are_answered_within_a_second_of_the_evaluator_s_death(service: Service) -> None:
    for role in ("worker", "foreman", "evaluator"):
        kill(service.pids(role)[0])
        began = time.monotonic()
        assert service.ask(small_query()).status == 200
        assert time.monotonic() - began < 1
        service.wait_until_whole(HEALED_S)


@pytest.mark.parametrize("role", ["worker", "foreman", "evaluator", "web"])
def test_replacing_a_killed_process_takes_less_than_a_second_of_work(
    service: Service, role: str
) -> None:
    before = set(service.tree)
    kill(service.pids(role)[0])
    service.wait_until_whole(HEALED_S)
    work_s = {found: work_of(pid) for pid, found in service.tree.items() if pid not in before}
    assert work_s.keys() >= {role}
    assert sum(work_s.values()) < 1, work_s


def test_idle_connections_shut_nobody_out(service: Service) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with ExitStack() as opened:
        for number in range(2500):
            address = (f"127.0.6.{number % 250 + 1}", 0)
            opened.enter_context(
                socket.create_connection(("127.0.0.1", service.port), source_address=address)
            )
        assert service.ask(small_query()).status == 200
    assert service.ask(small_query()).status == 200


def test_killed_web_process_takes_only_its_own_connections_along(service: Service) -> None:
    with load(service) as replies:
        time.sleep(0.2)
        kill(service.pids("web")[0])
        time.sleep(1.0)
    broken = [reply for reply in replies if reply.status != 200]
    assert len(broken) <= 4
    assert {reply.status for reply in broken} <= {0}
    service.wait_until_whole(HEALED_S)


def test_both_web_processes_killed_twice_come_back(service: Service) -> None:
    for _ in range(2):
        for pid in service.pids("web"):
            kill(pid)
        service.wait_until_whole(HEALED_S)


def test_no_zombie_stays(service: Service) -> None:
    for role in ("worker", "foreman", "evaluator", "web"):
        kill(service.pids(role)[0])
    service.wait_until_whole(HEALED_S)
    time.sleep(1.1)
    everyone = [service.process.pid, *service.tree]
    below = [child for pid in everyone for child in children(pid)]
    assert {state_of(pid) for pid in below if is_alive(pid)}.isdisjoint({"Z"})
    assert sorted(below) == sorted(service.tree)


def test_worker_reaches_neither_network_nor_other_programs(service: Service) -> None:
    for pid in service.pids("worker"):
        status = Path(f"/proc/{pid}/status").read_text()
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status


def test_sigterm_lets_a_running_query_end_and_leaves_nothing(release: Path, tmp_path: Path) -> None:
    with running(release, tmp_path / "temp", query_time_slow_ms=60_000) as service:
        everyone = [service.process.pid, *service.tree]
        names = unix_names(of=service.process.pid)
        assert len(names) == 4
        finish = in_background(lambda: service.ask(f"{WIDE} LIMIT 50000"))
        service.wait_for_query_in_hand()
        service.process.send_signal(signal.SIGTERM)
        reply = finish()
        assert service.process.wait(HEALED_S) == 0
    assert reply.status == 200
    assert len(json.loads(reply.body)["results"]["bindings"]) == 50_000
    assert not [pid for pid in everyone if is_alive(pid)]
    assert not names & unix_names()
    assert list((tmp_path / "temp").iterdir()) == []


def test_the_service_heals_and_ends_while_nobody_reads_its_journal(
    release: Path, tmp_path: Path
) -> None:
    with running(release, tmp_path / "temp", log_queries=True, workers=1) as service:
        fill_stderr(service)
        assert outcomes([service.ask(small_query()) for _ in range(100)]) == {200}
        for role in ("worker", "foreman", "web"):
            kill(service.pids(role)[0])
            service.wait_until_whole(
                HEALED_S, {"web": 1, "evaluator": 1, "foreman": 1, "worker": 4}
            )
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(15) == 0


def test_fault_in_an_answer_is_500_while_nobody_reads_of_it(release: Path, tmp_path: Path) -> None:
    fault = "import server.operation; server.operation.current_site = None"
    with running(release, tmp_path / "temp", fault, workers=1) as service:
        fill_stderr(service)
        assert service.get("/healthz/live", timeout_s=20).status == 500


def test_fault_at_the_start_of_a_web_process_is_said_once_with_its_traceback(
    release: Path, tmp_path: Path
) -> None:
    fault = "import server.web; server.web.create_app = None"
    with starting(release, tmp_path / "temp", fault, workers=1) as service:
        _, said = service.process.communicate(timeout=40)
    assert said.count(b"Traceback (most recent call last):\n") == 1
    assert b", in become_web_process\n" in said
    assert said.endswith(
        b"TypeError: 'NoneType' object is not callable\na web process ended before it was ready\n"
    )
    assert service.process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_every_process_ends_the_service_like_one_to_the_first(
    release: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with running(release, tmp_path / "temp", workers=4, query_time_slow_ms=60_000) as service:
        finish = in_background(lambda: service.ask(f"{WIDE} LIMIT 50000"))
        service.wait_for_query_in_hand()
        for pid in (*service.tree, service.process.pid):
            os.kill(pid, number)
        assert finish().status == 200
        assert service.process.wait(10) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_service_told_to_end_while_it_starts_ends_without_an_error(
    release: Path, tmp_path: Path, number: signal.Signals
) -> None:
    for _ in range(3):  # each time at a somewhat other moment
        with starting(release, tmp_path / "temp") as service:
            one_more(service, "evaluator", set())
            first = one_more(service, "web", set())
            second = one_more(service, "web", {first})
            with stopped(service.process.pid):
                kill(first)
                kill(second)
                service.process.send_signal(number)
            assert service.process.wait(10) == 0


def test_killed_supervisor_takes_everything_along(release: Path, tmp_path: Path) -> None:
    with running(release, tmp_path / "temp", query_time_slow_ms=60_000) as service:
        everyone = list(service.tree)
        assert len(everyone) == 8
        in_background(lambda: service.ask(endless_query()))
        service.wait_for_query_in_hand()
        names = unix_names(of=service.process.pid)
        kill(service.process.pid)
        service.process.wait()
        until = time.monotonic() + HEALED_S
        while [pid for pid in everyone if is_alive(pid)] and time.monotonic() < until:
            time.sleep(0.02)
        assert not [pid for pid in everyone if is_alive(pid) and state_of(pid) != "Z"]
        assert not names & unix_names()
    assert list((tmp_path / "temp").iterdir()) == []


def test_killed_tests_take_what_they_started_along() -> None:
    program = f"""
import subprocess, sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from leash import leashed
print(subprocess.Popen(leashed("sleep", "1000")).pid, flush=True)
time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as tests:
        assert tests.stdout is not None
        started = int(tests.stdout.readline())
        until = time.monotonic() + HEALED_S
        while b"sleep" not in Path(f"/proc/{started}/cmdline").read_bytes().split(b"\0")[:1]:
            assert time.monotonic() < until, "it was not started"
            time.sleep(0.01)
        tests.kill()
    while state_of(started) not in ("", "Z"):
        assert time.monotonic() < until, "it lives on"
        time.sleep(0.01)


@pytest.mark.parametrize("keep", [False, True], ids=["new connections", "kept connections"])
def test_sighup_takes_the_new_release_without_a_failed_request(tmp_path: Path, keep: bool) -> None:
    place = write_small_release(tmp_path / "release", numbers(10))
    new = write_small_release(tmp_path / "new", numbers(20))
    question = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    with running(place, tmp_path / "temp") as service:
        old = set(service.tree)
        with load(service, keep=keep) as replies:
            place.rename(tmp_path / "old")
            shutil.copytree(new, place)
            service.process.send_signal(signal.SIGHUP)
            until = time.monotonic() + HEALED_S
            while b'"20"' not in service.ask(question).body and time.monotonic() < until:
                time.sleep(0.02)
            while old & set(service.tree) and time.monotonic() < until:
                time.sleep(0.05)
        assert b'"20"' in service.ask(question).body
        assert outcomes(replies) == {200}
        service.wait_until_whole(HEALED_S)
        assert not old & set(service.tree)


def test_web_process_killed_before_a_new_release_is_ready_is_replaced_once(
    release: Path, tmp_path: Path
) -> None:
    with running(release, tmp_path / "temp") as service:
        old, webs = set(service.tree), set(service.pids("web"))
        service.process.send_signal(signal.SIGHUP)
        with stopped(one_more(service, "evaluator", old)):
            kill(min(webs))
            one_more(service, "web", old)
            replies = [service.ask(small_query()) for _ in range(12)]
        assert outcomes(replies) == {200}
        assert all("etag" in reply.headers for reply in replies)
        wait_until_gone(old)
        service.wait_until_whole(HEALED_S)


def test_web_process_that_starts_over_the_old_release_drives_out_no_newer_one(
    release: Path, tmp_path: Path
) -> None:
    with running(release, tmp_path / "temp") as service:
        old = set(service.tree)
        kill(min(service.pids("web")))
        late = one_more(service, "web", old)
        with ExitStack() as newer:
            with stopped(late):
                service.process.send_signal(signal.SIGHUP)
                one_more(service, "evaluator", old)
                first = one_more(service, "web", old | {late})
                newer.enter_context(stopped(first))
                second = one_more(service, "web", old | {late, first})
                newer.enter_context(stopped(second))
            wait_until_ready(late)
        wait_until_gone(old | {late})
        service.wait_until_whole(HEALED_S)


def test_web_process_that_dies_beside_its_successor_is_not_replaced(
    release: Path, tmp_path: Path
) -> None:
    with running(release, tmp_path / "temp") as service:
        old, webs = set(service.tree), service.pids("web")
        wait_until_grown(webs)
        service.process.send_signal(signal.SIGHUP)
        one_more(service, "evaluator", old)
        first = one_more(service, "web", old)
        with stopped(first):
            second = one_more(service, "web", old | {first})
            with stopped(second):
                for pid in webs:
                    kill(pid)
                wait_until_gone(set(webs))
        wait_until_gone(old)
        service.wait_until_whole(HEALED_S)
        assert set(service.pids("web")) == {first, second}


def test_damaged_new_release_leaves_the_old_one_serving(tmp_path: Path) -> None:
    place = write_small_release(tmp_path / "release", numbers(10))
    with running(place, tmp_path / "temp") as service:
        old = set(service.pids("web"))
        (place / "release.json").write_text("{}")
        service.process.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        assert service.ask(small_query()).status == 200
        assert set(service.pids("web")) == old


def test_web_processes_are_replaced_while_a_release_that_is_refused_lies_in_the_folder(
    tmp_path: Path,
) -> None:
    place, damaged, good = write_releases(tmp_path, 10, 20, 30)
    shutil.rmtree(damaged / "store")
    with running(place, tmp_path / "temp") as service:
        before = set(service.tree)
        take_place(damaged, place)
        one_more(service, "evaluator", before)
        for pid in service.pids("web"):
            kill(pid)
        service.wait_until_whole(HEALED_S)
        assert count_numbers(service) == 10
        take_place(good, place)
        wait_for_numbers(service, 30)
        service.process.terminate()
        _, said = service.process.communicate(timeout=40)
    assert f"the new release is not taken up: {place}: the release is damaged".encode() in said


def test_new_release_is_taken_up_though_its_first_evaluator_is_killed(tmp_path: Path) -> None:
    place, new = write_releases(tmp_path, 10, 20)
    with running(place, tmp_path / "temp") as service:
        before = set(service.tree)
        take_place(new, place)
        kill(one_more(service, "evaluator", before))
        wait_for_numbers(service, 20)


def test_release_in_the_folder_is_served_once_the_one_served_is_gone_from_the_disk(
    tmp_path: Path,
) -> None:
    place, new = write_releases(tmp_path, 10, 20)
    with running(place, tmp_path / "temp") as service:
        known = set(service.tree)
        served = service.pids("evaluator") + service.pids("foreman")
        old = take_place(new, place)
        for _ in range(3):
            known.add(killed := one_more(service, "evaluator", known))
            kill(killed)
        time.sleep(1.5)
        assert count_numbers(service) == 10, "an evaluator that ends three times is given up"
        shutil.rmtree(old)
        for pid in served:
            kill(pid)
        wait_for_numbers(service, 20)


def test_query_is_refused_in_time_while_nobody_evaluates(release: Path, tmp_path: Path) -> None:
    with running(release, tmp_path / "temp", queue_wait_ms=1000) as service:
        (evaluator,), (foreman,) = service.pids("evaluator"), service.pids("foreman")
        with stopped(evaluator):
            kill(foreman)
            wait_until_gone(set(service.pids("worker")))
            began = time.monotonic()
            reply = service.ask(small_query())
            took_s = time.monotonic() - began
        assert (reply.status, reply.problem["limit"]) == (503, "queue_wait_ms")
        assert took_s < 8  # the wait, a second more, and two for the foreman
        service.wait_until_whole(HEALED_S)


def test_service_that_cannot_open_its_release_says_so_and_ends(tmp_path: Path) -> None:
    place = write_small_release(tmp_path / "release", numbers(10))
    shutil.rmtree(place / "store")
    with (
        pytest.raises(AssertionError, match=f"{re.escape(str(place))}: the release is damaged"),
        running(place, tmp_path / "temp"),
    ):
        pass
    assert os.listdir(tmp_path / "temp") == []
