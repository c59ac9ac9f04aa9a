"""`rowsmith simulate`: run a world, and write what it emits."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.core.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith simulate traffic --sweep density=0.05:0.6:0.05 --replications 3 -o traffic/ --plot"
    app.command(epilog=example)(shared.guarded(simulate))


def simulate(
    world: Annotated[str | None, typer.Argument(help="Name of the world; all are listed if left out.")] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A folder for a file a table, an SQLite file, or the URL of a database; without it, what the world is and its "
            "parameters are shown.",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the world; may be repeated.")
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW:HIGH:STEP",
            help="A parameter to be run at every value from LOW to HIGH, or at those listed, NAME=A,B,C; may be repeated.",
        ),
    ] = None,
    replications: Annotated[int, typer.Option(metavar="N", help="Runs of each point, all different.")] = 1,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="A table that is wanted; may be repeated. All if left out."),
    ] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Write a page with pictures of the runs into the folder.")
    ] = False,
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="FILE", help="Write a spec of this simulation, to go on from.")
    ] = None,
    seed: shared.Seed = 0,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="Format of files in a folder.")] = "parquet",
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Simulate a world of agents or events, and write what it emits: linked tables with a data dictionary."""
    from rowsmith.core.files import atomic
    from rowsmith.engine.simulate import described, listed, remarks, to_yaml
    from rowsmith.engine.simulate import simulate as run
    from rowsmith.simulate._world import RUNS

    if world is None:
        for name, what in listed().items():
            typer.echo(f"{name:<14} {what}")
        return
    settings, points = shared.spec_values(set_ or []), _points(sweep or [])
    if spec is not None:
        text = to_yaml(world, settings, points, replications, seed)
        with atomic(spec) as part:
            part.write_text(text, encoding="utf-8")
        shared.say(f"{world} -> {spec}; next: rowsmith make {spec} -o {world}/", quiet)
    if output is None:
        if spec is None:
            typer.echo(described(world), nl=False)
        return
    with shared.progress_bar(quiet) as progress:
        made = run(
            world, output, set=settings, sweep=points, replications=replications, tables=tuple(table or ()), seed=seed,
            plot=plot, format=format, workers=workers, progress=progress,
        )  # fmt: skip
    for name, n in made.rows.items():
        shared.say(f"{name}: {n:,} rows -> {made.files[name]}", quiet)
    for note, n in remarks(made).items():
        shared.say(f"note: {note} (in {n:,} of {made.rows[RUNS]:,} rows of {RUNS})", quiet)
    if plot:
        shared.say(f"page -> {output.rstrip('/')}/page.html", quiet)


def _points(words: list[str]) -> dict[str, Any]:
    """Values to be run at, from words such as `density=0.05:0.6:0.05`."""
    out: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        ends = text.split(":")
        if not equals or not text or len(ends) not in (1, 3):
            raise SpecError(f"--sweep {word}: expected NAME=LOW:HIGH:STEP, or NAME=A,B,C.")
        if len(ends) == 3:
            values = shared.spec_values([f"{key}={end}" for key, end in zip(("from", "to", "step"), ends, strict=True)])
            out[name.strip()] = values
        else:
            out[name.strip()] = [shared.spec_values([f"v={each}"])["v"] for each in text.split(",")]
    return out
