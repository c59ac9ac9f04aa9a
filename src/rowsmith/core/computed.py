"""Values that SQL computes for columns: what it reads in, and how what it gives fits into a column again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql


def value(expression: str, rows: Mapping[str, pa.Array], where: str) -> pa.Array:
    """An expression over the columns that it reads, n values."""
    read = sql.references(expression, where)
    return sql.evaluate(expression, {name: wide(rows[name]) for name in read}, where)


def wide(values: pa.Array) -> pa.Array:
    """Whole numbers with room for sums and products, which SQL would not give those of few bits."""
    small = pa.types.is_integer(values.type) and values.type.bit_width < 64
    return values.cast(pa.int64()) if small else values


def typed(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Computed values in the type of a column: numbers rounded to what it can hold.

    Raises:
        pa.ArrowInvalid: they have no place in it.
    """
    if pa.types.is_dictionary(kind):
        return typed(values, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_duration(kind) and pa.types.is_interval(values.type):
        values = _length(values)
    if pa.types.is_floating(kind) and pa.types.is_decimal(values.type):
        values = values.cast(pa.string())  # Arrow multiplies by a power of ten: 1.2 would become 1.2000000000000002
    if pa.types.is_integer(kind) and (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        if pa.types.is_floating(values.type):
            values = pc.round(values, round_mode="half_to_even")
            values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        ends = np.iinfo(kind.to_pandas_dtype())  # what has no place breaks the rule at the end, and is drawn again
        if kind.bit_width < 64:
            low, high = (
                pa.scalar(float(e) if pa.types.is_floating(values.type) else int(e), values.type)
                for e in (ends.min, ends.max)
            )
            values = pc.min_element_wise(pc.max_element_wise(values, low, skip_nulls=False), high, skip_nulls=False)
    elif pa.types.is_decimal(kind) and (pa.types.is_floating(values.type) or pa.types.is_decimal(values.type)):
        values = pc.round(values, ndigits=kind.scale, round_mode="half_towards_infinity")
    return values.cast(kind)


def _length(values: pa.Array) -> pa.Array:
    """What lies between two moments, of SQL's days and nanoseconds, as a length; there are no months in it."""
    parts = np.frombuffer(
        values.buffers()[1],
        dtype=[("months", "<i4"), ("days", "<i4"), ("ns", "<i8")],
        count=len(values) + values.offset,
    )[values.offset :]
    ticks = parts["days"].astype(np.int64) * 86_400_000_000 + parts["ns"] // 1000
    mask = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(ticks, mask=mask).cast(pa.duration("us"))


def flags(values: pa.Array) -> NDArray[np.bool_]:
    """Truth values, shape (n,); null counts as false."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)
