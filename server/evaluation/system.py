"""What Linux offers to keep processes apart; where it is not there, nothing happens."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path

_PDEATHSIG, _SUBREAPER, _NO_NEW_PRIVILEGES, _SECCOMP = 1, 36, 38, 22
_FILTER_MODE = 2
_MOST_HEAPS, _MAPPED_FROM = -8, -3
_LARGE_BYTES = 512 * 1024
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000

# Calls that no evaluation of a query makes: other machines, other programs, other processes,
# changes to the disk. Their numbers on x86_64 and aarch64, from the kernel's tables.
_FORBIDDEN = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "sendmmsg": (307, 269),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "setns": (308, 268),
    "unshare": (272, 97),
    "mount": (165, 40),
    "creat": (85, None),
    "truncate": (76, 45),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchownat": (260, 54),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # the latter gives EPERM


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent, `parent`, ends."""
    _prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent ends, so that none stays a zombie."""
    _prctl(_SUBREAPER, 1)


def find_open(folder: int) -> Path | None:
    """Give the path of an open folder that leads to it whatever it is called by now, if any does.

    It holds in this process and in those forked from it.
    """
    path = Path(f"/proc/self/fd/{folder}")
    return path if path.is_dir() else None


def wait_for_turns() -> None:
    """Have this process, when it is woken, wait until the one that runs pauses.

    Processes that talk to each other then take turns less often, and do more at each turn.
    """
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def keep_one_heap() -> None:
    """Have all threads of this process take memory from one heap; to be called before they start.

    Else each fills a heap of its own, where what is freed again is of no use to the others. Large
    blocks stay out of it and go back to the system at once: small ones would soon lie in their
    gaps.
    """
    settle = getattr(ctypes.CDLL(None), "mallopt", None)
    if settle is not None:
        settle(_MOST_HEAPS, 1)
        settle(_MAPPED_FROM, _LARGE_BYTES)


def leave_network() -> bool:
    """Give up every network interface, the loopback too; False where the system forbids it."""
    if sys.platform != "linux":
        return False
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    return bool(unshare(_NEW_NET) == 0 or unshare(_NEW_USER | _NEW_NET) == 0)


def forbid_calls() -> bool:
    """Have the kernel refuse new sockets, programs and processes; False where it cannot."""
    known = _ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return False
    column, architecture = known
    calls = [call for row in _FORBIDDEN.values() if (call := row[column]) is not None]
    last = len(calls) + 5
    lines = [
        (_LOAD, 0, 0, 4),
        (_IF_EQUAL, 0, last - 2, architecture),
        (_LOAD, 0, 0, 0),
        (_IF_AT_LEAST, last - 4, 0, 0x40000000),  # the numbers of the x32 variant
        *((_IF_EQUAL, last - 5 - at, 0, call) for at, call in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return _install(lines)


def _install(lines: list[tuple[int, int, int, int]]) -> bool:
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(program)
    if _prctl(_NO_NEW_PRIVILEGES, 1) != 0:
        return False
    return _prctl(_SECCOMP, _FILTER_MODE, ctypes.addressof(buffer)) == 0


def cap_memory(more_bytes: int) -> int:
    """Let this process grow by so many bytes at most; gives its size now."""
    size = virtual_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (size + more_bytes,) * 2)
    return size


def virtual_bytes() -> int:
    """Tell the size of this process's address space; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def resident_bytes() -> int:
    """Tell how much memory this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def owned_bytes() -> int:
    """Tell how much memory this process has written to since it was forked, at most.

    What its parent had filled is shared until then: each page's first write is a minor fault.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()


def children(pid: int) -> list[int]:
    """List the child processes of a process; empty where the system does not say."""
    found: list[int] = []
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, place.read_text().split())
        except OSError:
            continue
    return found


def _prctl(option: int, value: int, pointer: int = 0) -> int:
    if sys.platform != "linux":
        return -1
    call = ctypes.CDLL(None, use_errno=True).prctl
    call.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return int(call(option, value, pointer, 0, 0))


def close_all_but(*kept: int) -> None:
    """Close every open file but those named."""
    low = 0
    for number in sorted(kept):
        if low < number:  # an empty range would be taken for an endless one
            os.closerange(low, number)
        low = number + 1
    os.closerange(low, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
