"""What tests need beside Python: a browser, Java, two checkers from npm, and sssom on its own.

`make test` runs this to bring along what it may. What cannot be had is said; the tests that need
it are then left out, and the last lines of the run name them. In CI they fail.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
CHECKERS = HERE / "checkers"
FRONTEND = HERE.parent / "server" / "pages" / "frontend" / "build.py"
AXE = CHECKERS / "node_modules" / "axe-core" / "axe.min.js"
HTML_CHECKER = CHECKERS / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# With what it asks for it would double what the tests install beside each other, and it brings a
# pytest plugin of 2015: so it lives in an environment of its own.
SSSOM = HERE.parent / ".cache" / "sssom"
SSSOM_LOCK = CHECKERS / "requirements-sssom.lock"
NEED_SSSOM = "needs sssom from PyPI: python tests/equipment.py installs it"
NEED_CHECKERS = "needs checkers from npm: python tests/equipment.py fetches them"


@dataclass(frozen=True)
class Program:
    """A program of the machine, and Debian's package that has it."""

    name: str
    package: str

    @property
    def setting(self) -> str:
        """The environment variable that names it where it is not on the path."""
        return self.name.upper()

    def find(self) -> str | None:
        """Find it: what the setting names, or the one on the path."""
        return shutil.which(os.environ.get(self.setting) or self.name)

    @property
    def need(self) -> str:
        """Say how to get it."""
        return (
            f"needs {self.name}: apt-get install {self.package}, "
            f"or name the one you have with {self.setting}=/path/to/{self.name}"
        )


CHROMIUM = Program("chromium", "chromium")
JAVA = Program("java", "default-jre-headless")


def main() -> None:
    """Bring along what is missing."""
    missing = [program for program in (CHROMIUM, JAVA) if not program.find()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install([program.package for program in missing])
    for program in missing:
        if not program.find():
            print(f"Some tests will be left out: {program.need}", file=sys.stderr)
    if not are_checkers_whole():
        fetch_checkers()
    if not find_sssom():
        install_sssom()


def install(packages: list[str]) -> None:
    """Install Debian's packages; what apt-get says is shown when it fails."""
    print(f"Installing {' and '.join(packages)} (a minute, once) ...", file=sys.stderr)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *command], env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr, file=sys.stderr)


def are_checkers_whole() -> bool:
    """Tell whether the checkers are there as the lock file asks for them."""
    fetched = CHECKERS / "node_modules" / ".package-lock.json"
    if not fetched.is_file():
        return False
    return fetched.stat().st_mtime >= (CHECKERS / "package-lock.json").stat().st_mtime


def fetch_checkers() -> None:
    """Fetch the checkers with the Node that builds the pages' editor."""
    print("Fetching axe-core and the Nu Html Checker (30 MB, once) ...", file=sys.stderr)
    frontend = load_frontend()
    try:
        node = frontend.find_node() or frontend.install_node()
        node.run(node.npm, "ci", "--prefix", str(CHECKERS), "--loglevel=error")
    except frontend.BuildError as error:
        print(f"Some tests will be left out: {error}", file=sys.stderr)


def find_sssom() -> Path | None:
    """Find the Python that has sssom as the lock file asks for it."""
    mark = SSSOM / "installed"
    if not mark.is_file() or mark.stat().st_mtime < SSSOM_LOCK.stat().st_mtime:
        return None
    return SSSOM / "bin" / "python"


def install_sssom() -> None:
    """Install sssom into its own environment."""
    print("Installing sssom, which checks mappings (320 MB, once) ...", file=sys.stderr)
    pip = [str(SSSOM / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    # Not what the lock file leaves out on purpose.
    wanted = ["install", "--no-deps", "--require-hashes", "-r", str(SSSOM_LOCK)]
    for command in ([sys.executable, "-m", "venv", "--clear", str(SSSOM)], [*pip, *wanted]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"Some tests will be left out: {done.stderr}", file=sys.stderr)
            return
    (SSSOM / "installed").touch()


def load_frontend() -> ModuleType:
    """Load the script that builds the pages' editor; it is no part of a package."""
    spec = spec_from_file_location("frontend_build", FRONTEND)
    assert spec and spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
