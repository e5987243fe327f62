"""The README is true: its query answers as printed, its commands run, its addresses answer."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask.testing import FlaskClient
from real_service import serve

from kg.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language ("" for plain ones), in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def kg(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def service(elbe_release: Path) -> Iterator[str]:
    """`kg serve` on a free port; gives its address without the last slash."""
    with serve(elbe_release) as url:
        yield url


def test_each_query_answers_as_printed(elbe_release: Path, subtests: pytest.Subtests) -> None:
    queries, answers = blocks("sparql"), blocks("")[:2]
    assert len(queries) == len(answers) == 2
    for query, printed in zip(queries, answers, strict=True):
        with subtests.test(printed):
            answer = kg("query", "--release", str(elbe_release), "-", stdin=query)
            assert (answer.returncode, answer.stderr) == (0, "")
            lines = [line.rstrip() for line in answer.stdout.splitlines()]
            assert lines == printed.splitlines()


def test_each_kg_command_of_the_readme_runs(elbe_release: Path, tmp_path: Path) -> None:
    release, out = str(elbe_release), tmp_path / "release"
    query = "data/queries/01-who-commanded-what.rq"
    assert kg("check").returncode == 0
    assert kg("build", "--out", str(out)).returncode == 0
    said = re.search(r"--format ([a-z ]+); graphs: ([a-z ]+)", README)
    assert said
    for form in said[1].split():
        answer = kg("query", query, "--release", release, "--format", form)
        assert (answer.returncode, "Visaitov" in answer.stdout) == (0, True), form
    graph = "CONSTRUCT WHERE { ?person a <https://schema.org/Person> }"
    for form in said[2].split():
        answer = kg("query", "-", "--release", release, "--format", form, stdin=graph)
        assert (answer.returncode, "yakov-neumoev" in answer.stdout) == (0, True), form
    assert kg("export", "nq", "--release", release).stdout.count("\n") > 10_000
    assert (kg("diff", release, str(out)).returncode, kg("diff", release, release).stdout) == (
        0,
        "",
    )


def test_the_curl_command_lists_the_chain_up_to_the_front(service: str) -> None:
    command = next(block for block in blocks("console") if block.startswith("curl"))
    words = shlex.split(command.replace("\\\n", " ").replace("http://127.0.0.1:8000", service))
    answer = subprocess.run(
        [*words, "--silent"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = [line.split(",")[:2] for line in answer.stdout.splitlines()[1:]]
    assert rows == [
        ["1", "6th Guards Cavalry Division"],
        ["2", "3rd Guards Cavalry Corps"],
        ["3", "2nd Belorussian Front"],
    ]


def test_the_python_example_prints_what_its_comment_says(service: str) -> None:
    script = blocks("python")[0]
    answer = subprocess.run(
        [sys.executable, "-c", script.replace("http://127.0.0.1:8000", service)],
        capture_output=True,
        text=True,
        check=True,
    )
    promised = re.search(r"#\s*(\d+)$", script.strip())
    assert promised
    assert answer.stdout.strip() == promised[1]


def test_every_address_of_the_readme_answers(elbe: FlaskClient) -> None:
    rows = re.findall(r"^\| ((?:`/[^`]*`(?:, )?)+) \|", README, re.MULTILINE)
    addresses = [address for row in rows for address in re.findall(r"`(/[^`]*)`", row)]
    assert len(addresses) == 19
    for address in addresses:
        answer = elbe.get(address, headers={"Accept": "text/html, */*;q=0.5"})
        assert answer.status_code == (303 if address.startswith(("/id/", "/id?")) else 200), address


def test_every_command_of_the_readme_exists_and_every_command_is_there() -> None:
    block = next(block for block in blocks("console") if block.startswith("kg check"))
    assert isinstance(main, click.Group)
    named = {line.split()[1] for line in block.splitlines()}
    assert named == set(main.commands)
    for line in block.splitlines():
        command = main.commands[line.split()[1]]
        options = {name for parameter in command.params for name in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", line.split("#")[0])) <= options, line


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    block = next(block for block in blocks("console") if block.startswith("make"))
    for target in re.findall(r"^make (\w+)", block, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_into_the_repository_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_runtime_dependency_is_explained() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert listed
    names = re.findall(r'"([A-Za-z0-9_-]+)', listed[1])
    table = README[README.index("## What it stands on") :]
    assert [name for name in names if f"[{name.lower()}]" not in table.lower()] == []


def test_the_changelog_counts_what_the_data_holds(elbe_release: Path) -> None:
    count = """
    PREFIX edo: <https://w3id.org/elbe-day/def#>
    SELECT (COUNT(DISTINCT ?a) AS ?article) (COUNT(DISTINCT ?o) AS ?others) WHERE {
        { ?a a edo:ArticleClaim } UNION { ?o a ?kind .
          FILTER (?kind IN (edo:EditorialClaim, edo:SourceClaim)) } }
    """
    answer = kg("query", "--release", str(elbe_release), "--format", "csv", "-", stdin=count)
    article, others = answer.stdout.splitlines()[1].split(",")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"{article} claims with every span" in changelog
    assert f"{others} claims of independent sources and of ours" in changelog
    queries = len(list((ROOT / "data" / "queries").glob("*.rq")))
    assert f"{queries} competency queries" in changelog
