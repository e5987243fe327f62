"""Build a release from a project: read, check, assemble, validate, describe, write.

A build is a pure function of the sources: the same files make the same bytes, in any folder, time
zone and locale. What depends on anything else is no part of what a release vouches for.
"""

import os
from collections.abc import Callable
from pathlib import Path

from pyoxigraph import Triple

from kg.assemble import Assembled, assemble
from kg.check import check_project
from kg.draft import open_draft
from kg.edition import to_edition, write_edition
from kg.errors import ProjectError, ReleaseError
from kg.freshness import hash_sources
from kg.memory import without_collector
from kg.project import Project, read_project
from kg.release import Release
from kg.rules import check_rules
from kg.shapes import ShapesReport, check_catalog, check_shapes, require

Tell = Callable[[str], None]

STEPS = ("reading", "checking", "assembling", "validating", "writing")


def build(root: Path, out: Path, tell: Tell = lambda step: None) -> Release:
    """Turn a project folder into a release at `out`; `tell` hears each of STEPS as it begins.

    Raises a KnowledgeError, and leaves what stood at `out` as it was, when a source cannot be
    read, a check finds something, a shape is broken, or the release cannot be written.
    """
    _refuse_among_sources(root, out)
    with without_collector():
        tell("reading")
        before = hash_sources(root)
        project = read_project(root)
        with open_draft(out) as draft:
            tell("checking")
            require_sound(project)
            tell("assembling")
            assembled = assemble(project)
            tell("validating")
            report = validate(project, assembled)
            tell("writing")
            if hash_sources(root) != before:
                message = "a source was changed while the build was reading; build again"
                raise ProjectError(message, str(root))
            edition = to_edition(project, assembled, report, before)
            return write_edition(edition, draft, lambda triples: validate_catalog(project, triples))


def _refuse_among_sources(root: Path, out: Path) -> None:
    """Raise ReleaseError when a release would stand among what it is built from."""
    for name in ("data", "ontology"):
        # Not `resolve`: it raises on a link that leads back to itself.
        if Path(os.path.realpath(out)).is_relative_to(os.path.realpath(root / name)):
            message = f"a release cannot stand in {name}/, among its sources; name another --out"
            raise ReleaseError(message, str(out))


def require_sound(project: Project) -> None:
    """Raise ProjectError, one line per finding, unless the checks find nothing."""
    findings = check_project(project)
    if findings:
        lines = "\n".join(map(str, findings))
        raise ProjectError(f"nothing is built while there is something to mend:\n{lines}")


def validate(project: Project, assembled: Assembled) -> ShapesReport:
    """Judge the graph by its shapes and by the project's own rules."""
    report = check_shapes(project, assembled)
    require(report, project)
    broken = list(check_rules(project, assembled))
    if broken:
        raise ProjectError("\n".join(["the graph breaks its own rules:", *map(str, broken)]))
    return report


def validate_catalog(project: Project, catalog: frozenset[Triple]) -> ShapesReport:
    """Judge the catalog of the release by its shapes."""
    report = check_catalog(project, catalog)
    require(report, project)
    return report
