"""Missing values of a table filled in, by a model of the table itself or a saved one."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import DataError, RowsmithError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.engine._gaps import filled
from rowsmith.engine._tables import plain
from rowsmith.engine.executors import check_workers
from rowsmith.engine.front import fit
from rowsmith.engine.model import Model
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches
from rowsmith.engine.sequence import SequenceModel
from rowsmith.learn._given import as_learnt
from rowsmith.learn._holes import Filling, with_holes
from rowsmith.learn._rules import Rules


@dataclass(frozen=True)
class Imputed:
    """A table without its holes.

    Attributes:
        frame: of the kind that was handed in, columns and rows in the same order.
        model: that the values were drawn from.
        filled: of each column with missing values, how many were filled in.
        left: of each column with missing values, how many are left: of keys, made-up text and columns without any value.
        broken: rows that were filled in and still break a rule of the schema.
    """

    frame: Any
    model: Model | SequenceModel
    filled: dict[str, int]
    left: dict[str, int]
    broken: int


def impute(
    data: Any,
    model: Model | SequenceModel | None = None,
    *,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
    **options: Any,
) -> Imputed:
    """Fill in missing values: each is drawn from its law given all that is known of its row; of sequences, also of the rows around it.

    So filled columns keep their spread and their ties, as the most likely values would not; run it with several seeds
    for multiple imputation (D. Rubin, "Multiple Imputation for Nonresponse in Surveys", 1987).

    Args:
        data: a frame (pandas, polars, Arrow).
        model: of such a table; fitted to the data itself if left out.
        seed: the same seed gives the same values.
        workers: how many processes; the values do not depend on it.
        progress: told how many rows are done.
        options: as `fit` takes them, if there is no model; with `time`, and perhaps `entity`, rows are sequences, of which every row needs
            a time.

    Raises:
        DataError: the data cannot be learnt, or lacks a column of the model.
        SpecError: an argument is wrong, or a column is not like that of the model.
    """
    table, kind = to_arrow(data)
    check_workers(workers)
    if model is None:
        fitted = fit(table, seed=seed, workers=workers, progress=progress, **options)
        if not isinstance(fitted, Model | SequenceModel):
            raise SpecError("basket: what a basket lacks is not known; only tables and sequences are filled in.")
        model = fitted
    elif options:
        raise SpecError(f"{next(iter(options))}: is for fitting, and a model was given; leave it out.")
    if isinstance(model, SequenceModel):
        table = plain(table)
        done = filled(model, table, seed, workers, progress)
    else:
        done = _filled(model, table, seed, workers, progress)
    rules = Rules(model.table.name, model.table.schema.rules)
    holes = with_holes((column.combine_chunks() for column in table.columns), table.num_rows)
    broken = int(sum(rules.broken(batch).sum() for batch in done.filter(pa.array(holes)).to_batches()))
    done = _as_given(done.select(table.column_names), table)
    before = {name: table[name].null_count for name in table.column_names if table[name].null_count}
    left = {name: done[name].null_count for name in before}
    filled_in = {name: n - left[name] for name, n in before.items()}
    frame = kind.restore(done)
    if kind.library == "pandas":
        frame.index = data.index
    return Imputed(frame, model, filled_in, {name: n for name, n in left.items() if n}, broken)


def _filled(model: Model, table: pa.Table, seed: int, workers: int, progress: Progress) -> pa.Table:
    sampler = Filling(model.table, _given(model, table))
    plan = TablePlan(model.table.name, table.num_rows, Key(seed).child(model.table.name, "impute"))
    return pa.Table.from_batches(batches(plan, sampler, workers=workers, progress=progress), model.table.arrow_schema)


def _as_given(done: pa.Table, table: pa.Table) -> pa.Table:
    """The columns in the types that they came in, where what was filled in fits: a model may have learnt others."""
    for place, field in enumerate(table.schema):
        if done.schema.field(place).type != field.type:
            with contextlib.suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
                done = done.set_column(place, field, done.column(place).cast(field.type))
    return done


def _given(model: Model, table: pa.Table) -> dict[str, pa.Array]:
    """The columns in the types of the model."""
    names, found = list(model.table.schema.columns), {}
    for name in table.column_names:
        if name not in names:
            raise DataError(f"column {name!r}: the model has no such column{suggest(name, names)}")
    for position, name in enumerate(names):
        if name not in table.column_names:
            raise DataError(f"column {name!r}: is in the model and not in the data; add it, with nulls if need be.")
        try:
            found[name] = as_learnt(model.table.codecs[position], table[name].combine_chunks())
        except RowsmithError as fault:
            raise type(fault)(f"column {name!r}: {fault}") from None
    return found
