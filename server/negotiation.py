"""Choose the form of an answer from `Accept` and `Accept-Language` (RFC 9110, 12.4 and 12.5).

Library functions rank the *ranges a client sent*; the standard asks for the other way round: each
type we offer takes the quality of the most specific range that matches it. So `text/html;q=0, */*`
means anything but HTML here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.formats import FORMATS as FORMAT_TABLE

MOST_RANGES = 100
"""So many elements of an `Accept` header are read; no client that means well sends more."""

_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?|\.\d{1,3})\Z")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_UTF8 = {"charset": frozenset({"utf-8"})}
JSONLD_NS = "http://www.w3.org/ns/json-ld#"
_COMPACTED = {**_UTF8, "profile": frozenset({f"{JSONLD_NS}compacted"})}


@dataclass(frozen=True)
class Offer:
    """One form in which an answer can be had.

    `parameters` are those a range may name and still match, with the values that fit.
    """

    name: str
    media_type: str
    label: str
    parameters: Mapping[str, frozenset[str]] = field(default_factory=lambda: _UTF8, hash=False)

    @property
    def content_type(self) -> str:
        """Give the header's value: text says its charset, the rest has none to say."""
        if self.media_type.startswith("text/"):
            return f"{self.media_type}; charset=utf-8"
        return self.media_type


VARY = "Accept, Accept-Encoding, Accept-Language"
"""What every negotiated answer depends on."""

HTML = Offer("html", "text/html", "HTML")
JSON = Offer("json", "application/json", "JSON")
PROBLEM = Offer("problem", "application/problem+json", "problem details")
FORMATS = {
    f.name: Offer(f.name, f.media_type, f.label, _COMPACTED if f.name == "jsonld" else _UTF8)
    for f in FORMAT_TABLE
}
TURTLE, JSONLD = FORMATS["ttl"], FORMATS["jsonld"]
RDF = tuple(FORMATS[name] for name in ("ttl", "jsonld", "trig", "nt", "nq", "rdf"))


@dataclass(frozen=True)
class Range:
    """One element of an `Accept` header."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...]
    quality: float

    def specificity(self, offer: Offer) -> int:
        """Say how exactly this range names the offer: 0 not at all, more is more exact."""
        kind, _, subtype = offer.media_type.partition("/")
        if self.type == "*" and self.subtype == "*":
            level = 1
        elif self.type == kind and self.subtype == "*":
            level = 2
        elif (self.type, self.subtype) == (kind, subtype):
            level = 3
        else:
            return 0
        for name, value in self.parameters:
            fitting = offer.parameters.get(name, frozenset())
            if not fitting.intersection(value.lower().split()):
                return 0
        return level + len(self.parameters)


def choose(accept: str | None, offers: Sequence[Offer]) -> Offer | None:
    """Pick the offer a client likes best; ours come in our order of preference.

    No header, an empty one, or one without a single readable element means: anything.
    Between equal qualities the type named more exactly wins, then our order. None means that
    nothing fits (406).

    >>> choose("text/html;q=0, */*;q=0.1", (HTML, TURTLE)).name
    'ttl'
    """
    ranges = parse_accept(accept or "")
    if not ranges:
        return offers[0]
    best, best_rank = None, (0.0, 0)
    for offer in offers:
        rank = _rank(offer, ranges)
        if rank[0] and rank > best_rank:
            best, best_rank = offer, rank
    return best


def _rank(offer: Offer, ranges: Iterable[Range]) -> tuple[float, int]:
    """Give the quality that the most specific matching range has, and how specific it is."""
    specificity, quality = max((r.specificity(offer), r.quality) for r in ranges)
    return (quality, specificity) if specificity else (0.0, 0)


def parse_accept(header: str) -> list[Range]:
    """Read an `Accept` header; elements that break the grammar, or are too many, are left out."""
    ranges = []
    for element in _split(header, ",")[:MOST_RANGES]:
        media, *raw = [part.strip() for part in _split(element, ";")] or [""]
        kind, slash, subtype = media.lower().partition("/")
        if media == "*":  # sent by Java's HttpURLConnection
            kind, slash, subtype = "*", "/", "*"
        if not slash or not _TOKEN.match(kind) or not _TOKEN.match(subtype):
            continue
        quality, parameters = _parameters(raw)
        if quality is not None and not (kind == "*" and subtype != "*"):
            ranges.append(Range(kind, subtype, parameters, quality))
    return ranges


def _parameters(raw: list[str]) -> tuple[float | None, tuple[tuple[str, str], ...]]:
    """Part the weight from the media type's own parameters; None: not readable."""
    found: list[tuple[str, str]] = []
    for text in filter(None, raw):
        name, _, value = text.partition("=")
        name, value = name.strip().lower(), _unquote(value.strip())
        if name == "q":
            return (float(value) if _QUALITY.match(value) else None), tuple(found)
        found.append((name, value))
    return 1.0, tuple(found)


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def _split(text: str, separator: str) -> list[str]:
    """Split outside quoted strings and drop empty elements."""
    pattern = r'(?:"(?:[^"\\]|\\.)*"?|[^"' + separator + r"])+"
    return [part for part in re.findall(pattern, text) if part.strip()]


def choose_language(wanted: str | None, accept_language: str, known: Sequence[str]) -> str:
    """Pick the page's language: the address (`?lang=`), then the browser, then the first known.

    A range matches its subtags (`de-AT` asks for `de`), as in RFC 4647, 3.4.
    """
    if wanted in known:
        return str(wanted)
    best, best_quality = known[0], 0.0
    for element in accept_language.split(","):
        tag, *raw = [part.strip() for part in element.split(";")]
        quality, _ = _parameters(raw)
        code = tag.lower().split("-")[0]
        if quality and quality > best_quality and code in known:
            best, best_quality = code, quality
    return best
