"""What `docs/operation.md` says of metrics, log lines, options and waiting times is so."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from kg.cli import main
from server import Settings
from server.evaluation.answers import Stages
from server.journal import Visit, to_line

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "operation.md").read_text("utf-8")


def number_after(word: str) -> int:
    """The number that stands after a word of the examples."""
    found = re.search(rf"^\s*{word}[ =](\d+)", GUIDE, re.MULTILINE)
    assert found is not None, word
    return int(found[1])


def test_the_guide_names_every_metric_and_no_other(client: FlaskClient) -> None:
    rows = re.findall(r"^\| (`kg_[^|]*) \|", GUIDE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    lines = client.get("/metrics").text.splitlines()
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert named == set(families)


def test_a_line_of_the_log_has_the_keys_of_the_guides() -> None:
    (example,) = re.findall(r"^```json\n(.*)\n```", GUIDE, re.MULTILINE)
    line = json.loads(to_line(Visit("1", 0.0, read=1.0, stages=Stages(1.0, 1.0, 1.0)), 5.0, 0))
    assert [*line] == [*json.loads(example)]
    assert [*line["ms"]] == [*json.loads(example)["ms"]]


def test_every_option_of_the_guide_is_one_of_kg_serve() -> None:
    known = CliRunner().invoke(main, ["serve", "--help"]).output
    for option in set(re.findall(r"--[a-z][a-z-]+", GUIDE)) - {"--help"}:
        assert re.search(rf"{option}\b", known), option


def test_proxy_and_systemd_wait_longer_than_any_query(lighthouse_release: Path) -> None:
    settings = Settings(release_dir=lighthouse_release)
    longest_ms = max(settings.query_time_slow_ms, settings.federated_time_ms)
    assert number_after("proxy_read_timeout") * 1000 > longest_ms + settings.queue_wait_ms
    assert number_after("TimeoutStopSec") * 1000 > longest_ms + settings.queue_wait_ms
    assert number_after("client_max_body_size") * 1024 >= settings.body_bytes


@pytest.mark.parametrize("path", re.findall(r"`(/healthz[a-z/]*|/metrics|/conformance)`", GUIDE))
def test_every_address_of_the_guide_answers(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200
