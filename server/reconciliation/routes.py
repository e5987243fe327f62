"""`/reconcile` and what belongs to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, render_template, request
from pyoxigraph import NamedNode

from kg.matching.reading import NOTE
from server.headers import SECURITY
from server.negotiation import HTML, JSON
from server.pages.frame import addresses, page_language, page_reader, show
from server.pages.wording import PHRASES
from server.parameters import check_count
from server.reconciliation.answering import answer
from server.reconciliation.asking import read_extension, read_queries
from server.reconciliation.catalogue import Catalogue, catalogue
from server.reconciliation.extension import PROPOSED, extend, propose
from server.reconciliation.manifest import to_manifest
from server.reconciliation.suggestion import suggest_entities, suggest_properties, suggest_types
from server.refusals import ProblemError
from server.replies import negotiate, reply, see_other
from server.site import current_site
from server.sparql.protocol import read_body

pages = Blueprint("reconciliation", __name__)

FORM = "application/x-www-form-urlencoded"
NAMES_SHOWN = 6
FEATURES = (
    "name", "family-name", "given-name", "further-names", "generation", "rank", "number",
    "kind-of-unit", "branch", "honour", "army", "other-words", "kind-of-place", "kind",
    "identifier",
)  # fmt: skip
"""What a score is made of, beside the properties that a query names."""
_ANYWHERE = SECURITY["Content-Security-Policy"].replace(
    "frame-ancestors 'none'", "frame-ancestors *"
)
_SUGGESTING = {
    "entity": suggest_entities,
    "property": suggest_properties,
    "type": suggest_types,
}


@pages.route("/reconcile", methods=["GET", "POST"], strict_slashes=False)
def reconcile() -> Response:
    """Answer a batch of queries or of extensions; without one, say what this service is."""
    given = _read_given()
    if "queries" in given:
        return _reply(lambda found: _answer(found, given["queries"]))
    if "extend" in given:
        return _reply(lambda found: _extend(found, given["extend"]))
    if request.method == "POST":
        raise ProblemError(400, "bad-request", "The form has neither queries nor extend.")
    if negotiate((JSON, HTML), {"json": _here(), "html": _here(".html")}) is HTML:
        return page()
    return _reply(lambda found: to_manifest(found, _root()))


@pages.route("/reconcile.html")
def page() -> Response:
    """Tell people how to use the service."""
    return reply(HTML, lambda: show("reconciliation.html", address=_here(), features=FEATURES))


@pages.route("/reconcile/suggest/<what>")
def suggest(what: str) -> Response:
    """Complete what somebody types."""
    find = _SUGGESTING.get(what)
    if find is None:
        kinds = ", ".join(_SUGGESTING)
        raise ProblemError(404, "not-found", f"Nothing suggests {what}; suggested are {kinds}.")
    _refuse_callback()
    prefix = request.args.get("prefix", "")
    _check_length("prefix", prefix)
    cursor = _read_number("cursor", 0)
    return _reply(lambda found: find(found, prefix, cursor))


@pages.route("/reconcile/properties")
def properties() -> Response:
    """Propose properties to fetch for things of a type."""
    _refuse_callback()
    type, limit = request.args.get("type", ""), _read_number("limit", PROPOSED)
    return _reply(lambda found: propose(found, type, limit))


@pages.route("/reconcile/view")
def view() -> Response:
    """Lead to the page of a thing."""
    return see_other(addresses().document(_find_thing()))


@pages.route("/reconcile/preview")
def preview() -> Response:
    """Show a thing in a small frame of another site."""
    thing = _find_thing()
    found = reply(HTML, lambda: _preview(thing))
    found.headers["Content-Security-Policy"] = _ANYWHERE
    return found


def _preview(iri: str) -> str:
    entity, reader = current_site().derive(catalogue).index.get(iri), page_reader()
    assert entity is not None
    names = dict.fromkeys(text for _, text in entity.names[1:] if text != entity.name)
    return render_template(
        "preview.html",
        iri=iri,
        lang=page_language(),
        say=PHRASES[page_language()],
        label=reader.look.label(NamedNode(iri), reader.lang),
        kinds=[reader.kind(NamedNode(kind)) for kind in sorted(entity.kinds)],
        note=reader.look.text(NamedNode(iri), NOTE, reader.lang),
        names=list(names)[:NAMES_SHOWN],
        href=reader.addresses.document(iri),
        style=addresses().to("/static/preview.css"),
    )


def _answer(found: Catalogue, text: str) -> dict[str, Any]:
    queries = read_queries(text, current_site().settings)
    return {name: answer(found, query) for name, query in queries.items()}


def _extend(found: Catalogue, text: str) -> dict[str, Any]:
    return extend(found, read_extension(text, current_site().settings))


def _reply(make: Callable[[Catalogue], dict[str, Any]]) -> Response:
    """Write JSON; what was posted is not to be kept, for it may be long and private."""
    site = current_site()

    def write() -> str:
        return json.dumps(make(site.derive(catalogue)), ensure_ascii=False) + "\n"

    return reply(JSON, write, repeatable=request.method in ("GET", "HEAD"))


def _read_given() -> dict[str, str]:
    if request.method != "POST":
        _refuse_callback()
        return dict(request.args)
    if request.mimetype != FORM:
        detail = f"A batch is posted as a form ({FORM}), not as {request.mimetype or 'nothing'}."
        raise ProblemError(415, "unsupported-media-type", detail)
    settings = current_site().settings
    body = read_body(request.environ, settings.body_bytes)
    check_count(body, "body", settings)
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def _refuse_callback() -> None:
    if "callback" in request.args:
        detail = "JSONP (callback) is not offered; any site may read the JSON itself (CORS)."
        raise ProblemError(400, "unknown-parameter", detail)


def _read_number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise ProblemError(400, "bad-request", f"{name} is a whole number, not {text[:40]!r}.")
    return int(text)


def _check_length(name: str, text: str) -> None:
    limit = current_site().settings.reconcile_characters
    if len(text) > limit:
        detail = f"{name} has {len(text)} characters; at most {limit} are looked at."
        facts = {"limit": "reconcile_characters", "limit_value": limit}
        raise ProblemError(413, "too-large", detail, facts)


def _find_thing() -> str:
    id = request.args.get("id", "")
    thing = current_site().derive(catalogue).find(id)
    if thing is None:
        raise ProblemError(404, "not-found", f"Nothing here has the identifier {id[:200]!r}.")
    return thing.iri


def _root() -> str:
    """Give the address of the site as the visitor reached it, or as the settings name it."""
    return (current_site().settings.public_url or request.url_root).rstrip("/")


def _here(suffix: str = "") -> str:
    return f"{_root()}/reconcile{suffix}"
