"""Everything that can be found out about a project without building it."""

from pathlib import Path

from kg.assemble import assemble
from kg.check import check_folder
from kg.findings import Finding, sort_findings
from kg.memory import without_collector
from kg.passages import check_article
from kg.project import survey_project
from kg.rules import check_rules
from kg.shapes import check_shapes, to_findings


def inspect(root: Path, article: Path | None = None) -> list[Finding]:
    """List what is to be mended in a project; with its article, also in its spans.

    Shapes and the project's own rules wait until the checks find nothing: they would say the same
    things again, less plainly. Raises ArticleError when the article cannot be read.
    """
    with without_collector():
        findings = check_folder(root)
        survey = survey_project(root)
        if survey.errors or survey.project is None:
            return findings
        project = survey.project
        if not findings:
            assembled = assemble(project)
            findings += to_findings(check_shapes(project, assembled), project)
            findings += check_rules(project, assembled)
        if article is not None:
            findings += check_article(project, article)
        return sort_findings(findings)
