"""`/report`: what the checks of a release looked at and what they found, by thing and by rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyoxigraph import NamedNode

from kg.terms import SCHEMA_ITEM_REVIEWED
from server.lookups import Text, best
from server.pages.figures import say_number
from server.pages.frame import page_reader, show
from server.pages.ontology import MESSAGE, Index, read_shapes
from server.pages.values import Reader, Shown
from server.pages.wording import PHRASES
from server.site import Site, current_site

SEVERITIES = {"Violation": "violations", "Warning": "warnings", "Info": "infos"}
_NAME = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])")


@dataclass(frozen=True)
class Rule:
    """A rule of the shapes: its short name, where it is described, what it says when broken."""

    name: str
    href: str | None
    messages: list[Text]


@dataclass(frozen=True)
class Finding:
    """What one rule found in one thing; `words` are pieces of its sentence, with links."""

    severity: str
    words: list[tuple[str, str | None]]
    rule: Rule


@dataclass(frozen=True)
class Checked:
    """A rule with how many things it looked at and, by the words for them, what it found."""

    rule: Rule
    looked_at: str
    found: list[str]


def find_findings(site: Site) -> dict[str, int]:
    """Count what the checks found in each thing; of a claim, what they found in its assessment."""
    report: dict[str, Any] = json.loads(site.files.get("report.json", b"{}"))
    counts = {iri: len(found) for iri, found in report.get("entities", {}).items()}
    for review, count in tuple(counts.items()):
        try:
            claims = site.look.nodes(NamedNode(review), SCHEMA_ITEM_REVIEWED)
        except ValueError:
            continue
        for claim in claims:
            counts[claim.value] = counts.get(claim.value, 0) + count
    return counts


def show_report(body: bytes) -> str:
    """Render a release's report (`report.json`)."""
    site, reader = current_site(), page_reader()
    report: dict[str, Any] = json.loads(body)
    rule = partial(_show_rule, reader, site.derive(read_shapes))
    return show(
        "report.html",
        report=report,
        things=list(_list_things(reader, report["entities"], rule)),
        checked=[_show_checked(reader, entry, rule) for entry in report["shapes"]],
    )


def _list_things(
    reader: Reader, entities: Mapping[str, Any], rule: Callable[[str], Rule]
) -> Iterator[tuple[Shown, list[Finding]]]:
    for iri, findings in entities.items():
        shown = [
            Finding(f["severity"], link_names(reader, f["message"]), rule(f["shape"]))
            for f in findings
        ]
        yield _show_thing(reader, iri), shown


def _show_thing(reader: Reader, iri: str) -> Shown:
    try:
        return reader.thing(NamedNode(iri))
    except ValueError:
        return Shown(iri, "other")


def link_names(reader: Reader, sentence: str) -> list[tuple[str, str | None]]:
    """Part a sentence at the IRIs in it, each shortened and with the address of its page."""
    pieces: list[tuple[str, str | None]] = []
    for number, piece in enumerate(_NAME.split(sentence)):
        if number % 2:
            pieces.append((reader.compact(piece), reader.addresses.href(NamedNode(piece))))
        elif piece:
            pieces.append((piece, None))
    return pieces


def _show_checked(reader: Reader, entry: Mapping[str, Any], rule: Callable[[str], Rule]) -> Checked:
    say, looked_at = PHRASES[reader.lang], entry["focus_nodes"]
    found = [
        say[f"found_{severity}"].format(entry[key])
        for severity, key in SEVERITIES.items()
        if entry.get(key)
    ]
    return Checked(rule(entry["shape"]), "–" if looked_at is None else say_number(looked_at), found)


def _show_rule(reader: Reader, shapes: Index, iri: str) -> Rule:
    message = best(shapes.texts(iri, MESSAGE), reader.lang)
    href = reader.addresses.href(NamedNode(iri)) if ":" in iri else None
    name = re.split("[#/]", iri)[-1]
    return Rule(name, href, [message] if message else [])
