"""Mapping files: what SSSOM asks of header, columns and rows, and what rows become in RDF."""

from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Edit
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Triple

from kg.check import check_folder
from kg.errors import LinkError
from kg.findings import Finding
from kg.links import check_header, check_links, to_triples
from kg.sssom import MappingSet, parse_sssom, read_sssom
from kg.terms import DCTERMS, OWL_SAME_AS, RDFS, RDFS_LABEL, SKOS, SKOS_EXACT_MATCH, SSSOM, WIKIDATA

PATH = "data/links/wikidata.sssom.tsv"
BASE = "https://example.org/lighthouse/"
HEADER = f"""#curie_map:
#  place: {BASE}id/place/
#  wikidata: {WIKIDATA}
#mapping_set_id: {BASE}links/wikidata
#license: https://creativecommons.org/publicdomain/zero/1.0/
"""
COLUMNS = ("subject_id", "predicate_id", "predicate_modifier", "object_id")
COLUMNS += ("mapping_justification", "confidence", "mapping_date", "see_also", "comment")
ROW = {
    "subject_id": "place:port",
    "predicate_id": "skos:exactMatch",
    "object_id": "wikidata:Q84",
    "mapping_justification": "semapv:ManualMappingCuration",
    "confidence": "0.9",
    "mapping_date": "2026-11-22",
}


def table(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """A mapping file: each row changes some cells of ROW."""
    cells = [[{**ROW, **row}.get(column, "") for column in columns] for row in rows]
    return HEADER + "\n".join("\t".join(line) for line in [list(columns), *cells]) + "\n"


def parse(*rows: dict[str, str]) -> MappingSet:
    return parse_sssom(table(*rows), PATH)


def wd(number: int) -> NamedNode:
    return NamedNode(f"{WIKIDATA}Q{number}")


def test_a_row_becomes_a_link() -> None:
    (link,) = parse({}).links
    assert (link.row, link.line) == (1, 7)
    assert link.subject.value == BASE + "id/place/port"
    assert link.predicate == SKOS_EXACT_MATCH
    assert link.object == wd(84)
    assert link.confidence == Decimal("0.9")
    assert str(link.mapped_on) == "2026-11-22"
    assert not link.negated


def test_the_date_of_the_set_holds_for_rows_without_one() -> None:
    text = table({"mapping_date": ""}).replace("#license", '#mapping_date: "2025-01-02"\n#license')
    (link,) = parse_sssom(text, PATH).links
    assert str(link.mapped_on) == "2025-01-02"


def test_the_header_is_kept() -> None:
    mapping_set = parse({})
    assert mapping_set.metadata["mapping_set_id"] == BASE + "links/wikidata"
    assert mapping_set.prefixes["wikidata"] == WIKIDATA
    assert mapping_set.prefixes["skos"] == SKOS


BROKEN_ROWS = [
    ({"subject_id": "port"}, '"port" is no CURIE; write prefix:name'),
    ({"subject_id": "https://a.org/b"}, '"https://a.org/b" is no CURIE; write prefix:name'),
    (
        {"subject_id": "plce:port"},
        "curie_map does not know the prefix plce: of plce:port; is `place:` meant?",
    ),
    (
        {"subject_id": "zzz:port"},
        "curie_map does not know the prefix zzz: of zzz:port; add it there",
    ),
    (
        {"predicate_id": "skos:exactmatch"},
        "skos:exactmatch is no predicate SSSOM knows; is exactMatch meant?",
    ),
    (
        {"mapping_justification": "semapv:Guessing"},
        "semapv:Guessing is no mapping_justification SSSOM knows; is ManualMappingCuration meant?",
    ),
    (
        {"object_id": "wikidata:84"},
        f"wikidata:84 is no Wikidata entity; those are {WIKIDATA}Q1 and so on",
    ),
    ({"object_id": ""}, "object_id is empty; every mapping needs one"),
    ({"confidence": "1.2"}, "confidence is 1.2; it must lie from 0 to 1"),
    ({"confidence": "-0.1"}, "confidence is -0.1; it must lie from 0 to 1"),
    ({"confidence": "NaN"}, 'confidence is "NaN", no number; write one from 0 to 1'),
    ({"confidence": "1e-999999999"}, "confidence is 1e-999999999; write it with 30 digits at most"),
    ({"confidence": "high"}, 'confidence is "high", no number; write one from 0 to 1'),
    (
        {"mapping_date": "22.11.2026"},
        'mapping_date is "22.11.2026", no day; write it like 2024-05-17',
    ),
    (
        {"mapping_date": "2026-11-31"},
        'mapping_date is "2026-11-31", no day; write it like 2024-05-17',
    ),
    (
        {"predicate_modifier": "not"},
        'predicate_modifier is "not"; write "Not" or nothing',
    ),
    (
        {"see_also": "https://a.org|b.org"},
        'see_also holds "b.org", no whole address; write https://...',
    ),
    (
        {"comment": "one\ttoo many"},
        "the row has 10 cells, the table 9 columns; mend the tabs between its cells",
    ),
]


@pytest.mark.parametrize(("cells", "message"), BROKEN_ROWS)
def test_a_broken_row_is_named_and_the_others_are_kept(cells: dict[str, str], message: str) -> None:
    mapping_set = parse({}, cells, {"object_id": "wikidata:Q90", "subject_id": "place:bay"})
    (finding,) = mapping_set.findings
    assert finding == Finding("broken mapping row", message, PATH, 8, "row 2")
    assert [link.row for link in mapping_set.links] == [1, 3]


def refused(text: str) -> LinkError:
    with pytest.raises(LinkError) as caught:
        parse_sssom(text, PATH)
    assert caught.value.path == PATH
    return caught.value


def test_a_missing_column_is_named() -> None:
    columns = tuple(column for column in COLUMNS if column != "object_id")
    error = refused(table({}, columns=columns))
    assert "the column object_id is missing" in error.message
    assert error.line == 6


def test_a_misspelt_column_comes_with_the_right_one() -> None:
    text = table({}).replace("mapping_justification", "mapping_justificaton")
    assert "is missing; is `mapping_justificaton` meant?" in refused(text).message
    text = table({}).replace("\tcomment", "\tcoment")
    assert "'coment' is unknown to SSSOM; is `comment` meant?" in refused(text).message


def test_an_extension_column_must_be_defined() -> None:
    text = table({}).replace("\tcomment", "\tcolour")
    assert "'colour' is unknown" in refused(text).message
    defined = "#extension_definitions:\n#  - slot_name: colour\n#license"
    assert parse_sssom(text.replace("#license", defined), PATH).links[0].cells["colour"] == ""


def test_a_column_that_stands_twice_is_refused() -> None:
    error = refused(table({}, columns=(*COLUMNS, "comment")))
    assert error.message == "the column comment stands twice; keep one"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "#mapping_set_titel: Links",
            "'mapping_set_titel' is unknown to SSSOM; is `mapping_",
        ),
        ("#publication_date: yesterday", 'in the header, publication_date is "yesterday", no day'),
        ("#creator_id: [agent:me]", "in the header, curie_map does not know the prefix agent:"),
        ("#mapping_set_source: [here]", 'mapping_set_source holds "here", no whole address'),
        ("#mapping_set_confidence: 2", "in the header, mapping_set_confidence is 2; it must lie"),
    ],
)
def test_a_slot_of_the_header_is_judged_like_a_cell(line: str, message: str) -> None:
    error = refused(f"{line}\n{table({})}")
    assert message in error.message


@pytest.mark.parametrize(
    ("slot", "cell", "message"),
    [
        ("author_id", "orcid:1|me", "curie_map does not know the prefix orcid: of orcid:1"),
        ("review_date", "2026", 'review_date is "2026", no day'),
        ("mapping_provider", "us", 'mapping_provider holds "us", no whole address'),
        ("reviewer_agreement", "1.5", "reviewer_agreement is 1.5; it must lie from 0 to 1"),
    ],
)
def test_every_slot_of_a_row_is_judged(slot: str, cell: str, message: str) -> None:
    mapping_set = parse_sssom(table({slot: cell}, columns=(*COLUMNS, slot)), PATH)
    (finding,) = mapping_set.findings
    assert message in finding.message


def test_what_a_published_set_must_say_is_asked_for() -> None:
    lacking = [finding.message for finding in check_header(parse({}))]
    assert "the header lacks mapping_set_title; add a line `#mapping_set_title: ...`" in lacking
    assert len(lacking) == 7


def test_a_set_is_written_in_rdf_with_what_its_header_says() -> None:
    header = HEADER + "#mapping_set_title: Links\n#creator_id: place:port\n"
    said = {
        str(t)
        for t in to_triples(parse_sssom(table({}).replace(HEADER, header), PATH), BASE, frozenset())
    }
    node = f"<{BASE}links/wikidata>"
    assert f"{node} <{SSSOM}mappings> <{BASE}id/mapping/place-port-q84>" in said
    assert f'{node} <{DCTERMS}title> "Links"@en' in said
    assert f"{node} <{DCTERMS}creator> <{BASE}id/place/port>" in said


def test_every_slot_that_a_row_fills_reaches_the_rdf() -> None:
    slots = {"review_date": "2026-11-23", "mapping_tool": "kg", "match_string": r"a\|b|c"}
    mapping_set = parse_sssom(table(slots, columns=(*COLUMNS, *slots)), PATH)
    said = {str(t) for t in to_triples(mapping_set, BASE, frozenset())}
    node = f"<{BASE}id/mapping/place-port-q84>"
    assert f'{node} <{SSSOM}mapping_tool> "kg"' in said
    assert f'{node} <{SSSOM}match_string> "a|b"' in said
    assert f'{node} <{SSSOM}match_string> "c"' in said
    assert any(line.startswith(f'{node} <{SSSOM}review_date> "2026-11-23"^^') for line in said)


def test_a_header_that_is_no_yaml_is_refused_by_line() -> None:
    error = refused(table({}).replace("#mapping_set_id: ", "#mapping_set_id: [ "))
    assert error.message.startswith("the header is not YAML: ")
    assert error.line in (4, 5)


def test_a_header_with_an_impossible_day_is_refused() -> None:
    error = refused(table({}).replace("#license", "#mapping_date: 2026-13-45\n#license"))
    assert error.message.startswith("the header is not YAML: a value cannot be read")


def test_a_file_without_header_is_refused() -> None:
    error = refused(table({}).replace(HEADER, ""))
    assert (error.message, error.line) == (
        "the file has no header; begin it with a line #curie_map:",
        1,
    )


@pytest.mark.parametrize("key", ["license", "mapping_set_id", "curie_map"])
def test_a_header_must_have_its_parts(key: str) -> None:
    error = refused(table({}).replace(f"#{key}:", "#other:"))
    assert error.message == f"the header lacks {key}; add a line `#{key}: ...`"


def test_a_prefix_needs_a_whole_iri() -> None:
    error = refused(table({}).replace(f"wikidata: {WIKIDATA}", "wikidata: 5"))
    assert error.message == "curie_map gives wikidata no IRI; write it whole"


def test_an_unclosed_quotation_mark_is_refused() -> None:
    error = refused(table({"comment": '"open'}, {}))
    assert "look for an unclosed quotation mark" in error.message


def test_the_kg_check_lists_broken_rows_with_file_line_and_row(
    tiny_project: Path, edit: Edit
) -> None:
    line = edit(PATH, "\t0.9\t", "\t9\t")
    (finding,) = check_folder(tiny_project)
    expected = f"{PATH}:{line}: row 1: confidence is 9; it must lie from 0 to 1"
    assert str(finding) == f"{expected} [broken mapping row]"


def test_the_kg_check_lists_a_broken_header(tiny_project: Path, edit: Edit) -> None:
    edit(PATH, "#license", "#licence")
    (finding,) = check_folder(tiny_project)
    assert (finding.rule, finding.path, finding.line) == ("broken mapping row", PATH, 1)


def test_a_link_from_a_thing_nobody_describes_is_found(tiny_project: Path, edit: Edit) -> None:
    line = edit(PATH, "place:port-merrow", "place:port-morrow")
    (finding,) = check_folder(tiny_project)
    message = "place:port-morrow is not described anywhere; correct subject_id or describe it"
    assert finding == Finding("undescribed IRI", message, PATH, line, "row 2")


def disagreements(*rows: dict[str, str]) -> list[tuple[str | None, str]]:
    mapping_set = parse(*rows)
    assert mapping_set.findings == ()
    return [(finding.record, finding.message) for finding in check_links(mapping_set)]


@pytest.mark.parametrize("tool", ["kg link suggest", "kg link resolve", "another matcher"])
def test_a_row_that_only_a_program_proposed_is_no_link(tool: str) -> None:
    nobody = {"mapping_tool": tool, "reviewer_label": "", "reviewer_id": ""}
    message = f"{tool} proposed this row and nobody reviewed it; `kg link review` does"
    columns = (*COLUMNS, *nobody)
    (finding,) = check_links(parse_sssom(table(nobody, columns=columns), PATH))
    assert (finding.rule, finding.line, finding.message) == ("link nobody reviewed", 7, message)
    reviewed = {**nobody, "reviewer_label": "Eve Reader"}
    assert list(check_links(parse_sssom(table(reviewed, columns=columns), PATH))) == []


def test_rows_that_agree_are_no_findings() -> None:
    assert disagreements({}, {"object_id": "wikidata:Q90", "predicate_modifier": "Not"}) == []


def test_a_repeated_row_is_found() -> None:
    again = {"predicate_id": "skos:closeMatch"}
    assert disagreements({}, again) == [
        ("row 2", "the row repeats row 1; a pair has one row, keep one")
    ]


def test_a_row_and_its_negation_are_found() -> None:
    assert disagreements({}, {"predicate_modifier": "Not"}) == [
        ("row 2", "the row contradicts row 1; a pair has one row, keep one")
    ]


def test_two_exact_matches_of_one_thing_are_found() -> None:
    assert disagreements({}, {"object_id": "wikidata:Q90"}) == [
        ("row 2", "row 1 has another exact match, wikidata:Q84; reject one")
    ]


def test_one_exact_match_of_two_things_is_found() -> None:
    assert disagreements({}, {"subject_id": "place:bay"}) == [
        ("row 2", "row 1 gives this exact match to place:port; reject one")
    ]


PORT = NamedNode(BASE + "id/place/port")


def test_an_exact_match_of_a_thing_is_the_same_thing() -> None:
    triples = to_triples(parse({}), BASE, frozenset())
    assert Triple(PORT, OWL_SAME_AS, wd(84)) in triples
    assert Triple(PORT, SKOS_EXACT_MATCH, wd(84)) not in triples


def test_an_exact_match_of_a_concept_stays_a_match() -> None:
    triples = to_triples(parse({}), BASE, {PORT})
    assert Triple(PORT, SKOS_EXACT_MATCH, wd(84)) in triples
    assert Triple(PORT, OWL_SAME_AS, wd(84)) not in triples


def test_a_close_match_stays_close() -> None:
    triples = to_triples(parse({"predicate_id": "skos:closeMatch"}), BASE, frozenset())
    assert Triple(PORT, NamedNode(SKOS + "closeMatch"), wd(84)) in triples


def test_a_rejected_match_states_no_link_but_keeps_its_reason() -> None:
    rejected = {"predicate_modifier": "Not", "comment": "Another port."}
    lines = {str(t) for t in to_triples(parse(rejected), BASE, frozenset())}
    assert not any(line.startswith(str(PORT)) for line in lines)
    node = f"<{BASE}id/mapping/place-port-q84>"
    assert f"{node} <{SSSOM}predicate_modifier> <{SSSOM}NegatedPredicate>" in lines
    assert f'{node} <{RDFS}comment> "Another port."@en' in lines


def test_every_row_is_described_as_a_mapping() -> None:
    lines = {str(t) for t in to_triples(parse({}), BASE, frozenset())}
    node = f"<{BASE}id/mapping/place-port-q84>"
    double = "<http://www.w3.org/2001/XMLSchema#double>"
    day = "<http://www.w3.org/2001/XMLSchema#date>"
    owl = "http://www.w3.org/2002/07/owl#"
    assert {
        f"{node} <{owl}annotatedSource> {PORT}",
        f"{node} <{owl}annotatedProperty> {SKOS_EXACT_MATCH}",
        f"{node} <{owl}annotatedTarget> {wd(84)}",
        f'{node} <{SSSOM}confidence> "0.9"^^{double}',
        f'{node} <{DCTERMS}created> "2026-11-22"^^{day}',
    } <= lines
    assert f'{node} {RDFS_LABEL} "place:port: exact match of Q84"@en' in lines


cells = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)


@given(cells, st.decimals(0, 1, places=3))
def test_any_comment_and_confidence_survive_reading(comment: str, confidence: Decimal) -> None:
    quoted = '"' + comment.replace('"', '""') + '"'
    (link,) = parse({"comment": quoted, "confidence": f"{confidence:f}"}).links
    assert link.cells["comment"] == comment.strip()
    assert link.confidence == confidence


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    for source in (text, HEADER + text, table({}) + text):
        try:
            parse_sssom(source, PATH)
        except LinkError as error:
            assert error.message and "\n" not in error.message


def test_files_are_read_from_disk(tmp_path: Path) -> None:
    file = tmp_path / "a.sssom.tsv"
    file.write_text(table({}))
    assert read_sssom(file).path == str(file)
    assert len(read_sssom(file, PATH).links) == 1
