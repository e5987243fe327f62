"""Browse: the kinds of things, and the claims by verdict, speaker, source and kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from kg.terms import PROV_WAS_DERIVED_FROM, RDF_TYPE, SCHEMA_ITEM_REVIEWED, SKOS_NOTATION
from server.kinds import find_kinds, has_kinds
from server.negotiation import HTML
from server.pages.cards import Cards
from server.pages.choices import Choices, read_choices
from server.pages.frame import addresses, page_reader, show
from server.pages.home import name_kinds
from server.pages.values import Reader, Shown
from server.refusals import ProblemError
from server.replies import reply
from server.site import Site, current_site

pages = Blueprint("browse", __name__)

FACETS = ("kind", "verdict", "speaker", "source")
PAGE_LENGTH = 25
OPTIONS_SHOWN = 200
KINDS_SHOWN = 200


@dataclass(frozen=True)
class ListedClaim:
    """A claim with what it can be chosen by."""

    iri: NamedNode
    code: str
    facets: dict[str, tuple[NamedNode, ...]]

    def values(self, name: str) -> tuple[NamedNode, ...]:
        """Give the values of one of `FACETS`."""
        return self.facets[name]


@dataclass(frozen=True)
class Facet:
    """A list to choose from: its name, and the values with how many claims fit."""

    name: str
    options: list[tuple[str, Shown, int, bool]]


@pages.route("/browse", strict_slashes=False)
def browse() -> Response:
    """Show the kinds of things, and the claims that fit what was chosen."""
    if not current_site().derive(has_kinds):
        message = "Nothing in this release has a class, so there are no kinds of things to browse."
        raise ProblemError(404, "not-found", message)
    return reply(HTML, lambda: _show(current_site(), page_reader()))


def _show(site: Site, reader: Reader) -> str:
    claims = site.derive(list_claims)
    choices = read_choices(request.args, claims, FACETS)
    fitting = [claim for claim in claims if choices.fits(claim)]
    count = max(1, -(-len(fitting) // PAGE_LENGTH))
    page = min(_read_page(), count)
    shown = fitting[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]
    cards = Cards(reader)
    return show(
        "browse.html",
        kinds=_kinds(site, reader),
        facets=[_facet(reader, choices, name, claims) for name in FACETS] if claims else [],
        chosen=choices.chosen,
        count=len(fitting),
        cards=[cards.of(claim.iri) for claim in shown],
        page=page,
        pages=count,
        turn=partial(_turn, choices),
    )


def list_claims(site: Site) -> tuple[ListedClaim, ...]:
    """List every claim, those with a code first; ask with `site.derive(list_claims)`."""
    look = site.look
    found = {c for kind in look.terms.claim_classes for c in look.subjects(RDF_TYPE, kind)}
    listed = (_list_claim(site, claim) for claim in found)
    return tuple(sorted(listed, key=lambda claim: (not claim.code, claim.code, claim.iri.value)))


def _list_claim(site: Site, claim: NamedNode) -> ListedClaim:
    look, terms = site.look, site.terms
    reviews = look.subjects(SCHEMA_ITEM_REVIEWED, claim)
    roles = (terms.supporting_source, terms.disputing_source)
    sources = [s for review in reviews for role in roles for s in look.nodes(review, role)]
    code = look.object(claim, SKOS_NOTATION)
    facets = {
        "kind": tuple(k for k in look.nodes(claim, RDF_TYPE) if k in terms.claim_classes),
        "verdict": tuple(v for review in reviews for v in look.nodes(review, terms.verdict)),
        "speaker": tuple(look.nodes(claim, terms.speaker)),
        "source": tuple(dict.fromkeys([*sources, *look.nodes(claim, PROV_WAS_DERIVED_FROM)])),
    }
    return ListedClaim(claim, code.value if code else "", facets)


def _kinds(site: Site, reader: Reader) -> list[tuple[Shown, str, int]]:
    to, listed = reader.addresses.to, find_kinds(site)[:KINDS_SHOWN]
    names = name_kinds(reader, [kind for kind, _ in listed])
    rows = [(names[kind], to("/resource", iri=kind.value), n) for kind, n in listed]
    return sorted(rows, key=lambda row: row[0].text.casefold())


def _facet(reader: Reader, choices: Choices, name: str, claims: tuple[ListedClaim, ...]) -> Facet:
    options = [o for o in choices.options(name, claims) if o.count or o.chosen]
    options.sort(key=lambda option: (-option.count, option.key))
    rows = [(o.key, reader.thing(o.node), o.count, o.chosen) for o in options[:OPTIONS_SHOWN]]
    return Facet(name, rows)


def _read_page() -> int:
    """Read `?page=`; what is no number is the first page."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def _turn(choices: Choices, page: int) -> str:
    return addresses().to("/browse", **choices.chosen, page=str(page))
