"""Where a name leads: our own addresses for our own names, live links only for http and https."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode, urlsplit

from pyoxigraph import NamedNode

_OWN = re.compile(r"[^/?#]+/[^/?#.]+\Z")
LONGEST_NAME = 2_000
"""Names longer than this are no links: browsers and servers cut or refuse such addresses."""
_SAFE = "/:#?&=+,;@!$'()*~-._%"


@dataclass(frozen=True)
class Addresses:
    """Make the addresses of one answer.

    `root` is the path the service is mounted at; `lang` is set when the visitor chose a language
    in the address, so that links keep it; `described` says whether this release says anything of
    an IRI that is not one of its own; `pages` are the paths of those own pages whose terms are
    fragments of them.
    """

    base: str
    root: str
    lang: str | None
    described: Callable[[NamedNode], bool]
    pages: frozenset[str] = frozenset()

    def to(self, path: str, /, **parameters: str) -> str:
        """Address one of our own paths, written from the root: `/dumps/`."""
        path, hash_, fragment = path.partition("#")
        if self.lang:
            parameters.setdefault("lang", self.lang)
        query = f"?{urlencode(parameters)}" if parameters else ""
        return f"{self.root}{_escape(path)}{query}{hash_}{_escape(fragment)}"

    def document(self, iri: str, suffix: str = "", /, **parameters: str) -> str:
        """Address the document about a thing: `/doc/KIND/SLUG`, or `/resource?iri=` for foreign."""
        own = own_path(iri, self.base)
        if own is not None:
            return self.to(f"/doc/{own}{'.' + suffix if suffix else ''}", **parameters)
        form = {"format": suffix} if suffix else {}
        return self.to("/resource", iri=iri, **form, **parameters)

    def href(self, node: NamedNode) -> str | None:
        """Say where a link to a thing leads; None: nowhere safe, so it stays plain text."""
        if len(node.value) > LONGEST_NAME:
            return None
        rest = node.value.removeprefix(self.base)
        if rest != node.value and re.split("[#/]", rest)[0] in self.pages:
            return self.to(f"/{rest}")
        if own_path(node.value, self.base) is not None:
            return self.document(node.value)
        if self.described(node):
            return self.document(node.value)
        return web_address(node.value)


def own_path(iri: str, base: str) -> str | None:
    """Give KIND/SLUG of an own name `BASE id/KIND/SLUG`, None for any other name."""
    if not iri.startswith(f"{base}id/"):
        return None
    path = iri.removeprefix(f"{base}id/")
    return path if _OWN.match(path) else None


def web_address(iri: str) -> str | None:
    """Give an IRI back as a link target if it is http(s) with a host, else None.

    One with credentials (`https://bank.example@elsewhere.example/`) is none: it misleads.
    """
    try:
        parts = urlsplit(iri)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return _escape(iri)


def _escape(address: str) -> str:
    return _escape_once(address) if len(address) <= LONGEST_NAME else quote(address, safe=_SAFE)


@lru_cache(maxsize=4096)
def _escape_once(address: str) -> str:
    return quote(address, safe=_SAFE)


def link_header(target: str, rel: str, media_type: str | None = None) -> str:
    """Write one `Link` header value (RFC 8288)."""
    kind = f'; type="{media_type}"' if media_type else ""
    return f'<{_escape(target)}>; rel="{rel}"{kind}'
