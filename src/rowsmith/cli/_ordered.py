"""Options of the commands that take sequences or baskets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rowsmith.cli._app import whole_number
from rowsmith.core.errors import SpecError

if TYPE_CHECKING:
    from rowsmith.core.schema import Schema


def in_order(time: str | None, basket: str | None, schema: Schema | None) -> bool:
    """Whether rows are sequences or items of baskets, of which none may be left out."""
    return time is not None or basket is not None or (schema is not None and schema.has_groups)


EntityColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--entity", metavar="COLUMN", help="Column that says whose events or baskets rows are; may be repeated."
    ),
]
TimeColumn = Annotated[
    str | None, typer.Option("--time", metavar="COLUMN", help="Column of the time: rows are sequences.")
]
Entities = Annotated[
    int | None,
    typer.Option(
        "--entities",
        parser=whole_number,
        metavar="N",
        help="Sequences, or customers with all baskets, to draw; as many as were learnt.",
    ),
]
BasketColumn = Annotated[
    str | None,
    typer.Option("--basket", metavar="COLUMN", help="Column of the basket: rows are items of baskets."),
]
ItemColumn = Annotated[str | None, typer.Option("--item", metavar="COLUMN", help="Column of the item of a basket.")]
Baskets = Annotated[
    int | None,
    typer.Option("--baskets", parser=whole_number, metavar="N", help="Baskets to draw; as many as were learnt."),
]
Shift = Annotated[
    list[str] | None,
    typer.Option(
        "--shift",
        metavar="COLUMN=NUMBER",
        help="A scenario of sequences: how much higher a mean shall be; may be repeated.",
    ),
]


def shifts(words: list[str] | None) -> dict[str, float] | None:
    """How much higher means shall be, by column.

    Raises:
        SpecError: what is asked for is no number.
    """
    out: dict[str, float] = {}
    for word in words or ():
        name, _, number = word.rpartition("=")
        if name in out:
            raise SpecError(f"--shift {word}: {name} is there already; say it once.")
        try:
            out[name] = float(number)
        except ValueError:
            name = ""
        if not name:
            raise SpecError(f"--shift {word}: expected COLUMN=NUMBER, such as temperature=2.")
    return out or None
