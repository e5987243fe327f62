"""Start a server, find all of its processes, weigh them, and see what it leaves behind (Linux)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

_MARK = "BENCH_SERVICE"
_PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """What processes hold, in bytes: `rss` counts shared pages in each, `pss` shares them out."""

    processes: int
    rss: int
    pss: int


@dataclass
class Running:
    """A server that runs, with every process that descends from it."""

    process: subprocess.Popen[bytes]
    mark: str
    folder: Path
    log: Path
    start_s: float = 0.0

    def members(self) -> list[int]:
        """List the ids of the server's living processes: those that inherited its mark."""
        mark = f"{_MARK}={self.mark}".encode()
        return [pid for pid in _pids() if mark in _read(pid, "environ").split(b"\0")]

    def zombies(self) -> list[int]:
        """List dead children of the server's processes that nobody has collected."""
        members = set(self.members())
        return [pid for pid in _pids() if _state(pid) == "Z" and _parent(pid) in members]

    def memory(self) -> Memory:
        """Weigh all processes of the server."""
        sizes = [_sizes(pid) for pid in self.members()]
        return Memory(len(sizes), sum(rss for rss, _ in sizes), sum(pss for _, pss in sizes))

    def sockets(self) -> set[str]:
        """Name the unix sockets that the server's processes hold."""
        links = {link for pid in self.members() for link in _links(pid)}
        return {name for inode, name in _unix_sockets() if f"socket:[{inode}]" in links}

    def shared_memory(self) -> set[Path]:
        """List the files of shared memory that the server's processes have mapped."""
        lines = (line for pid in self.members() for line in _read(pid, "maps").split(b"\n"))
        paths = {
            Path(os.fsdecode(line[line.index(b"/") :])) for line in lines if b"/dev/shm/" in line
        }
        return {path for path in paths if path.exists()}

    def work_s(self) -> float:
        """Give the processor time spent so far by all processes, collected dead ones too."""
        ticks = sum(sum(map(int, _stat(pid)[11:15])) for pid in self.members())
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self, grace_s: float = 30) -> list[str]:
        """Tell the server to end; says in sentences what it left behind."""
        found = []
        sockets, shared = self.sockets(), self.shared_memory()
        self.process.terminate()
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            found.append(f"it did not end within {grace_s:.0f} s of SIGTERM")
            self.process.kill()
            self.process.wait()
        time.sleep(0.5)
        if left := self.members():
            found.append(f"{len(left)} processes still run")
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if held := sockets & {name for _, name in _unix_sockets()}:
            found.append(f"{len(held)} unix sockets")
        if mapped := [path for path in shared if path.exists()]:
            found.append(f"{len(mapped)} files of shared memory")
        files = sorted(path.name for path in (self.folder / "tmp").iterdir())
        if files:
            found.append(f"files in its temporary folder: {', '.join(files[:5])}")
        return found


def start(
    command: Sequence[str],
    folder: Path,
    is_ready: Callable[[], bool],
    *,
    cwd: Path | None = None,
    limit_s: float = 900,
) -> Running:
    """Start a server and wait until it answers; it gets a temporary folder of its own.

    Raises:
        BenchError: when it ends, or does not answer in time; with the last lines it wrote.
    """
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    log, mark = folder / "log", uuid.uuid4().hex
    settings = {**os.environ, _MARK: mark, "TMPDIR": str(temporary)}
    began = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    running = Running(process, mark, folder, log)
    try:
        while not is_ready():
            spent = time.monotonic() - began
            if process.poll() is not None or spent > limit_s:
                what = "ended" if process.returncode is not None else "does not answer"
                tail = log.read_text(encoding="utf-8", errors="replace")[-800:]
                raise BenchError(f"{command[0]} {what} after {spent:.0f} s; it said:\n{tail}")
            time.sleep(0.02)
    except BaseException:
        running.stop(5)
        raise
    running.start_s = time.monotonic() - began
    return running


def free_port() -> int:
    """Find a TCP port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _links(pid: int) -> set[str]:
    """List what the open files of a process are."""
    found = set()
    with contextlib.suppress(OSError):
        for place in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(os.readlink(place))
    return found


def _unix_sockets() -> set[tuple[str, str]]:
    """List the unix sockets of this machine that have a name: inode and name."""
    rows = (line.split() for line in (_PROC / "net" / "unix").read_text().splitlines()[1:])
    return {(row[6], row[7]) for row in rows if len(row) > 7}


def _stat(pid: int) -> list[str]:
    return _read(pid, "stat").decode("utf-8", "replace").rpartition(")")[2].split()


def _state(pid: int) -> str:
    return (_stat(pid) or ["?"])[0]


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if len(fields) > 1 else 0


def _sizes(pid: int) -> tuple[int, int]:
    """Read a process's resident and proportional size, in bytes."""
    found = {"Rss": 0, "Pss": 0}
    for line in _read(pid, "smaps_rollup").decode().splitlines():
        name, _, rest = line.partition(":")
        if name in found:
            found[name] = int(rest.split()[0]) * 1024
    return found["Rss"], found["Pss"]
