"""Clauses on answers: the formats, what a success holds, how a failure is told."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import urlencode
from xml.etree import ElementTree

from pyoxigraph import NamedNode, RdfFormat, parse

from server.conformance.visitor import (
    DIRECT,
    FORM,
    JSON,
    UPDATE,
    Reply,
    UnmetError,
    Visitor,
    need,
    truth,
)

XML, CSV, TSV = "application/sparql-results+xml", "text/csv", "text/tab-separated-values"
TABLE = "SELECT ?x ?y { VALUES (?x ?y) { (1 'a') (2 UNDEF) } } ORDER BY ?x"
GRAPH = "CONSTRUCT { <urn:x:s> <urn:x:p#q> ?x } WHERE { VALUES ?x { 1 'ä' } }"
RDF = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}
CHANGE = "INSERT DATA { <urn:x-conformance:s> <urn:x-conformance:p> 1 }"
SEEN = "ASK { { <urn:x-conformance:s> ?p ?o } UNION { GRAPH ?g { <urn:x-conformance:s> ?p ?o } } }"
SD = "http://www.w3.org/ns/sparql-service-description#"


def _is(reply: Reply, media_type: str) -> None:
    need(reply.status == 200, f"asked for {media_type} the answer is {reply.status}")
    need(reply.media_type == media_type, f"asked for {media_type} there came {reply.media_type}")


def _triples(reply: Reply) -> int:
    kind = RDF.get(reply.media_type)
    need(reply.status == 200, f"the answer is {reply.status}, not 200")
    if kind is None:
        raise UnmetError(f"a graph came as {reply.media_type}, which is no RDF")
    try:
        return sum(1 for _ in parse(reply.body, kind))
    except (SyntaxError, ValueError) as error:
        raise UnmetError(f"the body is no {reply.media_type}: {error}") from None


def _xml(reply: Reply) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(reply.body)
    except ElementTree.ParseError as error:
        raise UnmetError(f"the body is no XML: {error}") from None


def select_as_json(visitor: Visitor) -> None:
    """A SELECT can be had as SPARQL results in JSON."""
    reply = visitor.get(TABLE, accept=JSON)
    _is(reply, JSON)
    document = json.loads(reply.body)
    need(document["head"]["vars"] == ["x", "y"], "the columns are others than asked for")
    one, two = document["results"]["bindings"]
    need(one["y"] == {"type": "literal", "value": "a"}, "a literal is written wrongly")
    need("y" not in two, "what is not bound is in the row")


def select_as_xml(visitor: Visitor) -> None:
    """A SELECT can be had as SPARQL results in XML."""
    reply = visitor.get(TABLE, accept=XML)
    _is(reply, XML)
    tree = _xml(reply)
    ns = "{http://www.w3.org/2005/sparql-results#}"
    need(tree.tag == f"{ns}sparql", "the root is not `sparql` of its namespace")
    need(len(tree.findall(f"{ns}results/{ns}result")) == 2, "there are not two results")


def select_as_csv(visitor: Visitor) -> None:
    """A SELECT can be had as CSV."""
    reply = visitor.get(TABLE, accept=CSV)
    _is(reply, CSV)
    table = list(csv.reader(io.StringIO(reply.body.decode())))
    need(table == [["x", "y"], ["1", "a"], ["2", ""]], "the rows are others than asked for")


def select_as_tsv(visitor: Visitor) -> None:
    """A SELECT can be had as TSV, its terms as in SPARQL."""
    reply = visitor.get(TABLE, accept=TSV)
    _is(reply, TSV)
    lines = reply.body.decode().splitlines()
    need(lines == ["?x\t?y", '1\t"a"', "2\t"], "the rows are others than asked for")


def ask_in_each_format(visitor: Visitor) -> None:
    """An ASK can be had in JSON and in XML."""
    need(truth(visitor.get("ASK {}", accept=JSON)), "ASK {} is not true")
    reply = visitor.get("ASK {}", accept=XML)
    _is(reply, XML)
    need(_xml(reply).findtext("{*}boolean") == "true", "ASK {} is not true in XML")


def construct_in_each_format(visitor: Visitor) -> None:
    """A CONSTRUCT can be had as Turtle, N-Triples, RDF/XML and JSON-LD."""
    for media_type in RDF:
        reply = visitor.get(GRAPH, accept=media_type)
        _is(reply, media_type)
        need(_triples(reply) == 2, f"as {media_type} the graph has not its two triples")


def describe_in_each_format(visitor: Visitor) -> None:
    """A DESCRIBE can be had as Turtle, N-Triples, RDF/XML and JSON-LD."""
    for media_type in RDF:
        reply = visitor.get("DESCRIBE <urn:x-conformance:nothing>", accept=media_type)
        _is(reply, media_type)
        _triples(reply)


def qualities_decide(visitor: Visitor) -> None:
    """Of several formats that a client takes, the one it likes best is sent."""
    reply = visitor.get(TABLE, accept=f"{CSV};q=0.2, {XML};q=0.9, {JSON};q=0.5")
    _is(reply, XML)
    _is(visitor.get(TABLE, accept=f"*/*;q=0.1, {CSV}"), CSV)
    _is(visitor.get(GRAPH, accept="text/turtle;q=0.1, application/n-triples"), [*RDF][1])


def anything_will_do(visitor: Visitor) -> None:
    """A client that takes anything, or says nothing, gets a format of its query's form."""
    for accept in ("*/*", None):
        reply = visitor.get(TABLE, accept=accept)
        need(reply.status == 200, f"Accept {accept} is answered with {reply.status}")
        need(reply.media_type in (JSON, XML, CSV, TSV), f"a SELECT came as {reply.media_type}")
        need(_triples(visitor.get(GRAPH, accept=accept)) == 2, "the graph is not whole")


def nothing_fits(visitor: Visitor) -> None:
    """A client that takes none of the formats is told so (406), not sent another."""
    for query, accept in ((TABLE, "image/png"), (TABLE, "text/turtle"), (GRAPH, CSV)):
        reply = visitor.get(query, accept=accept)
        need(reply.status == 406, f"Accept {accept} is answered with {reply.status}, not 406")


def select_succeeds_with_results(visitor: Visitor) -> None:
    """The answer to a SELECT is 2xx with a results document of the type it says."""
    select_as_json(visitor)


def ask_succeeds_with_a_boolean(visitor: Visitor) -> None:
    """The answer to an ASK is 2xx with a results document that holds a boolean."""
    need(truth(visitor.get("ASK {}")), "ASK {} is not true")
    need(not truth(visitor.get("ASK { FILTER(false) }")), "ASK { FILTER(false) } is true")


def construct_succeeds_with_a_graph(visitor: Visitor) -> None:
    """The answer to a CONSTRUCT is 2xx with an RDF graph of the type it says."""
    need(_triples(visitor.get(GRAPH, accept=None)) == 2, "the graph has not its two triples")


def describe_succeeds_with_a_graph(visitor: Visitor) -> None:
    """The answer to a DESCRIBE is 2xx with an RDF graph of the type it says."""
    _triples(visitor.get("DESCRIBE <urn:x-conformance:nothing>", accept=None))


def head_is_get_without_a_body(visitor: Visitor) -> None:
    """HEAD is answered like GET, as HTTP demands, without the body."""
    text = urlencode({"query": TABLE})
    got, head = (visitor.ask(method, text, Accept=JSON) for method in ("GET", "HEAD"))
    need(head.status == got.status == 200, f"HEAD is answered with {head.status}")
    need(head.body == b"", "HEAD is answered with a body")
    need(head.media_type == got.media_type, "HEAD names another media type")


def bad_syntax_is_400(visitor: Visitor) -> None:
    """A query that is no SPARQL is answered with 400, however it is sent."""
    for query in ("SELECT * {", "SELCT * {}", "ASK { ?s ?p }", "", "ASK {} ASK {}"):
        for send in (visitor.get, visitor.form, visitor.direct):
            reply = send(query)
            need(reply.status == 400, f"{query!r} is answered with {reply.status}, not with 400")


def undeclared_prefix_is_400(visitor: Visitor) -> None:
    """A query that uses a prefix it does not declare is answered with 400."""
    reply = visitor.get("ASK { ?s nowhere:declared ?o }")
    need(reply.status == 400, f"it is answered with {reply.status}, not with 400")


def failure_says_why(visitor: Visitor) -> None:
    """The answer to a failed query has a body that tells why, of the type it says."""
    reply = visitor.get("SELECT * {\n ?s ?p }")
    need(reply.status == 400, f"the answer is {reply.status}")
    need(reply.body.strip(), "the answer has no body")
    need(reply.media_type, "the answer does not say its media type")


def failure_is_negotiated(visitor: Visitor) -> None:
    """The explanation of a failure comes for people or for programs, as they ask."""
    page = visitor.get("SELECT", accept="text/html")
    need((page.status, page.media_type) == (400, "text/html"), "people do not get a page")
    data = visitor.get("SELECT", accept=f"{JSON}, application/problem+json")
    need((data.status, data.media_type) == (400, "application/problem+json"), "programs get none")


def what_is_refused_is_4xx(visitor: Visitor) -> None:
    """A query the service does not carry out (SERVICE to anywhere) is refused, not cut."""
    query = "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
    reply = visitor.get(query)
    need(400 <= reply.status < 500, f"SERVICE is answered with {reply.status}")


def _unchanged(visitor: Visitor, reply: Reply, what: str) -> None:
    need(400 <= reply.status < 500, f"{what} is answered with {reply.status}, not refused")
    need(not truth(visitor.get(SEEN)), f"{what} has changed the data")


def update_by_form(visitor: Visitor) -> None:
    """This service has no update operation: an update in a form is refused, nothing changes."""
    body = urlencode({"update": CHANGE}).encode()
    _unchanged(visitor, visitor.ask("POST", "", body, Content_Type=FORM), "an update in a form")


def update_by_direct_post(visitor: Visitor) -> None:
    """This service has no update operation: a direct update is refused, nothing changes."""
    reply = visitor.ask("POST", "", CHANGE.encode(), Content_Type=UPDATE)
    _unchanged(visitor, reply, "a direct update")


def update_by_get(visitor: Visitor) -> None:
    """An update is never invoked by GET."""
    reply = visitor.ask("GET", urlencode({"update": CHANGE}))
    _unchanged(visitor, reply, "an update by GET")


def update_with_a_dataset(visitor: Visitor) -> None:
    """The parameters of an update (`using-graph-uri`) are refused, nothing changes."""
    body = urlencode({"update": CHANGE, "using-graph-uri": "urn:x:g"}).encode()
    reply = visitor.ask("POST", "", body, Content_Type=FORM)
    _unchanged(visitor, reply, "an update with using-graph-uri")


def update_as_a_query(visitor: Visitor) -> None:
    """An update sent as a query is no query: 400, nothing changes."""
    for reply in (visitor.get(CHANGE), visitor.form(CHANGE), visitor.direct(CHANGE)):
        need(reply.status == 400, f"it is answered with {reply.status}, not with 400")
        _unchanged(visitor, reply, "an update sent as a query")


def both_operations(visitor: Visitor) -> None:
    """A request is one operation: a query and an update together are refused."""
    body = urlencode({"query": "ASK {}", "update": CHANGE}).encode()
    reply = visitor.ask("POST", "", body, Content_Type=FORM)
    _unchanged(visitor, reply, "a query with an update")
    mixed = visitor.ask("POST", urlencode({"update": CHANGE}), b"ASK {}", Content_Type=DIRECT)
    _unchanged(visitor, mixed, "a query with an update in its address")


def description_at_the_endpoint(visitor: Visitor) -> None:
    """The endpoint without parameters gives a service description in RDF."""
    reply = visitor.ask("GET", Accept="text/turtle")
    _is(reply, "text/turtle")
    need(_triples(reply), "the description is empty")


def description_is_negotiated(visitor: Visitor) -> None:
    """The service description comes in the RDF format that is asked for."""
    for media_type in ("text/turtle", "application/rdf+xml", "application/ld+json"):
        reply = visitor.ask("GET", Accept=media_type)
        _is(reply, media_type)
        need(_triples(reply), f"the description is empty as {media_type}")


def description_names_the_endpoint(visitor: Visitor) -> None:
    """The description says what is a service, at which address, for which language."""
    quads = list(parse(visitor.ask("GET", Accept="text/turtle").body, RdfFormat.TURTLE))
    endpoints = {q.object for q in quads if q.predicate == NamedNode(SD + "endpoint")}
    need(NamedNode(visitor.asked) in endpoints, f"sd:endpoint is not <{visitor.asked}>")
    objects = {q.object for q in quads}
    for term in ("Service", "SPARQL11Query"):
        need(NamedNode(SD + term) in objects, f"the description does not say sd:{term}")
