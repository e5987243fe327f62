"""Is every name of ours described once, used, well-formed, and spelt with the same prefix?"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from difflib import get_close_matches

from kg.findings import Finding
from kg.project import Fact, Project
from kg.sources import SourceFile
from kg.syntax import Block
from kg.terms import (
    OA_TEXT_POSITION_SELECTOR,
    OWL_DEPRECATED,
    RDF_TYPE,
    RDFS_LABEL,
    SCHEMA_TEXT,
    SKOS_PREF_LABEL,
)

UNDESCRIBED = "undescribed IRI"
UNUSED = "unused description"
UNLABELLED = "no label"
DUPLICATE = "duplicate slug"
SLUG = "bad slug"
PREFIX = "prefix with two meanings"

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LABELS = frozenset(term.value for term in (RDFS_LABEL, SKOS_PREF_LABEL, SCHEMA_TEXT))
# Addresses under the base that are pages and files of the site, not things of the graph.
_SITE = re.compile(
    r"|def|shapes|context\.jsonld|sparql|void|\.well-known/void|(?:dumps|doc|def|search|reconcile)/.*"
)


def described_iris(project: Project) -> frozenset[str]:
    """Collect every IRI that has a type, in the default graph or inside a claim."""
    return frozenset(f.subject for f in project.facts() if f.predicate == RDF_TYPE.value)


def check_descriptions(project: Project) -> Iterator[Finding]:
    """Find IRIs of ours that are used but not described, and badly formed ones; each once."""
    described = described_iris(project)
    seen: set[str] = set()
    for fact in project.facts():
        for part, iri in _iris_of(fact):
            if iri.startswith(project.base) and iri not in seen:
                seen.add(iri)
                yield from _judge_name(fact, part, iri, project, described)


def check_labels(project: Project) -> Iterator[Finding]:
    """Find things of ours without a label in any language; spans need none."""
    labelled = {fact.subject for fact in project.facts() if fact.predicate in _LABELS}
    things = f"{project.base}id/"
    seen: set[str] = set()
    for fact in project.facts():
        if fact.predicate != RDF_TYPE.value or fact.object == OA_TEXT_POSITION_SELECTOR.value:
            continue
        iri = fact.subject
        if iri.startswith(things) and iri not in labelled and iri not in seen:
            seen.add(iri)
            message = f'{project.shorten(iri)} has no label; add rdfs:label "..."@en'
            yield fact.finding(UNLABELLED, message, "subject")


def check_use(project: Project) -> Iterator[Finding]:
    """Find descriptions in `data/` that nothing refers to and that refer to nothing there."""
    used = {link.subject.value for mapping in project.mappings for link in mapping.links}
    own = {f.subject for f in project.facts("data") if f.predicate == RDF_TYPE.value}
    retired = {f.subject for f in project.facts() if f.predicate == OWL_DEPRECATED.value}
    for fact in project.facts():
        if fact.object != fact.subject and fact.names_object:
            used.add(fact.object)
            if fact.object in own:
                used.add(fact.subject)
        if fact.graph:
            used.add(fact.subject)
    for fact in project.facts("data"):
        iri = fact.subject
        if fact.predicate == RDF_TYPE.value and iri.startswith(f"{project.base}id/"):
            if iri not in used and iri not in retired:
                name = project.shorten(iri)
                message = f"{name} is described but nothing refers to it; use it or remove it"
                yield fact.finding(UNUSED, message, "subject")
            used.add(iri)


def check_duplicates(project: Project) -> Iterator[Finding]:
    """Find subjects described in two blocks and graphs opened twice."""
    first: dict[str, str] = {}
    graphs: dict[str, str] = {}
    for file in project.files:
        for block in file.positions.blocks:
            place = f"{file.path}:{block.line}"
            if block.graph is None:
                earlier = first.setdefault(block.subject, place)
                what = "is described"
            elif block.opens:
                earlier = graphs.setdefault(block.graph, place)
                what = "opens its graph"
            else:
                continue
            if earlier != place:
                yield _duplicate(project, file, block, f"{what} a second time", earlier)
    yield from _check_shared_nodes(project)


def check_prefixes(project: Project) -> Iterator[Finding]:
    """Find prefixes that stand for another namespace than in most files."""
    meanings: dict[str, Counter[str]] = defaultdict(Counter)
    for file in project.files:
        for prefix, namespace in file.prefixes.items():
            meanings[prefix][namespace] += 1
    for file in project.files:
        for prefix, namespace in file.prefixes.items():
            usual = meanings[prefix].most_common(1)[0][0]
            if namespace != usual:
                lines = enumerate(file.text.split("\n"), 1)
                line = next((n for n, text in lines if f"{prefix}:" in text), 1)
                message = f"the prefix {prefix}: means <{usual}> elsewhere; keep one meaning"
                yield Finding(PREFIX, message, file.path, line)


def _iris_of(fact: Fact) -> Iterator[tuple[str, str]]:
    yield "subject", fact.subject
    yield "predicate", fact.predicate
    if fact.names_object:
        yield "object", fact.object
    if fact.graph:
        yield "subject", fact.graph


def _judge_name(
    fact: Fact, part: str, iri: str, project: Project, described: frozenset[str]
) -> Iterator[Finding]:
    local = iri[len(project.base) :]
    name = project.shorten(iri)
    kind, _, slug = local.removeprefix("id/").partition("/")
    if local.startswith("id/"):
        if not _SLUG.fullmatch(kind) or not _SLUG.fullmatch(slug):
            message = f"{name} is no id/KIND/SLUG; a slug has only a-z, 0-9 and single hyphens"
            yield fact.finding(SLUG, message, part)
        elif iri not in described and iri != fact.graph:
            yield fact.finding(UNDESCRIBED, _undescribed(iri, project, described), part)
    elif local.startswith("def#"):
        return  # a term: kg.vocabulary judges those
    elif iri not in described and not _SITE.fullmatch(local.rstrip("#")):
        message = f"{name} is no address of this project; names are id/KIND/SLUG or def#Term"
        yield fact.finding(SLUG, message, part)


def _undescribed(iri: str, project: Project, described: frozenset[str]) -> str:
    siblings = {project.shorten(i): i for i in described if i.startswith(iri.rpartition("/")[0])}
    near = get_close_matches(project.shorten(iri), siblings, 1, 0.8)
    hint = f"is {near[0]} meant? If not, " if near else ""
    return f"{project.shorten(iri)} is not described anywhere; {hint}give it a type and a label"


def _duplicate(
    project: Project, file: SourceFile, block: Block, what: str, earlier: str
) -> Finding:
    name = project.shorten(block.graph or block.subject)
    message = f"{name} {what} (first at {earlier}); merge the two or choose another slug"
    return Finding(DUPLICATE, message, file.path, block.line)


def _check_shared_nodes(project: Project) -> Iterator[Finding]:
    """A node that a claim types (a membership, a depiction) belongs to that claim alone."""
    described = {fact.subject for fact in project.facts() if not fact.graph}
    homes: dict[str, str] = {}
    for fact in project.facts("claim"):
        if not fact.graph or fact.predicate != RDF_TYPE.value or fact.subject in described:
            continue
        home = homes.setdefault(fact.subject, fact.graph)
        if home != fact.graph:
            message = (
                f"{project.shorten(fact.subject)} is typed in {project.shorten(home)} too; "
                "a node belongs to one claim, so name it after its own"
            )
            yield fact.finding(DUPLICATE, message, "subject")
