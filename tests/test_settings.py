"""Settings: each refused at once with a sentence when it cannot work, each documented."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.cli import main
from server import Settings, SettingsError
from server.descriptions import LIMITS
from server.limits import Limits, limits_of
from server.settings import describe_settings

OPERATION = Path(__file__).resolve().parent.parent / "docs" / "operation.md"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"query_time_slow_ms": 0}, "query_time_slow_ms: 0 is too small; 1 is the least"),
        ({"query_time_fast_ms": 1}, "query_time_fast_ms: 1 is too small; 10 is the least"),
        ({"query_time_fast_ms": 10_000}, "must be smaller than query_time_slow_ms"),
        ({"query_memory_bytes": 1000}, "query_memory_bytes: 1000 is too small; 50000000"),
        ({"cache_bytes": -1}, "cache_bytes: -1 is too small; 0 is the least"),
        ({"client_queries": 0}, "client_queries: 0 is too small"),
        ({"workers": 33}, "workers: 33 is too large; 32 is the most"),
        ({"queue_length": 1 << 31}, "queue_length: 2147483648 is too large; 65535 is the most"),
        ({"query_memory_bytes": 1 << 63}, "query_memory_bytes: 9223372036854775808 is too large"),
        ({"threads": 8}, "page_threads: 8 must be smaller than threads, which is 8"),
        ({"result_bytes": 10**10}, "must be smaller than stream_bytes, which is 2000000000"),
        ({"trusted_proxies": ("proxy.example",)}, "'proxy.example' is no IP address"),
        ({"trusted_proxies": ("10.0.0.1/8",)}, "'10.0.0.1/8' is no IP address and no network"),
        ({"allow_service": ("query.example/sparql",)}, "is no endpoint's address"),
        ({"allow_service": ("https://a.example/<>",)}, "is no endpoint's address"),
        ({"public_url": "http://[::1"}, "is no web address"),
        ({"public_url": "https://"}, "is no web address"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_a_sentence(
    lighthouse_release: Path, setting: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        Settings(release_dir=lighthouse_release, **setting)


def test_settings_travel_as_text(lighthouse_release: Path) -> None:
    settings = Settings(
        release_dir=lighthouse_release,
        trusted_proxies=("127.0.0.1", "10.0.0.0/8"),
        allow_service=("https://query.example.org/sparql",),
        log_queries=False,
    )
    assert Settings.from_json(settings.to_json()) == settings


def test_every_limit_of_the_evaluator_is_a_setting(lighthouse_release: Path) -> None:
    settings = Settings(release_dir=lighthouse_release)
    names = {field.name for field in fields(Settings)}
    assert {field.name for field in fields(Limits)} <= names
    for field in fields(Limits):
        assert getattr(limits_of(settings), field.name) == getattr(settings, field.name)
    assert set(LIMITS) <= names


def test_every_setting_has_a_sentence() -> None:
    sentences = describe_settings()
    for field in fields(Settings):
        assert sentences[field.name].endswith("."), field.name


def test_every_setting_is_documented_with_its_default() -> None:
    text = OPERATION.read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.MULTILINE))
    for field in fields(Settings):
        assert field.name in rows, field.name
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert rows[field.name].replace(",", "").strip() == str(field.default), field.name
    assert set(rows) == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(
    ("option", "value", "name", "expected"),
    [
        ("--query-time-ms", "5000", "query_time_slow_ms", 5000),
        ("--query-time-ms", "5000", "query_time_fast_ms", 250),
        ("--query-time-ms", "20", "query_time_fast_ms", 10),
        ("--query-memory-mb", "200", "query_memory_bytes", 200_000_000),
        ("--result-mb", "5", "result_bytes", 5_000_000),
        ("--stream-mb", "70", "stream_bytes", 70_000_000),
        ("--cache-mb", "0", "cache_bytes", 0),
        ("--client-queries", "3", "client_queries", 3),
        ("--trust-proxy", "10.0.0.1", "trusted_proxies", ("10.0.0.1",)),
        ("--allow-service", "https://a.example/q", "allow_service", ("https://a.example/q",)),
        ("--no-log", None, "log_queries", False),
    ],
)
def test_kg_serve_sets_what_its_options_name(
    lighthouse_release: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: str | None,
    name: str,
    expected: object,
) -> None:
    given: list[Settings] = []
    monkeypatch.setattr("server.serve.run", given.append)
    words = ["serve", "--release", str(lighthouse_release), option]
    result = CliRunner().invoke(main, [*words, value] if value else words)
    assert result.exit_code == 0, result.output
    assert getattr(given[0], name) == expected


def test_kg_serve_names_a_bad_value(lighthouse_release: Path) -> None:
    words = ["serve", "--release", str(lighthouse_release), "--trust-proxy", "nowhere"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "trusted_proxies: 'nowhere' is no IP address" in result.output
