"""Try the clauses on any endpoint: `python -m server.conformance --url http://host/sparql`."""

from __future__ import annotations

import sys
from collections import Counter

import click
from pyoxigraph import RdfFormat, serialize

from server.conformance.clauses import run
from server.conformance.earl import EARL, to_triples
from server.conformance.visitor import Visitor, over_http

PREFIXES = {"earl": EARL, "dct": "http://purl.org/dc/terms/"}


@click.command()
@click.option("--url", required=True, help="The endpoint's address.")
@click.option("--earl", is_flag=True, help="Write the report as Turtle instead of lines.")
def main(url: str, earl: bool) -> None:
    """Try every clause of the protocol on an endpoint; exit 1 when one is not met."""
    results = run(Visitor(over_http(url), url))
    if earl:
        graph = to_triples(results, url, url, "unknown")
        click.echo(serialize(graph, format=RdfFormat.TURTLE, prefixes=PREFIXES))
    else:
        for result in results:
            clause = result.clause
            why = f": {result.info}" if result.info else ""
            click.echo(f"{result.outcome:12} {clause.section:6} {clause.name}{why}")
    counts = Counter(result.outcome for result in results)
    click.echo(", ".join(f"{count} {name}" for name, count in counts.items()), err=True)
    sys.exit(1 if counts["failed"] or counts["cantTell"] else 0)


if __name__ == "__main__":
    main()
