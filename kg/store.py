"""The port to a query engine: one small interface; behind it the embedded engine or an endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol
from urllib.error import HTTPError, URLError

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple

from kg.errors import QueryError, ReleaseError
from kg.formats import BY_NAME
from kg.ordering import separate_numbers
from kg.sparql import check_query, explain_syntax_error

Kind = Literal["bindings", "boolean", "graph"]
Subject = NamedNode | ox.BlankNode | Triple
Object = NamedNode | ox.BlankNode | ox.Literal | Triple
GraphName = NamedNode | ox.BlankNode | DefaultGraph
Answer = ox.QuerySolutions | ox.QueryBoolean | Iterable[Triple]


@dataclass(slots=True)
class QueryResult:
    """An answer not yet written; it can be read once.

    `graph` answers hold triples, `bindings` rows, `boolean` yes or no.
    """

    kind: Kind
    answer: Answer

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns of a SELECT, without question marks; empty for the other forms."""
        if not isinstance(self.answer, ox.QuerySolutions):
            return ()
        return tuple(variable.value for variable in self.answer.variables)

    @property
    def rows(self) -> Iterator[tuple[Object | None, ...]]:
        """The rows of a SELECT; None where a variable is not bound."""
        if not isinstance(self.answer, ox.QuerySolutions):
            return
        columns = self.answer.variables
        with _SENTENCES:
            for row in self.answer:
                yield tuple(row[column] for column in columns)

    @property
    def triples(self) -> Iterator[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE; none for the other forms."""
        if isinstance(self.answer, ox.QuerySolutions | ox.QueryBoolean):
            return
        with _SENTENCES:
            yield from self.answer

    def __bool__(self) -> bool:
        """Tell the answer of an ASK."""
        return bool(self.answer) if self.kind == "boolean" else True

    def write(
        self, out: BinaryIO, format_name: str, prefixes: Mapping[str, str] | None = None
    ) -> None:
        """Write the answer in a format of `kg.formats`, streaming.

        Raises QueryError for a format that cannot hold this kind of answer.
        """
        format = BY_NAME.get(format_name)
        if format is None or not _fits(self.kind, format.kind):
            fitting = ", ".join(name for name, f in BY_NAME.items() if _fits(self.kind, f.kind))
            raise QueryError(f"a {self.kind} answer has no format {format_name}; use {fitting}")
        with _SENTENCES:
            if isinstance(self.answer, ox.QuerySolutions | ox.QueryBoolean):
                assert isinstance(format.engine, ox.QueryResultsFormat)
                self.answer.serialize(out, format.engine)
            else:
                assert isinstance(format.engine, RdfFormat)
                names = dict(prefixes or {})
                ox.serialize(self.answer, out, format.engine, prefixes=names)


class Store(Protocol):
    """A dataset that answers queries and look-ups; None in a pattern means any."""

    def query(
        self,
        text: str,
        *,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> QueryResult:
        """Answer a query; graphs given here replace the query's own FROM and FROM NAMED.

        Raises QueryError for a query that is refused or cannot be parsed.
        """
        ...

    def quads_for_pattern(
        self,
        subject: Subject | None,
        predicate: NamedNode | None,
        object: Object | None,
        graph: GraphName | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that match, in no promised order."""
        ...

    def graph_counts(self) -> dict[GraphName, int]:
        """Count the triples of the default graph and of each named graph."""
        ...


class UnanswerableError(QueryError):
    """The engine gave up while it evaluated a query; with SERVICE, others may be at fault."""


class EmbeddedStore:
    """The engine inside this process, over the read-only files of a release.

    `base_iri` is what relative IRIs of a query are resolved against, if it has no BASE.
    """

    def __init__(self, path: Path, base_iri: str | None = None) -> None:
        self._base_iri = base_iri
        try:
            self._store = ox.Store.read_only(str(path))
        except (OSError, RuntimeError, ValueError) as error:
            message = f"the query store {path} cannot be opened ({error}); build the release again"
            raise ReleaseError(message) from None

    def query(
        self,
        text: str,
        *,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> QueryResult:
        """Answer a query; see `Store.query`."""
        check_query(text)
        return self.evaluate(text, default_graphs=default_graphs, named_graphs=named_graphs)

    def evaluate(
        self,
        text: str,
        *,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> QueryResult:
        """Answer a query that has been checked already; see `Store.query`."""
        given = default_graphs is not None or named_graphs is not None
        try:
            with _SENTENCES:
                answer = self._store.query(
                    separate_numbers(text),
                    base_iri=self._base_iri,
                    default_graph=[*_to_nodes(default_graphs)] if given else None,
                    named_graphs=[*_to_nodes(named_graphs)] if given else None,
                )
        except SyntaxError as error:
            raise explain_syntax_error(str(error), text, self._base_iri) from None
        return to_result(answer)

    def quads_for_pattern(
        self,
        subject: Subject | None,
        predicate: NamedNode | None,
        object: Object | None,
        graph: GraphName | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that match; see `Store.quads_for_pattern`."""
        with _SENTENCES:
            yield from self._store.quads_for_pattern(subject, predicate, object, graph)

    def graph_counts(self) -> dict[GraphName, int]:
        """Count the triples of each graph; see `Store.graph_counts`."""
        counts: dict[GraphName, int] = {DefaultGraph(): 0}
        with _SENTENCES:
            for quad in self._store:
                counts[quad.graph_name] = counts.get(quad.graph_name, 0) + 1
        return counts


class LoadedStore(EmbeddedStore):
    """The engine inside this process, over a dataset held in memory."""

    def __init__(self, dump: Path, base_iri: str | None = None) -> None:
        self._base_iri = base_iri
        self._store = ox.Store()
        try:
            self._store.bulk_load(path=str(dump), format=RdfFormat.N_QUADS)
        except (OSError, SyntaxError) as error:
            message = f"the dump {dump} cannot be read ({error}); build the release again"
            raise ReleaseError(message) from None


class EndpointStore:
    """Any SPARQL 1.1 endpoint, asked over HTTP."""

    def __init__(self, url: str, timeout_s: int = 30) -> None:
        if not url.startswith(("http://", "https://")):
            raise ReleaseError(f"{url} is no address of an endpoint; write http:// or https://...")
        self._url = url
        self._timeout_s = timeout_s

    def query(
        self,
        text: str,
        *,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> QueryResult:
        """Answer a query; see `Store.query`."""
        form = check_query(text)
        # Other engines decode \u escapes before they look for words, as the standard says.
        if "\\u" in text.lower():
            check_query(_decode_escapes(text))
        graph = form in ("CONSTRUCT", "DESCRIBE")
        accept = "application/n-triples" if graph else "application/sparql-results+json"
        body = self._ask(text, accept, default_graphs or (), named_graphs or ())
        try:
            if graph:
                quads = ox.parse(body, RdfFormat.N_TRIPLES)
                return QueryResult("graph", [quad.triple for quad in quads])
            return to_result(ox.parse_query_results(body, ox.QueryResultsFormat.JSON))
        except (SyntaxError, ValueError) as error:
            message = f"the endpoint {self._url} answered something that is not {accept}: {error}"
            raise ReleaseError(message) from None

    def quads_for_pattern(
        self,
        subject: Subject | None,
        predicate: NamedNode | None,
        object: Object | None,
        graph: GraphName | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that match; see `Store.quads_for_pattern`.

        Blank nodes have no name that another request could use, so they match nothing.
        """
        if any(isinstance(term, ox.BlankNode) for term in (subject, object, graph)):
            return
        parts = {"s": subject, "p": predicate, "o": object}
        pattern = " ".join(
            f"?{name}" if term is None else str(term) for name, term in parts.items()
        )
        named = graph if isinstance(graph, NamedNode) else "?g"
        default = f"{{ {pattern} }}" if graph is None or isinstance(graph, DefaultGraph) else ""
        inner = (
            f"{{ GRAPH {named} {{ {pattern} }} }}" if not isinstance(graph, DefaultGraph) else ""
        )
        body = " UNION ".join(part for part in (default, inner) if part)
        result = self.query(f"SELECT * WHERE {{ {body} }}")
        for row in result.rows:
            found = dict(zip(result.variables, row, strict=True))
            name = found.get("g") or (graph if isinstance(graph, NamedNode) else DefaultGraph())
            s, p, o = (term or found[key] for key, term in parts.items())
            yield Quad(s, p, o, name)  # type: ignore[arg-type]

    def graph_counts(self) -> dict[GraphName, int]:
        """Count the triples of each graph; see `Store.graph_counts`."""
        text = (
            "SELECT ?g (COUNT(*) AS ?n) WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
            " GROUP BY ?g"
        )
        counts: dict[GraphName, int] = {DefaultGraph(): 0}
        for name, count in self.query(text).rows:
            assert isinstance(count, ox.Literal) and not isinstance(name, ox.Literal | Triple)
            counts[name or DefaultGraph()] = int(count.value)
        return counts

    def _ask(
        self, text: str, accept: str, default_graphs: Sequence[str], named_graphs: Sequence[str]
    ) -> bytes:
        from SPARQLWrapper import POST, SPARQLWrapper
        from SPARQLWrapper.SPARQLExceptions import EndPointNotFound, QueryBadFormed

        asked = SPARQLWrapper(self._url)
        asked.setQuery(text)
        asked.setMethod(POST)
        asked.setTimeout(self._timeout_s)
        asked.setOnlyConneg(True)
        asked.addCustomHttpHeader("Accept", accept)
        for name, graphs in (("default", default_graphs), ("named", named_graphs)):
            for graph in graphs:
                asked.addParameter(f"{name}-graph-uri", graph)
        try:
            body: bytes = asked.query().response.read()
        except QueryBadFormed as error:
            reason = str(error).rpartition("Response:")[2].strip()
            raise explain_syntax_error(reason, text) from None
        except HTTPError as error:
            message = (
                f"the endpoint {self._url} answers {error.code} ({error.reason}); name the address "
                "of a SPARQL endpoint, which often ends in /sparql"
            )
            raise ReleaseError(message) from None
        except (EndPointNotFound, URLError, TimeoutError, OSError) as error:
            message = f"the endpoint {self._url} does not answer ({error}); check that it runs"
            raise ReleaseError(message) from None
        return body


def to_result(answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> QueryResult:
    """Wrap the engine's answer."""
    if isinstance(answer, ox.QuerySolutions):
        return QueryResult("bindings", answer)
    if isinstance(answer, ox.QueryBoolean):
        return QueryResult("boolean", answer)
    return QueryResult("graph", answer)


class _Sentences:
    """Says plainly what the engine cannot do, such as a function it does not know."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, RuntimeError):
            return
        if str(error).startswith("Corruption"):
            message = f"the query store is damaged ({error}); build the release again"
            raise ReleaseError(message) from None
        raise UnanswerableError(f"this query cannot be answered: {error}") from None


_SENTENCES = _Sentences()


def _fits(answer: Kind, format: str) -> bool:
    return (answer == "graph") == (format != "bindings")


def _to_nodes(graphs: Sequence[str] | None) -> list[NamedNode]:
    try:
        return [NamedNode(graph) for graph in graphs or ()]
    except ValueError as error:
        raise QueryError(f"a graph to query is named by an absolute IRI: {error}") from None


def _decode_escapes(text: str) -> str:
    def decode(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code < 0x110000 else match[0]

    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", decode, text)
