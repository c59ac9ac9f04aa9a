"""`rowsmith evaluate`: judge synthetic tables against the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _ordered as ordered
from rowsmith.cli._linked import refuse, tables_of

if TYPE_CHECKING:
    from rowsmith.engine.judge import Comparison, Report

TOO_BAD = 1  # exit code where a limit is not kept


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith evaluate real.csv twin.csv --holdout unseen.csv --target income --report report.html"
    app.command(epilog=example)(shared.guarded(evaluate))


def evaluate(
    real: Annotated[
        str,
        typer.Argument(help="The real rows that the twin was learnt from: a table, or a database (file, folder, URL)."),
    ],
    synthetic: Annotated[
        list[str], typer.Argument(help="The synthetic rows, made by any tool; of several files, each is ranked.")
    ],
    holdout: Annotated[
        str | None, typer.Option(metavar="FILE", help="Real rows that the learner never saw: the reference.")
    ] = None,
    target: shared.Target = None,
    entity: ordered.EntityColumns = None,
    time: ordered.TimeColumn = None,
    basket: ordered.BasketColumn = None,
    item: ordered.ItemColumn = None,
    schema: shared.SchemaFile = None,
    report: shared.ReportFile = None,
    json: shared.JsonFile = None,
    markdown: shared.MarkdownFile = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-under",
            metavar="MEASURE=VALUE",
            help="End with code 1 where a measure is worse, such as c2st=0.6 or trends.related=3; may be repeated.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Take the measures that take long, too.")] = False,
    shadow: Annotated[
        int, typer.Option(min=0, metavar="N", help="Models that an attacker trains, with --full; 0 for none.")
    ] = 16,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Judge any synthetic table or database: how close to the real one, how useful, how safe; each between floor and ceiling.

    With --time rows are judged as series, too, with --basket and --item as baskets.
    """
    from rowsmith.core.files import check_target
    from rowsmith.engine.judge import compare
    from rowsmith.engine.judge import evaluate as judge
    from rowsmith.evaluate._limits import parse_limits

    for name in filter(None, (report, json, markdown)):
        check_target(name)
    limits = parse_limits(fail_under or [], "--fail-under")
    known = shared.read_schema(schema)
    sources = [real, *synthetic] if holdout is None else [real, *synthetic, holdout]
    linked = tables_of([real], read, known, quiet)
    if linked is not None:
        groups = {"--entity": entity, "--time": time, "--basket": basket, "--item": item}
        refuse(groups, "of several tables: judge the table alone")
    tables: list[Any]
    with shared.progress_bar(quiet) as progress:
        if linked is None:
            tables = shared.read_all(sources, read)
        else:
            tables = [linked, *(shared.read_tables([source], read) for source in sources[1:])]
        options: dict[str, Any] = {
            "holdout": tables[-1] if holdout is not None else None,
            "target": target,
            "entity": entity or (),
            "time": time,
            "basket": basket,
            "item": item,
            "schema": known,
            "full": full,
            "shadow": shadow,
            "seed": seed,
            "workers": workers,
            "progress": progress,
        }
        made = dict(zip(shared.distinct_names(synthetic), tables[1 : len(synthetic) + 1], strict=True))
        result: Report | Comparison
        if len(made) == 1:
            result = judge(tables[0], tables[1], **options)
        else:
            result = compare(tables[0], made, **options)
    shared.show_report(result, report, json, quiet, markdown)
    worse = result.broken(limits)
    for sentence in worse:
        typer.echo(f"rowsmith: {sentence}", err=True)
    if worse:
        raise typer.Exit(TOO_BAD)
