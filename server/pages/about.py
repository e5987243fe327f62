"""`/about`: what the layers mean, how verdicts are made, what is left out, and in what numbers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.release import CHANGES
from kg.terms import DCAT, DCTERMS, FOAF, SCHEMA, SKOS
from server.dumps import dump_files
from server.links import web_address
from server.lookups import Text, best, plain, to_text
from server.negotiation import HTML
from server.pages.cards import Badge, badge
from server.pages.citation import cite_dataset
from server.pages.dates import say_date
from server.pages.downloads import list_forms
from server.pages.figures import Piece, draw_bar, longest_of, say_number
from server.pages.frame import page_reader, show
from server.pages.home import list_kinds, split_description
from server.pages.values import Reader, Shown
from server.replies import reply
from server.site import Site, current_site
from server.tallies import QUESTION, Count, Tally, count_all

pages = Blueprint("about", __name__)

QUESTIONS_SHOWN = 12
MAIN_FORMS = ("trig", "jsonld", "ttl")
COVERED = (
    ("n_texts", "texts"),
    ("n_passages", "passages"),
    ("n_passages_claimed", "passages_with_claims"),
    ("n_claims", "claims"),
    ("n_judged", "judged"),
    ("n_accepted", "accepted"),
    ("n_sources", "sources"),
    ("n_lines", "lines"),
    ("n_entities", "entities"),
    ("n_named_graphs", "named_graphs"),
    ("n_named_graph_triples", "named_graph_triples"),
    ("n_default_triples", "triples"),
    ("n_links", "links"),
)
"""What coverage is told in: the key of its words, and its name among the counts."""
DEFINITION = NamedNode(SKOS + "definition")
_CONTACT = NamedNode(DCAT + "contactPoint")
_ADDRESSES = (
    NamedNode("http://www.w3.org/2006/vcard/ns#hasEmail"),
    NamedNode("http://www.w3.org/2006/vcard/ns#hasURL"),
    NamedNode(FOAF + "mbox"),
    NamedNode(FOAF + "homepage"),
    NamedNode(SCHEMA + "email"),
    NamedNode(SCHEMA + "url"),
)
_MAILTO = re.compile(r"(?:mailto:)?([\w.+-]+@[\w-]+(?:\.[\w-]+)+)", re.ASCII)


@dataclass(frozen=True)
class Verdict:
    """A verdict of the scheme: its mark, its page, its meaning, and how many claims have it."""

    badge: Badge
    href: str | None
    meaning: Text | None
    count: int


@dataclass(frozen=True)
class Row:
    """A count drawn as a bar; `parts` are the counts it is made of, by verdict."""

    name: Shown
    count: int
    bar: list[Piece]
    parts: list[tuple[Badge | None, int]]


@pages.route("/about")
def about() -> Response:
    """Tell people what this dataset is, and how far to trust it."""
    return reply(HTML, _about_page)


def _about_page() -> str:
    site, reader = current_site(), page_reader()
    tally = site.derive(count_all)
    lead, rest = split_description(site.description(reader.lang))
    forms = list_forms(site, reader, dump_files())
    return show(
        "about.html",
        lead=lead,
        rest=rest,
        tally=tally,
        counts=site.release.manifest.counts,
        number=say_number,
        verdicts=list_verdicts(reader, tally),
        verdict_bar=draw_bar(_by_slug(reader, tally), sum(n for _, n in tally.verdicts)),
        charts=list_charts(reader, tally),
        coverage=list_coverage(site, tally),
        kinds=list_kinds(site, reader),
        rights=best(site.derive(read_rights), reader.lang),
        questions=[reader.thing(question) for question in tally.questions[:QUESTIONS_SHOWN]],
        all_questions=reader.addresses.to("/resource", iri=QUESTION.value),
        changes=site.derive(read_changes),
        modified=_say_day(site, reader),
        forms=[form for form in forms if form.name in MAIN_FORMS],
        licence=_show_iri(reader, site.dataset.license),
        citation=cite_dataset(site, reader),
        publisher=_show_iri(reader, site.dataset.publisher),
        contacts=site.derive(read_contacts),
    )


def list_verdicts(reader: Reader, tally: Tally) -> list[Verdict]:
    """Explain each verdict in the data's own words."""
    return [
        Verdict(
            badge=badge(reader, verdict),
            href=reader.addresses.href(verdict),
            meaning=reader.look.text(verdict, DEFINITION, reader.lang),
            count=count,
        )
        for verdict, count in tally.verdicts
    ]


def list_charts(reader: Reader, tally: Tally) -> list[tuple[str, list[Row]]]:
    """Draw the counts, each under the key of its heading; what the data has not is not there."""
    charts = [
        ("by_voice", _draw_voices(reader, tally)),
        ("by_grade", _draw_counts(reader, tally.grades)),
        ("by_kind", _draw_counts(reader, tally.kinds)),
    ]
    return [(key, rows) for key, rows in charts if rows]


def _draw_voices(reader: Reader, tally: Tally) -> list[Row]:
    longest = longest_of([sum(parts.values()) for _, parts in tally.voices])
    order = [*(verdict for verdict, _ in tally.verdicts), None]
    rows = []
    for voice, counts in tally.voices:
        parts = [(badge(reader, v) if v else None, counts[v]) for v in order if counts.get(v)]
        bar = draw_bar([(mark.slug if mark else "none", n) for mark, n in parts], longest)
        rows.append(Row(reader.thing(voice), sum(counts.values()), bar, parts))
    return rows


def _draw_counts(reader: Reader, counts: tuple[Count, ...]) -> list[Row]:
    longest = longest_of([count for _, count in counts])
    return [
        Row(reader.thing(thing), count, draw_bar([("all", count)], longest), [])
        for thing, count in counts
    ]


def _by_slug(reader: Reader, tally: Tally) -> list[tuple[str, int]]:
    return [(badge(reader, verdict).slug, count) for verdict, count in tally.verdicts]


def list_coverage(site: Site, tally: Tally) -> list[tuple[str, int]]:
    """Say how much there is of what, by the key of the words for it."""
    counts = {**site.release.manifest.counts, **vars(tally)}
    return [(key, counts[name]) for key, name in COVERED if counts.get(name)]


def read_rights(site: Site) -> tuple[Text, ...]:
    """Read what the catalog says of rights in the dataset."""
    dataset, rights = NamedNode(site.dataset.iri), NamedNode(DCTERMS + "rights")
    quads = parse(site.files.get("catalog.ttl", b""), RdfFormat.TURTLE)
    said = [q.object for q in quads if (q.subject, q.predicate) == (dataset, rights)]
    return tuple(to_text(o) for o in said if isinstance(o, Literal))


def read_contacts(site: Site) -> tuple[tuple[str, str], ...]:
    """Find where to write to: a name to show and an address to link to.

    The dataset's contact point (DCAT) is asked first, then its publisher.
    """
    quads = list(parse(site.files.get("catalog.ttl", b""), RdfFormat.TURTLE))
    points = [q.object for q in quads if q.predicate == _CONTACT]
    asked = dict.fromkeys([*points, *map(NamedNode, filter(None, [site.dataset.publisher]))])
    values = [
        quad.object
        for point in asked
        for quad in quads
        if quad.subject == point and quad.predicate in _ADDRESSES
    ]
    found = (to_contact(plain(value).value) for value in (*points, *values))
    # A contact point that is described by its addresses is not one itself.
    own = (contact for contact in found if contact and not contact[1].startswith(site.base))
    return tuple(dict.fromkeys(own))


def to_contact(value: str) -> tuple[str, str] | None:
    """Give a mail address or a web address with what to show of it; None for anything else."""
    mail = _MAILTO.fullmatch(value)
    if mail:
        return mail.group(1), f"mailto:{mail.group(1)}"
    address = web_address(value)
    return (value, address) if address else None


def read_changes(site: Site) -> dict[str, Any] | None:
    """Read what this release changed against the one before it, if that is known."""
    try:
        with site.folder.open(f"{CHANGES}/changes.json") as file:
            found = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _say_day(site: Site, reader: Reader) -> str | None:
    day = site.dataset.changed_on
    return say_date(day, reader.lang) if day else None


def _show_iri(reader: Reader, iri: str | None) -> Shown | None:
    return reader.thing(NamedNode(iri)) if iri else None
