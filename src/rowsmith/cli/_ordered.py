"""Options of the commands that take sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rowsmith.cli._app import whole_number

if TYPE_CHECKING:
    from rowsmith.core.schema import Schema


def in_order(time: str | None, schema: Schema | None) -> bool:
    """Whether rows are sequences, of which none may be left out."""
    return time is not None or (schema is not None and schema.has_sequences)


EntityColumns = Annotated[
    list[str] | None,
    typer.Option("--entity", metavar="COLUMN", help="Column that says whose events rows are; may be repeated."),
]
TimeColumn = Annotated[
    str | None, typer.Option("--time", metavar="COLUMN", help="Column of the time: learn the rows as sequences.")
]
Entities = Annotated[
    int | None,
    typer.Option("--entities", parser=whole_number, metavar="N", help="Sequences to draw; as many as were learnt."),
]
