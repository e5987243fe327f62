"""A Wikibase on the loopback: entity API, query service and reconciliation in their real formats.

What it knows is given by hand. What its query service answers follows from the statements: it
reads the queries that the client sends, no others. `say` puts an answer of any kind before the
next request, to see what becomes of it.
"""

import json
import re
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ENTITY = "http://www.wikidata.org/entity/"
DIRECT = "http://www.wikidata.org/prop/direct/"
GREGORIAN = f"{ENTITY}Q1985727"
JULIAN = f"{ENTITY}Q1985786"

Json = dict[str, Any]


def item(id: str) -> Json:
    """The value of a statement that names an item."""
    value = {"entity-type": "item", "numeric-id": int(id[1:]), "id": id}
    return {"value": value, "type": "wikibase-entityid"}


def text(value: str) -> Json:
    """The value of a statement that is a plain string, such as an identifier."""
    return {"value": value, "type": "string"}


def day(written: str, precision: int = 11, calendar: str = GREGORIAN) -> Json:
    """The value of a statement that is a date: `+1910-08-14`, `+1914-00-00`."""
    value = {
        "time": f"{written}T00:00:00Z",
        "timezone": 0,
        "before": 0,
        "after": 0,
        "precision": precision,
        "calendarmodel": calendar,
    }
    return {"value": value, "type": "time"}


def point(latitude: float, longitude: float) -> Json:
    """The value of a statement that is a place on the globe."""
    value = {
        "latitude": latitude,
        "longitude": longitude,
        "altitude": None,
        "precision": 0.0001,
        "globe": f"{ENTITY}Q2",
    }
    return {"value": value, "type": "globecoordinate"}


def statement(
    property: str,
    value: Json | None,
    *,
    rank: str = "normal",
    sources: Mapping[str, Json] | None = None,
) -> Json:
    """A statement; without a value its value is unknown. `sources` make one reference."""
    made: Json = {"mainsnak": _snak(property, value), "type": "statement", "rank": rank}
    made["id"] = f"{property}$00000000-0000-0000-0000-000000000000"
    if sources:
        snaks = {source: [_snak(source, one)] for source, one in sources.items()}
        made["references"] = [{"hash": "0" * 40, "snaks": snaks, "snaks-order": list(snaks)}]
    return made


def _snak(property: str, value: Json | None) -> Json:
    if value is None:
        return {"snaktype": "somevalue", "property": property}
    return {"snaktype": "value", "property": property, "datavalue": value}


@dataclass(frozen=True)
class Said:
    """An answer put in before the next request; without a body the connection breaks."""

    status: int = 200
    body: bytes | None = b"{}"
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0
    cut: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have given up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Wikibase:
    """The stand-in; `requests` lists what was asked, each as path and fields."""

    def __init__(self) -> None:
        self.items: dict[str, Json] = {}
        self.redirects: dict[str, str] = {}
        self.candidates: dict[str, list[Json]] = {}
        self.space = ENTITY
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.headers: list[Mapping[str, str]] = []
        self._said: deque[Said] = deque()
        self._quiet = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api = f"{self.url}/w/api.php"
        self.sparql = f"{self.url}/sparql"
        self.reconciliation = f"{self.url}/en/api"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def add(
        self,
        id: str,
        label: str,
        *statements: Json,
        aliases: tuple[str, ...] = (),
        articles: Mapping[str, str] | None = None,
        description: str = "",
        **labels: str,
    ) -> None:
        """Give it an item; more labels by language, articles by site."""
        claims: dict[str, list[Json]] = {}
        for made in statements:
            claims.setdefault(made["mainsnak"]["property"], []).append(made)
        names = {"en": label, **labels}
        self.items[id] = {
            "type": "item",
            "id": id,
            "labels": {code: {"language": code, "value": name} for code, name in names.items()},
            "descriptions": {"en": {"language": "en", "value": description}} if description else [],
            "aliases": {"en": [{"language": "en", "value": name} for name in aliases]},
            "claims": claims or [],
            "sitelinks": {
                site: {"site": site, "title": title, "badges": []}
                for site, title in (articles or {}).items()
            },
        }

    def say(self, *answers: Said) -> None:
        """Answer the next requests like this, one after the other."""
        self._said.extend(answers)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The fields of each request to a path, in order."""
        return [fields for where, fields in self.requests if where == path]

    def close(self) -> None:
        """End it."""
        self._quiet.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wikibase = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                self._answer(parts.path, parts.query)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self._answer(urlsplit(self.path).path, body.decode())

            def _answer(self, path: str, form: str) -> None:
                fields = {name: values[0] for name, values in parse_qs(form).items()}
                wikibase.requests.append((path, fields))
                wikibase.headers.append(dict(self.headers))
                said = wikibase._next(path, fields)
                if said.wait_s:
                    wikibase._quiet.wait(said.wait_s)
                if said.body is None:
                    self.close_connection = True
                    return
                self._send(said, said.body)

            def _send(self, said: Said, body: bytes) -> None:
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", said.type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) - said.cut])
                self.close_connection = bool(said.cut)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def _next(self, path: str, fields: Mapping[str, str]) -> Said:
        if self._said:
            return self._said.popleft()
        if path == "/w/api.php":
            return Said(body=json.dumps(self._act(fields)).encode())
        if path == "/sparql":
            body = json.dumps(self._select(fields["query"])).encode()
            return Said(body=body, type="application/sparql-results+json")
        if service := re.fullmatch("/([a-z]+)/api", path):
            return Said(body=json.dumps(self._reconcile(service[1], fields)).encode())
        return Said(404, b"<h1>Not Found</h1>", "text/html")

    def _act(self, fields: Mapping[str, str]) -> Json:
        if fields["action"] == "wbsearchentities":
            wanted = fields["search"].casefold()
            hits = [
                {"id": id, "concepturi": ENTITY + id, "label": record["labels"]["en"]["value"]}
                for id, record in self.items.items()
                if any(name.casefold().startswith(wanted) for name in _names(record))
            ]
            return {"searchinfo": {"search": fields["search"]}, "search": hits, "success": 1}
        assert fields["action"] == "wbgetentities", fields
        if "sites" in fields:
            return {"entities": dict(self._titled(fields["sites"], fields["titles"])), "success": 1}
        ids = fields["ids"].split("|")
        assert len(ids) <= 50, "the API takes 50 ids at a time"
        return {"entities": {id: self._record(id) for id in ids}, "success": 1}

    def _record(self, id: str) -> Json:
        target = self.redirects.get(id, id)
        if target not in self.items:
            return {"id": id, "missing": ""}
        redirect = {"redirects": {"from": id, "to": target}} if target != id else {}
        return self.items[target] | redirect

    def _titled(self, site: str, titles: str) -> list[tuple[str, Json]]:
        found = []
        for number, title in enumerate(titles.split("|"), 1):
            owners = [
                id
                for id, record in self.items.items()
                if record["sitelinks"].get(site, {}).get("title") == title
            ]
            if owners:
                found.append((owners[0], self.items[owners[0]]))
            else:
                found.append((f"-{number}", {"site": site, "title": title, "missing": ""}))
        return found

    def _select(self, query: str) -> Json:
        keys = re.findall(r'<([^>]+)>|"([^"]*)"', re.findall(r"VALUES \?key {(.*?)}", query)[0])
        rows = [
            (iri or value, found)
            for iri, value in keys
            for found in (self._reached(iri, query) if iri else self._carrying(value, query))
        ]
        bindings = [
            {
                "key": {"type": "uri" if key.startswith("http") else "literal", "value": key},
                "value": {"type": "uri", "value": ENTITY + id},
            }
            for key, id in rows
        ]
        return {"head": {"vars": ["key", "value"]}, "results": {"bindings": bindings}}

    def _carrying(self, value: str, query: str) -> list[str]:
        property = re.findall(r"\?value wdt:(P\d+) \?key", query)[0]
        return [id for id in self.items if value in self._values(id, property)]

    def _reached(self, iri: str, query: str) -> list[str]:
        first, then = {
            "wdt:P31/wdt:P279*": (["P31"], ["P279"]),
            "(wdt:P131|wdt:P276|wdt:P17)+": (["P131", "P276", "P17"], ["P131", "P276", "P17"]),
        }[re.findall(r"\?key (\S+) \?value }", query)[0]]
        found: list[str] = []
        waiting = [one for p in first for one in self._values(iri.removeprefix(ENTITY), p)]
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.append(id)
                waiting += [one for property in then for one in self._values(id, property)]
        return found

    def _values(self, id: str, property: str) -> list[Any]:
        claims = self.items.get(id, {}).get("claims") or {}
        values = [made["mainsnak"].get("datavalue") for made in claims.get(property, [])]
        found = [value["value"] for value in values if value]
        return [one.get("id", one) if isinstance(one, dict) else one for one in found]

    def _reconcile(self, language: str, fields: Mapping[str, str]) -> Json:
        """Answer as the Reconciliation Service API 0.2 has it: a manifest, or a query batch."""
        if "queries" not in fields:
            return {
                "versions": ["0.2"],
                "name": f"Stand-in ({language})",
                "identifierSpace": self.space,
                "schemaSpace": DIRECT,
                "view": {"url": f"{self.url}/wiki/{{{{id}}}}"},
                "defaultTypes": [{"id": "Q35120", "name": "entity"}],
            }
        asked = json.loads(fields["queries"])
        return {
            name: {"result": self._find(language, question)[: question.get("limit", 10)]}
            for name, question in asked.items()
        }

    def _find(self, language: str, question: Json) -> list[Json]:
        """Give what was given by hand for a name, else items that share a word with it."""
        wanted = question["query"].casefold()
        if question["query"] in self.candidates:
            return self.candidates[question["query"]]
        found = []
        for id, record in self.items.items():
            names = [name.casefold() for name in _names(record)]
            words = {word for name in names for word in name.split()}
            if wanted in names or words & set(wanted.split()):
                found.append(self._candidate(id, language, 100.0 if wanted in names else 50.0))
        return sorted(found, key=lambda one: (-one["score"], one["id"]))

    def _candidate(self, id: str, language: str, points: float) -> Json:
        labels = self.items[id]["labels"]
        descriptions = self.items[id]["descriptions"] or {}
        types = [{"id": one, "name": _call(self.items, one)} for one in self._values(id, "P31")]
        return {
            "id": id,
            "name": labels.get(language, labels["en"])["value"],
            "description": descriptions.get("en", {}).get("value", ""),
            "type": types,
            "score": points,
            "features": [{"id": "all_labels", "value": points}],
            "match": False,
        }


def _call(items: Mapping[str, Json], id: str) -> str:
    return str(items[id]["labels"]["en"]["value"]) if id in items else id


def _names(record: Json) -> list[str]:
    labels = [one["value"] for one in record["labels"].values()]
    return labels + [one["value"] for several in record["aliases"].values() for one in several]
