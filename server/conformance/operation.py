"""Clauses on how a query is sent: the operation, GET, POST of a form, POST of the query itself."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from server.conformance.visitor import (
    DIRECT,
    FORM,
    JSON,
    Reply,
    Visitor,
    need,
    rows,
    truth,
)

ONE = "SELECT (1 AS ?x) {}"
SIGNS = "100%25 +&=?/#;\\u0022 ä 日本 \U0001f5fc"
SPELLED = f'SELECT ("{SIGNS}" AS ?x) {{}}'
READ = SIGNS.replace("\\u0022", '"')


def _answers_one(reply: Reply) -> None:
    need(rows(reply) == [{"x": "1"}], "the query is answered with other rows than its own")


def _refused(reply: Reply, what: str) -> None:
    need(400 <= reply.status < 500, f"{what} is answered with {reply.status}, not refused")


def get_and_post(visitor: Visitor) -> None:
    """The query operation can be invoked by GET and by POST."""
    _answers_one(visitor.get(ONE))
    _answers_one(visitor.form(ONE))


def other_methods(visitor: Visitor) -> None:
    """Any other method is no query: it is refused, and Allow names the methods there are."""
    for method in ("PUT", "DELETE", "PATCH"):
        reply = visitor.ask(method, urlencode({"query": ONE}))
        need(reply.status == 405, f"{method} is answered with {reply.status}, not with 405")
        allowed = reply.headers.get("allow", "")
        need("GET" in allowed and "POST" in allowed, "Allow does not name GET and POST")


def two_queries_by_get(visitor: Visitor) -> None:
    """A request has exactly one query: two in the address are refused."""
    query = quote(ONE)
    _refused(visitor.ask("GET", f"query={query}&query={query}"), "a GET with two queries")


def two_queries_by_form(visitor: Visitor) -> None:
    """A request has exactly one query: two in a form are refused."""
    body = urlencode([("query", ONE), ("query", "ASK {}")]).encode()
    _refused(visitor.ask("POST", "", body, Content_Type=FORM), "a form with two queries")


def two_queries_mixed(visitor: Visitor) -> None:
    """A request has exactly one query: one in the body and one in the address are refused."""
    reply = visitor.ask("POST", urlencode({"query": ONE}), ONE.encode(), Content_Type=DIRECT)
    _refused(reply, "a POST of a query with another in its address")


def no_query_in_a_post(visitor: Visitor) -> None:
    """A request has exactly one query: a POST without any is refused."""
    _refused(visitor.ask("POST", "", b"", Content_Type=FORM), "a form without a query")
    _refused(visitor.ask("POST", "", b"", Content_Type=DIRECT), "an empty query")


def by_get(visitor: Visitor) -> None:
    """A query sent by GET, as the parameter `query`, is answered."""
    _answers_one(visitor.get(ONE))


def get_decodes_percent_signs(visitor: Visitor) -> None:
    """Parameters of a GET are percent-encoded UTF-8, and decoded exactly once."""
    need(rows(visitor.get(SPELLED)) == [{"x": READ}], "the signs of the query do not survive")
    raw = "query=" + quote(SPELLED, safe="")
    reply = visitor.ask("GET", raw, Accept=JSON)
    need(rows(reply) == [{"x": READ}], "the signs of the query do not survive as %XX")


def get_parts_at_ampersands_only(visitor: Visitor) -> None:
    """Parameters of a GET are parted by `&`; a `;` is a sign like any other."""
    query = "SELECT ('a;query=b' AS ?x) {}"
    raw = "query=" + quote(query, safe=";='")
    need(rows(visitor.ask("GET", raw, Accept=JSON)) == [{"x": "a;query=b"}], "`;` parts parameters")


def get_in_any_order(visitor: Visitor) -> None:
    """Parameters of a GET come in any order."""
    graph, pattern = visitor.graphs[0]
    for pairs in (
        [("query", f"ASK {{ {pattern} }}"), ("default-graph-uri", graph)],
        [("default-graph-uri", graph), ("query", f"ASK {{ {pattern} }}")],
    ):
        need(truth(visitor.ask("GET", urlencode(pairs), Accept=JSON)), "the order changes the rows")


def get_has_no_body(visitor: Visitor) -> None:
    """The query of a GET stands in its address: a body, which it must not have, is not read."""
    reply = visitor.ask(
        "GET", urlencode({"query": ONE}), b"query=ASK%20%7B%7D", Content_Type=FORM, Accept=JSON
    )
    if reply.status == 200:
        _answers_one(reply)
    else:
        _refused(reply, "a GET with a body")


def by_form(visitor: Visitor) -> None:
    """A query sent as a form, as the parameter `query` of the body, is answered."""
    _answers_one(visitor.form(ONE))


def form_decodes_percent_signs(visitor: Visitor) -> None:
    """Parameters of a form are percent-encoded UTF-8, and decoded exactly once."""
    need(rows(visitor.form(SPELLED)) == [{"x": READ}], "the signs of the query do not survive")


def form_parts_at_ampersands_only(visitor: Visitor) -> None:
    """Parameters of a form are parted by `&`; a `;` is a sign like any other."""
    body = b"query=SELECT+('a;query=b'+AS+?x)+{}"
    reply = visitor.ask("POST", "", body, Content_Type=FORM, Accept=JSON)
    need(rows(reply) == [{"x": "a;query=b"}], "`;` parts parameters")


def form_in_any_order(visitor: Visitor) -> None:
    """Parameters of a form come in any order."""
    graph, pattern = visitor.graphs[0]
    body = urlencode([("default-graph-uri", graph), ("query", f"ASK {{ {pattern} }}")])
    reply = visitor.ask("POST", "", body.encode(), Content_Type=FORM, Accept=JSON)
    need(truth(reply), "the order of the parameters changes the answer")


def form_says_its_media_type(visitor: Visitor) -> None:
    """A form says application/x-www-form-urlencoded: with no or another type it is refused."""
    body = urlencode({"query": ONE}).encode()
    for media_type in (None, "text/plain", "multipart/form-data", "application/json"):
        reply = visitor.ask("POST", "", body, Content_Type=media_type)
        _refused(reply, f"a form with the media type {media_type}")


def form_may_say_utf_8(visitor: Visitor) -> None:
    """A form whose media type says charset=UTF-8 is a form."""
    body = urlencode({"query": ONE}).encode()
    kind = f"{FORM}; charset=UTF-8"
    _answers_one(visitor.ask("POST", "", body, Content_Type=kind, Accept=JSON))


def by_direct_post(visitor: Visitor) -> None:
    """A query sent as the body of a POST is answered."""
    _answers_one(visitor.direct(ONE))


def direct_is_not_decoded(visitor: Visitor) -> None:
    """The body of a direct POST is the query itself: nothing in it is percent-encoded."""
    need(rows(visitor.direct(SPELLED)) == [{"x": READ}], "the signs of the query do not survive")


def direct_takes_graphs_from_the_address(visitor: Visitor) -> None:
    """With a direct POST the graphs are named in the address."""
    graph, pattern = visitor.graphs[0]
    reply = visitor.direct(f"ASK {{ {pattern} }}", [("default-graph-uri", graph)])
    need(truth(reply), "default-graph-uri in the address of a POST is not heeded")
    reply = visitor.direct(f"ASK {{ GRAPH ?g {{ {pattern} }} }}", [("named-graph-uri", graph)])
    need(truth(reply), "named-graph-uri in the address of a POST is not heeded")


def direct_says_its_media_type(visitor: Visitor) -> None:
    """A direct POST says application/sparql-query: with no or another type it is refused."""
    for media_type in (None, "text/plain", "application/sparql", "text/turtle"):
        reply = visitor.ask("POST", "", ONE.encode(), Content_Type=media_type)
        _refused(reply, f"a query with the media type {media_type}")


def direct_is_utf_8(visitor: Visitor) -> None:
    """UTF-8 is the only charset of a query: any other is refused."""
    for kind in (DIRECT, f"{DIRECT}; charset=utf-16"):
        reply = visitor.ask("POST", "", ONE.encode("utf-16"), Content_Type=kind)
        _refused(reply, f"a query in UTF-16 sent as {kind}")
    latin = "SELECT ('ä' AS ?x) {}".encode("latin-1")
    _refused(visitor.ask("POST", "", latin, Content_Type=DIRECT), "a query in Latin-1")


def direct_may_say_utf_8(visitor: Visitor) -> None:
    """A direct POST whose media type says charset=utf-8 is one."""
    kind = f"{DIRECT}; charset=utf-8"
    _answers_one(visitor.ask("POST", "", ONE.encode(), Content_Type=kind, Accept=JSON))
