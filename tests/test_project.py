"""Reading a project: what belongs to it, what it is called, and how a broken one is refused."""

import os
import socket
from pathlib import Path

import pytest
from conftest import Edit
from pytest_socket import SocketConnectBlockedError

from kg import project as project_module
from kg.check import check_folder
from kg.errors import KnowledgeError, ProjectError, SourceError
from kg.findings import Finding
from kg.project import read_project, survey_project
from kg.sources import parse_query, parse_turtle
from kg.terms import Terms

CATALOG = "data/catalog.ttl"


def test_base_and_name_come_from_the_catalog(tiny_project: Path) -> None:
    project = read_project(tiny_project)
    assert project.base == "https://example.org/lighthouse/"
    assert project.name == "lighthouse"
    assert project.languages == ("de", "en")


def test_own_terms_follow_the_base(tiny_project: Path) -> None:
    project = read_project(tiny_project)
    assert project.terms.Claim.value == "https://example.org/lighthouse/def#Claim"
    assert project.terms.supporting_source.value.endswith("def#supportingSource")
    assert Terms("https://a.org/").thing("claim", "n1").value == "https://a.org/id/claim/n1"


def test_each_file_has_the_layer_of_its_place(tiny_project: Path) -> None:
    layers = {file.path: file.layer for file in read_project(tiny_project).files}
    assert layers["ontology/def.ttl"] == "ontology"
    assert layers["ontology/schemes/schemes.ttl"] == "scheme"
    assert layers["ontology/shapes/claims.ttl"] == "shape"
    assert layers["data/entities.ttl"] == "data"
    assert layers["data/assessments/assessments.ttl"] == "data"
    assert layers["data/claims/article.trig"] == "claim"
    assert layers[CATALOG] == "catalog"


def test_files_come_in_the_order_of_their_paths(tiny_project: Path) -> None:
    paths = [file.path for file in read_project(tiny_project).files]
    assert paths == sorted(paths)


def test_claims_keep_their_graphs(tiny_project: Path) -> None:
    graphs = {fact.graph for fact in read_project(tiny_project).facts("claim")}
    base = "https://example.org/lighthouse/id/claim/"
    slugs = ("t1", "n1", "q1", "c1-1", "c1-2", "e-first-lighting")
    assert graphs == {"", *(base + slug for slug in slugs)}


def test_article_facts_are_hash_and_length(tiny_project: Path) -> None:
    facts = read_project(tiny_project).article_facts
    assert facts is not None
    text = (tiny_project / "article.txt").read_text(encoding="utf-8")
    assert facts.characters == len(text) < len(text.encode())


def test_prefixes_are_merged_with_the_well_known_ones_first(tiny_project: Path) -> None:
    prefixes = list(read_project(tiny_project).prefixes)
    assert prefixes[:3] == ["rdf", "rdfs", "owl"]
    assert prefixes.index("semapv") < prefixes.index("agent") < prefixes.index("voice")


def test_shorten_writes_the_longest_fitting_prefix(tiny_project: Path) -> None:
    project = read_project(tiny_project)
    assert project.shorten(f"{project.base}id/claim/n1") == "claim:n1"
    assert project.shorten("https://elsewhere.org/x") == "<https://elsewhere.org/x>"


def test_queries_carry_their_question_in_each_language(tiny_project: Path) -> None:
    (query,) = read_project(tiny_project).queries
    assert query.path == "data/queries/01-first-lit.rq"
    assert query.questions["en"] == "When was a light first lit, by what is accepted?"
    assert query.questions["de"].startswith("Wann leuchtete")


def test_rules_are_read_beside_the_queries(tiny_project: Path) -> None:
    (rule,) = read_project(tiny_project).rules
    assert rule.questions == {"en": "The contradicted day of May is never asserted."}


def test_a_comment_goes_on_over_indented_lines() -> None:
    query = parse_query("# question@en: Who\n#   was it?\n# note@de: Nur so.\nASK {}", "a.rq")
    assert query.questions == {"en": "Who was it?"}
    assert query.notes == {"de": "Nur so."}


def test_hidden_files_and_notes_are_no_sources(tiny_project: Path) -> None:
    (tiny_project / "data/.swp.ttl").write_text("not Turtle")
    (tiny_project / "data/README.md").write_text("Read me.")
    assert read_project(tiny_project).unread == ()


def test_blank_nodes_of_shapes_have_the_same_names_in_every_run() -> None:
    text = "PREFIX ex: <https://a.org/>\nex:a ex:in ( 1 2 ) ."
    first = parse_turtle(text, "ontology/shapes/a.ttl", "shape")
    again = parse_turtle(text, "ontology/shapes/a.ttl", "shape")
    assert first.quads == again.quads
    assert "_:a0" in {str(quad.subject) for quad in first.quads}


def test_a_folder_that_does_not_exist_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist; name a project's folder") as caught:
        read_project(tmp_path / "nowhere")
    assert caught.value.path == str(tmp_path / "nowhere")


def test_a_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="is a file, not a folder"):
        read_project(tmp_path / "file")


def test_an_empty_folder_is_told_what_a_project_holds(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        read_project(tmp_path)
    for needed in (CATALOG, "ontology/def.ttl", "ontology/context.jsonld"):
        assert needed in str(caught.value)


@pytest.mark.parametrize("path", [CATALOG, "ontology/def.ttl", "ontology/context.jsonld"])
def test_a_missing_file_is_named(tiny_project: Path, path: str) -> None:
    (tiny_project / path).unlink()
    with pytest.raises(SourceError, match="the file does not exist; restore it") as caught:
        read_project(tiny_project)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dcat:Dataset, void", "void", "describes 0 datasets"),
        ('Space "https://example.org/lighthouse/"', 'Space "https://example.org"', "void:uriSpace"),
        ('identifier "lighthouse"', 'identifier "The Light"', "dcterms:identifier"),
    ],
)
def test_a_catalog_that_does_not_say_what_it_is_is_refused(
    tiny_project: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    edit(CATALOG, old, new)
    with pytest.raises(ProjectError, match=message) as caught:
        read_project(tiny_project)
    assert caught.value.path == CATALOG


def test_a_turtle_syntax_error_has_line_and_column(tiny_project: Path, edit: Edit) -> None:
    line = edit("data/entities.ttl", '"Ada Finch"@en ;', '"Ada Finch"@en ; ;; ]')
    with pytest.raises(SourceError, match="Turtle syntax error, here or just before") as caught:
        read_project(tiny_project)
    error = caught.value
    assert (error.path, error.line) == ("data/entities.ttl", line)
    assert error.column is not None
    assert str(error).startswith(f"data/entities.ttl:{line}:{error.column}: Turtle syntax error")


def test_an_undeclared_prefix_comes_with_the_line_to_add(tiny_project: Path, edit: Edit) -> None:
    line = edit("data/entities.ttl", "port-merrow a schema:Place", "port-merrow a skos:Concept")
    with pytest.raises(SourceError) as caught:
        read_project(tiny_project)
    assert caught.value.line == line
    expected = "add `PREFIX skos: <http://www.w3.org/2004/02/skos/core#>` at the top"
    assert f"the prefix skos: is not declared; {expected}" in str(caught.value)


def test_bytes_that_are_not_utf8_are_found_by_line(tiny_project: Path) -> None:
    file = tiny_project / "data/entities.ttl"
    content = file.read_bytes().replace(b"Port Merrow", b"Port M\xe9row")
    file.write_bytes(content)
    line = content.count(b"\n", 0, content.index(b"\xe9")) + 1
    with pytest.raises(SourceError, match=r"not UTF-8 \(byte 0xe9\); save it as UTF-8") as caught:
        read_project(tiny_project)
    assert (caught.value.path, caught.value.line) == ("data/entities.ttl", line)


def test_a_byte_order_mark_is_refused(tiny_project: Path) -> None:
    file = tiny_project / "data/entities.ttl"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    with pytest.raises(SourceError, match="byte order mark"):
        read_project(tiny_project)


def test_a_folder_where_a_file_is_expected_is_named(tiny_project: Path) -> None:
    (tiny_project / "data/extra.ttl").mkdir()
    with pytest.raises(SourceError, match="a folder where a file is expected") as caught:
        read_project(tiny_project)
    assert caught.value.path == "data/extra.ttl"


def test_a_file_without_permission_is_named(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "sources.ttl":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SourceError, match="cannot be read; give yourself permission") as caught:
        read_project(tiny_project)
    assert caught.value.path == "data/sources.ttl"


def test_a_failing_disk_is_a_sentence(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", fail)
    with pytest.raises(SourceError, match="the file cannot be read: Input/output error"):
        read_project(tiny_project)


def test_a_dangling_link_is_named(tiny_project: Path) -> None:
    os.symlink(tiny_project / "gone", tiny_project / "data/lost.ttl")
    with pytest.raises(SourceError, match="the file does not exist"):
        read_project(tiny_project)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"@context": {,}}', "JSON syntax error"),
        ('{"id": "@id"}', 'an object with the key "@context"'),
        ("[]", 'an object with the key "@context"'),
    ],
)
def test_a_broken_context_is_refused(tiny_project: Path, text: str, message: str) -> None:
    (tiny_project / "ontology/context.jsonld").write_text(text)
    with pytest.raises(SourceError, match=message) as caught:
        read_project(tiny_project)
    assert (caught.value.path, caught.value.line) == ("ontology/context.jsonld", 1)


def test_errors_of_all_files_are_collected_in_order(tiny_project: Path, edit: Edit) -> None:
    first = edit("data/claims/article.trig", "claim:t1 {", "claim:t1 {{")
    second = edit("data/sources.ttl", "a lho:EvidenceLine ;", "a lho:EvidenceLine ; ,")
    (tiny_project / "ontology/context.jsonld").write_text("{")
    survey = survey_project(tiny_project)
    places = [(error.path, error.line) for error in survey.errors]
    assert places == [
        ("data/claims/article.trig", first),
        ("data/sources.ttl", second),
        ("ontology/context.jsonld", 1),
    ]
    assert survey.project is not None
    assert "data/entities.ttl" in {file.path for file in survey.project.files}


def test_check_lists_all_syntax_errors_and_what_each_file_shows_by_itself(
    tiny_project: Path, edit: Edit
) -> None:
    broken = edit("data/claims/records.trig", "claim:e-first-lighting {", "claim:e-first-lighting ")
    literal = edit("data/sources.ttl", '"2026-11-22"^^xsd:date', '"2026-11-31"^^xsd:date')
    found = check_folder(tiny_project)
    assert [(f.rule, f.path) for f in found] == [
        ("unreadable file", "data/claims/records.trig"),
        ("bad literal", "data/sources.ttl"),
    ]
    assert found[0].line in (broken, broken + 1)
    assert found[1].line == literal


def test_check_of_a_folder_that_is_no_project_is_one_finding(tmp_path: Path) -> None:
    (finding,) = check_folder(tmp_path)
    assert finding.rule == "no project"
    assert finding.path == str(tmp_path)


def test_a_file_nobody_reads_is_a_finding(tiny_project: Path) -> None:
    (tiny_project / "data/people.tll").write_text("")
    (finding,) = check_folder(tiny_project)
    assert (finding.rule, finding.path) == ("file nobody reads", "data/people.tll")
    assert "sources are *.ttl" in finding.message


def test_a_claim_file_in_turtle_is_not_passed_over(tiny_project: Path) -> None:
    (tiny_project / "data/claims/more.ttl").write_text("")
    (finding,) = check_folder(tiny_project)
    assert (finding.rule, finding.path) == ("file nobody reads", "data/claims/more.ttl")


def test_a_finding_reads_like_a_compilers_message() -> None:
    finding = Finding("bad literal", "no date; write one", "data/a.ttl", 3)
    assert str(finding) == "data/a.ttl:3: no date; write one [bad literal]"
    row = Finding("broken mapping row", "no CURIE", "a.tsv", 9, "row 2")
    assert str(row) == "a.tsv:9: row 2: no CURIE [broken mapping row]"
    assert str(KnowledgeError("no place")) == "no place"


def test_a_message_cannot_command_the_terminal() -> None:
    assert str(KnowledgeError("a\x1b[2Jb\n")) == "aU+001B[2Jb\n"
    assert str(Finding("rule", "a\x1b\n")) == "aU+001BU+000A [rule]"


def test_no_article_is_named_in_the_engine() -> None:
    package = Path(project_module.__file__).parent
    for file in package.glob("*.py"):
        words = file.read_text(encoding="utf-8").lower()
        assert "elbe" not in words and "torgau" not in words, file.name


def test_no_test_can_leave_this_machine() -> None:
    blocked = pytest.raises((SocketConnectBlockedError, UserWarning), match="192.0.2.1")
    with socket.socket() as connection, blocked:
        connection.connect(("192.0.2.1", 80))


def test_a_base_that_no_iri_can_hold_is_refused(tiny_project: Path, edit: Edit) -> None:
    edit(CATALOG, '"https://example.org/lighthouse/"', '"https://example.org/{light}/"')
    with pytest.raises(ProjectError, match="void:uriSpace"):
        read_project(tiny_project)


@pytest.mark.parametrize(
    "text",
    [
        '{"@context": []}',
        '{"@context": {"a": NaN}}',
        '{"@context": ' + "[" * 100_000,
        '{"@context": {"a": ' + "1" * 5000 + "}}",
        '{"@context": {"a": "\\ud800"}}',
    ],
    ids=["list", "NaN", "deep", "digits", "surrogate"],
)
def test_a_context_that_cannot_be_used_is_refused(tiny_project: Path, text: str) -> None:
    (tiny_project / "ontology/context.jsonld").write_text(text)
    with pytest.raises(SourceError):
        read_project(tiny_project)


def test_a_pipe_among_the_sources_is_refused_without_waiting(tiny_project: Path) -> None:
    os.mkfifo(tiny_project / "data/x.ttl")
    with pytest.raises(SourceError, match=r"data/x\.ttl: this is no regular file"):
        read_project(tiny_project)


def test_a_linked_folder_among_the_sources_is_named(tiny_project: Path) -> None:
    (tiny_project / "elsewhere").mkdir()
    (tiny_project / "data/more").symlink_to(tiny_project / "elsewhere")
    with pytest.raises(SourceError, match="data/more: a symbolic link to a folder"):
        read_project(tiny_project)


def test_a_literal_the_parser_has_no_room_for_is_refused() -> None:
    with pytest.raises(SourceError, match="too large"):
        parse_turtle(f'<a:a> <a:b> "{"x" * 17_000_000}" .', "data/a.ttl")
