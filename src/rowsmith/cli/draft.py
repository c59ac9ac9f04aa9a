"""`rowsmith draft`: a readable spec fitted to a table."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith draft sales.csv -o sales.yaml   (edit it; then: rowsmith make sales.yaml -o sales/)"
    app.command(epilog=example)(shared.guarded(draft))


def draft(
    source: shared.Source,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The spec to write; printed if left out.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the table in the spec; by default the file's.")
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option("--rows", "-n", parser=shared.whole_number, metavar="N", help="Rows to make; as many as it has."),
    ] = None,
    key: shared.KeyColumns = None,
    rare: Annotated[
        int, typer.Option(metavar="N", help="Rows that must share a value for it to stand in the spec.")
    ] = 5,
    read: shared.Reading = None,
    seed: Annotated[int, typer.Option(help="Of the sample of rows that a large table is measured on.")] = 0,
    quiet: shared.Quiet = False,
) -> None:
    """Draft a spec from a table: a law of each column, correlations, formulas, missing values; no row of the data.

    A model that `rowsmith fit` wrote does too: rows are drawn from it, and measured.
    """
    from rowsmith.core.files import atomic, check_target
    from rowsmith.engine.description import saved
    from rowsmith.engine.draft import draft as draft_spec

    if output is not None:
        check_target(output)
    model = saved(source)
    table = shared.read(source, read) if model is None else None
    with shared.progress_bar(quiet) as progress:
        text = draft_spec(
            table if model is None else model,
            name=shared.table_name(source) if name is None else name,
            n=rows,
            primary_key=key or (),
            rare=rare,
            seed=seed,
            progress=progress,
        )
    if output is None:
        typer.echo(text, nl=False)
        return
    with atomic(output) as part:
        part.write_text(text, encoding="utf-8")
    of = f"{table.num_rows:,} rows x {table.num_columns} columns" if table is not None else f"a model of {source}"
    shared.say(f"drafted {of} -> {output}", quiet)
    shared.say(f"next: rowsmith preview {output}", quiet)
