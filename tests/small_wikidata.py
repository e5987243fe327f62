"""A stand-in for Wikidata's query service: a small graph written by hand, asked over real HTTP.

Statements are what Wikidata has of these items, or would look like; only their form matters.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat, Store

GRAPH = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX schema: <http://schema.org/>
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>

wd:Q1644 rdfs:label "Elbe"@en, "Labe"@cs, "Łaba"@pl, "Elbe"@de ;
    wdt:P31 wd:Q4022 ; wdt:P17 wd:Q183, wd:Q213 .
wd:Q12062 rdfs:label "Torgau"@en, "Torgava"@cs, "Torgau"@pl ; wdt:P17 wd:Q183 ;
    wdt:P625 "Point(13.0 51.56)"^^geo:wktLiteral ; wdt:P1566 "2821807" .
wd:Q1202 rdfs:label "Saxony"@en, "Sasko"@cs, "Saksonia"@pl ; wdt:P17 wd:Q183 .
wd:Q649 rdfs:label "Moscow"@en, "Moskva"@cs, "Moskwa"@pl ; wdt:P17 wd:Q159 .
wd:Q1370 rdfs:label "Virginia"@en ; wdt:P17 wd:Q30 .
wd:Q61 rdfs:label "Washington, D.C."@en ; wdt:P17 wd:Q30 ;
    wdt:P625 "Point(-77.04 38.9)"^^geo:wktLiteral ; wdt:P1566 "4140963" .
wd:Q107126 rdfs:label "Arlington County"@en ; wdt:P17 wd:Q30 ; wdt:P1566 "1" .
wd:Q183 rdfs:label "Germany"@en ; wdt:P31 wd:Q6256 ; wdt:P36 wd:Q64 ; wdt:P17 wd:Q183 .
wd:Q159 rdfs:label "Russia"@en ; wdt:P31 wd:Q6256 ; wdt:P36 wd:Q649 .
wd:Q213 rdfs:label "Czech Republic"@en ; wdt:P31 wd:Q6256 .
wd:Q30 rdfs:label "United States"@en ; wdt:P31 wd:Q6256 ; wdt:P36 wd:Q61 .
wd:Q64 rdfs:label "Berlin"@en .
wd:Q362 rdfs:label "World War II"@en .
wd:Q4031636 wdt:P31 wd:Q900001 .
wd:Q4031854 wdt:P31 wd:Q900002 .
wd:Q900001 rdfs:label "field army"@en, "Armee"@de .
wd:Q900002 rdfs:label "division"@en .
wd:Q20715023 rdfs:label "first lieutenant"@en ; wdt:P17 wd:Q30 .
wd:Q3280545 rdfs:label "major general"@en .
<https://de.wikipedia.org/wiki/Elbe> schema:about wd:Q1644 ;
    schema:isPartOf <https://de.wikipedia.org/> .
<https://pl.wikipedia.org/wiki/%C5%81aba> schema:about wd:Q1644 ;
    schema:isPartOf <https://pl.wikipedia.org/> .
"""


class Endpoint(ThreadingHTTPServer):
    """An endpoint over a graph; `asked` are the queries it got."""

    def __init__(self, turtle: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = Store()
        self.store.load(turtle.encode(), RdfFormat.TURTLE)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.server_port}/sparql"

    def answer(self, query: str) -> bytes:
        """Answer a query with SPARQL results in JSON."""
        self.asked.append(query)
        found = self.store.query(query)
        assert isinstance(found, QuerySolutions | QueryBoolean)
        written = found.serialize(format=QueryResultsFormat.JSON)
        assert written is not None
        return written


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self._answer(parse_qs(urlsplit(self.path).query)["query"][0])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        plain = self.headers["Content-Type"].startswith("application/sparql-query")
        self._answer(body if plain else parse_qs(body)["query"][0])

    def _answer(self, query: str) -> None:
        body = self.server.answer(query)
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(turtle: str = GRAPH) -> Iterator[Endpoint]:
    """Run the stand-in."""
    endpoint = Endpoint(turtle)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
        endpoint.server_close()
