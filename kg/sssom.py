"""SSSOM files (sssom.tsv 1.0): a YAML header in comment lines, then a table of mappings."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

import yaml
from pyoxigraph import NamedNode

from kg.errors import LinkError
from kg.findings import Finding
from kg.slots import COLUMNS, HEADER, form_of, split_cell
from kg.terms import OWL, RDF, RDFS, SEMAPV, SKOS, SSSOM, WIKIDATA, XSD
from kg.texts import read_text
from kg.writing import write_whole

RULE = "broken mapping row"
REQUIRED_COLUMNS = ("subject_id", "predicate_id", "object_id", "mapping_justification")
REQUIRED_HEADER = ("mapping_set_id", "license", "curie_map")

_MATCHES = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
PREDICATES = (
    *(SKOS + name for name in _MATCHES),
    *(OWL + name for name in ("sameAs", "equivalentClass", "equivalentProperty")),
    *(RDFS + name for name in ("subClassOf", "subPropertyOf", "seeAlso")),
)
_JUSTIFICATIONS = """
    ManualMappingCuration LexicalMatching LogicalReasoning CompositeMatching UnspecifiedMatching
    SemanticSimilarityThresholdMatching LexicalSimilarityThresholdMatching StructuralMatching
    InstanceBasedMatching BackgroundKnowledgeBasedMatching MappingChaining MappingReview
    MappingInversion
"""
JUSTIFICATIONS = tuple(SEMAPV + name for name in _JUSTIFICATIONS.split())
# Prefixes that a mapping file need not declare (SSSOM/TSV, "built-in prefixes").
_BUILT_IN = {
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
    "semapv": SEMAPV,
    "skos": SKOS,
    "sssom": SSSOM,
    "xsd": XSD,
    "linkml": "https://w3id.org/linkml/",
}
# More would say nothing, and some would make a number of gigabytes.
_SCORE_DIGITS = 30
_CURIE = re.compile(r"([A-Za-z_][\w.\-]*):([^\s<>\"{}|\\^`]+)")
_IRI = re.compile(r"[a-z][a-z0-9+.\-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """One row of a mapping file; `row` counts data rows from 1, `line` lines of the file."""

    row: int
    line: int
    subject: NamedNode
    predicate: NamedNode
    object: NamedNode
    negated: bool
    justification: NamedNode
    confidence: Decimal | None
    mapped_on: date | None
    cells: Mapping[str, str]


@dataclass(frozen=True)
class MappingSet:
    """A mapping file: header, prefixes, the rows that hold, and findings on those that do not.

    `header` is the header as it stands, to be written again; `metadata` is what it says.
    """

    path: str
    metadata: Mapping[str, object]
    prefixes: Mapping[str, str]
    links: tuple[Link, ...]
    findings: tuple[Finding, ...]
    header: str = ""
    columns: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The set as a file in canonical order."""
        return format_sssom(self.header, (link.cells for link in self.links))


class _RowError(Exception):
    """A row cannot be a link; the message says why."""


def read_sssom(path: Path, shown: str | None = None) -> MappingSet:
    """Read a mapping file; `shown` is the path that messages name.

    Raises SourceError when the file cannot be read, LinkError when header or columns are broken.
    """
    shown = shown or str(path)
    return parse_sssom(read_text(path, shown), shown)


def parse_sssom(text: str, path: str) -> MappingSet:
    """Parse a mapping file. Rows that break the format become findings, the others links.

    Raises LinkError when the header is no YAML or lacks a part, or a column is missing.
    """
    lines = list(StringIO(text, newline=""))
    height = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    metadata, prefixes = _parse_header([line[1:] for line in lines[:height]], path)
    rows = _read_rows(lines[height:], height, path)
    columns = next(rows, (0, []))[1]
    _check_columns(columns, metadata, path, height + 1)
    links: list[Link] = []
    findings: list[Finding] = []
    for number, (line, cells) in enumerate(rows, start=1):
        try:
            links.append(_to_link(number, line, columns, cells, metadata, prefixes))
        except _RowError as error:
            findings.append(Finding(RULE, str(error), path, line, f"row {number}"))
    return MappingSet(
        path,
        metadata,
        prefixes,
        tuple(links),
        tuple(findings),
        "".join(lines[:height]),
        tuple(columns),
    )


def format_sssom(header: str, rows: Iterable[Mapping[str, str]]) -> str:
    """Write a mapping set: the header as given, the rows in canonical order, each once.

    Columns are the slots that any row fills, and those required, in the order of the schema;
    columns of one's own come last.
    """
    filled = [{slot: cell for slot, cell in row.items() if cell} for row in rows]
    known = {slot: place for place, slot in enumerate(COLUMNS)}
    slots = {*REQUIRED_COLUMNS, *(slot for row in filled for slot in row)}
    columns = sorted(slots, key=lambda slot: (known.get(slot, len(known)), slot))
    text = StringIO()
    table = csv.writer(text, delimiter="\t", lineterminator="\n")
    table.writerow(columns)
    table.writerows(sorted({tuple(row.get(slot, "") for slot in columns) for row in filled}))
    return header + text.getvalue()


def write_sssom(path: Path, header: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Write a mapping file whole or not at all; see `format_sssom`. A symbolic link stays one.

    Raises LinkError when it cannot be written.
    """
    try:
        write_whole(path, format_sssom(header, rows).encode())
    except OSError as error:
        raise LinkError(f"the file cannot be written: {error.strerror}", str(path)) from None


def to_header(metadata: Mapping[str, object]) -> str:
    """Write a header: YAML in comment lines."""
    text = yaml.safe_dump(dict(metadata), sort_keys=False, allow_unicode=True, width=1_000_000)
    return "".join(f"# {line}\n" for line in text.splitlines())


def _parse_header(lines: list[str], path: str) -> tuple[Mapping[str, object], dict[str, str]]:
    try:
        header = yaml.safe_load("".join(lines))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "a value cannot be read"
        message = f"the header is not YAML: {reason}; mend the lines that begin with #"
        raise LinkError(message, path, mark.line + 1 if mark else 1) from None
    if not isinstance(header, dict):
        message = "the file has no header; begin it with a line #curie_map:"
        raise LinkError(message, path, 1)
    for key in REQUIRED_HEADER:
        if not header.get(key):
            raise LinkError(f"the header lacks {key}; add a line `#{key}: ...`", path, 1)
    prefixes = header["curie_map"]
    if not isinstance(prefixes, dict):
        raise LinkError("curie_map is no map; write `#  prefix: IRI` lines under it", path, 1)
    for prefix, iri in prefixes.items():
        if not isinstance(iri, str) or not _IRI.fullmatch(iri):
            raise LinkError(f"curie_map gives {prefix} no IRI; write it whole", path, 1)
    known = _BUILT_IN | prefixes
    for slot in header:
        _check_slot(header, str(slot), known, path)
    return header, known


def _check_slot(
    header: Mapping[str, object], slot: str, prefixes: Mapping[str, str], path: str
) -> None:
    """Raise LinkError for a slot of the header that SSSOM has not, or not with such a value."""
    if slot not in HEADER:
        near = get_close_matches(slot, HEADER, 1)
        hint = f"is `{near[0]}` meant?" if near else "see the slots of an SSSOM mapping set"
        raise LinkError(f"the header's slot {slot!r} is unknown to SSSOM; {hint}", path, 1)
    if slot in ("curie_map", "extension_definitions", "other"):
        return
    for value in values_of(header, slot):
        try:
            _check_value(slot, value, prefixes)
        except _RowError as error:
            raise LinkError(f"in the header, {error}", path, 1) from None


def values_of(header: Mapping[str, object], slot: str) -> list[str]:
    """List what a header says in a slot: one value, many, or none."""
    found = header.get(slot)
    values = found if isinstance(found, list) else [] if found is None else [found]
    return [str(value).strip() for value in values]


def _read_rows(lines: list[str], height: int, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row of the table with its line in the file."""
    table = csv.reader(lines, delimiter="\t", strict=True)
    while True:
        line = height + table.line_num + 1
        try:
            row = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"the table breaks off: {error}; look for an unclosed quotation mark"
            raise LinkError(message, path, line) from None
        yield line, row


def _check_columns(
    columns: list[str], metadata: Mapping[str, object], path: str, line: int
) -> None:
    extensions = metadata.get("extension_definitions")
    own = [item.get("slot_name") for item in extensions] if isinstance(extensions, list) else []
    for column in REQUIRED_COLUMNS:
        if column not in columns:
            near = get_close_matches(column, columns, 1)
            hint = f"; is `{near[0]}` meant?" if near else "; add it to the table"
            raise LinkError(f"the column {column} is missing{hint}", path, line)
    for column in columns:
        if column not in COLUMNS and column not in own:
            near = get_close_matches(column, COLUMNS, 1)
            hint = f"; is `{near[0]}` meant?" if near else "; see the slots of an SSSOM mapping"
            raise LinkError(f"the column {column!r} is unknown to SSSOM{hint}", path, line)
        if columns.count(column) > 1:
            raise LinkError(f"the column {column} stands twice; keep one", path, line)


def _to_link(
    number: int,
    line: int,
    columns: Sequence[str],
    row: Sequence[str],
    metadata: Mapping[str, object],
    prefixes: Mapping[str, str],
) -> Link:
    if len(row) != len(columns):
        raise _RowError(
            f"the row has {len(row)} cells, the table {len(columns)} columns; "
            "mend the tabs between its cells"
        )
    cells = {column: cell.strip() for column, cell in zip(columns, row, strict=True)}
    for column in REQUIRED_COLUMNS:
        if not cells[column]:
            raise _RowError(f"{column} is empty; every mapping needs one")
    modifier = cells.get("predicate_modifier", "")
    if modifier not in ("", "Not"):
        raise _RowError(f'predicate_modifier is "{modifier}"; write "Not" or nothing')
    for column, cell in cells.items():
        for value in split_cell(column, cell):
            _check_value(column, value, prefixes)
    return Link(
        row=number,
        line=line,
        subject=_to_node(cells["subject_id"], prefixes),
        predicate=_to_known(cells["predicate_id"], prefixes, "predicate", PREDICATES),
        object=_to_object(cells["object_id"], prefixes),
        negated=modifier == "Not",
        justification=_to_known(
            cells["mapping_justification"], prefixes, "mapping_justification", JUSTIFICATIONS
        ),
        confidence=_to_score("confidence", cells.get("confidence", "")),
        mapped_on=_to_day("mapping_date", cells.get("mapping_date", ""))
        or _to_day("mapping_date", str(metadata.get("mapping_date", ""))),
        cells=cells,
    )


def _check_value(slot: str, value: str, prefixes: Mapping[str, str]) -> None:
    """Raise _RowError for a value that has not the form its slot asks for."""
    form = form_of(slot)
    if form == "entity":
        _to_node(value, prefixes)
    elif form == "address" and (not _IRI.fullmatch(value) or _to_iri(value) is None):
        raise _RowError(f'{slot} holds "{value}", no whole address; write https://...')
    elif form == "day":
        _to_day(slot, value)
    elif form == "score":
        _to_score(slot, value)


def to_node(curie: str, prefixes: Mapping[str, str]) -> NamedNode:
    """Write out a CURIE of a file that was read; see `MappingSet.prefixes`."""
    return _to_node(curie, prefixes)


def _to_node(curie: str, prefixes: Mapping[str, str]) -> NamedNode:
    match = _CURIE.fullmatch(curie)
    if match is None or match[2].startswith("//"):
        raise _RowError(f'"{curie}" is no CURIE; write prefix:name')
    if match[1] not in prefixes:
        near = get_close_matches(match[1], prefixes, 1)
        hint = f"is `{near[0]}:` meant?" if near else "add it there"
        raise _RowError(f"curie_map does not know the prefix {match[1]}: of {curie}; {hint}")
    node = _to_iri(prefixes[match[1]] + match[2])
    if node is None:
        raise _RowError(f'"{curie}" makes no IRI; escape what is no letter or digit')
    return node


def _to_iri(text: str) -> NamedNode | None:
    try:
        return NamedNode(text)
    except ValueError:
        return None


def _to_object(curie: str, prefixes: Mapping[str, str]) -> NamedNode:
    node = _to_node(curie, prefixes)
    if "wikidata.org/" in node.value and not re.fullmatch(
        re.escape(WIKIDATA) + r"[QPL][1-9]\d*", node.value
    ):
        raise _RowError(f"{curie} is no Wikidata entity; those are {WIKIDATA}Q1 and so on")
    return node


def _to_known(
    curie: str, prefixes: Mapping[str, str], what: str, known: tuple[str, ...]
) -> NamedNode:
    node = _to_node(curie, prefixes)
    if node.value in known:
        return node
    short = {re.split(r"[#/]", iri)[-1]: iri for iri in known}
    near = get_close_matches(re.split(r"[#/:]", curie)[-1], short, 1) or list(short)[:1]
    raise _RowError(f"{curie} is no {what} SSSOM knows; is {near[0]} meant?")


def _to_day(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _RowError(f'{column} is "{text}", no day; write it like 2024-05-17') from None


def _to_score(column: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        score = Decimal(text)
    except InvalidOperation:
        raise _RowError(f'{column} is "{text}", no number; write one from 0 to 1') from None
    if not score.is_finite():
        raise _RowError(f'{column} is "{text}", no number; write one from 0 to 1')
    exponent = score.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > _SCORE_DIGITS:
        raise _RowError(f"{column} is {text}; write it with {_SCORE_DIGITS} digits at most")
    if not 0 <= score <= 1 or "_" in text:
        raise _RowError(f"{column} is {text}; it must lie from 0 to 1")
    return score
