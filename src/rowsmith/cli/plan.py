"""`rowsmith plan`: what a spec would make."""

from __future__ import annotations

from typing import Annotated

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
    diagram: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.svg", help="Draw tables, keys and relations, as a picture to write.", show_default=False
        ),
    ] = None,
) -> None:
    """Show the tables in order, how they are cut, their rows and about how large they are; make none."""
    from rich.console import Console
    from rich.table import Table

    from rowsmith.core.files import atomic
    from rowsmith.engine.make import read_spec
    from rowsmith.engine.planning import plan_spec
    from rowsmith.spec.diagram import check_svg
    from rowsmith.spec.diagram import diagram as drawn

    picture = check_svg(diagram) if diagram is not None else None
    checked = read_spec(spec, shared.spec_values(set_ or []))
    with shared.progress_bar(False) as progress:  # rows of children are counted, chunk by chunk
        found = plan_spec(checked, rows=shared.table_rows(rows or []), seed=seed, progress=progress)
    shown = Table("table", "cut by", "chunks", "rows", "in memory", "columns", box=None, pad_edge=False)
    sizes = {name: found.size(name) for name in checked.tables}
    for table in checked.tables.values():
        root = checked.root(table.name).name
        size = sizes[table.name]
        shown.add_row(
            table.name,
            "rows" if root == table.name else f"rows of {root}",
            f"{len(found.chunks(root)):,}",
            f"{size:,}",
            shared.bytes_text(size * found.row_bytes[table.name]),
            f"{len(table.columns)}",
        )
    Console().print(shown)
    for target in checked.targets:
        typer.echo(f"target {target}")
    if picture is not None:
        with atomic(picture) as part:
            part.write_text(drawn(checked, found.schemas, sizes), encoding="utf-8")
        shared.say(f"diagram -> {picture}", False)
