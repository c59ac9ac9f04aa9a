"""What rowsmith understands of a table, and what a schema leaves to the data."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import pyarrow as pa

from rowsmith.columns._infer import infer, never_repeated
from rowsmith.core.codecs import kind_of, shares_of
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.schema import Column, Schema, Table, key_of
from rowsmith.core.text import form_of, recognise
from rowsmith.learn._proposals import propose

OF_TEXT = ("code", "mixed", "personal", "text")
"""Kinds that take nothing but text. Where the schema says no type, numbers become text for them."""
PARSED = ("boolean", "date", "decimal", "duration", "float", "integer", "time", "timestamp")
"""Kinds that take no text. Where the schema says no form, text is read for them by the form that it has."""


def inspect(
    data: Any,
    *,
    name: str = "table",
    primary_key: tuple[str, ...] | list[str] | str = (),
    entity: tuple[str, ...] | list[str] | str = (),
    time: str | None = None,
    basket: str | None = None,
    item: str | None = None,
    progress: Progress = silent,
) -> Schema:
    """What rowsmith understands of a table: kinds, types, keys, each with the reason; and rules that its rows keep.

    Rules that all rows keep, and that chance would hardly have made, stand under `rules` and are kept in what is drawn:
    formulas, orders of times and of numbers, values that are missing together. Those that a few rows break are only proposed;
    a formula among them is learnt with the rows that break it. Of sequences, columns that follow from the row before stand under `follows`.

    Args:
        data: a frame (pandas, polars, Arrow).
        name: of the table.
        primary_key: column or columns that identify a row, if you know.
        entity: column or columns that say whose events rows are, if these are sequences.
        time: column of their time.
        basket: column that says to which basket a row belongs, if rows are items of baskets.
        item: column of the item.
        progress: told what has been done.

    Raises:
        DataError: not a table.
        SpecError: a key column that is not there.
    """
    table, _ = to_arrow(data)
    if basket is not None or item is not None:
        from rowsmith.engine._basket_schema import arranged_baskets, basket_lines

        lines = basket_lines(basket, item, entity, time)
        assert lines is not None
        found = arranged_baskets(table, None, lines, name)
        return Schema(tables={found.name: found.schema})
    if time is not None or entity:
        from rowsmith.engine._sequence_schema import arranged, event_order

        name, _, known = arranged(table, None, event_order(entity, time), name)
        return Schema(tables={name: known})
    inferred = infer(table, name=name, primary_key=key_of(table, primary_key))
    return Schema(tables={name: with_rules(inferred, table)})


def with_rules(
    schema: Table, table: pa.Table, pointing: Collection[str] = (), *, given: Collection[str] = (), orders: bool = True
) -> Table:
    """The schema with the rules that the rows show.

    Args:
        schema: kinds and types of the columns.
        table: the rows.
        pointing: columns of foreign keys, of which there are none.
        given: columns of which none follows, but that may say where others are missing.
        orders: whether orders of numbers are among them.
    """
    rows = {name: column.combine_chunks() for name, column in zip(table.column_names, table.columns, strict=True)}
    fixed = {name for name, column in schema.columns.items() if column.kind == "identifier"} | set(schema.primary_key)
    fixed |= set(pointing)
    found = propose(rows, schema.columns, frozenset(fixed), given=frozenset(given), orders=orders)
    return dataclasses.replace(
        schema,
        rules={each.name: each.expression for each in found if each.exact},
        proposed={
            each.name: {"sql": each.expression, "rows": each.rows, "broken": each.broken, "example": each.example}
            for each in found
            if not each.exact
        },
    )


def public_columns(schema: Table, public: Collection[str]) -> Table:
    """The schema with columns whose values may be known to all; `*` stands for every one that would protect some.

    Raises:
        SpecError: there is no such column.
    """
    names = (public,) if isinstance(public, str) else public
    every = "*" in names and "*" not in schema.columns
    for name in names:
        if name not in schema.columns and not every:
            raise SpecError(f"public={name!r}: there is no such column{suggest(name, schema.columns)}")
    columns = {
        name: dataclasses.replace(column, public=True)
        if name in names or (every and shares_of(column.kind))
        else column
        for name, column in schema.columns.items()
    }
    return dataclasses.replace(schema, columns=columns)


def complete(schema: Table, table: pa.Table, name: str) -> Table:
    """The schema with its columns in the order of the table's; what is left out of it is taken from the table.

    Without columns, all are inferred. A column without a type gets the table's, and the printed form that goes with it.

    Raises:
        DataError: the table lacks a column of the schema, or has one that the schema does not know.
        SpecError: there is no such kind, or a setting of one is wrong.
    """
    if not schema.columns:
        inferred = inspect(table, name=name, primary_key=schema.primary_key).only[1]
        return dataclasses.replace(schema, columns=inferred.columns)
    for column in table.column_names:
        if column not in schema.columns:
            raise DataError(
                f"tables.{name}: the data has a column {column!r} that the schema does not know"
                f"{suggest(column, schema.columns)} Add it to the schema, or take it out of the data."
            )
    for column in schema.columns:
        if column not in table.column_names:
            raise DataError(
                f"tables.{name}.columns.{column}: the data has no such column{suggest(column, table.column_names)}"
            )
    for column, known in schema.columns.items():
        kind_of(f"tables.{name}.columns.{column}", known)
    columns = {field.name: _typed(schema.columns[field.name], field, table) for field in table.schema}
    return as_keys(dataclasses.replace(schema, columns=columns), {schema.primary_key})


def as_keys(schema: Table, keys: Collection[tuple[str, ...]]) -> Table:
    """The schema with keys of one column in which no value repeats, whatever the data showed before they were said to be keys."""
    columns = dict(schema.columns)
    for name in {key[0] for key in keys if len(key) == 1} & columns.keys():
        columns[name] = never_repeated(columns[name])
    return dataclasses.replace(schema, columns=columns)


def _typed(column: Column, field: pa.Field, table: pa.Table) -> Column:
    """A column with a type: the data's own if it has none, or text for a kind that takes nothing else."""
    if column.type:
        return column
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if column.kind in OF_TEXT and not is_text:
        return dataclasses.replace(column, type="string")
    form = column.form if column.form is not None else form_of(field)
    if column.form is None and pa.types.is_string(kind) and (form is None or form["as"] != "json"):
        # Text is parsed for a kind of numbers, times or truth values only.
        found = recognise(table[field.name]) if form is None and column.kind in PARSED else None
        form = found[1] if found is not None else form if column.kind in PARSED else None
    return dataclasses.replace(column, type=str(field.type), form=form)
