"""Heads of requests and answers: what they say, and what makes them impossible (RFC 9112)."""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

WHOLE = "kg.whole"
"""Where in the environment the bytes of a request stand that came alone, and as a whole."""

PATH_BYTES = 8000
"""The longest path of a target: it is decoded on the event loop."""

_KNOWN, _KNOWN_BYTES = 256, 2000
_TARGET_SIGNS = bytes(set(range(0x21, 0x7F)) - {ord("#")})
_OF_THE_BODY = (b"content-type", b"content-length", b"content-encoding", b"content-language")
_HOST = re.compile(r"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?", re.ASCII)


class Fault(NamedTuple):
    """Why a request is not answered: a status, and the limit it went beyond with its value."""

    status: HTTPStatus
    limit: str = ""
    value: int = 0


def to_plain(fault: Fault, environ: Environ) -> tuple[Headers, bytes]:
    """Say in a line why a request is not answered; gives headers and body."""
    limit = f" ({fault.limit}: {fault.value:,})" if fault.limit else ""
    body = f"{fault.status.phrase}{limit}.\n".encode()
    return [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))], body


def read_target(environ: Environ, target: bytes) -> Fault | None:
    """Read the target of a request; the host in one is the one that counts (3.2.2).

    Gives what is wrong with that host, or the path; None if nothing is.
    """
    fault = None
    target = target.partition(b"#")[0]
    path, mark, query = target.partition(b"?")
    if not path.startswith(b"/") and b"://" in path:
        authority, _, path = path.partition(b"://")[2].partition(b"/")
        path = b"/" + path
        target, environ["HTTP_HOST"] = path + mark + query, authority.decode("latin-1")
        if not authority or not _HOST.fullmatch(environ["HTTP_HOST"]):
            fault = Fault(HTTPStatus.BAD_REQUEST)
    if len(path) > PATH_BYTES:
        return fault or Fault(HTTPStatus.REQUEST_URI_TOO_LONG, "path_bytes", PATH_BYTES)
    split_target(environ, target)
    return fault


def split_target(environ: Environ, target: bytes) -> None:
    """Write path and query of a target that begins with the path."""
    path, _, query = target.partition(b"?")
    if b"%" in path:
        path = unquote_to_bytes(path)
    environ["PATH_INFO"] = path.decode("latin-1")
    environ["QUERY_STRING"] = query.decode("latin-1")


def to_head(status: str, headers: Headers) -> bytes:
    """Write the status line and headers of an answer.

    Raises:
        ValueError: when one of them would break the line.
    """
    return f"HTTP/1.1 {status}\r\n".encode("latin-1") + to_lines(headers)


def to_unchanged(head: bytes) -> bytes:
    """Write the head of the 304 in place of an answer (RFC 9110, 15.4.5): nothing of its body."""
    lines = head.split(b"\r\n")[1:-1]
    kept = [line for line in lines if line.partition(b":")[0].lower() not in _OF_THE_BODY]
    return b"\r\n".join((b"HTTP/1.1 304 NOT MODIFIED", *kept, b""))


def from_head(head: bytes) -> tuple[str, Headers]:
    """Read what `to_head` wrote: the status and the headers."""
    status, *lines = head.decode("latin-1").split("\r\n")[:-1]
    fields = (line.partition(": ") for line in lines)
    return status.removeprefix("HTTP/1.1 "), [(name, value) for name, _, value in fields]


def to_lines(headers: Headers) -> bytes:
    """Write headers, a line for each.

    Raises:
        ValueError: when one of them would break its line.
    """
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if text.count("\n") != len(headers) or text.count("\r") != len(headers):
        raise ValueError("a header holds a line break")
    return text.encode("latin-1")


def find_fault(environ: Environ) -> Fault | None:
    """Find what RFC 9112 (2.3, 3.2, 6.1) has a server refuse in a head that can be read."""
    version, host = environ["SERVER_PROTOCOL"], environ.get("HTTP_HOST")
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        return Fault(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if host is None and version == "HTTP/1.1":
        return Fault(HTTPStatus.BAD_REQUEST)
    if host and not _HOST.fullmatch(host):
        return Fault(HTTPStatus.BAD_REQUEST)
    if coding is None or (coding.lower() == "chunked" and version == "HTTP/1.1"):
        return None
    framed = coding.lower().endswith("chunked") and version == "HTTP/1.1"
    return Fault(HTTPStatus.NOT_IMPLEMENTED if framed else HTTPStatus.BAD_REQUEST)


def waits_for_leave(environ: Environ) -> bool:
    """Tell whether the body comes only after a word of ours (RFC 9110, 10.1.1)."""
    return str(environ.get("HTTP_EXPECT", "")).lower() == "100-continue"


def to_framing(environ: Environ) -> bytes:
    """Write a head that says of a request only how its body is framed; empty if it has none."""
    lines = ["POST / HTTP/1.1"]
    if "HTTP_TRANSFER_ENCODING" in environ:
        lines.append("Transfer-Encoding: chunked")
    elif int(environ.get("CONTENT_LENGTH", "0")):
        lines.append(f"Content-Length: {environ['CONTENT_LENGTH']}")
    else:
        return b""
    if "close" in environ.get("HTTP_CONNECTION", "").lower():
        lines.append("Connection: close")
    return "\r\n".join((*lines, "", "")).encode()


class KnownHeads:
    """Headers of requests without a body, by their bytes: programs send the same each time.

    It is shared by all visitors, and knows nothing of them: what bytes say is the same for all.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Environ] = OrderedDict()

    def read(self, data: bytes) -> tuple[bytes, Environ] | None:
        """Give target and headers, if `data` is a whole request with headers that are known."""
        line, _, rest = data.partition(b"\r\n")
        headers = self._known.get(rest)
        if headers is None or not _is_plain(line):
            return None
        has_long_path = len(line) > PATH_BYTES and b"?" not in line[:PATH_BYTES]
        return None if has_long_path else (line[4:-9], headers)

    def learn(self, data: bytes, environ: Environ) -> None:
        """Remember what was read of a whole request, unless it is the last of its visitor."""
        line, _, rest = data.partition(b"\r\n")
        bodied = "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ
        if bodied or len(rest) > _KNOWN_BYTES or not _is_plain(line):
            return
        headers = {k: v for k, v in environ.items() if k.startswith(("HTTP_", "CONTENT_"))}
        headers["REQUEST_METHOD"], headers["SERVER_PROTOCOL"] = "GET", "HTTP/1.1"
        self._known[rest] = headers
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)


def _is_plain(line: bytes) -> bool:
    """Tell whether a request line is `GET`, a target that every parser takes, and the version."""
    framed = line.startswith(b"GET /") and line.endswith(b" HTTP/1.1")
    return framed and not line[4:-9].translate(None, _TARGET_SIGNS)


@lru_cache(maxsize=256)
def to_key(name: bytes) -> str | None:
    """Give the name of a header in the environment; none with `_`, which would look like `-`."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
