"""Formulas over the row before as rules that a report looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.grouping import EventOrder
from rowsmith.core.schema import Schema, Table, arrow_type
from rowsmith.engine._sequence_schema import with_times
from rowsmith.learn._previous import BEFORE, Follow, follows_of, row_before
from rowsmith.learn._sequence_rows import ordered


def looked_at(tables: Mapping[str, pa.Table], schema: Schema, order: EventOrder) -> dict[str, Any]:
    """Rules of a table of sequences, and the tables in which they are looked at.

    Args:
        tables: by role.
        schema: of the table.
        order: columns of entity and time.

    Raises:
        DataError: a row has no time or no entity.
        SpecError: a formula is none, or a column is missing.
    """
    name, known = schema.only
    follows = follows_of(known.follows, known.columns, f"tables.{name}.follows")
    if not follows:
        return {}
    checked = {}
    for role, table in tables.items():
        table, _, times = with_times(table, known, order.time, name, f"tables.{name}.sequence")
        rows = ordered(table, order.entity, order.time, times, f"the {role} table")
        checked[role] = with_before(rows.table, known, follows, row_before(rows.begins))
    return {"rules": {**known.rules, **rules_of(follows)}, "checked": checked}


def rules_of(follows: tuple[Follow, ...]) -> dict[str, str]:
    """The formulas as rules, by name."""
    return {f"{follow.column} from the row before": follow.rule for follow in follows}


def with_before(table: pa.Table, known: Table, follows: tuple[Follow, ...], before: NDArray[np.int64]) -> pa.Table:
    """A table with columns of the rows before, of those that formulas read.

    Args:
        table: the rows.
        known: of the table.
        follows: the formulas.
        before: the row before each, -1 for none, shape (rows,).
    """
    at = pa.array(before, mask=before < 0)
    for column in dict.fromkeys(
        n for follow in follows for n in (follow.column, *(term.column for term in follow.terms))
    ):
        spec = known.columns[column]
        plain = plain_values(column, table[column].combine_chunks(), arrow_type(spec.type), spec.form)
        table = table.set_column(table.column_names.index(column), column, plain)
        table = table.append_column(f"{BEFORE}{column}", plain.take(at))
    return table
