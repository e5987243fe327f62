"""Do the project's queries parse, ask in every language, and speak of terms and things that are?"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Store

from kg.errors import QueryError
from kg.findings import Finding
from kg.naming import described_iris
from kg.project import Project, QueryFile
from kg.sparql import check_query, explain_syntax_error
from kg.syntax import Token, declared_prefixes, to_iri, tokens
from kg.terms import SH
from kg.vocabulary import UNKNOWN, Vocabulary, explain_unknown

QUERY = "broken query"
QUESTION = "query without question"
UNDESCRIBED = "undescribed IRI"


def check_queries(project: Project) -> Iterator[Finding]:
    """Apply every rule on the files in `data/queries/` and `data/rules/` and on SHACL's queries."""
    names = _Names(project)
    for query in project.queries:
        yield from _check_question(query, project.languages)
    for query in project.rules:
        if not query.questions:
            message = "the rule is not put in words; add `# rule@en: ...` at the top"
            yield Finding(QUESTION, message, query.path, 1)
    for query in (*project.queries, *project.rules):
        prefixes = declared_prefixes(query.text)
        yield from _check_syntax(query)
        for token, rule, message in names.judge(tokens(query.text), prefixes):
            yield Finding(rule, message, query.path, token.line)
    for fact in project.facts("shape"):
        if fact.predicate in (SH + "select", SH + "ask"):
            for token, rule, message in names.judge(tokens(fact.object), project.prefixes):
                line = (fact.line() or 1) + token.line - 1
                yield Finding(rule, message, fact.file.path, line)


class _Names:
    """What a query of this project may name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.vocabulary = Vocabulary.of(project)
        self.described = described_iris(project)

    def judge(
        self, found: Iterable[Token], prefixes: Mapping[str, str]
    ) -> Iterator[tuple[Token, str, str]]:
        """Yield each unknown own term and undescribed thing, once, with rule and message."""
        project = self.project
        seen: set[str] = set()
        for token in found:
            iri = to_iri(token, prefixes) if token.kind in ("name", "iri") else None
            if iri is None or iri in seen or not iri.startswith(project.base):
                continue
            seen.add(iri)
            local = iri[len(project.base) :]
            if local.startswith("def#") and local != "def#" and iri not in self.vocabulary.terms:
                yield token, UNKNOWN, explain_unknown(iri, self.vocabulary, project)
            elif re.fullmatch(r"id/[^/]+/.+", local) and iri not in self.described:
                message = f"{project.shorten(iri)} is not described anywhere; correct the name"
                yield token, UNDESCRIBED, message


def _check_question(query: QueryFile, languages: Iterable[str]) -> Iterator[Finding]:
    missing = [language for language in languages if language not in query.questions]
    if missing:
        lines = " and ".join(f"`# question@{language}: ...`" for language in missing)
        yield Finding(QUESTION, f"the query has no {lines}; add it at the top", query.path, 1)


def _check_syntax(query: QueryFile) -> Iterator[Finding]:
    """Parse by asking an empty store, once it is sure that no SERVICE is left to be called."""
    text = _without_service(query.text)
    try:
        check_query(text)
        Store().query(text)
    except QueryError as error:
        yield Finding(QUERY, f"{error.message}; mend the query", query.path, error.line)
    except RuntimeError as error:
        yield Finding(QUERY, f"it cannot be answered: {error}; mend the query", query.path)
    except SyntaxError as error:
        cause = explain_syntax_error(error.msg, text)
        yield Finding(QUERY, f"{cause.message}; mend the query", query.path, cause.line)


def _without_service(text: str) -> str:
    """Turn each SERVICE into GRAPH, which has the same grammar and stays at home."""
    lines = text.splitlines(keepends=True)
    after_service = False
    for token in tokens(text):
        word = token.text.upper()
        if token.kind == "word" and (word == "SERVICE" or (after_service and word == "SILENT")):
            start = token.column - 1
            line = lines[token.line - 1]
            stand_in = ("GRAPH" if word == "SERVICE" else "").ljust(len(word))
            lines[token.line - 1] = line[:start] + stand_in + line[start + len(word) :]
        after_service = word == "SERVICE"
    return "".join(lines)
