"""`rowsmith preview`: a few rows of every table of a spec."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith preview shop.yaml")(shared.guarded(preview))


def preview(
    spec: shared.SpecFile,
    n: Annotated[int, typer.Option("--rows", "-n", min=1, help="Rows of each table.")] = 10,
    seed: shared.OtherSeed = None,
    set_: shared.SpecValues = None,
) -> None:
    """Show the first rows of every table in the terminal; write nothing."""
    from rich.console import Console
    from rich.table import Table

    from rowsmith.engine.make import preview as preview_tables
    from rowsmith.engine.make import read_spec

    checked = read_spec(spec, shared.spec_values(set_ or []))
    console = Console()
    found = preview_tables(checked, n, seed=seed)
    for name, table in found.items():
        shown = Table(*table.column_names, title=name, title_justify="left", box=None, pad_edge=False)
        for row in table.to_pylist():
            shown.add_row(*("" if value is None else str(value) for value in row.values()))
        console.print(shown, *([found.notes[name]] if name in found.notes else []), "", highlight=False)
