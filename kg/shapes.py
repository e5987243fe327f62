"""Which shapes judge which graph, and the report of it.

All shapes but two files judge the projection: everything asserted, and claims with their
statements. `content.ttl` judges what claims state, whether accepted or not, so that even a
rejected claim is well formed. `catalog.ttl` judges the catalog that a build writes.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.assemble import Assembled
from kg.errors import ShapeError
from kg.findings import Finding, sort_findings
from kg.project import Project
from kg.shacl import Result, Term, count_focus_nodes, validate
from kg.terms import RDF_TYPE, SH, XSD_BOOLEAN
from kg.turtle import to_turtle

CONTENT = "content.ttl"
CATALOG = "catalog.ttl"
BROKEN = "broken shape"
IDLE = "idle shape"


@dataclass(frozen=True)
class ShapesReport:
    """What validation found: results in a stable order, and focus nodes counted per shape."""

    results: tuple[Result, ...] = ()
    focus_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def violations(self) -> tuple[Result, ...]:
        """The results that forbid a release."""
        return tuple(result for result in self.results if result.severity == "Violation")

    @property
    def idle(self) -> tuple[str, ...]:
        """The shapes that selected no node: most often a misspelt target."""
        return tuple(shape for shape, count in self.focus_counts.items() if count == 0)

    def __add__(self, other: ShapesReport) -> ShapesReport:
        counts = {**self.focus_counts, **other.focus_counts}
        return ShapesReport((*self.results, *other.results), dict(sorted(counts.items())))


def check_shapes(project: Project, assembled: Assembled) -> ShapesReport:
    """Judge what is asserted, and what claims state, each by its own shapes."""
    stated = assembled.default.union(*assembled.claims.values())
    core = _shapes(project, lambda name: name not in (CONTENT, CATALOG))
    content = _shapes(project, lambda name: name == CONTENT)
    return _judge(assembled.projection, core) + _judge(stated, content)


def check_catalog(project: Project, catalog: Iterable[Triple]) -> ShapesReport:
    """Judge the catalog that is about to be released."""
    return _judge(frozenset(catalog), _shapes(project, lambda name: name == CATALOG))


def require(report: ShapesReport, project: Project) -> None:
    """Raise ShapeError, one line per fault, unless the report lets a release go out."""
    findings = to_findings(report, project)
    if findings:
        shown = [str(finding) for finding in findings[:20]]
        more = [f"... and {len(findings) - 20} more"] if len(findings) > 20 else []
        raise ShapeError("\n".join(["the graph breaks its shapes:", *shown, *more]))


def to_findings(report: ShapesReport, project: Project) -> list[Finding]:
    """Name each violation and each idle shape with the place where it is to be mended."""
    quads = defaultdict(list)
    for file in project.files:
        for quad in file.quads:
            quads[str(quad.subject)].append((file, quad))

    def find(rule: str, message: str, record: Term, *parts: Term | None) -> Finding:
        file, quad = max(
            quads[str(record)],
            key=lambda place: [part in place[1] for part in parts],
            default=(None, None),
        )
        line = file.positions.line_of(quad) if file and quad else None
        return Finding(rule, message, file.path if file else None, line, _short(record, project))

    findings = []
    for result in report.violations:
        path = f" {_short(result.path, project)}" if result.path else ""
        value = f", found {_short(result.value, project)}" if result.value else ""
        message = f"{result.message} ({project.shorten(result.shape)}{path}{value})"
        findings.append(find(BROKEN, message, result.record, result.path, result.value))
    for shape in report.idle:
        message = "the shape selects nothing; correct its target, or delete it"
        findings.append(find(IDLE, message, NamedNode(shape)))
    return sort_findings(findings)


def to_report_json(report: ShapesReport) -> bytes:
    """Write the report by shape and by entity."""
    by_shape = Counter((result.shape, result.severity) for result in report.results)
    by_entity: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in report.results:
        found: dict[str, Any] = {
            "shape": result.shape,
            "severity": result.severity,
            "message": result.message,
        }
        if result.path:
            found["path"] = result.path.value
        if result.value:
            found["value"] = _plain(result.value)
        by_entity[_plain(result.record)].append(found)
    names = sorted({*report.focus_counts, *(result.shape for result in report.results)})
    document = {
        "conforms": not report.violations,
        "results": len(report.results),
        "shapes": [
            {
                "shape": name,
                "focus_nodes": report.focus_counts.get(name),
                "violations": by_shape[name, "Violation"],
                "warnings": by_shape[name, "Warning"],
                "infos": by_shape[name, "Info"],
            }
            for name in names
        ],
        "entities": dict(sorted(by_entity.items())),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def to_report_turtle(report: ShapesReport, base: str, prefixes: Mapping[str, str]) -> bytes:
    """Write the report as SHACL has it (section 3.6), with names in place of blank nodes."""
    node = NamedNode(f"{base}report")
    conforms = Literal("false" if report.violations else "true", datatype=XSD_BOOLEAN)
    triples = [
        Triple(node, RDF_TYPE, _sh("ValidationReport")),
        Triple(node, _sh("conforms"), conforms),
    ]
    for number, result in enumerate(report.results, 1):
        found = NamedNode(f"{base}report#result-{number}")
        triples.append(Triple(node, _sh("result"), found))
        triples.append(Triple(found, RDF_TYPE, _sh("ValidationResult")))
        parts: dict[str, Term | None] = {
            "focusNode": result.focus,
            "resultPath": result.path,
            "value": result.value,
            "resultMessage": Literal(result.message, language="en"),
            "resultSeverity": _sh(result.severity),
            "sourceShape": NamedNode(result.shape) if ":" in result.shape else None,
            "sourceConstraintComponent": _sh(result.component),
        }
        triples += [Triple(found, _sh(name), term) for name, term in parts.items() if term]
    return to_turtle(triples, prefixes)


def _sh(name: str) -> NamedNode:
    return NamedNode(SH + name)


def _judge(data: frozenset[Triple], shapes: list[Triple]) -> ShapesReport:
    if not shapes:
        return ShapesReport()
    return ShapesReport(tuple(validate(data, shapes)), count_focus_nodes(data, shapes))


def _shapes(project: Project, wanted: Callable[[str], bool]) -> list[Triple]:
    files = (file for file in project.layer("shape") if wanted(PurePosixPath(file.path).name))
    return [quad.triple for file in files for quad in file.quads]


def _short(term: Term, project: Project) -> str:
    return project.shorten(term.value) if isinstance(term, NamedNode) else str(term)


def _plain(term: Term) -> str:
    return str(term) if isinstance(term, Triple) else term.value
