"""Where in the article does it stand? Spans, passages, coverage; with or without the text.

Offsets count Unicode code points from zero, ends are exclusive. Nothing here prints more than
three words of the article.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from kg.copying import check_copies, check_wordings
from kg.errors import ArticleError, SourceError
from kg.findings import Finding, sort_findings
from kg.project import Fact, Project
from kg.terms import OA_END, OA_START, PROV_WAS_DERIVED_FROM, RDF_TYPE
from kg.texts import decode_utf8, read_bytes

SPAN = "bad span"
OUTSIDE = "span outside its passage"
COPY = "copy left out"
OVERLAP = "passages overlap"
ARTICLE = "wrong article"
COVERAGE = "text not covered"


class Span(NamedTuple):
    """A range of the text and the fact that gives its start."""

    start: int
    end: int
    iri: str
    fact: Fact


class Passages:
    """The spans of a project, the passages they make up, and who points into them."""

    def __init__(self, project: Project) -> None:
        terms = project.terms
        self.project = project
        self.spans: dict[str, Span] = {}
        self.pointers: dict[str, list[Fact]] = defaultdict(list)
        self.origins: dict[str, list[str]] = defaultdict(list)
        self.boilerplate: set[str] = set()
        starts: dict[str, Fact] = {}
        ends: dict[str, Fact] = {}
        passages: dict[str, None] = {}
        for fact in project.facts("data", "claim"):
            if fact.graph:
                continue
            if fact.predicate == OA_START.value:
                starts[fact.subject] = fact
            elif fact.predicate == OA_END.value:
                ends[fact.subject] = fact
            elif fact.predicate == terms.span.value:
                self.pointers[fact.subject].append(fact)
            elif fact.predicate == PROV_WAS_DERIVED_FROM.value:
                self.origins[fact.subject].append(fact.object)
            elif fact.predicate == RDF_TYPE.value and fact.object == terms.Passage.value:
                passages[fact.subject] = None
            elif fact.predicate == terms.boilerplate.value and fact.object in ("true", "1"):
                self.boilerplate.add(fact.subject)
        self.names = tuple(passages)
        for iri, fact in starts.items():
            if iri in ends and fact.object.isdecimal() and ends[iri].object.isdecimal():
                self.spans[iri] = Span(int(fact.object), int(ends[iri].object), iri, fact)

    def of(self, subject: str) -> list[Span]:
        """The spans a claim, mention or passage points to, in the order of the text."""
        found = (self.spans.get(fact.object) for fact in self.pointers.get(subject, ()))
        return sorted((s for s in found if s), key=lambda s: (s.start, s.end))

    def used(self) -> set[str]:
        """The passages that some claim is taken from."""
        classes = {term.value for term in self.project.terms.claim_classes}
        typed = (f for f in self.project.facts("claim") if f.predicate == RDF_TYPE.value)
        claims = {fact.subject for fact in typed if fact.object in classes}
        return {origin for claim in claims for origin in self.origins.get(claim, ())}


def check_spans(project: Project) -> Iterator[Finding]:
    """Apply the rules that need no text: ranges, slugs, claims inside passages, overlaps."""
    passages = Passages(project)
    facts = project.article_facts
    if passages.spans and (facts is None or facts.characters is None):
        what = "schema:sha256" if facts is None else project.shorten(project.terms.characters.value)
        message = f"no article's text is named for the spans; give its {what} in data/article.ttl"
        yield Finding(SPAN, message, next(iter(passages.spans.values())).fact.file.path, 1)
    length = facts.characters if facts else None
    yield from _check_ranges(passages, length)
    yield from _check_inside(passages)
    yield from _check_overlaps(passages)


def check_article(project: Project, path: Path) -> list[Finding]:
    """Compare a project with the article itself: hash, length, spans, coverage, copied words.

    With the wrong text only the ranges are checked. Raises ArticleError when the file cannot
    be read.
    """
    try:
        content = read_bytes(path, str(path))
        text = decode_utf8(content, str(path))
    except SourceError as error:
        raise ArticleError(error.message, error.path, error.line, error.column) from None
    passages = Passages(project)
    findings = list(_check_identity(project, content, text, str(path)))
    findings += _check_ranges(passages, len(text))
    if not findings:
        findings += _check_edges(passages, text)
        findings += _check_coverage(passages, text, str(path))
        findings += check_wordings(project, text, passages.of)
        findings += check_copies(project, text)
    return sort_findings(findings)


def _check_ranges(passages: Passages, length: int | None) -> Iterator[Finding]:
    shorten = passages.project.shorten
    for span in passages.spans.values():
        name = shorten(span.iri)
        if span.start >= span.end:
            message = f"{name} is empty: it starts at {span.start} and ends at {span.end}"
            yield span.fact.finding(SPAN, f"{message}; the end is exclusive, so add one")
        elif length is not None and span.end > length:
            message = f"{name} ends at {span.end}, outside the text of {length} code points"
            yield span.fact.finding(SPAN, f"{message}; correct the offsets")
        if span.iri.rpartition("/")[2] != f"{span.start}-{span.end}":
            message = f"{name} runs from {span.start} to {span.end}; name it by its offsets"
            yield span.fact.finding(SPAN, message)


def _check_inside(passages: Passages) -> Iterator[Finding]:
    """What points into the text points into its own passages, and into every copy of them."""
    shorten = passages.project.shorten
    for subject, facts in passages.pointers.items():
        if subject in passages.names:
            continue
        origins = [o for o in passages.origins.get(subject, ()) if o in passages.names]
        copies = [(origin, span) for origin in origins for span in passages.of(origin)]
        for fact in facts:
            span = passages.spans.get(fact.object)
            if span and not any(s.start <= span.start and span.end <= s.end for _, s in copies):
                homes = ", ".join(map(shorten, origins)) or "no passage at all"
                message = f"{shorten(span.iri)} of {shorten(subject)} lies outside {homes}"
                yield fact.finding(OUTSIDE, f"{message}; correct the span or the passage")
        yield from _check_copies_named(passages, subject, copies)


def _check_copies_named(
    passages: Passages, subject: str, copies: list[tuple[str, Span]]
) -> Iterator[Finding]:
    """Copies of one passage have the same words: a span in one has its like in the others."""
    own = passages.of(subject)
    for origin in dict.fromkeys(origin for origin, _ in copies):
        wholes = [span for name, span in copies if name == origin]
        if len({whole.end - whole.start for whole in wholes}) != 1:
            continue
        places = [_offsets_within(whole, own) for whole in wholes]
        for whole, here in zip(wholes, places, strict=True):
            for start, end in sorted(set().union(*places) - here):
                name = passages.project.shorten(subject)
                missing = f"{whole.start + start}-{whole.start + end}"
                message = f"{name} leaves out a copy of its words; add the span {missing}"
                yield passages.pointers[subject][0].finding(COPY, message)


def _offsets_within(whole: Span, spans: Iterable[Span]) -> set[tuple[int, int]]:
    inside = (s for s in spans if whole.start <= s.start and s.end <= whole.end)
    return {(s.start - whole.start, s.end - whole.start) for s in inside}


def _check_overlaps(passages: Passages) -> Iterator[Finding]:
    shorten = passages.project.shorten
    placed = [(span, name) for name in passages.names for span in passages.of(name)]
    spans = sorted((span.start, span.end, name) for span, name in placed)
    for (_, end, first), (start, _, second) in zip(spans, spans[1:], strict=False):
        if start < end:
            fact = passages.pointers[second][0]
            message = f"{shorten(first)} and {shorten(second)} share characters {start} to {end}"
            yield fact.finding(OVERLAP, f"{message}; a character belongs to one passage")


def _check_identity(project: Project, content: bytes, text: str, path: str) -> Iterator[Finding]:
    facts = project.article_facts
    if facts is None:
        yield Finding(ARTICLE, "the project names no text by schema:sha256; add it", path)
        return
    digest = hashlib.sha256(content).hexdigest()
    if digest != facts.sha256.lower():
        message = f"this is not the text the spans count in: SHA-256 {digest}, expected "
        hint = explain_difference(text, facts.sha256.lower())
        hint = hint or (
            "use the right text, or if this is it, write its hash as schema:sha256; words and "
            "coverage were not checked"
        )
        yield Finding(ARTICLE, f"{message}{facts.sha256}; {hint}", path)
    if facts.characters is not None and facts.characters != len(text):
        message = f"the text has {len(text)} code points, the project says {facts.characters}"
        yield Finding(ARTICLE, f"{message}; use the right text or correct the number", path)


def explain_difference(text: str, wanted: str) -> str | None:
    """Say how a text would have the SHA-256 that is wanted; None when no small change gives it."""
    unix = text.replace("\r\n", "\n")
    ways = {
        "its line ends are CRLF, make them LF": unix,
        "take the empty line off its end": text.rstrip("\n"),
        "make its line ends LF and take the last one off": unix.rstrip("\n"),
        "put a line end at its end": text + "\n",
        "its letters are decomposed, normalise it to NFC": unicodedata.normalize("NFC", text),
    }
    for hint, variant in ways.items():
        if hashlib.sha256(variant.encode()).hexdigest() == wanted:
            return hint
    return None


def _check_edges(passages: Passages, text: str) -> Iterator[Finding]:
    """A span begins and ends with a sign, and cuts no word in two."""
    for span in passages.spans.values():
        name = passages.project.shorten(span.iri)
        words = text[span.start : span.end]
        if words != words.strip():
            message = f"{name} begins or ends with white space; move the offsets to the words"
            yield span.fact.finding(SPAN, message)
        for offset in (span.start, span.end):
            if text[offset - 1 : offset].isalnum() and text[offset : offset + 1].isalnum():
                message = f"{name} cuts a word at {offset}; move the offset to its edge"
                yield span.fact.finding(SPAN, message)
    for passage in passages.names:
        spans = passages.of(passage)
        if len({text[span.start : span.end] for span in spans}) > 1:
            name = passages.project.shorten(passage)
            message = f"the spans of {name} are no copies of one another; correct the offsets"
            yield passages.pointers[passage][0].finding(SPAN, message)


def _check_coverage(passages: Passages, text: str, path: str) -> Iterator[Finding]:
    """Each sign of the text lies in a passage that a claim uses, or in boilerplate."""
    used = passages.used() | passages.boilerplate
    placed = [(span, name) for name in passages.names for span in passages.of(name)]
    idle = [(span, name) for span, name in placed if name not in used]
    covered = [(span.start, span.end) for span, name in placed if name in used]
    for start, end in uncovered_ranges(covered, text):
        name = next((n for s, n in idle if s.start < end and start < s.end), None)
        what = (
            f"only in {passages.project.shorten(name)}, which no claim uses"
            if name
            else ("in no passage")
        )
        message = (
            f'characters {start} to {end} ("{_glimpse(text[start:end])}") lie {what}; '
            "state what they claim, or mark the passage as boilerplate"
        )
        yield Finding(COVERAGE, message, path, text.count("\n", 0, start) + 1)


def uncovered_ranges(covered: Iterable[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a text outside the covered ones, without white space around them."""
    edge = 0
    for start, end in (*sorted(covered), (len(text), len(text))):
        gap = text[edge:start]
        if gap.strip():
            left = edge + len(gap) - len(gap.lstrip())
            yield left, left + len(gap.strip())
        edge = max(edge, end)


def _glimpse(words: str) -> str:
    """Show three words at most: the article is not ours to print."""
    first = words.split()[:3]
    shown = " ".join(first)
    return shown if len(words.split()) <= 3 else f"{shown} ..."
