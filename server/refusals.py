"""Errors as data: what can be answered in place of what was asked for (RFC 9457)."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from kg.errors import KnowledgeError, OrderError, QueryError
from server.evaluation.answers import FederationError
from server.evaluation.spool import NoRoomError, UnwritableError
from server.headers import ALWAYS
from server.http.heads import Environ, Headers
from server.limits import LimitError
from server.negotiation import HTML, JSON, PROBLEM, VARY, choose

KINDS = {
    "bad-request": "The request breaks a rule of its protocol; the detail says which.",
    "query": "The query cannot be parsed, or asks for something this service does not do "
    "(updates, SERVICE, very deep nesting); line and column say where.",
    "updates-refused": "The data is read-only: the update side of the protocol is not offered.",
    "unknown-parameter": "The address carries a parameter this service does not know.",
    "unsupported-media-type": "The body's media type, charset or coding is not one of those named.",
    "unorderable": "ORDER BY meets terms that the engine cannot order together, such as times "
    "with and without a time zone; order by their spelling, ORDER BY STR(?x), instead.",
    "not-acceptable": "None of the forms this address has fits the Accept header.",
    "foreign": "This address is for one person at this machine, and the request came from "
    "elsewhere; the detail says from where.",
    "not-found": "Nothing here has this name.",
    "several": "More than one thing here has this identifier; each is named.",
    "gone": "The name was used and is retired; the reason stands beside it.",
    "conflict": "The files that this would change are no longer as it takes them to be, or broken; "
    "the detail says where.",
    "method-not-allowed": "This address does not know the method; Allow names those it knows.",
    "too-large": "The request is larger than the limit it names.",
    "result-too-large": "The answer is larger than the limit it names; nothing is cut silently.",
    "too-many-requests": "One address asks more at the same time than it may; ask again when one "
    "of its queries has been answered.",
    "busy": "Every place for queries is taken; ask again after the time that Retry-After gives.",
    "time-limit": "The query ran longer than the limit it names and was stopped; ask for less, or "
    "take a dump and ask your own engine.",
    "memory-limit": "The query needed more memory than the limit it names and was stopped; sort, "
    "group and join less at a time.",
    "far-endpoint": "An endpoint that the query calls with SERVICE gave no answer or a broken one, "
    "or sent us to another address, which is never followed; SERVICE SILENT goes on without it.",
    "no-room": "The disk on which large results wait to be read is full; ask for less, or again "
    "after the time that Retry-After gives.",
    "precondition": "The file is not the one that If-Match names; ask again without it.",
    "range": "The range asked for lies outside the file.",
    "replaced": "The release is being replaced by a newer one at this moment; ask again.",
    "internal": "A fault of ours. It is logged; please tell us the time and the address.",
}
"""Every kind of problem this service answers with; `/problems` lists them."""
_LONG_ACCEPT = 1000


@dataclass
class ProblemError(Exception):
    """An answer other than the one asked for: status, kind, one sentence, and facts.

    `page` makes the page for people where the ordinary one would lose what they typed.
    """

    status: int
    kind: str
    detail: str
    facts: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    page: Callable[[], str] | None = None

    @property
    def title(self) -> str:
        """Name the status as HTTP does."""
        return HTTPStatus(self.status).phrase


def not_acceptable(available: Mapping[str, str]) -> ProblemError:
    """Say which forms there are: media type to address."""
    listed = [{"media_type": media, "address": url} for media, url in available.items()]
    names = ", ".join(sorted(set(available)))
    detail = f"No form of this answer fits the Accept header; available: {names}."
    return ProblemError(406, "not-acceptable", detail, {"available": listed})


def to_problem(error: KnowledgeError) -> ProblemError:
    """Turn what stands in the way of a query's answer into the problem that says so."""
    if isinstance(error, LimitError):
        facts: dict[str, object] = {"limit": error.limit_name, "limit_value": error.value}
        unit = error.limit_name.rpartition("_")[2]
        if unit in ("bytes", "ms"):
            facts[f"limit_{unit}"] = error.value
        again = error.retry_after_s
        headers = {} if again is None else {"Retry-After": str(again)}
        return ProblemError(error.status, _kind_of(error), error.message, facts, headers)
    if isinstance(error, UnwritableError):
        return ProblemError(406, "not-acceptable", error.message)
    if isinstance(error, FederationError):
        return ProblemError(502, "far-endpoint", error.message)
    if isinstance(error, NoRoomError):
        return ProblemError(507, "no-room", error.message, headers={"Retry-After": "60"})
    kind = "unorderable" if isinstance(error, OrderError) else "query"
    facts = {n: v for n, v in (("line", error.line), ("column", error.column)) if v}
    limit = getattr(error, "limit_name", None)
    if isinstance(error, QueryError) and limit:
        facts |= {"limit": limit, "limit_value": getattr(error, "value", None)}
    return ProblemError(400, kind, error.message, facts)


def _kind_of(error: LimitError) -> str:
    if error.limit_name == "result_bytes":
        return "result-too-large"
    kinds = {429: "too-many-requests", 503: "busy", 504: "time-limit", 507: "memory-limit"}
    return kinds.get(error.status, "query")


def write_problem(problem: ProblemError, base: str, root: str, path: str) -> bytes:
    """Write a problem as JSON.

    `base` begins the names of the kinds, `root` the addresses of this service, where `help`
    leads; `path` is what was asked for.
    """
    document = {
        "type": f"{base}problems#{problem.kind}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        "help": f"{root}/problems#{problem.kind}",
        **problem.facts,
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def wants_page(accept: str | None) -> bool:
    """Tell whether a problem is to be said to a person, not to a program."""
    return choose(accept, (PROBLEM, JSON, HTML)) is HTML


def say_problem(problem: ProblemError, base: str, environ: Environ) -> tuple[Headers, bytes]:
    """Say a problem in no time, without a page's frame; gives headers and body."""
    root, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    accept = environ.get("HTTP_ACCEPT", "")
    if len(accept) <= _LONG_ACCEPT and wants_page(accept):
        offer, body = HTML, _write_bare_page(problem, root)
    else:
        offer, body = PROBLEM, write_problem(problem, base, root, path)
    headers = [
        ("Content-Type", offer.content_type),
        ("Content-Length", str(len(body))),
        ("Vary", VARY),
        ("Cache-Control", "no-store" if problem.status >= 500 else "no-cache"),
        *problem.headers.items(),
        *ALWAYS.items(),
    ]
    return headers, body


def _write_bare_page(problem: ProblemError, root: str) -> bytes:
    said = f"{problem.status} {problem.title}"
    help_address = html.escape(f"{root}/problems#{problem.kind}")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{said}</title>
</head>
<body>
<main>
<h1>{said}</h1>
<p><strong>{html.escape(problem.detail)}</strong></p>
<p><a href="{help_address}">What this means</a></p>
</main>
</body>
</html>
""".encode()
