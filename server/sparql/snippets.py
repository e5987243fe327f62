"""A query as a few lines of code, ready to be pasted: shell, Python, JavaScript and R."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from kg.sparql import QueryForm


@dataclass(frozen=True)
class Snippet:
    """Some lines of code and what they are written for."""

    name: str
    code: str


@dataclass(frozen=True)
class _Asked:
    """What every snippet needs: address, query, form, and the names its answer has for machines."""

    endpoint: str
    query: str
    form: QueryForm

    @property
    def is_graph(self) -> bool:
        return self.form in ("CONSTRUCT", "DESCRIBE")

    @property
    def media_type(self) -> str:
        if self.is_graph:
            return "text/turtle"
        return "text/csv" if self.form == "SELECT" else "application/sparql-results+json"


def write_snippets(endpoint: str, query: str, form: QueryForm) -> list[Snippet]:
    """Write code that asks an endpoint this query and prints the answer.

    What the query holds cannot break out of the string it stands in.
    """
    asked = _Asked(endpoint, query.strip().replace("\r\n", "\n").replace("\r", "\n"), form)
    found = [(name, write(asked)) for name, write in _WRITERS]
    return [Snippet(name, code) for name, code in found if code]


def _write_curl(asked: _Asked) -> str:
    return (
        f"curl {shlex.quote(asked.endpoint)} -H 'Accept: {asked.media_type}' \\\n"
        f"     --data-urlencode query={shlex.quote(asked.query)}\n"
    )


def _write_wrapper(asked: _Asked) -> str:
    answer = {
        "SELECT": 'for row in endpoint.queryAndConvert()["results"]["bindings"]:\n'
        '    print({name: cell["value"] for name, cell in row.items()})\n',
        "ASK": 'print(endpoint.queryAndConvert()["boolean"])\n',
    }.get(asked.form, "print(endpoint.queryAndConvert().decode())\n")
    kind = "TURTLE" if asked.is_graph else "JSON"
    return (
        f"from SPARQLWrapper import {kind}, POST, SPARQLWrapper\n\n"
        f"endpoint = SPARQLWrapper({_quote_line(asked.endpoint)}, returnFormat={kind})\n"
        "endpoint.setMethod(POST)\n"
        f"endpoint.setQuery({_quote_python(asked.query)})\n"
        f"{answer}"
    )


def _write_pandas(asked: _Asked) -> str | None:
    if asked.form != "SELECT":
        return None
    return (
        "from urllib.parse import urlencode\n\nimport pandas\n\n"
        f"query = {_quote_python(asked.query)}\n"
        f"address = {_quote_line(asked.endpoint + '?')} + "
        'urlencode({"query": query, "format": "csv"})\n'
        "print(pandas.read_csv(address))\n"
    )


def _write_rdflib(asked: _Asked) -> str | None:
    if not asked.is_graph:
        return None
    return (
        "from urllib.parse import urlencode\n\nfrom rdflib import Graph\n\n"
        f"query = {_quote_python(asked.query)}\n"
        f"address = {_quote_line(asked.endpoint + '?')} + "
        'urlencode({"query": query, "format": "ttl"})\n'
        'print(len(Graph().parse(address, format="turtle")), "triples")\n'
    )


def _write_javascript(asked: _Asked) -> str:
    answer = {
        "SELECT": "const { results } = await response.json();\n"
        "console.table(results.bindings.map((row) =>\n"
        "  Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, value]))));\n",
        "ASK": "console.log((await response.json()).boolean);\n",
    }.get(asked.form, "console.log(await response.text());\n")
    accept = "text/turtle" if asked.is_graph else "application/sparql-results+json"
    return (
        f"const query = {_quote_javascript(asked.query)};\n"
        f"const response = await fetch({_quote_line(asked.endpoint)}, {{\n"
        '  method: "POST",\n'
        f'  headers: {{ Accept: "{accept}" }},\n'
        "  body: new URLSearchParams({ query }),\n"
        "});\n"
        "if (!response.ok) throw new Error((await response.json()).detail);\n"
        f"{answer}"
    )


def _write_r(asked: _Asked) -> str:
    read = "read.csv" if asked.form == "SELECT" else "readLines"
    name = {"SELECT": "csv", "ASK": "json"}.get(asked.form, "ttl")
    return (
        f"query <- {_quote_r(asked.query)}\n"
        f"address <- paste0({_quote_line(f'{asked.endpoint}?format={name}&query=')},\n"
        "                  URLencode(query, reserved = TRUE))\n"
        f"print({read}(address))\n"
    )


_WRITERS: tuple[tuple[str, Callable[[_Asked], str | None]], ...] = (
    ("curl", _write_curl),
    ("Python, SPARQLWrapper", _write_wrapper),
    ("Python, pandas", _write_pandas),
    ("Python, rdflib", _write_rdflib),
    ("JavaScript", _write_javascript),
    ("R", _write_r),
)


def _quote_line(text: str) -> str:
    """Quote an address: Python, JavaScript and R read a JSON string alike."""
    return json.dumps(text)


def _quote_python(text: str) -> str:
    """Quote over several lines where the text allows it, else on one."""
    if '"""' in text:
        return repr(text)
    raw = "r" if "\\" in text else ""
    return f'{raw}"""\n{text}\n"""'


def _quote_javascript(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return f"`{escaped}`"


def _quote_r(text: str) -> str:
    """Quote as a raw string (R 4.0 and newer), with as many dashes as keep it whole."""
    dashes = ""
    while f'){dashes}"' in text:
        dashes += "-"
    return f'r"{dashes}({text}){dashes}"'
