"""A project's own rules: queries over the assembled dataset that must come back empty."""

from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, Triple

from kg.assemble import Assembled
from kg.errors import QueryError
from kg.findings import Finding
from kg.project import Project, QueryFile
from kg.sparql import check_query, explain_syntax_error

BROKEN = "broken rule"

Term = NamedNode | BlankNode | Literal | Triple
Row = tuple[Term | None, ...]

_SHOWN = 5


def check_rules(project: Project, assembled: Assembled) -> Iterator[Finding]:
    """Ask every rule of `data/rules/` of the assembled dataset; each answer row breaks it."""
    if not project.rules:
        return
    store = Store()
    store.bulk_extend(assembled.quads)
    for rule in project.rules:
        try:
            rows = ask_rule(rule, store)
        except QueryError as error:
            yield Finding(BROKEN, error.message, rule.path, error.line)
            continue
        if rows:
            message = f"{_sentence(rule)} Broken by {_describe(rows, project)}."
            yield Finding(BROKEN, message, rule.path)


def ask_rule(rule: QueryFile, store: Store) -> list[Row]:
    """List what breaks a rule in a dataset, one row each; empty when the dataset keeps to it.

    Raises QueryError for a query that is no SELECT, whose rows would name what breaks the rule,
    that would call another server, or that cannot be parsed.
    """
    if check_query(rule.text) != "SELECT":
        raise QueryError("a rule is a SELECT, so that its rows name what breaks it; rewrite it")
    try:
        answer = store.query(rule.text)
    except SyntaxError as error:
        raise explain_syntax_error(error.msg, rule.text) from None
    assert isinstance(answer, QuerySolutions)
    return [tuple(row) for row in answer]


def _sentence(rule: QueryFile) -> str:
    return next(iter(rule.questions.values()), "This rule must come back empty.")


def _describe(rows: list[Row], project: Project) -> str:
    """Name the first rows of an answer, and how many more there are."""
    named = [" ".join(_name(term, project) for term in row if term is not None) for row in rows]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _name(term: Term, project: Project) -> str:
    return project.shorten(term.value) if isinstance(term, NamedNode) else str(term)
