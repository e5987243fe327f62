"""What a release will hold, whatever it was made from, and how that becomes its files."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from kg import __version__
from kg.assemble import Assembled
from kg.catalog import PREFIXES, Catalog
from kg.diff import Changes, compare_lines, read_lines
from kg.draft import Draft
from kg.dumps import find_unspeakable, to_bytes, to_dump
from kg.errors import ReleaseError
from kg.formats import BY_NAME, RDF_FORMATS
from kg.identifiers import FILE as IDENTIFIERS
from kg.identifiers import find_schemes, write_schemes
from kg.project import CONTEXT, NAME_WORDS, Project
from kg.release import Manifest, Release, open_release
from kg.shapes import ShapesReport, to_report_json, to_report_turtle
from kg.terms import OWL, SH
from kg.turtle import to_turtle

SSSOM_TSV = "text/tab-separated-values"
_VERSION_INFO = NamedNode(OWL + "versionInfo")

CheckCatalog = Callable[[frozenset[Triple]], ShapesReport]


@dataclass(frozen=True)
class Edition:
    """All that goes into a release.

    `authored` is what the editors say of the dataset; `extras` are files taken over as they are,
    by path: content and media type.
    """

    name: str
    base: str
    assembled: Assembled
    authored: frozenset[Triple]
    prefixes: Mapping[str, str]
    context: Mapping[str, object] | None
    report: ShapesReport
    ontology_version: str
    sources_hash: str
    extras: Mapping[str, tuple[bytes, str]] = field(default_factory=dict)


def to_edition(
    project: Project, assembled: Assembled, report: ShapesReport, sources_hash: str
) -> Edition:
    """Gather what a release of this project holds."""
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
        extras=dict(_extras(project, assembled)),
    )


def write_edition(edition: Edition, draft: Draft, check_catalog: CheckCatalog) -> Release:
    """Write an edition's files and publish them; `check_catalog` may still refuse."""
    changes = _compare_with_old(edition.assembled, draft)
    _write_dumps(edition, draft)
    catalog = Catalog(
        edition.assembled,
        edition.authored,
        edition.base,
        edition.prefixes,
        tuple(sorted(draft.files, key=lambda file: file.path)),
    )
    described = catalog.to_triples()
    report = edition.report + check_catalog(described)
    _write_catalog(edition, draft, described)
    _write_report(edition, draft, report)
    for path, (content, media_type) in sorted(edition.extras.items()):
        draft.write(path, content, media_type)
    _write_changes(draft, changes)
    draft.write_store(edition.assembled.quads)
    return draft.publish(
        Manifest(
            version=edition.assembled.version,
            name=edition.name,
            base=edition.base,
            title=catalog.title,
            ontology_version=edition.ontology_version,
            software_version=__version__,
            sources_hash=edition.sources_hash,
            counts=catalog.counts(),
            prefixes=dict(edition.prefixes),
            files=(),
        )
    )


def _write_dumps(edition: Edition, draft: Draft) -> None:
    """Write every dump; RDF/XML only where it can spell every property."""
    speakable = find_unspeakable(edition.assembled.projection) is None
    for format in RDF_FORMATS:
        if format.name != "rdf" or speakable:
            content = to_dump(edition.assembled, format, edition.prefixes, edition.context)
            draft.write(f"dumps/{edition.name}.{format.name}", content, format.media_type, gz=True)


def _write_catalog(edition: Edition, draft: Draft, described: frozenset[Triple]) -> None:
    prefixes = {**edition.prefixes, **PREFIXES}
    for name in ("ttl", "jsonld"):
        content = to_bytes(described, name, prefixes, edition.context)
        draft.write(f"catalog.{name}", content, BY_NAME[name].media_type)


def _write_report(edition: Edition, draft: Draft, report: ShapesReport) -> None:
    prefixes = {**edition.prefixes, "sh": SH}
    turtle = to_report_turtle(report, edition.base, prefixes)
    draft.write("report.ttl", turtle, BY_NAME["ttl"].media_type)
    draft.write("report.json", to_report_json(report), "application/json")


def _compare_with_old(assembled: Assembled, draft: Draft) -> Changes | None:
    """Compare with the release that stands there; None when none does, or it is damaged."""
    try:
        old = open_release(draft.out)
        before = read_lines(old)
        return compare_lines(old.manifest.version, before, assembled.version, assembled.nquads)
    except ReleaseError:
        return None


def _write_changes(draft: Draft, changes: Changes | None) -> None:
    """Write the change list; a build that changes nothing keeps the list of the one before."""
    if changes is None:
        return
    kept = draft.out / "changes"
    if not changes and kept.is_dir():
        for file in sorted(kept.iterdir()):
            draft.write_unlisted(f"changes/{file.name}", file.read_bytes())
        return
    for name, lines in (("added", changes.added), ("removed", changes.removed)):
        draft.write_unlisted(f"changes/{name}.nq", (line.encode() for line in lines))
    draft.write_unlisted("changes/changes.json", changes.to_json())


def _ontology_version(project: Project) -> str:
    versions = sorted(
        quad.object.value
        for file in project.layer("ontology")
        for quad in file.quads
        if quad.predicate == _VERSION_INFO and isinstance(quad.object, Literal)
    )
    return versions[0] if versions else ""


def _extras(project: Project, assembled: Assembled) -> Iterator[tuple[str, tuple[bytes, str]]]:
    """Take over the ontology as its authors wrote it, all shapes in one file, queries, mappings."""
    turtle = BY_NAME["ttl"].media_type
    for file in project.layer("ontology"):
        yield file.path, (file.text.encode(), turtle)
    shapes = [quad.triple for file in project.layer("shape") for quad in file.quads]
    yield "ontology/shapes.ttl", (to_turtle(shapes, project.prefixes), turtle)
    context = json.dumps(project.context, ensure_ascii=False, indent=2).encode() + b"\n"
    yield CONTEXT, (context, BY_NAME["jsonld"].media_type)
    if project.name_words:
        yield NAME_WORDS, (project.name_words.encode(), "text/tab-separated-values")
    for query in project.queries:
        name = Path(query.path).relative_to("data")
        yield name.as_posix(), (query.text.encode(), "application/sparql-query")
    for mapping_set in project.mappings:
        yield f"links/{Path(mapping_set.path).name}", (mapping_set.text.encode(), SSSOM_TSV)
    yield IDENTIFIERS, (write_schemes(find_schemes(project, assembled.default)), "application/json")
