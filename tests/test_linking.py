"""`kg link resolve` and `kg link check`, from the command line to a Wikibase on the loopback."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, Edit
from pyoxigraph import Literal
from wikibase import Said, Wikibase, day, item, point, statement, text

from kg.check import check_folder
from kg.cli import main
from kg.errors import LinkError, SourceError
from kg.freshness import hash_sources
from kg.linking.alignment import read_alignment
from kg.linking.comparison import distance_km, to_days
from kg.linking.proposals import PATH, add_proposals
from kg.linking.wikidata import Point
from kg.project import read_project
from kg.sssom import parse_sssom, read_sssom, write_sssom

LINKS = "data/links/wikidata.sssom.tsv"
ALIGNMENT = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
PREFIX lho: <https://example.org/lighthouse/def#>
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
wd:Q5 rdfs:label "human"@en ; rdfs:subClassOf schema:Person .
wd:Q515 rdfs:label "city"@en ; rdfs:subClassOf schema:Place .
wdt:P569 rdfs:label "date of birth"@en ; rdfs:subPropertyOf schema:birthDate .
wdt:P585 rdfs:label "point in time"@en ; rdfs:subPropertyOf lho:date .
wdt:P19 rdfs:label "place of birth"@en ; rdfs:subPropertyOf schema:birthPlace .
wdt:P625 rdfs:label "coordinate location"@en ; rdfs:subPropertyOf schema:geo .
wdt:P1566 rdfs:label "GeoNames ID"@en ; rdfs:subPropertyOf rdfs:seeAlso ;
    schema:valuePattern "https://www\\\\.geonames\\\\.org/([0-9]+)" .
"""
FACTS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX schema: <https://schema.org/>
PREFIX event: <https://example.org/lighthouse/id/event/>
PREFIX person: <https://example.org/lighthouse/id/person/>
PREFIX place: <https://example.org/lighthouse/id/place/>
person:ada-finch schema:birthDate "1850-02-01"^^xsd:date ;
    schema:birthPlace place:port-merrow ;
    foaf:isPrimaryTopicOf <https://en.wikipedia.org/wiki/Ada_Finch> .
place:port-merrow rdfs:seeAlso <https://www.geonames.org/77> ;
    schema:latitude 50.0 ;
    schema:longitude -4.0 .
"""
ADA = "person:ada-finch\tAda Finch\tskos:exactMatch\t\twikidata:Q1\tAda Finch"
END = "\tsemapv:ManualMappingCuration\tThe editors\t0.9\tSeen.\n"

Run = Callable[..., Result]


@pytest.fixture
def wikibase() -> Iterator[Wikibase]:
    """A Wikibase in which all that the project says is so."""
    opened = Wikibase()
    opened.add(
        "Q1",
        "Ada Finch",
        statement("P31", item("Q5")),
        statement("P569", day("+1850-02-01")),
        statement("P19", item("Q3")),
        articles={"enwiki": "Ada Finch"},
    )
    opened.add(
        "Q2",
        "Port Merrow",
        statement("P31", item("Q515")),
        statement("P1566", text("77")),
        statement("P625", point(50.01, -4.01)),
    )
    opened.add("Q3", "Harbour quarter", statement("P131", item("Q2")))
    opened.add("Q5", "human")
    opened.add("Q7", "novel")
    opened.add("Q515", "city")
    opened.add("Q39715", "lighthouse")
    yield opened
    opened.close()


@pytest.fixture
def project(tiny_project: Path) -> Path:
    """The lighthouse with an alignment, an article, a number and a birth."""
    (tiny_project / "ontology/alignment.ttl").write_text(ALIGNMENT, encoding="utf-8")
    (tiny_project / "data/facts.ttl").write_text(FACTS, encoding="utf-8")
    file = tiny_project / LINKS
    lines = file.read_text(encoding="utf-8").replace(
        "#  place:", "#  event: E\n#  person: P\n#  place:"
    )
    lines = lines.replace("E\n", "https://example.org/lighthouse/id/event/\n", 1)
    lines = lines.replace("P\n", "https://example.org/lighthouse/id/person/\n", 1)
    file.write_text(lines, encoding="utf-8")
    return tiny_project


@pytest.fixture
def linked(project: Path) -> Path:
    """The same, with Ada Finch and Port Merrow linked as they should be."""
    add_row(project, ADA + END)
    add_row(
        project, "place:port-merrow\tPort Merrow\tskos:exactMatch\t\twikidata:Q2\tPort Merrow" + END
    )
    return project


def add_row(project: Path, row: str) -> int:
    """Add a row to the accepted links; gives its line."""
    with (project / LINKS).open("a", encoding="utf-8") as file:
        file.write(row)
    return (project / LINKS).read_text(encoding="utf-8").count("\n")


@pytest.fixture
def kg(project: Path, wikibase: Wikibase) -> Run:
    """Run `kg link` on the project, against the stand-in; a traceback fails the test."""

    def run(command: str, *options: str) -> Result:
        where = ["--project", str(project), "--api", wikibase.api, "--sparql", wikibase.sparql]
        result = CliRunner().invoke(main, ["link", command, *where, *options])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


# --- resolve


def test_an_article_and_a_number_are_followed_to_their_items(kg: Run) -> None:
    result = kg("resolve")
    proposed = parse_sssom(result.stdout, "proposed")
    assert (result.exit_code, proposed.findings) == (0, ())
    ada, town = (link.cells for link in proposed.links)
    assert (ada["subject_id"], ada["object_id"]) == ("person:ada-finch", "wikidata:Q1")
    assert (town["subject_id"], town["object_id"]) == ("place:port-merrow", "wikidata:Q2")
    assert ada["comment"] == "Wikidata gives this item the article “Ada Finch” (enwiki)."
    assert town["comment"] == "Wikidata gives this item GeoNames ID 77 (P1566)."
    assert ada["see_also"] == "https://en.wikipedia.org/wiki/Ada_Finch"
    assert town["see_also"] == "https://www.geonames.org/77"
    assert ada["mapping_justification"] == "semapv:MappingChaining"
    assert ada["mapping_date"] == datetime.now(UTC).date().isoformat()
    assert "reviewer_label" not in ada
    assert result.stderr == "2 to review; Wikidata as of now\n"


def test_a_proposal_names_the_claim_and_the_source_of_its_way(
    wikibase: Wikibase, tmp_path: Path
) -> None:
    wikibase.add("Q8", "William B. Kean", articles={"enwiki": "William B. Kean"})
    where = ["--api", wikibase.api, "--sparql", wikibase.sparql]
    cache = ["--project", str(ROOT), "--cache", str(tmp_path / "answers")]
    result = CliRunner().invoke(main, ["link", "resolve", *where, *cache])
    (kean,) = parse_sssom(result.stdout, "proposed").links
    assert kean.cells["comment"] == (
        "Wikidata gives this item the article “William B. Kean” (enwiki) "
        "(our claim e-kean-article, source K58)."
    )
    assert "photograph:c5: no item has U.S. National Archives Identifier 531276" in result.stderr
    assert "place:torgau: no item has German municipality key 14730310 (P439)" in result.stderr


def test_saved_proposals_stand_apart_and_are_no_part_of_the_graph(kg: Run, project: Path) -> None:
    before = hash_sources(project)
    assert "2 added to data/links/wikidata.proposed.sssom.tsv" in kg("resolve", "--save").stderr
    read = read_project(project)
    assert [len(read.mappings), len(read.proposals)] == [1, 1]
    assert hash_sources(project) == before
    assert [f for f in check_folder(project) if f.path == PATH] == []
    written = (project / PATH).read_bytes()
    assert "0 added" in kg("resolve", "--save").stderr
    assert (project / PATH).read_bytes() == written


def test_saving_keeps_what_a_person_wrote(kg: Run, project: Path) -> None:
    kg("resolve", "--save")
    file = project / PATH
    text = file.read_text(encoding="utf-8").replace("(enwiki).", "(enwiki). Later, says Eve.")
    file.write_text(text.replace("place:port-merrow", "place:other"), encoding="utf-8")
    assert "1 added" in kg("resolve", "--save").stderr
    rows = [link.cells for link in read_sssom(file).links]
    assert [row["subject_id"] for row in rows] == [
        "person:ada-finch",
        "place:other",
        "place:port-merrow",
    ]
    assert rows[0]["comment"].endswith("Later, says Eve.")


def test_nothing_is_added_to_a_file_with_broken_rows(kg: Run, project: Path) -> None:
    kg("resolve", "--save")
    file = project / PATH
    file.write_text(file.read_text(encoding="utf-8") + "one cell only\n", encoding="utf-8")
    written = file.read_bytes()
    result = kg("resolve", "--save")
    assert result.exit_code == 1
    assert "mend this row before others are added or moved" in result.stderr
    assert file.read_bytes() == written


def test_what_a_person_decided_is_not_proposed_again(kg: Run, linked: Path) -> None:
    assert parse_sssom(kg("resolve").stdout, "proposed").links == ()


def test_a_rejected_item_that_is_found_again_is_said(kg: Run, project: Path) -> None:
    line = add_row(project, ADA.replace("\t\t", "\tNot\t") + END)
    result = kg("resolve")
    assert "wikidata:Q1" not in result.stdout
    assert f"person:ada-finch: {LINKS}:{line} rejects Q1, yet the article" in result.stderr


def test_an_accepted_item_that_exact_ways_pass_by_is_said(kg: Run, project: Path) -> None:
    line = add_row(project, ADA.replace("Q1", "Q7") + END)
    told = kg("resolve").stderr
    assert f"{LINKS}:{line} accepts wikidata:Q7, exact ways lead to Q1 by the article" in told


def test_ways_that_part_are_both_proposed_as_doubtful(kg: Run, wikibase: Wikibase) -> None:
    wikibase.add(
        "Q9", "Port Merrow", statement("P31", item("Q515")), statement("P1566", text("77"))
    )
    result = kg("resolve")
    towns = [
        link.cells
        for link in parse_sssom(result.stdout, "proposed").links
        if link.cells["subject_id"] == "place:port-merrow"
    ]
    assert [(row["object_id"], row["confidence"]) for row in towns] == [
        ("wikidata:Q2", "0.5"),
        ("wikidata:Q9", "0.5"),
    ]
    assert "place:port-merrow: the ways part, to Q2" in result.stderr


def test_one_item_for_two_of_ours_and_a_wrong_class_are_doubtful(
    kg: Run, wikibase: Wikibase, project: Path
) -> None:
    more = FACTS.replace("Ada_Finch", "Finch").replace("/77", "/78")
    (project / "data/facts.ttl").write_text(more, encoding="utf-8")
    wikibase.add(
        "Q1",
        "Finch",
        statement("P31", item("Q7")),
        statement("P1566", text("78")),
        articles={"enwiki": "Finch"},
    )
    ada, town = (link.cells for link in parse_sssom(kg("resolve").stdout, "proposed").links)
    assert ada["comment"].endswith(
        "Doubtful: its class is none of human; place:port-merrow leads to it, too."
    )
    assert town["comment"].endswith(
        "Doubtful: its class is none of city; person:ada-finch leads to it, too."
    )


def test_a_project_without_alignment_has_its_articles_followed(kg: Run, project: Path) -> None:
    (project / "ontology/alignment.ttl").unlink()
    (ada,) = parse_sssom(kg("resolve").stdout, "proposed").links
    assert ada.cells["object_id"] == "wikidata:Q1"


def test_a_service_that_fails_ends_the_run_and_a_second_run_goes_on(
    kg: Run, wikibase: Wikibase
) -> None:
    wikibase.say(Said(404))
    result = kg("resolve")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"kg: {wikibase.api} refuses the request with 404")
    assert kg("resolve").exit_code == 0
    asked = len(wikibase.requests)
    assert kg("resolve", "--offline").stdout == kg("resolve").stdout
    assert len(wikibase.requests) == asked


# --- check


def check(kg: Run, *options: str) -> list[str]:
    """The findings, which decide the exit code."""
    result = kg("check", *options)
    lines = result.stdout.splitlines()
    assert result.exit_code == (1 if lines else 0)
    return lines


def test_links_that_hold_leave_nothing_to_weigh(kg: Run, linked: Path) -> None:
    result = kg("check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "3 links held against Wikidata as of now: nothing to weigh\n"


def test_a_deleted_item_is_found(kg: Run, wikibase: Wikibase, linked: Path) -> None:
    del wikibase.items["Q1"]
    (finding,) = check(kg)
    assert finding.startswith(f"{LINKS}:") and finding.endswith("[item gone]")
    assert "row 3: Wikidata has no Q1 (any more); reject the row, or find" in finding


def test_a_redirected_item_offers_its_new_id(kg: Run, wikibase: Wikibase, linked: Path) -> None:
    wikibase.items["Q11"] = wikibase.items.pop("Q1") | {"id": "Q11"}
    wikibase.redirects["Q1"] = "Q11"
    (finding,) = check(kg)
    assert "Q1 now leads to Q11 (Ada Finch); if that is still meant, write wikidata:Q11" in finding


def test_two_of_ours_that_became_one_item_are_found(
    kg: Run, wikibase: Wikibase, linked: Path
) -> None:
    wikibase.redirects["Q11"] = "Q1"
    add_row(linked, "agent:editors\tThe editors\tskos:exactMatch\t\twikidata:Q11\tAda Finch" + END)
    file = linked / LINKS
    text = file.read_text(encoding="utf-8")
    agent = "#curie_map:\n#  agent: https://example.org/lighthouse/id/agent/\n"
    file.write_text(text.replace("#curie_map:\n", agent), encoding="utf-8")
    shared = [finding for finding in check(kg) if finding.endswith("[one item for two]")]
    assert ["row 3" in shared[0], "row 5" in shared[1]] == [True, True]
    assert (
        "person:ada-finch and agent:editors are both Q1 now, since items were merged" in shared[0]
    )


def test_an_item_of_a_class_that_cannot_be_is_found(
    kg: Run, wikibase: Wikibase, linked: Path
) -> None:
    wikibase.items["Q1"]["claims"]["P31"] = [statement("P31", item("Q7"))]
    (finding,) = check(kg)
    assert "person:ada-finch cannot be Q1, an instance of novel (Q7); it may be: human" in finding


def test_an_item_that_bears_another_name_now_is_found(
    kg: Run, wikibase: Wikibase, linked: Path
) -> None:
    wikibase.items["Q1"]["labels"]["en"]["value"] = "Ada Fink"
    (finding,) = check(kg)
    assert "the row calls Q1 “Ada Finch”, Wikidata “Ada Fink”" in finding
    wikibase.items["Q1"]["aliases"] = {"en": [{"language": "en", "value": "ada finch"}]}
    assert check(kg, "--max-age", "0") == []


def test_dates_that_differ_are_set_beside_each_other_with_their_sources(
    kg: Run, wikibase: Wikibase, linked: Path
) -> None:
    wikibase.add("Q90", "Register of Births")
    wikibase.items["Q1"]["claims"]["P569"] = [
        statement("P569", day("+1851-00-00", 9), sources={"P248": item("Q90")})
    ]
    (finding,) = check(kg)
    assert finding.endswith(
        "person:ada-finch and Q1 (Ada Finch) differ in date of birth (P569): here 1850-02-01, "
        "there 1851 (Register of Births (Q90)); weigh both [dates differ]"
    )


def test_our_side_names_its_claim_and_source(kg: Run, wikibase: Wikibase, linked: Path) -> None:
    add_row(linked, "event:first-lighting\tFirst\tskos:exactMatch\t\twikidata:Q4\tFirst" + END)
    wikibase.add("Q4", "First", statement("P585", day("+1874-07-03")))
    (finding,) = check(kg)
    assert (
        "here 1874-06-03 (our claim e-first-lighting, source harbour-log), "
        "there 1874-07-03 (no reference)" in finding
    )


@pytest.mark.parametrize("value", [day("+1850-00-00", 9), day("+1850-02-00", 10), None])
def test_a_coarser_or_unknown_date_is_no_disagreement(
    kg: Run, wikibase: Wikibase, linked: Path, value: dict[str, object] | None
) -> None:
    wikibase.items["Q1"]["claims"]["P569"] = [statement("P569", value)]
    assert check(kg) == []


def test_a_place_within_ours_agrees_and_one_elsewhere_does_not(
    kg: Run, wikibase: Wikibase, linked: Path
) -> None:
    assert check(kg) == []
    wikibase.items["Q3"]["claims"] = []
    (finding,) = check(kg, "--max-age", "0")
    assert (
        "differ in place of birth (P19): here place:port-merrow, there Harbour quarter" in finding
    )
    assert finding.endswith("[places differ]")


def test_points_far_apart_are_found_with_their_distance(
    kg: Run, wikibase: Wikibase, linked: Path
) -> None:
    wikibase.items["Q2"]["claims"]["P625"] = [statement("P625", point(51.0, -4.0))]
    (finding,) = check(kg)
    assert "coordinate location (P625), 111 km apart: here 50, -4, there 51, -4" in finding


def test_another_article_or_number_is_found(kg: Run, wikibase: Wikibase, linked: Path) -> None:
    wikibase.items["Q1"]["sitelinks"] = {}
    wikibase.items["Q2"]["claims"]["P1566"] = [statement("P1566", text("78"))]
    article, number = check(kg)
    assert "has the article “Ada Finch” of enwiki, Q1 has none" in article
    assert "differ in GeoNames ID (P1566): here 77, there 78 (no reference)" in number


def test_a_mere_likeness_is_not_held_to_dates(kg: Run, wikibase: Wikibase, project: Path) -> None:
    add_row(project, ADA.replace("exactMatch", "closeMatch") + END)
    wikibase.items["Q1"]["claims"]["P569"] = [statement("P569", day("+1700-01-01"))]
    assert check(kg) == []


def test_rejected_rows_are_not_asked_about(kg: Run, wikibase: Wikibase, project: Path) -> None:
    check(kg)
    asked = " ".join(fields.get("ids", "") for _, fields in wikibase.requests)
    assert "Q84" not in asked and "Q39715" in asked


def test_corrections_are_drafted_for_a_person_and_never_sent(
    kg: Run, wikibase: Wikibase, linked: Path, tmp_path: Path
) -> None:
    add_row(linked, "event:first-lighting\tFirst\tskos:exactMatch\t\twikidata:Q4\tFirst" + END)
    wikibase.add("Q4", "First", statement("P585", day("+1874-07-03")))
    wikibase.items["Q2"]["claims"] |= {
        "P1566": [statement("P1566", text("78"))],
        "P625": [statement("P625", point(51.0, -4.0))],
    }
    draft = tmp_path / "draft.txt"
    result = kg("check", "--quickstatements", str(draft))
    assert "3 corrections to consider" in result.stderr and "none is sent" in result.stderr
    assert sorted(draft.read_text(encoding="utf-8").splitlines()) == [
        'Q2|P1566|"77" /* place:port-merrow, GeoNames ID */',
        "Q2|P625|@50.0/-4.0 /* place:port-merrow, coordinate location */",
        "Q4|P585|+1874-06-03T00:00:00Z/11"
        '|S854|"https://example.org/lighthouse/id/claim/e-first-lighting"'
        " /* event:first-lighting, point in time */",
    ]
    assert {fields.get("action", "query") for _, fields in wikibase.requests} <= {
        "wbgetentities",
        "query",
    }


def test_the_age_of_kept_answers_is_said(kg: Run, linked: Path, wikibase: Wikibase) -> None:
    kg("check")
    with closing(sqlite3.connect(linked / ".cache/linking.sqlite")) as database, database:
        database.execute("UPDATE answers SET given = '2020-01-01T00:00:00+00:00'")
    asked = len(wikibase.requests)
    told = kg("check", "--offline").stderr
    assert "3 links held against Wikidata as of " in told and " days ago" in told
    assert len(wikibase.requests) == asked


# --- bad input


def test_a_malformed_id_a_repeated_item_and_two_exact_matches_are_findings(
    kg: Run, linked: Path
) -> None:
    bad = [
        add_row(linked, ADA.replace("wikidata:Q1", "wikidata:Q01") + END),
        add_row(linked, ADA.replace("ada-finch", "eve").replace("Ada Finch", "Eve") + END),
        add_row(linked, ADA.replace("wikidata:Q1\tAda Finch", "wikidata:Q515\tcity") + END),
    ]
    found = check(kg)
    assert any(f":{bad[0]}: row 5: wikidata:Q01 is no Wikidata entity" in line for line in found)
    assert any(f":{bad[1]}: row 6: row 3 gives this exact match to person:ada" in x for x in found)
    assert any(f":{bad[2]}: row 7: row 3 has another exact match, wikidata:Q1" in x for x in found)


@pytest.mark.parametrize("command", ["check", "resolve"])
def test_a_broken_table_is_named_with_its_line(
    kg: Run, project: Path, edit: Edit, command: str
) -> None:
    line = edit(LINKS, "subject_id\t", "subject_idd\t")
    result = kg(command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"kg: {LINKS}:{line}: the column subject_id is missing; is `subject_idd` meant?\n"
    )


@pytest.mark.parametrize(
    ("added", "what"),
    [
        ("<https://schema.org/Person> rdfs:subClassOf wd:Q5 .", "this is no item"),
        ('wdt:P1 schema:valuePattern "(" .', "is no regular expression"),
        ('wdt:P1 schema:valuePattern "[0-9]+" .', "has 0 groups; put the identifier in one"),
    ],
)
def test_an_alignment_that_aligns_nothing_is_refused(
    kg: Run, project: Path, added: str, what: str
) -> None:
    (project / "ontology/alignment.ttl").write_text(ALIGNMENT + added, encoding="utf-8")
    line = ALIGNMENT.count("\n") + 1
    result = kg("check")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"kg: ontology/alignment.ttl:{line}:") and what in result.stderr
    with pytest.raises(SourceError, match=re.escape(what)):
        read_alignment(read_project(project))


def test_misuse_ends_with_2(kg: Run) -> None:
    assert kg("check", "--max-age", "-1").exit_code == 2
    assert kg("resolve", "--timeout", "0").exit_code == 2


def test_in_a_pipe_nothing_is_said_of_progress(wikibase: Wikibase, linked: Path) -> None:
    command = [sys.executable, "-m", "kg", "link", "check", "--project", str(linked)]
    where = ["--api", wikibase.api, "--sparql", wikibase.sparql]
    done = subprocess.run(
        [*command, *where], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "3 links held against Wikidata as of now: nothing to weigh\n"


# --- files


def test_a_mapping_file_behind_a_symbolic_link_is_written_there(tmp_path: Path) -> None:
    read = read_sssom(ROOT / LINKS)
    (tmp_path / "kept").mkdir()
    there, link = tmp_path / "kept" / "links.tsv", tmp_path / "links.tsv"
    there.write_text("", encoding="utf-8")
    link.symlink_to(there)
    write_sssom(link, read.header, [row.cells for row in read.links])
    assert link.is_symlink()
    assert there.read_bytes() == (ROOT / LINKS).read_bytes()
    assert sorted(path.name for path in there.parent.iterdir()) == ["links.tsv"]


def test_a_mapping_file_written_again_is_the_same_file(tmp_path: Path) -> None:
    read = read_sssom(ROOT / LINKS)
    write_sssom(tmp_path / "again.tsv", read.header, [link.cells for link in read.links])
    assert (tmp_path / "again.tsv").read_bytes() == (ROOT / LINKS).read_bytes()


def test_a_file_that_cannot_be_written_is_named(project: Path) -> None:
    (project / PATH).mkdir()
    row = {"subject_id": "person:ada-finch", "object_id": "wikidata:Q1"}
    with pytest.raises(LinkError):
        write_sssom(project / PATH, "", [row])
    assert [file.name for file in (project / PATH).parent.iterdir() if "part" in file.name] == []


def test_proposals_added_later_bring_their_prefixes(project: Path) -> None:
    common = {
        "predicate_id": "skos:exactMatch",
        "mapping_justification": "semapv:MappingChaining",
    }
    read = read_project(project)
    ada = {"subject_id": "person:ada-finch", "object_id": "wikidata:Q1", **common}
    tower = {"subject_id": "object:old-light", "object_id": "wikidata:Q2", **common}
    assert add_proposals(read, [ada]) == 1
    assert add_proposals(read, [tower, tower]) == 1
    proposed = read_sssom(project / PATH)
    assert proposed.findings == ()
    assert [link.subject.value.rpartition("/id/")[2] for link in proposed.links] == [
        "object/old-light",
        "person/ada-finch",
    ]


# --- comparison


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("1910-08-14", "1910-08-14", "1910-08-14"),
        ("1914", "1914-01-01", "1914-12-31"),
        ("[1907-01-15,1907-01-17]", "1907-01-15", "1907-01-17"),
        ("1945-04-25/1945-04-27", "1945-04-25", "1945-04-27"),
    ],
)
def test_a_date_of_ours_spans_the_days_it_may_mean(written: str, first: str, last: str) -> None:
    days = to_days(Literal(written))
    assert days is not None and [one.isoformat() for one in days] == [first, last]


def test_what_is_no_date_of_ours_has_no_days() -> None:
    assert to_days(Literal("in spring")) is None


def test_the_distance_is_along_the_globe() -> None:
    assert round(distance_km(Point(52.52, 13.405), Point(48.857, 2.352))) == 877
    assert distance_km(Point(0, 179.9), Point(0, -179.9)) < 23
