"""The links to Wikidata: every row well formed, explained, and in agreement with the others."""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.links import check_links, read_sssom, to_triples

ROOT = Path(__file__).parents[1]
FILE = ROOT / "data" / "links" / "wikidata.sssom.tsv"
BASE = "https://w3id.org/elbe-day/"
WIKIDATA = "http://www.wikidata.org/entity/"
LABELS = (
    NamedNode("http://www.w3.org/2000/01/rdf-schema#label"),
    NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"),
)
SAME_AS = NamedNode("http://www.w3.org/2002/07/owl#sameAs")
# The order of the slots in the SSSOM schema, as far as this file uses them.
COLUMNS = [
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "reviewer_label",
    "mapping_date",
    "confidence",
    "see_also",
    "comment",
]

Row = dict[str, str]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return FILE.read_text("utf-8").split("\n")


@pytest.fixture(scope="module")
def header(lines: list[str]) -> dict[str, object]:
    text = "\n".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def rows(lines: list[str]) -> list[Row]:
    table = [line for line in lines if line and not line.startswith("#")]
    return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))


@pytest.fixture(scope="module")
def names() -> dict[str, set[str]]:
    """English names in the data, by `kind:slug`."""
    found: dict[str, set[str]] = {}
    for path in _described():
        for quad in parse(path.read_bytes(), RdfFormat.TURTLE):
            if not isinstance(quad.subject, NamedNode) or quad.predicate not in LABELS:
                continue
            if isinstance(quad.object, Literal) and quad.object.language == "en":
                curie = quad.subject.value.removeprefix(BASE + "id/").replace("/", ":")
                found.setdefault(curie, set()).add(quad.object.value)
    return found


def _described() -> Iterator[Path]:
    yield from sorted((ROOT / "data").glob("*.ttl"))
    yield from sorted((ROOT / "ontology" / "schemes").glob("*.ttl"))


def accepted(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row["predicate_modifier"]]


def rejected(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["predicate_modifier"]]


def pairs(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["subject_id"], row["object_id"]) for row in rows]


def test_the_header_says_what_the_set_is_and_under_which_licence(
    header: dict[str, object],
) -> None:
    assert header["mapping_set_id"] == BASE + "links/wikidata"
    assert header["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert header["creator_label"] == ["The editors"]
    assert header["subject_source"] == "elbe:dataset"
    assert header["object_source"] == "bioregistry:wikidata"
    for slot in ("mapping_set_title", "mapping_set_description"):
        assert str(header[slot]).strip()


def test_the_version_of_the_set_is_a_day_and_not_a_hash(header: dict[str, object]) -> None:
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(header["mapping_set_version"]))


def test_every_prefix_of_a_row_is_declared_and_every_kind_is_ours(
    header: dict[str, object], rows: list[Row]
) -> None:
    prefixes = header["curie_map"]
    assert isinstance(prefixes, dict)
    used = {
        row[column].partition(":")[0]
        for row in rows
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification")
    }
    assert used <= set(prefixes)
    assert prefixes["wikidata"] == WIKIDATA
    for kind in {row["subject_id"].partition(":")[0] for row in rows}:
        assert prefixes[kind] == f"{BASE}id/{kind}/"


def test_the_columns_stand_in_the_order_of_the_standard(lines: list[str]) -> None:
    first = next(line for line in lines if not line.startswith("#"))
    assert first.split("\t") == COLUMNS


def test_every_row_has_a_cell_for_every_column(lines: list[str]) -> None:
    table = [line for line in lines if line and not line.startswith("#")]
    assert {line.count("\t") for line in table} == {len(COLUMNS) - 1}


def test_the_rows_are_sorted_and_none_stands_twice(rows: list[Row]) -> None:
    cells = [tuple(row[column] for column in COLUMNS) for row in rows]
    assert cells == sorted(cells)
    triples = [(r["subject_id"], r["predicate_id"], r["object_id"]) for r in rows]
    assert len(set(triples)) == len(rows)


def test_every_link_ends_at_a_wikidata_item(rows: list[Row]) -> None:
    odd = [r["object_id"] for r in rows if not re.fullmatch(r"wikidata:Q[1-9]\d*", r["object_id"])]
    assert odd == []


def test_every_predicate_is_a_match_and_only_exact_ones_are_rejected(rows: list[Row]) -> None:
    assert {r["predicate_id"] for r in accepted(rows)} == {"skos:exactMatch", "skos:closeMatch"}
    assert {r["predicate_id"] for r in rejected(rows)} == {"skos:exactMatch"}
    assert {r["predicate_modifier"] for r in rejected(rows)} == {"Not"}


def test_every_link_starts_at_a_thing_of_ours_under_its_own_name(
    rows: list[Row], names: dict[str, set[str]]
) -> None:
    wrong = {
        row["subject_id"]: row["subject_label"]
        for row in rows
        if row["subject_label"] not in names.get(row["subject_id"], set())
    }
    assert wrong == {}


def test_no_thing_has_two_exact_items_and_no_item_two_exact_things(rows: list[Row]) -> None:
    exact = pairs([r for r in accepted(rows) if r["predicate_id"] == "skos:exactMatch"])
    assert len({ours for ours, _ in exact}) == len(exact)
    assert len({theirs for _, theirs in exact}) == len(exact)


def test_no_item_is_both_accepted_and_rejected_for_the_same_thing(rows: list[Row]) -> None:
    assert not set(pairs(accepted(rows))) & set(pairs(rejected(rows)))


def test_confidence_follows_the_strength_of_the_link(rows: list[Row]) -> None:
    bounds = {"skos:exactMatch": ("0.8", "0.99"), "skos:closeMatch": ("0.6", "0.7")}
    for row in accepted(rows):
        low, high = bounds[row["predicate_id"]]
        assert Decimal(low) <= Decimal(row["confidence"]) <= Decimal(high), row["subject_id"]
    for row in rejected(rows):
        assert Decimal("0.5") <= Decimal(row["confidence"]) <= Decimal("0.99"), row["subject_id"]


def test_every_row_is_dated_reviewed_justified_and_explained(rows: list[Row]) -> None:
    for row in rows:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["mapping_date"])
        assert row["reviewer_label"] == "The editors"
        assert row["mapping_justification"].startswith("semapv:")
        assert row["object_label"]
        assert row["comment"].endswith(".") and len(row["comment"].split()) >= 3, row["comment"]


def test_evidence_addresses_are_whole_and_sorted(rows: list[Row]) -> None:
    for row in rows:
        addresses = row["see_also"].split("|")
        assert addresses == sorted(set(addresses))
        assert all(re.fullmatch(r"https://[^\s|]+", a) for a in addresses)


def test_a_link_on_one_data_set_is_less_sure_than_one_on_several(rows: list[Row]) -> None:
    for row in accepted(rows):
        several = "separate data sets print this id" in row["comment"]
        assert (Decimal(row["confidence"]) >= Decimal("0.95")) == several, row["subject_id"]


def test_nobody_is_linked_because_nobody_was_found(rows: list[Row]) -> None:
    assert [r["object_id"] for r in accepted(rows) if r["subject_id"].startswith("person:")] == []


def test_an_accepted_link_names_more_than_the_item_itself(rows: list[Row]) -> None:
    for row in accepted(rows):
        assert "www.wikidata.org" not in row["see_also"], row["subject_id"]
    (elbe_day,) = [r for r in accepted(rows) if r["subject_id"] == "event:elbe-day"]
    assert elbe_day["see_also"] == BASE + "id/source/k40"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("place:elbe", "wikidata:Q45328"),
        ("agent:us-government", "wikidata:Q61"),
        ("award:hero-of-the-soviet-union", "wikidata:Q208167"),
        ("event:european-theatre", "wikidata:Q216184"),
        ("person:gleb-baklanov", "wikidata:Q4030587"),
        ("person:william-d-robertson", "wikidata:Q8017667"),
        ("unit:red-army", "wikidata:Q43456"),
        ("rank:us-second-lieutenant", "wikidata:Q20715023"),
    ],
)
def test_a_false_friend_is_rejected(rows: list[Row], ours: str, theirs: str) -> None:
    assert (ours, theirs) in pairs(rejected(rows))


def test_the_item_of_elbe_day_is_close_until_its_label_is_seen(rows: list[Row]) -> None:
    (row,) = [r for r in accepted(rows) if r["subject_id"] == "event:elbe-day"]
    assert (row["predicate_id"], row["object_id"]) == ("skos:closeMatch", "wikidata:Q702607")


def test_the_engine_reads_the_file_without_a_finding(rows: list[Row]) -> None:
    mapping_set = read_sssom(FILE)
    assert mapping_set.findings == ()
    assert list(check_links(mapping_set)) == []
    assert len(mapping_set.links) == len(rows)


def test_a_rejected_item_is_never_stated_to_be_the_same() -> None:
    triples = to_triples(read_sssom(FILE), BASE, concepts=())
    same = {(t.subject, t.object) for t in triples if t.predicate == SAME_AS}
    elbe = NamedNode(BASE + "id/place/elbe")
    assert (elbe, NamedNode(WIKIDATA + "Q1644")) in same
    assert (elbe, NamedNode(WIKIDATA + "Q45328")) not in same
