"""How much a request may say in parameters: to read them takes time, in which others wait."""

from __future__ import annotations

from flask import request

from server.refusals import ProblemError
from server.settings import Settings
from server.site import current_site

_WITH_A_QUERY = "sparql.sparql"
_WITH_A_BATCH = "reconciliation.reconcile"


def check_count(raw: bytes, place: str, settings: Settings) -> None:
    """Count parameters before they are read; `place` is what holds them: the address or the body.

    Raises:
        ProblemError: 400 when there are too many.
    """
    most = settings.parameters
    if raw.count(b"&") >= most:
        detail = f"The {place} has more than {most} parameters."
        facts = {"limit": "parameters", "limit_value": most}
        raise ProblemError(400, "bad-request", detail, facts)


def refuse_long_addresses() -> None:
    """Refuse an address with too many parameters, or too long ones, before they are read.

    Raises:
        ProblemError: 400 or 414; the page that says so is made as if there were no parameters.
    """
    settings = current_site().settings
    try:
        check_count(request.query_string, "address", settings)
        _check_length(len(request.query_string), settings)
    except ProblemError:
        request.query_string = b""
        request.environ["QUERY_STRING"] = ""
        raise


def _check_length(length: int, settings: Settings) -> None:
    name, advice = "parameters_bytes", ""
    most = limit = settings.parameters_bytes
    if request.endpoint == _WITH_A_QUERY:
        longest = max(map(len, request.query_string.split(b"&")))
        if length - longest <= most:
            name, limit = "query_bytes", settings.query_bytes
            advice = f" A query may have {limit:,}."
            most += 3 * limit  # every byte may come as %XX
    elif request.endpoint == _WITH_A_BATCH and request.method != "POST":
        name, advice = "reconcile_address_bytes", " Post it as a form."
        most = limit = settings.reconcile_address_bytes
    if length > most:
        detail = (
            f"The parameters of the address have {length:,} bytes; the limit is {most:,}.{advice}"
        )
        facts = {"limit": name, "limit_value": limit, "limit_bytes": limit}
        raise ProblemError(414, "too-large", detail, facts)
