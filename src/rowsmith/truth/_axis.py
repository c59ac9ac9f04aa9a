"""A column as an axis: numbers as they are, dates and moments as days since 1970-01-01."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.truth._terms import kind_of, numbers, texts

DAY = 86_400_000_000  # microseconds


def is_time(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a column holds dates or moments, also as text."""
    kind = column.type
    return bool(pa.types.is_temporal(kind) or _is_text(kind))


def axis(column: pa.Array | pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    """Where each row is, shape (n,); nan where it is null. Moments are in UTC.

    Raises:
        DataError: it holds neither numbers nor dates.
    """
    if not is_time(column):
        return numbers(column, name)
    try:
        array = texts(column) if _is_text(column.type) else column
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        moments = array.cast(pa.timestamp("us", getattr(array.type, "tz", None))).cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(f"{name}: expected numbers or dates, and it is {kind_of(column.type)}.") from None
    return numbers(moments, name) / DAY


def place(value: float | str) -> float:
    """Where a number or a date of a setting lies on the axis.

    Raises:
        SpecError: a text that is no date.

    >>> place("1970-01-02 12:00")
    1.5
    """
    if not isinstance(value, str):
        return float(value)
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise SpecError(f"{value!r}: is no date; expected one such as 2024-07-01.") from None
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(days=1)


def shown(where: float, time: bool) -> str:
    """A place on the axis as a person writes it.

    >>> shown(1.5, True)
    '1970-01-02 12:00'
    """
    if not time:
        return f"{where:.6g}"
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(days=where)
    return moment.strftime("%Y-%m-%d" if where == round(where) else "%Y-%m-%d %H:%M")


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or (pa.types.is_dictionary(kind) and _is_text(kind.value_type))
    )
