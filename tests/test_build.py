"""A build is a pure function of its sources, and never leaves half a release."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LIGHTHOUSE, Edit
from pyoxigraph import Literal, NamedNode, Store

from kg.build import STEPS, build
from kg.draft import open_draft
from kg.errors import KnowledgeError, ProjectError, ReleaseError, ShapeError
from kg.freshness import is_current
from kg.release import Release, open_release

BASE = "https://example.org/lighthouse/"
CLAIMS = "data/claims/records.trig"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return build(LIGHTHOUSE, tmp_path_factory.mktemp("built") / "release")


def contents(out: Path) -> dict[str, bytes]:
    """Every file of a release but the query engine's own."""
    files = (path for path in out.rglob("*") if path.is_file())
    named = {path.relative_to(out).as_posix(): path.read_bytes() for path in files}
    return {path: content for path, content in named.items() if not path.startswith("store/")}


def stored(out: Path) -> list[str]:
    return sorted(map(str, Store.read_only(str(out / "store"))))


def build_elsewhere(folder: Path, **environment: str) -> Path:
    """Build in another process, with another environment."""
    out = folder / "release"
    subprocess.run(
        [sys.executable, "-m", "kg", "build", "--project", "lighthouse", "--out", out],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment},
        check=True,
        capture_output=True,
    )
    return out


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"},
        {"PYTHONHASHSEED": "4242", "TZ": "America/Anchorage", "LC_ALL": "C", "LANG": "C"},
    ],
)
def test_the_same_sources_make_the_same_bytes_anywhere(
    built: Release, tmp_path: Path, environment: dict[str, str]
) -> None:
    elsewhere = tmp_path / "a folder of another näme"
    shutil.copytree(LIGHTHOUSE, elsewhere / "lighthouse")
    for number, file in enumerate(elsewhere.rglob("*")):
        os.utime(file, (number, number))
    out = build_elsewhere(elsewhere, **environment)
    assert contents(out) == contents(built.path)
    assert stored(out) == stored(built.path)


def test_building_twice_in_one_place_changes_nothing(tmp_path: Path, built: Release) -> None:
    build(LIGHTHOUSE, tmp_path / "release")
    build(LIGHTHOUSE, tmp_path / "release")
    again = contents(tmp_path / "release")
    changes = {path: again.pop(path) for path in list(again) if path.startswith("changes/")}
    assert again == contents(built.path)
    assert (changes["changes/added.nq"], changes["changes/removed.nq"]) == (b"", b"")


def test_a_release_holds_what_the_design_says(built: Release) -> None:
    assert set(contents(built.path)) == {
        "release.json",
        "report.ttl",
        "report.json",
        "catalog.ttl",
        "catalog.jsonld",
        "ontology/def.ttl",
        "ontology/borrowed.ttl",
        "ontology/shapes.ttl",
        "ontology/context.jsonld",
        "queries/01-first-lit.rq",
        "links/wikidata.sssom.tsv",
        "identifiers.json",
        *(
            f"dumps/lighthouse.{name}{gz}"
            for name in ("ttl", "trig", "nq", "nt", "rdf", "jsonld")
            for gz in ("", ".gz")
        ),
    }


def test_the_manifest_vouches_for_every_file(built: Release) -> None:
    listed = {file.path for file in built.manifest.files}
    assert listed == set(contents(built.path)) - {"release.json"}
    assert open_release(built.path).manifest == built.manifest
    assert built.manifest.ontology_version == "1.0.0"
    assert built.manifest.title == "The Old Light"
    assert built.manifest.prefixes["lho"] == BASE + "def#"


def test_the_counts_are_those_of_the_store(built: Release) -> None:
    store = built.open_store()

    def count(pattern: str) -> int:
        (row,) = store.query(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}").rows
        assert isinstance(row[0], Literal)
        return int(row[0].value)

    counts = built.manifest.counts
    assert counts["triples"] == count("?s ?p ?o")
    assert counts["named_graph_triples"] == count("GRAPH ?g { ?s ?p ?o }")
    assert counts["named_graphs"] == 6
    assert counts["links"] == count("?s <http://www.w3.org/2002/07/owl#sameAs> ?o") == 1


def test_one_version_everywhere(built: Release) -> None:
    version = built.manifest.version
    files = contents(built.path)
    assert json.loads(files["release.json"])["version"] == version
    assert version in files["catalog.ttl"].decode()
    assert version in files["catalog.jsonld"].decode()


def test_the_store_holds_what_the_dump_holds(built: Release) -> None:
    dumped = Store()
    dumped.load(path=built.dump)
    assert stored(built.path) == sorted(map(str, dumped))


def test_every_step_is_told(tmp_path: Path) -> None:
    steps: list[str] = []
    build(LIGHTHOUSE, tmp_path / "release", steps.append)
    assert tuple(steps) == STEPS


def test_a_finding_stops_the_build_with_its_line(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    line = edit(CLAIMS, '"1874-06-03"^^xsd:date', '"1874-06-31"^^xsd:date')
    with pytest.raises(ProjectError) as caught:
        build(tiny_project, tmp_path / "release")
    message = str(caught.value)
    assert message.startswith("nothing is built while there is something to mend:\n")
    assert f"{CLAIMS}:{line}: " in message
    assert not (tmp_path / "release").exists()


def test_a_broken_shape_stops_the_build_with_node_shape_and_message(
    tiny_project: Path, tmp_path: Path
) -> None:
    shapes = tiny_project / "ontology/shapes/claims.ttl"
    shapes.write_text(
        shapes.read_text(encoding="utf-8").replace(
            "sh:path lho:speaker ;\n    sh:minCount 1", "sh:path lho:speaker ;\n    sh:minCount 2"
        ),
        encoding="utf-8",
    )
    with pytest.raises(ShapeError) as caught:
        build(tiny_project, tmp_path / "release")
    lines = str(caught.value).splitlines()
    assert lines[0] == "the graph breaks its shapes:"
    text = (tiny_project / CLAIMS).read_text(encoding="utf-8")
    line = text.count("\n", 0, text.index("lho:speaker")) + 1
    assert (
        f"{CLAIMS}:{line}: claim:e-first-lighting: A claim has a speaker. "
        "(shape:claim-speaker lho:speaker) [broken shape]" in lines
    )


def test_a_shape_that_selects_nothing_stops_the_build(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    line = edit("ontology/shapes/claims.ttl", "Class lho:Claim", "Class lho:SourceClaim")
    with pytest.raises(KnowledgeError) as caught:
        build(tiny_project, tmp_path / "release")
    assert (
        f"ontology/shapes/claims.ttl:{line - 1}: shape:Claim: the shape selects nothing; "
        "correct its target, or delete it [idle shape]" in str(caught.value)
    )


def test_a_warning_is_reported_and_released(tiny_project: Path, tmp_path: Path) -> None:
    shapes = tiny_project / "ontology/shapes/claims.ttl"
    text = shapes.read_text(encoding="utf-8")
    start = text.index("shape:claim-speaker a")
    warning = text[start:].replace("sh:minCount 1", "sh:minCount 2").replace("Violation", "Warning")
    shapes.write_text(text[:start] + warning, encoding="utf-8")
    release = build(tiny_project, tmp_path / "release")
    report = json.loads((release.path / "report.json").read_bytes())
    assert report["conforms"] is True
    assert report["entities"][f"{BASE}id/claim/n1"] == [
        {
            "shape": f"{BASE}shapes#claim-speaker",
            "severity": "Warning",
            "message": "A claim has a speaker.",
            "path": f"{BASE}def#speaker",
        }
    ]
    text = (release.path / "report.ttl").read_text(encoding="utf-8")
    assert "sh:focusNode claim:n1 ;" in text
    assert "[" not in text and "_:" not in text


def test_the_projects_own_rules_stop_the_build(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    for place in ("edtf:EDTF", "xsd:date", "xsd:date"):
        edit(CLAIMS, f'"1874-06-03"^^{place}', f'"1874-05-03"^^{place}')
    with pytest.raises(ProjectError, match="the graph breaks its own rules:\ndata/rules/01"):
        build(tiny_project, tmp_path / "release")


def test_a_failed_build_leaves_the_old_release(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    old = build(tiny_project, tmp_path / "release")
    before = contents(old.path)
    edit(CLAIMS, "prov:wasDerivedFrom", "prov:wasDerivedFrom oops")
    with pytest.raises(KnowledgeError):
        build(tiny_project, tmp_path / "release")
    assert contents(old.path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lighthouse", "release"]


def test_a_killed_build_leaves_the_old_release_and_the_next_one_tidies(tmp_path: Path) -> None:
    out = tmp_path / "release"
    old = build(LIGHTHOUSE, out)
    before = contents(out)
    code = (
        "import sys; from pathlib import Path\n"
        "from kg.build import build; from kg.draft import Draft\n"
        "def stall(*_): print('written', flush=True); sys.stdin.read()\n"
        "Draft.publish = stall\n"
        f"build(Path({str(LIGHTHOUSE)!r}), Path({str(out)!r}))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "written\n"
    with pytest.raises(ReleaseError, match="another build is writing this release"):
        build(LIGHTHOUSE, out)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdin.close()
    process.stdout.close()
    assert (tmp_path / ".release.building/dumps/lighthouse.ttl").exists()
    assert contents(out) == before
    assert list(old.open_store().quads_for_pattern(None, None, None))
    build(LIGHTHOUSE, out)
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_a_source_that_changes_under_the_build_is_noticed(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    def meddle(step: str) -> None:
        if step == "validating":
            edit(CLAIMS, "3 June", "4 June")

    with pytest.raises(ProjectError, match="a source was changed while the build was reading"):
        build(tiny_project, tmp_path / "release", meddle)


def test_a_release_knows_whether_its_sources_have_changed(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    release = build(tiny_project, tmp_path / "release")
    assert is_current(release, tiny_project)
    (tiny_project / "data/.notes.ttl.swp").write_text("an editor's own file")
    (tiny_project / "notes.txt").write_text("outside of data and ontology")
    assert is_current(release, tiny_project)
    edit(CLAIMS, "3 June", "4 June")
    assert not is_current(release, tiny_project)


def test_the_change_list_tells_added_and_removed(
    tiny_project: Path, tmp_path: Path, edit: Edit
) -> None:
    one = build(tiny_project, tmp_path / "release").manifest.version
    edit(CLAIMS, "took place on 3 June 1874", "fell on 3 June 1874")
    two = build(tiny_project, tmp_path / "release").manifest.version
    changes = tmp_path / "release/changes"
    text = f"<{BASE}id/claim/e-first-lighting> <https://schema.org/text>"
    added = f'{text} "The first lighting fell on 3 June 1874."@en .\n'
    removed = f'{text} "The first lighting took place on 3 June 1874."@en .\n'
    assert (changes / "added.nq").read_text() == added
    assert (changes / "removed.nq").read_text() == removed
    assert json.loads((changes / "changes.json").read_bytes()) == {
        "from": one,
        "to": two,
        "added": 1,
        "removed": 1,
    }
    build(tiny_project, tmp_path / "release")
    assert (changes / "added.nq").read_text() == added


def test_a_damaged_old_release_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "release"
    build(LIGHTHOUSE, out)
    (out / "dumps/lighthouse.nq").unlink()
    assert build(LIGHTHOUSE, out).manifest.name == "lighthouse"
    assert not (out / "changes").exists()


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="this folder is no project"):
        build(tmp_path, tmp_path / "release")
    with pytest.raises(ProjectError, match="does not exist"):
        build(tmp_path / "nowhere", tmp_path / "nowhere/release")
    assert list(tmp_path.iterdir()) == []


def test_no_blank_node_is_released(built: Release) -> None:
    for quad in Store.read_only(str(built.path / "store")):
        assert all(isinstance(term, NamedNode | Literal) for term in quad.triple)
    packed = gzip.decompress((built.path / "dumps/lighthouse.nt.gz").read_bytes())
    assert b"_:" not in packed


def test_a_lock_that_is_held_is_named(tmp_path: Path) -> None:
    with open_draft(tmp_path / "release"), pytest.raises(ReleaseError, match="another build"):
        build(LIGHTHOUSE, tmp_path / "release")


@pytest.mark.parametrize("folder", ["data/out", "ontology"])
def test_a_release_cannot_stand_among_its_sources(tiny_project: Path, folder: str) -> None:
    with pytest.raises(ReleaseError, match="among its sources"):
        build(tiny_project, tiny_project / folder)
    assert not (tiny_project / "data/out").exists()


def test_a_source_whose_name_is_not_utf_8_is_refused(tiny_project: Path) -> None:
    Path(os.fsdecode(os.fsencode(tiny_project / "data") + b"/\xff.ttl")).write_text("")
    with pytest.raises(KnowledgeError, match="name is not UTF-8") as refused:
        build(tiny_project, tiny_project / "release")
    str(refused.value).encode()
