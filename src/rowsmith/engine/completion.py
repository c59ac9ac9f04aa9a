"""Columns that a user gives to a learnt table: checked, and in the types that were learnt."""

from __future__ import annotations

from typing import Any

from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.learn._columns import Completion
from rowsmith.learn._given import as_learnt
from rowsmith.learn.table import TableModel


def completion(table: TableModel, frame: Any) -> tuple[Completion, int]:
    """A sampler of rows around given values, and how many are given.

    Args:
        table: the learnt table.
        frame: some of its columns.

    Raises:
        SpecError: a column that the table has not, or has with other values.
        DataError: no frame, or a value that is not of the column's type.
    """
    given, _ = to_arrow(frame)
    names = list(table.schema.columns)
    columns = {}
    for name in given.column_names:
        if name not in names:
            raise SpecError(f"given={name!r}: the model has no such column{suggest(name, names)}")
        try:
            columns[name] = as_learnt(table.codecs[names.index(name)], given[name].combine_chunks())
        except RowsmithError as fault:
            raise type(fault)(f"given column {name!r}: {fault}") from None
    return Completion(table, columns), given.num_rows
