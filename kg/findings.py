"""A finding: one thing to mend in a project, with its place and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from kg.errors import KnowledgeError, to_printable


@dataclass(frozen=True)
class Finding:
    """One thing to mend; `rule` is the short name of the check that found it."""

    rule: str
    message: str
    path: str | None = None
    line: int | None = None
    record: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line) if part is not None)
        parts = [part for part in (place, self.record) if part]
        return to_printable(": ".join([*parts, f"{self.message} [{self.rule}]"]))


def to_finding(error: KnowledgeError, rule: str) -> Finding:
    """Turn an error into a finding of that rule, keeping its place."""
    return Finding(rule, error.message, error.path, error.line)


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by file, line, record, rule and message, each once."""
    return sorted(
        set(findings),
        key=lambda f: (f.path or "", f.line or 0, f.record or "", f.rule, f.message),
    )
