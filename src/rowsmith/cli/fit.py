"""`rowsmith fit`: learn a table or a database, save the model."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rowsmith.cli import _app as shared
from rowsmith.cli import _linked as linked
from rowsmith.cli import _ordered as ordered
from rowsmith.cli import _profiled as profiled
from rowsmith.core.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog="Example:  rowsmith fit people.csv -o people.rowsmith --key person_id")(shared.guarded(fit))


def fit(
    sources: shared.Sources,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The model to write.")],
    learner: shared.LearnerName = "trees",
    set_: shared.Settings = None,
    schema: shared.SchemaFile = None,
    key: shared.KeyColumns = None,
    public: shared.PublicColumns = None,
    entity: ordered.EntityColumns = None,
    time: ordered.TimeColumn = None,
    basket: ordered.BasketColumn = None,
    item: ordered.ItemColumn = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The classes that --segment and --drop go by.")
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A model for each segment of a profile: easy-hard or easy-ambiguous-hard."),
    ] = None,
    drop: profiled.Drop = None,
    method: profiled.Method = "data-iq",
    bins: profiled.Bins = None,
    read: shared.Reading = None,
    learn_rows: shared.LearnRows = shared.LEARN_ROWS,
    seed: shared.Seed = 0,
    workers: shared.Workers = shared.CPUS,
    quiet: shared.Quiet = False,
) -> None:
    """Learn a table, or several that are linked, and save the model: arrays and JSON in one file, no rows, no code."""
    from rowsmith.core.files import check_target
    from rowsmith.engine._paid import pays, refuse
    from rowsmith.engine.fit import fit_rows as fit_model
    from rowsmith.engine.profile import chosen_rows

    check_target(output)
    by_profile = segment is not None or bool(drop)
    if by_profile != (target is not None):
        raise SpecError(
            "--target: goes with --segment or --drop, and they with it: rows are chosen by how hard their class is to tell."
        )
    settings = shared.parse_settings(learner, set_ or [])
    if by_profile:
        refuse(learner, "--segment and --drop look at the rows, which may not be looked at for free")
    known = shared.read_schema(schema)
    tables = linked.tables_of(sources, read, known, quiet)
    if tables is not None:
        linked.refuse({"--public": public}, "of several tables: say it in a schema")
        grouping = {"--entity": entity, "--time": time, "--basket": basket, "--item": item}
        linked.refuse(grouping | {"--segment": segment, "--drop": drop}, "of several tables")
        options: dict[str, Any] = {"learner": learner, "settings": settings, "seed": seed, "workers": workers}
        linked.learn(tables, known, key, quiet, **options).save(output)
        shared.say(f"-> {output}", quiet)
        return
    source = sources[0]
    with shared.progress_bar(quiet) as progress:
        table, total = shared.read_some(source, read, learn_rows, seed, ordered.in_order(time, basket, known), learner)
        parts = None
        if by_profile:
            if basket is not None or item is not None or (known is not None and known.has_groups) or time is not None:
                raise SpecError(
                    "--segment, --drop: choose single rows; sequences and baskets are learnt whole; leave them out."
                )
            how: dict[str, Any] = {"target": target, "method": method, "bins": bins, "seed": seed}
            table, parts = chosen_rows(table, drop or (), segment, **how, workers=workers, progress=progress)
        model = fit_model(
            table,
            parts=parts,
            schema=known,
            primary_key=key or (),
            public=public or (),
            entity=entity or (),
            time=time,
            basket=basket,
            item=item,
            learner=learner,
            settings=settings,
            seed=seed,
            workers=workers,
            name=shared.table_name(source),
            progress=progress,
        )
        model.save(output)
    rows = f"about {model.n_rows:,} rows" if pays(learner) else shared.of_rows(model.n_rows, total)
    shared.say(f"learnt {rows} x {model.learnt} -> {output}", quiet)
    for note in model.notes:
        shared.say(note, quiet)
