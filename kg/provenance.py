"""Who says it? Claims and their graphs, assessments, facts outside claims, dates."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from kg.findings import Finding
from kg.literals import edtf_bounds
from kg.project import Fact, Project
from kg.terms import (
    EDTF_EDTF,
    OA_TEXT_POSITION_SELECTOR,
    OWL,
    PROV_WAS_DERIVED_FROM,
    RDF_TYPE,
    RDFS,
    SCHEMA,
    SCHEMA_ABOUT,
    SCHEMA_ITEM_REVIEWED,
    SCHEMA_TEXT,
    SKOS,
    Terms,
)

OUTSIDE = "fact outside a claim"
CLAIM = "incomplete claim"
GRAPH = "claim graph"
OPINION = "opinion as fact"
JUDGEMENT = "assessment"
ACCEPTED = "wrongly accepted"
BOUNDS = "date and bounds"
WORDING = "long wording"
TRANSLATION = "missing translation"

MAX_WORDS = 8
_ASSERTING = "fact pictured-fact background-fact speech-act inscription-fact metadata-fact naming"
_OPINIONS = "evaluation allegation allegation-of-motive presupposition hope framing"

# What may be said of a thing without a claim: names, a line of description, its place in a scheme.
_DESCRIPTIVE = frozenset(
    (
        RDF_TYPE.value,
        RDFS + "label",
        RDFS + "comment",
        RDFS + "seeAlso",
        OWL + "deprecated",
        "http://purl.org/dc/terms/isReplacedBy",
        *(SCHEMA + name for name in ("alternateName", "description", "isPartOf", "position")),
        *(SCHEMA + name for name in ("encoding", "inLanguage", "url", "copyrightNotice")),
    )
)


class Ledger:
    """The claims and assessments of a project, by IRI, with the facts that make them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.terms = project.terms
        self.metadata: dict[str, list[Fact]] = defaultdict(list)
        self.graphs: dict[str, list[Fact]] = defaultdict(list)
        self.assessments: dict[str, list[Fact]] = defaultdict(list)
        claim_classes = {term.value for term in self.terms.claim_classes}
        typed = [f for f in project.facts() if f.predicate == RDF_TYPE.value and not f.graph]
        claims = {f.subject: f for f in typed if f.object in claim_classes}
        judging = {f.subject: f for f in typed if f.object == self.terms.Assessment.value}
        self.claims: Mapping[str, Fact] = claims
        for fact in project.facts("data", "claim", "catalog"):
            if fact.graph:
                self.graphs[fact.graph].append(fact)
            elif fact.subject in claims:
                self.metadata[fact.subject].append(fact)
            elif fact.subject in judging:
                self.assessments[fact.subject].append(fact)

    def modalities(self, claim: str) -> frozenset[str]:
        """Collect a claim's modalities by slug, such as `hope`."""
        stem = f"{self.project.base}id/modality/"
        values = values_of(self.metadata[claim], self.terms.modality.value)
        return frozenset(value.removeprefix(stem) for value in values)


def values_of(facts: list[Fact], predicate: str) -> list[str]:
    """Collect the objects that facts give for a predicate, in order."""
    return [fact.object for fact in facts if fact.predicate == predicate]


def check_provenance(project: Project) -> Iterator[Finding]:
    """Apply every rule on claims, assessments and facts outside claims."""
    ledger = Ledger(project)
    yield from _check_outside(ledger)
    yield from _check_claims(ledger)
    yield from _check_graphs(ledger)
    yield from _check_assessments(ledger)
    yield from _check_bounds(ledger)
    yield from _check_wordings(ledger)
    yield from _check_translations(ledger)


def _keeping_classes(terms: Terms) -> frozenset[str]:
    """Classes whose instances keep the books: statements about them are no facts of the world."""
    own = (
        terms.Assessment,
        terms.Source,
        terms.EvidenceLine,
        terms.Passage,
        terms.Mention,
        terms.IdentityHypothesis,
        *terms.claim_classes,
    )
    borrowed = (
        OA_TEXT_POSITION_SELECTOR.value,
        SCHEMA + "Question",
        SCHEMA + "MediaObject",
        SKOS + "ConceptScheme",
    )
    return frozenset(term.value for term in own) | frozenset(borrowed)


def _check_outside(ledger: Ledger) -> Iterator[Finding]:
    """A fact of the world stands in a claim's graph and nowhere else."""
    project = ledger.project
    classes = _keeping_classes(ledger.terms)
    typed = (f for f in project.facts() if f.predicate == RDF_TYPE.value and not f.graph)
    keeping = {f.subject for f in typed if f.object in classes}
    allowed = _DESCRIPTIVE | {ledger.terms.captioned_by.value}
    for fact in project.facts("data", "claim", "scheme"):
        if fact.graph or fact.subject in keeping or fact.predicate.startswith(SKOS):
            continue
        if fact.predicate not in allowed:
            name, what = project.shorten(fact.subject), project.shorten(fact.predicate)
            message = f"{what} states a fact about {name} outside any claim; move it into a claim"
            yield fact.finding(OUTSIDE, message)


def _check_claims(ledger: Ledger) -> Iterator[Finding]:
    """A claim says who speaks, how, in what mode, from where, and has a graph with triples."""
    project, terms = ledger.project, ledger.terms
    needed = {
        SCHEMA_TEXT.value: "the sentence it makes",
        terms.speaker.value: "whose assertion it is",
        terms.voice.value: "the voice it is made in",
        terms.modality.value: "its modality",
        PROV_WAS_DERIVED_FROM.value: "the passage or source it is taken from",
    }
    for claim, fact in ledger.claims.items():
        name = project.shorten(claim)
        said = {f.predicate for f in ledger.metadata[claim]}
        if fact.object == terms.ArticleClaim.value:
            said_of_words = {terms.span.value: "where in the text it stands"}
        else:
            said_of_words = {}
        for predicate, what in (needed | said_of_words).items():
            if predicate not in said:
                message = f"{name} does not say {what}; add {project.shorten(predicate)}"
                yield fact.finding(CLAIM, message, "subject")
        if claim not in ledger.graphs:
            message = f"{name} has no graph; state its triples in {name} {{ ... }}"
            yield fact.finding(GRAPH, message, "subject")


def _check_graphs(ledger: Ledger) -> Iterator[Finding]:
    """A graph is a claim; its own metadata stand under it; an opinion states no fact."""
    project = ledger.project
    opinions = frozenset(_OPINIONS.split())
    quoting = (SCHEMA_ABOUT.value, ledger.terms.wording.value)
    for claim, facts in ledger.graphs.items():
        name = project.shorten(claim)
        if claim not in ledger.claims:
            message = f"the graph {name} has no metadata; write `{name} a ...Claim` under it"
            yield Finding(GRAPH, message, facts[0].file.path, _graph_line(facts[0]))
            continue
        modalities = ledger.modalities(claim)
        for fact in facts:
            if fact.subject == claim and fact.predicate not in quoting:
                what = project.shorten(fact.predicate)
                message = f"{what} of {name} stands inside its braces; move it under the graph"
                yield fact.finding(GRAPH, message)
            elif fact.subject != claim and modalities and modalities <= opinions:
                message = (
                    f"{name} is an opinion ({', '.join(sorted(modalities))}) but states a fact; "
                    "keep to what it is about and its wording"
                )
                yield fact.finding(OPINION, message, "subject")


def _check_assessments(ledger: Ledger) -> Iterator[Finding]:
    """Every claim is judged once; only supported, corroborated statements of fact are accepted."""
    project = ledger.project
    judged: dict[str, Fact] = {}
    for facts in ledger.assessments.values():
        for fact in facts:
            if fact.predicate != SCHEMA_ITEM_REVIEWED.value:
                continue
            claim, name = fact.object, project.shorten(fact.object)
            first = judged.setdefault(claim, fact)
            if claim not in ledger.claims:
                message = f"{name} is judged but is no claim; correct schema:itemReviewed"
                yield fact.finding(JUDGEMENT, message)
            elif first is not fact:
                other = project.shorten(first.subject)
                message = f"{name} is judged by {other} already; a claim has one assessment"
                yield fact.finding(JUDGEMENT, message)
            yield from _check_accepted(ledger, claim, facts)
    for claim, fact in ledger.claims.items():
        if claim not in judged:
            name = project.shorten(claim)
            message = f"{name} has no assessment; write one in data/assessments/"
            yield fact.finding(JUDGEMENT, message, "subject")


def _check_accepted(ledger: Ledger, claim: str, facts: list[Fact]) -> Iterator[Finding]:
    project, terms = ledger.project, ledger.terms
    accepting = [f for f in facts if f.predicate == terms.accepted.value]
    if not accepting:
        what = project.shorten(terms.accepted.value)
        yield facts[0].finding(JUDGEMENT, f"the assessment does not decide; add {what}", "subject")
    for fact in accepting:
        if fact.object not in ("true", "1"):
            continue
        name = project.shorten(claim)
        verdicts = values_of(facts, terms.verdict.value)
        if verdicts != [terms.thing("verdict", "corroborated").value]:
            said = ", ".join(map(project.shorten, verdicts)) or "none"
            message = f"{name} is accepted but its verdict is {said}; only corroborated ones are"
            yield fact.finding(ACCEPTED, message)
        doubtful = sorted(ledger.modalities(claim) - frozenset(_ASSERTING.split()))
        if doubtful:
            message = f"{name} is accepted but its modality is {', '.join(doubtful)}; reject it"
            yield fact.finding(ACCEPTED, message)
        if not values_of(facts, terms.supporting_source.value):
            what = project.shorten(terms.supporting_source.value)
            yield fact.finding(ACCEPTED, f"{name} is accepted without support; name a {what}")


def _check_bounds(ledger: Ledger) -> Iterator[Finding]:
    """earliest and latest are the first and last day that the EDTF date beside them allows."""
    terms = ledger.terms
    groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    dating = (terms.date.value, terms.earliest.value, terms.latest.value)
    for fact in ledger.project.facts("data", "claim"):
        if fact.predicate in dating:
            groups[fact.graph, fact.subject].append(fact)
    for facts in groups.values():
        dates = [f for f in facts if f.predicate == terms.date.value]
        for fact in dates if len(dates) == 1 else []:
            if fact.datatype == EDTF_EDTF.value:
                yield from _compare_bounds(ledger, fact, facts)


def _compare_bounds(ledger: Ledger, dated: Fact, facts: list[Fact]) -> Iterator[Finding]:
    try:
        bounds = edtf_bounds(dated.object)
    except ValueError:
        return
    loose = any(sign in dated.object for sign in "~?%")
    names = (ledger.terms.earliest.value, ledger.terms.latest.value)
    for predicate, bound, side in zip(names, bounds, (-1, 1), strict=True):
        said = [f for f in facts if f.predicate == predicate]
        name = ledger.project.shorten(predicate)
        if bound is not None and not said:
            message = f'the date "{dated.object}" lacks its bound; add {name} "{bound}"^^xsd:date'
            yield dated.finding(BOUNDS, message)
        for fact in said:
            if bound is None and ".." in dated.object:
                message = f'the date "{dated.object}" is open on this side; take {name} out'
                yield fact.finding(BOUNDS, message)
            elif bound is not None and not _agrees(fact.object, bound, side if loose else 0):
                message = f'{name} is {fact.object} but the date "{dated.object}" says {bound}'
                yield fact.finding(BOUNDS, f"{message}; make them agree")


def _agrees(said: str, bound: date, side: int) -> bool:
    """Whether a bound is the strict one or, for approximate dates, lies further out."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return True  # the literal itself is a finding already
    return day == bound or (side < 0 and day < bound) or (side > 0 and day > bound)


def _check_wordings(ledger: Ledger) -> Iterator[Finding]:
    """A quoted wording is a few words: the article's text is not ours to publish."""
    for fact in ledger.project.facts("data", "claim"):
        if fact.predicate == ledger.terms.wording.value:
            words = len(fact.object.split())
            if words > MAX_WORDS:
                message = f"the wording has {words} words; quote at most {MAX_WORDS}"
                yield fact.finding(WORDING, message)


def _check_translations(ledger: Ledger) -> Iterator[Finding]:
    """Claims, own terms and concepts speak every language of the dataset's title."""
    project = ledger.project
    spoken = {
        SCHEMA_TEXT.value,
        *(RDFS + name for name in ("label", "comment")),
        *(SKOS + name for name in ("prefLabel", "definition")),
    }
    said: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in project.facts("ontology", "scheme", "claim"):
        own = fact.file.layer != "ontology" or fact.subject.startswith(f"{project.base}def#")
        if own and not fact.graph and fact.predicate in spoken and fact.language:
            said[fact.subject, fact.predicate].append(fact)
    for (subject, predicate), facts in said.items():
        missing = sorted(set(project.languages) - {fact.language for fact in facts})
        if missing:
            name, what = project.shorten(subject), project.shorten(predicate)
            message = f"{what} of {name} is missing in {', '.join(missing)}; translate it"
            yield facts[0].finding(TRANSLATION, message, "subject")


def _graph_line(fact: Fact) -> int | None:
    blocks = fact.file.positions.blocks
    return next((b.line for b in blocks if b.graph == fact.graph and b.opens), fact.line("subject"))
