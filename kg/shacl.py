"""Judge one graph by shapes with pySHACL, and count the nodes that each shape selects.

pySHACL is the reference validator, on a plain rdflib graph; only the queries of `sh:sparql`
constraints go to pyoxigraph, since rdflib answers some of them in minutes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox
import pyshacl
import pyshacl.shape
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from rdflib.query import Result as Answer

from kg.errors import ShapeError
from kg.sparql import Token, explain_syntax_error, tokens
from kg.terms import OWL, RDF_FIRST, RDF_REST, RDF_TYPE, RDFS, RDFS_SUB_CLASS_OF, SH, XSD_STRING

Term = NamedNode | BlankNode | Literal | Triple
Node = NamedNode | BlankNode | Triple
Said = Mapping[Term, Mapping[Node, list[Term]]]

_CLASS, _NODE, _SUBJECTS, _OBJECTS = (
    NamedNode(f"{SH}target{kind}") for kind in ("Class", "Node", "SubjectsOf", "ObjectsOf")
)
_PATTERN, _PATH = NamedNode(f"{SH}pattern"), NamedNode(f"{SH}path")
_PATH_PARTS = (
    RDF_FIRST,
    RDF_REST,
    *(
        NamedNode(f"{SH}{kind}Path")
        for kind in ("inverse", "alternative", "zeroOrMore", "oneOrMore", "zeroOrOne")
    ),
)
_PATH_DEPTH = 100
_SHAPE_TYPES = {NamedNode(SH + "NodeShape"), NamedNode(SH + "PropertyShape")}
_CLASS_TYPES = {NamedNode(RDFS + "Class"), NamedNode(OWL + "Class")}


@dataclass(frozen=True)
class Result:
    """One thing a shape found; `severity` is Violation, Warning or Info."""

    severity: str
    shape: str
    focus: Term
    path: NamedNode | None
    value: Term | None
    component: str
    message: str

    @property
    def record(self) -> Term:
        """What is to be mended: a query that judges the whole graph names it as its value."""
        queried = self.component == "SPARQLConstraintComponent" and self.path is None
        return self.value if queried and isinstance(self.value, NamedNode) else self.focus


def validate(data: Iterable[Triple], shapes: Iterable[Triple]) -> list[Result]:
    """Judge a graph; an empty list means that it keeps to every shape.

    Raises ShapeError for shapes that cannot be used as they stand.
    """
    # pySHACL looks every predicate of a shape up in this list, a fifth of its time; a set does.
    hastened = (frozenset(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)
    setattr(pyshacl.shape, "CONSTRAINT_PARAMS", hastened)  # noqa: B010
    shapes = tuple(shapes)
    _check_usable(shapes)
    try:
        _, report, _ = pyshacl.validate(
            _Graph(data), shacl_graph=_Graph(shapes), inference="none", allow_warnings=True
        )
    except pyshacl.errors.ReportableRuntimeError as error:
        raise ShapeError(f"a shape cannot be used: {error}") from None
    except (RecursionError, RuntimeError, ValueError, re.error) as error:
        raise ShapeError(f"the shapes cannot be applied: {error}") from None
    if not isinstance(report, rdflib.Graph):
        raise ShapeError(f"the shapes cannot be applied: {report}")
    found = report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult)
    return sorted((_to_result(report, node) for node in found), key=_order)


def count_focus_nodes(data: Iterable[Triple], shapes: Iterable[Triple]) -> dict[str, int]:
    """Count the focus nodes of every named shape that has a target (SHACL 2.1.3)."""
    declared = _index(shapes)
    paths = {
        o
        for kind in (_SUBJECTS, _OBJECTS)
        for found in declared.get(kind, {}).values()
        for o in found
    }
    wanted = {RDF_TYPE, RDFS_SUB_CLASS_OF, *paths}
    said = _index(triple for triple in data if triple.predicate in wanted)
    counts = {}
    for shape in sorted(_named_shapes(declared), key=str):
        targets = list(_select(shape, declared, said))
        if targets:
            counts[shape.value] = len(set().union(*targets))
    return counts


def _check_usable(shapes: Iterable[Triple]) -> None:
    """Raise ShapeError, naming the shape, for a pattern or a path that nobody can follow."""
    declared = _index(shapes)
    for shape, patterns in declared.get(_PATTERN, {}).items():
        for pattern in patterns:
            try:
                re.compile(pattern.value if isinstance(pattern, Literal) else "")
            except (re.error, RecursionError, OverflowError) as error:
                message = f"the sh:pattern of {_owner(shape, declared)} is broken: {error}; mend it"
                raise ShapeError(message) from None
    for shape, paths in declared.get(_PATH, {}).items():
        if any(_is_cyclic(path, declared, frozenset()) for path in paths):
            message = f"the sh:path of {_owner(shape, declared)} leads back to itself; mend it"
            raise ShapeError(message)


def _is_cyclic(path: Term, declared: Said, above: frozenset[Term]) -> bool:
    if path in above or len(above) > _PATH_DEPTH:
        return True
    if isinstance(path, Literal):
        return False
    below = [node for part in _PATH_PARTS for node in declared.get(part, {}).get(path, ())]
    return any(_is_cyclic(node, declared, above | {path}) for node in below)


def _owner(shape: Node, declared: Said) -> str:
    """Name a shape, one without a name of its own by the shape that holds it."""
    above = {o: s for said in declared.values() for s, found in said.items() for o in found}
    for _ in range(_PATH_DEPTH):
        if isinstance(shape, BlankNode) and shape in above:
            shape = above[shape]
    return str(shape)


class _Graph(rdflib.Graph):
    """A plain rdflib graph, literals as they were written, with a fast engine for its queries."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        super().__init__(bind_namespaces="none")
        self._triples = list(triples)
        self._engine: ox.Store | None = None
        to_rdflib = cache(_to_rdflib)
        for triple in self._triples:
            s, p, o = triple
            self.add((to_rdflib(s), to_rdflib(p), to_rdflib(o)))

    def query(  # type: ignore[override]
        self,
        query_object: str,
        processor: object = None,
        result: object = None,
        initNs: object = None,  # noqa: N803
        initBindings: Mapping[str, rdflib.term.Node] | None = None,  # noqa: N803
        *_: object,
        **__: object,
    ) -> Answer:
        """Answer a query with some variables bound, as pySHACL asks it."""
        if self._engine is None:
            quads = (ox.Quad(t.subject, t.predicate, t.object) for t in self._triples)
            self._engine = ox.Store()
            self._engine.bulk_extend(quads)
        bound = {str(name): _from_rdflib(term) for name, term in (initBindings or {}).items()}
        text = _bind(str(query_object), bound)
        try:
            found = self._engine.query(text)
        except SyntaxError as error:
            reason = explain_syntax_error(str(error), text)
            message = f"a shape's query is not valid SPARQL: {reason}\n{text}"
            raise ShapeError(message) from None
        return _to_answer(found)


def _bind(text: str, bound: Mapping[str, Term]) -> str:
    """Write values in the place of variables: the pre-binding of SHACL-SPARQL (5.2, appendix A).

    What a SELECT projects must stay a variable: it becomes `(value AS ?variable)`, in a
    subselect under another name. What asks whether a pre-bound variable is bound is true.
    """
    read = list(tokens(text))
    written, done, clause, depth, groups = "", 0, "", 0, 0
    for index, token in enumerate(read):
        clause = _clause(token, clause)
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        groups += {"{": 1, "}": -1}.get(token.text, 0)
        name = token.text[1:]
        if token.kind != "variable" or name not in bound:
            continue
        value = str(bound[name])
        if clause and depth == 0:
            column = f"_{name}_{index}" if groups else name
            value = f"({value} AS ?{column})" if clause == "SELECT" else f"({value})"
        start, end = token.offset, token.offset + len(token.text)
        if [t.upper for t in read[max(index - 2, 0) : index]] == ["BOUND", "("]:
            start, end, value = read[index - 2].offset, read[index + 1].offset + 1, "(true)"
        written += text[done:start] + value
        done = end
    return written + text[done:]


def _clause(token: Token, clause: str) -> str:
    """Tell whether we are in a SELECT's columns or after GROUP BY or ORDER BY, or in neither."""
    if token.text in ("{", "}"):
        return ""
    if token.kind != "word" or token.upper in ("DISTINCT", "REDUCED", "AS", "ASC", "DESC"):
        return clause
    return token.upper if token.upper in ("SELECT", "BY") else ""


def _to_answer(found: object) -> Answer:
    if isinstance(found, ox.QueryBoolean):
        answer = Answer("ASK")
        answer.askAnswer = bool(found)
        return answer
    if not isinstance(found, ox.QuerySolutions):
        raise ShapeError("a shape's query is a SELECT or an ASK; rewrite it")
    answer = Answer("SELECT")
    names = found.variables
    answer.vars = [rdflib.Variable(name.value) for name in names]
    answer.bindings = [
        {
            rdflib.Variable(name.value): _to_rdflib(term)
            for name in names
            if (term := row[name]) is not None
        }
        for row in found
    ]
    return answer


def _to_rdflib(term: Term) -> rdflib.term.Identifier:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, Literal):
        datatype = None if term.language or term.datatype == XSD_STRING else term.datatype.value
        kind = rdflib.URIRef(datatype) if datatype else None
        return rdflib.Literal(term.value, lang=term.language, datatype=kind, normalize=False)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    raise ShapeError(f"SHACL knows no triple terms, but the graph holds {term}")


def _from_rdflib(term: object) -> Term:
    if isinstance(term, rdflib.URIRef):
        return NamedNode(term)
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(
            str(term), datatype=NamedNode(term.datatype) if term.datatype else XSD_STRING
        )
    return BlankNode(str(term))


def _to_result(report: rdflib.Graph, node: rdflib.term.Node) -> Result:
    def value(name: str) -> Term | None:
        found = report.value(node, rdflib.SH[name])
        return None if found is None else _from_rdflib(found)

    def iri(name: str) -> str:
        found = value(name)
        return found.value if isinstance(found, NamedNode | BlankNode) else ""

    path, focus = value("resultPath"), value("focusNode")
    # A severity of the shapes' own making, or a misspelt one, must not let a fault pass.
    severity = iri("resultSeverity").removeprefix(SH)
    assert focus is not None
    messages = sorted({str(text) for text in report.objects(node, rdflib.SH.resultMessage)})
    return Result(
        severity if severity in ("Warning", "Info") else "Violation",
        iri("sourceShape"),
        focus,
        path if isinstance(path, NamedNode) else None,
        value("value"),
        iri("sourceConstraintComponent").removeprefix(SH),
        " ".join(messages),
    )


def _order(result: Result) -> tuple[str, ...]:
    return (
        result.severity,
        result.shape,
        str(result.focus),
        str(result.path),
        str(result.value),
        result.component,
        result.message,
    )


def _index(triples: Iterable[Triple]) -> Said:
    said: dict[Term, defaultdict[Node, list[Term]]] = {}
    for triple in triples:
        subjects = said.setdefault(triple.predicate, defaultdict(list))
        subjects[triple.subject].append(triple.object)
    return said


def _named_shapes(declared: Said) -> Iterator[NamedNode]:
    types = declared.get(RDF_TYPE, {})
    targeted = {s for kind in (_CLASS, _NODE, _SUBJECTS, _OBJECTS) for s in declared.get(kind, {})}
    for subject in {*types, *targeted}:
        shaped = subject in targeted or _SHAPE_TYPES.intersection(types.get(subject, ()))
        if isinstance(subject, NamedNode) and shaped:
            yield subject


def _select(shape: NamedNode, declared: Said, said: Said) -> Iterator[set[Term]]:
    """Yield the nodes of each of a shape's targets; nothing for a shape without one."""

    def targets(kind: NamedNode) -> list[Term]:
        return declared.get(kind, {}).get(shape, [])

    types = declared.get(RDF_TYPE, {}).get(shape, [])
    implicit = [shape] if _CLASS_TYPES.intersection(types) else []
    for wanted in (*targets(_CLASS), *implicit):
        classes = _with_subclasses(wanted, said)
        instances = said.get(RDF_TYPE, {}).items()
        yield {node for node, kinds in instances if classes.intersection(kinds)}
    for node in targets(_NODE):
        yield {node}
    for predicate in targets(_SUBJECTS):
        yield set(said.get(predicate, {}))
    for predicate in targets(_OBJECTS):
        objects = said.get(predicate, {}).values()
        yield {term for terms in objects for term in terms}


def _with_subclasses(top: Term, said: Said) -> set[Term]:
    parents = said.get(RDFS_SUB_CLASS_OF, {}).items()
    found: set[Term] = set()
    fresh: set[Term] = {top}
    while fresh:
        found |= fresh
        below: set[Term] = {child for child, above in parents if fresh.intersection(above)}
        fresh = below - found
    return found
