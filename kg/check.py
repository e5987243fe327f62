"""Judge a project: every rule in turn, all findings at once, in the order of the files."""

from collections.abc import Callable, Iterator
from pathlib import Path

from kg.agreement import check_agreement
from kg.errors import KnowledgeError, LinkError, ProjectError
from kg.findings import Finding, sort_findings, to_finding
from kg.links import check_header, check_links
from kg.naming import (
    UNDESCRIBED,
    check_descriptions,
    check_duplicates,
    check_labels,
    check_prefixes,
    check_use,
    described_iris,
)
from kg.passages import check_spans
from kg.project import Project, survey_project
from kg.provenance import check_provenance
from kg.queries import check_queries
from kg.sssom import RULE as MAPPING
from kg.terms import RDF_TYPE
from kg.vocabulary import check_terms, check_texts

__all__ = ["Finding", "check_folder", "check_project"]

Rule = Callable[[Project], Iterator[Finding]]

SYNTAX = "unreadable file"
PROJECT = "no project"
UNREAD = "file nobody reads"
UNVALIDATED = "no shapes"
ACCEPTANCE = "accepted by no assessment"


def check_mappings(project: Project) -> Iterator[Finding]:
    """Find rows that break SSSOM, disagree, or start at a thing nobody describes."""
    yield from check_agreement(project.mappings, project.proposals)
    described = described_iris(project)
    for mapping in (*project.mappings, *project.proposals):
        yield from mapping.findings
        if mapping not in project.proposals:  # those may name several candidates
            yield from check_header(mapping)
            yield from check_links(mapping)
        for link in mapping.links:
            if link.subject.value not in described:
                name = project.shorten(link.subject.value)
                message = f"{name} is not described anywhere; correct subject_id or describe it"
                yield Finding(UNDESCRIBED, message, mapping.path, link.line, f"row {link.row}")


def check_files(project: Project) -> Iterator[Finding]:
    """Find files under `data/` and `ontology/` that no reader claims."""
    for path in project.unread:
        message = (
            "nothing reads this file; sources are *.ttl, claims data/claims/*.trig, mappings "
            "data/links/*.sssom.tsv, queries data/queries/*.rq and data/rules/*.rq"
        )
        yield Finding(UNREAD, message, path)


def check_shape_files(project: Project) -> Iterator[Finding]:
    """Find a project without shapes."""
    if not any(file.quads for file in project.layer("shape")):
        message = "no shapes: nothing is validated; write some in ontology/shapes/*.ttl"
        yield Finding(UNVALIDATED, message, "ontology/shapes")


def check_acceptance(project: Project) -> Iterator[Finding]:
    """Find what is called accepted and is no assessment."""
    terms, facts = project.terms, [fact for fact in project.facts() if not fact.graph]
    typed = [(f.subject, f.object) for f in facts if f.predicate == RDF_TYPE.value]
    assessments = {subject for subject, kind in typed if kind == terms.Assessment.value}
    kinds = {kind.value for kind in terms.claim_classes}
    claims = {subject for subject, kind in typed if kind in kinds}
    for fact in facts:
        if fact.predicate == terms.accepted.value and fact.subject not in assessments - claims:
            message = (
                f"{project.shorten(fact.subject)} is no assessment, so this accepts nothing; "
                f"say it of one ({project.shorten(terms.Assessment.value)})"
            )
            yield fact.finding(ACCEPTANCE, message)


# Rules that judge each file by itself, then those that need the whole project.
LOCAL_RULES: tuple[Rule, ...] = (check_files, check_texts, check_prefixes)
GLOBAL_RULES: tuple[Rule, ...] = (
    check_terms,
    check_descriptions,
    check_labels,
    check_use,
    check_duplicates,
    check_provenance,
    check_spans,
    check_mappings,
    check_queries,
    check_shape_files,
    check_acceptance,
)


def check_project(project: Project) -> list[Finding]:
    """Apply every rule to a project that could be read; an empty list means nothing to mend.

    The article's text is not needed: `kg.passages.check_article` checks against it.
    """
    return sort_findings(f for rule in (*LOCAL_RULES, *GLOBAL_RULES) for f in rule(project))


def check_folder(root: Path) -> list[Finding]:
    """Read a folder as far as it can be read and list everything there is to mend.

    While a file cannot be read, rules that need the whole project wait: they would only
    report what that file holds as missing.
    """
    survey = survey_project(root)
    findings = [to_finding(error, _rule_of(error)) for error in survey.errors]
    if survey.project is not None:
        rules = LOCAL_RULES if survey.errors else (*LOCAL_RULES, *GLOBAL_RULES)
        findings += [finding for rule in rules for finding in rule(survey.project)]
    return sort_findings(findings)


def _rule_of(error: KnowledgeError) -> str:
    if isinstance(error, ProjectError):
        return PROJECT
    return MAPPING if isinstance(error, LinkError) else SYNTAX
