"""Formulas over the row before as rules that a report looks at."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError
from rowsmith.core.grouping import EventOrder, entity_numbers
from rowsmith.core.line import to_line
from rowsmith.core.schema import Schema, Table, arrow_type
from rowsmith.core.sql import truth
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
        checked[role] = with_before(_plain(rows.table, known), follows, row_before(rows.begins))
    return {"rules": {**known.rules, **rules_of(follows)}, "checked": checked}


def looked_at_linked(databases: Mapping[str, Mapping[str, pa.Table]], schema: Schema) -> dict[str, Looked]:
    """The same of tables of a database, whose rows follow those of the same parent, by one of their links and in one of their orders.

    Args:
        databases: tables by name, by role.
        schema: of the tables.

    Raises:
        SpecError: a formula is none.
    """
    out = {}
    for name, known in schema.tables.items():
        follows = follows_of(known.follows, known.columns, f"tables.{name}.follows")
        if not follows or any(name not in tables for tables in databases.values()):
            continue
        rules, plain = rules_of(follows), {role: _plain(tables[name], known) for role, tables in databases.items()}
        ways = [(key.columns, time) for key in known.foreign_keys for time in (None, *_times(plain["real"]))]
        broken = [_broken(plain["real"], follows, way) for way in ways]
        if ways:
            way = ways[int(np.argmin(broken))]
            out[name] = rules, {role: _ordered(table, follows, way) for role, table in plain.items()}
    return out


Looked = tuple[dict[str, str], dict[str, pa.Table]]
Way = tuple[tuple[str, ...], str | None]


def _plain(table: pa.Table, known: Table) -> pa.Table:
    """A table with columns in plain types, of those that have what the schema says."""
    out = {name: table[name].combine_chunks() for name in table.column_names}
    for name, column in known.columns.items():
        with contextlib.suppress(DataError):  # another program's twin may have what it likes
            out |= {name: plain_values(name, out[name], arrow_type(column.type), column.form)} if name in out else {}
    return pa.table(out)


def _times(table: pa.Table) -> list[str]:
    kinds = {f.name: f.type for f in table.schema if not table[f.name].null_count}
    return [n for n, kind in kinds.items() if pa.types.is_timestamp(kind) or pa.types.is_date(kind)]


def _ordered(table: pa.Table, follows: tuple[Follow, ...], way: Way) -> pa.Table:
    """Rows in an order, with columns of those before of the same parent."""
    entity, time = way
    group = entity_numbers(table, entity)
    line = np.arange(len(group)) if time is None else to_line(table[time].combine_chunks())
    order = np.lexsort((line, group))
    begins = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), len(order))
    before = row_before(begins)
    alone = np.any([table[n].is_null().to_numpy() for n in entity], axis=0)[order]
    before[alone] = -1  # who has no parent has no sibling
    return with_before(table.take(pa.array(order)), follows, before)


def _broken(table: pa.Table, follows: tuple[Follow, ...], way: Way) -> float:
    rows = _ordered(table, follows, way)
    return float(sum((~truth(rule, rows, name)).mean() for name, rule in rules_of(follows).items()))


def rules_of(follows: tuple[Follow, ...]) -> dict[str, str]:
    """The formulas as rules, by name."""
    return {f"{follow.column} from the row before": follow.rule for follow in follows}


def with_before(table: pa.Table, follows: tuple[Follow, ...], before: NDArray[np.int64]) -> pa.Table:
    """A table with columns of the rows before, of those that formulas read.

    Args:
        table: the rows, in plain types.
        follows: the formulas.
        before: the row before each, -1 for none, shape (rows,).
    """
    at = pa.array(before, mask=before < 0)
    for column in dict.fromkeys(term.column for follow in follows for term in follow.terms if term.ago):
        table = table.append_column(f"{BEFORE}{column}", table[column].combine_chunks().take(at))
    return table
