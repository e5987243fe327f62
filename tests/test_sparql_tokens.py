"""The check before a query reaches the engine: nothing hidden gets through, nothing plain is lost.

`SERVICE` is tested against the engine itself and a socket that listens: what the check lets through
must never knock there.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QueryError
from kg.sparql import QueryLimits, check_query, explain_syntax_error, tokens


@dataclass
class Listener:
    """A server that counts who connects, and hangs up."""

    server: socket.socket
    knocks: list[object] = field(default_factory=list)

    @property
    def url(self) -> str:
        host, port = self.server.getsockname()
        return f"http://{host}:{port}/"

    def listen(self) -> None:
        while True:
            try:
                connection, address = self.server.accept()
            except OSError:
                return
            self.knocks.append(address)
            connection.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    found = Listener(server)
    threading.Thread(target=found.listen, daemon=True).start()
    yield found
    server.close()


@pytest.fixture(scope="module")
def engine() -> ox.Store:
    store = ox.Store()
    subject, predicate = ox.NamedNode("ex:s"), ox.NamedNode("ex:p")
    for term in (ox.Literal("text"), ox.Literal(1), ox.NamedNode("ex:o")):
        store.add(ox.Quad(subject, predicate, term))
    return store


def run(engine: ox.Store, text: str) -> object:
    """Let the engine answer a query to the end."""
    answer = engine.query(text)
    return bool(answer) if isinstance(answer, ox.QueryBoolean) else list(answer)


def refusal(text: str) -> str:
    with pytest.raises(QueryError) as caught:
        check_query(text)
    return str(caught.value)


def test_the_form_of_a_query_is_told() -> None:
    assert check_query("SELECT * { ?s ?p ?o }") == "SELECT"
    assert check_query("# why\nPREFIX ex: <http://x.org/>\nASK{ex:a ?p ?o}") == "ASK"
    assert check_query("base <http://x.org/> construct where { ?s ?p ?o }") == "CONSTRUCT"
    assert check_query('VERSION "1.2" DESCRIBE <http://x.org/a>') == "DESCRIBE"


def test_tokens_are_told_apart() -> None:
    text = 'SELECT ?x { ?x ex:a\\\'b <http://x.org/#y> \'it\' . # said\n _:b ex:c """a"b"""@en-GB }'
    assert [(token.kind, token.text) for token in tokens(text)] == [
        ("word", "SELECT"),
        ("variable", "?x"),
        ("op", "{"),
        ("variable", "?x"),
        ("name", "ex:a\\'b"),
        ("iri", "<http://x.org/#y>"),
        ("string", "'it'"),
        ("op", "."),
        ("blank", "_:b"),
        ("name", "ex:c"),
        ("string", '"""a"b"""'),
        ("language", "@en-GB"),
        ("op", "}"),
    ]


def test_service_is_refused_with_its_place() -> None:
    text = "SELECT *\nWHERE {\n  SERVICE <http://x.org/sparql> { ?s ?p ?o }\n}"
    assert refusal(text) == (
        "3:3: SERVICE is refused: this service calls no other servers; run the "
        "query from your own machine, or have whoever runs this service add "
        "`--allow-service http://x.org/sparql` to `kg serve`"
    )


@pytest.mark.parametrize(
    "harmless",
    [
        "SELECT * { ?s ?p 'SERVICE <http://x.org/> { ?s ?p ?o }' }",
        'SELECT * { ?s ?p """SERVICE\n<http://x.org/> {}""" }',
        "SELECT * { ?s <http://x.org/SERVICE> ?o }",
        "SELECT * { ?service ?p $SERVICE }",
        "# SERVICE <http://x.org/> {}\nSELECT * { ?s ?p ?o }",
        "PREFIX sd: <http://x.org/sd#> SELECT * { ?s a sd:Service }",
        "PREFIX service: <http://x.org/> SELECT * { ?s service:of ?o }",
        "SELECT * { ?s ?p '\\u0053ERVICE' }",
    ],
)
def test_the_word_service_is_no_crime(harmless: str, engine: ox.Store) -> None:
    assert check_query(harmless) == "SELECT"
    run(engine, harmless)


# Each of these made the engine call out, past a check that reads tokens by the book.
HIDDEN = [
    "PREFIX SERVICEex: <{url}> SELECT * {{ SERVICEex:a {{}} }}",
    "PREFIX ex: <{url}> PREFIX SERVICEex: <{url}> SELECT * {{ SERVICEex:a {{}} }}",
    "PREFIX : <{url}> PREFIX SERVICE: <{url}> SELECT * {{ SERVICE:a {{}} }}",
    "PREFIX ex: <ex:> SELECT * {{ ?s ?p ex:a.b.SERVICE <{url}> {{}} }}",
    "SELECT * {{ ?s ?p ?o FILTER(true)SERVICE<{url}>{{}} }}",
    "ASK {{ ?s ?p ?o FILTER(?o<'z>'||EXISTS{{SERVICE<{url}>{{}}}}||?o='' #'\n) }}",
    "ASK {{ ?s ?p ?o FILTER(?o<ex:a#b> '''\n||EXISTS{{SERVICE<{url}>{{}}}} #'''\n) }}",
    "SELECT * {{ VALUES ?x {{ '''a' }} SERVICE <{url}> {{}} #\\x'''\n}}",
    "SELECT * {{ VALUES ?x {{ '''a' }} SERVICE <{url}> {{}} #\\uD800'''\n}}",
    "BASE <{url}> SELECT * {{ BIND(<{url}> AS ?u) ?s ?p ?o FILTER(?o<?p)SERVICE?u#>\n{{}} }}",
]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_calls_are_refused(hidden: str) -> None:
    with pytest.raises(QueryError):
        check_query(hidden.format(url="http://x.org/"))


OPERANDS = ["?o", "1", "'a'@en", "true", "STR(?o)", "(?o)", "<ex:o>", "NOT EXISTS{?a ?b ?c}", "''"]
COVERS = [
    "{operand}<'z>'||EXISTS{{{call}}}||?o='' #'\n",
    "{operand} <'z>'||EXISTS{{{call}}}||?o='' #'\n",
    "{operand}<ex:a#b> '''\n||EXISTS{{{call}}} #'''\n",
    "{operand}<<'z>'||EXISTS{{{call}}}||?o='' #'\n",
    "'''{operand}'||EXISTS{{{call}}} #\\x'''\n",
    "{operand}||EXISTS{{{call}}}",
    "{operand}||'{call}'!=''",
    "{operand}<{operand}&&?o>{operand}",
]
PLACES = [
    "SELECT * {{ ?s ?p ?o FILTER({test}) }}",
    "SELECT * {{ ?s ?p ?o BIND({test} AS ?z) }}",
    "SELECT ({test} AS ?z) {{ ?s ?p ?o }}",
    "SELECT * {{ ?s ?p ?o {{ SELECT ?o {{}} ORDER BY({test}) }} }}",
    "SELECT ?o {{ ?s ?p ?o }} GROUP BY ?o HAVING({test})",
    "SELECT * {{ ?s ?p ?o FILTER COALESCE(1,{test}) }}",
    "SELECT * {{ VALUES ?o {{ 1 }} FILTER NOT EXISTS {{ ?o ?p 2 }} FILTER({test}) }}",
    "SELECT * {{ ?s ?p ?o.FILTER({test}) }}",
    "SELECT * {{ ?s ?p 1FILTER({test}) }}",
]
CALLS = ["SERVICE<{url}>{{}}", "SERVICE SILENT ex:a {{}}", "SERVICEex:a{{}}", "service?u{{}}"]
SCRAPS = ["'", '"', "'''", "<", ">", "#", "\n", "\\", "{", "}", "(", ")", ".", "ex:a.", "{}", " "]


@settings(max_examples=400)
@given(data=st.data())
def test_no_query_that_passes_makes_the_engine_call(
    data: st.DataObject, listener: Listener, engine: ox.Store
) -> None:
    call = data.draw(st.sampled_from(CALLS)).format(url=listener.url)
    cover = data.draw(st.sampled_from(COVERS))
    test = cover.format(operand=data.draw(st.sampled_from(OPERANDS)), call=call)
    body = data.draw(st.sampled_from(PLACES)).format(test=test)
    place = data.draw(st.integers(0, len(body)))
    scraps = "".join(data.draw(st.lists(st.sampled_from(SCRAPS), max_size=3)))
    text = f"PREFIX ex: <{listener.url}> {body[:place]}{scraps}{body[place:]}"
    try:
        check_query(text)
    except QueryError:
        return
    before = len(listener.knocks)
    with suppress(SyntaxError, RuntimeError, OSError):
        run(engine, text)
    assert len(listener.knocks) == before, text


def test_the_listener_hears_a_call_that_is_not_checked(
    listener: Listener, engine: ox.Store
) -> None:
    before = len(listener.knocks)
    with pytest.raises(OSError):
        run(engine, f"SELECT * {{ SERVICE <{listener.url}> {{}} }}")
    assert len(listener.knocks) > before


def test_from_reads_no_file_and_no_address(
    listener: Listener, engine: ox.Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("secret") / "secret.nt"
    file.write_text("<ex:secret> <ex:p> 'told' .\n")
    before = len(listener.knocks)
    for graph in (file.as_uri(), listener.url + "data.nt"):
        text = f"SELECT * FROM <{graph}> {{ ?s ?p ?o }}"
        assert check_query(text) == "SELECT"
        assert run(engine, text) == []
    assert len(listener.knocks) == before


@pytest.mark.parametrize("word", ["INSERT DATA", "DELETE WHERE", "LOAD <x:y>", "clear all", "DROP"])
def test_updates_are_refused(word: str) -> None:
    message = refusal(f"PREFIX ex: <http://x.org/>\n{word} {{ }}")
    assert message.startswith(f"2:1: {word.split()[0].upper()} is refused: this data is read-only")


NESTS = {
    "parentheses": ("ASK { FILTER(", "(", "1", ")", ") }"),
    "groups": ("ASK ", "{", "", "}", ""),
    "optionals": ("ASK {", "OPTIONAL { ?s ?p ?o ", "", "}", "}"),
    "functions": ("ASK { FILTER(", "STR(", "1", ")", ") }"),
    "lists": ("ASK { ?s ?p ", "(", "1", ")", " }"),
    "exists": ("ASK {", "FILTER EXISTS {", "", "}", "}"),
}


@pytest.mark.parametrize("name", NESTS)
def test_deep_nesting_is_refused_before_it_crashes_the_engine(name: str) -> None:
    start, opening, middle, closing, end = NESTS[name]
    for depth in (150, 5000):
        assert "nested more than 100 deep" in refusal(
            start + opening * depth + middle + closing * depth + end
        )


CHAINS = {
    "or": ("ASK { FILTER(?x", "||?x", ") }"),
    "plus": ("ASK { FILTER(1", "+1", ") }"),
    "not": ("ASK { FILTER(", "!", "true) }"),
    "path": ("ASK { ?s <ex:p>", "|<ex:p>", " ?o }"),
    "filters": ("ASK { ?s ?p ?o ", "FILTER(true) ", "}"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_long_chains_are_refused_before_they_crash_the_engine(name: str) -> None:
    start, link, end = CHAINS[name]
    assert "more than 1000 operators" in refusal(start + link * 6000 + end)


@pytest.mark.parametrize("name", [*NESTS, *CHAINS])
def test_the_engine_survives_what_just_passes(name: str) -> None:
    if name in CHAINS:
        start, link, end = CHAINS[name]
        text = start + link * 400 + end
    else:
        start, opening, middle, closing, end = NESTS[name]
        text = start + opening * 40 + middle + closing * 40 + end
    check_query(text)
    code = "import sys, pyoxigraph; pyoxigraph.Store().query(sys.stdin.read())"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, input=text, text=True, timeout=60).returncode == 0


def test_the_limits_can_be_set() -> None:
    text = "ASK { FILTER(((1)) && true) }"
    assert check_query(text, QueryLimits(nesting=4)) == "ASK"
    with pytest.raises(QueryError, match="nested more than 3 deep"):
        check_query(text, QueryLimits(nesting=3))
    with pytest.raises(QueryError, match="more than 1 operators"):
        check_query(text, QueryLimits(operators=1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * { ?s ex:p ?o }", "1:15: the prefix ex: is not declared; add `PREFIX ex:"),
        ("SELECT *\n{ ?s ?p 'open }", "2:9: this string does not end, or holds an escape"),
        ("SELECT * { ?s ?p ?o", "1:10: this `{` is never closed"),
        ("SELECT * { ?s ?p ?o }}", "1:22: this `}` closes nothing"),
        ("", "1:1: the query holds no SELECT, ASK, CONSTRUCT or DESCRIBE"),
        ("SELECT * { ?s ?p }", "1:18: `}` is not expected"),
        ("SELECT * {\n ?s ?p ?o .\n FILTER(?o > )\n}", "3:14: `)` is not expected"),
        ("SELECT * { ?s ?p '€😀' } ORDER ?s", "1:31: `?s` is not expected"),
        ("SELECT * { ?s <rel> ?o }", "1:15: this is not valid SPARQL 1.1: IRI parsing failed"),
        (
            "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }",
            "1:39: this is not valid SPARQL 1.1: The SELECT contains a variable that is unbound",
        ),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, message: str) -> None:
    try:
        check_query(text)
        ox.Store().query(text)
    except QueryError as error:
        found = error
    except SyntaxError as error:
        found = explain_syntax_error(str(error), text)
    assert str(found).startswith(message)


@given(st.text())
def test_any_text_is_either_answered_or_refused_with_a_place(text: str) -> None:
    try:
        check_query(text)
    except QueryError as error:
        assert error.line is not None and error.line >= 1
        assert error.column is not None and error.column >= 1
