"""`rowsmith verify`: find what was planted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith verify lesson/")(shared.guarded(verify))


def verify(
    folder: Annotated[str, typer.Argument(help="Folder with the tables, and truth.json.")],
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="The answer key, if it is not truth.json in the folder.")
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option("--answers", metavar="FILE", help="A person's answers, as JSON: marks for them instead."),
    ] = None,
    json: shared.JsonFile = None,
    quiet: shared.Quiet = False,
) -> None:
    """Look for every planted fact in the tables: planted, found, interval, verdict; exit code 1 if one is not found."""
    from rowsmith.core.files import check_target
    from rowsmith.engine.verify import mark, shown
    from rowsmith.engine.verify import verify as look

    if json is not None:
        check_target(json)
    if answers is not None:
        marks = mark(folder, answers, key)
        cells = [(m.fact, _text(m.answer), _text(m.truth), f"{m.points:g}", m.reason) for m in marks]
        _show(("fact", "answer", "truth", "points", "reason"), [m.planted for m in marks], cells, quiet)
        total, most = sum(m.points for m in marks), sum(m.truth is not None for m in marks)
        shared.say(f"{total:g} of {most} points ({total / max(most, 1):.0%})", quiet)
        shared.write_json(json, [vars(m) for m in marks])
        return
    with shared.progress_bar(quiet) as progress:
        result = look(folder, key, progress=progress)
    rows = [shown(each) for each in result.checked]
    cells = [(r["fact"], _text(r["truth"]), _text(r["found"]), _span(r["interval"]), r["verdict"]) for r in rows]
    _show(("fact", "truth", "found", "95 % interval", "verdict"), [r["planted"] for r in rows], cells, quiet)
    for each in result.unplanned:
        a, b = each.columns
        shared.say(f"not planted: {each.table}: {a} and {b} ({each.measure} {each.size:.2f})", quiet)
    if not result.unplanned:
        shared.say("nothing else was found that the key does not name", quiet)
    unplanned = [{**vars(each), "columns": list(each.columns)} for each in result.unplanned]
    shared.write_json(json, {"facts": rows, "unplanned": unplanned})
    if not result.found:
        raise typer.Exit(1)


def _show(columns: Sequence[str], names: Sequence[str], cells: Sequence[Sequence[str]], quiet: bool) -> None:
    """Print rows under the names of what they belong to."""
    if quiet:
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    before = None
    for name, row in zip(["", *names], [columns, *cells], strict=True):
        if name not in ("", before):
            typer.echo(name)
        before = name
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(f"  {line}".rstrip())


def _text(value: Any) -> str:
    """A value for a narrow column."""
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)


def _span(interval: Sequence[Any] | None) -> str:
    return "–" if interval is None else " to ".join(map(_text, interval))
