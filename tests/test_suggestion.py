"""`kg link suggest`: candidates by name from a reconciliation service, scored with reasons."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, Edit
from reviewing import ADA, describe, rows
from wikibase import Said, Wikibase, day, item, point, statement

from kg.build import build as build_release
from kg.check import check_folder
from kg.cli import main
from kg.errors import ProjectError
from kg.linking.alignment import read_alignment
from kg.linking.life import ACCEPTED, Links, Review, Verdict
from kg.linking.proposals import PATH
from kg.linking.suggestion import choose
from kg.linking.things import Things
from kg.project import read_project
from kg.sssom import parse_sssom

Run = Callable[..., Result]
HUMAN, CITY = statement("P31", item("Q5")), statement("P31", item("Q515"))


@pytest.fixture
def wikibase() -> Iterator[Wikibase]:
    """A Wikibase with two of each name, and with things of the name that are none."""
    opened = Wikibase()
    opened.add("Q5", "human")
    opened.add("Q515", "city")
    opened.add("Q7", "novel")
    opened.add("Q4167410", "Wikimedia disambiguation page")
    birth = statement("P569", day("+1850-02-01"))
    opened.add("Q1", "Ada Finch", HUMAN, birth, description="lighthouse keeper")
    opened.add("Q11", "Ada Finch", HUMAN, statement("P569", day("+1920-05-05")))
    opened.add("Q12", "Ada Finch", statement("P31", item("Q4167410")))
    opened.add("Q13", "Ada Finch", statement("P31", item("Q7")))
    opened.add("Q2", "Port Merrow", CITY, statement("P625", point(50.01, -4.01)))
    opened.add("Q21", "Port Merrow", CITY, statement("P625", point(-35.0, 149.0)))
    yield opened
    opened.close()


@pytest.fixture
def project(tiny_project: Path) -> Path:
    """The lighthouse with a person's birth and a town's coordinates."""
    describe(tiny_project)
    return tiny_project


@pytest.fixture
def kg(project: Path, wikibase: Wikibase) -> Run:
    """Run `kg link suggest` on the project, against the stand-in; a traceback fails the test."""

    def run(*options: str) -> Result:
        service = wikibase.url + "/{language}/api"
        where = ["--api", wikibase.api, "--sparql", wikibase.sparql, "--reconciliation", service]
        command = ["link", "suggest", "--project", str(project), *where, *options]
        result = CliRunner().invoke(main, command)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def proposed(result: Result) -> dict[tuple[str, str], dict[str, str]]:
    """The rows on standard output."""
    assert result.exit_code == 0, result.stderr
    read = parse_sssom(result.stdout, "proposed")
    assert read.findings == ()
    return {
        (link.cells["subject_id"], link.cells["object_id"]): dict(link.cells) for link in read.links
    }


def asked(wikibase: Wikibase, language: str) -> list[str]:
    """The names that the service of a language was asked for."""
    batches = [json.loads(f["queries"]) for f in wikibase.asked(f"/{language}/api") if f]
    return [question["query"] for batch in batches for question in batch.values()]


def test_the_right_item_is_proposed_and_every_point_written_out(kg: Run) -> None:
    row = proposed(kg())["person:ada-finch", "wikidata:Q1"]
    assert row["subject_label"] == "Ada Finch"
    assert row["object_label"] == "Ada Finch"
    assert row["predicate_id"] == "skos:exactMatch"
    assert row["mapping_justification"] == "semapv:CompositeMatching"
    assert row["mapping_tool"] == "kg link suggest"
    assert row["match_string"] == "Ada Finch"
    assert row["confidence"] == "0.95"
    assert "reviewer_label" not in row
    pattern = r"100 of 100\. .*: .* Date of birth \+[\d.]+: .* The item: human; lighthouse keeper\."
    assert re.fullmatch(pattern, row["comment"]), row["comment"]


def test_namesakes_disambiguations_and_wrong_kinds_sink_with_the_reason(kg: Run) -> None:
    result = kg("person:ada-finch")
    assert list(proposed(result)) == [("person:ada-finch", "wikidata:Q1")]
    assert re.search(
        r"^person:ada-finch: Q\d+ \(Ada Finch\) sinks to [\d.]+, and 2 more\. ",
        result.stderr,
        re.MULTILINE,
    )
    every = proposed(kg("person:ada-finch", "--least", "0", "--most", "9"))
    comments = {item: row["comment"] for (_, item), row in every.items()}
    assert re.search(r"Date of birth -[\d.]+: .*1850-02-01.*1920-05-05", comments["wikidata:Q11"])
    assert re.search(
        r"Kind -[\d.]+: .* The item: Wikimedia disambiguation page\.", comments["wikidata:Q12"]
    )
    assert re.search(r"Kind -[\d.]+: .* The item: novel\.", comments["wikidata:Q13"])


def test_a_town_of_the_name_far_away_sinks(kg: Run) -> None:
    result = kg("place:port-merrow")
    assert list(proposed(result)) == [("place:port-merrow", "wikidata:Q2")]
    assert re.search(r"Q21 \(Port Merrow\) sinks to .* They lie \d+ km apart\.", result.stderr)


def test_candidates_that_fit_about_as_well_are_both_doubtful(
    kg: Run, wikibase: Wikibase, project: Path
) -> None:
    del wikibase.items["Q1"]["claims"]["P569"]
    del wikibase.items["Q11"]["claims"]["P569"]
    every = proposed(kg("person:ada-finch"))
    row = every["person:ada-finch", "wikidata:Q1"]
    assert (row["confidence"], row["mapping_justification"]) == ("0.5", "semapv:LexicalMatching")
    assert row["comment"].endswith("Doubtful: Q11 (Ada Finch) fits about as well.")
    assert every["person:ada-finch", "wikidata:Q11"]["confidence"] == "0.5"


def test_names_are_asked_in_each_language_with_their_variants(
    kg: Run, wikibase: Wikibase, project: Path, edit: Edit
) -> None:
    edit(
        "data/entities.ttl",
        'rdfs:label "Ada Finch"@en',
        'rdfs:label "Ada Finch"@en, "Ada Fink"@de ; schema:alternateName "A. Finch"@en',
    )
    proposed(kg("person:ada-finch"))
    assert sorted(asked(wikibase, "en")) == ["A. Finch", "Ada Finch"]
    assert asked(wikibase, "de") == ["Ada Fink"]


def test_saved_rows_are_proposals_and_the_graph_stays_as_it_is(kg: Run, project: Path) -> None:
    accepted = (project / ACCEPTED).read_bytes()
    result = kg("--save")
    assert "2 added to data/links/wikidata.proposed.sssom.tsv" in result.stderr
    assert "2 to review, 2 things sought; " in result.stderr
    assert (project / ACCEPTED).read_bytes() == accepted
    assert [f for f in check_folder(project) if f.path == PATH] == []
    assert ADA in rows(project, PATH)


def test_what_was_suggested_is_refused_among_the_links(kg: Run, project: Path) -> None:
    (project / "data/links/found.sssom.tsv").write_text(kg().stdout, encoding="utf-8")
    found = [f for f in check_folder(project) if f.rule == "link nobody reviewed"]
    assert [(f.path, f.record) for f in found] == [
        ("data/links/found.sssom.tsv", "row 1"),
        ("data/links/found.sssom.tsv", "row 2"),
    ]
    with pytest.raises(ProjectError, match="nobody reviewed it"):
        build_release(project, project.parent / "release")


@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.REJECT])
def test_what_a_person_decided_is_not_proposed_again(
    kg: Run, project: Path, verdict: Verdict
) -> None:
    kg("--save")
    Links(project).decide(ADA, Review(verdict, "Eve"))
    assert ("person:ada-finch", "wikidata:Q1") not in proposed(kg())


def test_things_that_have_an_item_are_not_asked_for(kg: Run, project: Path) -> None:
    read = read_project(project)
    sought = [t.name for t in choose(read, Things(read).all.values(), read_alignment(read))]
    assert sought == ["person:ada-finch", "place:port-merrow"]
    kg("--save")
    Links(project).decide(ADA, Review(Verdict.ACCEPT, "Eve"))
    result = kg("person:ada-finch")
    assert result.exit_code == 1
    assert result.stderr.startswith("kg: person:ada-finch is no thing without an item")


def test_a_thing_that_is_misspelt_is_named(kg: Run) -> None:
    assert "person:ada-finc is no thing without an item" in kg("person:ada-finc").stderr
    assert "is person:ada-finch meant?" in kg("person:ada-finc").stderr


def test_a_deleted_candidate_is_said(kg: Run, wikibase: Wikibase) -> None:
    wikibase.candidates["Ada Finch"] = [{"id": "Q99", "name": "Ada Finch", "score": 100}]
    result = kg("person:ada-finch")
    assert proposed(result) == {}
    assert "person:ada-finch: Q99 is deleted" in result.stderr


def test_a_service_of_other_things_is_refused(kg: Run, wikibase: Wikibase) -> None:
    wikibase.space = "https://d-nb.info/gnd/"
    result = kg()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"kg: {wikibase.url}/de/api offers things of https://d-nb.info/gnd/, and links lead to "
        "http://www.wikidata.org/entity/; name another service with --reconciliation\n"
    )


BAD = {
    "429": (Said(429, b"", headers={"Retry-After": "900"}), "answers 429 and asks to wait 900 s"),
    "404": (Said(404, b"<h1>no</h1>", "text/html"), "refuses the request with 404"),
    "no result": (Said(body=b'{"q0": {}}'), "gives no result for"),
    "no id": (Said(body=b'{"q0": {"result": [{"name": "x"}]}}'), "without id, name or score"),
}
TIRED = {
    "500": (Said(500, b"<h1>oops</h1>", "text/html"), "answers 500"),
    "HTML": (
        Said(200, b"<!doctype html><p>Hi", "text/html"),
        "answers a page for people in place of data",
    ),
    "half a JSON": (Said(body=b'{"q0": {"resu'), "answers broken JSON"),
    "broken off": (Said(body=b'{"q0": {"result": []}}', cut=5), "breaks off its answer"),
    "nothing": (Said(wait_s=30), "does not answer in time"),
}


@pytest.mark.parametrize("trouble", BAD)
def test_a_bad_service_is_named_and_the_next_run_goes_on(
    kg: Run, wikibase: Wikibase, trouble: str
) -> None:
    said, words = BAD[trouble]
    wikibase.candidates |= {"Ada Finch": []}
    assert proposed(kg("person:ada-finch")) == {}
    before = len(wikibase.asked("/en/api"))
    wikibase.say(_manifest(wikibase), _manifest(wikibase), said)
    result = kg("person:ada-finch", "place:port-merrow")
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr, result.stderr
    assert list(proposed(kg("person:ada-finch", "place:port-merrow"))) == [
        ("place:port-merrow", "wikidata:Q2")
    ]
    assert "Ada Finch" not in [
        question["query"]
        for fields in wikibase.asked("/en/api")[before:]
        for question in json.loads(fields.get("queries", "{}")).values()
    ]


@pytest.mark.parametrize("trouble", TIRED)
def test_a_service_that_recovers_is_asked_again(kg: Run, wikibase: Wikibase, trouble: str) -> None:
    said, words = TIRED[trouble]
    wikibase.say(_manifest(wikibase), _manifest(wikibase), said)
    result = kg("person:ada-finch", "--timeout", "1")
    assert list(proposed(result)) == [("person:ada-finch", "wikidata:Q1")]
    assert f"{words}; asking again in 1 s" in result.stderr


def _manifest(wikibase: Wikibase) -> Said:
    manifest = {"versions": ["0.2"], "identifierSpace": wikibase.space, "name": "x"}
    return Said(body=json.dumps(manifest).encode())


def test_offline_repeats_what_was_answered_and_asks_nobody(kg: Run, wikibase: Wikibase) -> None:
    first = kg()
    count = len(wikibase.requests)
    assert kg("--offline").stdout == first.stdout
    assert len(wikibase.requests) == count


def test_offline_without_answers_says_what_to_do(kg: Run) -> None:
    result = kg("--offline")
    assert result.exit_code == 1
    assert "run it once without --offline" in result.stderr


def test_this_project_asks_for_its_people_in_three_languages(
    wikibase: Wikibase, tmp_path: Path
) -> None:
    wikibase.add("Q40", "major general")
    wikibase.add(
        "Q31",
        "Gleb Baklanov",
        HUMAN,
        statement("P569", day("+1910-08-14")),
        statement("P410", item("Q40")),
        statement("P7779", item("Q51")),
        ru="Глеб Владимирович Бакланов",
    )
    wikibase.add("Q51", "34th Guards Rifle Corps")
    wikibase.add("Q52", "2nd Ukrainian Front")
    wikibase.add(
        "Q32",
        "Konev",
        HUMAN,
        statement("P569", day("+1897-12-28")),
        statement("P7779", item("Q52")),
        ru="Иван Степанович Конев",
    )
    wikibase.add("Q33", "Ivan Nikitich Konev", HUMAN, ru="Иван Никитич Конев")
    service = ["--reconciliation", wikibase.url + "/{language}/api"]
    where = ["--api", wikibase.api, "--sparql", wikibase.sparql, "--project", str(ROOT)]
    command = ["link", "suggest", "person:gleb-baklanov", "person:ivan-konev", *service, *where]
    result = CliRunner().invoke(main, [*command, "--cache", str(tmp_path / "answers")])
    found = proposed(result)
    assert list(found) == [
        ("person:gleb-baklanov", "wikidata:Q31"),
        ("person:ivan-konev", "wikidata:Q32"),
    ]
    assert re.search(r"Rank \+[\d.]+: ", found["person:gleb-baklanov", "wikidata:Q31"]["comment"])
    unit = r"Military unit \+8: Both have the value “34.*корпус”\."
    assert re.search(unit, found["person:gleb-baklanov", "wikidata:Q31"]["comment"])
    unit = r"Military unit -3: Another one is recorded, though posts change: “.*” is not “2nd Ukr"
    assert re.search(unit, found["person:ivan-konev", "wikidata:Q32"]["comment"])
    assert re.search(r"Q33 \(Ivan Nikitich Konev\) sinks to .*“nikitich” is not", result.stderr)
    assert "Глеб Владимирович Бакланов" in asked(wikibase, "ru")
    assert "Gleb Wladimirowitsch Baklanow" in asked(wikibase, "de")
