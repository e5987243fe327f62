"""Mapping files that contradict one another, and files that are broken, each by file and line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import Edit
from reviewing import ADA, OTHER_TOWER, TOWN, propose_three, rows, state

from kg.check import check_folder
from kg.cli import main
from kg.linking.life import ACCEPTED, Links, Review, Verdict
from kg.linking.proposals import PATH

MORE = "data/links/more.sssom.tsv"
HEAD = """#curie_map:
#  object: https://example.org/lighthouse/id/object/
#  place: https://example.org/lighthouse/id/place/
#  wikidata: http://www.wikidata.org/entity/
#mapping_set_id: https://example.org/lighthouse/links/more
#mapping_set_title: More links
#mapping_set_description: Links of somebody else.
#mapping_set_version: "1"
#creator_label: Somebody
#subject_source: wikidata:Q1
#object_source: wikidata:Q2013
#publication_date: "2026-11-22"
#license: https://creativecommons.org/publicdomain/zero/1.0/
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\treviewer_label\tconfidence\tmapping_date\tcomment
"""
END = "\tsemapv:ManualMappingCuration\tEve\t0.9\t2026-11-22\tSeen.\n"


@pytest.fixture
def add(tiny_project: Path) -> Callable[[str], list[str]]:
    """Put a row into a second mapping file; gives what `kg check` finds about links."""

    def check(row: str) -> list[str]:
        (tiny_project / MORE).write_text(HEAD + row + END, encoding="utf-8")
        return [
            str(finding)
            for finding in check_folder(tiny_project)
            if (finding.path or "").startswith("data/links/")
        ]

    return check


Add = Callable[[str], list[str]]


def test_files_that_agree_are_no_findings(add: Add) -> None:
    assert add("place:port-merrow\tskos:exactMatch\t\twikidata:Q2") == []


def test_a_thing_with_an_item_in_each_of_two_files_is_found(add: Add) -> None:
    (found,) = add("object:old-light\tskos:exactMatch\t\twikidata:Q2")
    where = found.partition(f"{ACCEPTED}:")[2].partition(" ")[0]
    assert found == (
        f"{ACCEPTED}:{where} row 1: {MORE}:15 has another exact match, wikidata:Q2; reject one "
        "[mappings disagree]"
    )


def test_one_item_for_two_of_ours_in_two_files_is_found(add: Add) -> None:
    (found,) = add("place:port-merrow\tskos:exactMatch\t\twikidata:Q39715")
    assert f"{MORE}:15 gives this exact match to place:port-merrow; reject one" in found


def test_a_pair_that_two_files_decide_differently_is_found(add: Add) -> None:
    (found,) = add("place:port-merrow\tskos:exactMatch\t\twikidata:Q84")
    assert f"the row contradicts {MORE}:15; a pair has one row, keep one" in found


def test_a_likeness_in_two_files_is_no_finding(add: Add) -> None:
    assert add("object:old-light\tskos:closeMatch\t\twikidata:Q2") == []


def test_a_pair_that_is_proposed_and_decided_is_found(tiny_project: Path) -> None:
    propose_three(tiny_project)
    proposed = (tiny_project / PATH).read_bytes()
    Links(tiny_project).decide(ADA, Review(Verdict.ACCEPT, "Eve"))
    (tiny_project / PATH).write_bytes(proposed)
    (found,) = [str(f) for f in check_folder(tiny_project)]
    assert found.startswith(f"{PATH}:") and f"{ACCEPTED}:" in found
    assert found.endswith("has decided this pair; take this row out [proposed and decided]")


def test_a_link_superseded_by_one_that_does_not_stand_is_found(
    tiny_project: Path, edit: Edit
) -> None:
    propose_three(tiny_project)
    Links(tiny_project).decide(OTHER_TOWER, Review(Verdict.SUPERSEDE, "Eve"))
    assert check_folder(tiny_project) == []
    edit(ACCEPTED, "superseded_by=wikidata:Q3", "superseded_by=wikidata:Q4")
    (found,) = [str(f) for f in check_folder(tiny_project)]
    assert "the row is superseded by wikidata:Q4, which is not accepted for object:old-" in found
    edit(ACCEPTED, "Not\twikidata:Q39715", "\twikidata:Q39715")
    assert any(
        "superseded by wikidata:Q4 and still accepted; write Not into predicate_modifier" in str(f)
        for f in check_folder(tiny_project)
    )


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "QID with a zero": (lambda t: t.replace("wikidata:Q2\t", "wikidata:Q02\t"), "is no Wikidata"),
    "QID without a number": (lambda t: t.replace("wikidata:Q2\t", "wikidata:Q\t"), "is no Wikid"),
    "page for an item": (
        lambda t: t.replace("wikidata:Q2\t", "https://www.wikidata.org/wiki/Q2\t"),
        "is no CURIE",
    ),
    "cells missing": (lambda t: t.replace("\tskos:exactMatch", "", 1), "cells, the table"),
    "spaces for tabs": (lambda t: t.replace("\t", "    "), "the column subject_id is missing"),
    "a quotation mark": (lambda t: t.replace("item Q1", '"item Q1'), "the table breaks off"),
    "marks of a merge": (lambda t: t + "<<<<<<< HEAD\n", "the row has 1 cells"),
    "no header": (lambda t: t[t.index("subject_id") :], "the file has no header"),
    "not YAML": (lambda t: t.replace("# curie_map:", "# curie_map: {"), "the header is not YAML"),
    "nothing": (lambda t: "", "the file has no header"),
    "another coding": (lambda t: t.replace("item Q1", "\udce9"), "UTF-8"),
}


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_broken_file_is_named_by_every_command_and_left_as_it_is(
    tiny_project: Path, trouble: str
) -> None:
    propose_three(tiny_project)
    breaking, words = BROKEN[trouble]
    whole = (tiny_project / PATH).read_text(encoding="utf-8")
    broken = breaking(whole).encode(errors="surrogateescape")
    (tiny_project / PATH).write_bytes(broken)
    assert broken != whole.encode()
    for command in (["check"], ["link", "review", "--reviewer", "Eve"]):
        result = CliRunner().invoke(main, [*command, "--project", str(tiny_project)], "a\n")
        assert result.exit_code == 1
        (said,) = [line for line in result.output.splitlines() if words in line][:1] or [""]
        assert f"{PATH}:" in said, result.output
    assert (tiny_project / PATH).read_bytes() == broken


def test_lines_may_end_as_on_other_machines(tiny_project: Path) -> None:
    propose_three(tiny_project)
    before = state(tiny_project)
    (tiny_project / PATH).write_bytes(before[PATH].replace(b"\n", b"\r\n"))
    Links(tiny_project).decide(TOWN, Review(Verdict.ACCEPT, "Eve"))
    assert rows(tiny_project)[TOWN]["reviewer_label"] == "Eve"
    assert Links(tiny_project).undo() is not None
    assert state(tiny_project) == before
