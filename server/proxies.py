"""Who asks, and under which address: what a proxy says counts only if the settings trust it."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\]):[0-9]{1,5}\Z")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


class Proxies:
    """The addresses whose `X-Forwarded-*` headers are believed."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        self._networks = [ip_network(text) for text in trusted]

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trusts(self, address: str) -> bool:
        """Tell whether an address is one of a trusted proxy."""
        found = _to_address(address)
        return found is not None and any(found in network for network in self._networks)

    def believe(self, environ: dict[str, Any]) -> None:
        """Put what a trusted proxy says of the client in place of the proxy's own address.

        Of the addresses in `X-Forwarded-For` the last one that is no trusted proxy counts: what
        stands before it was written by the client.
        """
        if not self.trusts(environ.get("REMOTE_ADDR", "")):
            return
        passed = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        while passed and self.trusts(environ["REMOTE_ADDR"]):
            before = _to_address(passed.pop())
            if before is None:
                break
            environ["REMOTE_ADDR"] = str(before)
        scheme = _last(environ, "HTTP_X_FORWARDED_PROTO").lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = _last(environ, "HTTP_X_FORWARDED_HOST")
        if _HOST.match(host):
            environ["HTTP_HOST"] = host
        told = environ.get("HTTP_X_REQUEST_ID", "")
        if _ID.match(told):
            environ["kg.request_id"] = told


def _last(environ: dict[str, Any], name: str) -> str:
    return str(environ.get(name, "")).rpartition(",")[2].strip()


def _to_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, maybe in brackets, without the port that some proxies put behind it."""
    with_port = _WITH_PORT.match(text)
    try:
        found = ip_address((with_port[1] or with_port[2]) if with_port else text.strip("[]"))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=4096)
def to_client(address: str) -> str:
    """Name a client for fairness: its address; of IPv6 the network of 64 bits one client has."""
    found = _to_address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return str(found) if found else address
