"""What the engine itself fails of the W3C's suites, and what this service refuses, with reasons.

An engine upgrade that mends one of these shows as a failing test, and its name goes from here.
"""

from collections.abc import Mapping

_ENGINE_FAILS = {
    "It keeps the value of a number, not its spelling: 01 and 1 are one term.": """
        sparql10/distinct#distinct-1 sparql10/expr-builtin#dawg-str-1
        sparql10/expr-builtin#dawg-str-2 sparql10/expr-builtin#sameTerm-eq
        sparql10/expr-builtin#sameTerm-not-eq sparql10/expr-builtin#sameTerm-simple
        sparql10/expr-equals#eq-graph-1 sparql10/expr-equals#eq-graph-2
        sparql10/open-world#open-eq-01 sparql11/csv-tsv-res#csv03
    """,
    "It reads RDF 1.1, in which a plain literal is an xsd:string or an rdf:langString.": """
        sparql10/distinct#distinct-2 sparql10/distinct#distinct-9
        sparql10/expr-builtin#dawg-datatype-2 sparql11/functions#strdt03
        sparql11/functions#strlang03
    """,
    "Its grammar is that of SPARQL 1.1, in which a number does not end with a dot.": """
        sparql10/basic#term-6 sparql10/basic#term-7 sparql10/syntax-sparql1#syntax-lit-08
    """,
    "It compares dates with and without a time zone.": "sparql10/open-world#date-2",
    "It keeps the inner braces of OPTIONAL { { ... } }, whose filter then lacks ?title.": """
        sparql10/optional-filter#dawg-optional-filter-005-simplified
    """,
    "It reads no \\u escape in a prefixed name.": """
        sparql10/syntax-sparql2#syntax-esc-04 sparql10/syntax-sparql2#syntax-esc-05
    """,
    "It reads ?x<?a&&?b>?y as two comparisons; the longest token is an IRI.": """
        sparql10/syntax-sparql3#syn-bad-26
    """,
    "It gives BNODE of one text in several rows the same node.": "sparql11/functions#bnode01",
    "It gives no row for no group, and the test's one row lacks the column.": """
        sparql11/aggregates#agg-empty-group
    """,
    "It entails nothing: the answers follow under RDFS, OWL, D or RIF entailment only.": """
        sparql11/entailment#paper-sparqldl-Q1 sparql11/entailment#paper-sparqldl-Q1-rdfs
        sparql11/entailment#paper-sparqldl-Q2 sparql11/entailment#paper-sparqldl-Q3
        sparql11/entailment#paper-sparqldl-Q4 sparql11/entailment#parent10
        sparql11/entailment#parent3 sparql11/entailment#parent4 sparql11/entailment#parent5
        sparql11/entailment#parent6 sparql11/entailment#parent7 sparql11/entailment#parent8
        sparql11/entailment#parent9 sparql11/entailment#rdf01 sparql11/entailment#rdfs01
        sparql11/entailment#rdfs02 sparql11/entailment#rdfs03 sparql11/entailment#rdfs04
        sparql11/entailment#rdfs05 sparql11/entailment#rdfs06 sparql11/entailment#rdfs07
        sparql11/entailment#rdfs09 sparql11/entailment#rdfs10 sparql11/entailment#rdfs11
        sparql11/entailment#simple1 sparql11/entailment#simple2 sparql11/entailment#simple3
        sparql11/entailment#simple4 sparql11/entailment#simple5 sparql11/entailment#simple6
        sparql11/entailment#simple7 sparql11/entailment#simple8
        sparql11/entailment#sparqldl-02 sparql11/entailment#sparqldl-03
        sparql11/entailment#sparqldl-10 sparql11/entailment#sparqldl-11
        sparql11/entailment#sparqldl-12 sparql11/entailment#sparqldl-13
    """,
}

_REFUSED = {
    "SERVICE is refused": """
        sparql11/service#service1 sparql11/service#service2 sparql11/service#service3
        sparql11/service#service4a sparql11/service#service5 sparql11/service#service6
        sparql11/service#service7 sparql11/syntax-fed#test_1 sparql11/syntax-fed#test_2
        sparql11/syntax-fed#test_3
    """,
    "custom function": """
        sparql10/syntax-sparql1#syntax-expr-05 sparql10/syntax-sparql1#syntax-order-05
        sparql10/syntax-sparql1#syntax-order-06 sparql10/syntax-sparql2#syntax-function-01
        sparql10/syntax-sparql2#syntax-function-02 sparql10/syntax-sparql2#syntax-function-03
        sparql10/syntax-sparql2#syntax-function-04 sparql11/syntax-query#test_4
    """,
}


def _by_name(names_by_reason: Mapping[str, str]) -> dict[str, str]:
    return {name: why for why, names in names_by_reason.items() for name in names.split()}


ENGINE_FAILS = _by_name(_ENGINE_FAILS)
"""Tests that the engine fails in process, and why."""
REFUSED = _by_name(_REFUSED)
"""Queries that this service does not evaluate, and the words of the answer that say so."""
