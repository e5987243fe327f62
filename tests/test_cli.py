"""The command line: what goes where, and how it ends."""

import os
import subprocess
import sys
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import LIGHTHOUSE, Edit

from kg import __version__
from kg.build import build
from kg.cli import main
from kg.release import Release, open_release

ROOT = Path(__file__).parents[1]
BASE = "https://example.org/lighthouse/"
FIRST_LIT = LIGHTHOUSE / "data/queries/01-first-lit.rq"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(LIGHTHOUSE, tmp_path_factory.mktemp("cli") / "release")


def kg(*words: str | Path, stdin: str | bytes | None = None) -> Result:
    """Run a command in this process; a traceback fails the test."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def shell(*words: str | Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "kg", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, **more)


def test_without_a_command_the_help_is_shown() -> None:
    result = kg()
    assert result.exit_code == 0
    for command in ("build", "check", "diff", "export", "query", "serve"):
        assert f"\n  {command}" in result.stdout


def test_every_command_and_option_explains_itself() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        shown = kg(name, "--help")
        assert shown.exit_code == 0 and "Usage: " in shown.stdout


def test_the_version_is_that_of_the_package_and_of_the_release(release: Release) -> None:
    assert kg("--version").stdout == f"kg {__version__}\n"
    shown = kg("--version", "--release", release.path)
    assert shown.stdout == f"kg {__version__}\nlighthouse {release.manifest.version}\n"


def test_a_release_named_before_a_command_is_misuse(release: Release) -> None:
    result = kg("--release", release.path, "query")
    assert result.exit_code == 2
    assert "--release before the command goes with --version only" in result.stderr


def test_check_of_a_sound_project_ends_with_0() -> None:
    result = kg("check", "--project", LIGHTHOUSE, "--article", LIGHTHOUSE / "article.txt")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing to mend\n")


def test_check_prints_findings_with_their_lines(tiny_project: Path, edit: Edit) -> None:
    line = edit("data/claims/records.trig", '"1874-06-03"^^xsd:date', '"1874-06-31"^^xsd:date')
    result = kg("check", "--project", tiny_project)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"data/claims/records.trig:{line}: ")
    assert result.stderr == "1 to mend\n"


def test_check_runs_the_shapes_and_the_projects_rules(tiny_project: Path, edit: Edit) -> None:
    edit("ontology/shapes/claims.ttl", "Class lho:Claim", "Class lho:SourceClaim")
    for place in ("edtf:EDTF", "xsd:date", "xsd:date"):
        edit("data/claims/records.trig", f'"1874-06-03"^^{place}', f'"1874-05-03"^^{place}')
    result = kg("check", "--project", tiny_project)
    assert "[idle shape]" in result.stdout
    assert "[broken rule]" in result.stdout


def test_check_compares_with_the_article(tiny_project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Quite another text.")
    result = kg("check", "--project", tiny_project, "--article", other)
    assert result.exit_code == 1
    assert result.stdout


def test_a_folder_that_is_no_project_is_a_sentence(tmp_path: Path) -> None:
    result = kg("build", "--project", tmp_path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"kg: {tmp_path}: this folder is no project: a project holds")


def test_build_says_what_it_made_on_stderr(tiny_project: Path) -> None:
    result = kg("build", "--project", tiny_project)
    made = open_release(tiny_project / "release")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"lighthouse {made.manifest.version[:12]}: ")
    stated = made.manifest.counts["named_graph_triples"]
    assert f"claims 6, triples in claims {stated}, " in result.stderr
    assert result.stderr.endswith(f"-> {tiny_project / 'release'}\n")


def test_build_refuses_a_folder_of_somebody_elses(tiny_project: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/dear.txt").write_text("Dear Ada")
    result = kg("build", "--project", tiny_project, "--out", tmp_path / "letters")
    assert result.exit_code == 1
    assert "holds something that is no release" in result.stderr
    assert (tmp_path / "letters/dear.txt").read_text() == "Dear Ada"


def test_a_query_is_answered_as_a_table(release: Release) -> None:
    query = (
        "PREFIX schema: <https://schema.org/> SELECT ?claim ?text WHERE {"
        " ?claim schema:text ?text FILTER(LANG(?text) = 'en' && STRSTARTS(?text, 'The'))"
        " } ORDER BY ?claim"
    )
    result = kg("query", "--release", release.path, stdin=query)
    assert result.exit_code == 0
    assert result.stdout == (
        "claim                   text\n"
        "----------------------  -------------------------------------------------\n"
        "claim:c1-1              The caption calls Ada Finch keeper from 1990 on.\n"
        "claim:c1-2              The caption shows Ada Finch standing.\n"
        "claim:e-first-lighting  The first lighting took place on 3 June 1874.\n"
        "claim:n1                The paper dates the first lighting to 3 May 1874.\n"
        "claim:t1                The headline places the Old Light at Port Merrow.\n"
    )


def test_a_table_without_rows_still_has_its_head(release: Release) -> None:
    query = "SELECT ?some ?thing { ?some <ex:none> ?thing }"
    result = kg("query", "--release", release.path, stdin=query)
    assert result.stdout == "some  thing\n----  -----\n"


def test_an_ask_is_answered_yes_or_no(release: Release) -> None:
    assert kg("query", "--release", release.path, stdin="ASK { ?s ?p ?o }").stdout == "yes\n"
    assert kg("query", "--release", release.path, stdin="ASK { ?s ?p 'x' }").stdout == "no\n"


def test_a_construct_is_written_as_turtle_with_prefixes(release: Release) -> None:
    query = f"CONSTRUCT WHERE {{ <{BASE}id/claim/n1> <https://schema.org/about> ?o }}"
    result = shell("query", "--release", release.path, input=query.encode())
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith(b"claim:n1 schema:about event:first-lighting .\n")


@pytest.mark.parametrize(
    ("format_name", "start"),
    [
        ("json", b'{"head":{"vars":["event","date"]},"results":'),
        ("csv", b"event,date\r\nhttps://example.org/"),
        ("tsv", b"?event\t?date\n<https://example.org/"),
        ("xml", b'<?xml version="1.0"?><sparql '),
        ("table", b"event                 date\n----"),
    ],
)
def test_a_query_file_is_answered_in_every_format(
    release: Release, format_name: str, start: bytes
) -> None:
    result = shell("query", FIRST_LIT, "--release", release.path, "--format", format_name)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(start)


@pytest.mark.parametrize(
    ("query", "format_name"), [("ASK {}", "ttl"), ("CONSTRUCT WHERE { ?s ?p ?o }", "csv")]
)
def test_a_format_that_does_not_fit_is_misuse(
    release: Release, query: str, format_name: str
) -> None:
    result = kg("query", "--release", release.path, "--format", format_name, stdin=query)
    assert result.exit_code == 2
    assert f"--format {format_name} is for " in result.stderr


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * { ?s ?p }", "kg: 1:18: `}` is not expected\n"),
        ("SELECT * { SERVICE <ex:x> {} }", "kg: 1:12: SERVICE is refused: "),
        ("DROP ALL", "kg: 1:1: DROP is refused: this data is read-only"),
        ("SELECT (<ex:f>(1) AS ?x) {}", "kg: this query cannot be answered: The custom function"),
        (b"SELECT * { ?s ?p '\xff' }", "kg: the query is not UTF-8; save it as UTF-8\n"),
    ],
)
def test_a_query_that_cannot_be_answered_is_a_sentence(
    release: Release, query: str | bytes, message: str
) -> None:
    result = kg("query", "--release", release.path, stdin=query)
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert result.stdout == ""


def test_a_query_without_a_release_says_how_to_make_one(tmp_path: Path) -> None:
    result = kg("query", "--project", tmp_path, stdin="ASK {}")
    assert result.exit_code == 1
    assert result.stderr == (
        f"kg: {tmp_path}/release: there is no release here (no release.json); "
        "make one with `kg build`\n"
    )


@pytest.mark.parametrize("name", ["ttl", "turtle", "trig", "nq", "nt", "rdf", "jsonld", "json-ld"])
def test_a_dump_is_written_to_stdout_byte_for_byte(release: Release, name: str) -> None:
    result = shell("export", name, "--release", release.path)
    suffix = {"turtle": "ttl", "json-ld": "jsonld"}.get(name, name)
    assert result.returncode == 0
    assert result.stdout == (release.path / f"dumps/lighthouse.{suffix}").read_bytes()


def test_a_dump_is_written_to_a_file(release: Release, tmp_path: Path) -> None:
    out = tmp_path / "out.nq"
    result = kg("export", "nq", "--release", release.path, "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_bytes() == release.dump.read_bytes()
    assert list(tmp_path.iterdir()) == [out]


def test_a_place_that_cannot_be_written_is_a_sentence(release: Release, tmp_path: Path) -> None:
    out = tmp_path / "nowhere/out.nq"
    result = kg("export", "nq", "--release", release.path, "--out", out)
    assert result.exit_code == 1
    assert result.stderr == f"kg: {out}: the file cannot be written: No such file or directory\n"


def test_an_unknown_dump_is_misuse(release: Release) -> None:
    result = kg("export", "n3", "--release", release.path)
    assert result.exit_code == 2
    assert "'n3' is no dump's format; take one of ttl, nt, rdf, jsonld, trig, nq" in result.stderr


def test_a_reader_who_stops_early_is_no_error(release: Release) -> None:
    command = f"{sys.executable} -m kg export nq --release {release.path} | head -c 10"
    result = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True)
    assert result.stdout == release.dump.read_bytes()[:10]
    assert result.stderr == b""


def test_a_reader_of_answers_who_stops_early_is_no_error(release: Release) -> None:
    query = "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 5000"
    for format_name in ("table", "csv"):
        command = f"{sys.executable} -m kg query --release {release.path} --format {format_name}"
        result = subprocess.run(
            f"echo '{query}' | {command} | head -c 2", shell=True, cwd=ROOT, capture_output=True
        )
        assert (len(result.stdout), result.stderr) == (2, b"")


def test_progress_is_shown_on_a_terminal_only(tiny_project: Path) -> None:
    shown, terminal = os.openpty()
    command = [sys.executable, "-m", "kg", "build", "--project", tiny_project]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    written = b""
    with suppress(OSError):  # the terminal is gone with the process
        while chunk := os.read(shown, 4096):
            written += chunk
    stdout, _ = process.communicate()
    os.close(shown)
    assert (process.returncode, stdout) == (0, b"")
    assert b"[###" in written and b"writing" in written
    quiet = shell("build", "--project", tiny_project)
    assert b"#" not in quiet.stderr


def test_diff_of_a_release_with_itself_ends_with_0(release: Release) -> None:
    result = kg("diff", release.path, release.path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "0 removed, 0 added\n"


def test_diff_shows_what_changed_and_ends_with_1(
    release: Release, tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    edit("data/claims/records.trig", "took place on 3 June", "fell on 3 June")
    new = build(tiny_project, tmp_path / "new")
    result = kg("diff", release.path, new.path)
    text = f"<{BASE}id/claim/e-first-lighting> <https://schema.org/text>"
    assert result.exit_code == 1
    assert result.stdout == (
        f'- {text} "The first lighting took place on 3 June 1874."@en .\n'
        f'+ {text} "The first lighting fell on 3 June 1874."@en .\n'
    )
    assert result.stderr == "1 removed, 1 added\n"


class Served:
    """What `kg serve` handed to the server, which is left out here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings: Any = None
        self.name = ""
        serve = types.ModuleType("server.serve")
        serve.run = self.run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "server.serve", serve)

    def run(self, settings: Any) -> None:
        self.settings = settings
        self.name = open_release(settings.release_dir).manifest.name


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    return Served(monkeypatch)


def test_serve_builds_a_project_first_and_only_when_it_is_stale(
    served: Served, tiny_project: Path, edit: Edit
) -> None:
    first = kg("serve", "--project", tiny_project, "--port", "8123", "--workers", "2")
    assert first.exit_code == 0, first.output
    assert served.settings.release_dir == tiny_project / "release"
    assert (served.settings.port, served.settings.workers) == (8123, 2)
    assert "lighthouse" in first.stderr
    assert kg("serve", "--project", tiny_project).stderr == ""
    edit("data/claims/records.trig", "took place on 3 June", "fell on 3 June")
    assert "lighthouse" in kg("serve", "--project", tiny_project).stderr


def test_serve_takes_a_release_as_it_is(served: Served, release: Release) -> None:
    assert kg("serve", "--release", release.path).exit_code == 0
    assert (served.settings.release_dir, served.name) == (release.path, "lighthouse")


def test_serve_publishes_files_and_leaves_nothing_behind(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "poets.ttl"
    file.write_text("<ex:ada> <ex:name> 'Ada' .")
    assert kg("serve", file).exit_code == 0
    assert served.name == "poets"
    assert not served.settings.release_dir.exists()


def test_serve_of_a_broken_file_is_a_sentence(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "poets.ttl"
    file.write_text("<ex:ada> <ex:name> .\n")
    result = kg("serve", file)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"kg: {file}:1:20: Turtle syntax error: ")
    assert served.settings is None


def test_serve_of_files_and_a_release_is_misuse(served: Served, release: Release) -> None:
    result = kg("serve", "data.ttl", "--release", release.path)
    assert result.exit_code == 2
    assert "name files or --release, not both" in result.stderr


def test_kg_never_imports_the_server() -> None:
    code = (
        "import importlib, pkgutil, sys, kg\n"
        "for module in pkgutil.iter_modules(kg.__path__):\n"
        "    if module.name != '__main__': importlib.import_module(f'kg.{module.name}')\n"
        "sys.exit(any(name.split('.')[0] == 'server' for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_query_does_not_wait_for_the_validator() -> None:
    code = "import kg.cli, sys; sys.exit('pyshacl' in sys.modules or 'rdflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_an_export_through_a_link_keeps_the_link(release: Release, tmp_path: Path) -> None:
    (tmp_path / "link.ttl").symlink_to("real.ttl")
    assert kg("export", "ttl", "--release", release.path, "--out", tmp_path / "link.ttl")
    assert (tmp_path / "link.ttl").is_symlink()
    assert (tmp_path / "real.ttl").read_bytes() == release.dump.with_suffix(".ttl").read_bytes()


def test_an_export_into_a_pipe_goes_through_it(release: Release, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        assert kg("export", "nq", "--release", release.path, "--out", pipe).exit_code == 0
        assert reader.communicate()[0] == release.dump.read_bytes()
    assert pipe.is_fifo()


@pytest.mark.parametrize("command", [["export", "nq"], ["query", FIRST_LIT]])
def test_a_full_disk_behind_stdout_is_a_sentence(release: Release, command: list[str]) -> None:
    words = [sys.executable, "-m", "kg", *map(str, command), "--release", str(release.path)]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1
    assert done.stderr == b"kg: the output cannot be written: No space left on device\n"


def test_a_table_cannot_command_the_terminal(release: Release) -> None:
    text = 'SELECT ("a\\u001B[2Jb" AS ?x) {}'
    shown = kg("query", "-", "--release", release.path, stdin=text).stdout
    assert "aU+001B[2Jb" in shown and "\x1b" not in shown


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('SELECT ("\\u001B" AS ?x) {}', "xml"),
        ('CONSTRUCT { <a:a> <a:b> "\\u001B" } {}', "rdf"),
        ("CONSTRUCT { <a:a> <a:1> 1 } {}", "rdf"),
    ],
)
def test_what_xml_cannot_spell_is_refused(release: Release, text: str, name: str) -> None:
    answer = kg("query", "-", "--release", release.path, "--format", name, stdin=text)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "XML" in answer.stderr
