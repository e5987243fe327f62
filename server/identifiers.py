"""Others' numbers for our things: `/id?wikidata=Q1644`, BEACON files, and the linkset of all links.

Which schemes there are, a release says in its `identifiers.json`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from kg.identifiers import FILE, PLACE, Scheme, read_schemes
from kg.linksets import PREDICATES, is_link
from server.descriptions import root_url
from server.links import link_header, own_path
from server.lookups import DEFAULT
from server.negotiation import Offer
from server.pages.frame import addresses
from server.refusals import ProblemError
from server.replies import negotiate, reply, see_other
from server.signposting import LINKSET
from server.site import Site, current_site

pages = Blueprint("identifiers", __name__)

TEXT = Offer("txt", "text/plain", "BEACON")
LINKSET_TEXT = Offer("linkset-text", "application/linkset", "Linkset (RFC 9264), text")
LINKSETS = {"json": LINKSET, "txt": LINKSET_TEXT}
SEE_ALSO = "http://www.w3.org/2000/01/rdf-schema#seeAlso"
_NO_SCHEME = ("lang",)


def find_schemes(site: Site) -> Mapping[str, Scheme]:
    """Give the schemes of a release by what one asks for them by; none for plain files."""
    return {scheme.key: scheme for scheme in read_schemes(site.files.get(FILE, b"[]"))}


@pages.route("/id")
def find() -> Response:
    """Lead from another catalogue's identifier to our thing: 303; several: 300 with all of them.

    Raises:
        ProblemError: 400 for no scheme, two, or an unknown one; 404 where nothing has the number.
    """
    scheme, identifier = _read_request()
    things = scheme.find(identifier)
    if not things:
        example = next(iter(scheme.things), None)
        hint = f"those here are written like {example!r}" if example else "nothing here has one"
        detail = f"Nothing here has the {scheme.label} identifier {identifier!r}; {hint}."
        raise ProblemError(404, "not-found", detail, {"scheme": scheme.key})
    if len(things) > 1:
        detail = f"{len(things)} things here have the {scheme.label} identifier {identifier!r}."
        facts = {"scheme": scheme.key, "things": list(things)}
        raise ProblemError(300, "several", detail, facts)
    (thing,) = things
    own = own_path(thing, current_site().base)
    to = addresses()
    target = to.to(f"/id/{own}") if own else to.document(thing)
    return see_other(target, [link_header(thing, "canonical")])


def _read_request() -> tuple[Scheme, str]:
    """Read which identifier is meant; any other parameter than the schemes' is refused."""
    schemes = current_site().derive(find_schemes)
    asked = [(k, v) for k, v in request.args.items(multi=True) if k not in _NO_SCHEME]
    known = ", ".join(schemes) or "none, for this release names no other catalogue"
    facts = {"schemes": list(schemes)}
    if len(asked) != 1:
        detail = f"Ask for one identifier, as /id?scheme=number; the schemes are {known}."
        raise ProblemError(400, "bad-request", detail, facts)
    ((key, value),) = asked
    if key not in schemes:
        detail = f"There is no scheme {key!r}; the schemes are {known}."
        raise ProblemError(400, "unknown-parameter", detail, facts)
    if not value.strip():
        detail = f"The {schemes[key].label} identifier is missing after {key}=."
        raise ProblemError(400, "bad-request", detail, facts)
    return schemes[key], value.strip()


@pages.route("/beacon/<key>.txt")
def beacon(key: str) -> Response:
    """List the identifiers of one scheme that lead here (BEACON link dump format)."""
    scheme = current_site().derive(find_schemes).get(key)
    if scheme is None or not has_beacon(scheme):
        listed = [s.key for s in current_site().derive(find_schemes).values() if has_beacon(s)]
        detail = f"There is no BEACON file {key!r}; there are: {', '.join(listed) or 'none'}."
        raise ProblemError(404, "not-found", detail)
    return reply(TEXT, lambda: "\n".join(_write_beacon(current_site(), scheme)))


def has_beacon(scheme: Scheme) -> bool:
    """Tell whether a scheme has a BEACON file: it needs addresses, and something to list."""
    return bool(scheme.template and scheme.things)


def _write_beacon(site: Site, scheme: Scheme) -> Iterator[str]:
    """Write the fields, then one identifier a line: each is put into PREFIX and into TARGET."""
    root = root_url()
    title, text = site.title("en").value, site.description("en")
    yield "#FORMAT: BEACON"
    yield f"#PREFIX: {(scheme.template or '').removesuffix(PLACE)}"
    yield f"#TARGET: {root}/id?{scheme.key}={PLACE}"
    yield f"#RELATION: {SEE_ALSO}"
    yield f"#NAME: {_in_one_line(title)}"
    if text is not None:
        yield f"#DESCRIPTION: {_in_one_line(text.value)}"
    yield f"#HOMEPAGE: {root}/"
    yield f"#FEED: {root}/beacon/{scheme.key}.txt"
    if site.dataset.changed_on:
        yield f"#TIMESTAMP: {site.dataset.changed_on}"
    yield ""
    yield from (i for i in scheme.things if _in_one_line(i) == i and "|" not in i)
    yield ""


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


@pages.route("/links/linkset")
def linkset() -> Response:
    """Give every link out of the dataset as a linkset (RFC 9264), as JSON or as text."""
    to = addresses().to
    urls = {offer.name: to(f"/links/linkset.{name}") for name, offer in LINKSETS.items()}
    return _linkset(negotiate(tuple(LINKSETS.values()), urls))


@pages.route("/links/linkset.<any(json, txt):suffix>")
def linkset_as(suffix: str) -> Response:
    """Give the linkset in the form the address names."""
    return _linkset(LINKSETS[suffix])


def _linkset(offer: Offer) -> Response:
    links = current_site().derive(find_links)
    write = _write_json if offer is LINKSET else _write_text
    return reply(offer, lambda: write(links))


Links = Mapping[str, Mapping[str, tuple[str, ...]]]


def find_links(site: Site) -> Links:
    """Find all links out of the dataset: targets by relation (our predicates) by our thing."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for predicate in PREDICATES:
        for quad in site.store.quads_for_pattern(None, predicate, None, DEFAULT):
            if is_link(quad.subject, quad.object, site.base):
                assert isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
                found[quad.subject.value][predicate.value].add(quad.object.value)
    return {
        thing: {relation: tuple(sorted(found[thing][relation])) for relation in found[thing]}
        for thing in sorted(found)
    }


def _write_json(links: Links) -> str:
    """Write one link context object for each thing; relations are URIs (RFC 9264, 4.2)."""
    contexts = [
        {"anchor": thing, **{r: [{"href": t} for t in targets] for r, targets in said.items()}}
        for thing, said in links.items()
    ]
    return json.dumps({"linkset": contexts}, indent=1) + "\n"


def _write_text(links: Links) -> str:
    """Write all links as one value of a `Link` header over many lines (RFC 9264, 4.1)."""
    written = [
        f'<{target}>; rel="{relation}"; anchor="{thing}"'
        for thing, said in links.items()
        for relation, targets in said.items()
        for target in targets
    ]
    return ",\n".join(written) + "\n"
