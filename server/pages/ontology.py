"""The ontology and the shapes as pages: every own term with an anchor, and what it is for.

`/def` lists them all, short; `/def/classes` and its like give each in full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import shorten

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.terms import OWL, RDF, RDF_TYPE, RDFS, RDFS_COMMENT, RDFS_LABEL, SH, SKOS
from server.lookups import Term, Text, best, local_name, plain, to_text
from server.pages.frame import page_language, page_reader, show
from server.pages.values import Reader
from server.refusals import ProblemError
from server.site import Site, current_site
from server.uses import Uses, find_uses

CLASSES = frozenset((OWL + "Class", RDFS + "Class"))
KINDS = {
    "classes": CLASSES,
    "relations": frozenset((OWL + "ObjectProperty",)),
    "values": frozenset((OWL + "DatatypeProperty",)),
    "properties": frozenset((OWL + "AnnotationProperty", RDF + "Property")),
}
"""The kinds of terms, each with a page of its own; a term is of the first that fits."""
PROPERTIES = frozenset[str]().union(*(KINDS[kind] for kind in KINDS if kind != "classes"))

MESSAGE = SH + "message"
SHAPES_FILE = "ontology/shapes.ttl"
NAME_LENGTH = 48
_ABOUT = (
    (RDFS, "subClassOf"), (RDFS, "subPropertyOf"), (RDFS, "domain"), (RDFS, "range"),
    (OWL, "equivalentClass"), (OWL, "equivalentProperty"), (OWL, "inverseOf"),
    (SKOS, "closeMatch"), (SKOS, "broadMatch"), (SKOS, "relatedMatch"), (RDFS, "seeAlso"),
)  # fmt: skip

Link = tuple[Text, str | None]


@dataclass(frozen=True)
class Entry:
    """A term in short: its name, what it is called, what it means, how often the data uses it."""

    name: str
    label: Text
    comment: Text | None
    uses: int


@dataclass(frozen=True)
class TermView:
    """One term of the ontology in full; `used_by` is a few things of the data that use it."""

    entry: Entry
    other_labels: list[Text]
    examples: list[Text]
    why: Text | None
    rows: list[tuple[Text, list[Link]]]
    used_by: list[Link]


@dataclass(frozen=True)
class ShapeView:
    """One shape: its name, what it says when broken, how grave that is, its parts."""

    name: str
    label: Text | None
    message: Text | None
    severity: str | None
    parts: list[ShapeView]


class Index:
    """The triples of one Turtle file, by subject and predicate."""

    def __init__(self, turtle: bytes, base: str) -> None:
        self.base = base
        self.quads: list[Quad] = list(parse(turtle, RdfFormat.TURTLE))
        self.values: dict[tuple[str, str], list[Term]] = {}
        for quad in self.quads:
            if isinstance(quad.subject, NamedNode):
                key = (quad.subject.value, quad.predicate.value)
                self.values.setdefault(key, []).append(plain(quad.object))

    def of(self, subject: str, predicate: str) -> list[Term]:
        """Give the values a property has."""
        return self.values.get((subject, predicate), [])

    def texts(self, subject: str, predicate: str) -> list[Text]:
        """Give the literals a property has."""
        return [to_text(o) for o in self.of(subject, predicate) if isinstance(o, Literal)]

    def typed(self, kinds: frozenset[str]) -> list[str]:
        """The own things of these types, by name."""
        found = {
            q.subject.value
            for q in self.quads
            if q.predicate == RDF_TYPE
            and isinstance(q.subject, NamedNode)
            and isinstance(q.object, NamedNode)
            and q.object.value in kinds
            and q.subject.value.startswith(self.base)
        }
        return sorted(found)


def read_definitions(site: Site) -> Index:
    """Read the release's own terms; ask with `site.derive(read_definitions)`."""
    return Index(site.files["ontology/def.ttl"], site.base)


def read_shapes(site: Site) -> Index:
    """Read the release's shapes, none when it has no such file."""
    return Index(site.files.get(SHAPES_FILE, b""), site.base)


def group_terms(site: Site) -> dict[str, list[str]]:
    """Group the release's own terms by kind; ask with `site.derive(group_terms)`."""
    index, grouped = site.derive(read_definitions), dict[str, list[str]]()
    for kind, types in KINDS.items():
        before = {iri for terms in grouped.values() for iri in terms}
        grouped[kind] = [iri for iri in index.typed(types) if iri not in before]
    return grouped


def read_uses(site: Site) -> dict[str, Uses]:
    """Find what uses each own term of the release; a thing of a narrower class counts, too."""
    index, grouped = site.derive(read_definitions), site.derive(group_terms)
    classes = {iri: find_uses(site, iri, _narrower(index, iri)) for iri in grouped["classes"]}
    terms = [iri for kind, terms in grouped.items() if kind != "classes" for iri in terms]
    return classes | {iri: find_uses(site, iri) for iri in terms}


def _narrower(index: Index, iri: str) -> list[str]:
    """List a class and the own classes below it."""
    found = [iri]
    for broader in found:
        below = [
            subject
            for (subject, predicate), values in index.values.items()
            if predicate == RDFS + "subClassOf" and NamedNode(broader) in values
        ]
        found += [narrower for narrower in below if narrower not in found]
    return found


def show_terms(_: bytes) -> str:
    """Render the ontology: every term in short, with a link to where it is in full."""
    site, reader = current_site(), page_reader()
    index = site.derive(read_definitions)
    groups = [
        (kind, [_entry(site, index, reader, iri) for iri in terms])
        for kind, terms in site.derive(group_terms).items()
    ]
    about = next(iter(index.typed(frozenset((OWL + "Ontology",)))), "")
    title = best(index.texts(about, RDFS_LABEL.value), reader.lang)
    comment = best(index.texts(about, RDFS_COMMENT.value), reader.lang)
    return show("glossary.html", groups=groups, title=title, comment=comment)


def show_kind(kind: str) -> str:
    """Render the terms of one kind in full.

    Raises:
        ProblemError: 404 when the release has no such terms.
    """
    site, reader = current_site(), page_reader()
    index = site.derive(read_definitions)
    terms = [_term(site, index, reader, iri) for iri in site.derive(group_terms)[kind]]
    if not terms:
        raise ProblemError(404, "not-found", f"This release has no {kind} of its own.")
    return show("terms.html", kind=kind, terms=terms)


def _entry(site: Site, index: Index, reader: Reader, iri: str) -> Entry:
    name = iri.rpartition("#")[2]
    return Entry(
        name=name,
        label=best(index.texts(iri, RDFS_LABEL.value), reader.lang) or Text(name),
        comment=best(index.texts(iri, RDFS_COMMENT.value), reader.lang),
        uses=site.derive(read_uses)[iri].count,
    )


def _term(site: Site, index: Index, reader: Reader, iri: str) -> TermView:
    entry = _entry(site, index, reader, iri)
    rows = []
    for namespace, local in _ABOUT:
        values = [v for v in index.of(iri, namespace + local) if isinstance(v, NamedNode)]
        if values:
            shown = [_name_term(reader, value) for value in sorted(values, key=str)]
            rows.append((_name_property(reader, NamedNode(namespace + local)), shown))
    return TermView(
        entry=entry,
        other_labels=[t for t in index.texts(iri, RDFS_LABEL.value) if t != entry.label],
        examples=index.texts(iri, SKOS + "example"),
        why=best(index.texts(iri, SKOS + "editorialNote"), reader.lang),
        rows=rows,
        used_by=[_name_thing(reader, thing) for thing in site.derive(read_uses)[iri].things],
    )


def _name_property(reader: Reader, predicate: NamedNode) -> Text:
    return reader.name(predicate) or Text(local_name(predicate))


def _name_term(reader: Reader, term: NamedNode) -> Link:
    """Name an own term by its anchor here, any other one as a prefix and a name."""
    own = term.value.removeprefix(f"{reader.addresses.base}def#")
    if own != term.value:
        return Text(own), reader.addresses.href(term)
    return Text(reader.compact(term.value)), None


def _name_thing(reader: Reader, thing: NamedNode) -> Link:
    """Name a thing in few characters: by its code, else by its name, cut if long."""
    code = reader.notation(thing)
    name = Text(code) if code else reader.look.label(thing, reader.lang)
    words = shorten(name.value, NAME_LENGTH, placeholder=" …")
    return Text(words, name.lang), reader.addresses.href(thing)


def show_shapes(_: bytes) -> str:
    """Render the shapes, with the sentence a person reads when one is broken.

    The shapes of properties stand with the first shape that uses them, or else by themselves.
    """
    site, lang = current_site(), page_language()
    index = site.derive(read_shapes)
    shown: set[str] = set()

    def view(iri: str, parts: Callable[[str], list[ShapeView]]) -> ShapeView:
        shown.add(iri)
        return ShapeView(
            name=iri.removeprefix(site.base).removeprefix("shapes#"),
            label=best(index.texts(iri, RDFS_LABEL.value), lang),
            message=best(index.texts(iri, MESSAGE), lang),
            severity=_severity(index, iri),
            parts=parts(iri),
        )

    def parts_of(iri: str) -> list[ShapeView]:
        named = [v.value for v in index.of(iri, SH + "property") if isinstance(v, NamedNode)]
        return [view(part, lambda _: []) for part in named if part not in shown]

    shapes = [view(iri, parts_of) for iri in index.typed(frozenset((SH + "NodeShape",)))]
    alone = [i for i in index.typed(frozenset((SH + "PropertyShape",))) if i not in shown]
    return show("shapes.html", shapes=[*shapes, *(view(iri, parts_of) for iri in alone)])


def _severity(index: Index, iri: str) -> str | None:
    found = index.of(iri, SH + "severity")
    return str(plain(found[0]).value).rpartition("#")[2] if found else None
