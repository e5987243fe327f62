"""`/conformance`: what this very service does of the SPARQL 1.1 Protocol, clause by clause.

The report is made by running the clauses' tests against the service at the first request for it,
and kept as long as release and software are the same.
"""

from __future__ import annotations

from threading import Lock
from typing import cast

from flask import Blueprint, Flask, Response, current_app

from server.conformance.clauses import CLAUSES, Result, run
from server.conformance.earl import to_triples
from server.conformance.visitor import Visitor, over_wsgi
from server.graphs import write_graph
from server.negotiation import HTML, RDF, Offer
from server.pages.frame import addresses, show
from server.refusals import ProblemError
from server.replies import frame_links, negotiate, reply
from server.site import current_site

__all__ = ["CLAUSES", "Result", "Visitor", "pages", "run"]

pages = Blueprint("conformance", __name__)

OFFERS = (HTML, *RDF)
Key = tuple[str, str]


class Reports:
    """The last report of an app, with the release and the software it holds for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._key: Key | None = None
        self._results: tuple[Result, ...] = ()

    def find(self, app: Flask, url: str, key: Key) -> tuple[tuple[Result, ...], bool]:
        """Give the results, and whether they are certain: a busy service cannot tell."""
        with self._lock:
            if key == self._key:
                return self._results, True
            results = run(Visitor(over_wsgi(app.wsgi_app, url), url))
            certain = all(result.outcome != "cantTell" for result in results)
            if certain:
                self._key, self._results = key, results
            return results, certain


@pages.record_once
def _prepare(state: object) -> None:
    state.app.extensions["conformance"] = Reports()  # type: ignore[attr-defined]


@pages.route("/conformance")
def conformance() -> Response:
    """Show the report: a page for people, EARL for programs."""
    to = addresses().to
    return _answer(negotiate(OFFERS, {o.name: to(f"/conformance.{o.name}") for o in OFFERS}))


@pages.route("/conformance.<suffix>")
def conformance_as(suffix: str) -> Response:
    """Show the report in the form the address names."""
    for offer in OFFERS:
        if offer.name == suffix:
            return _answer(offer)
    raise ProblemError(404, "not-found", f"The report has no form .{suffix}.")


def _answer(offer: Offer) -> Response:
    site, to = current_site(), addresses().to
    # Never the address of the request at hand: each other Host would mean another run.
    given = site.settings
    url = (given.public_url or f"http://{given.host}:{given.port}").rstrip("/") + "/sparql"
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    reports = cast(Reports, app.extensions["conformance"])
    results, certain = reports.find(app, url, (site.version, site.build))
    alternates = {o: to(f"/conformance.{o.name}") for o in OFFERS if o is not offer}
    links = frame_links(site.base + "conformance", alternates)
    if offer is HTML:
        return reply(HTML, lambda: _page(results, url), links=links, repeatable=certain)
    graph = to_triples(results, site.base + "conformance", url, site.version)
    return reply(offer, lambda: write_graph(graph, offer.name), links=links, repeatable=certain)


def _page(results: tuple[Result, ...], url: str) -> str:
    passed = sum(result.outcome == "passed" for result in results)
    return show("conformance.html", results=results, passed=passed, endpoint=url)
