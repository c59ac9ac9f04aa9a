"""`rowsmith plan`: what a spec would make."""

from __future__ import annotations

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith plan shop.yaml --rows customers=1e6")(shared.guarded(plan))


def plan(
    spec: shared.SpecFile,
    rows: shared.TableRows = None,
    seed: shared.OtherSeed = None,
    set_: shared.SpecValues = None,
) -> None:
    """Show the tables in order, how they are cut, their rows and about how large they are; write nothing."""
    from rich.console import Console
    from rich.table import Table

    from rowsmith.engine.make import read_spec
    from rowsmith.engine.planning import plan_spec

    checked = read_spec(spec, shared.spec_values(set_ or []))
    found = plan_spec(checked, rows=shared.table_rows(rows or []), seed=seed)
    shown = Table("table", "cut by", "chunks", "rows", "in memory", "columns", box=None, pad_edge=False)
    for table in checked.tables.values():
        root = checked.root(table.name).name
        size = found.size(table.name)
        shown.add_row(
            table.name,
            "rows" if root == table.name else f"rows of {root}",
            f"{len(found.chunks(root)):,}",
            f"{size:,}",
            shared.bytes_text(size * found.row_bytes[table.name]),
            f"{len(table.columns)}",
        )
    Console().print(shown)
