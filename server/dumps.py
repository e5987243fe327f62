"""`/dumps/`: the whole dataset as files, in ranges, with digests (RFC 9110, RFC 9530)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import ClosingIterator

from kg.release import ReleasedFile
from server.negotiation import HTML, JSON
from server.pages.downloads import list_forms
from server.pages.frame import addresses, page_reader, show
from server.refusals import ProblemError
from server.replies import negotiate, reply
from server.site import Site, current_site

pages = Blueprint("dumps", __name__)

AN_HOUR = "public, max-age=3600, must-revalidate"
FOR_EVER = "public, max-age=31536000, immutable"
CHUNK_BYTES = 64 * 1024
# One range; of several, as of what is none, the whole file is the answer (RFC 9110 14.2).
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


def dump_files() -> dict[str, ReleasedFile]:
    """List the release's dumps by file name."""
    files = current_site().release.manifest.files
    listed = {PurePosixPath(f.path).name: f for f in files if f.path.startswith("dumps/")}
    return dict(sorted(listed.items()))


@pages.route("/dumps/", strict_slashes=False)
def dumps() -> Response:
    """List the dumps with size and digest: a page, or JSON."""
    to = addresses().to
    offer = negotiate((HTML, JSON), {"html": to("/dumps/"), "json": to("/dumps/")})
    if offer is HTML:
        return reply(HTML, _as_page)
    return reply(JSON, _as_json)


def _as_page() -> str:
    return show("dumps.html", forms=list_forms(current_site(), page_reader(), dump_files()))


def _as_json() -> str:
    site = current_site()
    files = [
        {"name": n, "media_type": f.media_type, "size": f.size, "sha256": f.sha256}
        for n, f in dump_files().items()
    ]
    document = {"name": site.release.manifest.name, "version": site.version, "files": files}
    return json.dumps(document, indent=2) + "\n"


@pages.route("/dumps/<name>")
def dump(name: str) -> Response:
    """Send a dump or a part of it.

    With `?v=VERSION` the address names these bytes for ever, so caches may keep them; without,
    it names the newest release's dump.
    """
    site = current_site()
    file = dump_files().get(name)
    if file is None:
        names = ", ".join(dump_files())
        raise ProblemError(404, "not-found", f"There is no dump {name}; there are: {names}.")
    version = request.args.get("v")
    if version is not None and version != site.version:
        detail = f"This is release {site.version}; release {version} is not kept here."
        raise ProblemError(404, "not-found", detail, {"version": site.version})
    response = _open_dump(site, file)
    response.headers["Content-Disposition"] = f"attachment; filename={_saved_as(name, site)}"
    return _add_headers(response, file.sha256, version is not None)


def _open_dump(site: Site, file: ReleasedFile) -> Response:
    """Answer with the file or the part asked for, or with 304, 412 or 416 (RFC 9110 13.2.2)."""
    tag = file.sha256
    if "If-Match" in request.headers and not request.if_match.contains(tag):
        detail = "The file is another one by now than If-Match names; its tag is in ETag."
        raise ProblemError(412, "precondition", detail, headers={"ETag": f'"{tag}"'})
    part = None
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        part = _find_part(tag, file.size)
        start, end = part or (0, file.size)
        body = _open_body(site, file)
        pieces = ClosingIterator(_read_part(body, start, end), body.close)
        response = Response(pieces, mimetype=file.media_type, direct_passthrough=True)
        response.content_length = end - start
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{file.size}"
    response.set_etag(tag)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _open_body(site: Site, file: ReleasedFile) -> BinaryIO:
    try:
        return site.folder.open(file.path)
    except FileNotFoundError:
        detail = "The release is being replaced at this moment; ask again."
        headers = {"Retry-After": "1"}
        raise ProblemError(503, "replaced", detail, headers=headers) from None


def _find_part(tag: str, size: int) -> tuple[int, int] | None:
    """Give start and end of the one range asked for; None for the whole file.

    Raises:
        RequestedRangeNotSatisfiable: when the range lies outside the file.
    """
    wish = _RANGE.fullmatch(request.headers.get("Range", ""))
    # A weak tag never matches, nor does a date: no Last-Modified is sent (RFC 9110 13.1.5).
    same = request.headers.get("If-Range", f'"{tag}"').strip() == f'"{tag}"'
    if request.method != "GET" or wish is None or not same or wish.group(1) == wish.group(2) == "":
        return None
    first, last = wish.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise RequestedRangeNotSatisfiable(size)
    return start, end


def _read_part(body: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    body.seek(start)
    left = end - start
    while left > 0 and (piece := body.read(min(left, CHUNK_BYTES))):
        left -= len(piece)
        yield piece


def _add_headers(response: Response, sha256: str, fixed: bool) -> Response:
    digest = f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
    headers = response.headers
    headers["Repr-Digest"] = digest
    # Content-Digest is of the bytes in this very message: of a part it would be another one.
    if response.status_code == 200:
        headers["Content-Digest"] = digest
    headers["Cache-Control"] = FOR_EVER if fixed else AN_HOUR
    headers["Vary"] = "Accept"
    return response


def _saved_as(name: str, site: Site) -> str:
    """Put the version into the name a visitor saves: `name-1a2b3c4d5e6f.ttl.gz`."""
    stem, dot, rest = name.partition(".")
    return f"{stem}-{site.version[:12]}{dot}{rest}"
