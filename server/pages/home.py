"""The first screen: what this is, and where a historian, a teacher and a developer begin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from flask import Blueprint, Response, current_app
from pyoxigraph import NamedNode

from kg.terms import (
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_TEXT,
    SKOS_NOTATION,
)
from server.descriptions import rewrite, small_file
from server.dumps import dump_files
from server.kinds import find_kinds
from server.lookups import Text
from server.negotiation import HTML, RDF
from server.pages.cards import Badge, Card, Cards, badge
from server.pages.cards import Response as Answer
from server.pages.frame import addresses, page_reader, show
from server.pages.menu import Menu
from server.pages.values import Reader, Shown
from server.pages.wording import LANGUAGES, PHRASES, VERDICT_SYMBOLS
from server.replies import frame_links, negotiate, reply
from server.signposting import linkset_address, signs_of_dataset, to_headers
from server.site import Question, Site, current_site

pages = Blueprint("home", __name__)

EXAMPLE_VERDICTS = ("contradicted", "corroborated", "evaluation", "unverifiable", "imprecise")
KINDS_SHOWN = 16
QUESTIONS_SHOWN = 5
EXAMPLES_TRIED = 1000


@dataclass(frozen=True)
class Example:
    """A claim with what answers it."""

    card: Card
    answers: list[Answer]


@dataclass(frozen=True)
class Door:
    """A way in for one kind of reader (a key of words): a first step, and further ones."""

    reader: str
    first: tuple[Text, str]
    further: list[tuple[Text, str]]


@pages.route("/")
def home() -> Response:
    """Say on one screen what this is; for programs, describe the dataset."""
    to = addresses().to
    urls = {"html": to("/"), **{o.name: to(f"/void.{o.name}") for o in RDF}}
    offer = negotiate((HTML, *RDF), urls)
    alternates = {o: urls[o.name] for o in (HTML, *RDF) if o is not offer}
    links = frame_links(current_site().base, alternates)
    if offer is HTML:
        links += to_headers(signs_of_dataset(), linkset_address(addresses()))
        return reply(HTML, _home_page, links=links)
    return reply(offer, lambda: rewrite(small_file("catalog.ttl"), offer.name), links=links)


def _home_page() -> str:
    site, reader = current_site(), page_reader()
    examples = _show_examples(reader, site.derive(choose_examples))
    lead, rest = split_description(site.description(reader.lang))
    return show(
        "home.html",
        lead=lead,
        rest=rest,
        doors=list(_list_doors(site, reader)),
        numbers=_count(site, bool(examples)),
        verdicts=_show_verdicts(reader, site.derive(count_verdicts)),
        kinds=list_kinds(site, reader),
        downloads=[name for name in dump_files() if not name.endswith(".gz")],
        examples=examples,
        questions=[q for q in site.questions if q.runs_here][:QUESTIONS_SHOWN],
    )


def _list_doors(site: Site, reader: Reader) -> Iterator[Door]:
    """Lead each reader to what this release has for them."""
    say, to = PHRASES[reader.lang], reader.addresses.to
    menu = cast(Menu, current_app.extensions["menu"])
    there = {e.key: (Text(say[e.key]), to(e.path)) for e in menu.main if site.derive(e.is_there)}
    thing = example_thing(site)
    asked = [_to_link(reader, q) for q in site.questions if q.runs_here]
    disputed = site.derive(count_verdicts)[:1]
    reading = [_name(reader, thing)] if thing else []
    reading += [_count_judged(reader, verdict, count) for verdict, count in disputed]
    reading += [there[key] for key in ("article", "browse") if key in there]
    if reading and disputed:
        yield Door("historian", reading[0], reading[1:])
    teaching = [there[key] for key in ("timeline", "photographs") if key in there] + asked[:2]
    if teaching:
        yield Door("teacher", teaching[0], teaching[1:3])
    taking = [(Text(say["downloads"]), to("/dumps/"))]
    if thing:
        taking.append((Text("JSON-LD"), reader.addresses.document(thing.value, "jsonld")))
    yield Door("developer", there["sparql"], taking)


def _name(reader: Reader, thing: NamedNode) -> tuple[Text, str]:
    return reader.look.label(thing, reader.lang), reader.addresses.href(thing) or ""


def _count_judged(reader: Reader, verdict: NamedNode, count: int) -> tuple[Text, str]:
    word, href = _name(reader, verdict)
    return Text(PHRASES[reader.lang]["claims_found"].format(word.value, count)), href


def _to_link(reader: Reader, question: Question) -> tuple[Text, str]:
    return question.asked(reader.lang), reader.addresses.to(f"/queries/{question.name}")


def example_thing(site: Site) -> NamedNode | None:
    """Give the first thing, not a claim, that the catalog names as an example."""
    things = [NamedNode(iri) for iri in site.dataset.examples]
    return next((t for t in things if not site.look.is_claim(t)), None)


def _count(site: Site, has_claims: bool) -> list[tuple[str, int]]:
    """Pick the counts a visitor wants, by the key of the words for them."""
    counts = site.release.manifest.counts
    graphs = "n_claims" if has_claims else "n_named_graphs"
    keys = {"named_graphs": graphs, **{key: f"n_{key}" for key in ("entities", "triples", "links")}}
    return [(key, counts[name]) for name, key in keys.items() if counts.get(name)]


def list_kinds(site: Site, reader: Reader) -> list[tuple[Shown, str, int]]:
    """List the kinds of things in the data, most first, each with the address of its list."""
    to, shown = reader.addresses.to, find_kinds(site)[:KINDS_SHOWN]
    names = name_kinds(reader, [kind for kind, _ in shown])
    return [(names[kind], to("/resource", iri=kind.value), n) for kind, n in shown]


def name_kinds(reader: Reader, kinds: Iterable[NamedNode]) -> dict[NamedNode, Shown]:
    """Name classes; those that share a name by their IRI in short."""
    names = {kind: reader.kind(kind) for kind in kinds}
    uses = Counter(shown.text for shown in names.values())
    return {
        kind: shown if uses[shown.text] == 1 else replace(shown, text=reader.compact(kind.value))
        for kind, shown in names.items()
    }


def count_verdicts(site: Site) -> list[tuple[NamedNode, int]]:
    """Count the assessments by verdict, contradictions first."""
    look = site.look
    found = []
    for slug in sorted(VERDICT_SYMBOLS, key=EXAMPLE_VERDICTS.index):
        verdict = look.terms.thing("verdict", slug)
        count = len(look.subjects(look.terms.verdict, verdict))
        found += [(verdict, count)] if count else []
    return found


def _show_verdicts(
    reader: Reader, counts: list[tuple[NamedNode, int]]
) -> list[tuple[Badge, str | None, int]]:
    return [(badge(reader, v), reader.addresses.href(v), count) for v, count in counts]


def split_description(text: Text | None) -> tuple[Text | None, Text | None]:
    """Part the first two sentences, for the first screen, from the rest."""
    if text is None:
        return None, None
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-ZА-ЯЁÄÖÜ])", text.value.strip())
    lead, rest = " ".join(sentences[:2]), " ".join(sentences[2:])
    return Text(lead, text.lang), Text(rest, text.lang) if rest else None


def choose_examples(site: Site) -> list[NamedNode]:
    """Pick three claims with different verdicts, a contradicted one first if there is one.

    Those the catalog names as examples (void:exampleResource) come before others, short ones
    before long ones.
    """
    look, named = site.look, set(site.dataset.examples)

    def rank(claim: NamedNode) -> tuple[bool, bool, int, str]:
        text = look.text(claim, SCHEMA_TEXT, LANGUAGES[0])
        has_code = look.object(claim, SKOS_NOTATION) is not None
        return claim.value not in named, not has_code, len(text.value if text else ""), claim.value

    chosen: list[NamedNode] = []
    for slug in EXAMPLE_VERDICTS:
        reviews = look.subjects(look.terms.verdict, look.terms.thing("verdict", slug))
        claims = [c for r in reviews[:EXAMPLES_TRIED] for c in look.nodes(r, SCHEMA_ITEM_REVIEWED)]
        chosen += sorted(claims, key=rank)[:1]
    return chosen[:3]


def _show_examples(reader: Reader, claims: list[NamedNode]) -> list[Example]:
    cards = Cards(reader)
    return [Example(cards.of(claim), cards.answered_by(claim)) for claim in claims]
