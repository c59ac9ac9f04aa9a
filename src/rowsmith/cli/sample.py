"""`rowsmith sample`: draw a table from a saved model."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith sample people.rowsmith --rows 1_000_000 -o twin.parquet --seed 7"
    app.command(epilog=example)(shared.guarded(sample))


def sample(
    model: Annotated[str, typer.Argument(help="A model that `rowsmith fit` wrote.")],
    output: shared.Out,
    rows: shared.Rows = None,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Draw rows from a saved model, as many as you like: memory does not grow with them."""
    from rowsmith.engine.model import load

    loaded = load(model)
    with shared.progress_bar(quiet) as progress:
        loaded.sample_to(output, rows, seed=seed, format=format, workers=workers, progress=progress)
    shared.say(f"drew {loaded.n_rows if rows is None else rows:,} rows -> {output}", quiet)
    if loaded.key_note:
        shared.say(loaded.key_note, quiet)
