"""`rowsmith synth`: learn, draw and judge in one call."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    example = "Example:  rowsmith synth people.csv -o twin.csv --report report.html --target income"
    app.command(epilog=example)(shared.guarded(synth))


def synth(
    sources: shared.Sources,
    output: shared.Out,
    rows: linked.TwinRows = None,
    scale: linked.Scale = None,
    holdout: Annotated[
        float, typer.Option(help="Share of the rows to keep from the learner, as the report's reference; 0 for none.")
    ] = 0.2,
    target: shared.Target = None,
    report: shared.ReportFile = None,
    json: shared.JsonFile = None,
    judge: Annotated[bool, typer.Option(help="Judge the twin; without, only learn and draw.")] = True,
    model: Annotated[str | None, typer.Option(metavar="FILE", help="Save the model too, to draw more.")] = None,
    learner: shared.LearnerName = "trees",
    set_: shared.Settings = None,
    schema: shared.SchemaFile = None,
    key: shared.KeyColumns = None,
    read: shared.Reading = None,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Learn a table, draw a safe twin of it, and judge the twin against rows that the learner never saw.

    Several tables that are linked are learnt as a whole, and each table of the twin is judged alone.
    """
    from rowsmith.core.files import check_target
    from rowsmith.engine.database import fit_tables
    from rowsmith.engine.front import primary_keys
    from rowsmith.engine.judge import evaluate
    from rowsmith.engine.run import write_table
    from rowsmith.engine.synth import learn_and_draw
    from rowsmith.engine.synth_database import judge_tables
    from rowsmith.io._open import open_sink

    for file in filter(None, (report, json, model)):
        check_target(file)
    settings = shared.parse_settings(learner, set_ or [])
    known, wanted = shared.read_schema(schema), linked.wanted_rows(rows)
    name, data = linked.table_or_tables(sources, read, known)
    if isinstance(data, dict):
        linked.refuse({"--target": target}, "of several tables")
        with shared.progress_bar(quiet) as progress:
            learnt = fit_tables(
                data,
                schema=known,
                primary_keys=primary_keys(data, key or ()),
                learner=learner,
                settings=settings,
                seed=seed,
                workers=workers,
                progress=progress,
            )
            linked.say_learnt(learnt, quiet)
            options: dict[str, Any] = {"scale": 1.0 if scale is None else scale, "seed": seed}
            n_rows, twin = learnt.draw_to(output, linked.by_table(wanted), **options, format=format, progress=progress)
            linked.say_drawn(n_rows, output, quiet)
            if model is not None:
                learnt.save(model)
            if judge:
                reports = judge_tables(learnt, data, twin, seed=seed, workers=workers, progress=progress)
                linked.show_reports(reports, report, json, quiet)
        return
    linked.refuse({"--scale": scale}, "of a single table: say --rows")
    sink = open_sink(output, format)
    with shared.progress_bar(quiet) as progress:
        drawn = learn_and_draw(
            data,
            n=linked.one_number(wanted),
            holdout=holdout,
            target=target,
            seed=seed,
            workers=workers,
            progress=progress,
            schema=known,
            primary_key=key or (),
            learner=learner,
            settings=settings,
            name=name,
        )
        write_table(drawn.twin, sink, drawn.model.arrow_schema)
        if model is not None:
            drawn.model.save(model)
        unseen = drawn.parts.holdout
        aside = f"kept {unseen.num_rows:,} unseen" if unseen is not None else f"kept none unseen: {drawn.parts.why}"
        shared.say(f"learnt {drawn.model.n_rows:,} rows, {aside}; drew {drawn.twin.num_rows:,} -> {output}", quiet)
        if drawn.model.key_note:
            shared.say(drawn.model.key_note, quiet)
        if not judge:
            return
        result = evaluate(
            drawn.parts.train,
            drawn.twin,
            holdout=unseen,
            target=target,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    shared.show_report(result, report, json, quiet)
