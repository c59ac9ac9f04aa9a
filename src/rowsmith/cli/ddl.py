"""`rowsmith ddl`: the tables of a spec as SQL."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith ddl shop.yaml --dialect sqlite | sqlite3 shop.sqlite")(shared.guarded(ddl))


def ddl(
    spec: shared.SpecFile,
    dialect: Annotated[
        str, typer.Option(metavar="NAME", help="postgresql, sqlite, mysql, mariadb, mssql, oracle, or another.")
    ] = "postgresql",
    set_: shared.SpecValues = None,
) -> None:
    """Print the CREATE statements of the tables that a spec makes: types, keys, and the rules that SQL can check."""
    from rowsmith.engine.ddl import ddl as statements
    from rowsmith.engine.make import read_spec

    typer.echo(statements(read_spec(spec, shared.spec_values(set_ or [])), dialect), nl=False)
