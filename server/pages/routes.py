"""Pages for people that list things: checks, problems; and small files."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from flask import Blueprint, Response, current_app, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import HTTPException

from server.descriptions import rewrite, small_file
from server.negotiation import HTML, JSON, RDF, Offer
from server.pages.checks import show_report
from server.pages.frame import addresses, show
from server.refusals import KINDS, ProblemError
from server.replies import frame_links, negotiate, reply, see_other
from server.site import current_site

pages = Blueprint("pages", __name__)

PATH_SIGNS = "/:@!$&'()*+,;=~"
NOWHERE = "Nothing has this address; the start page leads to all there is."


@pages.route("/report")
def report() -> Response:
    """Show how the release was checked: a page, RDF, or JSON."""
    to = addresses().to
    offers = (HTML, *RDF, JSON)
    offer = negotiate(offers, {o.name: to(f"/report.{o.name}") for o in offers})
    return _report(offer)


@pages.route("/report.<suffix>")
def report_as(suffix: str) -> Response:
    """Show the report in the form the address names."""
    for offer in (HTML, *RDF, JSON):
        if offer.name == suffix:
            return _report(offer)
    raise ProblemError(404, "not-found", f"The report has no form .{suffix}.")


def _report(offer: Offer) -> Response:
    to = addresses().to
    body = small_file("report.ttl" if offer in RDF else "report.json")
    alternates = {o: to(f"/report.{o.name}") for o in (HTML, *RDF, JSON) if o is not offer}
    links = frame_links(current_site().base + "report", alternates)
    if offer is HTML:
        return reply(HTML, lambda: show_report(body), links=links)
    return reply(offer, lambda: body if offer is JSON else rewrite(body, offer.name), links=links)


@pages.route("/<path:rest>")
def own_name(rest: str) -> Response:
    """Lead from any other own name, such as the dataset's, to where it is described."""
    site = current_site()
    if site.base + rest == site.dataset.iri:
        return see_other(addresses().to("/"))
    found = lead_on(rest)
    if found is None:
        raise ProblemError(404, "not-found", NOWHERE)
    return found


def lead_on(path: str) -> Response | None:
    """Lead from an address that has no answer of its own to what it means; None: to nothing.

    That is the thing of this name, or else the same address without the slash at its end.
    """
    thing = find_own(path)
    if thing is not None:
        return see_other(addresses().document(thing.value))
    stem = path.strip("/")
    if not path.endswith("/") or not has_route(stem):
        return None
    asked = request.query_string.decode("latin-1")
    target = f"{request.script_root}/{quote(stem)}{'?' if asked else ''}{asked}"
    return Response(status=308, headers={"Location": target})


def has_route(path: str) -> bool:
    """Say whether an address has an answer of its own, whatever it is."""
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(f"/{path}", "GET")
    except HTTPException:
        return False
    return bool(endpoint != "pages.own_name")


def find_own(rest: str) -> NamedNode | None:
    """Find the thing whose name is this address: with its query or without, escaped or not.

    A base may have a path that no proxy takes off: `/graph/x` is BASE `graph/x` or `x` then.
    """
    site = current_site()
    starts = dict.fromkeys((site.base, urljoin(site.base, "/")))
    asked = request.query_string.decode("latin-1")
    for ending in (f"?{asked}", "") if asked else ("",):
        for name in dict.fromkeys((rest, quote(rest, safe=PATH_SIGNS))):
            for start in starts:
                thing = _to_name(start + name + ending, site.base)
                if thing is not None and site.look.known(thing):
                    return thing
    return None


def _to_name(iri: str, base: str) -> NamedNode | None:
    try:
        return NamedNode(iri) if iri.startswith(base) else None
    except ValueError:
        return None


@pages.route("/problems")
def problems() -> Response:
    """List the kinds of problems this service answers with."""
    return reply(HTML, lambda: show("problems.html", kinds=KINDS))
