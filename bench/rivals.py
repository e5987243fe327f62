"""The servers to compare with: installed from PyPI, each into an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bench.errors import BenchError

_PACKAGES = {
    "oxigraph": ("oxigraph==0.5.13",),
    "rdflib-endpoint": ("rdflib-endpoint==0.6.3", "rdflib==7.6.0", "uvicorn[standard]>=0.30,<1"),
}


def oxigraph(cache: Path) -> str:
    """Give the path of Oxigraph's program, installing it the first time."""
    return _program(cache, "oxigraph")


def rdflib_endpoint(cache: Path) -> str:
    """Give the path of rdflib-endpoint's program, installing it the first time."""
    return _program(cache, "rdflib-endpoint")


def wrk() -> str:
    """Find wrk, the load generator.

    Raises:
        BenchError: when it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        message = "wrk is missing, the program that sends the requests; on Debian or Ubuntu: "
        raise BenchError(message + "apt install wrk (macOS: brew install wrk)")
    return found


def versions(cache: Path) -> dict[str, str]:
    """Tell which version of each rival is installed."""
    return {
        "oxigraph": _ask(oxigraph(cache), "--version").rpartition(" ")[2],
        "rdflib-endpoint": _PACKAGES["rdflib-endpoint"][0].partition("==")[2],
        "wrk": (_ask(wrk(), "--version").split("[")[0].split() + ["?", "?"])[1],
    }


def _program(cache: Path, name: str) -> str:
    folder = cache / f"venv-{name}"
    program = folder / "bin" / name
    if not program.exists():
        print(f"Installing {name} into {folder} (once) ...", file=sys.stderr)
        _run([sys.executable, "-m", "venv", str(folder)], name)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
        _run([*pip, "install", *_PACKAGES[name]], name)
    return str(program)


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{name} cannot be installed: {done.stderr.strip()[-400:]}")


def _ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()
