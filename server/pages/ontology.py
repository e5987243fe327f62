"""The ontology and the shapes as pages: every own term with an anchor, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.terms import OWL, RDF, RDF_TYPE, RDFS, RDFS_COMMENT, RDFS_LABEL, SH, SKOS
from server.lookups import Term, Text, best, plain, to_text
from server.pages.frame import page_language, page_reader, show
from server.pages.values import Reader, Shown
from server.site import current_site

CLASSES = frozenset((OWL + "Class", RDFS + "Class"))
PROPERTIES = frozenset((
    OWL + "ObjectProperty", OWL + "DatatypeProperty", OWL + "AnnotationProperty", RDF + "Property",
))  # fmt: skip
_ABOUT = (
    (RDFS, "subClassOf"), (RDFS, "subPropertyOf"), (RDFS, "domain"), (RDFS, "range"),
    (OWL, "equivalentClass"), (OWL, "equivalentProperty"), (OWL, "inverseOf"),
    (SKOS, "closeMatch"), (SKOS, "broadMatch"), (SKOS, "relatedMatch"), (RDFS, "seeAlso"),
)  # fmt: skip


@dataclass(frozen=True)
class TermView:
    """One term of the ontology as its entry shows it."""

    name: str
    label: Text
    other_labels: list[Text]
    comment: Text | None
    examples: list[Text]
    why: Text | None
    rows: list[tuple[Shown, list[Shown]]]


@dataclass(frozen=True)
class ShapeView:
    """One shape: its name, what it says when broken, how grave that is."""

    name: str
    label: Text | None
    messages: list[Text]
    severity: str | None


class _Index:
    """The triples of one Turtle file, by subject and predicate."""

    def __init__(self, turtle: bytes) -> None:
        self.quads: list[Quad] = list(parse(turtle, RdfFormat.TURTLE))
        self.values: dict[tuple[str, str], list[Term]] = {}
        for quad in self.quads:
            if isinstance(quad.subject, NamedNode):
                key = (quad.subject.value, quad.predicate.value)
                self.values.setdefault(key, []).append(plain(quad.object))

    def of(self, subject: str, predicate: str) -> list[Term]:
        return self.values.get((subject, predicate), [])

    def texts(self, subject: str, predicate: str) -> list[Text]:
        return [to_text(o) for o in self.of(subject, predicate) if isinstance(o, Literal)]

    def typed(self, kinds: frozenset[str]) -> list[str]:
        """The own things of these types, by name."""
        base = current_site().base
        found = {
            q.subject.value
            for q in self.quads
            if q.predicate == RDF_TYPE
            and isinstance(q.subject, NamedNode)
            and isinstance(q.object, NamedNode)
            and q.object.value in kinds
            and q.subject.value.startswith(base)
        }
        return sorted(found)


def show_terms(turtle: bytes) -> str:
    """Render the ontology."""
    index, reader = _Index(turtle), page_reader()
    groups = [
        ("classes", [_term(index, reader, iri) for iri in index.typed(CLASSES)]),
        ("properties", [_term(index, reader, iri) for iri in index.typed(PROPERTIES)]),
    ]
    about = next(iter(index.typed(frozenset((OWL + "Ontology",)))), None)
    title = best(index.texts(about, RDFS_LABEL.value), reader.lang) if about else None
    comment = best(index.texts(about, RDFS_COMMENT.value), reader.lang) if about else None
    return show("terms.html", groups=groups, title=title, comment=comment)


def _term(index: _Index, reader: Reader, iri: str) -> TermView:
    labels = index.texts(iri, RDFS_LABEL.value)
    name = iri.rpartition("#")[2]
    label = best(labels, reader.lang) or Text(name)
    rows = []
    for namespace, local in _ABOUT:
        values = index.of(iri, namespace + local)
        if values:
            shown = [reader.show(value) for value in sorted(values, key=str)]
            rows.append((reader.property(NamedNode(namespace + local)), shown))
    return TermView(
        name=name,
        label=label,
        other_labels=[text for text in labels if text != label],
        comment=best(index.texts(iri, RDFS_COMMENT.value), reader.lang),
        examples=index.texts(iri, SKOS + "example"),
        why=best(index.texts(iri, SKOS + "editorialNote"), reader.lang),
        rows=rows,
    )


def show_shapes(turtle: bytes) -> str:
    """Render the shapes: one row each, with the sentence a person reads when it is broken."""
    index, lang = _Index(turtle), page_language()
    names = index.typed(frozenset((SH + "NodeShape", SH + "PropertyShape")))
    shapes = [
        ShapeView(
            name=iri.removeprefix(current_site().base).removeprefix("shapes#"),
            label=best(index.texts(iri, RDFS_LABEL.value), lang),
            messages=index.texts(iri, SH + "message"),
            severity=_severity(index, iri),
        )
        for iri in names
    ]
    return show("shapes.html", shapes=shapes)


def _severity(index: _Index, iri: str) -> str | None:
    found = index.of(iri, SH + "severity")
    return str(found[0].value).rpartition("#")[2] if found else None
