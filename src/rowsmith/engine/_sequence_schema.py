"""The schema of a table of sequences: keys and constants are looked at once an entity, the time must be one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa

from rowsmith.columns._infer import infer_column
from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.grouping import EventOrder
from rowsmith.core.schema import Column, Schema, Table, arrow_type
from rowsmith.core.text import form_of, months, recognise
from rowsmith.engine.inspection import complete, with_rules
from rowsmith.learn._previous import KINDS, find_follows, late_of, summed_by
from rowsmith.learn._sequence_rows import Ordered, ordered
from rowsmith.learn._sequence_told import told

TIMES = ("date", "timestamp", "integer", "float", "decimal")
"""Kinds of columns that have an order in time."""
FEWEST_EVENTS, SEVERAL = 20, 2
"""Rows from which on it is looked whether they are of several entities, and rows of a time from which on they may be."""


def arranged(table: pa.Table, schema: Schema | None, order: EventOrder | None, name: str) -> tuple[str, Ordered, Table]:
    """The rows in order, and what is known of all columns.

    Args:
        table: the events.
        schema: what the user says of it; all is inferred if left out.
        order: which columns make it sequences.
        name: of the table, if no schema says it.

    Returns:
        The table's name, its rows in order, its schema.

    Raises:
        DataError: there are no rows, or a row has no time or no entity.
        SpecError: the schema is wrong, or nothing says what the time is.
    """
    if order is None:
        raise SpecError("sequences need the column of their time; give time (--time COLUMN).")
    name, said = schema.only if schema is not None else (name, Table(columns={}))
    where = f"tables.{name}.sequence"
    if table.num_rows == 0:
        raise DataError(f"table {name!r} has 0 rows: there is nothing to learn; at least 1 row is needed.")
    for column in (*order.entity, order.time):
        if column not in table.column_names:
            raise SpecError(f"{where}: there is no column {column!r}{suggest(column, table.column_names)}")
    table, time, times = with_times(table, said, order.time, name, where)
    if said.columns:
        said = complete(said, table, name)
    rows = ordered(table, order.entity, order.time, times, where)
    if said.columns:
        return name, rows, dataclasses.replace(said, sequence=order)
    columns = {field.name: _column(field, rows, order) for field in rows.table.schema} | {order.time: time}
    rules = said.rules
    if not rules:
        some = [n for n in table.column_names if n not in {*order.entity, order.time}]
        own = Table(columns={n: columns[n] for n in some})
        # orders of numbers are kept step by step; constants follow from nothing, but may say where others are missing
        rules = with_rules(own, rows.table.select(some), given=rows.constants, orders=False).rules if some else {}
    columns = {n: columns[n] for n in table.column_names}
    fixed = {*order.entity, order.time, *rows.constants}
    follows = said.follows or following(rows, times.take(pa.array(rows.places)), columns, fixed, rules)
    return name, rows, dataclasses.replace(said, columns=columns, rules=rules, follows=follows, sequence=order)


def following(
    rows: Ordered, times: pa.Array, columns: Mapping[str, Column], fixed: Collection[str], rules: Mapping[str, str]
) -> dict[str, str]:
    """Columns that follow from the row before, as SQL.

    Args:
        rows: in order.
        times: of the rows.
        columns: how they are learnt.
        fixed: columns that have no part in it.
        rules: of the table.
    """
    kinds = {n: c for n, c in columns.items() if n not in fixed and c.kind in KINDS}
    arrays = {n: rows.table[n].combine_chunks() for n in kinds}
    place = np.arange(len(times)) - np.repeat(rows.begins[:-1], np.diff(rows.begins))
    others = {n for n, values in arrays.items() if told(values, times, place) is not None}
    plain = {n: plain_values(n, values, arrow_type(kinds[n].type), kinds[n].form) for n, values in arrays.items()}
    found = find_follows(plain, kinds, rows.begins, others, summed_by(rules, columns))
    late, lost = late_of(found, rules, columns)
    gaps = {f.column for f in late if any(plain[n].null_count for n in (f.column, *f.here))}
    return {f.column: f.expression for f in found if f not in lost and f.column not in gaps}


def of_one_series(rows: Ordered, order: EventOrder | None) -> str:
    """What to say where rows are taken for one series and several share their time, as those of several entities do; else empty."""
    if order is None or order.entity or rows.table.num_rows < FEWEST_EVENTS:
        return ""
    together = rows.table.num_rows / max(len(rows.table[order.time].unique()), 1)
    if together < SEVERAL:
        return ""
    others = [name for name in rows.table.column_names if name != order.time]
    found = next((name for name in others if _tells_apart(rows.table, name, order.time)), None)
    whose = (
        "they are of several entities, say which column names these"
        if found is None
        else f"{found!r} says whose they are, say so"
    )
    return (
        f"note: all rows are taken for one series, and {together:.1f} have the same time on average; if {whose}: "
        f"--entity {found or 'COLUMN'}."
    )


def _tells_apart(table: pa.Table, column: str, time: str) -> bool:
    """Whether a column has few values, and no two rows of a time the same."""
    if pa.types.is_nested(table[column].type) or pa.types.is_floating(table[column].type):
        return False
    few = len(table[column].unique()) <= table.num_rows / SEVERAL
    return few and len(table.select([column, time]).group_by([column, time]).aggregate([])) == len(table)


def with_times(table: pa.Table, said: Table, name: str, of: str, where: str) -> tuple[pa.Table, Column, pa.Array]:
    """The table with a time that can be read, what is known of this column, and its values.

    Args:
        table: the events.
        said: what the user says of it.
        name: of the column.
        of: name of the table.
        where: beginning of a message.

    Raises:
        DataError: the values are no points in time.
        SpecError: the schema says another kind.
    """
    table = _plain_text(table, name)
    time = complete(said, table, of).columns[name] if said.columns else _time_column(table, name)
    if time.kind not in TIMES:
        raise SpecError(f"{where}.time={name!r}: is of the kind {time.kind}; expected one of {', '.join(TIMES)}.")
    values = table[name].combine_chunks()
    return table, time, plain_values(name, values, arrow_type(time.type or str(values.type)), time.form)


def _plain_text(table: pa.Table, name: str) -> pa.Table:
    """The table with a time of long text as text, which is what forms are looked for in."""
    kind = table[name].type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_large_string(kind) or pa.types.is_string_view(kind)) and kind == table[name].type:
        return table
    place = table.column_names.index(name)
    field = table.schema.field(name).with_type(pa.string() if not pa.types.is_temporal(kind) else kind)
    return table.set_column(place, field, table[name].cast(field.type))


def _time_column(table: pa.Table, name: str) -> Column:
    """What the column of the time is."""
    field = table.schema.field(name)
    form = form_of(field)
    if not pa.types.is_string(field.type):
        kind = _kind(field.type)
        if kind is None:
            raise DataError(
                f"column {name!r}: values of type {field.type} are no points in time; expected dates, timestamps or numbers."
            )
        return Column(kind=kind, type=str(field.type), form=form, why="the time")
    if form is None:
        found = recognise(table[name]) or months(table[name])
        form = None if found is None else found[1]
    if form is None or form.get("as") not in ("timestamp", "date", "integer", "float", "decimal"):
        example = next((v for v in table[name].to_pylist() if v is not None), "")
        raise DataError(
            f"column {name!r}: the text {example!r} and others are no times that are all written alike; expected dates, "
            "timestamps or numbers, such as 2026-03-01, 2026-03-01T08:30:00 or 2026-03; of moments with several offsets, write all in UTC."
        )
    return Column(kind=str(form["as"]), type="string", form=form, why="the time")


def _kind(kind: pa.DataType) -> str | None:
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_decimal(kind):
        return "decimal"
    return "float" if pa.types.is_floating(kind) else None


def _column(field: pa.Field, rows: Ordered, order: EventOrder) -> Column:
    """What a column looks like; of keys and constants, in one row an entity."""
    if field.name in order.entity or field.name in rows.constants:
        values, key = rows.firsts(field.name), order.entity == (field.name,)
        return infer_column(field.name, field, values, is_key=key)
    return infer_column(field.name, field, rows.table[field.name].combine_chunks())


def event_order(
    entity: tuple[str, ...] | list[str] | str, time: str | None, schema: Schema | None = None
) -> EventOrder | None:
    """What makes a table one of sequences, by arguments or by its schema; None if nothing does.

    Raises:
        SpecError: an entity without a time, or arguments and a schema that differ.
    """
    entity = (entity,) if isinstance(entity, str) else tuple(entity)
    said = schema.only[1].sequence if schema is not None and len(schema.tables) == 1 else None
    if time is None and said is None and entity:
        raise SpecError(
            f"entity={', '.join(entity)}: sequences need the column of their time too; give time (--time COLUMN)."
        )
    if time is None:
        if said is not None and entity and entity != said.entity:
            raise SpecError(f"entity={', '.join(entity)}: the schema says sequence.entity={list(said.entity)}.")
        return said
    asked = EventOrder(time=time, entity=entity)
    if said is not None and asked != said:
        raise SpecError(
            f"time={time!r}: the schema says sequence={{entity: {list(said.entity)}, time: {said.time}}}; "
            "change it there, or leave entity and time out."
        )
    return asked
