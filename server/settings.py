"""What the server must be told, in one place: name with unit, default, one sentence each."""

from __future__ import annotations

import ast
import inspect
import json
import os
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import KnowledgeError
from kg.project import CATALOG
from server.evaluation.tally import ROWS


class SettingsError(KnowledgeError):
    """A setting that cannot work; the message names it and says what would."""


def count_cores() -> int:
    """Count the processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    """Say which release to serve, where to listen, and how much one request may ask.

    Raises:
        SettingsError: at once, when a value cannot work; never later, at a visitor's request.
    """

    release_dir: Path
    """The folder that `kg build` made."""
    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 for every one."""
    port: int = 8000
    """The TCP port to listen on."""
    workers: int = field(default_factory=lambda: min(2, count_cores()))
    """How many web processes answer; default: 2, or 1 where there is one core."""
    threads: int = 88
    """How many requests one web process has in hand at the same time; most of them only wait."""
    long_queries: int = 40
    """How many further queries, which take long, one web process has in hand at the same time."""
    page_threads: int = 8
    """How many of these threads no query ever takes, so that pages never wait for one."""
    public_url: str | None = None
    """The address visitors see, if it differs from the one their requests name (a proxy)."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For, -Proto and -Host are believed."""
    query_bytes: int = 100_000
    """The longest query text, in bytes of UTF-8."""
    body_bytes: int = 400_000
    """The largest request body, in bytes as sent (a form grows when it is encoded)."""
    parameters: int = 200
    """How many parameters an address or a form may have."""
    parameters_bytes: int = 8_000
    """How long the parameters of an address may be, in bytes as sent, beside a query or batch."""
    query_depth: int = 100
    """How deep the brackets of a query may be nested."""
    query_operators: int = 1000
    """How many operators a query may hold."""
    query_patterns: int = 150
    """How many triple patterns and groups a query may hold."""
    query_time_fast_ms: int = 250
    """How much processor time a query may take in the fast lane before it moves to the slow."""
    query_time_slow_ms: int = 10_000
    """How long a query may run in the slow lane, in milliseconds; then it is stopped."""
    query_memory_bytes: int = 1_000_000_000
    """How much memory one query may take beside the data, in bytes."""
    result_bytes: int = 64_000_000
    """The largest query result, in bytes; more is refused, never cut."""
    stream_bytes: int = 2_000_000_000
    """How many bytes of results one web process keeps in files for visitors who read them."""
    fast_workers: int = field(default_factory=lambda: max(4, count_cores()))
    """How many queries the fast lane evaluates at the same time; default: the cores, at least 4."""
    slow_workers: int = 2
    """How many queries the slow lane evaluates at the same time."""
    queue_length: int = 128
    """How many requests may wait in each queue; of more, one is refused."""
    queue_wait_ms: int = 5_000
    """How long a request may wait in one queue, in milliseconds; then it is refused."""
    client_queries: int = 32
    """How many queries of one client's address may be in hand at the same time."""
    client_slow_queries: int = 1
    """How many workers of the slow lane one client's address may hold at the same time."""
    worker_queries: int = 100_000
    """After how many queries a worker is replaced by a fresh one."""
    worker_memory_bytes: int = 250_000_000
    """How much memory a worker may keep beside a copy of the data; then it is replaced."""
    memory_triples: int = 2_000_000
    """Up to how many triples a release is held in memory; a larger one is read from its store."""
    allow_service: tuple[str, ...] = ()
    """The endpoints that SERVICE may call, each as its whole IRI; none by default."""
    federated_time_ms: int = 30_000
    """How long a query with SERVICE may run, in milliseconds."""
    federated_workers: int = 2
    """How many queries with SERVICE run at the same time, if any endpoint is allowed."""
    cache_bytes: int = 64_000_000
    """How many bytes of finished answers one web process keeps to give again; 0 for none."""
    log_queries: bool = True
    """Whether each query leaves one line of JSON on stderr; never the query's text."""
    table_rows: int = 100
    """How many rows of a result a page shows at the most; it leads to the others and the whole."""
    page_links: int = 200
    """How many of the claims about a thing its page weighs; it says when there are more."""
    document_links: int = 2000
    """How many statements that point to a thing its document and page look at; both say if more."""
    reconcile_queries: int = 50
    """How many names one batch of reconciliation queries may ask for."""
    reconcile_characters: int = 1000
    """The longest name that reconciliation looks for, in characters."""
    reconcile_batch_characters: int = 4_000
    """How many characters the names of one batch may have together."""
    reconcile_values: int = 250
    """How many values of properties the queries of one batch may ask for together."""
    reconcile_address_bytes: int = 32_000
    """The longest batch in an address, in bytes as sent; longer ones are posted."""
    reconcile_cells: int = 2000
    """How many cells, things times properties, one data extension may ask for."""
    articles: tuple[Path, ...] = ()
    """Copies of articles' texts, shown in place at /article to whoever reaches the service."""
    review: Path | None = None
    """The project whose proposed links /review lets one person decide, on this machine only."""

    def __post_init__(self) -> None:
        if not (Path(self.release_dir) / "release.json").is_file():
            raise SettingsError(
                f"release_dir: {self.release_dir} holds no release (no release.json); "
                "make one with `kg build`"
            )
        if not 0 < self.port < 65536:
            raise SettingsError(f"port: {self.port} is no TCP port; take one from 1 to 65535")
        for name in _COUNTS:
            least = _LEAST.get(name, 1)
            if getattr(self, name) < least:
                message = f"{name}: {getattr(self, name)} is too small; {least} is the least"
                raise SettingsError(message)
            most = _MOST.get(name, 10**15)
            if getattr(self, name) > most:
                message = f"{name}: {getattr(self, name)} is too large; {most} is the most"
                raise SettingsError(message)
        self._check_pairs()
        self._check_addresses()
        if self.review is not None:
            self._check_review(self.review)

    def _check_pairs(self) -> None:
        """Refuse values that are fine alone but not together."""
        for smaller, larger in _ORDERED:
            low, high = getattr(self, smaller), getattr(self, larger)
            if not low < high:
                raise SettingsError(
                    f"{smaller}: {low} must be smaller than {larger}, which is {high}"
                )

    def _check_addresses(self) -> None:
        if self.public_url is not None and not _is_web_address(self.public_url):
            raise SettingsError(
                f"public_url: {self.public_url!r} is no web address; "
                "write it like https://example.org/graph"
            )
        for proxy in self.trusted_proxies:
            try:
                ip_network(proxy)
            except ValueError:
                raise SettingsError(
                    f"trusted_proxies: {proxy!r} is no IP address and no network; "
                    "write it like 127.0.0.1 or 10.0.0.0/8"
                ) from None
        for iri in self.allow_service:
            if not _is_web_address(iri, query=True) or set(iri) & set(' <>"{}|\\^`'):
                raise SettingsError(
                    f"allow_service: {iri!r} is no endpoint's address; "
                    "write it like https://query.example.org/sparql"
                )

    def _check_review(self, project: Path) -> None:
        """Refuse to open what writes files to anybody who is not at this machine."""
        if not (project / CATALOG).is_file():
            raise SettingsError(f"review: {project} is no project (it has no {CATALOG}); name one")
        if not is_loopback(self.host):
            raise SettingsError(
                f"host: {self.host} can be reached from elsewhere, and whoever reaches /review "
                "changes files here; take 127.0.0.1, or leave out --review"
            )
        for name in ("public_url", "trusted_proxies"):
            if getattr(self, name):
                message = f"{name}: behind a proxy others would reach /review"
                raise SettingsError(f"{message}; leave out one of the two")

    def to_json(self) -> str:
        """Write the settings as text, for a process of its own."""
        articles = [str(path) for path in self.articles]
        review = None if self.review is None else str(self.review)
        paths = {"release_dir": str(self.release_dir), "articles": articles, "review": review}
        return json.dumps({**asdict(self), **paths})

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read what `to_json` wrote."""
        given = json.loads(text)
        for name in ("trusted_proxies", "allow_service"):
            given[name] = tuple(given[name])
        given["articles"] = tuple(map(Path, given["articles"]))
        given["review"] = None if given["review"] is None else Path(given["review"])
        return cls(**{**given, "release_dir": Path(given["release_dir"])})


def is_loopback(host: str) -> bool:
    """Tell whether a name or address leads to this machine, whatever a name server says."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_web_address(url: str, query: bool = False) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and (query or not parts.query)


@cache
def describe_settings() -> dict[str, str]:
    """Give each setting's sentence, from where it is defined."""
    (definition,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(definition, ast.ClassDef)
    found, name = {}, ""
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[name] = str(node.value.value)
            name = ""
    return found


_COUNTS = tuple(f.name for f in fields(Settings) if f.type == "int" and f.name != "port")
_LEAST = {"cache_bytes": 0, "query_time_fast_ms": 10, "query_memory_bytes": 50_000_000}
_MOST = {
    "workers": ROWS // 2,
    "queue_length": 65_535,
}  # for a moment there are two releases
_ORDERED = (
    ("query_time_fast_ms", "query_time_slow_ms"),
    ("page_threads", "threads"),
    ("result_bytes", "stream_bytes"),
)
