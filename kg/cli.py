"""The command line: parse, call, print. Data goes to stdout, talk to stderr.

Exit codes: 0 fine, 1 something to mend or a difference, 2 the command was used wrongly.
"""

import errno
import importlib
import io
import os
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

import click

from kg import __version__
from kg.diff import compare
from kg.dumps import is_xml_text, to_bytes
from kg.errors import KnowledgeError, QueryError, ReleaseError
from kg.formats import RDF_FORMATS, RESULT_FORMATS, to_format
from kg.freshness import is_current
from kg.linking.commands import link
from kg.memory import without_collector
from kg.release import Release, is_release, open_release
from kg.sparql import check_query
from kg.store import EndpointStore, QueryResult, Store
from kg.tables import to_table

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

_project = click.option(
    "--project", type=FOLDER, default=Path(), help="The project's folder; default: here."
)
_release = click.option(
    "--release", type=FOLDER, help="The release's folder; default: PROJECT/release."
)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_DUMPS = [format.name for format in RDF_FORMATS]
_ANSWERS = ["table", *(format.name for format in RESULT_FORMATS), *_DUMPS]


class _Sentences(click.Group):
    """A group whose commands end an error they know with its sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # closed by the caller
                sys.stdout.flush()
            return result
        except KnowledgeError as error:
            click.echo(f"kg: {error}", err=True)
            ctx.exit(1)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            _abandon_output()
            click.echo(f"kg: the output cannot be written: {error.strerror}", err=True)
            ctx.exit(1)


@click.group(cls=_Sentences, invoke_without_command=True)
@click.option("--version", is_flag=True, help="Show the version, with --release the release's too.")
@click.option("--release", type=FOLDER, help="With --version: the release to ask.")
@click.pass_context
def main(ctx: click.Context, version: bool, release: Path | None) -> None:
    """Build and publish source-critical knowledge graphs."""
    if version:
        click.echo(f"kg {__version__}")
        if release is not None:
            manifest = open_release(release).manifest
            click.echo(f"{manifest.name} {manifest.version}")
    elif ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(0)
    elif release is not None:
        raise click.UsageError("--release before the command goes with --version only")


main.add_command(link)


@main.command()
@_project
@click.option("--article", type=FILE, help="The article's text, to check every span against.")
def check(project: Path, article: Path | None) -> None:
    """Check a project: syntax, provenance, shapes, links; with --article also its spans."""
    with without_collector():
        from kg.inspection import inspect  # here, so that no other command waits for the validator

        findings = inspect(project, article)
    for finding in findings:
        click.echo(str(finding))
    if findings:
        click.echo(f"{len(findings)} to mend", err=True)
        sys.exit(1)
    click.echo("nothing to mend", err=True)


@main.command()
@_project
@click.option("--out", type=FOLDER, help="Where the release is to stand; default: PROJECT/release.")
def build(project: Path, out: Path | None) -> None:
    """Build a release from a project."""
    _build(project, out or project / "release")


@main.command()
@click.argument("files", nargs=-1, type=FILE)
@_project
@_release
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1), help="Web processes; two where there are cores.")
@click.option("--public-url", help="The address visitors see, behind a proxy.")
@click.option("--trust-proxy", multiple=True, help="A proxy whose X-Forwarded-* is believed.")
@click.option("--allow-service", multiple=True, help="An endpoint that SERVICE may call.")
@click.option("--query-time-ms", type=click.IntRange(20), help="How long a query may run.")
@click.option("--query-memory-mb", type=click.IntRange(50), help="What memory a query may take.")
@click.option("--result-mb", type=click.IntRange(1), help="How large a result may be.")
@click.option("--stream-mb", type=click.IntRange(1), help="Results kept for who reads them slowly.")
@click.option("--client-queries", type=click.IntRange(1), help="Queries at a time of one address.")
@click.option("--cache-mb", type=click.IntRange(0), help="Answers each process keeps; 0 for none.")
@click.option("--log/--no-log", default=True, help="One line of JSON for each query on stderr.")
@click.option(
    "--article", type=FILE, multiple=True, help="A text of yours to show in place at /article."
)
@click.option("--review", is_flag=True, help="Let PROJECT's proposed links be decided at /review.")
def serve(
    files: tuple[Path, ...],
    project: Path,
    release: Path | None,
    host: str,
    port: int,
    public_url: str | None,
    review: bool,
    **limits: object,
) -> None:
    """Serve a project, a release, or any RDF FILES: pages, SPARQL, dumps.

    A project is built first, if its sources have changed. FILES may be Turtle, TriG, N-Triples,
    N-Quads, RDF/XML or JSON-LD, each also compressed with gzip. SIGTERM lets requests in hand be
    answered first; SIGHUP takes up a new release. Whoever reaches the service can read a text
    given with --article.
    """
    if files and release:
        raise click.UsageError("name files or --release, not both")
    if files and review:
        raise click.UsageError("--review is for a project's links; files have none")
    with _made(files, project, release, public_url or f"http://{host}:{port}/") as made:
        # Only this command needs the server, and the server builds on kg: never the other way.
        settings = importlib.import_module("server.settings").Settings(
            release_dir=made,
            host=host,
            port=port,
            public_url=public_url,
            review=project if review else None,
            **_to_settings(limits),
        )
        importlib.import_module("server.serve").run(settings)


_SHORT_MS = 500
_SETTINGS = {
    "trust_proxy": ("trusted_proxies", 1),
    "query_time_ms": ("query_time_slow_ms", 1),
    "query_memory_mb": ("query_memory_bytes", 1_000_000),
    "result_mb": ("result_bytes", 1_000_000),
    "stream_mb": ("stream_bytes", 1_000_000),
    "cache_mb": ("cache_bytes", 1_000_000),
    "log": ("log_queries", 1),
    "article": ("articles", 1),
}


def _to_settings(options: Mapping[str, object]) -> dict[str, object]:
    """Name the options as the settings do; those not given keep the settings' own defaults.

    The fast lane has no option of its own: it takes at most half of a query's time.
    """
    given: dict[str, object] = {}
    for option, value in options.items():
        if value is not None:
            name, factor = _SETTINGS.get(option, (option, 1))
            given[name] = value * factor if isinstance(value, int) and factor > 1 else value
    limit = given.get("query_time_slow_ms")
    if isinstance(limit, int) and limit < _SHORT_MS:
        given["query_time_fast_ms"] = limit // 2
    return given


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@_project
@_release
@click.option("--endpoint", help="Ask the SPARQL endpoint at this URL in place of a release.")
@click.option(
    "--format", "format_name", type=click.Choice(_ANSWERS), default="table", show_default=True
)
def query(
    file: TextIO, project: Path, release: Path | None, endpoint: str | None, format_name: str
) -> None:
    """Answer the SPARQL query in FILE, or from standard input.

    A table is for reading; what a CONSTRUCT or DESCRIBE finds is then written as Turtle.
    """
    # The engine cannot be interrupted, so Ctrl-C has to end the process itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    text = _read(file)
    graph = check_query(text) in ("CONSTRUCT", "DESCRIBE")
    name = "ttl" if graph and format_name == "table" else format_name
    if name in _DUMPS and not graph:
        raise click.UsageError(f"--format {name} is for CONSTRUCT and DESCRIBE")
    if name not in _DUMPS and graph:
        raise click.UsageError(f"--format {name} is for SELECT and ASK")
    store, prefixes = _open_store(release or project / "release", endpoint)
    result = store.query(text)
    if name == "table":
        for line in to_table(result, prefixes):
            click.echo(line)
    else:
        _write_answer(result, name, prefixes)


@main.command()
@click.argument("format_name", metavar="FORMAT", callback=lambda *given: _to_dump(given[-1]))
@_project
@_release
@click.option("--out", type=FILE, help="The file to write; default: standard output.")
def export(format_name: str, project: Path, release: Path | None, out: Path | None) -> None:
    """Write one dump of a release: ttl, trig, nq, nt, rdf or jsonld."""
    opened = open_release(release or project / "release")
    dump = opened.path / "dumps" / f"{opened.manifest.name}.{format_name}"
    if not dump.is_file():
        message = f"this release has no {format_name} dump, its names cannot be written in it"
        raise ReleaseError(message, str(opened.path))
    with dump.open("rb") as source:
        if out is None:
            shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            _write_file(source, out)


@main.command()
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER)
def diff(old: Path, new: Path) -> None:
    """Show the quads that changed between two releases; exit code 1 if any did."""
    changes = compare(open_release(old), open_release(new))
    for sign, lines in (("-", changes.removed), ("+", changes.added)):
        for line in lines:
            click.echo(f"{sign} {line}", nl=False)
    click.echo(f"{len(changes.removed)} removed, {len(changes.added)} added", err=True)
    if changes:
        sys.exit(1)


def _build(project: Path, out: Path) -> Release:
    """Build, with a progress bar where there is a terminal to show it on."""
    started = time.monotonic()
    with without_collector():
        from kg.build import STEPS, build

        with _progress(STEPS) as tell:
            release = build(project, out, tell)
    made, counts = release.manifest, release.manifest.counts
    click.echo(
        f"{made.name} {made.version[:12]}: triples asserted {counts['triples']}, "
        f"claims {counts['named_graphs']}, triples in claims {counts['named_graph_triples']}, "
        f"in {time.monotonic() - started:.1f} s -> {release.path}",
        err=True,
    )
    return release


@contextmanager
def _progress(steps: Sequence[str]) -> Iterator[Callable[[str], None]]:
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    with click.progressbar(
        length=len(steps), file=sys.stderr, show_eta=False, item_show_func=lambda step: step
    ) as bar:
        yield lambda step: bar.update(1, step)


@contextmanager
def _made(
    files: tuple[Path, ...], project: Path, release: Path | None, base: str
) -> Iterator[Path]:
    """Find or make the release to serve; one made from files is gone afterwards."""
    if files:
        from kg.publish import publish

        with tempfile.TemporaryDirectory(prefix="kg-") as folder:
            yield publish(files, Path(folder) / "release", base.rstrip("/") + "/").path
    elif release is not None:
        yield open_release(release).path
    else:
        out = project / "release"
        if not is_release(out) or not is_current(open_release(out), project):
            _build(project, out)
        yield out


def _open_store(release: Path, endpoint: str | None) -> tuple[Store, Mapping[str, str]]:
    if endpoint:
        return EndpointStore(endpoint), {}
    opened = open_release(release)
    return opened.open_store(), opened.manifest.prefixes


def _read(file: TextIO) -> str:
    try:
        return file.read()
    except UnicodeDecodeError:
        raise QueryError("the query is not UTF-8; save it as UTF-8") from None


def _to_dump(name: str) -> str:
    """Resolve the name of a dump's format, refusing others as misuse."""
    format = to_format(name)
    if format is None or format.name not in _DUMPS:
        raise click.BadParameter(f"{name!r} is no dump's format; take one of {', '.join(_DUMPS)}")
    return format.name


def _write_file(source: BinaryIO, out: Path) -> None:
    """Write a file whole, or leave what was there; a link keeps pointing to it.

    What is no regular file (a pipe, a device) is written into, never replaced.
    """
    part = None
    try:
        if _is_stream(out):
            with out.open("wb") as stream:
                shutil.copyfileobj(source, stream)
            return
        place = Path(os.path.realpath(out))
        part = place.with_name(f".{place.name}.part")
        with part.open("wb") as target:
            shutil.copyfileobj(source, target)
        part.replace(place)
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        raise ReleaseError(f"the file cannot be written: {error.strerror}", str(out)) from None


def _is_stream(out: Path) -> bool:
    """Tell a pipe or a character device from a file; raises OSError for a link in a circle."""
    try:
        mode = out.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISREG(mode):
        return False
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return True
    message = "this is no file that could be written; name another with --out"
    raise ReleaseError(message, str(out))


def _write_answer(result: QueryResult, name: str, prefixes: Mapping[str, str]) -> None:
    """Write an answer to standard output; in XML only when XML can spell all of it."""
    if name == "rdf":
        sys.stdout.buffer.write(to_bytes(result.triples, name, prefixes))
    elif name == "xml":
        written = io.BytesIO()
        result.write(written, name, prefixes)
        if not is_xml_text(written.getvalue().decode()):
            message = "the answer holds control characters, which XML cannot spell; take json"
            raise QueryError(message)
        sys.stdout.buffer.write(written.getvalue())
    else:
        result.write(sys.stdout.buffer, name, prefixes)
    sys.stdout.buffer.flush()


def _abandon_output() -> None:
    """Turn standard output away, or the interpreter would fail at it once more as it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
