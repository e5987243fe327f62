"""FAIR Signposting (https://signposting.org/FAIR/): what a page is of, as typed links.

The same links stand in the `Link` headers of a page and, whole, in its linkset (RFC 9264).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from kg.formats import BY_NAME
from kg.terms import DCTERMS, SCHEMA
from server.dumps import dump_files
from server.links import Addresses, link_header, own_path, web_address
from server.negotiation import RDF, Offer
from server.pages.frame import addresses
from server.refusals import ProblemError
from server.replies import reply
from server.site import Site, current_site

pages = Blueprint("signposting", __name__)

LINKSET = Offer("linkset", "application/linkset+json", "Linkset (RFC 9264)")
ABOUT_PAGE = SCHEMA + "AboutPage"
_CREATORS = tuple(NamedNode(DCTERMS + role) for role in ("creator", "publisher"))


@dataclass(frozen=True)
class Sign:
    """One typed link from a page: relation, target, and the target's media type if it matters."""

    relation: str
    target: str
    media_type: str | None = None


def signs_of_dataset() -> list[Sign]:
    """Point from the landing page to its name, licence, descriptions and files."""
    site, to = current_site(), addresses().to
    return [
        *_name(site.dataset.iri),
        Sign("type", SCHEMA + "Dataset"),
        Sign("type", ABOUT_PAGE),
        *_shared(site),
        *(Sign("describedby", to(f"/void.{o.name}"), o.media_type) for o in RDF),
        *(Sign("item", to(f"/dumps/{name}"), _media_type(name)) for name in dump_files()),
    ]


def signs_of_thing(thing: NamedNode) -> list[Sign]:
    """Point from the page about a thing to its name, classes, licence and other forms."""
    site, to = current_site(), addresses()
    kinds = [kind.value for kind in site.look.types(thing) if kind.value.startswith(SCHEMA)]
    return [
        *_name(thing.value),
        *(Sign("type", kind) for kind in (ABOUT_PAGE, *kinds)),
        *_shared(site),
        *(Sign("describedby", to.document(thing.value, o.name), o.media_type) for o in RDF),
        Sign("collection", to.to("/")),
    ]


def to_headers(signs: Iterable[Sign], linkset: str) -> list[str]:
    """Write signs as `Link` headers, with the one to the linkset that has them all.

    The licence is left out: every answer has it among its headers.
    """
    written = (sign for sign in signs if sign.relation != "license")
    found = [link_header(sign.target, sign.relation, sign.media_type) for sign in written]
    return [*found, link_header(linkset, "linkset", LINKSET.media_type)]


def linkset_address(to: Addresses, thing: NamedNode | None = None) -> str:
    """Address the linkset of the page about a thing, or of the landing page."""
    return to.to("/linkset", iri=thing.value) if thing else to.to("/linkset")


@pages.route("/linkset")
def linkset() -> Response:
    """Give all typed links of the landing page, or of the page about `?iri=` (RFC 9264, 4.2)."""
    to, iri = addresses(), request.args.get("iri")
    if iri is None:
        return reply(LINKSET, lambda: _write(to.to("/"), signs_of_dataset()))
    thing = _find(iri)
    return reply(LINKSET, lambda: _write(to.document(thing.value), signs_of_thing(thing)))


def _find(iri: str) -> NamedNode:
    try:
        thing = NamedNode(iri)
    except ValueError:
        thing = None
    if thing is None or not current_site().look.known(thing):
        detail = f"This release says nothing of <{iri}>, so there are no links of it."
        raise ProblemError(404, "not-found", detail, {"iri": iri})
    return thing


def _write(anchor: str, signs: Sequence[Sign]) -> str:
    """Write one link context object; targets are resolved against the address asked."""
    context: dict[str, object] = {"anchor": anchor}
    for relation in dict.fromkeys(sign.relation for sign in signs):
        context[relation] = [
            {"href": sign.target, **({"type": sign.media_type} if sign.media_type else {})}
            for sign in signs
            if sign.relation == relation
        ]
    return json.dumps({"linkset": [context]}, indent=1) + "\n"


def _name(iri: str) -> list[Sign]:
    """Cite a thing by its permanent name, where that can be an address."""
    return [Sign("cite-as", iri)] if web_address(iri) else []


def _shared(site: Site) -> list[Sign]:
    """Give the licence, and who made the dataset."""
    found = [Sign("license", site.dataset.license)] if site.dataset.license else []
    authors = site.look.nodes(NamedNode(site.dataset.iri), _CREATORS[0])
    found += [Sign("author", author.value) for author in authors if _is_address(site, author)]
    return found


def _is_address(site: Site, node: NamedNode) -> bool:
    return own_path(node.value, site.base) is not None or web_address(node.value) is not None


def _media_type(name: str) -> str:
    if name.endswith(".gz"):
        return "application/gzip"
    return BY_NAME[name.rpartition(".")[2]].media_type
