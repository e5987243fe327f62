"""Find things by words: labels in every language, variants, paraphrases and reasons.

The index stands in memory, made from the release at the first search. Words are found by the key
of their spelling, and where none has that key by the nearest ones.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode
from rapidfuzz import fuzz, process

from kg.matching.spelling import to_key, to_keys, to_words
from kg.terms import (
    DCTERMS_IDENTIFIER,
    DCTERMS_TITLE,
    FOAF,
    GENID,
    OWL_AXIOM,
    RDF_TYPE,
    RDFS_COMMENT,
    RDFS_LABEL,
    SCHEMA,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_NAME,
    SCHEMA_REVIEW_BODY,
    SCHEMA_TEXT,
    SKOS,
    SKOS_ALT_LABEL,
    SKOS_NOTATION,
    SKOS_PREF_LABEL,
)
from server.lookups import DEFAULT, local_name
from server.site import Site

NAMES = (
    RDFS_LABEL, SKOS_PREF_LABEL, SCHEMA_NAME, DCTERMS_TITLE, NamedNode(FOAF + "name"),
    SKOS_ALT_LABEL, NamedNode(SCHEMA + "alternateName"), SKOS_NOTATION, DCTERMS_IDENTIFIER,
)  # fmt: skip
WORDS = (
    SCHEMA_TEXT, SCHEMA_REVIEW_BODY, NamedNode(SCHEMA + "description"),
    NamedNode(SCHEMA + "abstract"), NamedNode(SKOS + "definition"), RDFS_COMMENT,
)  # fmt: skip
LONGEST_QUERY = 200
"""Code points of a question that are looked at."""
MOST_WORDS = 8
MOST_ROWS = 400
"""Rows of the index that are compared with a question."""
NEAREST = 6
LEAST_LIKENESS = 72.0
"""How alike the keys of two words must be, of 100, for one to stand for the other."""


@dataclass(frozen=True)
class Hit:
    """A thing found: the text that fits, its language, and how well it fits (0 to 100).

    `named` says that the text is a name of the thing, and not said of it.
    """

    iri: str
    text: str
    lang: str | None
    score: float
    named: bool


@dataclass(frozen=True)
class Findings:
    """What was found, best first; `most` is how many there are in all, at most `MOST_ROWS`.

    `instead` lists the words that were taken for words nobody uses.
    """

    hits: list[Hit]
    most: int
    instead: list[tuple[str, str]]


class Finder:
    """The index of one release."""

    def __init__(self, rows: Iterable[tuple[str, str, str | None, bool]]) -> None:
        self._lock = threading.Lock()
        self._table = sqlite3.connect(":memory:", check_same_thread=False)
        self._table.executescript(
            "CREATE TABLE texts (id INTEGER PRIMARY KEY, iri, text, lang, named);"
            "CREATE VIRTUAL TABLE keys USING fts5(words, content='', prefix='1 2 3');"
            "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(keys, row);"
        )
        for number, (iri, text, lang, named) in enumerate(rows, 1):
            row = (number, iri, text, lang, named)
            self._table.execute("INSERT INTO texts VALUES (?, ?, ?, ?, ?)", row)
            keys = (number, " ".join(to_keys(text)))
            self._table.execute("INSERT INTO keys (rowid, words) VALUES (?, ?)", keys)
        found = self._table.execute("SELECT term FROM vocabulary")
        self._vocabulary = [term for (term,) in found if not term.isdecimal()]

    def find(self, question: str, limit: int, *, names_only: bool = False) -> Findings:
        """Find what fits a question, best first; its last word may be only begun."""
        words = to_words(question[:LONGEST_QUERY])[:MOST_WORDS]
        keyed = [(word, key) for word in words if (key := _to_key(word))]
        if not keyed:
            return Findings([], 0, [])
        with self._lock:
            groups, instead = self._widen(keyed)
            rows = self._select(groups, names_only)
        hits = _rank(rows, " ".join(words), [key for _, key in keyed])
        return Findings(hits[:limit], len(hits), instead)

    def _widen(
        self, keyed: Sequence[tuple[str, str]]
    ) -> tuple[list[list[str]], list[tuple[str, str]]]:
        """Give for each word the keys that may stand for it, and those words that nobody uses."""
        groups, instead = [], []
        for word, key in keyed:
            if self._is_used(key) or key.isdecimal():
                groups.append([key])
                continue
            near = process.extract(
                key, self._vocabulary, scorer=fuzz.ratio, limit=NEAREST, score_cutoff=LEAST_LIKENESS
            )
            groups.append([term for term, _, _ in near] or [key])
            if near:
                instead.append((word, near[0][0]))
        return groups, instead

    def _is_used(self, key: str) -> bool:
        match = self._table.execute(
            "SELECT 1 FROM keys WHERE keys MATCH ? LIMIT 1", (_quote([key]),)
        )
        return match.fetchone() is not None

    def _select(
        self, groups: Sequence[Sequence[str]], names_only: bool
    ) -> list[tuple[str, str, str | None, int, float]]:
        """Select the rows that have a word of each group; if none has, of as many as may be."""
        for joint in (" AND ", " OR "):
            match = joint.join(f"({_quote(group)})" for group in groups)
            rows = self._table.execute(
                "SELECT iri, text, lang, named, keys.rank FROM keys JOIN texts ON id = keys.rowid "
                "WHERE keys MATCH ? AND named >= ? ORDER BY named DESC, keys.rank LIMIT ?",
                (match, int(names_only), MOST_ROWS),
            ).fetchall()
            if rows or len(groups) == 1:
                break
        return rows


def finder(site: Site) -> Finder:
    """Make the index of a release; ask with `site.derive(finder)`."""
    return Finder(_rows(site))


def _rows(site: Site) -> Iterator[tuple[str, str, str | None, bool]]:
    """Give the texts to be found; what an assessment says leads to the claim it judges."""
    look, seen = site.look, set[tuple[str, str]]()
    judged = {
        review: look.nodes(review, SCHEMA_ITEM_REVIEWED)
        for review in look.subjects(RDF_TYPE, look.terms.Assessment)
    }
    aside = {link.value for link in look.subjects(RDF_TYPE, OWL_AXIOM)}
    for predicates, named in ((NAMES, True), (WORDS, False)):
        for predicate in predicates:
            for quad in site.store.quads_for_pattern(None, predicate, None, DEFAULT):
                subject, text = quad.subject, quad.object
                if not isinstance(subject, NamedNode) or not isinstance(text, Literal):
                    continue
                if subject.value in aside or (named and subject in judged):
                    continue
                for thing in judged.get(subject, [subject]):
                    if (thing.value, text.value) not in seen:
                        seen.add((thing.value, text.value))
                        yield thing.value, text.value, text.language, named
    yield from _unnamed(site, {iri for iri, _ in seen} | aside | {r.value for r in judged})


def _unnamed(site: Site, named: Container[str]) -> Iterator[tuple[str, str, None, bool]]:
    """Give the things with a class that nobody names, by the words in their IRIs."""
    for quad in site.store.quads_for_pattern(None, RDF_TYPE, None, DEFAULT):
        thing = quad.subject
        if not isinstance(thing, NamedNode) or thing.value in named or GENID in thing.value:
            continue
        yield thing.value, local_name(thing), None, True


def _to_key(word: str) -> str:
    """Fold a word, but not into a single letter: `zzzz` is no beginning of all that begins with s.

    Roman numbers stay what they are in the texts.
    """
    key, plain = to_key(word), "".join(sign for sign in word.casefold() if sign.isalnum())
    return plain if len(key) == 1 and len(plain) > 2 and plain[0] not in "ivxlcdm" else key


def _quote(keys: Sequence[str]) -> str:
    """Write an FTS5 query: any of the keys, each also as the beginning of a longer one."""
    return " OR ".join(f'"{key}"*' for key in keys)


def _rank(
    rows: Iterable[tuple[str, str, str | None, int, float]], question: str, keys: Sequence[str]
) -> list[Hit]:
    """Give each thing its best text; names come before what is said, whole names before parts."""
    best: dict[str, Hit] = {}
    wanted = " ".join(keys)
    for iri, text, lang, named, _ in rows:
        folded = " ".join(to_keys(text))
        alike = fuzz.token_set_ratio(wanted, folded)
        whole = fuzz.ratio(wanted, folded)
        same = fuzz.partial_ratio(question, text.casefold()[: 4 * len(question) + 200])
        score = (0.5 * alike + 0.3 * whole + 0.2 * same) * (1.0 if named else 0.5)
        if iri not in best or score > best[iri].score:
            best[iri] = Hit(iri, text, lang, round(score, 1), bool(named))
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.text, hit.iri))
