"""`rowsmith sample`: draw a table or a database from a saved model."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked
from rowsmith.cli import _ordered as ordered


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith sample people.rowsmith --rows 1_000_000 -o twin.parquet --seed 7"
    app.command(epilog=example)(shared.guarded(sample))


def sample(
    model: Annotated[str, typer.Argument(help="A model that `rowsmith fit` wrote.")],
    output: shared.Out,
    rows: linked.Rows = None,
    scale: linked.Scale = None,
    given: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE", help="A file of some of the columns: drawn rows have these values, in this order."
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SQL",
            help="A condition that all rows meet: \"sex = 'F' and age between 30 and 40\".",
        ),
    ] = None,
    balance: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="A column whose values shall all come equally often, however rare they are."
        ),
    ] = None,
    entities: ordered.Entities = None,
    baskets: ordered.Baskets = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Rows of each sequence; as the learnt ones have.")
    ] = None,
    known: Annotated[
        str | None,
        typer.Option(
            "--continue", metavar="TABLE", help="A file of sequences: draw the rows that come after, --steps of each."
        ),
    ] = None,
    shift: ordered.Shift = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop", metavar="PART", help="A part not to draw, of a model by `fit --segment`; may be repeated."
        ),
    ] = None,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Draw rows from a saved model, as many as you like: memory does not grow with them."""
    from rowsmith.engine.database import DatabaseModel
    from rowsmith.engine.draw import draw_to
    from rowsmith.engine.load import load

    loaded = load(model)
    if isinstance(loaded, DatabaseModel):
        linked.refuse(
            {
                **{"--given": given, "--balance": balance, "--continue": known, "--shift": shift, "--drop": drop},
                **{"--entities": entities, "--steps": steps, "--baskets": baskets},
            },
            "of a database of several tables",
        )
        linked.draw(loaded, output, linked.wanted_rows(rows), scale, seed, format, quiet, where)
        return
    linked.refuse({"--scale": scale}, "of a single table: say --rows")
    n_wanted = linked.one_number(linked.wanted_rows(rows))
    there, past = (None if source is None else shared.read(source) for source in (given, known))
    with shared.progress_bar(quiet) as progress:
        drawn, *notes = draw_to(
            loaded,
            output,
            rows=n_wanted,
            given=there,
            where=where,
            balance=balance,
            drop=drop or None,
            entities=entities,
            steps=steps,
            known=past,
            shift=ordered.shifts(shift),
            baskets=baskets,
            seed=seed,
            format=format,
            workers=workers,
            progress=progress,
        )
    for line in (f"{drawn} -> {output}", *notes):
        shared.say(line, quiet)
