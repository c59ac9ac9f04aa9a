"""Columns that a user gives to a learnt table: checked, and in the types that were learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
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


def balanced(table: TableModel, name: str, n: int, key: Key) -> pa.Array:
    """The values of a column, each as often as every other one, in random order.

    Args:
        table: the learnt table.
        name: of the column.
        n: how many values are wanted.
        key: random stream of the order.

    Raises:
        SpecError: there is no such column, or it is none of listed values.
    """
    names = list(table.schema.columns)
    if name not in names:
        raise SpecError(f"balance={name!r}: the model has no such column{suggest(name, names)}")
    codec = table.codecs[names.index(name)]
    told = name in table.telling or name in table.ties.columns
    if not told or not codec.exact or codec.size - codec.nullable < 2:
        raise SpecError(
            f"balance={name!r}: is no column of listed values; expected one such as a class or a yes and no."
        )
    codes = np.arange(int(codec.nullable), codec.size, dtype=np.uint16)
    levels = codec.decode(codes, Rows(0, len(codes)), key)
    return levels.take(pa.array(key.generator().permutation(n) % len(codes)))
