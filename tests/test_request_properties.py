"""Properties of the token check, of negotiation and of the protocol's parameters."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pyoxigraph as ox
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from listening import Listener

from kg.errors import QueryError
from kg.sparql import QueryLimits, check_query, tokens
from server import Settings, create_app
from server.conformance.visitor import DIRECT, FORM, JSON, Visitor, over_wsgi, rows
from server.negotiation import FORMATS, HTML, Offer, choose

KEYWORDS = ["service", "SERVICE", "insert", "DELETE", "load", "drop", "clear", "Service", "with"]
TEXTS = st.one_of(
    st.sampled_from(["SERVICE <{url}> {}", "INSERT DATA {}", "'", '"', "#", "\\", "{", "}", ">"]),
    st.text(st.characters(codec="utf-8"), max_size=8),
)


def spell_string(text: str, quote_sign: str) -> str:
    """Write any text as a string of SPARQL, between one sort of quotes."""
    table = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", '"': '\\"'}
    return quote_sign + "".join(table.get(sign, sign) for sign in text) + quote_sign


@st.composite
def words(draw: st.DrawFn) -> str:
    """Draw a piece that holds a keyword where it is none: no query is worse for it."""
    word, text = draw(st.sampled_from(KEYWORDS)), draw(TEXTS)
    kinds = {
        "variable": f"?{word}",
        "dollar": f"${word}",
        "string": spell_string(text + word, draw(st.sampled_from(["'", '"', "'''", '"""']))),
        "language": f"'{word}'@en",
        "iri": f"<http://x.org/{word}#{quote(text)}>",
        "name": f"e:{word}",
        "prefix": f"{word}:x",
        "escape": f"'\\u0053{word}'",
    }
    return kinds[draw(st.sampled_from([*kinds]))]


@st.composite
def comments(draw: st.DrawFn) -> str:
    """Draw what may stand between two tokens."""
    text = draw(TEXTS).replace("\n", " ").replace("\r", " ")
    return draw(st.sampled_from([" ", "\n", "\t", f" #{text}\n", f"#SERVICE <x> {{ {text}\r\n"]))


PREFIXES = "PREFIX e: <http://x.org/> " + "".join(
    f"PREFIX {word}: <http://x.org/{word}/> " for word in KEYWORDS
)


@st.composite
def harmless(draw: st.DrawFn) -> str:
    """Draw a query that holds no construct that is refused."""
    gap = comments()
    body = ""
    for _ in range(draw(st.integers(1, 4))):
        predicate = draw(words().filter(lambda piece: piece[0] not in "'\""))
        pieces = (draw(st.sampled_from(["?s", "e:s"])), predicate, draw(words()), ".")
        body += "".join(piece + draw(gap) for piece in pieces)
    return f"{PREFIXES}{draw(gap)}SELECT{draw(gap)}*{draw(gap)}{{{draw(gap)}{body}}}"


@pytest.fixture(scope="module")
def engine() -> ox.Store:
    store = ox.Store()
    for term in (ox.Literal("text"), ox.Literal(1)):
        store.add(ox.Quad(ox.NamedNode("http://x.org/s"), ox.NamedNode("http://x.org/p"), term))
    return store


@settings(max_examples=120)
@given(text=harmless())
def test_keywords_that_are_none_are_never_refused(text: str, engine: ox.Store) -> None:
    assert check_query(text) == "SELECT"
    with suppress(RuntimeError):
        list(engine.query(text))


@settings(max_examples=120)
@given(text=harmless(), data=st.data())
def test_whatever_passes_calls_nobody(
    text: str, data: st.DataObject, engine: ox.Store, listener: Listener
) -> None:
    place = data.draw(st.integers(len(PREFIXES), len(text)))
    call = data.draw(
        st.sampled_from(
            ["SERVICE<{url}>{}", " SERVICE SILENT <{url}> {}", "service ?s {}", "SERVICE:a{}"]
        )
    ).replace("{url}", listener.url)
    query = text[:place] + call + text[place:]
    before = listener.knocks
    try:
        check_query(query)
    except QueryError:
        return
    with suppress(SyntaxError, RuntimeError, OSError):
        list(engine.query(query))
    assert listener.knocks == before, query


@settings(max_examples=120)
@given(text=harmless(), data=st.data())
def test_what_is_refused_for_service_holds_it_as_a_token(text: str, data: st.DataObject) -> None:
    ends = [token.offset + len(token.text) for token in tokens(text)]
    place = data.draw(st.sampled_from([end for end in ends if end > len(PREFIXES)]))
    piece = data.draw(st.sampled_from([" SERVICE <http://x.org/> {} ", " e:q ", " 'SERVICE' "]))
    query = text[:place] + piece + text[place:]
    try:
        check_query(query)
    except QueryError as error:
        if "SERVICE is refused" not in error.message:
            return
        assert piece.startswith(" SERVICE")
        assert error.line is not None and error.column is not None
        line = query.split("\n")[error.line - 1]
        assert line[error.column - 1 :].upper().startswith("SERVICE")
    else:
        assert not piece.startswith(" SERVICE")


@given(text=harmless(), allowed=st.booleans())
def test_the_allow_list_lets_through_what_it_names_and_no_more(text: str, allowed: bool) -> None:
    limits = QueryLimits(services=frozenset({"http://x.org/sparql"}))
    target = "http://x.org/sparql" if allowed else "http://x.org/other"
    query = f"{text[:-1]} SERVICE <{target}> {{}} }}"
    if allowed:
        assert check_query(query, limits) == "SELECT"
    else:
        with pytest.raises(QueryError, match="SERVICE is refused"):
            check_query(query, limits)
    with pytest.raises(QueryError, match="SERVICE is refused"):
        check_query(query)


# Negotiation, against a rule written the other way round: rank each offer by hand.

OFFERS = tuple(FORMATS[name] for name in ("json", "xml", "csv", "ttl")) + (HTML,)
RANGES = [offer.media_type for offer in OFFERS] + ["*/*", "text/*", "application/*", "image/png"]
ELEMENTS = st.tuples(st.sampled_from(RANGES), st.sampled_from([0, 1, 250, 500, 999, 1000]))


def matches(wanted: str, offer: Offer) -> int:
    kind = offer.media_type.partition("/")[0]
    levels = {"*/*": 1, f"{kind}/*": 2, offer.media_type: 3}
    return levels.get(wanted, 0)


def rank(offer: Offer, accept: list[tuple[str, int]]) -> tuple[int, int]:
    fitting = sorted((matches(wanted, offer), q) for wanted, q in accept)
    level, quality = fitting[-1] if fitting else (0, 0)
    return (quality, level) if level and quality else (0, 0)


@given(st.lists(ELEMENTS, min_size=1, max_size=6, unique_by=lambda element: element[0]))
def test_the_best_offer_is_chosen_whatever_the_order(accept: list[tuple[str, int]]) -> None:
    spelled = [f"{wanted};q={q / 1000:.3f}" for wanted, q in accept]
    ranks = [rank(offer, accept) for offer in OFFERS]
    best = max(ranks)
    wanted = OFFERS[ranks.index(best)] if best > (0, 0) else None
    assert choose(", ".join(spelled), OFFERS) is wanted
    assert choose(",".join(reversed(spelled)), OFFERS) is wanted


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80))
def test_no_accept_header_is_a_fault(header: str) -> None:
    chosen = choose(header, OFFERS)
    assert chosen is None or chosen in OFFERS


# The protocol's parameters, over the app.


@pytest.fixture(scope="module")
def app(lighthouse_release: Path) -> Visitor:
    here = "http://graph.example/sparql"
    return Visitor(over_wsgi(create_app(Settings(release_dir=lighthouse_release)), here), here)


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffe\uffff"), max_size=30)


@settings(max_examples=150)
@given(text=ANY_TEXT)
def test_any_text_comes_back_as_it_was_sent_each_way(app: Visitor, text: str) -> None:
    query = f"SELECT ({spell_string(text, chr(39))} AS ?x) {{}}"
    for send in (app.get, app.form, app.direct):
        assert rows(send(query)) == [{"x": text}]


@settings(max_examples=100)
@given(text=ANY_TEXT, data=st.data())
def test_every_spelling_of_a_form_is_one_query(
    app: Visitor, text: str, data: st.DataObject
) -> None:
    query = f"SELECT ({spell_string(text, chr(34))} AS ?x) {{}}"
    assume("\\u" not in query)
    spell = data.draw(st.sampled_from([quote, quote_plus, lambda part: quote(part, safe="")]))
    every = "".join(f"%{byte:02x}" for byte in query.encode())
    for raw in (f"query={spell(query)}", f"query={every}", f"{quote('query')}={spell(query)}"):
        body = raw.encode()
        assert rows(app.ask("POST", "", body, Content_Type=FORM, Accept=JSON)) == [{"x": text}]
        assert rows(app.ask("GET", raw, Accept=JSON)) == [{"x": text}]


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(
            ["query", "default-graph-uri", "named-graph-uri", "format", "update", "lang", "x", ""]
        ),
        st.sampled_from(["ASK {}", "SELECT * {", "urn:x:y", "y", "", "json", "docx", "\x00", "ä"]),
    ),
    max_size=5,
)


def expect(pairs: list[tuple[str, str]]) -> set[int]:
    """Say which answers the protocol allows to these parameters."""
    names = [name for name, _ in pairs]
    if "update" in names:
        return {403}
    if {"x", ""} & set(names) or names.count("query") > 1:
        return {400}
    graphs = [value for name, value in pairs if name.endswith("-graph-uri")]
    if any(value != "urn:x:y" for value in graphs):
        return {400}
    if "query" not in names:
        return {400}
    formats = [value for name, value in pairs if name == "format" and value.strip()]
    if ("query", "ASK {}") not in pairs:
        return {400, 406}
    return {200} if not formats or "json" in formats else {400}


@settings(max_examples=200)
@given(pairs=PAIRS, form=st.booleans())
def test_parameters_are_answered_by_rule(
    app: Visitor, pairs: list[tuple[str, str]], form: bool
) -> None:
    text = urlencode(pairs)
    if form:
        reply = app.ask("POST", "", text.encode(), Content_Type=FORM, Accept=JSON)
    else:
        assume(any(name == "query" for name, _ in pairs))
        reply = app.ask("GET", text, Accept=JSON)
    assert reply.status in expect(pairs)


@settings(max_examples=200)
@given(raw=st.binary(max_size=60), media_type=st.sampled_from([FORM, DIRECT, "text/plain"]))
def test_any_bytes_are_answered_and_never_a_fault(
    app: Visitor, raw: bytes, media_type: str
) -> None:
    reply = app.ask("POST", "", raw, Content_Type=media_type)
    assert reply.status in (200, 400, 403, 415)
    assert reply.status == 200 or reply.media_type == "application/problem+json"
