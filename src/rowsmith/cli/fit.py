"""`rowsmith fit`: learn a table or a database, save the model."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith fit people.csv -o people.rowsmith --key person_id")(shared.guarded(fit))


def fit(
    sources: shared.Sources,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The model to write.")],
    learner: shared.LearnerName = "trees",
    set_: shared.Settings = None,
    schema: shared.SchemaFile = None,
    key: shared.KeyColumns = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Learn a table, or several that are linked, and save the model: arrays and JSON in one file, no rows, no code."""
    from rowsmith.core.files import check_target
    from rowsmith.engine.database import DatabaseModel
    from rowsmith.engine.front import fit as fit_model

    check_target(output)
    settings = shared.parse_settings(learner, set_ or [])
    known = shared.read_schema(schema)
    name, data = linked.table_or_tables(sources, read, known)
    with shared.progress_bar(quiet) as progress:
        model = fit_model(
            data,
            schema=known,
            primary_key=key or (),
            learner=learner,
            settings=settings,
            seed=seed,
            workers=workers,
            name=name,
            progress=progress,
        )
        model.save(output)
    if isinstance(model, DatabaseModel):
        linked.say_learnt(model, quiet)
        shared.say(f"-> {output}", quiet)
        return
    shared.say(f"learnt {model.n_rows:,} rows x {len(model.arrow_schema)} columns -> {output}", quiet)
