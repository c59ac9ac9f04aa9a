"""`rowsmith make`: make the tables of a spec."""

from __future__ import annotations

from typing import Annotated, Any

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
            help="A folder, or its URL such as s3://bucket/shop, for a file a table (a run that was stopped goes on where it "
            "was); an SQLite file (one that is there is replaced) or the URL of a database "
            "(a table that is there is an error), for all tables with keys and checks; or a file, for a single table.",
        ),
    ],
    rows: shared.TableRows = None,
    seed: shared.OtherSeed = None,
    set_: shared.SpecValues = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="Format of files in a folder.")] = "parquet",
    workers: shared.Workers = shared.CPUS,
    executor: Annotated[
        str,
        typer.Option(
            "--executor", metavar="NAME", help="processes of this machine, or ray (pip install 'rowsmith[ray]')."
        ),
    ] = "processes",
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="HOST:PORT", help="Of a Ray cluster; without it, Ray starts here."),
    ] = None,
    bundle: Annotated[
        str,
        typer.Option(
            "--bundle",
            metavar="WHO",
            help="Where the spec plants facts: instructor, with the answer key, or student, without anything that gives it away.",
        ),
    ] = "instructor",
    variants: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="As many folders 01, 02 … inside, each with the next seed and its own numbers."
        ),
    ] = None,
    quiet: shared.Quiet = False,
) -> None:
    """Make every table of a spec: rules hold in every row, keys are unique, and the same seed makes the same bytes."""
    from rowsmith.engine.make import make as make_tables
    from rowsmith.engine.make import make_variants, read_spec

    checked = read_spec(spec, shared.spec_values(set_ or []))
    options: dict[str, Any] = {
        "rows": shared.table_rows(rows or []),
        "seed": seed,
        "format": format,
        "workers": workers,
        "executor": executor,
        "address": address,
        "bundle": bundle,
    }
    with shared.progress_bar(quiet) as progress:
        if variants is None:
            made = [make_tables(checked, output, progress=progress, **options)]
        else:
            made = list(make_variants(checked, output, variants, progress=progress, **options))
    for each in made:
        if each.resumed:
            shared.say(f"went on from a run that was stopped: {each.resumed} parts were there", quiet)
        for name, n in each.rows.items():
            shared.say(f"{name}: {n:,} rows -> {each.files[name]}{each.note(name)}", quiet)
        if each.documents:
            shared.say(
                "what is planted is told in files of a folder: the same command with -o FOLDER/ writes them", quiet
            )
