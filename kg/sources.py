"""The files of a project, parsed: Turtle and TriG, queries, the JSON-LD context."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal as OneOf
from typing import NamedTuple, NoReturn

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from kg.errors import SourceError, to_printable
from kg.findings import Finding
from kg.syntax import Positions
from kg.terms import PREFIXES

Layer = OneOf["ontology", "alignment", "scheme", "shape", "data", "claim", "catalog"]

_SAYING = re.compile(
    r"^#[ \t]*(question|rule|note)@([A-Za-z-]+):[ \t]*(\S.*(?:\n#[ \t]{2,}\S.*)*)", re.MULTILINE
)
_ENDPOINT = re.compile(r"^#[ \t]*endpoint:[ \t]*(https?://\S+)", re.MULTILINE)
_PLACE = re.compile(r"^Parser error (?:at|between) line \d+ [^:]*: ")
_HINTS = {
    "A dot is expected": "end the statement before it with a dot, or join the two with ; or ,",
    "Unexpected end of file": "close the string or the IRI that begins here",
    "Unexpected end": "finish the last statement with a dot, the last graph with a brace",
    "{ is not a valid": "graphs stand in files that end in .trig",
    "is not a valid": "look for a sign too many or too few before it",
    "Invalid IRI code point": "close the IRI with >, or escape the sign",
    "No scheme found": "write the IRI whole, or with a prefix",
}
_UNDECLARED = re.compile(r"The prefix (\S*): has not been declared")
_LANGUAGES = {RdfFormat.TURTLE: "Turtle", RdfFormat.TRIG: "TriG"}


@dataclass(frozen=True)
class SourceFile:
    """A parsed Turtle or TriG file; `path` is relative to the project, with slashes."""

    path: str
    text: str
    quads: tuple[Quad, ...]
    prefixes: Mapping[str, str]
    layer: Layer

    @cached_property
    def positions(self) -> Positions:
        """Where its statements stand."""
        return Positions(self.text, self.prefixes)

    @cached_property
    def facts(self) -> tuple["Fact", ...]:
        """Its quads in order, with their IRIs as plain strings."""
        return tuple(_to_fact(self, quad) for quad in self.quads)


class Fact(NamedTuple):
    """A quad and its file. `subject` and `object` are "" for blank nodes and triples.

    `object` is the IRI or the literal's text; `datatype` is "" unless it is a literal,
    `language` is "" unless it has one; `graph` is "" for the default graph.
    """

    file: SourceFile
    subject: str
    predicate: str
    object: str
    datatype: str
    language: str
    graph: str
    quad: Quad

    @property
    def names_object(self) -> bool:
        """Whether the object is an IRI."""
        return self.object != "" and self.datatype == ""

    def line(self, part: str = "object") -> int | None:
        """The line of the quad's subject, predicate, object or datatype."""
        return self.file.positions.line_of(self.quad, part)

    def finding(self, rule: str, message: str, part: str = "object") -> Finding:
        """A finding at that part of the quad."""
        return Finding(rule, message, self.file.path, self.line(part))


@dataclass(frozen=True)
class QueryFile:
    """A query with its comments, by language: `# question@en: ...` (of a rule: `# rule@en:`).

    A comment goes on over lines that begin with `#` and at least two spaces. `endpoint` is where
    a query is to be sent that asks more than one service (`# endpoint: https://...`).
    """

    path: str
    text: str
    questions: Mapping[str, str]
    notes: Mapping[str, str]
    endpoint: str | None = None


def parse_turtle(text: str, path: str, layer: Layer = "data") -> SourceFile:
    """Parse Turtle, or TriG when the path ends in `.trig`.

    Raises SourceError with line and column.
    """
    syntax = RdfFormat.TRIG if path.endswith(".trig") else RdfFormat.TURTLE
    parser = parse(text.encode(), syntax)
    try:
        quads = tuple(parser)
    except MemoryError:
        message = "a literal or IRI in the file is too large (over 16 MB); shorten it"
        raise SourceError(message, path) from None
    except SyntaxError as error:
        message = _explain(_PLACE.sub("", error.msg), _LANGUAGES[syntax])
        raise SourceError(message, path, error.lineno, error.offset) from None
    return SourceFile(path, text, _name_blank_nodes(quads, path), parser.prefixes, layer)


def parse_query(text: str, path: str) -> QueryFile:
    """Read the comments of a query; the query itself is not parsed here."""
    questions: dict[str, str] = {}
    notes: dict[str, str] = {}
    for kind, language, words in _SAYING.findall(text):
        said = notes if kind == "note" else questions
        said[language.lower()] = re.sub(r"\s*\n#\s+", " ", words).strip()
    endpoint = _ENDPOINT.search(text)
    return QueryFile(path, text, questions, notes, endpoint[1] if endpoint else None)


def parse_context(text: str, path: str) -> Mapping[str, object]:
    """Parse a JSON-LD context document: an object with `@context`.

    Raises SourceError with line and column.
    """
    try:
        context = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(context, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        message = f"JSON syntax error: {error.msg}"
        raise SourceError(message, path, error.lineno, error.colno) from None
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        message = f"the context cannot be used: {reason}; take that out"
        raise SourceError(message, path, 1) from None
    if not isinstance(context, dict) or "@context" not in context:
        message = 'a JSON-LD context is an object with the key "@context"; wrap the terms in it'
        raise SourceError(message, path, 1)
    if not isinstance(context["@context"], dict):
        message = 'the value of "@context" is an object of terms; write {"name": "IRI", ...}'
        raise SourceError(message, path, 1)
    return context


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _to_fact(file: SourceFile, quad: Quad) -> Fact:
    subject, predicate, term, graph = quad
    is_literal = isinstance(term, Literal)
    return Fact(
        file,
        subject.value if isinstance(subject, NamedNode) else "",
        predicate.value,
        term.value if isinstance(term, NamedNode | Literal) else "",
        term.datatype.value if is_literal else "",
        (term.language or "") if is_literal else "",
        graph.value if isinstance(graph, NamedNode) else "",
        quad,
    )


def _explain(message: str, language: str) -> str:
    undeclared = _UNDECLARED.search(message)
    if undeclared is None:
        hint = next((hint for sign, hint in _HINTS.items() if sign in message), "mend it")
        shown = to_printable(message.rstrip("."))
        return f"{language} syntax error, here or just before: {shown}; {hint}"
    prefix = undeclared[1]
    iri = PREFIXES.get(prefix, "...")
    return (
        f"the prefix {prefix}: is not declared; add `PREFIX {prefix}: <{iri}>` "
        "at the top of the file, or correct the name"
    )


def _name_blank_nodes(quads: tuple[Quad, ...], path: str) -> tuple[Quad, ...]:
    """Name blank nodes by file and order: the parser's own names change with every run."""
    nodes = [term for quad in quads for term in quad if isinstance(term, BlankNode)]
    stem = re.sub(r"[^A-Za-z0-9]", "", PurePosixPath(path).stem)
    names = {node: BlankNode(f"{stem}{n}") for n, node in enumerate(dict.fromkeys(nodes))}
    if not names:
        return quads
    return tuple(
        Quad(
            names.get(q.subject, q.subject) if isinstance(q.subject, BlankNode) else q.subject,
            q.predicate,
            names.get(q.object, q.object) if isinstance(q.object, BlankNode) else q.object,
            q.graph_name,
        )
        for q in quads
    )
