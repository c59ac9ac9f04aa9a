"""What the commands share: how faults end, how progress shows, the options that several have."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rowsmith.cli._apart import apart
from rowsmith.core.errors import InternalError, RowsmithError, SpecError, suggest
from rowsmith.core.protocols import FORMATS, LEARNERS, Progress, silent
from rowsmith.core.settings import Setting, settings_of

if TYPE_CHECKING:
    import pyarrow as pa

    from rowsmith.core.schema import Schema
    from rowsmith.engine.judge import Comparison, Report
    from rowsmith.evaluate._report import Form

INTERRUPTED = 130  # what a shell expects after Ctrl-C


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """A command that ends in one sentence and an exit code, never in a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            apart(options)
            command(*args, **options)
        except typer.Exit:  # a command that ends with a code of its own
            raise
        except RowsmithError as fault:
            raise _end(str(fault), fault.exit_code) from None
        except KeyboardInterrupt:
            raise _end("interrupted; nothing was left half-written.", INTERRUPTED) from None
        except MemoryError:
            raise _end("the machine has not enough memory for this; try fewer rows or --workers 1.", 1) from None
        except BrokenPipeError:  # the reader of a pipe has had enough, as in `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as fault:
            if os.environ.get("ROWSMITH_TRACEBACK"):
                raise
            name = type(fault).__name__
            said = f"a fault in rowsmith itself ({name}: {fault}). Please report it; with ROWSMITH_TRACEBACK=1 in the environment, "
            raise _end(f"{said}the command shows where.", InternalError.exit_code) from None

    return run


def _end(message: str, code: int) -> typer.Exit:
    typer.echo(f"rowsmith: {message}", err=True)
    return typer.Exit(code)


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress]:
    """A progress callback that draws bars on a terminal, and nothing anywhere else."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show


def say(message: str, quiet: bool) -> None:
    """A line for the person at the terminal; on standard error, so that pipes stay clean."""
    if not quiet:
        typer.echo(message, err=True)


def whole_number(text: str) -> int:
    """A whole number as people write it: 1000, 1_000, 1e6.

    Raises:
        SpecError: it is none.
    """
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number such as 1000, 1_000 or 1e6") from None
    if not number.is_integer():
        raise typer.BadParameter(f"{text!r} is not a whole number such as 1000, 1_000 or 1e6")
    return int(number)


def parse_settings(learner: str, words: list[str]) -> dict[str, Any]:
    """Settings of a learner from words such as `detail=0.8`.

    Raises:
        SpecError: a word without `=`, or a value that cannot be read.
    """
    from rowsmith.engine._origin import settings_class

    return setting_values("--set", words, learner, settings_of(settings_class(learner)))


def setting_values(option: str, words: list[str], of: str, known: Mapping[str, Setting]) -> dict[str, Any]:
    """Values from words such as `detail=0.8` or `separator=;`: as YAML has them, but text where a setting is one."""
    from rowsmith.spec.document import parse

    out: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals:
            raise SpecError(f"{option} {word}: expected NAME=VALUE; the settings of {of} are {', '.join(known)}.")
        hint = known[name].type if name in known else None
        if value != "null" and (hint is str or str in typing.get_args(hint)):
            out[name] = value.replace("\\t", "\t")  # in a shell, a tab is hard to write
            continue
        try:
            out[name] = parse(value).values
        except SpecError:
            raise SpecError(f"{option} {word}: expected a number, a text, true or false after the =.") from None
    return out


def spec_values(words: list[str]) -> dict[str, Any]:
    """Values to set in a spec, from words such as `parameters.discount_rate=0.2`.

    Raises:
        SpecError: a word without `=`.
    """
    from rowsmith.spec.document import parse

    out = {}
    for word in words:
        path, equals, value = word.partition("=")
        if not equals:
            raise SpecError(f"--set {word}: expected PATH=VALUE, such as discount_rate=0.2.")
        out[path.strip()] = parse(value, f"--set {path}").values
    return out


def table_rows(words: list[str]) -> dict[str, int]:
    """Rows of tables, from words such as `customers=1e6`.

    Raises:
        SpecError: a word that is not of that form.
    """
    out = {}
    for word in words:
        table, equals, n = word.partition("=")
        try:
            out[table.strip()] = whole_number(n)
        except typer.BadParameter:
            equals = ""
        if not equals:
            raise SpecError(f"--rows {word}: expected TABLE=NUMBER, such as customers=1e6.")
    return out


def bytes_text(n: float) -> str:
    """A size as people read it.

    >>> bytes_text(3_400_000)
    '3.4 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:.3g} TB"


def read(source: str, words: list[str] | None = None) -> pa.Table:
    """The table in a file or database, read with settings such as `separator=;`."""
    return read_all([source], words)[0]


def read_tables(sources: Sequence[str], words: list[str] | None = None) -> dict[str, pa.Table]:
    """Tables in files, folders or databases, by name; settings as in `read_all`."""
    from rowsmith.io._tables import read_tables as read_every

    return read_every(sources, format_settings(sources, words or []))


def read_all(sources: Sequence[str], words: list[str] | None = None) -> list[pa.Table]:
    """Tables in files or databases.

    Args:
        sources: where they are.
        words: settings such as `separator=;`, each for all sources whose format has it.

    Raises:
        SpecError: no format has a setting.
    """
    from rowsmith.io._open import read_table

    each = format_settings(sources, words or [])
    return [read_table(source, settings=each[source]) for source in sources]


def read_some(
    source: str, words: list[str] | None, most: int, seed: int, whole: bool = False, learner: str = "trees"
) -> tuple[pa.Table, int]:
    """A random part of the rows of a table, in their order, and how many it has.

    Args:
        source: where it is.
        words: settings such as `separator=;`.
        most: rows to read.
        seed: which rows.
        whole: all rows, whatever is said: they hang on each other.
        learner: by which they will be learnt.

    Raises:
        SpecError: the format has no such setting, or the number is out of range.
    """
    from rowsmith.core.rng import Key
    from rowsmith.engine._paid import pays
    from rowsmith.io._open import read_some

    if most < 1:
        raise SpecError(f"--learn-rows {most}: expected a number from 1.")
    if pays(learner) and most != LEARN_ROWS:
        raise SpecError(f"--learn-rows {most}: learner {learner} learns all rows, of which each counts by itself.")
    if whole or pays(learner):
        table = read(source, words)
        return table, table.num_rows
    rng = Key(seed).child("rows to learn").generator()
    return read_some(source, most, rng, settings=format_settings([source], words or [])[source])


def of_rows(learnt: int, total: int) -> str:
    """How many rows were learnt, for a message."""
    of = "" if learnt == total else f" of {total:,}"
    return f"{learnt:,}{of} row{'' if total == 1 else 's'}"


def format_settings(sources: Sequence[str], words: list[str]) -> dict[str, dict[str, Any]]:
    """Settings of the formats of sources, by source. A folder has those of the files in it, which are all of one format.

    Raises:
        SpecError: no format has a setting.
    """
    from rowsmith.io._tables import format_in

    formats = {source: type(format_in(source)) for source in sources} if words else {}
    known = {name: setting for kind in formats.values() for name, setting in settings_of(kind).items()}
    nouns = " and ".join(dict.fromkeys(FORMATS.name_of(kind) for kind in formats.values()))
    values = setting_values("--read", words, nouns, known)
    for name in values:
        if name not in known:
            raise SpecError(f"--read {name}: no such setting of {nouns}{suggest(name, known)}")
    own = {source: settings_of(kind) for source, kind in formats.items()}
    return {source: {n: v for n, v in values.items() if n in own.get(source, {})} for source in sources}


def table_name(source: str) -> str:
    """What a table is called after its source."""
    from rowsmith.io._tables import table_name as name_of

    return name_of(source)


def distinct_names(sources: Sequence[str]) -> list[str]:
    """What several tables are called: by file, or by the whole source where two files have one name."""
    names = [table_name(source) for source in sources]
    long = names if len(set(names)) == len(names) else list(sources)
    return [name if long.count(name) == 1 else f"{name} ({i + 1})" for i, name in enumerate(long)]


def read_schema(path: str | None) -> Schema | None:
    """The schema in a file, if one is named."""
    from rowsmith.core.schema import Schema

    return Schema.read(path) if path is not None else None


def show_report(
    report: Report | Comparison, html: str | None, json: str | None, quiet: bool, md: str | None = None
) -> None:
    """Print the verdict, and write the report where it was asked for."""
    forms: dict[str | None, Form] = {html: "html", json: "json", md: "markdown"}
    for path, form in forms.items():
        if path is not None:
            report.save(path, format=form)
            say(f"report -> {path}", quiet)
    if not quiet:
        typer.echo(str(report))


def cpus() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CPUS = cpus()

Source = Annotated[str, typer.Argument(help="The table: a file (.csv .parquet .jsonl .arrow .sqlite .xlsx) or a URL.")]
Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="A table: a file (.csv .parquet .jsonl .arrow .sqlite .xlsx) or a URL. Several, a folder of files, or a database "
        "with several tables are learnt together.",
        show_default=False,
    ),
]
Reading = Annotated[
    list[str] | None,
    typer.Option(
        "--read",
        metavar="NAME=VALUE",
        help="A setting of the format that is read, such as separator=';' of a CSV; may be repeated.",
    ),
]
Out = Annotated[str, typer.Option("--output", "-o", help="Where to write; the ending says the format.")]
Seed = Annotated[int, typer.Option(help="The same input and seed give the same output, bit for bit.")]
Workers = Annotated[int, typer.Option(help="Processors to use; the output does not depend on it.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
LearnerName = Annotated[
    str, typer.Option(help="How to learn: " + ", ".join(LEARNERS.names()) + "; auto tries them out.")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the learner; may be repeated.")
]
SpecFile = Annotated[str, typer.Argument(help="A spec: YAML or JSON. `rowsmith example` has some to start from.")]
TableRows = Annotated[
    list[str] | None, typer.Option("--rows", "-n", metavar="TABLE=N", help="Rows of a table; may be repeated.")
]
SpecValues = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Another value in the spec, or of a parameter; may be repeated."),
]
OtherSeed = Annotated[int | None, typer.Option(help="Another seed than the spec's.", show_default=False)]
SchemaFile = Annotated[
    str | None, typer.Option("--schema", metavar="FILE", help="A schema, such as `rowsmith inspect` writes.")
]
KeyColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--key", metavar="COLUMN", help="Column of the primary key (of several tables TABLE.COLUMN); may be repeated."
    ),
]
PublicColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--public",
        metavar="COLUMN",
        help="Column whose values may be known to all: rare ones are kept; may be repeated, * for all.",
    ),
]
LEARN_ROWS = 1_000_000
LearnRows = Annotated[
    int,
    typer.Option(
        "--learn-rows", metavar="N", help="Rows to learn from at most; of a table with more, a random part is read."
    ),
]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="Format to write, if the ending does not say it.")
]
Target = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column to predict: judge how useful the twin is to learn from.")
]
ReportFile = Annotated[str | None, typer.Option("--report", metavar="FILE", help="Write the report, an HTML page.")]
JsonFile = Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON.")]
MarkdownFile = Annotated[
    str | None, typer.Option("--markdown", metavar="FILE", help="Write the report as Markdown, for a pull request.")
]


def write_json(path: str | None, value: Any) -> None:
    """Write a JSON file, whole, if one was asked for."""
    if path is None:
        return
    import json

    from rowsmith.core.files import atomic

    with atomic(path) as part:
        part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
