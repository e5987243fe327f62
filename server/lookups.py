"""Fixed look-ups in a release: what is said of a thing, what points to it, what it is called.

Pages and documents are built from these and never from queries, so they never wait behind one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from kg.store import Store
from kg.terms import (
    DCTERMS_TITLE,
    FOAF,
    GENID,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA_NAME,
    SCHEMA_TEXT,
    SKOS_PREF_LABEL,
    Terms,
)

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal

DEFAULT = DefaultGraph()
LONGEST_TEXT = 2_000
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - set(map(ord, "\t\n\r"))
_NO_CHARACTERS = dict.fromkeys((*_CONTROLS, *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF), "\ufffd")
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILE = re.compile(f"({_ACCENT}{{30}}){_ACCENT}+")
# A claim is called by its paraphrase, which comes last: other things have a text beside a name.
LABELS = (
    RDFS_LABEL,
    SKOS_PREF_LABEL,
    SCHEMA_NAME,
    NamedNode(FOAF + "name"),
    DCTERMS_TITLE,
    SCHEMA_TEXT,
)


@dataclass(frozen=True)
class Text:
    """Words with the language they are in (None: not said)."""

    value: str
    lang: str | None = None


@dataclass(frozen=True)
class Lookups:
    """Read one release's store."""

    store: Store
    terms: Terms

    def about(self, subject: Node) -> list[Quad]:
        """Everything said of a thing, in any graph, in a stable order."""
        return sorted(self.store.quads_for_pattern(subject, None, None, None), key=order)

    def pointing(
        self, thing: Node, limit: int, predicate: NamedNode | None = None
    ) -> tuple[list[Quad], bool]:
        """What points to a thing, in any graph; the flag says that there is more than `limit`."""
        quads = self.store.quads_for_pattern(None, predicate, thing, None)
        found = list(islice(quads, limit + 1))
        return sorted(found[:limit], key=order), len(found) > limit

    def within(self, graph: Node) -> list[Quad]:
        """Everything a named graph holds, in a stable order."""
        return sorted(self.store.quads_for_pattern(None, None, None, graph), key=order)

    def objects(self, subject: Node, predicate: NamedNode) -> list[Term]:
        """The values a property has in the default graph."""
        quads = self.store.quads_for_pattern(subject, predicate, None, DEFAULT)
        return sorted((plain(quad.object) for quad in quads), key=str)

    def object(self, subject: Node, predicate: NamedNode) -> Term | None:
        """The first value a property has in the default graph, if any."""
        return next(iter(self.objects(subject, predicate)), None)

    def nodes(self, subject: Node, predicate: NamedNode) -> list[NamedNode]:
        """The values of a property that are IRIs."""
        return [o for o in self.objects(subject, predicate) if isinstance(o, NamedNode)]

    def subjects(self, predicate: NamedNode, thing: Term) -> list[NamedNode]:
        """The IRIs whose property has this value in the default graph."""
        quads = self.store.quads_for_pattern(None, predicate, thing, DEFAULT)
        return sorted((q.subject for q in quads if isinstance(q.subject, NamedNode)), key=str)

    def graphs_of(self, quad: Quad) -> list[NamedNode]:
        """The named graphs that hold the same triple."""
        found = self.store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)
        return sorted((q.graph_name for q in found if isinstance(q.graph_name, NamedNode)), key=str)

    def holds(self, subject: Node, predicate: NamedNode, value: Term) -> bool:
        """Say whether the default graph holds a triple."""
        return any(True for _ in self.store.quads_for_pattern(subject, predicate, value, DEFAULT))

    def described(self, thing: Node) -> bool:
        """Say whether anything is said of a thing, in any graph, or a graph has its name."""
        return self._any(thing, None, None) or self._any(None, None, thing)

    def known(self, thing: Node) -> bool:
        """Say whether a thing is described, or at least pointed to."""
        return self.described(thing) or self._any(None, thing, None)

    def _any(self, subject: Node | None, value: Node | None, graph: Node | None) -> bool:
        return any(True for _ in self.store.quads_for_pattern(subject, None, value, graph))

    def types(self, thing: Node) -> list[NamedNode]:
        """The classes of a thing, whichever graph says so."""
        quads = self.store.quads_for_pattern(thing, RDF_TYPE, None, None)
        return sorted({q.object for q in quads if isinstance(q.object, NamedNode)}, key=str)

    def is_claim(self, thing: Node) -> bool:
        """Say whether the default graph calls a thing a claim."""
        return any(c in self.terms.claim_classes for c in self.nodes(thing, RDF_TYPE))

    def texts(self, subject: Node, predicate: NamedNode) -> list[Text]:
        """The literals a property has, in whichever graph."""
        quads = self.store.quads_for_pattern(subject, predicate, None, None)
        found = {to_text(q.object) for q in quads if isinstance(q.object, Literal)}
        return sorted(found, key=lambda text: (text.lang or "", text.value))

    def text(self, subject: Node, predicate: NamedNode, lang: str) -> Text | None:
        """The literal of a property that suits a reader of `lang` best."""
        return best(self.texts(subject, predicate), lang)

    def name(self, thing: Node, lang: str) -> Text | None:
        """What a thing is called, if anybody says."""
        found: Text | None = None
        for predicate in LABELS:
            text = self.text(thing, predicate, lang)
            if text and text.lang == lang:
                return text
            found = found or text
        return found

    def label(self, thing: Node, lang: str) -> Text:
        """What a thing is called; where nobody says, words made of its IRI."""
        return self.name(thing, lang) or self.describe(thing, lang)

    def describe(self, thing: Node, lang: str) -> Text:
        """Make words for a thing without a name: of its IRI; of a made-up IRI's class, `[List]`."""
        if isinstance(thing, BlankNode) or GENID not in thing.value:
            return Text(local_name(thing))
        kinds = self.types(thing)
        kind = (self.name(kinds[0], lang) or Text(local_name(kinds[0]))) if kinds else Text("…")
        return Text(f"[{kind.value}]", kind.lang)


def best(texts: Iterable[Text], lang: str) -> Text | None:
    """Pick the text in `lang`, else in English, else in no language, else the first."""
    listed = list(texts)
    for wanted in (lang, "en", None):
        for text in listed:
            if text.lang == wanted or (text.lang and text.lang.split("-")[0] == wanted):
                return text
    return listed[0] if listed else None


def to_text(literal: Literal) -> Text:
    """Take a literal's words, as far as a page can bear them, and its language."""
    return Text(readable(literal.value), literal.language)


def readable(text: str) -> str:
    """Cut a very long text and high piles of accents; put a sign in place of control characters.

    How many characters are left out stands at the end; documents and dumps have them all. A pile
    is as high as Unicode's Stream-Safe Text Format has it (UAX 15, section 13).
    """
    shown, left_out = text[:LONGEST_TEXT], len(text) - LONGEST_TEXT
    if not shown.isprintable():
        shown = shown.translate(_NO_CHARACTERS)
    if not shown.isascii():
        shown = _PILE.sub(r"\1", shown)
    return f"{shown}… (+{left_out:,})" if left_out > 0 else shown


def local_name(thing: Node) -> str:
    """Make words of the last part of an IRI: `birthDate` becomes `birth date`."""
    if isinstance(thing, BlankNode):
        return f"_:{thing.value}"
    name = re.split(r"[#/:]", thing.value.rstrip("#/"))[-1]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.replace("_", " ").replace("-", " "))
    return words.lower() if words != name and "#" not in name else name


def plain(term: object) -> Term:
    """Pass a term on; a quoted triple (RDF 1.2) becomes the text it is written as."""
    return term if isinstance(term, NamedNode | BlankNode | Literal) else Literal(str(term))


def order(quad: Quad) -> tuple[str, str, str, str]:
    """Order quads the same on every machine and in every kind of store."""
    return str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object)
