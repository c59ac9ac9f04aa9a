"""`rowsmith synth`: learn, draw and judge in one call."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked
from rowsmith.cli import _ordered as ordered


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
    public: shared.PublicColumns = None,
    entity: ordered.EntityColumns = None,
    time: ordered.TimeColumn = None,
    basket: ordered.BasketColumn = None,
    item: ordered.ItemColumn = None,
    entities: ordered.Entities = None,
    baskets: ordered.Baskets = None,
    read: shared.Reading = None,
    learn_rows: shared.LearnRows = shared.LEARN_ROWS,
    seed: shared.Seed = 0,
    format: shared.FormatName = None,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Learn a table, draw a safe twin of it, and judge the twin against rows that the learner never saw.

    Several tables that are linked are learnt as a whole, and judged as a whole: keys, what flows along links, every table.
    """
    from rowsmith.core.files import check_target
    from rowsmith.engine.database import check_sizes
    from rowsmith.engine.judge import evaluate, target_of
    from rowsmith.engine.run import check_place, write_table
    from rowsmith.engine.synth import judge_drawn, learn_and_draw
    from rowsmith.io._open import open_sink
    from rowsmith.io._tables import format_like, names_of

    for name in filter(None, (report, json, model)):
        check_target(name)
    settings = shared.parse_settings(learner, set_ or [])
    known, wanted = shared.read_schema(schema), linked.wanted_rows(rows)
    places = names_of(sources)
    if len(places) > 1:
        check_place(output, places, format)  # before anything is read
    tables = linked.tables_of(sources, read, known, quiet)
    if tables is not None:
        check_place(output, list(tables), format)
        target_of(target, tables)  # before anything is learnt
        check_sizes(linked.by_table(wanted), 1.0 if scale is None else scale, tables)
        linked.refuse({"--public": public}, "of several tables: say it in a schema")
        grouping = {"--entity": entity, "--time": time, "--basket": basket, "--item": item}
        linked.refuse(grouping | {"--entities": entities, "--baskets": baskets}, "of several tables")
        options: dict[str, Any] = {"learner": learner, "settings": settings, "seed": seed, "workers": workers}
        learnt = linked.learn(tables, known, key, quiet, **options)
        twin = linked.draw(learnt, output, wanted, scale, seed, format or format_like(sources, output), quiet)
        if model is not None:
            learnt.save(model)
        if judge:
            with shared.progress_bar(quiet) as progress:
                found = evaluate(
                    tables, twin, target=target, schema=learnt.schema, seed=seed, workers=workers, progress=progress
                )
            shared.show_report(found, report, json, quiet)
        return
    linked.refuse({"--scale": scale}, "of a single table: say --rows")
    n, source = linked.one_number(wanted), sources[0]
    open_sink(output, format)  # what cannot be written is told before anything is learnt
    with shared.progress_bar(quiet) as progress:
        table, total = shared.read_some(source, read, learn_rows, seed, ordered.in_order(time, basket, known), learner)
        drawn = learn_and_draw(
            table,
            n=n,
            total=total,
            entities=entities,
            baskets=baskets,
            entity=entity or (),
            time=time,
            basket=basket,
            item=item,
            holdout=holdout,
            target=target,
            seed=seed,
            workers=workers,
            progress=progress,
            schema=known,
            primary_key=key or (),
            public=public or (),
            learner=learner,
            settings=settings,
            name=shared.table_name(source),
        )
        write_table(drawn.twin, open_sink(output, format, kinds=drawn.model.frame.kinds), drawn.model.arrow_schema)
        if model is not None:
            drawn.model.save(model)
        unseen = drawn.parts.holdout
        aside = f"kept {unseen.num_rows:,} unseen" if unseen is not None else f"kept none unseen: {drawn.parts.why}"
        part = f"read {shared.of_rows(table.num_rows, total)}; " if table.num_rows < total else ""
        known_rows = shared.of_rows(drawn.model.n_rows, drawn.model.n_rows)
        shared.say(f"{part}learnt {known_rows}, {aside}; drew {drawn.twin.num_rows:,} -> {output}", quiet)
        for note in drawn.model.notes:
            shared.say(note, quiet)
        if not judge:
            return
        result = judge_drawn(drawn, target=target, seed=seed, workers=workers, progress=progress)
    shared.show_report(result, report, json, quiet)
