"""Requests that wait until a thread may answer them: client by client, so many at a time."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from time import monotonic

from server.http.connection import Connection
from server.http.gateway import Call, Threads
from server.http.heads import Environ, Fault
from server.limits import BusyError
from server.turns import Pool

Places = Pool[None]
"""A request holds one while the app makes its answer: as many as there are, are made at a time."""


class Wishes:
    """The requests that wait for a place: at most one of each connection."""

    def __init__(self, threads: Threads) -> None:
        self.threads = threads
        self.waiting: dict[Connection, Wish] = {}

    def add(
        self,
        environ: Environ,
        connection: Connection,
        client: str,
        places: Places,
        given_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Have a request answered in a thread once one of the places is its client's; on the loop.

        Whoever finds no place in time, or makes too many wait, is told so; then, and when he has
        gone, `given_up` is called, on the loop, too.
        """
        wish = Wish(self, environ, connection, client, places, given_up)
        self.waiting[connection] = wish
        places.ask(wish)

    def is_waiting(self, connection: Connection) -> bool:
        """Tell whether a request of a connection waits still, or has just been told."""
        return connection in self.waiting

    def refuse(self, connection: Connection, fault: Fault) -> None:
        """Refuse, on the loop, the request of a connection if it still waits."""
        wish = self.waiting.get(connection)
        if wish is not None and wish.places.forget(wish):
            wish.turn_away(fault)

    def forget(self, connection: Connection) -> None:
        """Take note, on the loop, that a visitor has gone: nothing is made for him any more."""
        wish = self.waiting.pop(connection, None)
        if wish is not None and wish.places.forget(wish):
            wish.give_up()


class Wish:
    """One request that waits; see `server.turns.Asking`."""

    __slots__ = ("_connection", "_environ", "_given_up", "_wishes", "place", "places", "since")

    def __init__(
        self,
        wishes: Wishes,
        environ: Environ,
        connection: Connection,
        client: str,
        places: Places,
        given_up: Callable[[], None],
    ) -> None:
        self._wishes = wishes
        self._environ = environ
        self._connection = connection
        self._given_up = given_up
        self.place = client
        self.places = places
        self.since = monotonic()

    def receive(self, place: None) -> None:
        """Have the request answered in a thread."""
        self._wishes.threads.submit(self._fulfil)

    def refuse(self, error: BusyError) -> None:
        """Have the visitor told that there was no place."""
        fault = Fault(HTTPStatus.SERVICE_UNAVAILABLE, error.limit_name, error.value)
        self._wishes.threads.on_loop(self.turn_away, fault)

    def turn_away(self, fault: Fault) -> None:
        """Tell the visitor why the request is not answered; on the loop."""
        self._wishes.waiting.pop(self._connection, None)
        self._given_up()
        self._connection.refuse(fault, self._environ)

    def give_up(self) -> None:
        """Take note that the visitor has gone; on the loop."""
        self._given_up()
        self._connection.end()

    def _fulfil(self) -> None:
        self._wishes.waiting.pop(self._connection, None)
        if self._connection.is_lost:
            self._give_back()
            self._wishes.threads.on_loop(self.give_up)
        else:
            Call(self._wishes.threads, self._environ, self._connection, self._give_back).run()

    def _give_back(self) -> None:
        self.places.give_back(None)
