"""Claims as pages show them: a card beside a fact, and a page of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from pyoxigraph import Literal, NamedNode, Quad

from kg.terms import (
    CITO,
    OA_END,
    OA_START,
    PROV_WAS_DERIVED_FROM,
    RDF_TYPE,
    SCHEMA,
    SCHEMA_ABOUT,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_REVIEW_BODY,
    SCHEMA_TEXT,
    SKOS_NOTATION,
)
from server.lookups import Text, plain
from server.pages.values import Reader, Shown
from server.pages.wording import GRADES, VERDICT_SYMBOLS

RESPONSES = tuple(
    NamedNode(CITO + name) for name in ("corrects", "qualifies", "disagreesWith", "confirms")
)
DATE_CREATED = NamedNode(SCHEMA + "dateCreated")
APPEARANCE = NamedNode(SCHEMA + "appearance")


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
    """A claim in short."""

    iri: str
    href: str
    code: Text
    text: Text
    accepted: bool
    badge: Badge | None
    speakers: list[Shown]
    relayed_by: list[Shown]
    voices: list[Shown]
    sources: list[Shown]
    responses: list[Response] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """A source beside a verdict: its name, what kind it is, how it is graded, what it gives."""

    source: Shown
    code: str | None
    kind: list[Shown]
    grade: list[Shown]
    line: list[Shown]
    abstract: list[Text]


@dataclass(frozen=True)
class Verdict:
    """The assessment of a claim."""

    href: str
    badge: Badge | None
    said_so: Badge | None
    reasons: list[Text]
    supporting: list[Evidence]
    disputing: list[Evidence]
    dates: list[Shown]


@dataclass(frozen=True)
class Stated:
    """The triples a claim states of one subject."""

    subject: Shown
    pairs: list[tuple[Shown, Shown]]


@dataclass(frozen=True)
class ClaimView:
    """Everything a claim's page shows."""

    card: Card
    kind: list[Shown]
    modalities: list[Shown]
    spans: list[tuple[int, int]]
    wordings: list[Shown]
    not_stated: list[Shown]
    about: list[Shown]
    derived: list[Shown]
    appearance: list[Shown]
    verdicts: list[Verdict]
    answered_by: list[Response]
    answers: list[Response]
    stated: list[Stated]
    opinion: bool
    further: list[tuple[Shown, list[Shown]]]


def badge(reader: Reader, verdict: NamedNode) -> Badge:
    """Show a verdict; one that the style sheet does not know gets a plain dot."""
    slug = verdict.value.rstrip("/").rpartition("/")[2]
    symbol = VERDICT_SYMBOLS.get(slug)
    word = reader.look.label(verdict, reader.lang)
    return Badge(slug if symbol else "other", symbol or "•", word)


def card(reader: Reader, claim: NamedNode, *, responses: bool = False) -> Card:
    """Show a claim in short; `responses` adds the claims that correct or confirm it."""
    look, terms = reader.look, reader.look.terms
    reviews = look.subjects(SCHEMA_ITEM_REVIEWED, claim)
    verdicts = [v for review in reviews for v in look.nodes(review, terms.verdict)]
    supporting = [s for review in reviews for s in reader.things(review, terms.supporting_source)]
    return Card(
        iri=claim.value,
        href=reader.addresses.href(claim) or "",
        code=_code(reader, claim),
        text=look.text(claim, SCHEMA_TEXT, reader.lang) or look.label(claim, reader.lang),
        accepted=is_accepted(reader, claim),
        badge=badge(reader, verdicts[0]) if verdicts else None,
        speakers=reader.things(claim, terms.speaker),
        relayed_by=reader.things(claim, terms.relayed_by),
        voices=reader.things(claim, terms.voice),
        sources=supporting or reader.things(claim, PROV_WAS_DERIVED_FROM),
        responses=answered_by(reader, claim) if responses else [],
    )


def is_accepted(reader: Reader, claim: NamedNode) -> bool:
    """Say whether an assessment accepts the claim."""
    look = reader.look
    return any(
        isinstance(value, Literal) and value.value == "true"
        for review in look.subjects(SCHEMA_ITEM_REVIEWED, claim)
        for value in look.objects(review, look.terms.accepted)
    )


def _code(reader: Reader, claim: NamedNode) -> Text:
    """Name a claim in a word: its notation, or what kind of claim it is."""
    notation = reader.notation(claim)
    if notation:
        return Text(notation)
    kinds = [t for t in reader.look.types(claim) if t in reader.look.terms.claim_classes]
    kinds.sort(key=lambda kind: kind == reader.look.terms.Claim)
    return reader.look.label(kinds[0] if kinds else claim, reader.lang)


def answered_by(reader: Reader, claim: NamedNode) -> list[Response]:
    """List the claims that correct, qualify, dispute or confirm this one."""
    return [
        Response(f"{_manner(how)}_by", card(reader, answer))
        for how in RESPONSES
        for answer in reader.look.subjects(how, claim)
    ]


def answers(reader: Reader, claim: NamedNode) -> list[Response]:
    """List the claims this one answers."""
    return [
        Response(_manner(how), card(reader, answered))
        for how in RESPONSES
        for answered in reader.look.nodes(claim, how)
    ]


def _manner(how: NamedNode) -> str:
    """Give the key of the words for a way to answer: `corrects`, `disagreesWith` ..."""
    return how.value.removeprefix(CITO)


def claim_view(reader: Reader, claim: NamedNode) -> ClaimView:
    """Gather a claim's page."""
    look, terms = reader.look, reader.look.terms
    graph = look.within(claim)
    stated = [q for q in graph if q.subject != claim]
    return ClaimView(
        card=card(reader, claim),
        kind=[reader.thing(t) for t in look.nodes(claim, RDF_TYPE)],
        modalities=reader.things(claim, terms.modality),
        spans=_spans(reader, claim),
        wordings=_wordings(reader, claim, graph),
        not_stated=reader.things(claim, terms.not_stated),
        about=reader.things(claim, SCHEMA_ABOUT),
        derived=reader.things(claim, PROV_WAS_DERIVED_FROM),
        appearance=reader.things(claim, APPEARANCE),
        verdicts=[_verdict(reader, r) for r in look.subjects(SCHEMA_ITEM_REVIEWED, claim)],
        answered_by=answered_by(reader, claim),
        answers=answers(reader, claim),
        stated=show_triples(reader, graph),
        opinion=bool(graph) and not stated,
        further=_further(reader, claim),
    )


def _wordings(reader: Reader, claim: NamedNode, graph: list[Quad]) -> list[Shown]:
    """Show the words that are themselves the fact, from the metadata or the claim's graph."""
    wording = reader.look.terms.wording
    found = [plain(q.object) for q in graph if (q.subject, q.predicate) == (claim, wording)]
    return [reader.show(o) for o in dict.fromkeys([*reader.look.objects(claim, wording), *found])]


def _spans(reader: Reader, claim: NamedNode) -> list[tuple[int, int]]:
    spans = []
    for span in reader.look.nodes(claim, reader.look.terms.span):
        ends = [reader.look.object(span, p) for p in (OA_START, OA_END)]
        numbers = [int(e.value) for e in ends if isinstance(e, Literal) and e.value.isdigit()]
        if len(numbers) == 2:
            spans.append((numbers[0], numbers[1]))
    return sorted(spans)


def _verdict(reader: Reader, review: NamedNode) -> Verdict:
    look, terms = reader.look, reader.look.terms
    verdicts = look.nodes(review, terms.verdict)
    said_so = look.nodes(review, terms.attribution_verdict)
    return Verdict(
        href=reader.addresses.href(review) or "",
        badge=badge(reader, verdicts[0]) if verdicts else None,
        said_so=badge(reader, said_so[0]) if said_so else None,
        reasons=reader.texts(review, SCHEMA_REVIEW_BODY),
        supporting=_evidence(reader, look.nodes(review, terms.supporting_source)),
        disputing=_evidence(reader, look.nodes(review, terms.disputing_source)),
        dates=reader.things(review, DATE_CREATED),
    )


def _evidence(reader: Reader, sources: Iterable[NamedNode]) -> list[Evidence]:
    terms = reader.look.terms
    return [
        Evidence(
            source=reader.thing(source),
            code=reader.notation(source),
            kind=reader.things(source, terms.source_kind),
            grade=reader.things(source, terms.grade),
            line=reader.things(source, terms.evidence_line),
            abstract=reader.texts(source, NamedNode(SCHEMA + "abstract")),
        )
        for source in sorted(sources, key=lambda source: _grade_rank(reader, source))
    ]


def _grade_rank(reader: Reader, source: NamedNode) -> tuple[int, str]:
    """Put the nearest witnesses first."""
    grades = [
        g.value.rpartition("/")[2] for g in reader.look.nodes(source, reader.look.terms.grade)
    ]
    ranks = [GRADES.index(grade) for grade in grades if grade in GRADES]
    return min(ranks, default=len(GRADES)), source.value


def show_triples(reader: Reader, quads: Iterable[Quad]) -> list[Stated]:
    """Show triples grouped by their subject."""
    listed = sorted(quads, key=lambda q: (str(q.subject), str(q.predicate), str(q.object)))
    return [
        Stated(
            reader.show(plain(group[0].subject)),
            [(reader.property(q.predicate), reader.show(plain(q.object))) for q in group],
        )
        for group in (list(g) for _, g in groupby(listed, key=lambda q: str(q.subject)))
    ]


def _further(reader: Reader, claim: NamedNode) -> list[tuple[Shown, list[Shown]]]:
    """Show what the default graph says of a claim beyond what its page has a place for."""
    terms = reader.look.terms
    placed = {
        RDF_TYPE, SCHEMA_TEXT, SKOS_NOTATION, SCHEMA_ABOUT, PROV_WAS_DERIVED_FROM, APPEARANCE,
        terms.speaker, terms.relayed_by, terms.voice, terms.modality, terms.span, terms.wording,
        terms.not_stated, terms.states, *RESPONSES,
    }  # fmt: skip
    quads = [q for q in reader.look.about(claim) if str(q.graph_name) == "DEFAULT"]
    rest = [q for q in quads if q.predicate not in placed]
    return [
        (reader.property(p), [reader.show(plain(q.object)) for q in group])
        for p, group in groupby(rest, key=lambda q: q.predicate)
    ]
