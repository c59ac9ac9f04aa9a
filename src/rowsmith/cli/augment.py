"""`rowsmith augment`: noise, balance, mixtures, flaws, masks for a table."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.augment._change import CHANGES
from rowsmith.cli import _app as shared
from rowsmith.core.errors import SpecError, suggest

EXAMPLE = "Example:  rowsmith augment train.csv --balance churn --noise relative=0.02 -o more.csv"
LISTED = "Changes: {}. Their settings: docs/reference/changes.md."


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    listed = LISTED.format(" ".join(f"--{name.replace('_', '-')}" for name in CHANGES.names()))
    app.command(
        epilog=f"{listed}\n\n{EXAMPLE}", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
    )(shared.guarded(augment))


def augment(
    context: typer.Context,
    source: shared.Source,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Where to write; the ending says the format.")
    ] = None,
    schema: shared.SchemaFile = None,
    key: shared.KeyColumns = None,
    mark: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Add a column that says which change made a row; empty for real rows."),
    ] = None,
    log: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was done to which row; the ending says the format.")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Train with the changes and without, on the same folds, and print the gain.")
    ] = False,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column to predict, for --prove.")] = None,
    quasi: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Print the risk before and after that a person is found by it; may be repeated."
        ),
    ] = None,
    sensitive: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With --quasi: a column that nobody shall learn from these.")
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="With --quasi: a table of all persons that the rows may be of, for the journalist's risk.",
        ),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --quasi: write the risk before and after, an HTML page (or .json)."),
    ] = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Change a table: after SOURCE, any changes in order, each as --CHANGE [VALUE] [SETTING=VALUE]..., such as --balance churn."""
    from rowsmith.core.files import check_target
    from rowsmith.core.standins import plain
    from rowsmith.engine.augment import augment as change_table
    from rowsmith.engine.augment_file import augment_file, goes_in_pieces
    from rowsmith.engine.risk import risk_change
    from rowsmith.engine.run import write_table
    from rowsmith.io._open import open_sink

    options = [name for option in context.command.params for name in option.opts if name.startswith("--")]
    changes = _changes(source, context.args, options)
    if output is None and not prove:
        raise SpecError("-o: says where the changed table goes; name a file, or ask for --prove --target COLUMN.")
    if prove != (target is not None):
        raise SpecError("--prove and --target COLUMN go together: say which column a model shall predict.")
    if output is None and (log is not None or quasi):
        raise SpecError("--log and --quasi: are of the table that is written; name it with -o.")
    for option, value in (("--sensitive", sensitive), ("--population", population), ("--report", report)):
        if value is not None and not quasi:
            raise SpecError(f"{option} {value}: is looked at together with --quasi COLUMN; name some.")
    for path in filter(None, (output, log)):
        open_sink(path, format if path == output else None)  # what cannot be written is told before anything is changed
    if report is not None:
        check_target(report)
    given = shared.format_settings([source], read or [])[source]
    settings: dict[str, Any] = {
        "schema": shared.read_schema(schema),
        "primary_key": key or (),
        "name": shared.table_name(source),
        "seed": seed,
        "workers": workers,
    }
    if output is not None and not (prove or log or quasi) and goes_in_pieces(source, changes, given):
        with shared.progress_bar(quiet) as progress:
            made = augment_file(
                source, output, *changes, mark=mark, format=format, read=given, progress=progress, **settings
            )
        shared.say(f"{made}\nwrote {made.rows:,} rows -> {output}", quiet)
        return
    table = shared.read(source, read)
    people = None if population is None else shared.read(population)
    if output is not None:
        with shared.progress_bar(quiet) as progress:
            done = change_table(table, *changes, mark=mark, log=log is not None, progress=progress, **settings)
        found = risk_change(table, done, quasi, sensitive=sensitive, population=people) if quasi else None
        rows, kinds = plain(done.frame)
        write_table(rows, open_sink(output, format, kinds=kinds), rows.schema)
        shared.say(f"{done}\nwrote {rows.num_rows:,} rows -> {output}", quiet)
        if found is not None:
            typer.echo(str(found))
            if report is not None:
                found.save(report)
                shared.say(f"report -> {report}", quiet)
        if log is not None and done.log is not None:
            write_table(done.log, open_sink(log), done.log.schema)
            shared.say(f"log of {done.log.num_rows:,} changes -> {log}", quiet)
    if prove and target is not None:
        from rowsmith.engine.prove import prove as prove_gain

        with shared.progress_bar(quiet) as progress:
            typer.echo(str(prove_gain(table, *changes, target=target, progress=progress, **settings)))


def _changes(source: str, words: list[str], options: list[str]) -> list[Any]:
    """The changes, in the order in which they were written.

    Args:
        source: the word before them.
        words: those that are no options of the command.
        options: of the command, for suggestions.

    Raises:
        SpecError: a word that belongs to none, or what is wrong with a change.
    """
    from rowsmith.core.settings import settings_of
    from rowsmith.spec.changes import change_of

    names = [name.replace("_", "-") for name in CHANGES.names()]
    if source.startswith("-"):
        raise SpecError(
            f"{source}: the table comes first, as in rowsmith augment train.csv --balance churn -o more.csv."
        )
    groups: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            option, equals, value = word[2:].partition("=")
            if option not in names:
                raise SpecError(
                    f"--{option}: is no option and no change{suggest(option, [*names, *(o[2:] for o in options)])}"
                )
            groups.append((option, [value] if equals else []))
        elif not groups:
            raise SpecError(f"{word!r}: stands before any change; expected one such as --noise relative=0.02.")
        else:
            groups[-1][1].append(word)
    if not groups:
        raise SpecError(f"expected at least one change: {', '.join(f'--{name}' for name in names)}.")
    out = []
    for option, values in groups:
        kind = CHANGES.load(option.replace("-", "_"))
        known = settings_of(kind)
        alone = [value for value in values if "=" not in value]
        if alone and (not kind.main or len(alone) > 1):
            raise SpecError(f"--{option} {alone[-1]}: expected SETTING=VALUE; the settings are {', '.join(known)}.")
        named = [f"{kind.main}={value}" for value in alone] + [value for value in values if "=" in value]
        out.append(change_of(option, shared.setting_values(f"--{option}", named, option, known), f"--{option}"))
    return out
