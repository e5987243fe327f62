"""sssom-py, the reference implementation, reads what we publish: the table, and the RDF."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kg.links import to_triples
from kg.sssom import MappingSet, read_sssom
from kg.turtle import to_turtle

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "data" / "links" / "wikidata.sssom.tsv"
BASE = "https://w3id.org/elbe-day/"
LIGHTHOUSE = ROOT / "tests" / "projects" / "lighthouse" / "data" / "links" / "wikidata.sssom.tsv"

Found = dict[str, Any]


@pytest.fixture(scope="module")
def ours() -> MappingSet:
    return read_sssom(FILE)


@pytest.fixture(scope="module")
def read(
    ours: MappingSet, sssom_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Found]:
    """What sssom-py makes of the table, of the RDF of the same rows, and of another project's."""
    folder = tmp_path_factory.mktemp("sssom")
    turtle = folder / "set.ttl"
    turtle.write_bytes(to_turtle(to_triples(ours, BASE, frozenset()), ours.prefixes))
    table = folder / "set.sssom.tsv"
    table.write_text(ours.text, encoding="utf-8")
    command = [str(sssom_python), str(ROOT / "tests" / "sssom_reading.py")]
    files = {"table": table, "rdf": turtle, "lighthouse": LIGHTHOUSE}
    done = subprocess.run(
        [*command, *map(str, files.values())], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(files, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("form", ["table", "rdf", "lighthouse"])
def test_sssom_py_finds_nothing_to_mend(read: dict[str, Found], form: str) -> None:
    assert read[form]["findings"] == []
    surprises = [said for said in read[form]["complaints"] if not _is_expected(said)]
    assert surprises == []


def _is_expected(said: str) -> bool:
    """In RDF our mappings have a label, too, and stand beside the links they justify."""
    return "22-rdf-syntax-ns" not in said and "rdf-schema#label" in said


def test_sssom_py_reads_the_table_row_by_row(read: dict[str, Found], ours: MappingSet) -> None:
    assert read["table"]["rows"] == [_cells(link.cells) for link in ours.links]


def _cells(cells: Any) -> dict[str, str]:
    return {slot: cell for slot, cell in cells.items() if cell}


def test_sssom_py_reads_the_same_rows_from_the_rdf(read: dict[str, Found]) -> None:
    rows = [_without_name(row) for row in read["rdf"]["rows"]]
    pair = ("subject_id", "object_id")
    assert sorted(rows, key=lambda row: [row[slot] for slot in pair]) == sorted(
        read["table"]["rows"], key=lambda row: [row[slot] for slot in pair]
    )


def _without_name(row: dict[str, str]) -> dict[str, str]:
    """In RDF a row has a name, and what stands between bars has no order."""
    values = {slot: value for slot, value in row.items() if slot != "record_id"}
    return values | {"see_also": "|".join(sorted(values["see_also"].split("|")))}


def test_the_header_says_the_same_in_both_forms(read: dict[str, Found]) -> None:
    table, rdf = read["table"]["header"], read["rdf"]["header"]
    for slot in (
        *("mapping_set_id", "mapping_set_version", "mapping_set_title", "license", "creator_id"),
        *("subject_source", "subject_source_version", "object_source", "object_source_version"),
        *("publication_date", "mapping_set_description", "creator_label"),
    ):
        assert table[slot] and rdf[slot] == table[slot], slot
