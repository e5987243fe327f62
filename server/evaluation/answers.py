"""Answer one query: the seam behind which evaluation can move into processes of its own.

`answer` is a function of the release and the request alone; it knows nothing of HTTP, and the
HTTP side knows nothing of how a query is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, BinaryIO, Literal, NamedTuple, Protocol

from pyoxigraph import Triple

from kg.dumps import find_unspeakable
from kg.errors import KnowledgeError
from kg.sparql import QueryForm, check_query, find_services
from kg.store import EmbeddedStore, QueryResult, UnanswerableError
from server.evaluation.spool import Spool, UnwritableError
from server.limits import Limits

Lane = Literal["fast", "slow", "federated", "process"]


_OUR_OWN = re.compile(": The (?:custom|variable) ")
"""How the engine begins to say what is wrong with a query that it evaluates."""


class FederationError(KnowledgeError):
    """An endpoint that a query calls gave no answer or a broken one, or sent us elsewhere."""


def do_nothing() -> None:
    """Do nothing, where nobody wants to know."""


class QueryRequest(NamedTuple):
    """A query with its dataset and the format of its answer (a name from the format tables).

    `default_graphs` and `named_graphs`, when either is given, replace the query's own dataset
    (SPARQL 1.1 Protocol 2.1.4). `checked` tells that `check` has passed the query.
    """

    query: str
    format: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    checked: bool = False


class Stages(NamedTuple):
    """How long a worker took for each stage of a query, in milliseconds."""

    wait: float
    run: float
    write: float


@dataclass(slots=True)
class Evaluated:
    """The whole answer of one query: `body` is its bytes, or a file when they are many.

    `length` is exact. `version` is the release that was asked. `blank` tells whether a graph may
    name blank nodes, which have other names each time.
    """

    body: bytes | BinaryIO
    length: int
    lane: Lane
    stages: Stages
    version: str
    blank: bool

    def read(self) -> bytes:
        """Give the body as a whole."""
        return b"".join(self.chunks())

    def chunks(self, size: int = 256 * 1024) -> Iterator[bytes]:
        """Give the body piece by piece, once; a file is closed at its end."""
        if isinstance(self.body, bytes):
            yield self.body
            return
        try:
            while chunk := self.body.read(size):
                yield chunk
        finally:
            self.body.close()

    def close(self) -> None:
        """Let go of a body that nobody will read."""
        if not isinstance(self.body, bytes):
            self.body.close()


class Evaluating(Protocol):
    """Whatever answers queries: the lanes of a running service, or this very process."""

    def evaluate(
        self, request: QueryRequest, client: str, takes_long: Callable[[], None] = do_nothing
    ) -> Evaluated:
        """Answer a query; `client` is whom fairness counts it for.

        `takes_long` is called when it turns out that others need not wait for this one.

        Raises:
            QueryError: when the query cannot be parsed or asks for what is refused.
            UnwritableError: when the format cannot spell the result.
            FederationError: when an endpoint that SERVICE calls did not answer.
            LimitError: when a limit was reached; the error names it.
        """
        ...

    def status(self) -> dict[str, Any]:
        """Tell whether it is `ready` (1 or 0), which release it has, and of its workers."""
        ...


class InProcess:
    """Answers in this process, with no limit on time or memory: for tests, and one's own data."""

    def __init__(
        self, store: EmbeddedStore, limits: Limits, prefixes: Mapping[str, str], version: str
    ) -> None:
        self._store = store
        self._limits = limits
        self._prefixes = prefixes
        self._version = version

    def evaluate(
        self, request: QueryRequest, client: str, takes_long: Callable[[], None] = do_nothing
    ) -> Evaluated:
        """Answer a query; see `Evaluating.evaluate`."""
        body, stages = answer(self._store, request, self._limits, self._prefixes)
        whole = body.take()
        return Evaluated(whole, body.length, "process", stages, self._version, body.has_blank)

    def status(self) -> dict[str, Any]:
        """Tell of itself; see `Evaluating.status`."""
        return {"ready": 1, "release": self._version}


def answer(
    store: EmbeddedStore, request: QueryRequest, limits: Limits, prefixes: Mapping[str, str]
) -> tuple[Spool, Stages]:
    """Evaluate a query and write its whole result; Turtle and TriG use `prefixes`.

    Raises:
        QueryError: when the query cannot be parsed or asks for what is refused.
        ResultLimitError: when the result outgrows the limit.
        UnwritableError: when an XML format cannot spell a name or a character of the result.
        FederationError: when another endpoint did not answer.
    """
    try:
        return _answer(store, request, limits, prefixes)
    except UnanswerableError as error:
        if _OUR_OWN.search(error.message) or not find_services(request.query):
            raise error.with_traceback(None) from None
        raise _far_error(error.message) from None
    except KnowledgeError as error:
        # A traceback holds the result; whoever kept the error would keep all of that.
        error.__context__ = None
        raise error.with_traceback(None) from None
    except OSError as error:
        if error.errno is not None or not find_services(request.query):
            raise
        raise _far_error(str(error)) from None


def _far_error(said: str) -> FederationError:
    said = said.partition("\n")[0][:300]
    return FederationError(f"An endpoint that SERVICE calls gave no answer: {said}")


def _answer(
    store: EmbeddedStore, request: QueryRequest, limits: Limits, prefixes: Mapping[str, str]
) -> tuple[Spool, Stages]:
    started = perf_counter()
    if not request.checked:
        check(request.query, limits)
    chosen = bool(request.default_graphs or request.named_graphs)
    result = store.evaluate(
        request.query,
        default_graphs=request.default_graphs if chosen else None,
        named_graphs=request.named_graphs if chosen else None,
    )
    if request.format == "rdf":
        result = QueryResult("graph", _check_speakable(result.triples))
    run = perf_counter()
    spool = Spool(limits.result_bytes)
    try:
        result.write(spool, request.format, prefixes)  # type: ignore[arg-type]
        spool.finish(request.format)
    except BaseException:
        spool.close()
        raise
    return spool, Stages(0.0, (run - started) * 1000, (perf_counter() - run) * 1000)


def check(query: str, limits: Limits) -> QueryForm:
    """Tell the form of a query that keeps to the limits; see `kg.sparql.check_query`."""
    return check_query(query, limits.on_text)


def _check_speakable(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Pass triples on while RDF/XML can write them; the engine would write broken XML."""
    for triple in triples:
        unspeakable = find_unspeakable((triple,))
        if unspeakable is not None:
            message = f"RDF/XML cannot write {unspeakable!r}; take Turtle or N-Triples."
            raise UnwritableError(message)
        yield triple
