"""The page of any thing: who or what it is, where accounts differ, its facts, what points to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pyoxigraph import NamedNode

from kg.terms import (
    DCTERMS,
    RDF_TYPE,
    RDFS_COMMENT,
    SCHEMA,
    SCHEMA_TEXT,
    SKOS,
    SKOS_ALT_LABEL,
)
from server.lookups import LABELS, Text
from server.pages.accounts import Accounts, compare_accounts, read_objections
from server.pages.cards import Card, Cards
from server.pages.facts import Facts, Group
from server.pages.gathering import gather, tell_once
from server.pages.mappings import ELSEWHERE, Elsewhere, find_elsewhere
from server.pages.order import read_order
from server.pages.values import Reader, Shown
from server.refusals import ProblemError
from server.site import Site

NAMES = (NamedNode(SCHEMA + "alternateName"), SKOS_ALT_LABEL)
LINES = (
    NamedNode(SCHEMA + "description"),
    NamedNode(SKOS + "definition"),
    NamedNode(DCTERMS + "description"),
    NamedNode(DCTERMS + "bibliographicCitation"),
    RDFS_COMMENT,
    SCHEMA_TEXT,
)
PLACED = frozenset((RDF_TYPE, *LABELS, *NAMES, *ELSEWHERE))
OTHER_CLAIMS = 12
PAGE_SIZE = 100
LIST_REACH = 10_000
LONGEST_LINE = 600
PAGE_BYTES = 22_800
ROW_CARD, CARD, FACT, DETAIL, SEAL = 650, 450, 190, 110, 130


@dataclass(frozen=True)
class Heading:
    """What a thing is called, what it is, and one line who or what."""

    label: Text
    kinds: list[Shown]
    names: list[Text]
    line: Text | None


@dataclass(frozen=True)
class EntityView:
    """Everything a thing's page shows.

    `claims_left` says that more claims are about it than the page shows, `all_claims` leads to
    them; `codes` are those of the claims on the page.
    """

    heading: Heading
    accounts: Accounts
    accepted: list[Group]
    described: list[Group]
    more_claims: list[Card]
    all_claims: str
    claims_left: bool
    incoming: list[Group]
    cut: bool
    elsewhere: Elsewhere
    has_claims: bool
    notes: list[Card]
    codes: list[str]

    @cached_property
    def noted(self) -> frozenset[str]:
        """The claims that have a note on the page."""
        return frozenset(card.iri for card in self.notes)


@dataclass(frozen=True)
class ListView:
    """One page of a long list: the facts of one property, or the things that point here by it."""

    heading: Heading
    group: Group
    inverse: bool
    key: str
    page: int
    pages: int


def entity_view(
    site: Site, reader: Reader, thing: NamedNode, taken: int = 0, beside: Sequence[Card] = ()
) -> EntityView:
    """Gather a thing's page, `taken` bytes of which are for something else.

    `beside` are claims marked elsewhere on the page, which get notes if there is room.
    """
    limits = site.settings
    found, cards = gather(reader, thing, limits.document_links), Cards(reader)
    facts = Facts(found, cards, site.derive(read_order))
    accounts = compare_accounts(found, cards, site.derive(read_objections), limits.page_links)
    heading, line_property = _heading(reader, thing)
    accepted, described = facts.own(PLACED | line_property)
    incoming, nodes = facts.incoming()
    told = {card.iri for card in cards.notes()} | set(accounts.iris)
    shown = [*accepted, *nodes, *described, *incoming]
    more = [c for c in found.about if c.value not in told and cards.of(c).accepted]
    spare = PAGE_BYTES - taken - _length(accounts, shown)
    return EntityView(
        heading=heading,
        accounts=accounts,
        accepted=[*accepted, *nodes],
        described=described,
        more_claims=[cards.of(claim) for claim in more[:OTHER_CLAIMS]],
        all_claims=facts.list_address(f"^{SCHEMA}about"),
        claims_left=len(more) > OTHER_CLAIMS or len(found.about) > limits.page_links,
        incoming=incoming,
        cut=found.cut,
        elsewhere=find_elsewhere(reader, found.said, found.pointing),
        has_claims=bool(found.about),
        notes=_choose_notes(accounts, [*cards.notes(), *beside], spare),
        codes=[card.code.value for card in cards.found.values()],
    )


def _length(accounts: Accounts, groups: list[Group]) -> int:
    """Estimate how many bytes the facts and claims of a page take."""
    facts = [fact for group in groups for fact in group.facts]
    details = [detail for fact in facts for detail in fact.details]
    words = [fact.value for fact in facts]
    words += [value for name, values in details for value in (name, *values)]
    seals = sum(len(fact.claims) for fact in facts)
    cards = len(accounts.unconfirmed) + len(accounts.opinions)
    told = len(facts) * FACT + len(details) * DETAIL + seals * SEAL
    told += sum(len(shown.text.encode()) for shown in words)
    return told + len(accounts.iris) * ROW_CARD + cards * CARD


def _choose_notes(accounts: Accounts, beside_facts: list[Card], spare: int) -> list[Card]:
    """Choose the claims that get a note: what the article says first, then what facts rest on.

    They take no more than `spare` bytes, so that a page with many claims stays small; marks
    without a note lead to the claim, or fetch its note where scripts run.
    """
    article, records = accounts.first
    chosen: dict[str, Card] = {}
    spent = 0
    for card in (*article, *beside_facts, *records):
        if card.iri not in chosen and spent + card.length <= spare:
            chosen[card.iri] = card
            spent += card.length
    return list(chosen.values())


def list_view(site: Site, reader: Reader, thing: NamedNode, key: str, page: str) -> ListView:
    """Gather one page of a long list; `key` is a property, with `^` before it for what points here.

    Raises:
        ProblemError: 404 when there is no such list or page.
    """
    predicate = _to_property(key.removeprefix("^"))
    found = gather(reader, thing, 0)
    inverse = key.startswith("^")
    if inverse:
        quads, cut = reader.look.pointing(thing, LIST_REACH, predicate)
        quads = tell_once(reader, quads)
    else:
        quads, cut = [quad for quad in found.said if quad.predicate == predicate], False
    found = replace(found, pointing=quads if inverse else [], cut=cut)
    listed = [quad for quad in quads if found.is_listed(quad)]
    pages = -(-len(listed) // PAGE_SIZE)
    number = int(page) if page.isdecimal() and len(page) < 9 else 0
    if not 1 <= number <= pages:
        detail = f"The list of {key} of <{thing.value}> has {pages} pages, and no page {page!r}."
        raise ProblemError(404, "not-found", detail)
    facts = Facts(found, Cards(reader), site.derive(read_order))
    show = facts.pointing_group if inverse else facts.own_group
    group = show(predicate, listed, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    return ListView(_heading(reader, thing)[0], group, inverse, key, number, pages)


def _to_property(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError:
        raise ProblemError(404, "not-found", f"{iri!r} is no property.") from None


def _heading(reader: Reader, thing: NamedNode) -> tuple[Heading, frozenset[NamedNode]]:
    """Say what a thing is called and who or what it is; second, the property of that one line."""
    look = reader.look
    label = look.label(thing, reader.lang)
    kinds = [reader.kind(kind) for kind in look.types(thing)]
    names = [text for p in (*NAMES, *LABELS[:2]) for text in look.texts(thing, p)]
    others = [text for text in dict.fromkeys(names) if text.value != label.value]
    for predicate in LINES:
        line = look.text(thing, predicate, reader.lang)
        if line and line.value != label.value and len(line.value) < LONGEST_LINE:
            return Heading(label, kinds, others, line), frozenset((predicate,))
    return Heading(label, kinds, others, None), frozenset()
