"""A request of the endpoint on its way from the loop to a thread, and from there to Flask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.evaluation.answers import Evaluated
from server.journal import Visit
from server.refusals import ProblemError
from server.site import Site
from server.slots import Slot
from server.sparql.desk import Asked, Found
from server.sparql.protocol import Given

Address = tuple[Any, ...]
"""What the cache knows a request by, besides what is the same for all."""
BEGUN = "kg.begun"
"""Where in the environment stands since when a query is in hand, by `time.perf_counter`."""
HANDED = "kg.handed"
"""Where in the environment Flask finds what the front has found out already."""


@dataclass(slots=True)
class Handed:
    """A request of the endpoint on its way: what has been found out about it so far.

    `address` is what `Cache.find` knows it by; `fresh` waits for the answer, where the event loop
    has asked already.
    """

    visit: Visit
    client: str
    site: Site
    address: Address | None
    given: Given | None = None
    asked: Asked | None = None
    problem: ProblemError | None = None
    found: Found | None = None
    slot: Slot | None = None
    fresh: Callable[[], Evaluated] | None = None
    let_go: Callable[[], None] | None = None

    def free(self) -> None:
        """Give its slot back, if it has one still."""
        if self.slot is not None:
            self.slot.free()

    def go_aside(self) -> None:
        """Make way for others, since to evaluate it takes long."""
        if self.slot is not None:
            self.slot.step_aside()
        if self.let_go is not None:
            self.let_go()
