"""A claim in short, as pages show it beside a fact, in a list, or among what answers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from pyoxigraph import Literal, NamedNode

from kg.terms import (
    CITO,
    OA_END,
    OA_START,
    PROV_WAS_DERIVED_FROM,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_REVIEW_BODY,
    SCHEMA_TEXT,
)
from server.lookups import Text, local_name
from server.pages.values import Reader, Shown
from server.pages.wording import VERDICT_SYMBOLS

OBJECTIONS = tuple(NamedNode(CITO + name) for name in ("corrects", "qualifies", "disagreesWith"))
SOURCES_SHOWN = 4
MARKUP = 26
NOTE_MARKUP = 420
RESPONSES = (*OBJECTIONS, NamedNode(CITO + "confirms"))


@dataclass(frozen=True)
class Badge:
    """A verdict as sign and word; `slug` is one of those the style sheet knows, or `other`."""

    slug: str
    symbol: str
    word: Text


@dataclass(frozen=True)
class Response:
    """A claim that answers another one, or is answered: how (a key of `PHRASES`), and which."""

    how: str
    claim: Card


@dataclass(frozen=True)
class Card:
    """A claim in short.

    `anchor` names its note on a page; `code` is its notation, or else its voice or its kind, as
    `has_code` tells; `sources` are those that support it, `derived` is what it is taken from where
    that is none of them.
    """

    anchor: str
    iri: str
    href: str
    code: Text
    has_code: bool
    text: Text
    accepted: bool
    by_article: bool
    is_ours: bool
    badge: Badge | None
    speakers: list[Shown]
    relayed_by: list[Shown]
    voices: list[Shown]
    spans: list[tuple[int, int]]
    sources: list[Shown]
    derived: list[Shown]
    against: list[Shown]
    reasons: list[Text]

    @property
    def length(self) -> int:
        """About how many bytes a note on the claim takes."""
        links = (*self.speakers, *self.relayed_by, *self.voices, *self.derived)
        evidence = (*self.sources[:SOURCES_SHOWN], *self.against[:SOURCES_SHOWN])
        shown = sum(len(v.text.encode()) + len(v.href or "") + MARKUP for v in (*links, *evidence))
        words = sum(len(text.value.encode()) for text in (self.text, *self.reasons))
        return NOTE_MARKUP + words + shown


@dataclass
class Cards:
    """The claims a page shows; each is looked up once."""

    reader: Reader
    found: dict[NamedNode, Card] = field(default_factory=dict)
    noted: dict[NamedNode, Card] = field(default_factory=dict)

    def of(self, claim: NamedNode) -> Card:
        """Show a claim in short."""
        if claim not in self.found:
            self.found[claim] = self.reader.keep(
                ("card", claim), lambda: _read_card(self.reader, claim), lambda c: len(c.text.value)
            )
        return self.found[claim]

    def note(self, claim: NamedNode) -> Card:
        """Show a claim that a mark on the page opens a note about."""
        self.noted[claim] = self.of(claim)
        return self.noted[claim]

    def notes(self) -> list[Card]:
        """List the claims that need a note, in the order they came up."""
        return list(self.noted.values())

    def answered_by(self, claim: NamedNode) -> list[Response]:
        """List the claims that correct, qualify, dispute or confirm this one."""
        return [
            Response(f"{manner(how)}_by", self.of(answer))
            for how in RESPONSES
            for answer in self.reader.look.subjects(how, claim)
        ]

    def answers(self, claim: NamedNode) -> list[Response]:
        """List the claims this one answers."""
        return [
            Response(manner(how), self.of(answered))
            for how in RESPONSES
            for answered in self.reader.look.nodes(claim, how)
        ]


def manner(how: NamedNode) -> str:
    """Give the key of the words for a way to answer: `corrects`, `disagreesWith` ..."""
    return how.value.removeprefix(CITO)


def badge(reader: Reader, verdict: NamedNode) -> Badge:
    """Show a verdict; one that the style sheet does not know gets a plain dot."""
    slug = verdict.value.rstrip("/").rpartition("/")[2]
    symbol = VERDICT_SYMBOLS.get(slug)
    word = reader.name(verdict) or Text(local_name(verdict))
    return Badge(slug if symbol else "other", symbol or "•", word)


def _read_card(reader: Reader, claim: NamedNode) -> Card:
    look, terms = reader.look, reader.look.terms
    reviews = look.subjects(SCHEMA_ITEM_REVIEWED, claim)
    verdicts = [v for review in reviews for v in look.nodes(review, terms.verdict)]
    kinds, notation = look.types(claim), reader.notation(claim)
    supporting = [s for review in reviews for s in reader.things(review, terms.supporting_source)]
    return Card(
        anchor=f"claim-{sha256(claim.value.encode()).hexdigest()[:8]}",
        iri=claim.value,
        href=reader.addresses.href(claim) or "",
        code=Text(notation) if notation else _called(reader, claim, kinds),
        has_code=notation is not None,
        text=look.text(claim, SCHEMA_TEXT, reader.lang) or look.label(claim, reader.lang),
        accepted=any(_accepts(reader, review) for review in reviews),
        by_article=terms.ArticleClaim in kinds,
        is_ours=terms.EditorialClaim in kinds,
        badge=badge(reader, verdicts[0]) if verdicts else None,
        speakers=reader.things(claim, terms.speaker),
        relayed_by=reader.things(claim, terms.relayed_by),
        voices=reader.things(claim, terms.voice),
        spans=read_spans(reader, claim),
        sources=supporting,
        derived=[s for s in reader.things(claim, PROV_WAS_DERIVED_FROM) if s not in supporting],
        against=[s for r in reviews for s in reader.things(r, terms.disputing_source)],
        reasons=[text for r in reviews for text in reader.texts(r, SCHEMA_REVIEW_BODY)],
    )


def is_accepted(reader: Reader, claim: NamedNode) -> bool:
    """Say whether an assessment accepts a claim."""
    reviews = reader.look.subjects(SCHEMA_ITEM_REVIEWED, claim)
    return any(_accepts(reader, review) for review in reviews)


def _accepts(reader: Reader, review: NamedNode) -> bool:
    values = reader.look.objects(review, reader.look.terms.accepted)
    return any(isinstance(value, Literal) and value.value in ("true", "1") for value in values)


def _called(reader: Reader, claim: NamedNode, kinds: list[NamedNode]) -> Text:
    """Name a claim without a code: by its voice, else by what kind of claim it is."""
    look, terms = reader.look, reader.look.terms
    special = [kind for kind in kinds if kind in terms.claim_classes and kind != terms.Claim]
    named = [*look.nodes(claim, terms.voice), *special, *kinds, claim]
    return reader.name(named[0]) or Text(local_name(named[0]))


def read_spans(reader: Reader, claim: NamedNode) -> list[tuple[int, int]]:
    """Read where in the text a claim stands: start and end, in code points, in order."""
    spans = []
    for span in reader.look.nodes(claim, reader.look.terms.span):
        ends = [reader.look.object(span, p) for p in (OA_START, OA_END)]
        numbers = [int(e.value) for e in ends if isinstance(e, Literal) and e.value.isdigit()]
        if len(numbers) == 2:
            spans.append((numbers[0], numbers[1]))
    return sorted(spans)
