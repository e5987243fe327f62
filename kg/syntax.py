"""Where things stand in a Turtle, TriG or SPARQL text: tokens, statements and their lines.

The parser proper is pyoxigraph's; it keeps no positions, so messages look them up here. Texts are
expected to parse: on others the functions still end, with tokens of kind `other`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, Quad

from kg.terms import RDF

_LOCAL = r"(?:%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]|[\w\-:])"
_NAME = rf":(?:{_LOCAL}(?:\.*{_LOCAL})*)?"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<comment>\#[^\n\r]*)
    |(?P<string>\"\"\"(?:"{{0,2}}(?:[^"\\]|\\.))*\"\"\"|\'\'\'(?:'{{0,2}}(?:[^'\\]|\\.))*\'\'\'
               |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
    |(?P<blank>_:\w(?:[\w\-]|\.+(?=[\w\-]))*)
    |(?P<word>[^\W\d_](?:[\w\-]|\.+(?=[\w\-]))*+)(?P<name>{_NAME})?
    |(?P<bare>{_NAME})
    |(?P<language>@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)
    |(?P<variable>[?$]\w+)
    |(?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<mark>\^\^|&&|\|\||[!<>]=|[{{}}\[\]().,;*/+\-!|^=<>?])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


class Token(NamedTuple):
    """One token; `line` and `column` count from 1, columns in code points."""

    kind: str
    text: str
    line: int
    column: int


class Statement(NamedTuple):
    """The tokens of one triple; None stands for the default graph or a blank node.

    `suffix` is an object's language tag or datatype.
    """

    graph: Token | None
    subject: Token | None
    predicate: Token | None
    object: Token
    suffix: Token | None


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into tokens without spaces; comments are kept, of kind `comment`.

    >>> [token.text for token in tokens("ex:a a ex:B . # done")]
    ['ex:a', 'a', 'ex:B', '.', '# done']
    """
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        kind, found, start = match.lastgroup, match[0], match.start()
        if kind != "space":
            name = "name" if kind == "bare" else kind or "other"
            yield Token(name, found, line, start - line_start + 1)
        if (kind in ("space", "string")) and "\n" in found:
            line += found.count("\n")
            line_start = start + found.rindex("\n") + 1


def to_iri(token: Token, prefixes: Mapping[str, str]) -> str | None:
    """Resolve an IRI, a prefixed name or the keyword `a`; None for anything else."""
    if token.kind == "name":
        prefix, _, local = token.text.partition(":")
        namespace = prefixes.get(prefix)
        return None if namespace is None else namespace + re.sub(r"\\(.)", r"\1", local)
    if token.kind == "iri":
        return _unescape(token.text[1:-1])
    return RDF + "type" if token.text == "a" else None


def to_value(token: Token) -> str:
    """Give a literal token's lexical form, unquoted."""
    if token.kind != "string":
        return token.text
    width = 3 if token.text[:3] in ('"""', "'''") else 1
    return _unescape(token.text[width:-width])


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])

    return _ESCAPE.sub(character, text) if "\\" in text else text


def locate(text: str, iri: str, prefixes: Mapping[str, str]) -> int | None:
    """Find the first line that names an IRI, in whatever spelling."""
    return next((token.line for token in tokens(text) if to_iri(token, prefixes) == iri), None)


def declared_prefixes(text: str) -> dict[str, str]:
    """Read the PREFIX declarations of a text."""
    declared: dict[str, str] = {}
    found = [token for token in tokens(text) if token.kind != "comment"]
    for word, name, iri in zip(found, found[1:], found[2:], strict=False):
        if word.text.lstrip("@").upper() == "PREFIX" and (name.kind, iri.kind) == ("name", "iri"):
            declared[name.text[:-1]] = _unescape(iri.text[1:-1])
    return declared


def statements(text: str) -> Iterator[Statement]:
    """Cut a Turtle or TriG text that parses into its triples, in order."""
    return _Walk(text).statements()


class _Walk:
    """One pass over a text's tokens, keeping the subject and predicate in force."""

    def __init__(self, text: str) -> None:
        self.tokens = [token for token in tokens(text) if token.kind != "comment"]
        self.graph: Token | None = None
        self.subject: Token | None = None
        self.predicate: Token | None = None
        self.place = "subject"
        self.outer: list[tuple[Token | None, Token | None, str]] = []

    def statements(self) -> Iterator[Statement]:
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if self.place == "subject" and token.text.lstrip("@").upper() in ("PREFIX", "BASE"):
                index += 3 if token.text.lstrip("@").upper() == "PREFIX" else 2
            elif token.kind == "mark":
                self._mark(token)
                index += 1
            elif self.place == "object":
                suffix, width = self._suffix(index)
                yield Statement(self.graph, self.subject, self.predicate, token, suffix)
                index += width
            else:
                self._term(token, index)
                index += 1

    def _term(self, token: Token, index: int) -> None:
        after = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        if self.place == "predicate":
            self.predicate, self.place = token, "object"
        elif after == "{":
            self.graph = token
        elif token.text.upper() != "GRAPH":
            self.subject, self.place = token, "predicate"

    def _suffix(self, index: int) -> tuple[Token | None, int]:
        following = self.tokens[index + 1 : index + 3]
        if following and following[0].kind == "language":
            return following[0], 2
        if len(following) == 2 and following[0].text == "^^":
            return following[1], 3
        return None, 1

    def _mark(self, token: Token) -> None:
        match token.text:
            case ";":
                self.place = "predicate"
            case "." if not self.outer:
                self.place = "subject"
            case "{":
                self.place = "subject"
            case "}":
                self.place, self.graph = "subject", None
            case "[" | "(":
                self.outer.append((self.subject, self.predicate, self.place))
                self.subject = self.predicate = None
                self.place = "predicate" if token.text == "[" else "object"
            case "]" | ")" if self.outer:
                self.subject, self.predicate, place = self.outer.pop()
                self.place = "predicate" if place == "subject" else place


class Block(NamedTuple):
    """The start of a block: a subject and the triples under it.

    `opens` marks the first block after a graph's opening brace; its line is the graph's.
    """

    graph: str | None
    subject: str
    line: int
    opens: bool


class Positions:
    """The positions in one parsed file, worked out when first asked for."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self._text = text
        self._prefixes = prefixes

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every block in order; a subject that stands twice is two blocks."""
        found: dict[Token, Block] = {}
        last_graph: Token | None = None
        for statement in self._statements:
            subject, graph = statement.subject, statement.graph
            if subject is not None and subject not in found:
                opens = graph is not None and graph != last_graph
                line = graph.line if graph and opens else subject.line
                iri = self._iri(subject) or subject.text
                found[subject] = Block(self._iri(graph), iri, line, opens)
            last_graph = graph
        return tuple(found.values())

    @cached_property
    def _statements(self) -> tuple[Statement, ...]:
        return tuple(statements(self._text))

    @cached_property
    def _by_subject(self) -> Mapping[str | None, list[Statement]]:
        index: dict[str | None, list[Statement]] = defaultdict(list)
        for statement in self._statements:
            index[self._iri(statement.subject)].append(statement)
        return index

    def line_of(self, quad: Quad, part: str = "object") -> int | None:
        """Find the line of a quad's subject, predicate, object or datatype.

        Falls back to the nearest thing that is found: predicate, subject, then anywhere.
        """
        subject = quad.subject.value if isinstance(quad.subject, NamedNode) else None
        here = self._by_subject.get(subject, [])
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else None
        here = [s for s in here if self._iri(s.graph) == graph] or here
        same = [s for s in here if self._iri(s.predicate) == quad.predicate.value]
        exact = [s for s in same if self._means(s, quad)]
        for statement in (*exact, *same, *here):
            token = {
                "subject": statement.subject,
                "predicate": statement.predicate,
                "datatype": statement.suffix,
            }.get(part, statement.object)
            return (token or statement.object).line
        return None

    def _iri(self, token: Token | None) -> str | None:
        return to_iri(token, self._prefixes) if token else None

    def _means(self, statement: Statement, quad: Quad) -> bool:
        if isinstance(quad.object, Literal):
            tag = quad.object.language
            suffix = (statement.suffix or statement.object).text.lower()
            same_tag = tag is None or suffix == f"@{tag}"
            return same_tag and to_value(statement.object) == quad.object.value
        return isinstance(quad.object, NamedNode) and self._iri(statement.object) == (
            quad.object.value
        )
