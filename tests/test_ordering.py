"""ORDER BY over columns that hold numbers and other literals together."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal
from pyoxigraph import Store as Engine
from query_corpus import CORPUS, P
from running_service import Service, running
from small_release import BASE, write_small_release

from kg.ordering import find_order, separate_numbers
from kg.release import open_release
from kg.store import EmbeddedStore, LoadedStore

KINDS_OF_TERMS = """
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
<id/thing/a> <id/thing/holds> 9 , 10 , 2.5 , -3 , "5" , "11"@en , "2020-01-01"^^xsd:date ,
    true , <id/thing/b> , "abc"^^xsd:integer , "2e1"^^xsd:double .
"""
EVERY_ORDER = (
    "SELECT ?o { ?s ?p ?o } ORDER BY ?o",
    "SELECT ?o { ?s ?p ?o } ORDER BY ?o LIMIT 10",
    "SELECT ?o { ?s ?p ?o } ORDER BY DESC(?o)",
    "SELECT DISTINCT ?o { ?s ?p ?o } ORDER BY ?o",
    "SELECT ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o",
    "SELECT ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY desc (?o)",
    "SELECT ?o { { SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o LIMIT 2000 } }",
    "SELECT (MAX(?v) AS ?o) { GRAPH ?g { ?s ?p ?v } } GROUP BY ?s ?p ORDER BY MAX(?v)",
)


@pytest.fixture(scope="module")
def stores(elbe_release: Path) -> tuple[EmbeddedStore, ...]:
    """This project's release, from the disk and in memory."""
    release = open_release(elbe_release)
    return release.open_store(), LoadedStore(release.dump, release.manifest.base)


@pytest.mark.parametrize("query", EVERY_ORDER)
def test_numbers_come_in_the_order_of_their_values(
    stores: tuple[EmbeddedStore, ...], query: str
) -> None:
    for store in stores:
        found = [row[0] for row in store.query(query).rows]
        numbers = [
            float(term.value)
            for term in found
            if isinstance(term, Literal) and term.datatype.value.lower().endswith(("integer", "al"))
        ]
        assert len(found) == 10 or len(numbers) > 5
        assert numbers == sorted(numbers, reverse="desc" in query.lower())


def test_order_is_iris_then_other_literals_then_numbers(tmp_path: Path) -> None:
    release = open_release(write_small_release(tmp_path / "release", KINDS_OF_TERMS))
    rows = release.open_store().query("SELECT (STR(?o) AS ?t) { ?s ?p ?o } ORDER BY ?o").rows
    found = [term.value for (term,) in rows if isinstance(term, Literal)]
    others, numbers = ["11", "2020-01-01", "5", "abc", "true"], ["-3", "2.5", "9", "10", "20"]
    assert found == [f"{BASE}id/thing/b", *others, *numbers]


@pytest.mark.parametrize(
    ("condition", "ordered"),
    [
        ("?o", "ASC(isNumeric(?o)) ?o"),
        ("ASC(?o) ?p", "ASC(isNumeric((?o))) ASC(?o) ASC(isNumeric(?p)) ?p"),
        ("desc ( ?o ) LIMIT 3", "DESC(isNumeric(( ?o ))) desc ( ?o ) LIMIT 3"),
        ("(?a + (?b))", "ASC(isNumeric((?a + (?b)))) (?a + (?b))"),
        ("IF(?a, ?b, 3)", "ASC(isNumeric(IF(?a, ?b, 3))) IF(?a, ?b, 3)"),
        ("?o VALUES (?o) { (1) }", "ASC(isNumeric(?o)) ?o VALUES (?o) { (1) }"),
    ],
)
def test_condition_that_may_hold_numbers_beside_others_orders_them_apart(
    condition: str, ordered: str
) -> None:
    start = "SELECT * { ?s ?p ?o } ORDER BY "
    assert separate_numbers(start + condition) == start + ordered


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT * { ?s ?p 'ORDER BY ?o' } # ORDER BY ?o",
        "SELECT * { ?s ?p ?o } ORDER BY STR(?o) DESC(STRLEN(?o)) ((COUNT(?s)))",
        "SELECT * { ?s ?p ?o } ORDER BY EXISTS { ?s ?p ?o }",
        "SELECT * { ?s ?p ?o } ORDER BY",
        "SELECT * { ?s ?p ?o } ORDER BY (?o",
        "SELECT * { ?s ?p ?o } ORDER BY 'unfinished",
    ],
)
def test_query_with_nothing_to_separate_is_left_as_it_is(query: str) -> None:
    assert separate_numbers(query) == query


@pytest.mark.parametrize("name", [name for name, text in CORPUS.items() if "ORDER BY" in text])
def test_separated_query_is_as_valid_as_the_one_before(name: str) -> None:
    ordered = separate_numbers(P + CORPUS[name])
    assert (name, Engine().query(ordered, base_iri=BASE) is not None) == (name, True)


def test_place_of_the_order_is_that_of_its_keyword() -> None:
    assert find_order("SELECT * { ?s ?p 'ORDER BY' }\n  order BY ?o") == (2, 3)
    assert find_order("SELECT * { ?order ?by ?o }") is None


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over times with and without a time zone, which have no order among them."""
    folder = tmp_path_factory.mktemp("times")
    zones = ("", "Z", "+05:00", "-09:00", "+13:00")
    times = (
        f'"2020-01-0{1 + n % 3}T{n * 7 % 24:02}:{n * 11 % 60:02}:00{zones[n % 5]}"'
        for n in range(300)
    )
    rows = " , ".join(f"{time}^^<http://www.w3.org/2001/XMLSchema#dateTime>" for time in times)
    release = write_small_release(folder / "release", f"<id/thing/a> <id/thing/at> {rows} .")
    with running(release, folder / "temp") as started:
        yield started


def test_terms_without_an_order_are_refused_with_the_place_and_a_way_out(service: Service) -> None:
    reply = service.ask("SELECT ?o { ?s ?p ?o }\nORDER BY ?o")
    problem = reply.problem
    assert (reply.status, problem["line"], problem["column"]) == (400, 2, 1)
    assert str(problem["type"]).endswith("problems#unorderable")
    assert "ORDER BY STR(?x)" in str(problem["detail"])
    assert service.ask("SELECT ?o { ?s ?p ?o } ORDER BY STR(?o)").status == 200
    service.wait_until_whole(5)
