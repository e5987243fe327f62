"""Take a query, give its whole answer: from the cache, or from the evaluator.

Programs are answered by the front and people by a page, and both come here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from sys import getsizeof
from typing import NamedTuple

from kg.sparql import QueryForm, Token, check_quickly, find_services, tokens
from server.evaluation.answers import Evaluated, QueryRequest, check
from server.limits import Limits
from server.negotiation import HTML, Offer, choose
from server.refusals import ProblemError, not_acceptable
from server.sparql.cache import Cache, Entry
from server.sparql.protocol import Given, offers_for, pick_by_name
from server.turns import Pool

LARGE_BYTES = 2_000_000
"""From this size on a result is sent as it is read, and not kept."""

SHORT_TEXT = 500
"""Up to so many characters a query is read in no time, however it is written."""

MIDDLING_TEXT = 8000
"""Up to so many characters a query that takes long to read does not wait behind longer ones."""

_SHORT = 1000
_UNREPEATABLE = ("NOW", "RAND", "UUID", "BNODE")
_CHANGING = re.compile(rf"(?:{'|'.join(_UNREPEATABLE)})[\s(#]")
_QUIET = frozenset(("iri", "string", "variable", "op"))


class Asked(NamedTuple):
    """A query that may be evaluated, and the form in which its answer is wanted."""

    request: QueryRequest
    form: QueryForm
    offer: Offer
    repeatable: bool


class Found(NamedTuple):
    """A whole answer: an entry that may be kept, or a large result to be sent as it is read.

    `repeatable` says that the same question gives the same bytes; `key` is where it is kept.
    """

    entry: Entry | None
    large: Evaluated | None
    repeatable: bool
    key: Hashable


class Desk:
    """Checks queries and answers them."""

    def __init__(self, limits: Limits, cache: Cache) -> None:
        self._limits = limits
        waiting = (limits.queue_length, limits.queue_wait_ms)
        self._readers = Pool([None], "place to read a query", *waiting)
        self._long_readers = Pool([None], "place to read a long query", *waiting)
        self.cache = cache

    def takes_long(self, query: str) -> bool:
        """Tell whether others would notice that a query is read token by token."""
        if len(query) <= SHORT_TEXT:
            return False
        return check_quickly(query, self._limits.on_text) is None or _may_have_changing(query)

    def in_turn(self, query: str, client: str) -> AbstractContextManager[None]:
        """Read a long query in the client's turn, one thread at a time.

        All threads share one processor with the event loop: together they would be no faster, and
        others would have to wait.

        Raises:
            BusyError: on entering, when the turn does not come in time.
        """
        readers = self._readers if len(query) <= MIDDLING_TEXT else self._long_readers
        return readers.hold(client)

    def check(
        self, given: Given, query: str, accept: str | None, address: Callable[[str], str]
    ) -> Asked:
        """Check a query and choose the form of its answer; `address` is that of each form.

        Raises:
            QueryError: when the query is refused.
            ProblemError: when no form fits.
        """
        form = check(query, self._limits)
        offers = offers_for(form)
        choose_form = _choose if len(accept or "") <= _SHORT else _choose.__wrapped__
        offer = pick_by_name(given.formats, offers) or choose_form(accept, form)
        if offer is None:
            raise not_acceptable({o.media_type: address(o.name) for o in offers})
        if given.page is not None and offer is not HTML:
            detail = "Only pages for people have a page; take LIMIT and OFFSET in the query."
            raise ProblemError(400, "unknown-parameter", detail)
        name = offer.name
        if offer is HTML:
            name = "json" if form in ("SELECT", "ASK") else "ttl"
        graphs = (given.default_graphs, given.named_graphs)
        request = QueryRequest(query, name, *graphs, checked=True)
        # Another server may answer otherwise tomorrow.
        repeatable = is_repeatable(query) and not find_services(query)
        return Asked(request, form, offer, repeatable)

    def find(self, asked: Asked, version: str) -> Found | None:
        """Give the answer that is kept, of the release `version`."""
        if not asked.repeatable:
            return None
        key = _key(asked, version)
        entry = self.cache.get(key)
        return Found(entry, None, True, key) if entry is not None else None

    def keep(self, asked: Asked, evaluated: Evaluated, version: str) -> Found:
        """Take a fresh answer, and keep it for the next who asks; one of another release never."""
        key = _key(asked, version)
        fresh = evaluated.blank and asked.form in ("CONSTRUCT", "DESCRIBE")
        repeatable = asked.repeatable and evaluated.version == version and not fresh
        if evaluated.length > LARGE_BYTES:
            return Found(None, evaluated, repeatable, key)
        body = evaluated.body if isinstance(evaluated.body, bytes) else evaluated.read()
        entry = Entry(body)
        if repeatable:
            self.cache.put(key, entry, _weigh(asked.request))
        return Found(entry, None, repeatable, key)


def _key(asked: Asked, version: str) -> Hashable:
    request = asked.request
    graphs = (request.default_graphs, request.named_graphs)
    return (version, request.query, request.format, *graphs)


def _weigh(request: QueryRequest) -> int:
    """Tell how much memory the key of an answer takes, in bytes."""
    return sum(map(getsizeof, (request.query, *request.default_graphs, *request.named_graphs)))


@lru_cache(maxsize=1024)
def _choose(accept: str | None, form: QueryForm) -> Offer | None:
    return choose(accept, offers_for(form))


def is_repeatable(query: str) -> bool:
    """Say whether a query that has passed the check gives the same bytes each time.

    What changes is a call: one of five words, then a bracket. The engine reads without separate
    tokens, so the word may be the end of a longer one (`FILTERNOW()`), even behind the dot of a
    name; when in doubt, no.
    """
    if not _may_have_changing(query):
        return True
    pairs = pairwise(tokens(query))
    return not any(sign.text == "(" and _may_change(called) for called, sign in pairs)


def _may_have_changing(query: str) -> bool:
    shouted = query.upper()
    if not any(map(shouted.__contains__, _UNREPEATABLE)):
        return False
    return _CHANGING.search(shouted) is not None


def _may_change(called: Token) -> bool:
    """Say whether this token before a bracket calls, or ends in the call of, what changes."""
    if called.kind in _QUIET:
        return False
    _, dot, word = called.text.rpartition(".")
    if called.kind in ("name", "blank") and not dot:
        return False
    return word.upper().endswith(_UNREPEATABLE)


def to_digest(query: str) -> str:
    """Give the BLAKE2b of a query, 8 bytes long, by which it can be named without being told."""
    return blake2b(query.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
