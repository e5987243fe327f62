"""`kg link`: the command line of linking. Data goes to stdout, talk to stderr.

Exit codes: 0 fine, 1 findings or a service that fails, 2 the command was used wrongly.
"""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from kg.agreement import check_agreement
from kg.findings import Finding
from kg.linking.alignment import read_alignment
from kg.linking.cache import CACHE, in_words
from kg.linking.changes import Row
from kg.linking.proposals import PATH, add_proposals, to_document
from kg.linking.wikidata import Addresses
from kg.links import check_links
from kg.project import Project, read_project
from kg.terms import WIKIDATA

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

Command = TypeVar("Command", bound=Callable[..., Any])


def asks_wikidata(command: Command) -> Command:
    """Give a command the options of `kg.linking.asking.Asking`."""
    defaults = Addresses()
    options = (
        click.option("--api", default=defaults.api, show_default=True, help="The entity API."),
        click.option(
            "--sparql", default=defaults.sparql, show_default=True, help="The query service."
        ),
        click.option("--contact", help="Whom the service may write to; default: the base IRI."),
        click.option("--cache", type=FILE, help=f"Answers kept; default: PROJECT/{CACHE}."),
        click.option(
            "--max-age",
            "max_age_days",
            type=click.FloatRange(0),
            default=7,
            show_default=True,
            help="Days for which a kept answer will do.",
        ),
        click.option("--offline", is_flag=True, help="Ask nobody: kept answers of any age do."),
        click.option(
            "--timeout",
            "timeout_s",
            type=click.FloatRange(0, min_open=True),
            default=60,
            show_default=True,
            help="Seconds for one answer.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def link() -> None:
    """Link things to Wikidata: find items, and check the links that were accepted."""


_project = click.option(
    "--project", "root", type=FOLDER, default=Path(), help="The project's folder; default: here."
)


@link.command()
@_project
@click.option("--save", is_flag=True, help=f"Add the rows to PROJECT/{PATH}.")
@asks_wikidata
def resolve(root: Path, save: bool, **asking: Any) -> None:
    """Find items by the articles and identifiers that the data record.

    Writes the mappings it proposes in SSSOM. Nothing is accepted: a person reviews each row. A run
    that breaks off goes on where it stopped when it is started again.
    """
    # Here, so that no other command waits for an HTTP library.
    from kg.linking.asking import Asking
    from kg.linking.resolution import resolve as resolve_things
    from kg.linking.things import Things

    project = read_project(root)
    wikidata = Asking(**asking).to_wikidata(project, _say, _show)
    things = Things(project).all.values()
    today = datetime.now(UTC).date()
    found = resolve_things(project, things, read_alignment(project), wikidata, today)
    _propose(project, found.rows, found.notes, save=save)
    _say(f"{len(found.rows)} to review; Wikidata {in_words(wikidata.age)}")


@link.command()
@click.argument("names", nargs=-1, metavar="[THING]...")
@_project
@click.option("--save", is_flag=True, help=f"Add the rows to PROJECT/{PATH}.")
@click.option(
    "--reconciliation",
    default=Addresses().reconciliation,
    show_default=True,
    help="The reconciliation service (API 0.2); {language} stands for each of the project's.",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 100),
    default=60,
    show_default=True,
    help="The lowest score that is proposed.",
)
@click.option(
    "--most",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="How many items are proposed for one thing.",
)
@asks_wikidata
def suggest(
    names: tuple[str, ...],
    root: Path,
    save: bool,
    reconciliation: str,
    least: float,
    most: int,
    **asking: Any,
) -> None:
    """Find items by name, for each THING (person:ada) or all that have none, and score them.

    Writes the mappings it proposes in SSSOM, with each point of the score. Nothing is accepted: a
    person reviews each row. A run that breaks off goes on where it stopped when it is started
    again.
    """
    from kg.linking.asking import Asking
    from kg.linking.suggestion import Bounds, choose, suggest
    from kg.linking.things import Things

    project = read_project(root)
    things, alignment = Things(project).all, read_alignment(project)
    sought = choose(project, things.values(), alignment, names)
    options = Asking(**asking)
    wikidata = options.to_wikidata(project, _say, _show)
    services = options.to_reconciliation(project, reconciliation, _say, _show)
    for service in () if options.offline else services.values():
        service.check_space(WIKIDATA)
    today = datetime.now(UTC).date()
    found = suggest(
        project, sought, things, alignment, wikidata, services, today, Bounds(least, most)
    )
    _propose(project, found.rows, found.notes, save=save)
    told = f"{len(found.rows)} to review, {len(sought)} things sought"
    _say(f"{told}; Wikidata {in_words(wikidata.age)}")


@link.command()
@_project
@click.option("--quickstatements", type=FILE, help="Write corrections to consider; none is sent.")
@asks_wikidata
def check(root: Path, quickstatements: Path | None, **asking: Any) -> None:
    """Hold every accepted link against Wikidata; exit code 1 if anything is to be weighed.

    Is the item there, under that id and name, of a class that can be, and do dates, places,
    articles and identifiers agree? Where they do not, both sides are named with their sources.
    """
    from kg.linking.asking import Asking
    from kg.linking.quickstatements import write_draft
    from kg.linking.things import Things
    from kg.linking.verification import verify_links

    project = read_project(root)
    findings: list[Finding] = []
    for mapping_set in project.mappings:
        findings += [*mapping_set.findings, *check_links(mapping_set)]
    findings += check_agreement(project.mappings, ())
    for finding in findings:
        click.echo(str(finding))
    wikidata = Asking(**asking).to_wikidata(project, _say, _show)
    things = Things(project).all
    verdicts = verify_links(project, things, read_alignment(project), wikidata)
    for finding in verdicts.findings:
        click.echo(str(finding))
    if quickstatements is not None:
        write_draft(quickstatements, list(verdicts.draft))
        _say(f"{len(verdicts.draft)} corrections to consider in {quickstatements}; none is sent")
    count = len(findings) + len(verdicts.findings)
    told = f"{count} to weigh" if count else "nothing to weigh"
    _say(f"{verdicts.links} links held against Wikidata {in_words(wikidata.age)}: {told}")
    if count:
        sys.exit(1)


@link.command()
@_project
@click.option("--reviewer", help="Your name; default: $KG_REVIEWER, then git's user.name.")
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1),
    default=0.95,
    show_default=True,
    help="How sure you are, for each row you decide.",
)
@click.option("--cache", type=FILE, help=f"Answers kept; default: PROJECT/{CACHE}.")
def review(root: Path, reviewer: str | None, confidence: float, cache: Path | None) -> None:
    """Weigh the proposed links, both sides beside each other: accept, reject, later, undo.

    Each takes one key. In a pipe, each line is a key and, after a space, the reason. Nobody is
    asked: Wikidata's side comes from the answers that are kept. What was decided is written at
    once.
    """
    from kg.linking.keys import open_keys
    from kg.linking.life import Links
    from kg.linking.reviewer import find_reviewer
    from kg.linking.sides import open_comparing
    from kg.linking.walk import Walk

    project = read_project(root)
    name = find_reviewer(root, reviewer)
    links = Links(root)
    if not links.waiting():
        _say(f"nothing waits in {PATH}; `kg link resolve --save` proposes links")
        return
    comparing = open_comparing(project, cache)
    with open_keys() as keys:
        Walk(links, comparing, keys, name, Decimal(str(confidence))).go()


def _propose(project: Project, rows: tuple[Row, ...], notes: Iterable[str], *, save: bool) -> None:
    """Give proposed rows as a mapping set, and add them to those that wait if asked to."""
    for note in notes:
        _say(note)
    if save:
        added = add_proposals(project, rows)
        _say(f"{added} added to {PATH}, to be reviewed")
    click.echo(to_document(project, rows), nl=False)


def _say(what: str) -> None:
    click.echo(what, err=True)


def _show(what: str, done: int, total: int) -> None:
    """Tell on a terminal how far the asking has come; elsewhere nothing."""
    if sys.stderr.isatty():
        click.echo(f"\r{what}: {done} of {total}\x1b[K", nl=done >= total, err=True)
