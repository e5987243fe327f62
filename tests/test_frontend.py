"""What comes from npm: pinned, built only when needed, and missed by nobody where it cannot be."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from server.site import hash_code

PAGES = Path(__file__).resolve().parent.parent / "server" / "pages"
FRONTEND = PAGES / "frontend"
BUILT = PAGES / "static" / "built"


@pytest.fixture(scope="module")
def frontend() -> ModuleType:
    """The build script, which is no part of the package."""
    spec = spec_from_file_location("frontend_build", FRONTEND / "build.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_program(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    path.chmod(0o755)


def test_every_package_is_pinned_and_no_registry_is_named() -> None:
    asked = json.loads((FRONTEND / "package.json").read_text("utf-8"))
    for versions in (asked["dependencies"], asked["devDependencies"]):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    locked = json.loads((FRONTEND / "package-lock.json").read_text("utf-8"))["packages"]
    for name, package in locked.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_the_editor_is_built() -> None:
    if not (BUILT / "editor.js").is_file() and not os.environ.get("CI"):
        pytest.skip("the editor is not built; `make frontend` says why")
    assert (BUILT / "editor.js").stat().st_size > 100_000
    assert (BUILT / "editor.css").is_file()
    assert "@zazuko/yasqe" in (BUILT / "licenses.txt").read_text("utf-8")


def test_a_build_is_due_only_when_its_sources_change(frontend: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "editor.js").write_text("one", encoding="utf-8")
    first = frontend.to_digest(tmp_path)
    assert not frontend.is_built(tmp_path, first)
    (tmp_path / frontend.STAMP).write_text(first, encoding="ascii")
    assert frontend.is_built(tmp_path, frontend.to_digest(tmp_path))
    (tmp_path / "editor.js").write_text("two", encoding="utf-8")
    assert not frontend.is_built(tmp_path, frontend.to_digest(tmp_path))


@pytest.mark.parametrize(("version", "taken"), [("v16.20.2", False), ("v18.0.0", True)])
def test_an_old_node_is_left_alone(
    frontend: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    taken: bool,
) -> None:
    write_program(tmp_path / "node", f"echo {version}")
    write_program(tmp_path / "npm", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (frontend.find_node() is not None) is taken


def test_without_node_one_sentence_says_so_and_nothing_fails(tmp_path: Path) -> None:
    folder = tmp_path / "server" / "pages" / "frontend"
    shutil.copytree(FRONTEND, folder, ignore=shutil.ignore_patterns("node_modules"))
    # The lock file stays behind, so pip fails at once instead of asking the network.
    command = [sys.executable, "-S", str(folder / "build.py")]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=True)
    assert "The pages go without their editor for queries: `python" in done.stderr
    assert "requirements-node.lock" in done.stderr
    assert "make frontend" in done.stderr
    assert not (folder.parent / "static").exists()


def test_a_build_that_fails_leaves_the_old_one(
    frontend: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "built"
    built.mkdir()
    (built / "editor.js").write_text("old", encoding="utf-8")
    monkeypatch.setattr(frontend, "BUILT", built)
    write_program(tmp_path / "node", "echo no such version >&2; exit 1")
    with pytest.raises(frontend.BuildError, match="no such version"):
        frontend.write_bundles(frontend.Node(tmp_path / "node", tmp_path / "npm"), "new")
    assert (built / "editor.js").read_text("utf-8") == "old"


def test_a_new_build_changes_the_address_of_static_files(tmp_path: Path) -> None:
    built, sources = tmp_path / "pages" / "static" / "built", tmp_path / "pages" / "frontend"
    for folder in (built, sources):
        folder.mkdir(parents=True)
    (built / "editor.js").write_text("one", encoding="utf-8")
    before = hash_code(tmp_path)
    (sources / "editor.js").write_text("not served", encoding="utf-8")
    assert hash_code(tmp_path) == before
    (built / "editor.js").write_text("two", encoding="utf-8")
    assert hash_code(tmp_path) != before
