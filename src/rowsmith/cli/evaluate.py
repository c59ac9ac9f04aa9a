"""`rowsmith evaluate`: judge a synthetic table against the real one."""

from __future__ import annotations

from typing import Annotated

import typer

from rowsmith.cli import _app as shared


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith evaluate real.csv twin.csv --holdout unseen.csv --target income --report report.html"
    app.command(epilog=example)(shared.guarded(evaluate))


def evaluate(
    real: Annotated[str, typer.Argument(help="The real rows that the twin was learnt from.")],
    synthetic: Annotated[str, typer.Argument(help="The synthetic rows, made by any tool.")],
    holdout: Annotated[
        str | None, typer.Option(metavar="FILE", help="Real rows that the learner never saw: the reference.")
    ] = None,
    target: shared.Target = None,
    report: shared.ReportFile = None,
    json: shared.JsonFile = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Judge any synthetic table: how close to the real one, how useful, how safe; each between floor and ceiling."""
    from rowsmith.core.files import check_target
    from rowsmith.engine.judge import evaluate as judge

    for name in filter(None, (report, json)):
        check_target(name)
    with shared.progress_bar(quiet) as progress:
        tables = shared.read_all([real, synthetic] if holdout is None else [real, synthetic, holdout], read)
        result = judge(
            tables[0],
            tables[1],
            holdout=tables[2] if holdout is not None else None,
            target=target,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    shared.show_report(result, report, json, quiet)
