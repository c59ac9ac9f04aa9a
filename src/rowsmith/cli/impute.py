"""`rowsmith impute`: fill in what a table lacks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _ordered as ordered
from rowsmith.core.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith impute holes.csv -o filled.csv --seed 7")(shared.guarded(impute))


def impute(
    source: shared.Source,
    output: shared.Out,
    model: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A model of such a table, as `rowsmith fit` wrote it; else one is fitted."),
    ] = None,
    schema: shared.SchemaFile = None,
    key: shared.KeyColumns = None,
    entity: ordered.EntityColumns = None,
    time: ordered.TimeColumn = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Fill in missing values: each is drawn from its law given all that is known of its row, and of sequences of those around it.

    What is there stays.
    """
    from rowsmith.core.standins import plain
    from rowsmith.engine.impute import impute as fill
    from rowsmith.engine.load import load
    from rowsmith.engine.model import Model
    from rowsmith.engine.run import write_table
    from rowsmith.engine.sequence import SequenceModel
    from rowsmith.io._open import open_sink

    if model is not None and (schema is not None or key or entity or time):
        raise SpecError(
            "--model: a model has a schema, a key and a time of its own; leave --schema, --key, --entity and --time out."
        )
    open_sink(output, format)  # what cannot be written is told before anything is learnt
    table = shared.read(source, read)
    options: dict[str, Any] = {}
    if model is None:
        options = {"schema": shared.read_schema(schema), "primary_key": key or (), "name": shared.table_name(source)}
        options |= {"entity": entity or (), "time": time}
    known = None if model is None else load(model)
    if not isinstance(known, Model | SequenceModel | None):
        raise SpecError(f"--model {model}: is of a database or of baskets; only tables and sequences are filled in.")
    with shared.progress_bar(quiet) as progress:
        done = fill(table, known, seed=seed, workers=workers, progress=progress, **options)
    rows, kinds = plain(done.frame)
    write_table(rows, open_sink(output, format, kinds=kinds), done.model.arrow_schema)
    filled = ", ".join(f"{name} {n:,}" for name, n in done.filled.items() if n)
    shared.say(f"filled in {sum(done.filled.values()):,} values ({filled or 'none were missing'}) -> {output}", quiet)
    if done.left:
        left = ", ".join(f"{name} {n:,}" for name, n in done.left.items())
        why = (
            "keys, made-up text and empty columns have no law to draw from, and a rule may say that a value is missing"
        )
        shared.say(f"note: left as they are: {left}; {why}.", quiet)
    if done.broken:
        shared.say(f"note: {done.broken:,} rows still break a rule.", quiet)
