"""Say why what came is not answered as a request, as any other problem is said."""

from __future__ import annotations

from server.http.heads import Environ, Fault, Headers
from server.refusals import ProblemError, say_problem
from server.sparql.front import Front

_KINDS = {413: "too-large", 414: "too-large", 431: "too-large", 500: "internal", 503: "busy"}
_WHY = {
    400: "This is no request of HTTP/1.1, or one that could be read in two ways (RFC 9112).",
    408: "The request did not arrive as a whole in time.",
    413: "The body is larger, as it is sent, than this service reads.",
    414: "The path in the address is longer than this service reads.",
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

    def explain(self, fault: Fault, environ: Environ) -> tuple[Headers, bytes]:
        """Give headers and body of the answer; of a head that was not read little is known."""
        status, facts = fault.status.value, {}
        detail = _WHY[status]
        if fault.limit:
            detail = f"{detail.removesuffix('.')} ({fault.limit}: {fault.value:,})."
            facts = {"limit": fault.limit, "limit_value": fault.value}
        again = {"Retry-After": "1"} if status == 503 else {}
        kind = _KINDS.get(status, "bad-request")
        problem = ProblemError(status, kind, detail, facts, again)
        headers, body = say_problem(problem, self._front.site().base, environ)
        headers.append(("X-Request-Id", environ.get("kg.request_id") or self._front.number()))
        if not self._front.turn_away(environ, problem):
            self._front.metrics.count_request("other", status)
        return headers, body
