"""Say why what came is not answered as a request, as any other problem is said."""

from __future__ import annotations

from server.headers import ALWAYS
from server.http.heads import Fault, Headers
from server.negotiation import PROBLEM
from server.refusals import ProblemError, write_problem
from server.sparql.front import Front

_KINDS = {413: "too-large", 431: "too-large", 500: "internal", 503: "busy"}
_WHY = {
    400: "This is no request of HTTP/1.1, or one that could be read in two ways (RFC 9112).",
    408: "The request did not arrive as a whole in time.",
    413: "The body is larger, as it is sent, than this service reads.",
    431: "The head of the request, which holds address and headers, is too large.",
    500: "A fault of ours, which is logged.",
    501: "Of codings for the transfer of a body this service knows chunked only.",
    503: "Requests that came before take all the room there is; ask again in a second.",
    505: "This service speaks HTTP/1.1 only.",
}


class Misfits:
    """Answers what no app is asked to answer."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def explain(self, fault: Fault) -> tuple[Headers, bytes]:
        """Give headers and body of the answer."""
        status, facts = fault.status.value, {}
        if fault.limit:
            facts = {"limit": fault.limit, "limit_value": fault.value}
        kind = _KINDS.get(status, "bad-request")
        problem = ProblemError(status, kind, _WHY[status], facts)
        body = write_problem(problem, self._front.site().base, "", "")
        headers = [
            ("Content-Type", PROBLEM.media_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *ALWAYS.items(),
            ("X-Request-Id", self._front.number()),
        ]
        if status == 503:
            headers.append(("Retry-After", "1"))
        self._front.metrics.count_request("other", status)
        return headers, body
