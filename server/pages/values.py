"""RDF terms as a page shows them: words, language, a link if there is a safe one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.terms import DCTERMS_IDENTIFIER, EDTF, SKOS_NOTATION, XSD
from server.links import Addresses, web_address
from server.lookups import Lookups, Node, Term, Text, best, local_name, readable
from server.pages.dates import say_date

_DATES = {EDTF + "EDTF", XSD + "date", XSD + "gYear", XSD + "gYearMonth"}
_WORDS = {XSD + "string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}
SHELF_ENTRIES = 50_000
LONGEST_KEPT = 1_000

T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """A value ready for a template.

    `kind` is one of thing, text, date, web, other; `note` says in full what `text` shortens (an
    IRI, a date as written, a datatype).
    """

    text: str
    kind: str
    lang: str | None = None
    href: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Reader:
    """What a page needs to turn terms into words: the look-ups, the addresses, the language.

    `shelf` keeps what pages found, for the next page of the same release, language and addresses.
    """

    look: Lookups
    addresses: Addresses
    lang: str
    prefixes: tuple[tuple[str, str], ...]
    shelf: dict[object, Any] = field(default_factory=dict)

    def keep(self, key: object, find: Callable[[], T], length: Callable[[T], int]) -> T:
        """Give what `find` finds, from the shelf if it is there; long things are not kept."""
        if key in self.shelf:
            return cast(T, self.shelf[key])
        found = find()
        if len(self.shelf) < SHELF_ENTRIES and length(found) < LONGEST_KEPT:
            self.shelf[key] = found
        return found

    def show(self, term: Term) -> Shown:
        """Make any term readable."""
        return self.literal(term) if isinstance(term, Literal) else self.thing(term)

    def thing(self, node: Node) -> Shown:
        """Name a thing and link to its page, or to the web, or nowhere."""
        return self.keep(node, lambda: self._find_thing(node), lambda shown: len(shown.text))

    def _find_thing(self, node: Node) -> Shown:
        if isinstance(node, BlankNode):
            return Shown(f"_:{node.value}", "other")
        label = self.name(node)
        href = self.addresses.href(node)
        kind = "web" if href is None or href == web_address(node.value) else "thing"
        if label is None:
            own = node.value.startswith(self.addresses.base)
            label = self.look.describe(node, self.lang) if own else Text(self.compact(node.value))
        return Shown(readable(label.value), kind, label.lang, href, readable(node.value))

    def kind(self, node: NamedNode) -> Shown:
        """Name a class: by words made of its IRI where nobody gives it a label."""
        shown = self.thing(node)
        return shown if self.name(node) else replace(shown, text=local_name(node))

    def name(self, node: Node) -> Text | None:
        """What a thing is called, if anybody says."""
        return self.keep(
            ("name", node),
            lambda: self.look.name(node, self.lang),
            lambda name: len(name.value) if name else 0,
        )

    def is_claim(self, node: Node) -> bool:
        """Say whether the default graph calls a thing a claim."""
        return self.keep(("claim", node), lambda: self.look.is_claim(node), lambda _: 0)

    def literal(self, literal: Literal) -> Shown:
        """Show a literal: text in its language, dates in words, the rest with its datatype."""
        datatype, text = literal.datatype.value, readable(literal.value)
        if datatype in _DATES:
            return Shown(say_date(text, self.lang), "date", note=text)
        if datatype in _WORDS:
            return Shown(text, "text", literal.language)
        return Shown(text, "other", note=self.compact(datatype))

    def property(self, predicate: NamedNode) -> Shown:
        """Name a property, with its IRI in full as the note."""
        key = ("property", predicate)
        return self.keep(key, lambda: self._find_property(predicate), lambda found: len(found.text))

    def _find_property(self, predicate: NamedNode) -> Shown:
        label = self.name(predicate) or Text(local_name(predicate))
        own = predicate.value.startswith(self.addresses.base)
        href = self.addresses.href(predicate) if own else None
        note = readable(self.compact(predicate.value))
        return Shown(readable(label.value), "thing", label.lang, href, note)

    def compact(self, iri: str) -> str:
        """Shorten an IRI with the release's prefixes where that leaves a plain name."""
        for prefix, namespace in self.prefixes:
            name = iri.removeprefix(namespace)
            if name != iri and name and not set(name) & set("/#?:"):
                return f"{prefix}:{name}"
        return iri

    def things(self, subject: Node, *predicates: NamedNode) -> list[Shown]:
        """Show every value of these properties in the default graph."""
        return [self.show(o) for p in predicates for o in self.look.objects(subject, p)]

    def texts(self, subject: Node, predicate: NamedNode) -> list[Text]:
        """Give the texts of a property in the reader's language, or in the best there is."""
        found = self.look.texts(subject, predicate)
        chosen = best(found, self.lang)
        return [text for text in found if chosen and text.lang == chosen.lang]

    def notation(self, node: Node) -> str | None:
        """Give a thing's short code, if it has one."""
        texts = [t for p in (SKOS_NOTATION, DCTERMS_IDENTIFIER) for t in self.look.texts(node, p)]
        return texts[0].value if texts else None


def longest_first(prefixes: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Order prefixes so that the most exact one is found first."""
    return tuple(sorted(prefixes, key=lambda pair: (-len(pair[1]), pair[0])))
