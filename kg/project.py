"""A project: a folder with `data/` and `ontology/`, read whole and parsed, not yet judged."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pyoxigraph import Literal

from kg.errors import KnowledgeError, ProjectError, SourceError
from kg.matching.lexicon import read_lexicon
from kg.sources import (
    Fact,
    Layer,
    QueryFile,
    SourceFile,
    parse_context,
    parse_query,
    parse_turtle,
)
from kg.sssom import MappingSet, read_sssom
from kg.terms import (
    DCAT_DATASET,
    DCTERMS_IDENTIFIER,
    DCTERMS_TITLE,
    PREFIXES,
    RDF_TYPE,
    SCHEMA_SHA256,
    VOID_URI_SPACE,
    Terms,
)
from kg.texts import check_name, read_text

__all__ = [
    "ArticleFacts",
    "Fact",
    "Layer",
    "Project",
    "QueryFile",
    "SourceFile",
    "Survey",
    "parse_turtle",
    "read_project",
    "survey_project",
]

CATALOG = "data/catalog.ttl"
CONTEXT = "ontology/context.jsonld"
ALIGNMENT = "ontology/alignment.ttl"
NAME_WORDS = "ontology/name-words.tsv"
# Mappings that no person has accepted: no part of the graph.
PROPOSED = ".proposed.sssom.tsv"
REQUIRED = (CATALOG, "ontology/def.ttl", CONTEXT)
# No character that an IRI cannot hold (RFC 3987, 2.2), no query and no fragment.
_BASE = re.compile(r"https?://[^\s\x00-\x1f<>\"{}|^`\\?#]+/")
_SUFFIXES = (".ttl", ".trig", ".rq", ".tsv", ".jsonld")


@dataclass(frozen=True)
class ArticleFacts:
    """What the project holds of the article's text: hash of its bytes, number of code points."""

    sha256: str
    characters: int | None


@dataclass(frozen=True)
class Project:
    """Everything the sources say, in the order of their paths.

    `rules` are queries that must come back empty; `context` is the parsed JSON-LD context
    document (an object with `@context`); `languages` are those of the dataset's title;
    `proposals` are mappings that nobody has reviewed; `name_words` is the text of the list of words
    in names, if there is one; `unread` names files under `data/` and `ontology/` that no reader
    claims.
    """

    root: Path
    base: str
    name: str
    files: tuple[SourceFile, ...]
    mappings: tuple[MappingSet, ...]
    queries: tuple[QueryFile, ...]
    rules: tuple[QueryFile, ...]
    context: Mapping[str, object]
    article_facts: ArticleFacts | None
    languages: tuple[str, ...]
    unread: tuple[str, ...] = ()
    proposals: tuple[MappingSet, ...] = ()
    name_words: str = ""

    @cached_property
    def terms(self) -> Terms:
        """The project's own terms."""
        return Terms(self.base)

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Every prefix of the sources, the well-known ones first, then by name."""
        declared = {p: iri for file in self.files for p, iri in file.prefixes.items()}
        known = {p: declared[p] for p in PREFIXES if p in declared}
        return known | dict(sorted(declared.items()))

    def layer(self, *layers: Layer) -> Iterator[SourceFile]:
        """Yield the files of these layers, in order."""
        return (file for file in self.files if file.layer in layers)

    def facts(self, *layers: Layer) -> Iterator[Fact]:
        """Yield the quads of these layers, or of all, in order."""
        for file in self.files:
            if not layers or file.layer in layers:
                yield from file.facts

    def shorten(self, iri: str) -> str:
        """Write an IRI with the longest prefix that fits, or whole in angle brackets."""
        fitting = [(ns, prefix) for prefix, ns in self.prefixes.items() if iri.startswith(ns)]
        namespace, prefix = max(fitting, key=lambda pair: len(pair[0]), default=("", ""))
        rest = iri[len(namespace) :]
        return f"{prefix}:{rest}" if namespace and "/" not in rest else f"<{iri}>"


@dataclass(frozen=True)
class Survey:
    """What could be read of a folder, and every error met on the way.

    `project` is None when the catalog does not tell what the project is; otherwise it
    holds the files that could be parsed.
    """

    project: Project | None
    errors: tuple[KnowledgeError, ...]


def read_project(root: Path) -> Project:
    """Read and parse a project folder.

    Raises ProjectError for a folder that is no project, SourceError or LinkError for the first
    file (by path) that cannot be parsed.
    """
    survey = survey_project(root)
    if survey.errors:
        raise survey.errors[0]
    assert survey.project is not None
    return survey.project


def survey_project(root: Path) -> Survey:
    """Read a project folder as far as possible, collecting the errors of all files."""
    try:
        paths = _find_files(root)
    except ProjectError as error:
        return Survey(None, (error,))
    reading = _Reading(root)
    for path in paths:
        reading.read(path)
    return reading.survey()


class _Reading:
    """The state of one walk over a project's files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[SourceFile] = []
        self.mappings: list[MappingSet] = []
        self.proposals: list[MappingSet] = []
        self.queries: list[QueryFile] = []
        self.rules: list[QueryFile] = []
        self.context: Mapping[str, object] = {}
        self.name_words = ""
        self.unread: list[str] = []
        self.errors: list[KnowledgeError] = []

    def read(self, path: str) -> None:
        try:
            self._read(path)
        except KnowledgeError as error:
            self.errors.append(error)

    def _read(self, path: str) -> None:
        check_name(path)
        if (self.root / path).is_symlink() and (self.root / path).is_dir():
            message = "a symbolic link to a folder is not followed; put the folder itself here"
            raise SourceError(message, path)
        layer = _layer_of(path)
        if layer is not None:
            self.files.append(parse_turtle(self._text(path), path, layer))
        elif path == CONTEXT:
            self.context = parse_context(self._text(path), path)
        elif path == NAME_WORDS:
            self.name_words = self._text(path)
            read_lexicon(self.name_words, path)
        elif path.startswith("data/links/") and path.endswith(".sssom.tsv"):
            found = self.proposals if path.endswith(PROPOSED) else self.mappings
            found.append(read_sssom(self.root / path, path))
        elif path.startswith("data/queries/") and path.endswith(".rq"):
            self.queries.append(parse_query(self._text(path), path))
        elif path.startswith("data/rules/") and path.endswith(".rq"):
            self.rules.append(parse_query(self._text(path), path))
        else:
            self.unread.append(path)

    def _text(self, path: str) -> str:
        return read_text(self.root / path, path)

    def survey(self) -> Survey:
        catalog = next((file for file in self.files if file.layer == "catalog"), None)
        if catalog is None:
            return Survey(None, tuple(self.errors))
        try:
            base, name, languages = _identify(catalog)
        except ProjectError as error:
            return Survey(None, (*self.errors, error))
        project = Project(
            root=self.root,
            base=base,
            name=name,
            files=tuple(self.files),
            mappings=tuple(self.mappings),
            queries=tuple(self.queries),
            rules=tuple(self.rules),
            context=self.context,
            article_facts=_article_facts(self.files, base),
            languages=languages,
            unread=tuple(self.unread),
            proposals=tuple(self.proposals),
            name_words=self.name_words,
        )
        return Survey(project, tuple(self.errors))


def _find_files(root: Path) -> list[str]:
    """List what lies under `data/` and `ontology/` and must lie there, sorted."""
    needs = f"a project holds {REQUIRED[0]}, {REQUIRED[1]} and {REQUIRED[2]}"
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise ProjectError(f"{what}; name a project's folder ({needs})", str(root))
    if not any((root / path).exists() for path in REQUIRED):
        raise ProjectError(f"this folder is no project: {needs}", str(root))
    found = {path.relative_to(root).as_posix() for path in _walk(root)}
    return sorted(found | set(REQUIRED))


def _walk(root: Path) -> Iterator[Path]:
    for top in ("data", "ontology"):
        for path in (root / top).rglob("*"):
            hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
            linked = path.is_symlink() and path.is_dir()
            folder = path.is_dir() and not linked and path.suffix not in _SUFFIXES
            if not hidden and not folder and path.suffix != ".md":
                yield path


def _layer_of(path: str) -> Layer | None:
    """Tell a file's layer from its place; None for a file that is not RDF of ours."""
    pure = PurePosixPath(path)
    if path == CATALOG:
        return "catalog"
    if path == ALIGNMENT:
        return "alignment"
    if pure.is_relative_to("data/claims"):
        return "claim" if pure.suffix == ".trig" else None
    if pure.suffix != ".ttl":
        return None
    if pure.is_relative_to("ontology/shapes"):
        return "shape"
    if pure.is_relative_to("ontology/schemes"):
        return "scheme"
    return "ontology" if pure.is_relative_to("ontology") else "data"


def _identify(catalog: SourceFile) -> tuple[str, str, tuple[str, ...]]:
    """Read base IRI, name and languages from the catalog's one dataset."""
    quads = catalog.quads
    typed = [q.subject for q in quads if q.predicate == RDF_TYPE and q.object == DCAT_DATASET]
    if len(typed) != 1:
        message = f"the catalog describes {len(typed)} datasets (dcat:Dataset); it needs one"
        raise ProjectError(message, CATALOG)
    said = [(q.predicate, q.object) for q in quads if q.subject == typed[0]]
    literals = [(predicate, term) for predicate, term in said if isinstance(term, Literal)]
    bases = [term.value for predicate, term in literals if predicate == VOID_URI_SPACE]
    names = [term.value for predicate, term in literals if predicate == DCTERMS_IDENTIFIER]
    languages = {t.language for p, t in literals if p == DCTERMS_TITLE and t.language}
    if len(bases) != 1 or not _BASE.fullmatch(bases[0]):
        message = 'the dataset needs one void:uriSpace, its base IRI: "https://.../" with a slash'
        raise ProjectError(message, CATALOG)
    if len(names) != 1 or not re.fullmatch(r"[a-z0-9-]+", names[0]):
        message = 'the dataset needs one dcterms:identifier, its short name: "a-z, 0-9 and -"'
        raise ProjectError(message, CATALOG)
    return bases[0], names[0], tuple(sorted(languages))


def _article_facts(files: list[SourceFile], base: str) -> ArticleFacts | None:
    quads = [q for file in files if file.layer == "data" for q in file.quads]
    hashed = next((q for q in quads if q.predicate == SCHEMA_SHA256), None)
    if hashed is None or not isinstance(hashed.object, Literal):
        return None
    characters = Terms(base).characters
    counts = [q.object for q in quads if q.subject == hashed.subject and q.predicate == characters]
    count = counts[0].value if counts and isinstance(counts[0], Literal) else ""
    return ArticleFacts(hashed.object.value, int(count) if count.isdecimal() else None)
