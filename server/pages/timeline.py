"""When and where: what a release says happened, on a timeline and maps with one selection."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from server.chronicle.atlas import draw_atlas
from server.chronicle.reading import Chronicle, read_chronicle
from server.geography.basemap import draw_base
from server.geography.frames import Frame, frame_cell, is_cell, locate_cell
from server.geography.outlines import SOURCE, find_folder
from server.negotiation import HTML, Offer
from server.pages.frame import addresses, page_reader, show
from server.pages.map import Locator, locator, short_name, show_maps
from server.pages.places import show_places
from server.pages.rows import show_chronicle
from server.pages.selection import PARAMETERS, Selection, read_selection
from server.refusals import ProblemError
from server.replies import REVALIDATE, reply, see_other
from server.site import Site, current_site

pages = Blueprint("timeline", __name__)

SVG = Offer("svg", "image/svg+xml", "SVG")
KEEP = "public, max-age=31536000, immutable"
MOST_PICTURES = 256

_CELL = re.compile(r"at(-?\d{1,3})_(-?\d{1,3})")


@pages.route("/timeline")
def timeline() -> Response:
    """Show the timeline with its maps, and what the address selects on them."""
    site = current_site()
    selection = read_selection(request.args, site.base, _find_chronicle(site))
    skip = max(0, request.args.get("skip", 0, type=int))
    return reply(HTML, lambda: _page(site, selection, skip))


@pages.route("/timeline/entries")
def entries() -> Response:
    """Give all entries at once, for the script that puts them into the page."""
    site = current_site()
    view = show_chronicle(page_reader(), _find_chronicle(site), Selection(), whole=True)
    if not view.complete:
        detail = f"The timeline has {view.total} entries, too many to show at once."
        raise ProblemError(404, "not-found", detail)
    return reply(HTML, lambda: show("entries.html", view=view))


def _find_chronicle(site: Site) -> Chronicle:
    chronicle = site.derive(read_chronicle)
    if not chronicle.dated:
        detail = "Nothing in this release has a date that a timeline could show."
        raise ProblemError(404, "not-found", detail)
    return chronicle


def _page(site: Site, selection: Selection, skip: int) -> str:
    reader, chronicle = page_reader(), site.derive(read_chronicle)
    atlas = site.derive(draw_atlas)
    view = show_chronicle(reader, chronicle, selection, skip=skip)
    chosen = {name: value for name, value in request.args.items() if name in PARAMETERS}
    place = short_name(reader, selection.place) if selection.place else ""
    return show(
        "timeline.html",
        view=view,
        reached=view.reached(selection, place),
        maps=show_maps(reader, site),
        places=show_places(reader, chronicle, atlas, selection),
        selection=selection,
        further=reader.addresses.to("/timeline", **chosen, skip=str(view.following)),
        source=SOURCE if find_folder() else None,
        cut=chronicle.cut,
    )


@pages.route("/map")
def map_of_the_timeline() -> Response:
    """Lead to the maps, with what is selected on them."""
    return see_other(addresses().to("/timeline#map", **request.args.to_dict()))


@pages.app_template_global("locate")
def locate(iri: str) -> Locator | None:
    """Show on a thing's page where it lies."""
    return locator(page_reader(), NamedNode(iri))


@pages.route("/map/<name>.svg")
def picture(name: str) -> Response:
    """Draw what lies beneath the marks of one map."""
    site = current_site()
    frame = _find_frame(site, name)
    if frame is None:
        raise ProblemError(404, "not-found", f"There is no map called {name}.")
    pictures = site.derive(_hold_pictures)
    if name not in pictures:
        if len(pictures) >= MOST_PICTURES:
            pictures.pop(next(iter(pictures)), None)
        pictures[name] = draw_base(frame, find_folder())
    body = pictures[name]
    return reply(SVG, lambda: body, cache=KEEP if request.args.get("v") else REVALIDATE)


def _hold_pictures(_: Site) -> dict[str, str]:
    """Make the place where the drawn maps of a release are kept."""
    return {}


def _find_frame(site: Site, name: str) -> Frame | None:
    """Find the frame of a map: one of the release's by number, or a cell of the Earth's grid."""
    regions = site.derive(draw_atlas).regions
    if name.isdecimal() and int(name) < len(regions):
        return regions[int(name)].frame
    found = _CELL.fullmatch(name)
    cell = (int(found[1]), int(found[2])) if found else (0, 0)
    if not found or not is_cell(*cell):
        return None
    has_place = cell in site.derive(_find_cells) or site.derive(read_chronicle).cut
    return frame_cell(*cell) if has_place else None


def _find_cells(site: Site) -> frozenset[tuple[int, int]]:
    """Gather the cells in which a place of the release lies; of others nobody needs a map."""
    points = site.derive(read_chronicle).positions.points.values()
    return frozenset(locate_cell(point) for point in points)
