"""The bounds of a query and the allow-list of SERVICE: read from tokens, not from the text."""

from time import process_time

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import QueryError, QueryLimitError
from kg.sparql import QueryLimits, check_query, find_services, tokens

ALLOWED = "https://query.example.org/sparql"
LIMITS = QueryLimits(services=frozenset({ALLOWED}))
P = "PREFIX ex: <http://x.org/> "


def refused_limit(text: str, limits: QueryLimits) -> tuple[str, int]:
    with pytest.raises(QueryLimitError) as caught:
        check_query(text, limits)
    assert caught.value.line is not None
    return caught.value.limit_name, caught.value.value


FLOODS = {
    "patterns": "ASK {{ {} }}".format(" . ".join(f"?a{i} ?b ?c" for i in range(40))),
    "patterns without spaces": "ASK{{{}}}".format(".".join(f"?a{i}?b?c" for i in range(40))),
    "properties of one thing": "ASK {{ ?s ?p ?o {} }}".format(" ; ?p ?o" * 40),
    "objects": "ASK {{ ?s ?p {} }}".format(",".join(str(i) for i in range(40))),
    "groups": "ASK { " + "{ ?s ?p ?o } " * 40 + "}",
    "empty groups": "ASK { " + "{}" * 40 + "}",
    "optionals": "ASK { " + "OPTIONAL { ?s ?p ?o } " * 40 + "}",
    "unions": "ASK { {}" + " UNION {}" * 40 + "}",
    "minus": "ASK { " + "MINUS { ?s ?p ?o } " * 40 + "}",
    "graphs": "ASK { " + "GRAPH ?g {} " * 40 + "}",
    "subqueries": "ASK { " + "{ SELECT * {} } " * 40 + "}",
    "filters between patterns": "ASK { " + "FILTER(true) ?s ?p ?o " * 40 + "}",
    "exists": "ASK { " + "FILTER EXISTS { ?s ?p ?o } " * 40 + "}",
    "elements of a collection": "ASK { ?s ?p (" + "1 " * 90 + ") }",
    "glued strings": "ASK { ?s ?p (" + "'a'" * 90 + ") }",
    "glued variables": "ASK { ?s ?p (" + "?a" * 90 + ") }",
    "glued booleans": "ASK { ?s ?p (" + "true" * 90 + ") }",
    "signed numbers": "ASK { ?s ?p (" + "+1" * 90 + ") }",
    "decimal numbers": "ASK { ?s ?p (" + "1" + ".5" * 90 + ") }",
    "a collection that looks like a test": P + "ASK { ?s ex:a.FILTER (" + "1 " * 90 + ") }",
    "nodes without names": "ASK { " + "[] ?p [] . " * 40 + "}",
    "steps of a path": "ASK { ?s <p:a>" + "/<p:a>" * 40 + " ?o }",
    "a template": "CONSTRUCT { " + "?s ?p ?o . " * 40 + "} WHERE {}",
    "patterns after names with dots": P + "ASK { " + "ex:a ex:b ex:c.ex:d ex:e ex:f." * 40 + "}",
    "patterns behind comments": "ASK { " + "?s #\n?p ?o .#}\n" * 40 + "}",
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_patterns_is_refused_by_the_name_of_its_limit(name: str) -> None:
    text = FLOODS[name]
    assert refused_limit(text, QueryLimits(patterns=30)) == ("query_patterns", 30)
    assert check_query(text, QueryLimits(patterns=300)) in ("ASK", "CONSTRUCT")


@pytest.mark.parametrize(
    "harmless",
    [
        "SELECT * { VALUES ?x { " + "1 " * 3000 + "} }",
        "SELECT * { VALUES (?x ?y) { " + "(1 2) " * 3000 + "} ?x ?p ?y }",
        "SELECT * { ?s ?p ?o } VALUES ?o { " + "'a' " * 3000 + "}",
        "SELECT * { ?s ?p ?o FILTER(?o IN (" + ",".join(["1"] * 3000) + ")) }",
        "SELECT * { ?s ?p ?o FILTER(CONTAINS(?o, '" + "a . b ; c " * 300 + "')) }",
        "SELECT (CONCAT(" + ",".join(["'a'"] * 300) + ") AS ?x) {}",
        "SELECT " + " ".join(f"?a{i}" for i in range(600)) + "{ ?a ?b ?c }",
        "SELECT * { ?s ?p ?o } # " + ". ; , " * 300,
    ],
)
def test_data_and_tests_are_no_patterns(harmless: str) -> None:
    assert check_query(harmless) == "SELECT"
    ox.Store().query(harmless)


@pytest.mark.parametrize("run", ["a.", "true..", "\u00e9.1.", "1", "1.", ".", "a-", "_:a.", "%41."])
def test_long_runs_without_a_space_are_read_in_seconds_not_minutes(run: str) -> None:
    text = "ASK {" + run * (100_000 // len(run))
    start = process_time()
    with pytest.raises(QueryError):
        check_query(text)
    assert process_time() - start < 10


def test_words_between_dots_are_told_from_names_with_dots() -> None:
    words = [("word", "a"), ("op", "."), ("word", "b"), ("number", ".1"), ("op", ".")]
    name = [("name", "a.b.c:d.e")]
    read = [(token.kind, token.text) for token in tokens("a.b.1. a.b.c:d.e a.b.1.")]
    assert read == words + name + words


def test_what_just_passes_is_planned_in_seconds_not_minutes() -> None:
    text = "ASK { ?s ?p ?o" + " ; ?p ?o" * 99 + " }"
    assert check_query(text) == "ASK"
    before = process_time()
    assert not ox.Store().query(text)
    assert process_time() - before < 15


@pytest.mark.parametrize(
    ("text", "limits", "name"),
    [
        ("ASK { FILTER(((1))) }", QueryLimits(nesting=3), "query_depth"),
        ("ASK { FILTER(1+1+1) }", QueryLimits(operators=1), "query_operators"),
    ],
)
def test_each_limit_says_its_name(text: str, limits: QueryLimits, name: str) -> None:
    assert refused_limit(text, limits)[0] == name


PIECES = [
    *("?a", "$b", "ex:a", ":a", "_:b", "<x:y>", "'a'", '"b"', "1", ".5", "1e5", "true", "a", "@en"),
    *("(", ")", "{", "}", "[", "]", ".", ";", ",", "/", "+", "-", "*", "<<", ">>", "{|", "|}", "^"),
    *(" ", " ", "\n", "#\n", "FILTER", "VALUES", "SELECT ", "UNION", "OPTIONAL", "BIND(", "EXISTS"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.integers(1, 12))
def test_the_quick_check_never_passes_what_the_tokens_refuse(
    pieces: list[str], patterns: int
) -> None:
    body = "".join(pieces)
    limits = QueryLimits(patterns=patterns)
    quick = f"SELECT * {{{body}}}"
    # A form that the quick check cannot read makes the tokens be read.
    read = f"PREFIX x:<x:y>VERSION '1.2' {quick}"
    try:
        check_query(quick, limits)
    except QueryError:
        return
    try:
        check_query(read, limits)
    except QueryLimitError as error:
        raise AssertionError(quick) from error
    except QueryError:
        return


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ SERVICE <{ALLOWED}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ service silent <{ALLOWED}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ ?s ?p ?o . # why\n SERVICE #\n<{ALLOWED}>{{ ?s ?p ?o }} FILTER(?o < 3) }}",
        f"ASK {{ OPTIONAL {{ SERVICE <{ALLOWED}> {{ ?s ?p ?o }} }} }}",
    ],
)
def test_an_allowed_service_passes_and_is_named(text: str) -> None:
    assert check_query(text, LIMITS) in ("SELECT", "ASK")
    assert find_services(text) == (ALLOWED,)
    with pytest.raises(QueryError, match="calls no other servers"):
        check_query(text)


@pytest.mark.parametrize(
    "target",
    [
        "<http://other.example.org/>",
        f"<{ALLOWED}/>",
        f"<{ALLOWED}?x>",
        f"<{ALLOWED}#x>",
        f"<{ALLOWED.upper()}>",
        "<\\u0068ttps://query.example.org/sparql>",
        "<sparql>",
        "?x",
        "ex:sparql",
        "ex:",
        "SILENT ?x",
        "SILENT SILENT <https://query.example.org/sparql>",
        "SILENTex:a",
        "'https://query.example.org/sparql'",
        "",
        "_:b",
    ],
)
def test_any_other_target_is_refused_and_the_list_told(target: str) -> None:
    text = (
        f"BASE <https://query.example.org/> PREFIX ex: <https://query.example.org/> "
        f"SELECT * {{ BIND(<{ALLOWED}> AS ?x) SERVICE {target} {{ ?s ?p ?o }} }}"
    )
    with pytest.raises(QueryError, match=f"one of <{ALLOWED}>, written in full"):
        check_query(text, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ SERVICE <{ALLOWED}> {{ SERVICE <http://x.org/> {{}} }} }}",
        f"SELECT * {{ SERVICE <{ALLOWED}> {{}} SERVICE ?x {{}} }}",
        f"PREFIX SERVICEex: <{ALLOWED}> SELECT * {{ SERVICEex: {{}} }}",
        f"PREFIX ex: <ex:> SELECT * {{ ?s ?p ex:a.SERVICE <{ALLOWED}> {{}} }}",
        f"SELECT * {{ SERVICESILENT<{ALLOWED}> {{}} }}",
        "SELECT * { SERVICE",
        f"SELECT * {{ FILTER(SERVICE <{ALLOWED}>) }}",
    ],
)
def test_the_list_opens_no_other_door(text: str) -> None:
    with pytest.raises(QueryError, match="SERVICE is refused"):
        check_query(text, LIMITS)


def test_a_query_without_service_calls_nobody() -> None:
    assert find_services("SELECT ?service { ?service ?p 'SERVICE' }") == ()
    assert find_services("SELECT * { ?s ?p ?o }") == ()
