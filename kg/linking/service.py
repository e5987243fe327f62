"""Services elsewhere, asked politely: who asks, how often, how long to wait, when to give up.

The rules are those of Wikimedia (API:Etiquette, the User-Agent policy and the query service's
manual): one request at a time, a name to be reached under, answers compressed, and `Retry-After`
obeyed.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from typing import Any, NoReturn, Protocol, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import pyoxigraph as ox
import urllib3
from urllib3.util import Retry, Timeout

from kg import __version__
from kg.errors import ServiceError

T = TypeVar("T")
Tell = Callable[[str], None]

_CHUNK = 1 << 16
_BUSY = (408, 429, 500, 502, 503, 504)
_AGAIN = "what was answered is kept: run the same command again later, and it goes on from there"


@dataclass(frozen=True)
class Etiquette:
    """How a service is asked.

    contact: an address or a mail address, for the service's operators.
    timeout_s: how long one answer may take, from the request to its last byte.
    attempts: how often a request is sent before the run stops.
    first_wait_s: the wait after the first failure; it doubles with each more.
    longest_wait_s: the longest wait that a service may ask for.
    answer_bytes: the longest answer that is read.
    """

    contact: str
    timeout_s: float = 60
    attempts: int = 5
    first_wait_s: float = 1
    longest_wait_s: float = 300
    answer_bytes: int = 500_000_000

    @property
    def agent(self) -> str:
        """The User-Agent: software, version, whom to write to, library."""
        library = f"urllib3/{version('urllib3')}"
        return f"source-critical-graph/{__version__} ({self.contact}) {library}"


class _UnwellError(Exception):
    """A service did not answer as it should, and may do so if asked again."""

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.wait_s = wait_s


class _Stream(Protocol):
    def read1(self, amount: int, /) -> bytes: ...


class Service:
    """Asks services elsewhere; `tell` hears what a person waiting should know."""

    def __init__(
        self,
        etiquette: Etiquette,
        tell: Tell = lambda what: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.etiquette = etiquette
        self._tell = tell
        self._sleep = sleep
        self._pools: dict[str, urllib3.PoolManager] = {}

    def get_json(self, address: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask with GET; gives the object that the service answers.

        Raises ServiceError when there is none after all attempts.
        """
        return self._patiently(address, lambda: self._json(address, "GET", fields))

    def post_json(self, address: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask with a form; see `get_json`."""
        return self._patiently(address, lambda: self._json(address, "POST", fields))

    def select(self, address: str, query: str) -> list[dict[str, str]]:
        """Ask a SPARQL endpoint; gives the values of each row by variable, unbound ones left out.

        Raises ServiceError when there is no whole answer after all attempts.
        """
        return self._patiently(address, lambda: self._select(address, query))

    def _patiently(self, address: str, ask: Callable[[], T]) -> T:
        rules = self.etiquette
        for attempt in range(1, rules.attempts + 1):
            try:
                return ask()
            except _UnwellError as trouble:
                wait = trouble.wait_s
                if wait is None:
                    wait = rules.first_wait_s * 2 ** (attempt - 1)
                if wait > rules.longest_wait_s:
                    message = f"{address} {trouble.what} and asks to wait {wait:.0f} s; {_AGAIN}"
                    raise ServiceError(message) from None
                if attempt == rules.attempts:
                    message = f"{address} {trouble.what}, {attempt} times in a row; {_AGAIN}"
                    raise ServiceError(message) from None
                self._tell(f"{address} {trouble.what}; asking again in {wait:.0f} s")
                self._sleep(wait)
        raise AssertionError("no attempt was allowed")

    def _json(self, address: str, method: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        headers = {
            "User-Agent": self.etiquette.agent,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        form = urlencode(fields)
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            answer = self._pool(address).request(
                method,
                address if method == "POST" or not form else f"{address}?{form}",
                body=form if method == "POST" else None,
                headers=headers,
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=Timeout(total=self.etiquette.timeout_s),
            )
            with answer:
                wait = _to_wait(answer.headers.get("Retry-After"))
                body = self._read(address, answer)
        except urllib3.exceptions.LocationValueError:
            message = f"{address} is no address of a service; write https://..."
            raise ServiceError(message) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _UnwellError(_to_reason(error)) from None
        if answer.status != 200:
            _refuse(address, answer.status, wait, answer.headers.get("Location"))
        return _to_object(address, body, wait)

    def _select(self, address: str, query: str) -> list[dict[str, str]]:
        from SPARQLWrapper import JSON, POST, SPARQLWrapper
        from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

        asked = SPARQLWrapper(address, agent=self.etiquette.agent, returnFormat=JSON)
        asked.setOnlyConneg(True)
        asked.setMethod(POST)
        asked.setTimeout(max(round(self.etiquette.timeout_s), 1))
        asked.setQuery(query)
        try:
            body = self._read(address, asked.query().response)
        except SPARQLWrapperException as error:
            # The library tells these apart from the rest, and leaves only their causes' codes.
            cause = error.__context__
            status = cause.code if isinstance(cause, HTTPError) else 500
            _refuse(address, status, _wait_of(cause), None, _first_line(str(error)))
        except HTTPError as error:
            _refuse(address, error.code, _wait_of(error), error.headers.get("Location"))
        except URLError as error:
            if "unknown url type" in str(error.reason):
                message = f"{address} is no address of a service; write https://..."
                raise ServiceError(message) from None
            raise _UnwellError(_to_reason(error.reason)) from None
        except (HTTPException, OSError) as error:
            raise _UnwellError(_to_reason(error)) from None
        return _to_rows(body)

    def _read(self, address: str, stream: _Stream) -> bytes:
        """Read an answer whole, as long as it comes in time and is no longer than allowed."""
        rules, parts, length = self.etiquette, [], 0
        latest = time.monotonic() + rules.timeout_s
        while part := stream.read1(_CHUNK):
            parts.append(part)
            length += len(part)
            if length > rules.answer_bytes:
                limit = rules.answer_bytes // 1_000_000
                raise ServiceError(f"{address} sends more than {limit} MB; ask for less at a time")
            if time.monotonic() > latest:
                raise _UnwellError(f"did not end its answer within {rules.timeout_s:g} s")
        return b"".join(parts)

    def _pool(self, address: str) -> urllib3.PoolManager:
        """Give the connections for an address, through the proxy that the machine names for it."""
        parts = urlsplit(address)
        proxy = "" if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme, "")
        if proxy not in self._pools:
            self._pools[proxy] = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
        return self._pools[proxy]


def to_batches(keys: Sequence[T], size: int) -> list[Sequence[T]]:
    """Cut keys into batches of at most `size`."""
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _refuse(
    address: str, status: int, wait: float | None, moved: str | None, detail: str = ""
) -> NoReturn:
    """Raise what a status other than 200 means: ask again, or mend the request."""
    if status in _BUSY:
        raise _UnwellError(f"answers {status}", wait)
    if moved:
        raise ServiceError(f"{address} has moved to {moved}; name that address")
    reason = f": {detail}" if detail else ""
    message = f"{address} refuses the request with {status}{reason}; check the address"
    raise ServiceError(message)


def _to_object(address: str, body: bytes, wait: float | None) -> Mapping[str, Any]:
    """Parse an answer; MediaWiki reports its own errors in the body, with status 200."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        html = body.lstrip()[:1] == b"<"
        what = "answers a page for people in place of data" if html else "answers broken JSON"
        raise _UnwellError(what, wait) from None
    if not isinstance(parsed, dict):
        raise _UnwellError("answers JSON that is no object", wait)
    error = parsed.get("error")
    if isinstance(error, dict):
        code = str(error.get("code", "unknown"))
        if code in ("maxlag", "ratelimited", "readonly") or code.startswith("internal_api_error"):
            raise _UnwellError(f"is busy ({code})", wait)
        raise ServiceError(f"{address} refuses the request: {error.get('info', code)} [{code}]")
    return parsed


def _to_rows(body: bytes) -> list[dict[str, str]]:
    """Parse a result; the query service breaks off an answer that takes too long."""
    try:
        found = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
        if not isinstance(found, ox.QuerySolutions):
            raise ValueError("it holds no rows")
        names = [variable.value for variable in found.variables]
        return [{name: row[name].value for name in names if row[name] is not None} for row in found]
    except (SyntaxError, ValueError):
        html = body.lstrip()[:1] == b"<"
        what = "answers a page for people" if html else "answers a broken result"
        raise _UnwellError(what) from None


def _to_wait(header: str | None) -> float | None:
    """Read `Retry-After`, seconds or a date (RFC 9110, 10.2.3); None for none that can be read."""
    try:
        return None if header is None else max(Retry().parse_retry_after(header), 0.0)
    except urllib3.exceptions.InvalidHeader:
        return None


def _wait_of(error: BaseException | None) -> float | None:
    return _to_wait(error.headers.get("Retry-After")) if isinstance(error, HTTPError) else None


def _to_reason(error: object) -> str:
    """Say in a few words why no answer came."""
    if isinstance(error, ConnectionRefusedError | urllib3.exceptions.NewConnectionError):
        return "cannot be reached"
    if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return "does not answer in time"
    if isinstance(error, HTTPException | ConnectionError | urllib3.exceptions.ProtocolError):
        return "breaks off its answer"
    return f"cannot be asked ({_first_line(str(error))})"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
