"""What tests need beside Python: pinned, and missed in so many words where it cannot be had."""

import json
import subprocess
import sys

import pytest
from equipment import CHECKERS, CHROMIUM, HERE


def test_every_checker_is_pinned_and_no_registry_is_named() -> None:
    asked = json.loads((CHECKERS / "package.json").read_text("utf-8"))["devDependencies"]
    locked = json.loads((CHECKERS / "package-lock.json").read_text("utf-8"))["packages"]
    for name, version in asked.items():
        package = locked[f"node_modules/{name}"]
        assert package["version"] == version
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


def test_what_cannot_be_had_is_said_with_the_way_to_get_it() -> None:
    # Without a path there is no apt-get either.
    command = [sys.executable, "-S", str(HERE / "equipment.py")]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=True)
    for words in (
        "Some tests will be left out: needs chromium: apt-get install chromium, or name the one",
        "Some tests will be left out: needs java: apt-get install default-jre-headless, or name",
    ):
        assert words in done.stderr


def test_a_browser_beside_the_path_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert CHROMIUM.find() is None
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert CHROMIUM.find() == sys.executable
