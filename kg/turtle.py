"""Write Turtle and TriG for people: prefixes, one subject per block, the same bytes every time."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.terms import RDF_TYPE, RDFS_LABEL, SKOS_PREF_LABEL, XSD_BOOLEAN, XSD_INTEGER, XSD_STRING

Node = NamedNode | BlankNode | Triple
Term = NamedNode | BlankNode | Literal | Triple
Graph = dict[Node, list[Triple]]

_WIDTH = 100
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_PREFIX_NAME = re.compile(r"(?:[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?)?")
_BARE = {XSD_BOOLEAN: re.compile("true|false"), XSD_INTEGER: re.compile("0|-?[1-9][0-9]*")}
_FIRST = {RDF_TYPE: 0, RDFS_LABEL: 1, SKOS_PREF_LABEL: 2}


def to_turtle(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> bytes:
    """Write triples as Turtle, with those prefixes that are used."""
    writer = _Writer(prefixes)
    blocks = [writer.block(said) for _, said in _by_subject(triples)]
    return writer.document(blocks)


def to_trig(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """Write quads as TriG: what is said of a named graph stands right under it."""
    graphs: defaultdict[Node | DefaultGraph, list[Triple]] = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name].append(quad.triple)
    writer = _Writer(prefixes)
    default = graphs.pop(DefaultGraph(), [])
    blocks = {str(name): [writer.graph(name, _by_subject(graphs[name]))] for name in graphs}
    for subject, said in _by_subject(default):
        blocks.setdefault(str(subject), []).append(writer.block(said))
    return writer.document([block for name in sorted(blocks) for block in blocks[name]])


class _Writer:
    """Shortens IRIs and remembers which prefixes that took."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        known = ((iri, name) for name, iri in prefixes.items() if _PREFIX_NAME.fullmatch(name))
        self._namespaces = sorted(known, key=lambda pair: (-len(pair[0]), pair[1]))
        self._order = list(prefixes)
        self._short: dict[NamedNode, str] = {}
        self._used: dict[str, str] = {}

    def document(self, blocks: list[str]) -> bytes:
        """Put the prefixes that were used above the blocks."""
        used = sorted(self._used.items(), key=lambda pair: self._order.index(pair[0]))
        header = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in used)
        return "\n".join(part for part in (header, *blocks) if part).encode()

    def graph(self, name: object, subjects: Iterable[tuple[Node, list[Triple]]]) -> str:
        """Write a named graph."""
        inner = "\n".join(self.block(said, "    ") for _, said in subjects)
        return f"{self.term(name)} {{\n{inner}}}\n"

    def block(self, said: list[Triple], indent: str = "") -> str:
        """Write all that is said of one subject."""
        statements: list[tuple[str, list[str]]] = []
        for triple in sorted(said, key=_rank):
            predicate = "a" if triple.predicate == RDF_TYPE else self.term(triple.predicate)
            text = isinstance(triple.object, Literal) and triple.object.language is not None
            if statements and statements[-1][0] == predicate and not text:
                statements[-1][1].append(self.term(triple.object))
            else:
                statements.append((predicate, [self.term(triple.object)]))
        lines = [self._statement(*statement, indent) for statement in statements]
        return (
            f"{indent}{self.term(said[0].subject)} {lines[0].lstrip()}"
            + "".join(f" ;\n{line}" for line in lines[1:])
            + " .\n"
        )

    def term(self, term: object) -> str:
        """Write a term as short as it can be without changing it."""
        if isinstance(term, NamedNode):
            if term not in self._short:
                self._short[term] = self._shorten(term)
            return self._short[term]
        if isinstance(term, Literal) and term.language is None and term.datatype != XSD_STRING:
            bare = _BARE.get(term.datatype)
            if bare and bare.fullmatch(term.value):
                return term.value
            quoted = str(Literal(term.value))
            return f"{quoted}^^{self.term(term.datatype)}"
        return str(term)

    def _statement(self, predicate: str, objects: list[str], indent: str) -> str:
        line = f"{indent}    {predicate} {', '.join(objects)}"
        if len(line) + 2 <= _WIDTH or len(objects) == 1:
            return line
        return f"{indent}    {predicate}\n" + ",\n".join(f"{indent}        {o}" for o in objects)

    def _shorten(self, node: NamedNode) -> str:
        for iri, name in self._namespaces:
            if node.value.startswith(iri):
                local = node.value[len(iri) :]
                if not local or _LOCAL_NAME.fullmatch(local):
                    self._used[name] = iri
                    return f"{name}:{local}"
        return str(node)


def _by_subject(triples: Iterable[Triple]) -> Iterator[tuple[Node, list[Triple]]]:
    groups: defaultdict[Node, list[Triple]] = defaultdict(list)
    for triple in triples:
        groups[triple.subject].append(triple)
    return iter(sorted(groups.items(), key=lambda group: str(group[0])))


def _rank(triple: Triple) -> tuple[int, str, str]:
    return _FIRST.get(triple.predicate, 9), triple.predicate.value, str(triple.object)
