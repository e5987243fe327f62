"""The page on which a person weighs proposed links: `/review`, with `kg serve --review` only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request

from kg.errors import KnowledgeError, LinkError
from kg.linking.changes import Entry
from kg.linking.life import Pair, Review, Verdict, pair_of
from kg.linking.sides import Line, Sides
from kg.linking.wikidata import to_id
from kg.sssom import Link
from server.negotiation import HTML
from server.pages.frame import addresses, page_language, show
from server.pages.wording import PHRASES
from server.refusals import ProblemError
from server.replies import reply
from server.review import check_visitor, conflict, workbench

pages = Blueprint("review", __name__)

UNDO = "undo"
_NAME_COOKIE = "reviewer"
_YEAR_S = 31_536_000
_ITEM_PAGE = "https://www.wikidata.org/wiki/"
_CLOSED = {"Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex"}

pages.before_request(check_visitor)


@dataclass(frozen=True)
class View:
    """What the page shows: a link with both sides, what can be done with it, what was done last.

    `thing` and `item` are the pages of both sides, `later` is that of the next link; `rival` is the
    item that this one would supersede.
    """

    link: Link | None
    sides: Sides | None
    waiting: int
    thing: str | None
    item: str
    later: str | None
    rival: str | None
    last: Entry | None


@pages.route("/review")
def review() -> Response:
    """Show a proposed link, the first that waits or the one that `?at=` names."""
    return _page(200)


@pages.route("/review", methods=["POST"])
def decide() -> Response:
    """Write a decision, or take the last one back; leads to the link that is next."""
    bench = workbench()
    bench.check_form()
    form = request.form
    try:
        if form.get("verdict") == UNDO:
            entry = bench.links.undo()
            return _to_page((entry.subject, entry.object) if entry else None)
        pair = form.get("subject", ""), form.get("object", "")
        after = _following(bench.links.waiting(), pair)
        reason = form.get("reason", "")
        bench.links.decide(pair, Review(_verdict(), form.get("reviewer", ""), reason))
    except LinkError as error:
        return _page(409, error)
    except KnowledgeError as error:
        raise conflict(error) from None
    return _to_page(pair_of(after) if after else None)


def _verdict() -> Verdict:
    given = request.form.get("verdict", "")
    try:
        return Verdict(given)
    except ValueError:
        known = ", ".join((*Verdict, UNDO))
        detail = f"{given!r} is no verdict; a verdict is one of {known}."
        raise ProblemError(400, "bad-request", detail) from None


def _page(status: int, error: LinkError | None = None) -> Response:
    bench = workbench()
    try:
        view = _view()
        name = request.form.get("reviewer") or request.cookies.get(_NAME_COOKIE)
        response = reply(
            HTML,
            lambda: show(
                "review.html",
                view=view,
                label=_label,
                error=error,
                reviewer=name or bench.reviewer(),
                reason=request.form.get("reason", ""),
                token=bench.token(),
            ),
            repeatable=False,
            headers=_CLOSED,
        )
    except KnowledgeError as trouble:
        raise conflict(trouble) from None
    response.status_code = status
    return response


def _view() -> View:
    links = workbench().links
    waiting = links.waiting()
    link = _find(waiting)
    if link is None:
        return View(None, None, 0, None, "", None, None, links.last())
    after, rival = _following(waiting, pair_of(link)), links.rival(link)
    return View(
        link,
        workbench().comparing().compare(link),
        len(waiting),
        addresses().href(link.subject),
        _ITEM_PAGE + (to_id(link.object.value) or ""),
        _address(pair_of(after)) if after else None,
        rival[1].cells["object_id"] if rival else None,
        links.last(),
    )


def _find(waiting: Sequence[Link]) -> Link | None:
    """Give the link that the address or the form names, else the first."""
    form = request.form
    named = {request.args.get("at", ""), f"{form.get('subject')} {form.get('object')}"}
    found = (link for link in waiting if " ".join(pair_of(link)) in named)
    return next(found, waiting[0] if waiting else None)


def _following(waiting: Sequence[Link], pair: Pair) -> Link | None:
    """Give the link after one, from the last on to the first; None where there is no other."""
    places = (number for number, link in enumerate(waiting) if pair_of(link) == pair)
    place = next(places, -1)
    after: Iterator[Link] = (link for link in (*waiting[place + 1 :], *waiting[:place]))
    return next((link for link in after if pair_of(link) != pair), None)


def _address(pair: Pair | None) -> str:
    return addresses().to("/review", **({"at": " ".join(pair)} if pair else {}))


def _to_page(pair: Pair | None) -> Response:
    response = Response(status=303, headers={"Location": _address(pair), **_CLOSED})
    response.headers["Cache-Control"] = "no-store"
    name = request.form.get("reviewer", "")
    if name:
        response.set_cookie(
            _NAME_COOKIE, name, max_age=_YEAR_S, path="/review", httponly=True, samesite="Strict"
        )
    return response


def _label(line: Line) -> tuple[str, str]:
    """Give a line's label and its language: the page's own words, else as the data has it."""
    lang = page_language()
    own = PHRASES[lang].get("review_" + line.label.replace(" ", "_"))
    return (own, lang) if own else (line.label, "en")
