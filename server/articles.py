"""The texts that claims are taken from: passages in their order, and the claims of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from kg.terms import (
    OA,
    OA_END,
    OA_START,
    PROV_WAS_DERIVED_FROM,
    RDF_TYPE,
    SCHEMA,
    SCHEMA_IN_LANGUAGE,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_SHA256,
)
from server.lookups import Lookups, Node
from server.site import Site

_HAS_SOURCE = NamedNode(OA + "hasSource")
_ENCODING = NamedNode(SCHEMA + "encoding")


class Place(NamedTuple):
    """A range of a text: code points from zero, the end exclusive."""

    start: int
    end: int

    def holds(self, other: Place) -> bool:
        """Say whether the other range lies inside this one."""
        return self.start <= other.start and other.end <= self.end


PARAMETERS = ("verdict", "voice", "speaker")
"""By what readers choose among the claims of a text."""


@dataclass(frozen=True)
class PlacedClaim:
    """A claim where it stands, with what readers choose claims by."""

    iri: NamedNode
    places: tuple[Place, ...]
    verdict: NamedNode | None
    voices: tuple[NamedNode, ...]
    speakers: tuple[NamedNode, ...]

    def values(self, name: str) -> tuple[NamedNode, ...]:
        """Give the values of one of `PARAMETERS`."""
        if name == "verdict":
            return (self.verdict,) if self.verdict else ()
        return self.voices if name == "voice" else self.speakers


@dataclass(frozen=True)
class Passage:
    """A unit of a text: its copies in order, and the claims taken from it."""

    iri: NamedNode
    places: tuple[Place, ...]
    boilerplate: bool
    claims: tuple[PlacedClaim, ...]

    @property
    def length(self) -> int:
        """How many characters one copy has."""
        return self.places[0].end - self.places[0].start


@dataclass(frozen=True)
class Text:
    """A text that passages point into; `article` is what it is the text of."""

    iri: NamedNode
    slug: str
    article: NamedNode
    sha256: str
    lang: str | None
    passages: tuple[Passage, ...]

    @property
    def length(self) -> int:
        """Where the last passage ends."""
        return max(place.end for passage in self.passages for place in passage.places)


def read_texts(site: Site) -> tuple[Text, ...]:
    """Gather every text of the release that has passages; ask with `site.derive(read_texts)`."""
    look = site.look
    by_text: dict[NamedNode, list[Passage]] = defaultdict(list)
    for iri in look.subjects(RDF_TYPE, look.terms.Passage):
        places = read_places(look, iri)
        sources = look.nodes(iri, _HAS_SOURCE)
        if places and sources:
            boilerplate = _value(look, iri, look.terms.boilerplate) == "true"
            claims = read_claims(look, (iri,))
            by_text[sources[0]].append(Passage(iri, places, boilerplate, claims))
    slugs: set[str] = set()
    return tuple(_text(look, iri, found, slugs) for iri, found in sorted(by_text.items(), key=str))


def has_texts(site: Site) -> bool:
    """Say whether a release has a text with passages."""
    return bool(site.derive(read_texts))


def _text(look: Lookups, iri: NamedNode, passages: list[Passage], slugs: set[str]) -> Text:
    article = next(iter(look.subjects(_ENCODING, iri)), iri)
    name = last_part(article)
    slug = next(s for s in (name, last_part(iri), iri.value) if s not in slugs)
    slugs.add(slug)
    return Text(
        iri=iri,
        slug=slug,
        article=article,
        sha256=(_value(look, iri, SCHEMA_SHA256) or "").lower(),
        lang=_value(look, article, SCHEMA_IN_LANGUAGE),
        passages=tuple(sorted(passages, key=lambda passage: passage.places)),
    )


def read_claims(look: Lookups, passages: Iterable[NamedNode]) -> tuple[PlacedClaim, ...]:
    """Gather the claims taken from these passages, in the order of the text."""
    named = {c for passage in passages for c in look.subjects(PROV_WAS_DERIVED_FROM, passage)}
    claims = [read_claim(look, claim) for claim in named if look.is_claim(claim)]
    return tuple(sorted(claims, key=lambda claim: (claim.places, natural(claim.iri.value))))


def read_claim(look: Lookups, claim: NamedNode) -> PlacedClaim:
    """Gather one claim."""
    terms = look.terms
    reviews = look.subjects(SCHEMA_ITEM_REVIEWED, claim)
    verdicts = [verdict for review in reviews for verdict in look.nodes(review, terms.verdict)]
    return PlacedClaim(
        iri=claim,
        places=read_places(look, claim),
        verdict=verdicts[0] if verdicts else None,
        voices=tuple(look.nodes(claim, terms.voice)),
        speakers=tuple(look.nodes(claim, terms.speaker)),
    )


def read_places(look: Lookups, subject: Node) -> tuple[Place, ...]:
    """Read where a passage or a claim stands, in order; what is no range is left out."""
    places = set()
    for span in look.nodes(subject, look.terms.span):
        start, end = (_value(look, span, ending) or "" for ending in (OA_START, OA_END))
        if start.isdecimal() and end.isdecimal() and int(start) < int(end):
            places.add(Place(int(start), int(end)))
    return tuple(sorted(places))


def _value(look: Lookups, subject: Node, predicate: NamedNode) -> str | None:
    value = look.object(subject, predicate)
    return value.value if isinstance(value, Literal) else None


def last_part(thing: NamedNode) -> str:
    """Give the last part of a name: `quotation` of `.../id/voice/quotation`."""
    return re.split(r"[/#]", thing.value.rstrip("/#"))[-1]


def natural(name: str) -> list[str | int]:
    """Sort c2 before c10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", name)]
