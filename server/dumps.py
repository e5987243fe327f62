"""`/dumps/`: the whole dataset as files, in ranges, with digests (RFC 9110, RFC 9530)."""

from __future__ import annotations

import base64
import json
from pathlib import PurePosixPath

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from kg.release import ReleasedFile
from server.frame import addresses, show
from server.negotiation import HTML, JSON
from server.refusals import ProblemError
from server.replies import negotiate, reply
from server.site import Site, current_site

pages = Blueprint("dumps", __name__)

AN_HOUR = "public, max-age=3600, must-revalidate"
FOR_EVER = "public, max-age=31536000, immutable"


def dump_files() -> dict[str, ReleasedFile]:
    """List the release's dumps by file name."""
    files = current_site().release.manifest.files
    listed = {PurePosixPath(f.path).name: f for f in files if f.path.startswith("dumps/")}
    return dict(sorted(listed.items()))


@pages.route("/dumps/")
def dumps() -> Response:
    """List the dumps with size and digest: a page, or JSON."""
    to = addresses().to
    offer = negotiate((HTML, JSON), {"html": to("/dumps/"), "json": to("/dumps/")})
    if offer is HTML:
        return reply(HTML, lambda: show("dumps.html", files=dump_files()))
    return reply(JSON, _as_json)


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
    """Answer with the file or the part asked for, or with 304 or 416."""
    try:
        body = site.folder.open(file.path)
    except FileNotFoundError:
        detail = "The release is being replaced at this moment; ask again."
        headers = {"Retry-After": "1"}
        raise ProblemError(503, "replaced", detail, headers=headers) from None
    response = Response(FileWrapper(body), mimetype=file.media_type, direct_passthrough=True)
    response.call_on_close(body.close)
    response.content_length = file.size
    response.set_etag(file.sha256)
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=file.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


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
