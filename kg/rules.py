"""A project's own rules: queries over the assembled dataset that must come back empty."""

from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, Triple

from kg.assemble import Assembled
from kg.findings import Finding
from kg.project import Project, QueryFile

BROKEN = "broken rule"

Term = NamedNode | BlankNode | Literal | Triple

_SHOWN = 5


def check_rules(project: Project, assembled: Assembled) -> Iterator[Finding]:
    """Ask every rule of `data/rules/` of the assembled dataset; each answer row breaks it.

    A rule is a SELECT, so that its rows name what breaks it.
    """
    if not project.rules:
        return
    store = Store()
    store.bulk_extend(assembled.quads)
    for rule in project.rules:
        answer = store.query(rule.text)
        if not isinstance(answer, QuerySolutions):
            message = "a rule is a SELECT, so that its rows name what breaks it; rewrite it"
            yield Finding(BROKEN, message, rule.path)
        elif broken := _describe(answer, project):
            yield Finding(BROKEN, f"{_sentence(rule)} Broken by {broken}.", rule.path)


def _sentence(rule: QueryFile) -> str:
    return next(iter(rule.questions.values()), "This rule must come back empty.")


def _describe(answer: QuerySolutions, project: Project) -> str:
    """Name the first rows of an answer, and how many more there are; empty when it has none."""
    rows = [" ".join(_name(term, project) for term in row if term is not None) for row in answer]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(rows[:_SHOWN]) + more


def _name(term: Term, project: Project) -> str:
    return project.shorten(term.value) if isinstance(term, NamedNode) else str(term)
