"""Build a release from a project: read, check, assemble, validate, describe, write.

A build is a pure function of the sources: the same files make the same bytes, in any folder, time
zone and locale. What depends on anything else is no part of what a release vouches for.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from kg import __version__
from kg.assemble import Assembled, assemble
from kg.check import check_project
from kg.draft import open_draft
from kg.edition import Edition, write_edition
from kg.errors import ProjectError
from kg.formats import BY_NAME
from kg.project import CONTEXT, Project, read_project
from kg.release import Release
from kg.rules import check_rules
from kg.shapes import ShapesReport, check_catalog, check_shapes, require
from kg.terms import OWL
from kg.turtle import to_turtle

Tell = Callable[[str], None]

_SOURCES = (".ttl", ".trig", ".rq", ".tsv", ".jsonld")
_VERSION_INFO = NamedNode(OWL + "versionInfo")

STEPS = ("reading", "checking", "assembling", "validating", "writing")


def build(root: Path, out: Path, tell: Tell = lambda step: None) -> Release:
    """Turn a project folder into a release at `out`; `tell` hears each of STEPS as it begins.

    Raises a KnowledgeError, and leaves what stood at `out` as it was, when a source cannot be
    read, a check finds something, a shape is broken, or the release cannot be written.
    """
    with without_collector(), open_draft(out) as draft:
        tell("reading")
        before = hash_sources(root)
        project = read_project(root)
        tell("checking")
        require_sound(project)
        tell("assembling")
        assembled = assemble(project)
        tell("validating")
        report = validate(project, assembled)
        tell("writing")
        edition = to_edition(project, assembled, report, before)
        return write_edition(edition, draft, lambda catalog: _validate_catalog(project, catalog))


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


def to_edition(
    project: Project, assembled: Assembled, report: ShapesReport, sources_hash: str
) -> Edition:
    """Gather what a release of this project holds.

    Raises ProjectError when the sources are no longer those that were hashed.
    """
    if hash_sources(project.root) != sources_hash:
        message = "a source was changed while the build was reading; build again"
        raise ProjectError(message, str(project.root))
    catalog = (quad.triple for file in project.layer("catalog") for quad in file.quads)
    return Edition(
        name=project.name,
        base=project.base,
        assembled=assembled,
        authored=frozenset(catalog),
        prefixes=project.prefixes,
        context=project.context,
        report=report,
        ontology_version=_ontology_version(project),
        sources_hash=sources_hash,
        extras=dict(_extras(project)),
    )


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold the garbage collector off: graphs hold no cycles, and it takes a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def hash_sources(root: Path) -> str:
    """Hash the paths and bytes of everything a project is read from."""
    digest = hashlib.sha256()
    files = (file for top in ("data", "ontology") for file in (root / top).rglob("*"))
    named = ((file.relative_to(root).as_posix(), file) for file in files if file.is_file())
    for path, file in sorted(named):
        if file.suffix in _SOURCES and not any(part.startswith(".") for part in path.split("/")):
            digest.update(f"{path}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def is_current(release: Release, root: Path) -> bool:
    """Tell whether a release was made by this software from these sources."""
    made = release.manifest
    return made.software_version == __version__ and made.sources_hash == hash_sources(root)


def _validate_catalog(project: Project, catalog: frozenset[Triple]) -> ShapesReport:
    report = check_catalog(project, catalog)
    require(report, project)
    return report


def _ontology_version(project: Project) -> str:
    versions = sorted(
        quad.object.value
        for file in project.layer("ontology")
        for quad in file.quads
        if quad.predicate == _VERSION_INFO and isinstance(quad.object, Literal)
    )
    return versions[0] if versions else ""


def _extras(project: Project) -> Iterator[tuple[str, tuple[bytes, str]]]:
    """Take over the ontology as its authors wrote it, all shapes in one file, and the queries."""
    turtle = BY_NAME["ttl"].media_type
    for file in project.layer("ontology"):
        yield file.path, (file.text.encode(), turtle)
    shapes = [quad.triple for file in project.layer("shape") for quad in file.quads]
    yield "ontology/shapes.ttl", (to_turtle(shapes, project.prefixes), turtle)
    context = json.dumps(project.context, ensure_ascii=False, indent=2).encode() + b"\n"
    yield CONTEXT, (context, BY_NAME["jsonld"].media_type)
    for query in project.queries:
        yield f"queries/{Path(query.path).name}", (query.text.encode(), "application/sparql-query")
