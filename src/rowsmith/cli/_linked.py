"""What the commands share that take a table or several: sources, numbers of rows, what is said in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.core.errors import SpecError

if TYPE_CHECKING:
    import pyarrow as pa

    from rowsmith.core.schema import Schema
    from rowsmith.engine.database import DatabaseModel


def tables_of(
    sources: Sequence[str], words: list[str] | None = None, schema: Schema | None = None, quiet: bool = False
) -> dict[str, pa.Table] | None:
    """The tables in some sources, if they are learnt together; None for one that stands alone, which is not read then."""
    from rowsmith.engine.front import alone
    from rowsmith.io._tables import holds_one, left_out_note

    points = schema is not None and any(table.foreign_keys for table in schema.tables.values())
    if len(sources) == 1 and not points and holds_one(sources[0]):
        return None
    for note in filter(None, map(left_out_note, sources)):
        shared.say(note, quiet)
    tables = shared.read_tables(sources, words)
    return None if len(sources) == 1 and alone(tables, schema) else tables


def learn(
    tables: Mapping[str, pa.Table], schema: Schema | None, key: list[str] | None, quiet: bool, **options: Any
) -> DatabaseModel:
    """Learn tables together, and say what is to be said of them."""
    from rowsmith.engine.database import fit_tables
    from rowsmith.engine.front import primary_keys

    with shared.progress_bar(quiet) as progress:
        keys = primary_keys(tables, key or ())
        model = fit_tables(tables, schema=schema, primary_keys=keys, progress=progress, **options)
    for note in model.notes:
        shared.say(note, quiet)
    listed = ", ".join(f"{name} {n:,}" for name, n in model.n_rows.items())
    shared.say(f"learnt {len(model.n_rows)} tables (rows: {listed})", quiet)
    return model


def draw(
    model: DatabaseModel,
    output: str,
    rows: int | dict[str, int] | None,
    scale: float | None,
    seed: int,
    format: str | None,
    quiet: bool,
    where: str | None = None,
) -> dict[str, pa.Table]:
    """Draw tables into a place, and say how many rows they have."""
    times = 1.0 if scale is None else scale
    with shared.progress_bar(quiet) as progress:
        tables = model.draw_to(
            output, by_table(rows), scale=times, where=where, seed=seed, format=format, progress=progress
        )
    listed = ", ".join(f"{name} {table.num_rows:,}" for name, table in tables.items())
    shared.say(f"drew {len(tables)} tables (rows: {listed}) -> {output}", quiet)
    return tables


def wanted_rows(words: list[str] | None) -> int | dict[str, int] | None:
    """Rows that are wanted, from words: `1e6` of a table, `customers=1e6` of a table of several.

    Raises:
        SpecError: a word that is of neither form, or numbers of both.
    """
    if not words:
        return None
    if len(words) == 1 and "=" not in words[0]:
        try:
            return shared.whole_number(words[0])
        except typer.BadParameter as fault:
            raise SpecError(f"--rows {fault.message}.") from None
    return shared.table_rows(words)


def one_number(rows: int | dict[str, int] | None) -> int | None:
    """Rows of the only table.

    Raises:
        SpecError: they are said by table.
    """
    if isinstance(rows, dict):
        table, n = next(iter(rows.items()))
        raise SpecError(f"--rows {table}={n}: there is one table; say --rows {n}.")
    return rows


def by_table(rows: int | dict[str, int] | None, instead: str = ", or --scale") -> dict[str, int] | None:
    """Rows of some of several tables.

    Args:
        rows: as `wanted_rows` has them.
        instead: what else can be said.

    Raises:
        SpecError: it is not said of which.
    """
    if isinstance(rows, int):
        raise SpecError(f"--rows {rows}: there are several tables; say --rows TABLE={rows}{instead}.")
    return rows


def refuse(options: Mapping[str, Any], what: str) -> None:
    """Refuse options that do not go with what is at hand.

    Raises:
        SpecError: one of them was given.
    """
    for name, value in options.items():
        if value is not None:
            raise SpecError(f"{name}: cannot be said {what}.")


_OF_SEVERAL = "Of several tables TABLE=N; may be repeated."
Rows = Annotated[
    list[str] | None,
    typer.Option("--rows", "-n", metavar="N", help=f"Rows to draw; as many as were learnt. {_OF_SEVERAL}"),
]
TwinRows = Annotated[
    list[str] | None,
    typer.Option("--rows", "-n", metavar="N", help=f"Rows to draw; as many as the table has. {_OF_SEVERAL}"),
]
Scale = Annotated[
    float | None, typer.Option(help="Of a database: so many times as many rows as were learnt.", show_default=False)
]
