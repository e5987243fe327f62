"""Requests that mean no good, one row each: what is sent, and the refusal that is due.

`{url}` in a query stands for an address where somebody listens, who must never be called.
Status 200 marks what only looks hostile: it is answered, and still nobody is called.
"""

from dataclasses import dataclass
from itertools import cycle
from urllib.parse import quote, urlencode

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
UPDATE = "application/sparql-update"
ASK = "ASK {}"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Hostile:
    """One request; `kind` is the problem it must be answered with, empty for status 200."""

    name: str
    status: int
    kind: str
    method: str = "GET"
    path: str = "/sparql"
    query_string: str = ""
    headers: Headers = ()
    body: bytes = b""


def by_get(name: str, status: int, kind: str, query: str, **more: str) -> Hostile:
    """Send a query by GET."""
    return Hostile(name, status, kind, query_string=urlencode({"query": query, **more}))


def by_form(name: str, status: int, kind: str, query: str, **more: str) -> Hostile:
    """Send a query as a form."""
    body = urlencode({"query": query, **more}).encode()
    return Hostile(name, status, kind, "POST", headers=(("Content-Type", FORM),), body=body)


def by_post(name: str, status: int, kind: str, query: str) -> Hostile:
    """Send a query as the body itself."""
    body = query.encode()
    return Hostile(name, status, kind, "POST", headers=(("Content-Type", DIRECT),), body=body)


def raw(name: str, status: int, kind: str, query_string: str, *headers: tuple[str, str]) -> Hostile:
    """Send an address as it is."""
    return Hostile(name, status, kind, query_string=query_string, headers=headers)


def post(
    name: str, status: int, kind: str, media_type: str | None, body: bytes, query_string: str = ""
) -> Hostile:
    """Send a body as it is."""
    headers = (("Content-Type", media_type),) if media_type else ()
    return Hostile(name, status, kind, "POST", "/sparql", query_string, headers, body)


def each_way(status: int, kind: str, queries: dict[str, str]) -> list[Hostile]:
    """Send queries in turn by GET, as a form, and as the body."""
    ways = cycle((by_get, by_form, by_post))
    return [
        way(name, status, kind, query)
        for way, (name, query) in zip(ways, queries.items(), strict=False)
    ]


A = quote(ASK)

PARAMETERS = [
    raw("two queries", 400, "bad-request", f"query={A}&query={A}"),
    raw("two queries, one empty", 400, "bad-request", f"query={A}&query="),
    raw("two queries, the second name encoded", 400, "bad-request", f"query={A}&%71uery={A}"),
    post("a query in address and body", 400, "bad-request", DIRECT, b"ASK {}", f"query={A}"),
    post("a query in address and form", 400, "bad-request", FORM, b"query=ASK{}", f"query={A}"),
    raw("an empty query", 400, "query", "query="),
    raw("a query of blanks", 400, "query", "query=+%09%0A"),
    raw("only the name", 400, "query", "query"),
    raw("a name with a bracket", 400, "unknown-parameter", f"query[]={A}"),
    raw("a name in capitals", 400, "unknown-parameter", f"QUERY={A}"),
    raw("a name with a blank", 400, "unknown-parameter", f"query%20={A}"),
    raw("a name with a NUL", 400, "unknown-parameter", f"query={A}&%00=1"),
    raw("a callback", 400, "unknown-parameter", f"query={A}&callback=alert"),
    raw("a timeout of one's own", 400, "unknown-parameter", f"query={A}&timeout=99999"),
    raw("a limit of one's own", 400, "unknown-parameter", f"query={A}&query_time_slow_ms=9"),
    raw("no name at all", 400, "unknown-parameter", f"query={A}&=1"),
    raw("a name of markup", 400, "unknown-parameter", f"query={A}&<script>=1"),
    raw("200 parameters and more", 400, "bad-request", f"query={A}" + "&lang=en" * 300),
    raw("3,000 parameters", 400, "bad-request", "&".join(["lang=en"] * 3000)),
    raw("a semicolon for an ampersand", 400, "query", f"query={A};query={A}"),
    raw("a graph that is no IRI", 400, "bad-request", f"query={A}&default-graph-uri=graph"),
    raw("an empty graph", 400, "bad-request", f"query={A}&default-graph-uri="),
    raw("a graph that breaks out", 400, "bad-request", f"query={A}&named-graph-uri=urn:x%3E%20%7B"),
    raw("a graph with a line", 400, "bad-request", f"query={A}&default-graph-uri=urn:x:%0Ay"),
    raw("a graph without a query", 400, "bad-request", "default-graph-uri=urn:x:y"),
    raw("a file as a graph", 200, "", f"query={A}&default-graph-uri=file:///etc/passwd"),
    raw("an address as a graph", 200, "", f"query={A}&default-graph-uri=" + "{url}data.ttl"),
    raw("an address as a named graph", 200, "", f"query={A}&named-graph-uri=" + "{url}data.ttl"),
    post("an empty form", 400, "bad-request", FORM, b""),
    post("a form without a query", 400, "bad-request", FORM, b"format=json"),
    post("a form of ampersands", 400, "bad-request", FORM, b"&" * 150),
]

ENCODINGS = [
    raw("bytes that are no UTF-8", 400, "bad-request", "query=%FF%FE"),
    raw("half a sign", 400, "bad-request", "query=ASK%20%7B%7D%20%23%C3"),
    raw("an overlong slash", 400, "bad-request", "query=ASK%20%7B%7D%20%23%C0%AF"),
    raw("an overlong NUL", 400, "bad-request", "query=ASK%20%7B%7D%20%23%C0%80"),
    raw("a surrogate in UTF-8", 400, "bad-request", "query=ASK%20%7B%7D%20%23%ED%A0%80"),
    raw("beyond Unicode", 400, "bad-request", "query=ASK%20%7B%7D%20%23%F4%90%80%80"),
    raw("a broken percent sign", 400, "query", "query=ASK%20%7B%7D%ZZ"),
    raw("a percent sign at the end", 400, "query", "query=ASK%20%7B%7D%"),
    raw("a %u escape", 400, "query", "query=ASK%20%7B%7D%u0041"),
    raw("encoded twice", 400, "query", f"query={quote(A)}"),
    raw("a NUL in the query", 400, "query", "query=ASK%20%7B%00%7D"),
    raw("a BEL in the query", 400, "query", "query=ASK%20%7B%07%7D"),
    raw("a DEL in the query", 400, "query", "query=ASK%20%7B%7F%7D"),
    raw("a no-break space", 400, "query", "query=ASK%C2%A0%7B%7D"),
    raw("a byte order mark", 400, "query", f"query=%EF%BB%BF{A}"),
    raw("a right-to-left override", 400, "query", "query=ASK%20%7B%E2%80%AE%7D"),
    raw("full-width letters", 400, "query", "query=" + quote("ＡＳＫ {}")),
    raw("a letter that looks like S", 400, "query", "query=" + quote("\u0405ELECT * {}")),
    raw("a dotless i", 400, "query", "query=" + quote("DESCR\u0131BE <urn:x:y>")),
    raw("an emoji for a keyword", 400, "query", "query=" + quote("🔥 {}")),
    raw("a plus for a plus", 200, "", "query=SELECT+(1%2B1+AS+?x){}"),
    raw("plain UTF-8 in a string", 200, "", "query=" + quote("SELECT ('日本 ä 🗼' AS ?x) {}")),
    post("UTF-16 with a mark", 400, "bad-request", DIRECT, ASK.encode("utf-16")),
    post("UTF-16 without a mark", 400, "query", DIRECT, ASK.encode("utf-16-le")),
    post("UTF-32", 400, "bad-request", DIRECT, ASK.encode("utf-32")),
    post("Latin-1", 400, "bad-request", DIRECT, "SELECT ('ä' AS ?x) {}".encode("latin-1")),
    post("UTF-7", 400, "query", DIRECT, b"ASK +AHs-+AH0-"),
    post("bytes of a gzip file", 400, "bad-request", DIRECT, b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
    post("a form in Latin-1", 400, "bad-request", FORM, b"query=ASK+%7B%7D+%23\xe4"),
    post("a form of NULs", 400, "unknown-parameter", FORM, b"\x00" * 100),
    post("a form with a line", 400, "query", FORM, b"query=ASK\r\nX: y"),
]

MEDIA_TYPES = [
    post("no media type", 415, "unsupported-media-type", None, b"ASK {}"),
    post("an empty media type", 415, "unsupported-media-type", " ", b"ASK {}"),
    post("plain text", 415, "unsupported-media-type", "text/plain", b"ASK {}"),
    post("JSON", 415, "unsupported-media-type", "application/json", b'{"query": "ASK {}"}'),
    post("XML", 415, "unsupported-media-type", "application/xml", b"<query>ASK {}</query>"),
    post("XML with an entity", 415, "unsupported-media-type", "text/xml", b"<!DOCTYPE x [<!E"),
    post("GraphQL", 415, "unsupported-media-type", "application/graphql", b"{ x }"),
    post("Turtle", 415, "unsupported-media-type", "text/turtle", b"<a> <b> <c> ."),
    post("anything", 415, "unsupported-media-type", "*/*", b"ASK {}"),
    post("several parts", 415, "unsupported-media-type", "multipart/form-data; boundary=x", b"--x"),
    post("a type with a tail", 415, "unsupported-media-type", f"{DIRECT}x", b"ASK {}"),
    post("two types", 415, "unsupported-media-type", f"text/plain, {DIRECT}", b"ASK {}"),
    post("UTF-16 said", 415, "unsupported-media-type", f"{DIRECT}; charset=utf-16", b"ASK {}"),
    post("Latin-1 said", 415, "unsupported-media-type", f"{FORM}; charset=latin1", b"query=ASK{}"),
    post("charset of markup", 200, "", f"{DIRECT}; charset=<x>", b"ASK {}"),
    *(
        Hostile(
            f"a body coded as {coding}",
            415,
            "unsupported-media-type",
            "POST",
            headers=(("Content-Type", DIRECT), ("Content-Encoding", coding)),
            body=b"ASK {}",
        )
        for coding in ("gzip", "br", "deflate", "zstd", "x-bomb", "gzip, gzip")
    ),
]

ACCEPT = [
    raw("only pictures", 406, "not-acceptable", f"query={A}", ("Accept", "image/png")),
    raw("only Turtle for rows", 406, "not-acceptable", f"query={A}", ("Accept", "text/turtle")),
    raw("nothing at all", 406, "not-acceptable", f"query={A}", ("Accept", "*/*;q=0")),
    raw(
        "a made-up type",
        406,
        "not-acceptable",
        f"query={A}",
        ("Accept", "application/" + "x-" * 500),
    ),
    raw("a parameter nobody has", 406, "not-acceptable", f"query={A}", ("Accept", "text/csv;x=y")),
    raw("10,000 types", 406, "not-acceptable", f"query={A}", ("Accept", "a/b," * 10_000)),
    raw("10,000 quotes", 200, "", f"query={A}", ("Accept", '"' * 10_000)),
    raw(
        "quotes that never end",
        406,
        "not-acceptable",
        f"query={A}",
        ("Accept", 'text/csv;a="\\' * 2000),
    ),
    raw("semicolons", 200, "", f"query={A}", ("Accept", "*/*" + ";" * 10_000)),
    raw("a quality of NaN", 200, "", f"query={A}", ("Accept", "text/csv;q=nan")),
    raw("a quality of 10^9", 200, "", f"query={A}", ("Accept", "text/csv;q=1e9")),
    raw("a negative quality", 200, "", f"query={A}", ("Accept", "text/csv;q=-1")),
    raw("markup as a type", 200, "", f"query={A}", ("Accept", "<script>alert(1)</script>")),
    raw("a format nobody knows", 400, "unknown-parameter", f"query={A}&format=docx"),
    raw("a format of markup", 400, "unknown-parameter", f"query={A}&format=<script>"),
    raw("a format with a path", 400, "unknown-parameter", f"query={A}&format=../../etc/passwd"),
    raw("a format with a line", 400, "unknown-parameter", f"query={A}&format=a%0D%0ASet-Cookie:x"),
    raw("a format that does not fit", 406, "not-acceptable", f"query={A}&format=turtle"),
    raw("10,000 formats", 400, "unknown-parameter", f"query={A}&format=" + "x," * 10_000),
    raw("languages without end", 200, "", f"query={A}", ("Accept-Language", "de," * 10_000)),
    raw("an ETag without end", 200, "", f"query={A}", ("If-None-Match", '"' * 5000)),
    raw("an ETag that matches all", 304, "", f"query={A}", ("If-None-Match", "*")),
    raw("codings without end", 200, "", f"query={A}", ("Accept-Encoding", "gzip;q=," * 5000)),
    raw("ranges of nothing", 200, "", f"query={A}", ("Range", "bytes=9-1,-,--" * 500)),
]

METHODS = [
    Hostile(f"the method {method}", 405, "method-not-allowed", method, query_string=f"query={A}")
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "LOCK", "QUERY", "HACK")
]

HEADERS = [
    raw("a foreign host", 200, "", f"query={A}", ("Host", "evil.example")),
    raw("a host of markup", 200, "", f"query={A}", ("Host", "<script>")),
    raw("a forged proxy", 200, "", f"query={A}", ("X-Forwarded-Host", "evil.example")),
    raw("a forged address", 200, "", f"query={A}", ("X-Forwarded-For", "10.0.0.1," * 500)),
    raw("a forged standard", 200, "", f"query={A}", ("Forwarded", "for=x;host=evil.example")),
    raw("another method inside", 200, "", f"query={A}", ("X-HTTP-Method-Override", "DELETE")),
    raw("another address inside", 200, "", f"query={A}", ("X-Original-URL", "/admin")),
    raw("a foreign origin", 200, "", f"query={A}", ("Origin", "https://evil.example")),
    raw("a cookie without end", 200, "", f"query={A}", ("Cookie", "a=b; " * 1000)),
    raw("a wish to go on", 200, "", f"query={A}", ("Upgrade", "h2c")),
    raw("an identity of markup", 200, "", f"query={A}", ("X-Request-Id", "<b>\t" * 500)),
    raw("a language with lines", 200, "", f"query={A}&lang=de%0D%0ASet-Cookie:%20a=b"),
    raw("a language of markup", 200, "", f'query={A}&lang="><script>'),
    post("a header in a form", 400, "unknown-parameter", FORM, b"a=b\r\nSet-Cookie: c=d\r\n\r\n"),
]

UP = "%2e%2e%2f"
PATHS = [
    Hostile("out of the dumps", 404, "not-found", path="/dumps/../../../etc/passwd"),
    Hostile("out of the dumps, encoded", 404, "not-found", path=f"/dumps/{UP * 6}etc/passwd"),
    Hostile("out of the dumps, twice encoded", 404, "not-found", path="/dumps/%252e%252e%252fx"),
    Hostile("out of the static files", 404, "not-found", path=f"/static/{UP * 6}etc/passwd"),
    Hostile("back slashes", 404, "not-found", path="/static/..%5c..%5cetc%5cpasswd"),
    Hostile("out of the questions", 404, "not-found", path=f"/queries/{UP * 2}release.json"),
    Hostile("a question's file", 404, "not-found", path=f"/queries/{UP * 2}release.rq"),
    Hostile("an absolute path", 404, "not-found", path="/dumps//etc/passwd"),
    Hostile("a path with a NUL", 404, "not-found", path="/dumps/lighthouse.nq%00.gz"),
    Hostile("a path with a line", 404, "not-found", path="/doc/x/y%0D%0ASet-Cookie:a=b"),
    Hostile("a path that is no UTF-8", 404, "not-found", path="/doc/x/%FF%FE"),
    Hostile("a path of markup", 404, "not-found", path="/doc/<script>/alert(1)"),
    Hostile("the code", 404, "not-found", path="/server/app.py"),
    Hostile("the store", 404, "not-found", path="/store/CURRENT"),
    Hostile("the settings", 404, "not-found", path="/.env"),
    Hostile("a path of 7,998 slashes", 404, "not-found", path="/x" + "/" * 7998),
    Hostile("a suffix nobody has", 404, "not-found", path="/conformance.exe"),
    Hostile("beyond the endpoint", 404, "not-found", path="/sparql/x", query_string=f"query={A}"),
    Hostile("a page of 3,000 parameters", 400, "bad-request", path="/", query_string="a=&" * 3000),
    Hostile(
        "a page with 500 kB of parameters", 414, "too-large", path="/", query_string="%41" * 160_000
    ),
    Hostile(
        "a batch of 130,000 parameters",
        400,
        "bad-request",
        "POST",
        "/reconcile",
        headers=(("Content-Type", FORM),),
        body=b"a=&" * 130_000,
    ),
    Hostile("an IRI that is none", 404, "not-found", path="/resource", query_string="iri=%00"),
    Hostile(
        "a script for an IRI", 404, "not-found", path="/resource", query_string="iri=javascript:1"
    ),
]
REQUESTS = [
    *PARAMETERS,
    *ENCODINGS,
    *MEDIA_TYPES,
    *ACCEPT,
    *METHODS,
    *HEADERS,
    *PATHS,
]
