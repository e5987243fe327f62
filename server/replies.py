"""Bodies into responses: one place for ETag, 304, Vary, Link and caching."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from flask import Response, g, request

from server.compression import all_marks
from server.links import link_header
from server.negotiation import HTML, VARY, Offer, choose
from server.pages.frame import addresses, page_language
from server.refusals import not_acceptable
from server.site import current_site

REVALIDATE = "no-cache"
"""A release may be replaced at any time: keep the copy, but ask (the answer is a 304)."""


def negotiate(offers: Sequence[Offer], urls: Mapping[str, str]) -> Offer:
    """Choose by `Accept`; `urls` gives the address of each offer by its name.

    Raises:
        ProblemError: 406 with the list of what there is.
    """
    chosen = choose(request.headers.get("Accept"), offers)
    if chosen is None:
        raise not_acceptable({offer.media_type: urls[offer.name] for offer in offers})
    return chosen


def etag_of(*parts: str) -> str:
    """Make a strong tag from the release, the server's code, and what else decides the bytes."""
    site = current_site()
    text = "\n".join((site.version, site.build, request.host_url, request.script_root, *parts))
    return f"{site.version[:12]}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def reply(
    offer: Offer,
    make: Callable[[], str | bytes],
    *,
    key: str = "",
    repeatable: bool = True,
    links: Sequence[str] = (),
    cache: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with the body that `make` gives, or with 304 before it is made.

    The body must be a function of the release, the address, `key`, the offer and the page's
    language; where it is not (`repeatable` false), it gets no tag and is not to be stored.
    """
    lang = page_language() if offer is HTML else ""
    tag = etag_of(request.full_path, key, offer.media_type, lang)
    reading = request.method in ("GET", "HEAD")
    held = any(request.if_none_match.contains_weak(one) for one in all_marks(tag))
    if repeatable and reading and held:
        response = Response(status=304)
    else:
        response = Response(make(), content_type=offer.content_type)
    if repeatable:
        response.set_etag(tag)
    response.headers["Cache-Control"] = cache if repeatable else "no-store"
    response.headers["Vary"] = VARY
    if lang:
        response.headers["Content-Language"] = lang
    for link in links:
        response.headers.add("Link", link)
    response.headers.extend(headers or {})
    return response


def frame_links(canonical: str, alternates: Mapping[Offer, str]) -> list[str]:
    """Write the `Link` headers every document has: canonical, licence, dataset, other forms.

    The page made for this request says the same address of itself.
    """
    g.canonical = canonical
    links = [link_header(canonical, "canonical")]
    links += [link_header(url, "alternate", o.media_type) for o, url in alternates.items()]
    return links + general_links()


def general_links() -> list[str]:
    """Write the `Link` headers every answer has: what describes the dataset, and its licence."""
    links = [link_header(addresses().to("/void"), "describedby")]
    license_iri = current_site().dataset.license
    return [*links, link_header(license_iri, "license")] if license_iri else links


def see_other(target: str, links: Sequence[str] = ()) -> Response:
    """Lead elsewhere (303): what was asked for is described there."""
    response = Response(status=303, headers={"Location": target})
    response.headers["Vary"] = VARY
    response.headers["Cache-Control"] = REVALIDATE
    for link in links:
        response.headers.add("Link", link)
    return response
