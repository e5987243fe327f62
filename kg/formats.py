"""Formats of results, graphs and datasets: one table of names, media types and extensions."""

from dataclasses import dataclass
from typing import Literal

from pyoxigraph import QueryResultsFormat, RdfFormat

Kind = Literal["bindings", "graph", "dataset"]


@dataclass(frozen=True)
class Format:
    """A way to write something; `name` is also its file extension."""

    name: str
    media_type: str
    kind: Kind
    label: str
    engine: RdfFormat | QueryResultsFormat


FORMATS = (
    Format(
        "json",
        "application/sparql-results+json",
        "bindings",
        "SPARQL results, JSON",
        QueryResultsFormat.JSON,
    ),
    Format(
        "xml",
        "application/sparql-results+xml",
        "bindings",
        "SPARQL results, XML",
        QueryResultsFormat.XML,
    ),
    Format("csv", "text/csv", "bindings", "CSV", QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", "bindings", "TSV", QueryResultsFormat.TSV),
    Format("ttl", "text/turtle", "graph", "Turtle", RdfFormat.TURTLE),
    Format("nt", "application/n-triples", "graph", "N-Triples", RdfFormat.N_TRIPLES),
    Format("rdf", "application/rdf+xml", "graph", "RDF/XML", RdfFormat.RDF_XML),
    Format("jsonld", "application/ld+json", "dataset", "JSON-LD", RdfFormat.JSON_LD),
    Format("trig", "application/trig", "dataset", "TriG", RdfFormat.TRIG),
    Format("nq", "application/n-quads", "dataset", "N-Quads", RdfFormat.N_QUADS),
)
BY_NAME = {format.name: format for format in FORMATS}
RDF_FORMATS = tuple(format for format in FORMATS if format.kind != "bindings")
RESULT_FORMATS = tuple(format for format in FORMATS if format.kind == "bindings")

# Names people type for the same thing.
ALIASES = {"turtle": "ttl", "ntriples": "nt", "nquads": "nq", "json-ld": "jsonld", "rdfxml": "rdf"}


def to_format(name: str) -> Format | None:
    """Find a format by name or by a common other name, None if there is none such."""
    lowered = name.lower()
    return BY_NAME.get(ALIASES.get(lowered, lowered))
