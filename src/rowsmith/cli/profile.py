"""`rowsmith profile`: which rows are easy, ambiguous or hard, and which labels are likely wrong."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _profiled as profiled
from rowsmith.core.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith profile people.csv --target income -o profile.csv --report profile.html"
    app.command(epilog=example)(shared.guarded(profile))


def profile(
    source: shared.Source,
    target: Annotated[str, typer.Option(metavar="COLUMN", help="The column whose classes a model tells apart.")],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Write the rows, with what was found of each; the ending says the format."),
    ] = None,
    drop: profiled.Drop = None,
    method: profiled.Method = "data-iq",
    bins: profiled.Bins = None,
    report: shared.ReportFile = None,
    json: shared.JsonFile = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Tell easy, ambiguous and hard rows of a table apart, and find labels that are likely wrong."""
    from rowsmith.core.files import check_target
    from rowsmith.core.standins import plain
    from rowsmith.engine.profile import check_choices
    from rowsmith.engine.profile import profile as profile_rows
    from rowsmith.engine.run import write_table
    from rowsmith.io._open import open_sink

    check_choices(drop or ())
    if drop and output is None:
        raise SpecError("--drop: says which rows are not written; name a file with -o.")
    for path in filter(None, (report, json)):
        check_target(path)
    if output is not None:
        open_sink(output)  # what cannot be written is told before anything is profiled
    with shared.progress_bar(quiet) as progress:
        table = shared.read(source, read)
        options: dict[str, Any] = {"method": method, "bins": bins, "seed": seed, "workers": workers}
        found = profile_rows(table, target=target, **options, progress=progress)
    if output is not None:
        rows, kinds = plain(found.without(*drop) if drop else found.marked())
        write_table(rows, open_sink(output, kinds=kinds), rows.schema)
        shared.say(f"rows -> {output}", quiet)
    if report is not None:
        found.save(report, format="html")
        shared.say(f"report -> {report}", quiet)
    if json is not None:
        found.save(json, format="json")
    if not quiet:
        typer.echo(str(found))
