"""Answer on the event loop what needs no waiting: kept answers and pages, and plain queries.

A plain query is a short one, asked with GET, that is not known to be slow. The loop passes it to a
worker and sends the answer when it comes, if it is small. Everything else, every refusal and every
large result too, is left to a thread and `server.sparql.front`, which begins again or goes on from
where the loop got.
"""

from __future__ import annotations

from functools import partial

from kg.errors import KnowledgeError
from server.evaluation.express import Begun
from server.evaluation.lanes import Lanes
from server.evaluation.spool import INLINE_BYTES
from server.http.connection import Connection
from server.http.door import Door
from server.http.gateway import log_fault
from server.http.heads import Environ
from server.http.wishes import Places
from server.journal import Visit
from server.negotiation import HTML
from server.proxies import to_client
from server.refusals import ProblemError
from server.sparql.cache import Ready
from server.sparql.desk import Found
from server.sparql.front import Front, asks_nothing
from server.sparql.handed import HANDED, Handed

PLAIN_BYTES = 4096
"""The longest address that is read on the event loop: checking a query takes time by its length."""

AT_ANY_TIME = ("/healthz", "/healthz/live", "/healthz/ready", "/metrics")
"""What tells how the service is waits for no page, only for others who want to know it."""


class Quick:
    """The front's right hand on the event loop."""

    def __init__(self, front: Front, lanes: Lanes, door: Door) -> None:
        self._front = front
        self._lanes = lanes
        self._door = door
        self._asking = front.to_places(front.places, "place for a query", lanes.is_quick)
        self._telling = front.to_places(1, "place to tell how the service is")

    def take(self, environ: Environ, connection: Connection) -> bool:
        """Answer a request, now or later."""
        front = self._front
        if not front.greet(environ) or asks_nothing(environ):
            self._give_page(environ, connection)
        elif not self._answer_here(environ, connection):
            self._wait(environ, connection, self._asking)
        return True

    def tick(self) -> None:
        """Refuse who has waited too long; to be called every now and then."""
        for places in (self._asking, self._telling, self._front.making):
            places.refuse_late()

    def _wait(self, environ: Environ, connection: Connection, places: Places) -> None:
        client = to_client(environ.get("REMOTE_ADDR", ""))
        self._door.in_turn(environ, connection, client, places)

    def _answer_here(self, environ: Environ, connection: Connection) -> bool:
        """Answer a query without a thread; False where that cannot be."""
        front = self._front
        visit, known_as, ready = front.open(environ)
        if environ["REQUEST_METHOD"] != "GET":
            return False
        if ready is not None:
            self._send(environ, connection, visit, ready)
            return True
        address = environ["QUERY_STRING"]
        if "query=" not in address or len(address) > PLAIN_BYTES:
            return False
        begun, handed = False, front.hand(environ, visit, known_as)
        try:
            begun = self._begin(environ, connection, handed)
        except Exception as error:
            log_fault(environ, error)
        if not begun:
            _take_back(environ, handed)
        return begun

    def again(self, data: bytes, connection: Connection) -> bool:
        """Answer a query that came just so before, byte by byte, without reading it."""
        found = self._front.recall(data)
        if found is None:
            return False
        visit, ready = found
        self._front.finish(visit)
        _reply(connection, visit.id, ready.head, ready.body)
        return True

    def _give_page(self, environ: Environ, connection: Connection) -> None:
        """Answer with a page or document that is kept, or have it made."""
        pages = self._front.pages
        ready = pages.find(environ) if environ["REQUEST_METHOD"] == "GET" else None
        if ready is not None:
            _reply(connection, environ["kg.request_id"], *pages.settle(environ, ready))
        elif environ["PATH_INFO"] in AT_ANY_TIME:
            self._wait(environ, connection, self._telling)
        else:
            self._wait(environ, connection, self._front.making)

    def _begin(self, environ: Environ, connection: Connection, handed: Handed) -> bool:
        try:
            asked = self._front.read(environ, handed, may_wait=False)
        except (ProblemError, KnowledgeError):
            return False
        if asked is None or asked.offer is HTML:
            return False
        found = self._front.desk.find(asked, handed.site.version)
        if found is not None and found.entry is not None:
            if len(found.entry.body) > INLINE_BYTES:
                return False  # to compress it may take long
            handed.visit.lane = "cache"
            self._answer(environ, connection, handed, found)
            return True
        environ[HANDED] = handed
        done = partial(self._hear, environ, connection)
        return self._lanes.begin(asked.request, handed.client, done)

    def _hear(self, environ: Environ, connection: Connection, begun: Begun) -> None:
        """Send the answer that has come, or leave to a thread what did not go smoothly."""
        handed: Handed = environ[HANDED]
        try:
            evaluated = self._lanes.collect(begun)
            if evaluated is None:
                handed.fresh = partial(self._lanes.finish, begun, handed.client)
                given_up = partial(self._drop, environ, handed, begun)
                self._door.in_turn(environ, connection, handed.client, self._asking, given_up)
            else:
                found = self._front.keep(handed, evaluated)
                self._answer(environ, connection, handed, found)
        except Exception as error:
            log_fault(environ, error)
            _take_back(environ, handed)
            connection.fail(environ)

    def _drop(self, environ: Environ, handed: Handed, begun: Begun) -> None:
        """Let go of a query for which there is no thread in time."""
        handed.fresh = None
        self._lanes.drop(begun)
        _take_back(environ, handed)

    def _answer(
        self, environ: Environ, connection: Connection, handed: Handed, found: Found
    ) -> None:
        ready = self._front.make_ready(environ, handed, found)
        handed.free()
        self._send(environ, connection, handed.visit, ready)

    def _send(self, environ: Environ, connection: Connection, visit: Visit, ready: Ready) -> None:
        _reply(connection, visit.id, *self._front.settle(environ, visit, ready))


def _take_back(environ: Environ, handed: Handed) -> None:
    """Give up a request that was taken up; its refusal leaves the query's line, if it has one."""
    environ.pop(HANDED, None)
    handed.free()


def _reply(connection: Connection, number: str, head: bytes, body: bytes) -> None:
    connection.reply(head + f"X-Request-Id: {number}\r\n".encode(), body)
