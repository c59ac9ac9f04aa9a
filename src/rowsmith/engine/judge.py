"""Judge users' frames: the border around `evaluate/`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import MAX_SEED, Key
from rowsmith.core.schema import Schema
from rowsmith.engine._basket_schema import Names, basket_lines
from rowsmith.engine._previous import looked_at, looked_at_linked
from rowsmith.engine._sequence_schema import event_order
from rowsmith.engine._tables import link_tables, plain
from rowsmith.engine.executors import check_workers
from rowsmith.evaluate._comparison import Comparison
from rowsmith.evaluate._context import Shadows
from rowsmith.evaluate._judge import check_target_column, judge
from rowsmith.evaluate._judge_baskets import judge_baskets
from rowsmith.evaluate._judge_linked import judge_linked, target_of
from rowsmith.evaluate._judge_series import judge_series
from rowsmith.evaluate._ranking import rank
from rowsmith.evaluate._report import Report

__all__ = ["Comparison", "Report", "check_target_column", "compare", "evaluate", "target_of"]

SHADOWS = 16
"""Shadow models of a full judgement."""
LONG = "full: what takes long is measured of {}, or leave it out."


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | None = None,
    entity: Names = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    schema: Schema | None = None,
    full: bool = False,
    shadow: int = SHADOWS,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Report:
    """Judge a synthetic table, a synthetic database, series or baskets, made by any tool.

    Args:
        real: the rows that the synthetic ones were learnt from; pandas, polars or Arrow. Of a database a mapping of names to
            frames: its keys, what flows along its links, and every table of it are judged.
        synthetic: the rows to judge, or a mapping of names to frames.
        holdout: real rows that the learner never saw: the reference of every measure, and needed for privacy.
        target: column to predict, to see how useful the synthetic rows are to learn from; of a database as `table.column`.
        entity: column or columns that say whose rows they are, or whose baskets.
        time: column of the time: rows are judged as series, too. Of baskets that of a customer's baskets.
        basket: column that says to which basket a row belongs: rows are judged as baskets, too.
        item: column of the item of a basket.
        schema: its rules are looked at in every row, and its `sequence` or `basket` may say the four above; of a database it says
            what points where, which is read off the keys that the source declares, or else off the data.
        full: whether to take the measures that take long, too; of a single table.
        shadow: models that an attacker trains, in a full judgement; 0 for none.
        seed: of the samples and folds.
        workers: threads of the classifiers; the figures do not depend on it.
        progress: told what has been done.

    Raises:
        DataError: the tables cannot be compared.
        SpecError: an unknown target, a rule that cannot be computed, or a wrong number of models.
    """
    check_workers(workers)
    if isinstance(real, Mapping):
        if full:
            raise SpecError(LONG.format("single tables; judge the table alone"))
        for name, value in {"entity": entity, "time": time, "basket": basket, "item": item}.items():
            if value:
                raise SpecError(f"{name}={value!r}: is of a single table; judge the table alone.")
        databases = _databases({"real": real, "synthetic": synthetic, "holdout": holdout})
        known = link_tables(databases["real"]) if schema is None else schema
        options: dict[str, Any] = {"target": target, "seed": seed, "workers": workers, "progress": progress}
        return Report(judge_linked(databases, known, looked=looked_at_linked(databases, known), **options))
    if isinstance(shadow, bool) or not isinstance(shadow, int) or shadow < 0:
        raise SpecError(f"shadow={shadow!r}: expected a whole number of models, or 0 for none.")
    given = {"real": real, "synthetic": synthetic, "holdout": holdout}
    tables = {role: to_arrow(frame)[0] for role, frame in given.items() if frame is not None}
    rules = None if schema is None else schema.only[1].rules
    lines = basket_lines(basket, item, entity, time, schema)
    order = event_order(entity, time, schema) if lines is None else None
    if lines is not None or order is not None:
        if full:
            raise SpecError(LONG.format("rows that stand alone; leave entity, time, basket and item out"))
        shared: dict[str, Any] = {
            "target": target,
            "rules": rules,
            "seed": seed,
            "workers": workers,
            "progress": progress,
        }
        flat = {role: plain(table) for role, table in tables.items()}
        if lines is not None:
            return Report(judge_baskets(flat, lines, **shared))
        assert order is not None
        if schema is not None:
            shared |= looked_at(flat, schema, order)
        return Report(judge_series(flat, order, **shared))
    return Report(
        judge(
            tables["real"],
            tables["synthetic"],
            holdout=tables.get("holdout"),
            target=target,
            rules=rules,
            full=full,
            shadows=_shadows(shadow, workers, progress) if full else None,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    )


def _databases(data: Mapping[str, Any]) -> dict[str, dict[str, pa.Table]]:
    """Tables by name, by role."""
    out = {}
    for role, frames in data.items():
        if frames is not None and not isinstance(frames, Mapping):
            raise SpecError(
                f"{role}: expected a mapping of names to tables, as the real side is; this is a {type(frames).__name__}."
            )
        if frames is not None:
            out[role] = {str(name): plain(to_arrow(frame)[0]) for name, frame in frames.items()}
    return out


def _shadows(n: int, workers: int, progress: Progress) -> Shadows | None:
    """Models of the default learner, by which an attacker finds out how near tables come that owe a row nothing."""
    if n == 0:
        return None
    from rowsmith.engine.model import fit

    done = itertools.count(1)

    def draw(table: pa.Table, n_rows: int, key: Key) -> pa.Table:
        seed = int(key.generator().integers(MAX_SEED))
        drawn = fit(table, seed=seed, workers=workers).sample(n_rows, seed=seed, workers=workers)
        progress("shadow models", next(done), n)
        return to_arrow(drawn)[0]

    return Shadows(n, draw, "learner trees")


def compare(
    real: Any,
    candidates: Mapping[str, Any],
    *,
    holdout: Any = None,
    target: str | None = None,
    entity: Names = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    schema: Schema | None = None,
    full: bool = False,
    shadow: int = SHADOWS,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Comparison:
    """Judge several synthetic tables against the same real one, and rank them.

    Args:
        real: the rows that the synthetic ones were learnt from; pandas, polars or Arrow; or a mapping of names to such tables.
        candidates: the tables, or databases, to judge, by name.
        holdout: real rows that no learner saw.
        target: column to predict.
        entity: as in `evaluate`.
        time: as in `evaluate`.
        basket: as in `evaluate`.
        item: as in `evaluate`.
        schema: as in `evaluate`.
        full: whether to take the measures that take long, too.
        shadow: models that an attacker trains, in a full judgement; 0 for none.
        seed: of the samples and folds; the same for every candidate.
        workers: threads of the classifiers.
        progress: told what has been done.

    Raises:
        DataError: a candidate cannot be compared; the message begins with its name.
        SpecError: there is no candidate, an unknown target, or a rule that cannot be computed.
    """
    if not candidates:
        raise SpecError("candidates: there is none; name at least one synthetic table.")
    if not isinstance(real, Mapping):
        real, holdout = (to_arrow(frame)[0] if frame is not None else None for frame in (real, holdout))
    found = {}
    for name, frame in candidates.items():

        def tell(what: str, done: int, total: int, name: str = name) -> None:
            progress(f"{what} {name}", done, total)

        found[name] = evaluate(
            real,
            frame,
            holdout=holdout,
            target=target,
            entity=entity,
            time=time,
            basket=basket,
            item=item,
            schema=schema,
            full=full,
            shadow=shadow,
            seed=seed,
            workers=workers,
            progress=tell,
        ).summary
    return Comparison(rank(found))
