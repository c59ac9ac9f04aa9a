"""`rowsmith inspect`: what rowsmith understands of a table, or of several."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked
from rowsmith.cli import _ordered as ordered


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith inspect people.csv -o people.schema.yaml   (edit it, hand it back with --schema)"
    app.command(epilog=example)(shared.guarded(inspect))


def inspect(
    sources: shared.Sources,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The schema to write; printed if left out.")
    ] = None,
    key: shared.KeyColumns = None,
    entity: ordered.EntityColumns = None,
    time: ordered.TimeColumn = None,
    basket: ordered.BasketColumn = None,
    item: ordered.ItemColumn = None,
    read: shared.Reading = None,
) -> None:
    """Show what a table is taken for: kinds, types, keys, what is made anew and why; of several, what points where.

    Nothing is learnt. Of a model that `rowsmith fit` wrote, show what it knows: a law of each column and, of a copula, the
    correlations, of a network, the losses of its training.
    """
    from rowsmith.core.provenance import Provenance
    from rowsmith.engine.description import describe, saved
    from rowsmith.engine.front import inspect as inspect_data

    model = saved(sources[0]) if len(sources) == 1 else None
    if model is not None:
        _write(describe(model), output)
        return

    tables = linked.tables_of(sources, read)
    data = shared.read(sources[0], read) if tables is None else tables
    given: dict[str, Any] = tables if tables is not None else {shared.table_name(sources[0]): data}
    for name, table in given.items():
        mark = Provenance.of(table.schema)
        if mark is not None:
            shared.say(f"note: the rows of {name} are synthetic: {mark.method}, made by {mark.made_by}.", quiet=False)
    schema = inspect_data(
        data,
        name=shared.table_name(sources[0]),
        primary_key=key or (),
        entity=entity or (),
        time=time,
        basket=basket,
        item=item,
    )
    _write(schema.to_yaml(), output)


def _write(text: str, output: str | None) -> None:
    from rowsmith.core.files import atomic

    if output is None:
        typer.echo(text, nl=False)
        return
    with atomic(output) as part:
        part.write_text(text, encoding="utf-8")
