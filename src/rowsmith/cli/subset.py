"""`rowsmith subset`: a smaller database of real rows that belong together."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith subset shop.sqlite -o small.sqlite --where \"customers.country = 'DE'\" --share 0.1"
    app.command(epilog=example)(shared.guarded(subset))


def subset(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="The database: an SQLite file, a URL, a folder of files, or several files.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="Where to write: a folder, an SQLite file or the URL of a database.")
    ],
    where: Annotated[
        str | None,
        typer.Option(metavar="SQL", help="A condition that chosen rows meet, such as \"customers.country = 'DE'\"."),
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Share of the rows to choose, above 0 and up to 1.", show_default=False)
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option("--rows", "-n", metavar="TABLE=N", help="Rows to choose of a table; may be repeated."),
    ] = None,
    schema: shared.SchemaFile = None,
    key: shared.KeyColumns = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    quiet: shared.Quiet = False,
) -> None:
    """Keep a part of a database: chosen rows, all that hangs on them, and all that these point to. They are REAL rows.

    Rows are chosen from the tables that --where or --rows name; without, a --share of those that hang on no other.
    """
    from rowsmith.engine.subset import subset_to

    known, wanted = shared.read_schema(schema), linked.by_table(linked.wanted_rows(rows), ", or --share")
    with shared.progress_bar(quiet) as progress:
        made = subset_to(
            sources,
            output,
            where=where,
            share=share,
            rows=wanted,
            schema=known,
            primary_key=key or (),
            seed=seed,
            format=format,
            read=shared.format_settings(sources, read or []),
            progress=progress,
        )
    for note in made.notes:
        shared.say(note, quiet)
    shared.say(f"{made}\n-> {output}", quiet)
