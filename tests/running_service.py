"""A service as `kg serve` starts it, with real processes, for the tests that hurt them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from leash import leashed
from listening import free_port

from server import Settings
from server.evaluation.generation import Generation
from server.evaluation.system import children
from server.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
_START = """
import json, sys
from pathlib import Path
from kg.errors import KnowledgeError
from server import Settings, run
exec(sys.argv[3])
try:
    run(Settings(Path(sys.argv[1]), **json.loads(sys.argv[2])))
except KnowledgeError as error:
    sys.exit(str(error))
"""
_NUMBERS = count(1)


def default_limits(**chosen: int) -> Limits:
    """The limits that the settings have by default, but for those chosen."""
    limits: dict[str, Any] = {}
    for setting in fields(Settings):
        if setting.default_factory is not MISSING:
            limits[setting.name] = setting.default_factory()
        else:
            limits[setting.name] = setting.default
    return Limits(**{limit.name: limits[limit.name] for limit in fields(Limits)} | chosen)


def small_query() -> str:
    """A query that nobody has asked before, with one row."""
    return f"SELECT ?n WHERE {{ ?s ?p ?o BIND({next(_NUMBERS)} AS ?n) }} LIMIT 1"


def endless_query() -> str:
    """A query that nobody has asked before, and that no engine answers in time."""
    pairs = " ".join(f"?a{i} ?b{i} ?c{i} ." for i in range(6))
    return f"SELECT (COUNT(*) AS ?n{next(_NUMBERS)}) WHERE {{ {pairs} }}"


@dataclass(frozen=True)
class Reply:
    """What came back: `status` is 0 when the connection broke."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def problem(self) -> dict[str, object]:
        """The body as a problem document."""
        return dict(json.loads(self.body))


@dataclass
class Service:
    """A running service: its first process and the port it listens on."""

    process: subprocess.Popen[bytes]
    port: int
    temp: Path

    def get(self, path: str, timeout_s: float = 60, source: str = "127.0.0.1") -> Reply:
        """Ask over a connection of its own."""
        conn = self.connect(timeout_s, source)
        try:
            return get_over(conn, path)
        finally:
            conn.close()

    def connect(self, timeout_s: float = 60, source: str = "127.0.0.1") -> HTTPConnection:
        """Make a connection for more than one request."""
        return HTTPConnection("127.0.0.1", self.port, timeout=timeout_s, source_address=(source, 0))

    def ask(self, query: str, timeout_s: float = 60, source: str = "127.0.0.1") -> Reply:
        """Ask a query."""
        return self.get(to_path(query), timeout_s, source)

    def post(self, query: str, source: str = "127.0.0.1") -> Reply:
        """Ask a query with POST: it takes a thread."""
        conn = self.connect(source=source)
        try:
            conn.request("POST", "/sparql", query, {"Content-Type": "application/sparql-query"})
            return read_reply(conn)
        finally:
            conn.close()

    @property
    def tree(self) -> dict[int, str]:
        """All living processes of the service by role."""
        return _tree(self.process.pid)

    def pids(self, role: str) -> list[int]:
        """The processes of one role: web, evaluator, foreman, worker."""
        return [pid for pid, found in self.tree.items() if found == role]

    def wait_for_query_in_hand(self) -> None:
        """Wait until the service works on a query."""
        until = time.monotonic() + 10
        while b"\nkg_queries_in_hand 0.0" in self.get("/metrics").body:
            assert time.monotonic() < until, "nobody's query is in hand"

    def wait_until_whole(self, limit_s: float, shape: dict[str, int] | None = None) -> float:
        """Wait until every process is there and a query is answered; gives the seconds it took."""
        wanted = shape or {"web": 2, "evaluator": 1, "foreman": 1, "worker": 4}
        began = time.monotonic()
        while time.monotonic() - began < limit_s:
            roles = list(self.tree.values())
            whole = {role: roles.count(role) for role in wanted} == wanted
            if whole and self.ask(small_query()).status == 200:
                return time.monotonic() - began
            time.sleep(0.02)
        raise AssertionError(f"after {limit_s} s there is only {self.tree}")


def to_path(query: str) -> str:
    """Write the address that asks a query."""
    return "/sparql?" + urlencode({"query": query})


def get_over(conn: HTTPConnection, path: str) -> Reply:
    """Ask over a connection; one that breaks is closed, and made anew when it is used again."""
    try:
        conn.request("GET", path, headers={"Accept": "application/sparql-results+json"})
        return read_reply(conn)
    except (OSError, HTTPException):
        conn.close()
        return Reply(0)


def read_reply(conn: HTTPConnection) -> Reply:
    """Read the answer to what was asked last."""
    answer = conn.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, answer.read(), headers)


@contextmanager
def running(release: Path, temp: Path, fault: str = "", **settings: object) -> Iterator[Service]:
    """Start a service and wait for its first answer, and see to it that it ends; see `starting`."""
    with starting(release, temp, fault, **settings) as service:
        _wait_for_first_answer(service)
        yield service


@contextmanager
def starting(release: Path, temp: Path, fault: str = "", **settings: object) -> Iterator[Service]:
    """Start a service, and see to it that it ends.

    `fault` is Python that puts a fault into the supervisor and the web processes.
    """
    port = free_port()
    given = {"port": port, "workers": 2, "fast_workers": 2}
    given |= {"slow_workers": 2, "log_queries": False, "query_time_slow_ms": 3000, **settings}
    temp.mkdir(exist_ok=True)
    process = subprocess.Popen(
        leashed(sys.executable, "-c", _START, str(release), json.dumps(given), fault),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temp)},
        stderr=subprocess.PIPE,
    )
    service = Service(process, port, temp)
    try:
        yield service
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr is not None:
            process.stderr.close()


@contextmanager
def evaluating(release: Path, limits: Limits) -> Iterator[Generation]:
    """Have an evaluator at work, without web processes, and see to it that it ends."""
    generation = Generation(release, limits)
    try:
        generation.hear()
        assert generation.error == ""
        yield generation
    finally:
        generation.retire()
        until = time.monotonic() + 5
        while not generation.has_ended(kill=time.monotonic() > until):
            time.sleep(0.02)


def _wait_for_first_answer(service: Service) -> None:
    until = time.monotonic() + 40
    while service.ask(small_query()).status != 200:
        if service.process.poll() is not None or time.monotonic() > until:
            service.process.kill()
            assert service.process.stderr is not None
            raise AssertionError(service.process.stderr.read().decode())
        time.sleep(0.05)


@contextmanager
def load(service: Service, clients: int = 4, *, keep: bool = False) -> Iterator[list[Reply]]:
    """Ask small queries without a pause while the block runs; the replies are there after it.

    Each has a connection of its own, unless clients `keep` theirs.
    """
    replies: list[Reply] = []
    done = threading.Event()

    def work() -> None:
        conn = service.connect()
        while not done.is_set():
            replies.append(get_over(conn, to_path(small_query())))
            if not keep:
                conn.close()
        conn.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield replies
    finally:
        done.set()
        for thread in threads:
            thread.join()


def outcomes(replies: list[Reply]) -> set[int | str]:
    """The statuses of some replies; what is not 200 with the words of its problem."""
    return {
        reply.status if reply.status == 200 else f"{reply.status} {reply.body.decode()[:400]}"
        for reply in replies
    }


def in_background(task: Callable[[], Reply]) -> Callable[[], Reply]:
    """Start a task in a thread; call what is given back to wait for its reply."""
    found: list[Reply] = []
    thread = threading.Thread(target=lambda: found.append(task()))
    thread.start()

    def finish() -> Reply:
        thread.join()
        return found[0]

    return finish


def is_alive(pid: int) -> bool:
    """Tell whether a process exists, as a zombie too."""
    return Path(f"/proc/{pid}").exists()


def kill(pid: int) -> None:
    """Kill a process the hard way, and wait until it has ended."""
    os.kill(pid, signal.SIGKILL)
    while state_of(pid) not in ("", "Z"):
        time.sleep(0.001)


def state_of(pid: int) -> str:
    """The letter by which the kernel names the state of a process: Z is a zombie, "" nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def work_of(pid: int) -> float:
    """The seconds of processor time that a process and its collected children have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def age_of(pid: int) -> float:
    """The seconds since a process was born."""
    born = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - born / os.sysconf("SC_CLK_TCK")


def unix_names(of: int | None = None) -> set[str]:
    """The names of the unix sockets of this machine, or of those that one process holds."""
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    named = {row[6]: row[7] for row in rows if len(row) > 7}
    if of is None:
        return set(named.values())
    held = {os.readlink(place) for place in Path(f"/proc/{of}/fd").iterdir()}
    return {name for inode, name in named.items() if f"socket:[{inode}]" in held}


def _tree(root: int) -> dict[int, str]:
    roles: dict[int, str] = {}
    for child in children(root):
        try:
            said = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"server.evaluation.evaluator" not in said:
            if said and b"-c" in said.split(b"\0"):
                roles[child] = "web"
            continue
        roles[child] = "evaluator"
        for foreman in children(child):
            roles[foreman] = "foreman"
            roles |= dict.fromkeys(children(foreman), "worker")
    return {pid: role for pid, role in roles.items() if state_of(pid) not in ("", "Z")}
