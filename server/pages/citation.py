"""How to cite a page, and the query that fetches the same facts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyoxigraph import NamedNode

from server.links import own_path
from server.lookups import Text
from server.pages.values import Reader
from server.pages.wording import PHRASES
from server.site import Site

SHORT_VERSION = 12


@dataclass(frozen=True)
class Citation:
    """A reference to one thing in one version of the data: as a line, and for BibTeX."""

    line: str
    bibtex: str
    address: str


def cite(site: Site, reader: Reader, title: Text, iri: str) -> Citation:
    """Write the reference to what this version says of a thing, by the thing's own name."""
    dataset = site.title(reader.lang).value
    publisher = _publisher(site, reader)
    version = _to_version(site, reader)
    name = title.value.rstrip(".")
    quoted = PHRASES[reader.lang]["quoted"].format(name)
    parts = [f"{quoted}.", f"{dataset},", version]
    parts.append(f"({site.dataset.modified})." if site.dataset.modified else "")
    line = " ".join([*filter(None, parts)]).rstrip(".") + "."
    by = f" {publisher}." if publisher and publisher != dataset else ""
    bibtex = _to_bibtex(site, name, dataset, publisher, iri)
    return Citation(f"{line}{by} {iri}", bibtex, iri)


def cite_dataset(site: Site, reader: Reader) -> Citation:
    """Write the reference to this version of the dataset as a whole."""
    dataset, iri = site.title(reader.lang).value, site.dataset.iri
    publisher, version = _publisher(site, reader), _to_version(site, reader)
    day = f" ({site.dataset.modified})" if site.dataset.modified else ""
    by = f"{publisher}. " if publisher and publisher != dataset else ""
    line = f"{by}{dataset}, {version}{day}. {iri}"
    return Citation(line, _to_bibtex(site, dataset, "", publisher, iri), iri)


def facts_query(thing: NamedNode) -> str:
    """Write the query for what is asserted of a thing, with the graphs that state it too.

    That is what the thing is a subject or a value of: posts held point to who holds them.
    """
    iri = f"<{thing.value}>"
    return (
        "SELECT * WHERE {\n"
        f"  {{ {iri} ?property ?value OPTIONAL {{ GRAPH ?claim {{ {iri} ?property ?value }} }} }}\n"
        "  UNION\n"
        f"  {{ ?of ?property {iri} OPTIONAL {{ GRAPH ?claim {{ ?of ?property {iri} }} }} }}\n"
        "}\nLIMIT 1000"
    )


def rest_query(thing: NamedNode) -> str:
    """Write the query for what points to a thing."""
    return f"SELECT ?thing ?property WHERE {{ ?thing ?property <{thing.value}> }}\nLIMIT 1000"


def claim_query(claim: NamedNode) -> str:
    """Write the query for what a claim states."""
    return (
        "SELECT ?subject ?property ?value WHERE {\n"
        f"  GRAPH <{claim.value}> {{ ?subject ?property ?value }}\n"
        "}\nORDER BY ?subject ?property ?value\nLIMIT 1000"
    )


def _to_version(site: Site, reader: Reader) -> str:
    return PHRASES[reader.lang]["cite_version"].format(site.version[:SHORT_VERSION])


def _publisher(site: Site, reader: Reader) -> str:
    publisher = site.dataset.publisher
    name = reader.look.name(NamedNode(publisher), reader.lang) if publisher else None
    return name.value if name else ""


def _to_bibtex(site: Site, title: str, dataset: str, publisher: str, address: str) -> str:
    path = own_path(address, site.base) or address
    fields = {
        "title": title,
        "booktitle": dataset,
        "author": f"{{{publisher}}}" if publisher else "",
        "year": (site.dataset.modified or "")[:4],
        "version": site.version[:SHORT_VERSION],
        "url": address,
    }
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"{site.release.manifest.name}-{path}").strip("-")
    rows = [f"  {name} = {{{_escape(value)}}}," for name, value in fields.items() if value]
    return "\n".join((f"@misc{{{key},", *rows, "}"))


def _escape(value: str) -> str:
    return re.sub(r"([%&#_$])", r"\\\1", value) if "://" not in value else value
