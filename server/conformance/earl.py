"""Write what came of the clauses in W3C's Evaluation and Report Language (EARL 1.0)."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode, Triple

from kg import __version__
from kg.terms import DCTERMS, DCTERMS_TITLE, RDF_TYPE
from server.conformance.clauses import PROTOCOL, Result

EARL = "http://www.w3.org/ns/earl#"
DOAP = "http://usefulinc.com/ns/doap#"


def to_triples(results: Sequence[Result], report: str, endpoint: str, version: str) -> list[Triple]:
    """Describe the results as a graph without blank nodes.

    `report` is the report's IRI, whose fragments name its parts; `version` is that of the data.
    """
    subject, assertor = NamedNode(f"{report}#endpoint"), NamedNode(f"{report}#tester")
    triples = [
        _typed(subject, "TestSubject"),
        _typed(subject, "Software"),
        _said(subject, DCTERMS + "title", f"SPARQL endpoint {endpoint}"),
        _said(subject, DCTERMS + "hasVersion", f"{__version__}, release {version}", None),
        Triple(subject, NamedNode(DOAP + "homepage"), NamedNode(endpoint)),
        _typed(assertor, "Assertor"),
        _typed(assertor, "Software"),
        _said(assertor, DCTERMS + "title", "The endpoint's own clause-by-clause tests"),
        _said(assertor, DCTERMS + "hasVersion", __version__, None),
    ]
    for result in results:
        triples += _describe(result, report, subject, assertor)
    return triples


def _describe(result: Result, report: str, subject: NamedNode, assertor: NamedNode) -> list[Triple]:
    clause = result.clause
    test = NamedNode(f"{report}#{clause.name}")
    assertion = NamedNode(f"{report}#{clause.name}-assertion")
    outcome = NamedNode(f"{report}#{clause.name}-result")
    rows = [
        _typed(assertion, "Assertion"),
        Triple(assertion, NamedNode(EARL + "assertedBy"), assertor),
        Triple(assertion, NamedNode(EARL + "subject"), subject),
        Triple(assertion, NamedNode(EARL + "test"), test),
        Triple(assertion, NamedNode(EARL + "mode"), NamedNode(EARL + "automatic")),
        Triple(assertion, NamedNode(EARL + "result"), outcome),
        _typed(outcome, "TestResult"),
        Triple(outcome, NamedNode(EARL + "outcome"), NamedNode(EARL + result.outcome)),
        _typed(test, "TestCase"),
        _typed(test, "TestCriterion"),
        _said(test, DCTERMS_TITLE, f"{clause.section} {clause.name.replace('-', ' ')}"),
        _said(test, DCTERMS + "description", clause.demand),
        Triple(test, NamedNode(DCTERMS + "source"), NamedNode(clause.source)),
        Triple(test, NamedNode(DCTERMS + "isPartOf"), NamedNode(PROTOCOL)),
    ]
    if result.info:
        rows.append(_said(outcome, EARL + "info", result.info))
    return rows


def _typed(thing: NamedNode, name: str) -> Triple:
    return Triple(thing, RDF_TYPE, NamedNode(EARL + name))


def _said(
    thing: NamedNode, predicate: str | NamedNode, text: str, language: str | None = "en"
) -> Triple:
    name = NamedNode(predicate) if isinstance(predicate, str) else predicate
    return Triple(thing, name, Literal(text, language=language))
