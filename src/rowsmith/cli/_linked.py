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
    from rowsmith.engine.synth_database import DatabaseReport


def table_or_tables(
    sources: Sequence[str], words: list[str] | None = None, schema: Schema | None = None
) -> tuple[str, pa.Table | dict[str, pa.Table]]:
    """What is in some sources, with a name: a table that stands alone, or tables that are learnt together."""
    from rowsmith.engine.front import alone

    tables = shared.read_tables(sources, words)
    found = alone(tables, schema)
    return found if found is not None else (sources[0], tables)


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


def by_table(rows: int | dict[str, int] | None) -> dict[str, int] | None:
    """Rows of some of several tables.

    Raises:
        SpecError: it is not said of which.
    """
    if isinstance(rows, int):
        raise SpecError(f"--rows {rows}: there are several tables; say --rows TABLE={rows}, or --scale.")
    return rows


def refuse(options: Mapping[str, Any], what: str) -> None:
    """Refuse options that do not go with what is at hand.

    Raises:
        SpecError: one of them was given.
    """
    for name, value in options.items():
        if value is not None:
            raise SpecError(f"{name}: cannot be said {what}.")


def say_learnt(model: DatabaseModel, quiet: bool) -> None:
    """What was learnt of a database, and what is to be said of it."""
    for note in model.notes:
        shared.say(note, quiet)
    listed = ", ".join(f"{name} {n:,}" for name, n in model.n_rows.items())
    shared.say(f"learnt {len(model.n_rows)} tables (rows: {listed})", quiet)


def say_drawn(rows: Mapping[str, int], output: str, quiet: bool) -> None:
    """What was drawn of a database."""
    listed = ", ".join(f"{name} {n:,}" for name, n in rows.items())
    shared.say(f"drew {len(rows)} tables (rows: {listed}) -> {output}", quiet)


def show_reports(reports: DatabaseReport, html: str | None, json: str | None, quiet: bool) -> None:
    """Print what is said of every table, and write a report for each where it was asked for."""
    for name, report in reports.tables.items():
        for path in filter(None, (html, json)):
            stem, dot, ending = path.rpartition(".")
            place = f"{stem}.{name}.{ending}" if dot else f"{path}.{name}"
            report.save(place, format="html" if path == html else "json")
            shared.say(f"report of {name} -> {place}", quiet)
    if not quiet:
        typer.echo(str(reports))


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
