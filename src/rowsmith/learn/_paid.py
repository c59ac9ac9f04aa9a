"""One table learnt by a learner that pays for every look at rows: nothing around it is read off them for free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pyarrow as pa

from rowsmith.core.codecs import plain_values
from rowsmith.core.domains import Declaring, PaidColumn, PaidLearner
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import COLUMN_KINDS, LEARNERS, Progress
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Table, arrow_type
from rowsmith.core.settings import build
from rowsmith.learn._ties import Ties
from rowsmith.learn.table import TableModel


def fit_paid(
    table: pa.Table,
    schema: Table,
    learner: PaidLearner,
    *,
    name: str,
    key: Key,
    never_null: Collection[str] = (),
    workers: int,
    progress: Progress,
) -> TableModel:
    """Learn a table of which nothing is known but what the schema declares.

    So there are no look-ups of one column by another, no ties (which are made of real rows: rules are kept by drawing rows
    that break one again), no rare levels (those that are not declared are paid for), and no row count.

    Args:
        table: the rows; its columns are those of the schema, in the same order.
        schema: kinds and types of the columns, as they are declared.
        learner: settings of the learner.
        name: of the table.
        key: random stream of what is made anew.
        never_null: columns that are declared to have no nulls.
        workers: how many threads.
        progress: told what has been done.

    Raises:
        SpecError: a column's kind cannot be coded without a look at its values, or a setting is wrong.
        DataError: values are not of the schema's types.
    """
    columns = [_column(each, schema.columns[each], table[each], each not in never_null) for each in table.column_names]
    paid = learner.fit_paid(columns, key=key.child("learner"), workers=workers, progress=progress)
    known = {
        each: column if column.kind == kind else Column(kind=kind, type=column.type)
        for (each, column), kind in zip(schema.columns.items(), paid.kinds, strict=True)
    }
    return TableModel(
        name=name,
        schema=replace(schema, columns=known),
        codecs=paid.codecs,
        learner=LEARNERS.name_of(type(learner)),
        fitted=paid.fitted,
        learnt=paid.learnt,
        dependencies=(),
        ties=Ties(),
    )


def _column(name: str, column: Column, values: Any, nullable: bool) -> PaidColumn:
    where = f"columns.{name}"
    kind = build(COLUMN_KINDS.load(column.kind), column.settings, where)
    if not isinstance(kind, Declaring):
        raise SpecError(
            f"{where}: the kind {column.kind!r} reads its codes off the values, which a private learner may not; make it "
            "category, text, or another kind, or leave the column out."
        )
    target = arrow_type(column.type or str(values.type), f"{where}.type")
    try:
        plain = plain_values(name, values, target, column.form)
    except DataError as fault:
        raise DataError(
            f"{fault} (This message shows a real value; it is for you, and no part of the model.)"
        ) from None
    return PaidColumn(name, kind, target, column.form, nullable, plain)
