"""The life of a link: proposed, accepted, rejected, superseded, and every step taken back."""

import multiprocessing
import shutil
from pathlib import Path

import pytest
from conftest import LIGHTHOUSE, ROOT, Edit
from hypothesis import given
from hypothesis import strategies as st
from reviewing import (
    ADA,
    BASE,
    DAY,
    OTHER_TOWER,
    TOWN,
    WIKIDATA,
    Row,
    propose,
    propose_three,
    rows,
    state,
)

from kg.check import check_folder
from kg.errors import LinkError
from kg.inspection import inspect
from kg.linking import changes
from kg.linking.changes import JOURNAL
from kg.linking.life import ACCEPTED, Links, Review, Verdict, pair_of
from kg.linking.proposals import PATH
from kg.links import to_triples
from kg.project import read_project
from kg.sssom import Link, read_sssom, write_sssom


@pytest.fixture
def project(tiny_project: Path) -> Path:
    """The lighthouse with three proposed links; its tower has an accepted one, Q39715, already."""
    propose_three(tiny_project)
    return tiny_project


def review(verdict: Verdict, reason: str = "") -> Review:
    return Review(verdict, "Eve Reader", reason, day=DAY)


def test_an_accepted_link_moves_with_reviewer_day_and_reason(project: Path) -> None:
    Links(project).decide(ADA, review(Verdict.ACCEPT, "The dates agree"))
    assert ADA not in rows(project, PATH)
    assert rows(project)[ADA] == {
        "subject_id": "person:ada-finch",
        "subject_label": "ada-finch",
        "predicate_id": "skos:exactMatch",
        "predicate_modifier": "",
        "object_id": "wikidata:Q1",
        "object_label": "item Q1",
        "mapping_justification": "semapv:MappingChaining",
        "reviewer_label": "Eve Reader",
        "mapping_date": "2026-11-20",
        "review_date": "2026-11-22",
        "confidence": "0.95",
        "other": "proposed_confidence=0.9",
        "comment": "Wikidata gives this item the same article. Accepted: The dates agree.",
    }


def test_an_accepted_link_is_part_of_the_graph_and_a_rejected_one_says_why(project: Path) -> None:
    links = Links(project)
    links.decide(ADA, review(Verdict.ACCEPT))
    links.decide(TOWN, review(Verdict.REJECT, "Another port."))
    (mapping_set,) = read_project(project).mappings
    written = {str(t) for t in to_triples(mapping_set, "https://example.org/lighthouse/", ())}
    assert f"<{ADA[0]}> <http://www.w3.org/2002/07/owl#sameAs> <{ADA[1]}>" in written
    assert not [one for one in written if one.startswith(f"<{TOWN[0]}>")]
    assert rows(project)[TOWN]["predicate_modifier"] == "Not"
    assert rows(project)[TOWN]["comment"].endswith("same article. Rejected: Another port.")
    assert check_folder(project) == []


def test_a_prefix_comes_with_its_row_and_the_rest_of_the_header_stays(
    project: Path, edit: Edit
) -> None:
    edit(ACCEPTED, "#license", "# # Ask Eve about this file.\n#license")
    before = (project / ACCEPTED).read_text(encoding="utf-8").splitlines()
    Links(project).decide(ADA, review(Verdict.ACCEPT))
    after = (project / ACCEPTED).read_text(encoding="utf-8").splitlines()
    assert after[:9] == [*before[:2], f"#  person: {BASE}person/", *before[2:8]]


def test_undo_brings_every_byte_back(project: Path) -> None:
    links = Links(project)
    before = state(project)
    links.decide(ADA, review(Verdict.ACCEPT))
    between = state(project)
    links.decide(OTHER_TOWER, review(Verdict.SUPERSEDE, "The whole station."))
    undone = links.undo()
    assert undone is not None
    assert undone.words == "accepted for another object:old-light wikidata:Q3"
    assert state(project) == between
    assert Links(project).undo() is not None
    assert state(project) == before
    assert links.undo() is None


def test_a_superseded_link_names_what_replaced_it(project: Path) -> None:
    links = Links(project)
    old = (OTHER_TOWER[0], f"{WIKIDATA}Q39715")
    reviewer = rows(project)[old]["reviewer_label"]
    links.decide(OTHER_TOWER, review(Verdict.SUPERSEDE, "That is the kind of thing."))
    row = rows(project)[old]
    assert (row["predicate_modifier"], row["other"]) == ("Not", "superseded_by=wikidata:Q3")
    assert row["reviewer_label"] == reviewer
    assert row["comment"] == (
        "Invented for this example. Superseded by wikidata:Q3 (item Q3), Eve Reader, 2026-11-22: "
        "That is the kind of thing."
    )
    assert rows(project)[OTHER_TOWER]["predicate_modifier"] == ""
    assert check_folder(project) == []


def test_a_second_exact_match_is_not_accepted_beside_the_first(project: Path) -> None:
    before = state(project)
    line = next(link.line for link in read_sssom(project / ACCEPTED).links)
    with pytest.raises(LinkError) as refused:
        Links(project).decide(OTHER_TOWER, review(Verdict.ACCEPT))
    assert str(refused.value) == (
        f"{ACCEPTED}:{line}: object:old-light is accepted as wikidata:Q39715 already; "
        "supersede that, or reject this"
    )
    assert state(project) == before


def test_two_things_of_ours_are_not_one_item(project: Path) -> None:
    propose(project, "place:port-merrow", "Q39715")
    pair = (TOWN[0], f"{WIKIDATA}Q39715")
    for verdict in (Verdict.ACCEPT, Verdict.SUPERSEDE):
        with pytest.raises(LinkError, match="accepted for object:old-light already; reject one"):
            Links(project).decide(pair, review(verdict))
    Links(project).decide(pair, review(Verdict.REJECT))
    assert rows(project)[pair]["predicate_modifier"] == "Not"


def test_nothing_is_superseded_where_nothing_was_accepted(project: Path) -> None:
    with pytest.raises(LinkError, match="has no exact match to supersede; accept this one"):
        Links(project).decide(ADA, review(Verdict.SUPERSEDE))


def test_a_pair_that_does_not_wait_is_refused(project: Path) -> None:
    links = Links(project)
    links.decide(ADA, review(Verdict.REJECT))
    with pytest.raises(LinkError, match="it may be decided by now"):
        links.decide(ADA, review(Verdict.ACCEPT))


def test_what_was_edited_since_is_not_undone(project: Path, edit: Edit) -> None:
    links = Links(project)
    links.decide(ADA, review(Verdict.ACCEPT, "Seen."))
    edit(ACCEPTED, "Seen.", "Seen twice.")
    before = state(project)
    with pytest.raises(LinkError, match="is no longer as it was; see what became of it"):
        links.undo()
    assert state(project) == before
    assert links.last() is not None


def test_what_a_person_wrote_meanwhile_stays(project: Path, edit: Edit) -> None:
    links = Links(project)
    links.decide(ADA, review(Verdict.ACCEPT))
    edit(ACCEPTED, "Another port altogether.", "Another port altogether, says Eve.")
    edit(PATH, "place:port-merrow\tport-merrow", "place:port-merrow\tthe port")
    links.decide(TOWN, review(Verdict.REJECT))
    assert rows(project)[TOWN]["subject_label"] == "the port"
    assert links.undo() and links.undo()
    assert rows(project, PATH)[TOWN]["subject_label"] == "the port"
    london = (TOWN[0], f"{WIKIDATA}Q84")
    assert rows(project)[london]["comment"] == "Another port altogether, says Eve."


def test_a_project_without_accepted_links_gets_its_first(project: Path) -> None:
    (project / ACCEPTED).unlink()
    Links(project).decide(ADA, review(Verdict.ACCEPT))
    read = read_sssom(project / ACCEPTED)
    assert [pair_of(link) for link in read.links] == [ADA]
    assert read.metadata["mapping_set_id"] == "https://example.org/lighthouse/links/wikidata"
    assert read.metadata["creator_label"] == ["Eve Reader"]
    assert check_folder(project) == []


def test_a_broken_row_keeps_its_file_from_being_written(project: Path) -> None:
    for path in (ACCEPTED, PATH):
        whole = (project / path).read_bytes()
        (project / path).write_bytes(whole + b"one cell only\n")
        before = state(project)
        with pytest.raises(LinkError, match="mend this row before others are added or moved"):
            Links(project).decide(ADA, review(Verdict.ACCEPT))
        assert state(project) == before
        (project / path).write_bytes(whole)


def test_a_prefix_of_two_meanings_is_refused(project: Path, edit: Edit) -> None:
    edit(ACCEPTED, "#  place", "#  person: https://example.org/other/\n#  place")
    with pytest.raises(LinkError, match="the prefix person means https://example.org/other/ here"):
        Links(project).decide(ADA, review(Verdict.ACCEPT))


def test_if_the_second_file_cannot_be_written_the_first_is_put_back(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(project)

    def fail(path: Path, header: str, given: list[Row]) -> None:
        if path == project / PATH:
            raise LinkError("the file cannot be written: No space left on device", str(path))
        write_sssom(path, header, given)

    monkeypatch.setattr(changes, "write_sssom", fail)
    with pytest.raises(LinkError, match="No space left"):
        Links(project).decide(ADA, review(Verdict.ACCEPT))
    assert state(project) == before
    assert not (project / JOURNAL).exists()


def test_a_run_killed_between_the_files_leaves_the_decision(project: Path) -> None:
    proposed = (project / PATH).read_bytes()
    links = Links(project)
    links.decide(ADA, review(Verdict.REJECT))
    (project / PATH).write_bytes(proposed)
    assert ADA not in [pair_of(link) for link in links.waiting()]


def test_links_reviewed_in_this_project_pass_its_own_check(tmp_path: Path) -> None:
    for folder in ("data", "ontology"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    base = "https://w3id.org/elbe-day/id/"
    found = {"mapping_tool": "kg link suggest", "mapping_tool_version": "1", "match_string": "x"}
    for subject, id in (("person:gleb-baklanov", "Q1"), ("place:elbe", "Q2"), ("place:elbe", "Q3")):
        propose(tmp_path, subject, id, **found)
    links = Links(tmp_path)
    for subject, id, verdict in (
        ("person/gleb-baklanov", "Q1", Verdict.ACCEPT),
        ("place/elbe", "Q2", Verdict.REJECT),
        ("place/elbe", "Q3", Verdict.SUPERSEDE),
    ):
        links.decide((base + subject, WIKIDATA + id), review(verdict, "Seen."))
    assert inspect(tmp_path, None) == []


def _decide(project: Path, pair: tuple[str, str]) -> None:
    Links(project).decide(pair, review(Verdict.REJECT))


def test_two_reviewers_at_once_lose_nothing(project: Path) -> None:
    for number in range(10, 30):
        propose(project, "place:port-merrow", f"Q{number}")
    pairs = [(TOWN[0], f"{WIKIDATA}Q{number}") for number in range(10, 30)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(_decide, [(project, pair) for pair in pairs], chunksize=1)
    assert set(pairs) <= set(rows(project))
    assert list(rows(project, PATH)) == [OTHER_TOWER, ADA, TOWN]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("  ", "a review needs the reviewer's name; give it with --reviewer"),
        ("E" * 201, "a reviewer's name has at most 200 characters"),
        ("Eve|Adam", "'Eve|Adam' is no reviewer's name: write it in one line, without |"),
        ("Eve\nAdam", "write it in one line"),
    ],
)
def test_a_reviewer_has_one_name(name: str, said: str) -> None:
    with pytest.raises(LinkError) as refused:
        Review(Verdict.ACCEPT, name)
    assert said in str(refused.value)


STEPS = st.lists(
    st.tuples(st.sampled_from([ADA, TOWN, OTHER_TOWER]), st.sampled_from([*Verdict, "undo"])),
    max_size=8,
)


@given(STEPS)
def test_whatever_is_decided_and_undone_every_pair_has_one_row(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[tuple[str, str], str]]
) -> None:
    project = tmp_path_factory.mktemp("life")
    (project / "data/links").mkdir(parents=True)
    start = _start(project)
    links = Links(project)
    count = 0
    for pair, step in steps:
        if step == "undo":
            count -= links.undo() is not None
            continue
        try:
            links.decide(pair, review(Verdict(step), "Why\tnot?\n“So”"))
            count += 1
        except LinkError:
            continue
        finally:
            assert sorted(_pairs(project)) == sorted(start)
    while links.undo():
        count -= 1
    assert count == 0
    assert _pairs(project) == start


def _start(project: Path) -> list[tuple[str, str]]:
    accepted = read_sssom(LIGHTHOUSE / ACCEPTED)
    write_sssom(project / ACCEPTED, accepted.header, [link.cells for link in accepted.links])
    header = accepted.header.replace("#  place", f"#  person: {BASE}person/\n#  place")
    proposed = [
        {
            "subject_id": subject.removeprefix(BASE).replace("/", ":"),
            "predicate_id": "skos:exactMatch",
            "object_id": f"wikidata:{item.removeprefix(WIKIDATA)}",
            "mapping_justification": "semapv:LexicalMatching",
        }
        for subject, item in (ADA, TOWN, OTHER_TOWER)
    ]
    write_sssom(project / PATH, header, proposed)
    return _pairs(project)


def _pairs(project: Path) -> list[tuple[str, str]]:
    read: list[Link] = []
    for path in (ACCEPTED, PATH):
        read += read_sssom(project / path).links
    return [pair_of(link) for link in read]
