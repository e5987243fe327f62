"""Validation: the reference's verdicts, faster; and which nodes a shape selects."""

import pyshacl
import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.errors import ShapeError
from kg.shacl import Result, count_focus_nodes, validate

EX = "https://example.org/"
HEAD = f"""
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX ex: <{EX}>
"""
DATA = """
ex:Poet rdfs:subClassOf ex:Person .
ex:ada a ex:Person ; ex:born "1900-01-01"^^xsd:date ; ex:knows ex:bob, ex:nobody .
ex:bob a ex:Poet ; ex:born 1901, 1902 .
ex:cem ex:knows ex:ada ; ex:count "01"^^xsd:integer .
"""
SHAPES = """
ex:Shape a sh:NodeShape ;
    sh:targetClass ex:Person ;
    sh:property ex:shape-born ;
    sh:sparql ex:query-known .
ex:shape-born a sh:PropertyShape ;
    sh:path ex:born ;
    sh:maxCount 1 ;
    sh:datatype xsd:date ;
    sh:message "One date of birth."@en .
ex:query-known a sh:SPARQLConstraint ;
    sh:message "{?this} knows {?value}, whom nobody describes."@en ;
    sh:select \"\"\"SELECT $this (<https://example.org/knows> AS ?path) ?value WHERE {
        $this <https://example.org/knows> ?value .
        FILTER NOT EXISTS { ?value a ?type }
    }\"\"\" .
"""


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse((HEAD + text).encode(), RdfFormat.TURTLE)]


def name(local: str) -> NamedNode:
    return NamedNode(EX + local)


def reference(data: str, shapes: str) -> list[tuple[str, ...]]:
    """The verdicts of pySHACL alone, over rdflib's own query engine."""
    graphs = [rdflib.Graph().parse(data=HEAD + text, format="turtle") for text in (data, shapes)]
    _, report, _ = pyshacl.validate(graphs[0], shacl_graph=graphs[1])
    assert isinstance(report, rdflib.Graph)
    found = report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult)
    parts = ("focusNode", "resultPath", "value", "sourceShape", "resultMessage")
    return sorted(
        tuple(str(report.value(node, rdflib.SH[part]) or "") for part in parts) for node in found
    )


def plain(result: Result) -> tuple[str, ...]:
    terms = (result.focus, result.path, result.value)
    values = [getattr(term, "value", "") for term in terms]
    return (*values, result.shape, result.message)


def test_faults_are_told_with_node_path_value_and_message() -> None:
    found = validate(triples(DATA), triples(SHAPES))
    bob = [plain(result) for result in found if result.focus == name("bob")]
    assert bob == [
        (f"{EX}bob", f"{EX}born", "1901", f"{EX}shape-born", "One date of birth."),
        (f"{EX}bob", f"{EX}born", "1902", f"{EX}shape-born", "One date of birth."),
        (f"{EX}bob", f"{EX}born", "", f"{EX}shape-born", "One date of birth."),
    ]
    assert {result.severity for result in found} == {"Violation"}


def test_the_fast_engine_finds_what_the_reference_finds() -> None:
    found = sorted(plain(result) for result in validate(triples(DATA), triples(SHAPES)))
    assert found == reference(DATA, SHAPES)
    assert (
        f"{EX}ada",
        f"{EX}knows",
        f"{EX}nobody",
        f"{EX}Shape",
        f"{EX}ada knows {EX}nobody, whom nobody describes.",
    ) in found


MUTANTS = {
    "nobody is described": DATA + "ex:nobody a ex:Person .",
    "everyone is unknown": DATA.replace("a ex:Poet ;", ""),
    "all is well": "ex:ada a ex:Person ; ex:born '1900-01-01'^^xsd:date .",
    "nothing at all": "ex:a ex:b ex:c .",
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_engine_and_reference_agree_on_mutants(mutant: str) -> None:
    data = MUTANTS[mutant]
    found = sorted(plain(result) for result in validate(triples(data), triples(SHAPES)))
    assert found == reference(data, SHAPES)


ONTOLOGY_WIDE = """
ex:Everywhere a sh:NodeShape ;
    sh:targetClass owl:Ontology ;
    sh:severity sh:Warning ;
    sh:sparql ex:query-all .
ex:query-all a sh:SPARQLConstraint ;
    sh:message "Somebody without a date of birth."@en ;
    sh:select \"\"\"SELECT $this ?value WHERE {
        ?value a ?type . FILTER NOT EXISTS { ?value <https://example.org/born> ?date }
    }\"\"\" .
"""


def test_a_query_over_the_whole_graph_names_the_record_it_found() -> None:
    data = "ex:ontology a owl:Ontology ; ex:born 'x' . ex:ada a ex:Person ."
    (result,) = validate(triples(data), triples(ONTOLOGY_WIDE))
    assert (result.focus, result.record) == (name("ontology"), name("ada"))
    assert result.severity == "Warning"
    assert [plain(result)] == reference(data, ONTOLOGY_WIDE)


QUERIES = {
    "nested group": "SELECT $this ?value { $this ex:knows ?value . { FILTER($this != ex:cem) } }",
    "subselect": "SELECT $this ?value { { SELECT $this (COUNT(?v) AS ?value) { $this ex:knows ?v } "
    "GROUP BY $this } }",
    "distinct": "SELECT DISTINCT $this ?value { $this ex:knows ?value }",
    "not projected": "SELECT ?value { $this ex:knows ?value }",
    "expression": "SELECT $this (STR($this) AS ?value) { $this ex:knows ?v }",
    "bound": "SELECT $this ?value { $this ex:knows ?value . FILTER(bound($this)) }",
    "exists": "SELECT $this ?value { ?value a ex:Poet FILTER EXISTS { $this ex:knows ?value } }",
    "optional": "SELECT $this ?value { OPTIONAL { $this ex:knows ?value FILTER(1 < 2) } }",
    "this elsewhere": "SELECT $this ?value { ?value ex:knows $this # $this ?this\n"
    " FILTER('$this' != '?this') }",
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_bound_variable_is_bound_everywhere(query: str) -> None:
    shapes = f"""
        ex:S a sh:NodeShape ; sh:targetNode ex:ada, ex:bob, ex:cem ; sh:sparql ex:s-query .
        ex:s-query sh:prefixes ex: ; sh:message "{{?this}} {{?value}}" ;
            sh:select \"\"\"{QUERIES[query]}\"\"\" .
        ex: sh:declare ex:s-prefix .
        ex:s-prefix sh:prefix "ex" ; sh:namespace "{EX}"^^xsd:anyURI .
    """
    found = {plain(result) for result in validate(triples(DATA), triples(shapes))}
    assert found == set(reference(DATA, shapes))
    assert found


def test_literals_are_judged_as_they_were_written() -> None:
    shape = """ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:count ; sh:property ex:s-count .
        ex:s-count a sh:PropertyShape ; sh:path ex:count ; sh:pattern "^0" ."""
    assert validate(triples(DATA), triples(shape)) == []


def test_focus_nodes_are_counted_for_every_kind_of_target() -> None:
    shapes = """
        ex:ByClass a sh:NodeShape ; sh:targetClass ex:Person .
        ex:BySubject a sh:NodeShape ; sh:targetSubjectsOf ex:knows .
        ex:ByObject a sh:NodeShape ; sh:targetObjectsOf ex:knows .
        ex:ByNode a sh:NodeShape ; sh:targetNode ex:ada, ex:cem .
        ex:Poet a sh:NodeShape, rdfs:Class .
        ex:Twice sh:targetClass ex:Poet ; sh:targetSubjectsOf ex:knows .
        ex:Idle a sh:NodeShape ; sh:targetClass ex:Painter .
        ex:Part a sh:PropertyShape ; sh:path ex:born .
    """
    assert count_focus_nodes(triples(DATA), triples(shapes)) == {
        f"{EX}ByClass": 2,
        f"{EX}ByNode": 2,
        f"{EX}ByObject": 3,
        f"{EX}BySubject": 2,
        f"{EX}Idle": 0,
        f"{EX}Poet": 1,
        f"{EX}Twice": 3,
    }


def test_results_come_in_one_order() -> None:
    data, shapes = triples(DATA), triples(SHAPES)
    assert validate(data, shapes) == validate(data[::-1], shapes[::-1])


def test_a_shape_with_a_broken_query_is_a_sentence() -> None:
    broken = SHAPES.replace("FILTER NOT EXISTS {", "FILTER NOT EXIST {")
    with pytest.raises(ShapeError, match="a shape's query is not valid SPARQL"):
        validate(triples(DATA), triples(broken))


def test_a_shape_without_a_path_is_a_sentence() -> None:
    with pytest.raises(ShapeError, match="a shape cannot be used"):
        validate(triples(DATA), triples("ex:P a sh:PropertyShape ; sh:targetClass ex:Person ."))


def test_a_triple_within_a_triple_is_refused() -> None:
    inner = Triple(name("a"), name("b"), Literal("c"))
    with pytest.raises(ShapeError, match="SHACL knows no triple terms"):
        validate([Triple(name("a"), name("b"), inner)], triples(SHAPES))


def test_a_severity_of_ones_own_counts_as_a_violation() -> None:
    shapes = SHAPES.replace("sh:maxCount 1 ;", "sh:maxCount 1 ; sh:severity ex:Grave ;")
    found = {result.shape: result.severity for result in validate(triples(DATA), triples(shapes))}
    assert found[f"{EX}shape-born"] == "Violation"


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ('[ sh:path ex:born ; sh:pattern "((" ]', "the sh:pattern of .*Odd> is broken"),
        ("_:p . _:p sh:path _:a . _:a sh:inversePath _:a", "the sh:path of .*Odd> leads back"),
    ],
)
def test_a_shape_nobody_can_follow_is_named(constraint: str, message: str) -> None:
    shapes = f"ex:Odd a sh:NodeShape ; sh:targetClass ex:Person ; sh:property {constraint} ."
    with pytest.raises(ShapeError, match=message):
        validate(triples(DATA), triples(shapes))
