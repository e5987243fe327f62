"""Where accounts of a thing differ: what the article says, what records say, what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import NamedNode, Quad

from kg.terms import SCHEMA, SCHEMA_ABOUT, SCHEMA_TEXT
from server.lookups import DEFAULT, Lookups, Text
from server.pages.cards import OBJECTIONS, Card, Cards, manner
from server.pages.gathering import Gathered, natural
from server.pages.values import Reader, Shown
from server.site import Site

VERDICT_ORDER = ("contradicted", "imprecise", "unverifiable", "corroborated", "evaluation")
AT_ODDS = ("contradicted", "imprecise")
OPINION = "evaluation"
LIFE_DATES = tuple(
    NamedNode(SCHEMA + name) for name in ("birthDate", "deathDate", "startDate", "endDate")
)
OBJECTIONS_KEPT = 100_000
FIRST_OF_ARTICLE = 4
FIRST_OF_RECORDS = 2

Objections = Mapping[NamedNode, list[tuple[NamedNode, NamedNode, NamedNode]]]


@dataclass(frozen=True)
class Account:
    """What a record, or the editors, say; `how` it bears on the article's words, as a key."""

    card: Card
    how: str | None


@dataclass(frozen=True)
class Question:
    """An open question, with the address of its page."""

    text: Text
    href: str | None


@dataclass(frozen=True)
class Difference:
    """Claims that bear on one another: the article's, the others', and what they leave open."""

    article: list[Card]
    records: list[Account]
    open_points: list[Shown]
    questions: list[Question]


@dataclass(frozen=True)
class Accounts:
    """The claims about a thing that are no settled facts, and the open questions about it."""

    differences: list[Difference]
    unconfirmed: list[Card]
    opinions: list[Card]
    questions: list[Question]

    @property
    def shown(self) -> int:
        """How many differences to show at once: those with words of the article, up to a limit."""
        told = sum(1 for row in self.differences if row.article)
        return min(told or FIRST_OF_RECORDS, FIRST_OF_ARTICLE)

    @property
    def first(self) -> tuple[list[Card], list[Card]]:
        """The claims in the rows that are shown at once: the article's, and the others."""
        rows = self.differences[: self.shown]
        article = [card for row in rows for card in row.article]
        return article, [account.card for row in rows for account in row.records]

    @property
    def iris(self) -> list[str]:
        """The claims that stand in the rows of differences."""
        rows = self.differences
        article = [card.iri for row in rows for card in row.article]
        return article + [account.card.iri for row in rows for account in row.records]


def read_objections(site: Site) -> Objections:
    """Find which claims correct, qualify or dispute which, by either claim."""
    found: dict[NamedNode, list[tuple[NamedNode, NamedNode, NamedNode]]] = {}
    for how in OBJECTIONS:
        quads = site.store.quads_for_pattern(None, how, None, DEFAULT)
        for quad in islice(quads, OBJECTIONS_KEPT):
            answer, answered = quad.subject, quad.object
            if isinstance(answer, NamedNode) and isinstance(answered, NamedNode):
                for claim in (answer, answered):
                    found.setdefault(claim, []).append((answer, how, answered))
    return found


def compare_accounts(
    gathered: Gathered, cards: Cards, objections: Objections, limit: int
) -> Accounts:
    """Sort the claims about a thing, of which the first `limit` are looked at."""
    reader = gathered.reader
    claims = gathered.about[:limit]
    groups = _join(reader.look, cards, claims, objections)
    at_odds = [group for group in groups if len(group) > 1 or _is_at_odds(cards.of(group[0]))]
    asked = list(gathered.questions)
    rows = (_to_difference(gathered, cards, group, objections, asked) for group in at_odds)
    shown = {claim for group in at_odds for claim in group}
    rest = [cards.of(c) for c in claims if c not in shown and not cards.of(c).accepted]
    return Accounts(
        differences=sorted(rows, key=_gravity),
        unconfirmed=[card for card in rest if not _is_opinion(card)],
        opinions=[card for card in rest if _is_opinion(card)],
        questions=[_to_question(reader, question) for question in asked],
    )


def _join(
    look: Lookups, cards: Cards, claims: Iterable[NamedNode], objections: Objections
) -> list[list[NamedNode]]:
    """Group the claims with those that object to one another, or date the same thing."""
    home: dict[NamedNode, list[NamedNode]] = {}
    for claim in claims:
        home.setdefault(claim, [claim])
        beside = [
            c for answer, _, answered in objections.get(claim, ()) for c in (answer, answered)
        ]
        if not cards.of(claim).accepted:
            beside += _dating_the_same(look, claim)
        for other in beside:
            mine, theirs = home[claim], home.setdefault(other, [other])
            if mine is not theirs:
                mine += theirs
                home.update((member, mine) for member in theirs)
    unique = {id(group): group for group in home.values()}
    return [sorted(group, key=lambda claim: natural(claim.value)) for group in unique.values()]


def _dating_the_same(look: Lookups, claim: NamedNode) -> Iterator[NamedNode]:
    """Yield the claims that give a date of a thing whose date this claim gives too."""
    for quad in look.within(claim):
        if quad.predicate == look.terms.date or quad.predicate in LIFE_DATES:
            yield from _claims_of(look, quad)


def _claims_of(look: Lookups, quad: Quad) -> Iterator[NamedNode]:
    for other in look.store.quads_for_pattern(quad.subject, quad.predicate, None, None):
        if isinstance(other.graph_name, NamedNode) and look.is_claim(other.graph_name):
            yield other.graph_name


def _to_difference(
    gathered: Gathered,
    cards: Cards,
    group: list[NamedNode],
    objections: Objections,
    asked: list[NamedNode],
) -> Difference:
    """Put a group of claims into columns; takes the questions it touches out of `asked`."""
    reader = gathered.reader
    article = [claim for claim in group if cards.of(claim).by_article]
    records = [claim for claim in group if claim not in article]
    accounts = [Account(cards.of(claim), _bearing(claim, objections)) for claim in records]
    things = {thing for claim in group for thing in reader.look.nodes(claim, SCHEMA_ABOUT)} - {
        gathered.thing
    }
    touched = [q for q in asked if things.intersection(reader.look.nodes(q, SCHEMA_ABOUT))]
    for question in touched:
        asked.remove(question)
    open_points = {
        point.text: point
        for claim in article
        for point in reader.things(claim, reader.look.terms.not_stated)
    }
    return Difference(
        article=sorted((cards.of(claim) for claim in article), key=verdict_rank),
        records=sorted(accounts, key=lambda a: (not a.card.accepted, verdict_rank(a.card))),
        open_points=list(open_points.values()),
        questions=[_to_question(reader, question) for question in touched],
    )


def _bearing(claim: NamedNode, objections: Objections) -> str | None:
    """Say how a claim bears on those it answers: `corrects` ...; None: it answers none."""
    hows = [how for answer, how, _ in objections.get(claim, ()) if answer == claim]
    return manner(hows[0]) if hows else None


def _to_question(reader: Reader, question: NamedNode) -> Question:
    look = reader.look
    text = look.text(question, SCHEMA_TEXT, reader.lang) or look.label(question, reader.lang)
    return Question(text, reader.addresses.href(question))


def _is_at_odds(card: Card) -> bool:
    return card.badge is not None and card.badge.slug in AT_ODDS


def _is_opinion(card: Card) -> bool:
    return card.badge is not None and card.badge.slug == OPINION


def _gravity(row: Difference) -> tuple[int, bool]:
    """Put what contradicts the article first, then what is at odds among the others."""
    ranks = [verdict_rank(card) for card in row.article]
    return min(ranks, default=len(VERDICT_ORDER)), not row.questions


def verdict_rank(card: Card) -> int:
    """Order claims by verdict, contradicted ones first."""
    slug = card.badge.slug if card.badge else ""
    return VERDICT_ORDER.index(slug) if slug in VERDICT_ORDER else len(VERDICT_ORDER)
