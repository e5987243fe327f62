"""Clauses on the dataset a query is answered from, and on the base of its IRIs."""

from __future__ import annotations

from server.conformance.visitor import InapplicableError, Visitor, need, rows, truth

NOWHERE = "urn:x-conformance:no-such-graph"


def _default(graph: str) -> tuple[str, str]:
    return ("default-graph-uri", graph)


def _named(graph: str) -> tuple[str, str]:
    return ("named-graph-uri", graph)


def default_graph(visitor: Visitor) -> None:
    """`default-graph-uri` names the graph that is queried, and no other is."""
    (one, in_one), (_, in_two) = visitor.graphs
    for send in (visitor.get, visitor.form, visitor.direct):
        need(truth(send(f"ASK {{ {in_one} }}", [_default(one)])), "its graph is not queried")
        need(not truth(send(f"ASK {{ {in_two} }}", [_default(one)])), "another graph is queried")


def default_graphs(visitor: Visitor) -> None:
    """Several `default-graph-uri` make one default graph of all of them."""
    (one, in_one), (two, in_two) = visitor.graphs
    query = f"ASK {{ {in_one} . {in_two} }}"
    for send in (visitor.get, visitor.form, visitor.direct):
        need(truth(send(query, [_default(one), _default(two)])), "the graphs are not merged")
        need(not truth(send(query, [_default(one)])), "a graph that is not named is queried")


def named_graph(visitor: Visitor) -> None:
    """`named-graph-uri` names the graphs that GRAPH sees, and it sees no other."""
    (one, in_one), (_, in_two) = visitor.graphs
    for send in (visitor.get, visitor.form, visitor.direct):
        seen = send(f"ASK {{ GRAPH ?g {{ {in_one} }} }}", [_named(one)])
        need(truth(seen), "the named graph is not seen")
        unseen = send(f"ASK {{ GRAPH ?g {{ {in_two} }} }}", [_named(one)])
        need(not truth(unseen), "a graph that is not named is seen")


def named_graphs(visitor: Visitor) -> None:
    """Several `named-graph-uri` stay apart, each under its name."""
    (one, in_one), (two, in_two) = visitor.graphs
    query = f"ASK {{ GRAPH <{one}> {{ {in_one} }} GRAPH <{two}> {{ {in_two} }} }}"
    need(truth(visitor.get(query, [_named(one), _named(two)])), "two named graphs are not seen")
    mixed = f"ASK {{ GRAPH <{one}> {{ {in_two} }} }}"
    need(not truth(visitor.get(mixed, [_named(one), _named(two)])), "named graphs are mixed")


def both_kinds(visitor: Visitor) -> None:
    """Default and named graphs can be given together."""
    (one, in_one), (two, in_two) = visitor.graphs
    query = f"ASK {{ {in_one} GRAPH <{two}> {{ {in_two} }} }}"
    for send in (visitor.get, visitor.form, visitor.direct):
        need(truth(send(query, [_default(one), _named(two)])), "one of the two is not heeded")


def given_in_part(visitor: Visitor) -> None:
    """A dataset given in part is empty in the rest: the service's own is not added."""
    one, in_one = visitor.graphs[0]
    unnamed = visitor.get(f"ASK {{ GRAPH ?g {{ {in_one} }} }}", [_default(one)])
    need(not truth(unnamed), "GRAPH sees graphs although only a default graph was given")
    default = visitor.get("ASK { ?s ?p ?o }", [_named(one)])
    need(not truth(default), "the default graph is not empty although only a named one was given")


def in_the_query(visitor: Visitor) -> None:
    """FROM and FROM NAMED in the query specify the dataset."""
    (one, in_one), (two, in_two) = visitor.graphs
    query = f"ASK FROM <{one}> FROM NAMED <{two}> {{ {in_one} GRAPH ?g {{ {in_two} }} }}"
    need(truth(visitor.get(query)), "FROM or FROM NAMED is not heeded")
    need(not truth(visitor.get(f"ASK FROM <{one}> {{ {in_two} }}")), "FROM adds, but must replace")


def request_before_query(visitor: Visitor) -> None:
    """Where request and query specify different datasets, the request's is the one."""
    (one, in_one), (two, in_two) = visitor.graphs
    for send in (visitor.get, visitor.form, visitor.direct):
        query = f"ASK FROM <{two}> {{ {in_one} }}"
        need(truth(send(query, [_default(one)])), "FROM wins over default-graph-uri")
        query = f"ASK FROM <{two}> {{ {in_two} }}"
        need(not truth(send(query, [_default(one)])), "FROM is added to default-graph-uri")
        query = f"ASK FROM NAMED <{two}> {{ GRAPH ?g {{ {in_two} }} }}"
        need(not truth(send(query, [_named(one)])), "FROM NAMED is added to named-graph-uri")


def none_given(visitor: Visitor) -> None:
    """Where no dataset is specified the service answers from its own."""
    reply = visitor.get("SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } LIMIT 1")
    if not rows(reply):
        raise InapplicableError("the service's own dataset is empty")


def unknown_graph(visitor: Visitor) -> None:
    """A graph the service does not have is empty, or refused; never fetched, never another."""
    reply = visitor.get("ASK { ?s ?p ?o }", [_default(NOWHERE)])
    if reply.status == 200:
        need(not truth(reply), "a graph that does not exist holds triples")
    else:
        need(400 <= reply.status < 500, f"an unknown graph is answered with {reply.status}")


def base_of_the_query(visitor: Visitor) -> None:
    """BASE in the query is what its relative IRIs are resolved against."""
    query = "BASE <http://example.org/a/> SELECT (STR(<b#c>) AS ?x) {}"
    need(rows(visitor.get(query)) == [{"x": "http://example.org/a/b#c"}], "BASE is not heeded")


def base_of_the_service(visitor: Visitor) -> None:
    """The service has a base of its own: a relative IRI without BASE is made absolute."""
    found = rows(visitor.get("SELECT (STR(<x-conformance>) AS ?x) {}"))
    need(len(found) == 1, "a relative IRI without BASE is not answered")
    value = found[0].get("x", "")
    need(":" in value and value.endswith("x-conformance"), f"<{value}> is no absolute IRI")
