"""`rowsmith make`: make the tables of a spec."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith make shop.yaml -o shop/ --rows customers=1e6 --set discount_rate=0.2"
    app.command(epilog=example)(shared.guarded(make))


def make(
    spec: shared.SpecFile,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="A folder for a file a table; an SQLite file (one that is there is replaced) or the URL of a database "
            "(a table that is there is an error), for all tables with keys and checks; or a file, for a single table.",
        ),
    ],
    rows: shared.TableRows = None,
    seed: shared.OtherSeed = None,
    set_: shared.SpecValues = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="Format of files in a folder.")] = "parquet",
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Make every table of a spec: rules hold in every row, keys are unique, and the same seed makes the same bytes."""
    from rowsmith.engine.make import make as make_tables
    from rowsmith.engine.make import read_spec

    checked = read_spec(spec, shared.spec_values(set_ or []))
    with shared.progress_bar(quiet) as progress:
        made = make_tables(
            checked,
            output,
            rows=shared.table_rows(rows or []),
            seed=seed,
            format=format,
            workers=workers,
            progress=progress,
        )
    for name, n in made.rows.items():
        shared.say(f"{name}: {n:,} rows -> {made.files[name]}{made.note(name)}", quiet)
