"""Answer `/sparql` for programs before Flask sees the request; all else goes to Flask.

A question asked again is answered from the cache with one look in a dict. Both sides read
requests with the same code and hold the same headers; pages of results are Flask's, and come to
the same desk for their answers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from itertools import count
from time import perf_counter
from typing import Any

from kg.errors import KnowledgeError
from server.compression import choose_coding, is_worth_it, mark
from server.evaluation.answers import Evaluated, Evaluating, InProcess
from server.http.gateway import LET_GO, ROOM, log_fault
from server.http.heads import WHOLE, to_head
from server.http.wishes import Places
from server.journal import Journal, Visit
from server.keeping import Keeping
from server.limits import BusyError, limits_of
from server.metrics import OUTCOMES, Metrics
from server.negotiation import HTML
from server.proxies import Proxies, to_client
from server.refusals import KINDS, ProblemError, say_problem, to_problem, wants_page
from server.settings import Settings
from server.site import Served, Site
from server.slots import Slots
from server.sparql.cache import Cache, Ready
from server.sparql.desk import Asked, Desk, Found, to_digest
from server.sparql.handed import BEGUN, HANDED, Address, Handed
from server.sparql.protocol import read_request
from server.turns import Pool
from server.visits import Environ, Stream, choose_head, shared_lines, start, to_tag, with_format

StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

PLACES = ("/sparql", "/sparql/")
METHODS = ("GET", "HEAD", "POST")
_OK = to_head("200 OK", [])
_AT_ONCE = nullcontext()
_NAMES_QUERY = re.compile("".join(f"(?:{letter}|%{ord(letter):x})" for letter in "query"))
PAGES_TOGETHER = 2
"""How many threads make pages at the same time: all of them, and the loop, share one processor."""


class Front:
    """The WSGI callable before Flask."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        served: Served,
        evaluator: Evaluating | None,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._settings = settings
        self._served = served
        self._evaluator = evaluator
        self._proxies = Proxies(settings.trusted_proxies)
        self._journal = Journal(settings.log_queries and evaluator is not None)
        self.metrics = metrics
        self._limits = limits_of(settings)
        self.cache = Cache(settings.cache_bytes)
        self.pages = Keeping(app, self.cache, metrics, lambda: self.site().version)
        self.desk = Desk(self._limits, self.cache)
        self.making = self.to_places(PAGES_TOGETHER, "place to make a page")
        self.places = settings.threads - settings.page_threads
        self._slots = Slots("threads", self.places, settings.client_queries, metrics.set_in_hand)
        self._site: Site | None = None
        self._prefix = os.urandom(5).hex()
        self._numbers = count(1)

    def to_places(
        self, count: int, kind: str, is_first: Callable[[str], bool] = lambda client: False
    ) -> Places:
        """Make a pool of places that clients take in turns, within the limits on waiting."""
        waiting = (self._limits.queue_length, self._limits.queue_wait_ms)
        return Pool([None] * count, kind, *waiting, is_first)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or let Flask do it."""
        if HANDED in environ:
            return self._take(environ, start_response, environ[HANDED])
        if not self.greet(environ):
            return self.pages(environ, start_response)
        visit, address, ready = self.open(environ)
        if ready is not None:
            return self._send(environ, start_response, visit, ready)
        if asks_nothing(environ):
            return self.pages(environ, start_response)
        return self._take(environ, start_response, self.hand(environ, visit, address))

    def greet(self, environ: Environ) -> bool:
        """Find out who asks, and give the request its number; tell whether it is for us."""
        if "kg.request_id" not in environ:
            if self._proxies:
                self._proxies.believe(environ)
            environ.setdefault("kg.request_id", self.number())
        return environ["PATH_INFO"] in PLACES and environ["REQUEST_METHOD"] in METHODS

    def number(self) -> str:
        """Give what a request is called by, here and in the log."""
        return f"{self._prefix}-{next(self._numbers):x}"

    def open(self, environ: Environ) -> tuple[Visit, Address | None, Ready | None]:
        """Begin with a request; an answer to one that came just so before is there at once."""
        visit = Visit(environ["kg.request_id"], environ.setdefault(BEGUN, perf_counter()))
        self.site()  # what was kept of another release is gone then
        if environ["REQUEST_METHOD"] == "POST":
            return visit, None, None
        get = environ.get
        accepted = (get("HTTP_ACCEPT"), get("HTTP_ACCEPT_ENCODING"))
        address = (get("QUERY_STRING", ""), *accepted, environ["SCRIPT_NAME"])
        ready = self.cache.find(address)
        if ready is not None:
            visit.lane = "cache"
        return visit, address, ready

    def recall(self, data: bytes) -> tuple[Visit, Ready] | None:
        """Give the answer to a request by its bytes, if `make_ready` has led them to one."""
        ready, site = self.cache.find(data), self._site
        if ready is None or self.site() is not site:
            return None
        visit = Visit(self.number(), perf_counter(), ready.form, ready.digest)
        visit.lane, visit.length = "cache", ready.length
        return visit, ready

    def hand(self, environ: Environ, visit: Visit, address: Address | None) -> Handed:
        """Take a request up that did not come just so before."""
        assert self._site is not None  # `open` has looked which one it is
        return Handed(visit, to_client(environ.get("REMOTE_ADDR", "")), self._site, address)

    def read(self, environ: Environ, handed: Handed, may_wait: bool = True) -> Asked | None:
        """Read and check the query of a request; None where there is none.

        None, too, for a query that takes long to read, unless that `may_wait` for its turn. One
        that may not is on the event loop, and takes no thread.

        Raises:
            ProblemError, KnowledgeError: when it is refused.
        """
        began = perf_counter()
        handed.slot = self._slots.take(handed.client, is_beside=not may_wait)
        given = handed.given = read_request(environ, self._settings)
        if given.query is None:
            return None
        visit, site = handed.visit, handed.site
        visit.digest = to_digest(given.query)
        takes_long = self.desk.takes_long(given.query)
        if takes_long and not may_wait:
            return None
        with self.desk.in_turn(given.query, handed.client) if takes_long else _AT_ONCE:
            asked = self.desk.check(
                given,
                given.query,
                environ.get("HTTP_ACCEPT"),
                lambda name: with_format(site, environ, name),
            )
        visit.form = asked.form
        visit.read = (perf_counter() - began) * 1000
        handed.asked = asked
        return asked

    def site(self) -> Site:
        """Give the release to answer from; what was kept of another one is forgotten."""
        site = self._served.now()
        if site is not self._site:
            self.cache.clear()
            self._site = site
        return site

    def evaluator(self, site: Site) -> Evaluating:
        """Give what evaluates: the lanes, or without any (in tests) this very process."""
        if self._evaluator is not None:
            return self._evaluator
        manifest = site.release.manifest
        return InProcess(site.store, self._limits, manifest.prefixes, manifest.version)

    def _take(
        self, environ: Environ, start_response: StartResponse, handed: Handed
    ) -> Iterable[bytes]:
        """Answer a request that did not come just so before."""
        environ[HANDED] = handed
        handed.let_go = environ.get(LET_GO)
        try:
            asked = handed.asked or self.read(environ, handed)
            if asked is None:
                handed.free()
                return self._app(environ, start_response)
            found = self.find(handed)
            if asked.offer is HTML:
                handed.found = found
                return self._hand_over(environ, start_response, handed)
            ready = self.make_ready(environ, handed, found)
            if found.large is not None:
                return self._send_large(environ, start_response, handed.visit, ready, found.large)
            return self._send(environ, start_response, handed.visit, ready)
        except ProblemError as refused:
            return self._refuse(environ, start_response, handed, refused)
        except KnowledgeError as error:
            return self._refuse(environ, start_response, handed, to_problem(error))
        except Exception as error:
            log_fault(environ, error)
            problem = ProblemError(500, "internal", KINDS["internal"])
            return self._refuse(environ, start_response, handed, problem)
        finally:
            if handed.found is not None and handed.found.large is not None:
                handed.found.large.close()
            handed.free()
            handed.let_go = None  # which knows the environment, and that knows of `handed`

    def find(self, handed: Handed) -> Found:
        """Give the answer to a checked query, kept or fresh.

        Raises:
            KnowledgeError: as the evaluator does.
        """
        asked, site = handed.asked, handed.site
        assert asked is not None
        fresh, handed.fresh = handed.fresh, None  # which knows the environment, too
        if fresh is not None:
            return self.keep(handed, fresh())
        found = self.desk.find(asked, site.version)
        if found is None:
            evaluator, client = self.evaluator(site), handed.client
            return self.keep(handed, evaluator.evaluate(asked.request, client, handed.go_aside))
        handed.visit.lane = "cache"
        return found

    def keep(self, handed: Handed, evaluated: Evaluated) -> Found:
        """Take a fresh answer."""
        assert handed.asked is not None
        visit = handed.visit
        visit.lane, visit.length = evaluated.lane, evaluated.length
        visit.stages = evaluated.stages
        return self.desk.keep(handed.asked, evaluated, handed.site.version)

    def make_ready(self, environ: Environ, handed: Handed, found: Found) -> Ready:
        """Write the headers of an answer."""
        asked, site, digest = handed.asked, handed.site, handed.visit.digest
        assert asked is not None
        content_type = asked.offer.content_type
        coding, body, length, tag = None, b"", 0, ""
        if found.entry is not None:
            if is_worth_it(content_type, len(found.entry.body)):
                coding = choose_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
            body = self.cache.code(found.key, found.entry, coding)
            length = len(body)
        elif found.large is not None:
            length = found.large.length
        own = f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n"
        if found.repeatable:
            tag = to_tag(site, asked.request, digest, asked.offer.media_type)
            own += f'ETag: "{mark(tag, coding)}"\r\n'
        if coding:
            own += f"Content-Encoding: {coding}\r\n"
        head = b"".join((_OK, own.encode(), shared_lines(site, environ, found.repeatable)))
        ready = Ready(head, body, tag, length, asked.form, digest)
        # Worth its place only for what is asked at least twice.
        if handed.address is not None and handed.visit.lane == "cache" and found.entry is not None:
            weight = sum(len(part or "") for part in handed.address)
            self.cache.remember(handed.address, weight, found.key, ready)
            if WHOLE in environ and not self._proxies and "HTTP_IF_NONE_MATCH" not in environ:
                whole = environ[WHOLE]
                self.cache.remember(whole, len(whole), found.key, ready)
        return ready

    def _send(
        self,
        environ: Environ,
        start_response: StartResponse,
        visit: Visit,
        ready: Ready,
    ) -> list[bytes]:
        head, body = self.settle(environ, visit, ready)
        start(start_response, head, visit.id)
        return [body]

    def settle(self, environ: Environ, visit: Visit, ready: Ready) -> tuple[bytes, bytes]:
        """Give head and body to send: a 304 and nothing to a visitor who has the answer."""
        visit.form, visit.digest = ready.form, ready.digest
        unchanged, head, body = choose_head(environ, ready)
        if unchanged:
            visit.status, visit.outcome = 304, "unchanged"
        bare = unchanged or environ["REQUEST_METHOD"] == "HEAD"
        visit.length = 0 if bare else ready.length
        self.finish(visit)
        return head, body

    def _send_large(
        self,
        environ: Environ,
        start_response: StartResponse,
        visit: Visit,
        ready: Ready,
        large: Evaluated,
    ) -> Iterable[bytes]:
        """Send a result as fast as it is read; its slot is free meanwhile.

        Raises:
            BusyError: when too many such results are on their way.
        """
        body = Stream(large)
        if environ["REQUEST_METHOD"] == "HEAD" or choose_head(environ, ready)[0]:
            body.close()
            return self._send(environ, start_response, visit, ready)
        if ROOM in environ:
            try:
                environ[ROOM](large.length)
            except BusyError:
                body.close()
                raise
        self._send(environ, start_response, visit, ready)
        return body

    def _refuse(
        self,
        environ: Environ,
        start_response: StartResponse,
        handed: Handed,
        problem: ProblemError,
    ) -> Iterable[bytes]:
        """Answer with a problem; whoever wants a page gets it from Flask, if he has a slot."""
        if handed.slot is None or not wants_page(environ.get("HTTP_ACCEPT")):
            return self._say(environ, start_response, handed, problem)
        handed.problem = self.note(handed.visit, problem)
        return self._hand_over(environ, start_response, handed)

    def _say(
        self,
        environ: Environ,
        start_response: StartResponse,
        handed: Handed,
        problem: ProblemError,
    ) -> Iterable[bytes]:
        """Say a problem in no time."""
        visit = handed.visit
        self.note(visit, problem)
        headers, body = say_problem(problem, handed.site.base, environ)
        status = f"{problem.status} {problem.title.upper()}"
        start_response(status, [*headers, ("X-Request-Id", visit.id)])
        self.finish(visit)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def note(self, visit: Visit, problem: ProblemError) -> ProblemError:
        """Note for journal and metrics that a query is answered with a problem."""
        visit.status = problem.status
        visit.outcome = _to_outcome(problem.kind)
        visit.limit = str(problem.facts.get("limit", ""))
        visit.length = 0
        return problem

    def turn_away(self, environ: Environ, problem: ProblemError) -> bool:
        """Note a query that was never taken up; False when the request holds none."""
        if BEGUN not in environ or HANDED in environ:
            return False
        visit = Visit(environ["kg.request_id"], environ[BEGUN])
        self.note(visit, problem)
        self.finish(visit)
        return True

    def _hand_over(
        self, environ: Environ, start_response: StartResponse, handed: Handed
    ) -> Iterable[bytes]:
        """Let Flask make the page in the client's turn, and note what came of the query."""
        large = handed.found.large if handed.found is not None else None
        try:
            if large is not None and ROOM in environ:
                environ[ROOM](large.length)
            place = self.making.take(handed.client)
        except BusyError as error:
            return self._say(environ, start_response, handed, to_problem(error))
        try:
            body = self._app(environ, start_response)
        finally:
            self.making.give_back(place)
        self.finish(handed.visit)
        return body

    def note_cache(self) -> None:
        """Note for the metrics how full the cache is; to be called every now and then."""
        self.metrics.set_cache(len(self.cache), self.cache.held_bytes, self.cache.evictions)

    def health(self) -> tuple[bool, Mapping[str, Any]]:
        """Tell whether queries are answered now, and what the evaluator says of itself."""
        if self._evaluator is None:
            return True, {}
        status = self._evaluator.status()
        return bool(status.get("ready")), status

    def close(self) -> None:
        """Write what the journal still holds; to be called before the process ends."""
        self._journal.close()

    def finish(self, visit: Visit) -> None:
        """Count a query that has been answered, and leave its line."""
        seconds = perf_counter() - visit.started
        self.metrics.count_query(visit, seconds)
        self._journal.note(visit, seconds * 1000)


def asks_nothing(environ: Environ) -> bool:
    """Tell whether a request of the endpoint certainly has no query: it is for a page."""
    address = environ.get("QUERY_STRING", "")
    return environ["REQUEST_METHOD"] != "POST" and _NAMES_QUERY.search(address) is None


def _to_outcome(kind: str) -> str:
    """Name what came of a query for the journal by the kind of its problem."""
    if kind == "internal":
        return "fault"
    return kind if kind in OUTCOMES else "refused"
