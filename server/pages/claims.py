"""The page of a claim: verdict and evidence, what answers it, where it stands, what it states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from pyoxigraph import NamedNode, Quad

from kg.terms import (
    CITO,
    PROV_WAS_DERIVED_FROM,
    RDF_TYPE,
    RDFS_COMMENT,
    SCHEMA,
    SCHEMA_ABOUT,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_REVIEW_BODY,
    SCHEMA_TEXT,
    SKOS_NOTATION,
)
from server.lookups import Text, plain
from server.pages.cards import RESPONSES, Badge, Card, Cards, Response, badge
from server.pages.values import Reader, Shown
from server.pages.wording import GRADES

DATE_CREATED = NamedNode(SCHEMA + "dateCreated")
APPEARANCE = NamedNode(SCHEMA + "appearance")
ABSTRACT = NamedNode(SCHEMA + "abstract")
CITES = NamedNode(CITO + "citesAsEvidence")


@dataclass(frozen=True)
class Evidence:
    """A source beside a verdict: its name, what kind it is, how it is graded, what it gives."""

    source: Shown
    code: str | None
    kind: list[Shown]
    grade: list[Shown]
    abstract: list[Text]


@dataclass(frozen=True)
class Line:
    """Sources that go back to one origin and count once; a source of its own has no name."""

    name: Shown | None
    why: list[Text]
    sources: list[Evidence]


@dataclass(frozen=True)
class Verdict:
    """The assessment of a claim."""

    href: str
    badge: Badge | None
    said_so: Badge | None
    reasons: list[Text]
    supporting: list[Line]
    disputing: list[Line]
    cited: list[Shown]
    dates: list[Shown]
    authors: list[Shown]


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

    @property
    def texts(self) -> list[str]:
        """The words in which codes may stand."""
        reasons = [text.value for verdict in self.verdicts for text in verdict.reasons]
        lines = [line for v in self.verdicts for line in (*v.supporting, *v.disputing)]
        keys = [source.code or "" for line in lines for source in line.sources]
        answers = [answer.claim.code.value for answer in (*self.answered_by, *self.answers)]
        return [self.card.code.value, *reasons, *keys, *answers]


def claim_view(reader: Reader, claim: NamedNode) -> ClaimView:
    """Gather a claim's page."""
    look, terms, cards = reader.look, reader.look.terms, Cards(reader)
    graph = look.within(claim)
    stated = [q for q in graph if q.subject != claim]
    return ClaimView(
        card=cards.of(claim),
        kind=[reader.thing(t) for t in look.nodes(claim, RDF_TYPE)],
        modalities=reader.things(claim, terms.modality),
        wordings=_wordings(reader, claim, graph),
        not_stated=reader.things(claim, terms.not_stated),
        about=reader.things(claim, SCHEMA_ABOUT),
        derived=reader.things(claim, PROV_WAS_DERIVED_FROM),
        appearance=reader.things(claim, APPEARANCE),
        verdicts=[_verdict(reader, r) for r in look.subjects(SCHEMA_ITEM_REVIEWED, claim)],
        answered_by=cards.answered_by(claim),
        answers=cards.answers(claim),
        stated=show_triples(reader, graph),
        opinion=bool(graph) and not stated,
        further=_further(reader, claim),
    )


def _wordings(reader: Reader, claim: NamedNode, graph: list[Quad]) -> list[Shown]:
    """Show the words that are themselves the fact, from the metadata or the claim's graph."""
    wording = reader.look.terms.wording
    found = [plain(q.object) for q in graph if (q.subject, q.predicate) == (claim, wording)]
    return [reader.show(o) for o in dict.fromkeys([*reader.look.objects(claim, wording), *found])]


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
        cited=reader.things(review, CITES),
        dates=reader.things(review, DATE_CREATED),
        authors=reader.things(review, NamedNode(SCHEMA + "author")),
    )


def _evidence(reader: Reader, sources: Iterable[NamedNode]) -> list[Line]:
    """Group sources by line of evidence, the nearest witnesses first."""
    lines: dict[NamedNode, list[NamedNode]] = {}
    for source in sorted(sources, key=lambda source: _grade_rank(reader, source)):
        line = reader.look.nodes(source, reader.look.terms.evidence_line)
        lines.setdefault(line[0] if line else source, []).append(source)
    return [
        Line(
            name=None if line == members[0] else reader.thing(line),
            why=[] if line == members[0] else reader.texts(line, RDFS_COMMENT),
            sources=[_source(reader, source) for source in members],
        )
        for line, members in lines.items()
    ]


def _source(reader: Reader, source: NamedNode) -> Evidence:
    terms = reader.look.terms
    return Evidence(
        source=reader.thing(source),
        code=reader.notation(source),
        kind=reader.things(source, terms.source_kind),
        grade=reader.things(source, terms.grade),
        abstract=reader.texts(source, ABSTRACT),
    )


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
