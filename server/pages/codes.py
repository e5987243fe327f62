"""The short codes of a release, such as C3 or K72: what they mean, and links where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import Literal, NamedNode

from kg.terms import DCTERMS_IDENTIFIER, RDF_TYPE, SKOS_NOTATION
from server.lookups import DEFAULT, Text
from server.pages.values import Reader
from server.site import Site

_CODE = re.compile(r"(?<![\w.-])([A-Z]{1,3})([0-9]{1,4}(?:\.[0-9]+)?[a-z]?)(?![\w-])")
CODES_KEPT = 50_000


@dataclass(frozen=True)
class Codes:
    """Which thing has which code."""

    things: Mapping[str, NamedNode]


@dataclass(frozen=True)
class Meaning:
    """What the codes that look like this one stand for."""

    example: str
    words: list[Text]


def read_codes(site: Site) -> Codes:
    """Gather the codes of a release; one that two things have is left out, as it names neither.

    A passage is called by the last part of its name: `id/passage/c3` is C3.
    """
    found: dict[str, set[NamedNode]] = {}
    for thing, code in (*_notations(site), *_passages(site)):
        if _CODE.fullmatch(code):
            found.setdefault(code, set()).add(thing)
    return Codes({code: nodes.pop() for code, nodes in found.items() if len(nodes) == 1})


def _notations(site: Site) -> Iterator[tuple[NamedNode, str]]:
    for predicate in (SKOS_NOTATION, DCTERMS_IDENTIFIER):
        quads = site.store.quads_for_pattern(None, predicate, None, DEFAULT)
        for quad in islice(quads, CODES_KEPT):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                yield quad.subject, quad.object.value


def _passages(site: Site) -> Iterator[tuple[NamedNode, str]]:
    for passage in islice(site.look.subjects(RDF_TYPE, site.terms.Passage), CODES_KEPT):
        yield passage, passage.value.rpartition("/")[2].upper()


def link_codes(reader: Reader, codes: Codes, text: str) -> list[tuple[str, str | None]]:
    """Part a text into pieces, each with the address of the thing whose code it is, or none.

    >>> link_codes(reader, codes, "as K72 says")  # doctest: +SKIP
    [('as ', None), ('K72', '/doc/source/k72'), (' says', None)]
    """
    pieces: list[tuple[str, str | None]] = []
    end = 0
    for match in _CODE.finditer(text):
        thing = codes.things.get(match[0])
        if thing is not None:
            pieces += [(text[end : match.start()], None)] if match.start() > end else []
            pieces.append((match[0], reader.addresses.href(thing)))
            end = match.end()
    return [*pieces, (text[end:], None)] if end < len(text) else pieces


def explain_codes(reader: Reader, codes: Codes, texts: Iterable[str]) -> list[Meaning]:
    """Say what the codes in these texts stand for: their kind, and the voice of claims."""
    first: dict[tuple[str, bool], str] = {}
    for text in texts:
        for match in _CODE.finditer(text):
            if match[0] in codes.things:
                first.setdefault((match[1], "." in match[2]), match[0])
    return [Meaning(code, _words(reader, codes.things[code])) for _, code in sorted(first.items())]


def _words(reader: Reader, thing: NamedNode) -> list[Text]:
    nodes = [*reader.look.types(thing)[:1], *reader.look.nodes(thing, reader.look.terms.voice)]
    return [reader.look.label(node, reader.lang) for node in nodes]
