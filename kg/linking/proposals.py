"""Mappings for a person to weigh: proposed by a program, accepted by none.

They stand in a file of their own beside the accepted ones, in the same format. The graph does not
hold them.
"""

from collections.abc import Iterable, Mapping

from pyoxigraph import NamedNode

from kg.linking.changes import Row, locked, read_whole, with_prefixes
from kg.project import PROPOSED, Project
from kg.sssom import Link, MappingSet, format_sssom, to_header, write_sssom
from kg.terms import OWL_SAME_AS, SEMAPV, SKOS, SKOS_EXACT_MATCH, WIKIDATA

PATH = f"data/links/wikidata{PROPOSED}"
# What SSSOM has where no licence is given.
_NO_LICENCE = "https://w3id.org/sssom/license/unspecified"
_KEPT = ("license", "subject_source", "object_source")


def reviewed_links(project: Project) -> list[tuple[MappingSet, Link]]:
    """List the rows on items of Wikidata that a person accepted or rejected, with their files."""
    return [
        (mapping_set, link)
        for mapping_set in project.mappings
        for link in mapping_set.links
        if link.object.value.startswith(f"{WIKIDATA}Q")
    ]


def is_exact(link: Link) -> bool:
    """Tell an accepted identity from a likeness and from a rejected row."""
    return not link.negated and link.predicate in (SKOS_EXACT_MATCH, OWL_SAME_AS)


def to_curie(project: Project, node: NamedNode) -> str:
    """Name a thing of ours as mapping files do: by its kind and slug."""
    return node.value.removeprefix(f"{project.base}id/").replace("/", ":", 1)


def to_document(project: Project, rows: Iterable[Row]) -> str:
    """Write proposals as a mapping set of their own."""
    rows = list(rows)
    return format_sssom(_to_header(project, rows), rows)


def add_proposals(project: Project, rows: Iterable[Row]) -> int:
    """Add proposals to the project's file; gives how many were new.

    A pair that was proposed before keeps its row. Raises LinkError when the file holds broken
    rows, which would be lost.
    """
    with locked(project.root):
        before = read_whole(project.root, PATH)
        old: list[Row] = [] if before is None else [link.cells for link in before.links]
        seen = {_pair(row) for row in old}
        new = [row for row in rows if _pair(row) not in seen]
        if new:
            every = [*old, *new]
            write_sssom(project.root / PATH, _to_header(project, every, before), every)
    return len({_pair(row) for row in new})


def _pair(row: Row) -> tuple[str, str]:
    return row["subject_id"], row["object_id"]


def _to_header(project: Project, rows: Iterable[Row], before: MappingSet | None = None) -> str:
    kinds = {row["subject_id"].partition(":")[0] for row in rows}
    prefixes = {kind: f"{project.base}id/{kind}/" for kind in kinds}
    prefixes |= {"semapv": SEMAPV, "skos": SKOS, "wikidata": WIKIDATA}
    if before is not None:
        new = {p: iri for p, iri in prefixes.items() if p not in before.prefixes}
        return with_prefixes(before, new)
    accepted = dict(project.mappings[0].metadata) if project.mappings else {}
    kept = {slot: accepted[slot] for slot in _KEPT if slot in accepted}
    if "subject_source" in kept or "object_source" in kept:
        prefixes |= _prefixes_of(kept, project.mappings[0].prefixes)
    return to_header(
        {
            "curie_map": _sorted(prefixes),
            "mapping_set_id": f"{project.base}links/wikidata/proposed",
            "mapping_set_title": "Proposed links to Wikidata, which nobody has reviewed",
            "license": _NO_LICENCE,
            **kept,
        }
    )


def _sorted(prefixes: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(prefixes.items()))


def _prefixes_of(kept: Mapping[str, object], known: Mapping[str, str]) -> dict[str, str]:
    """Give the prefixes that the kept slots of a header use."""
    used = (str(value).partition(":")[0] for value in kept.values())
    return {prefix: known[prefix] for prefix in used if prefix in known}
