"""One release, opened once, with what every answer needs of it."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import dropwhile
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from flask import current_app, g
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.errors import KnowledgeError, QueryError
from kg.release import MANIFEST, Release, open_release
from kg.sources import parse_query
from kg.sparql import QueryLimits, check_query, find_services
from kg.store import EmbeddedStore, GraphName
from kg.terms import DCAT_DATASET, DCTERMS, DCTERMS_TITLE, RDF_TYPE, VOID, Terms
from server.lookups import Lookups, Text, best, plain, to_text
from server.settings import Settings
from server.words import read_words, text_hashes

_LICENSE = NamedNode(DCTERMS + "license")
_CLASS = NamedNode(VOID + "class")
_ENTITIES = NamedNode(VOID + "entities")
_EXAMPLE = NamedNode(VOID + "exampleResource")
_MODIFIED = NamedNode(DCTERMS + "modified")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DESCRIPTION = NamedNode(DCTERMS + "description")
_CODE = (".py", ".html", ".css", ".js", ".svg", ".tsv", ".ttl")
_PUBLISHER = NamedNode(DCTERMS + "publisher")
_MODIFIED = NamedNode(DCTERMS + "modified")


T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """A competency query of the release.

    `services` are the endpoints it calls, `endpoint` the one it is for, if not this; `runs_here`
    is false for one that calls what may not be called.
    """

    name: str
    text: str
    questions: Mapping[str, str]
    notes: Mapping[str, str]
    runs_here: bool
    services: tuple[str, ...] = ()
    endpoint: str | None = None

    @cached_property
    def query(self) -> str:
        """The query without the comments above it, which hold question and note."""
        lines = self.text.splitlines()
        return "\n".join(dropwhile(lambda line: line.startswith("#"), lines)).strip()

    def asked(self, lang: str) -> Text:
        """Give the question in the reader's language."""
        return _in_language(self.questions, lang) or Text(self.name)

    def note(self, lang: str) -> Text | None:
        """Give what the query's author adds to the question, if anything."""
        return _in_language(self.notes, lang)


@dataclass(frozen=True)
class Dataset:
    """What the catalog says of the dataset as a whole; `changed_on` is a day, as YYYY-MM-DD."""

    iri: str
    titles: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    license: str | None
    publisher: str | None
    modified: str | None
    examples: tuple[str, ...]
    classes: tuple[tuple[str, int], ...]
    changed_on: str | None


class Folder:
    """A release's folder, held open, so that a build that swaps folders cannot mix in its files."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            FileNotFoundError: when the release has been replaced and removed since.
        """
        return open(
            name, "rb", opener=lambda file, flags: os.open(file, flags, dir_fd=self._handle)
        )

    def __del__(self) -> None:
        os.close(self._handle)


@dataclass(frozen=True)
class Site:
    """A release being served.

    `words` are texts given at start, by their SHA-256;
    `files` holds the release's small files by path, so that a page never mixes two releases;
    `build` changes with the server's own code, for the ETags.
    """

    settings: Settings
    release: Release
    folder: Folder
    files: Mapping[str, bytes]
    store: EmbeddedStore
    look: Lookups
    dataset: Dataset
    questions: tuple[Question, ...]
    build: str
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    _derived: dict[Callable[[Any], object], object] = field(default_factory=dict, repr=False)

    def derive(self, find: Callable[[Site], T]) -> T:
        """Give what `find` gathers from the whole release, gathered once, at the first use.

        >>> site.derive(count_portraits)  # doctest: +SKIP
        """
        if find not in self._derived:
            self._derived[find] = find(self)
        return cast(T, self._derived[find])

    @property
    def base(self) -> str:
        """The IRI all own names begin with."""
        return self.release.manifest.base

    @property
    def version(self) -> str:
        """The release's one version, in full."""
        return self.release.manifest.version

    @property
    def terms(self) -> Terms:
        """The own terms of the release."""
        return self.look.terms

    @cached_property
    def vocabularies(self) -> frozenset[str]:
        """The paths of the pages that name what lies under them: vocabulary, sets of links."""
        own = frozenset(n for n in ("def", "shapes") if f"ontology/{n}.ttl" in self.files)
        return own | {"links"} if any(n.startswith("links/") for n in self.files) else own

    @cached_property
    def graph_counts(self) -> Mapping[GraphName, int]:
        """How many triples each graph holds; counted at the first use."""
        return self.store.graph_counts()

    def title(self, lang: str) -> Text:
        """What the dataset is called."""
        return best(self.dataset.titles, lang) or Text(self.release.manifest.title)

    def description(self, lang: str) -> Text | None:
        """What the dataset is, in a few sentences."""
        return best(self.dataset.descriptions, lang)


def open_site(settings: Settings) -> Site:
    """Open the release a server is to serve.

    Raises:
        ReleaseError: when the folder is not a whole release.
        ArticleError: when a text that was given is none that the release points into.
    """
    release = open_release(settings.release_dir)
    store = release.open_store()
    files = _read_small_files(release)
    dataset = _read_dataset(files.get("catalog.ttl", b""), release.manifest.base)
    return Site(
        settings=settings,
        release=release,
        folder=Folder(release.path),
        files=files,
        store=store,
        look=Lookups(store, find_terms(release.manifest.base, dataset.classes)),
        dataset=dataset,
        questions=_read_questions(files, frozenset(settings.allow_service)),
        build=hash_code(Path(__file__).parent),
        words=read_words(settings.articles, text_hashes(store)) if settings.articles else {},
    )


def find_terms(base: str, classes: Iterable[tuple[str, int]]) -> Terms:
    """Give the own terms under a base, or those of the project whose dump is served elsewhere."""
    bases = [base, *(iri.partition("def#")[0] for iri, _ in classes if "/def#" in iri)]
    used = {iri for iri, _ in classes}
    own = (Terms(one) for one in bases)
    found = (t for t in own if any(kind.value in used for kind in t.claim_classes))
    return next(found, Terms(base))


class Served:
    """The release an app serves now.

    With `watch` a build that replaces it is taken up at the next request; without, the release
    stays, for whoever supervises this process starts another one over the new release.
    """

    def __init__(self, settings: Settings, watch: bool = True) -> None:
        self._watch = watch
        # The stamp first: a release that comes while this one is read is seen next time.
        self._stamp = _stamp(settings)
        self._site = open_site(settings)
        self._lock = threading.Lock()

    def now(self) -> Site:
        """Give the site to answer from; a release that cannot be opened leaves the old one."""
        if not self._watch:
            return self._site
        stamp = _stamp(self._site.settings)
        if stamp != self._stamp and self._lock.acquire(blocking=False):
            try:
                self._site = open_site(self._site.settings)
            except (KnowledgeError, OSError) as error:
                logging.getLogger("server").error("the new release is not taken up: %s", error)
            finally:
                self._stamp = stamp
                self._lock.release()
        return self._site


def current_site() -> Site:
    """Give the site of the request at hand, the same from its start to its end."""
    if "site" not in g:
        g.site = cast(Served, current_app.extensions["served"]).now()
    return cast(Site, g.site)


def _stamp(settings: Settings) -> tuple[int, int] | None:
    """Tell one release.json from the next; None while it is being replaced."""
    try:
        found = (settings.release_dir / MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read_small_files(release: Release) -> dict[str, bytes]:
    listed = [f.path for f in release.manifest.files if not f.path.startswith("dumps/")]
    return {path: (release.path / path).read_bytes() for path in listed}


def _read_dataset(catalog: bytes, base: str) -> Dataset:
    quads = list(parse(catalog, RdfFormat.TURTLE, base_iri=base))
    typed = [q.subject for q in quads if (q.predicate, q.object) == (RDF_TYPE, DCAT_DATASET)]
    iri = typed[0] if typed else None
    said = [q for q in quads if q.subject == iri]
    examples = [q.object for q in said if q.predicate == _EXAMPLE]

    def first(predicate: NamedNode, kind: type[Literal] | type[NamedNode]) -> str | None:
        found = (q.object for q in said if q.predicate == predicate)
        return next((o.value for o in found if isinstance(o, kind)), None)

    return Dataset(
        iri=iri.value if isinstance(iri, NamedNode) else base,
        titles=_texts(said, DCTERMS_TITLE),
        descriptions=_texts(said, _DESCRIPTION),
        license=first(_LICENSE, NamedNode),
        publisher=first(_PUBLISHER, NamedNode),
        modified=first(_MODIFIED, Literal),
        examples=tuple(o.value for o in examples if isinstance(o, NamedNode)),
        classes=_read_classes(quads),
        changed_on=_read_day(said),
    )


def _read_classes(quads: list[Quad]) -> tuple[tuple[str, int], ...]:
    """Read how many things of each class there are (VoID class partitions), most first."""
    names = {q.subject: plain(q.object).value for q in quads if q.predicate == _CLASS}
    counts = {q.subject: int(plain(q.object).value) for q in quads if q.predicate == _ENTITIES}
    found = [(name, counts[part]) for part, name in names.items() if part in counts]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _read_day(said: list[Quad]) -> str | None:
    days = sorted(plain(q.object).value for q in said if q.predicate == _MODIFIED)
    return days[-1] if days and _DAY.fullmatch(days[-1]) else None


def _texts(quads: list[Quad], predicate: NamedNode) -> tuple[Text, ...]:
    objects = [q.object for q in quads if q.predicate == predicate]
    literals = [o for o in objects if isinstance(o, Literal)]
    return tuple(sorted(map(to_text, literals), key=lambda text: (text.lang or "", text.value)))


def _read_questions(files: Mapping[str, bytes], allowed: frozenset[str]) -> tuple[Question, ...]:
    """Read the queries of a release, those in a folder by its name and theirs."""
    found = []
    for path in sorted(p for p in files if p.startswith("queries/") and p.endswith(".rq")):
        text = files[path].decode("utf-8")
        said = parse_query(text, path)
        name = path.removeprefix("queries/").removesuffix(".rq").replace("/", "-")
        runs, services = _runs_here(text, allowed), find_services(text)
        found.append(
            Question(name, text, said.questions, said.notes, runs, services, said.endpoint)
        )
    return tuple(found)


def _in_language(texts: Mapping[str, str], lang: str) -> Text | None:
    return best((Text(text, code) for code, text in sorted(texts.items())), lang)


def _runs_here(text: str, allowed: frozenset[str]) -> bool:
    try:
        check_query(text, QueryLimits(services=allowed))
    except QueryError:
        return False
    return True


def hash_code(folder: Path) -> str:
    """Hash all that pages are made from; what is built into `static/built/` among it."""
    digest = hashlib.sha256()
    sources = folder / "pages" / "frontend"
    for path in sorted(folder.rglob("*")):
        if path.suffix in _CODE and sources not in path.parents:
            digest.update(path.read_bytes())
    return digest.hexdigest()
