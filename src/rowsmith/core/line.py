"""Types on a number line: Arrow values to whole or floating numbers and back.

Whole numbers stand for integers, unscaled decimals, days, and units of time; so one engine (`_grid`) serves them all.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError

Line = NDArray[Any]
"""int64 or float64."""

_TOP = np.uint64(1 << 63)
_DAY_MS = 86_400_000
_EXACT = 2.0**53
MAX_DIGITS = 12
"""Decimals of floats that are looked for, at most."""
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def to_line(values: pa.Array) -> Line:
    """Numbers of values without nulls: int64 where the type is exact, float64 for floats and decimals beyond 18 digits.

    Args:
        values: integers, floats, decimals, dates, times, timestamps or durations; no nulls.

    Raises:
        DataError: not on a number line.

    >>> to_line(pa.array([Decimal("1.25"), Decimal("-3.00")])).tolist()
    [125, -300]
    """
    return np.asarray(_numbers(values, values.type))


def from_line(line: Line, kind: pa.DataType) -> pa.Array:
    """The inverse of `to_line`.

    >>> from_line(np.array([125, -300]), pa.decimal128(5, 2)).to_pylist()
    [Decimal('1.25'), Decimal('-3.00')]
    """
    if pa.types.is_uint64(kind):
        return pa.array(line.view(np.uint64) ^ _TOP)
    if pa.types.is_integer(kind):
        return pa.array(line.astype(kind.to_pandas_dtype(), copy=False))
    if pa.types.is_floating(kind):
        return pa.array(line.astype(kind.to_pandas_dtype(), copy=False))
    if pa.types.is_decimal(kind):
        return pa.array(line).cast(kind) if line.dtype.kind == "f" else _scaled(line, kind)
    if pa.types.is_date64(kind):
        return pa.array(line * _DAY_MS).view(kind)
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.array(line.astype(np.int32)).view(kind)
    return pa.array(line).view(kind)


def float_type(kind: pa.DataType) -> Any:
    """NumPy's type of an Arrow float; double for all else."""
    return kind.to_pandas_dtype() if pa.types.is_floating(kind) else np.float64


def natural_steps(kind: pa.DataType) -> tuple[int, ...]:
    """Steps that clocks move in (day, hour, minute, second, …), in the type's unit, coarse to fine."""
    if not (pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind)):
        return ()
    second = PER_SECOND[kind.unit]
    steps = [86400 * second, 3600 * second, 60 * second, second, second // 10**3, second // 10**6]
    return tuple(s for s in steps if s > 1)


def line_limits(kind: pa.DataType) -> tuple[float, float]:
    """The least and the greatest number that a type has room for, or people have use for: days of the years 1 to 9999.

    >>> line_limits(pa.int8())
    (-128, 127)
    >>> line_limits(pa.time32("s"))
    (0, 86399)
    """
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        ends = np.iinfo(kind.to_pandas_dtype())
        return int(ends.min), int(ends.max)
    if pa.types.is_time(kind):
        return 0, 86400 * PER_SECOND[kind.unit] - 1
    first, last = (int(d) for d in np.array(["0001-01-01", "9999-12-31"], "datetime64[D]").astype(np.int64))
    if pa.types.is_date(kind):
        return first, last
    if pa.types.is_timestamp(kind):
        second = PER_SECOND[kind.unit]
        return max(first * 86400 * second, -(2**62)), min((last + 1) * 86400 * second - 1, 2**62)
    return -np.inf, np.inf


def sentinels(kind: pa.DataType) -> NDArray[np.int64]:
    """Days and instants that stand for "no end" or "no date" and are never averaged with real ones."""
    days = np.array(["0001-01-01", "1753-01-01", "1900-01-01", "2999-12-31", "9999-12-31"], "datetime64[D]")
    days = days.astype(np.int64)
    if pa.types.is_date(kind):
        return days
    if not pa.types.is_timestamp(kind):
        return np.zeros(0, np.int64)
    second = PER_SECOND[kind.unit]
    exact = [int(d) * 86400 * second + extra for d in days for extra in (0, 86399 * second)]
    return np.array([e for e in exact if abs(e) < 2**63], np.int64)


def decimals(values: NDArray[np.float64], dtype: Any) -> int | None:
    """Fewest decimals with which every value can be written exactly, if there are few.

    >>> decimals(np.array([0.25, 1.5]), np.float64)
    2
    >>> decimals(np.array([1 / 3]), np.float64) is None
    True
    """
    most = 2.0**24 if np.finfo(dtype).bits < 64 else _EXACT
    for digits in range(MAX_DIGITS + 1):
        scale = 10.0**digits
        with np.errstate(over="ignore"):
            whole = np.rint(values * scale)
        if not (np.abs(whole) < most).all():
            return None
        if ((whole / scale).astype(dtype) == values.astype(dtype)).all():
            return digits
    return None


def scaled(line: NDArray[np.float64], digits: int | None) -> Line:
    """Numbers as whole multiples of their last decimal; as they are where they have no last one."""
    if digits is None:
        return line
    return np.rint(np.clip(line * 10.0**digits, -_EXACT, _EXACT)).astype(np.int64)


def _numbers(values: pa.Array, kind: pa.DataType) -> Any:
    if pa.types.is_uint64(kind):
        return (values.to_numpy() ^ _TOP).view(np.int64)
    if pa.types.is_integer(kind):
        return values.to_numpy().astype(np.int64)
    if pa.types.is_floating(kind):
        return values.to_numpy(zero_copy_only=False).astype(np.float64)
    if pa.types.is_decimal(kind):
        return _unscaled(values)
    if pa.types.is_date64(kind):
        return values.view(pa.int64()).to_numpy() // _DAY_MS
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return values.view(pa.int32()).to_numpy().astype(np.int64)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return values.view(pa.int64()).to_numpy()
    raise DataError(f"values of type {kind} are not numbers, dates or times.")


def _unscaled(values: pa.Array) -> Line:
    """Decimals as whole numbers of their last place; as floats, if one has more than 18 digits."""
    kind = values.type
    if kind.precision > 38:
        low, high = (pa.scalar(Decimal(sign * 10**37).scaleb(-kind.scale), kind) for sign in (-1, 1))
        if len(values) and not pc.all(pc.and_(pc.less(low, values), pc.less(values, high))).as_py():
            return np.asarray(values.cast(pa.float64()).to_numpy())
        values = values.cast(pa.decimal128(38, kind.scale))
    elif not pa.types.is_decimal128(kind):
        values = values.cast(pa.decimal128(kind.precision, kind.scale))
    words = np.frombuffer(values.buffers()[1], dtype="<i8").reshape(-1, 2) if len(values) else np.zeros((0, 2), "i8")
    words = words[values.offset : values.offset + len(values)]
    if (words[:, 1] == words[:, 0] >> 63).all():
        return words[:, 0].astype(np.int64)
    return np.asarray(values.cast(pa.float64()).to_numpy())


def _scaled(line: Line, kind: pa.DataType) -> pa.Array:
    most = 10 ** min(kind.precision, 18) - 1
    whole = np.clip(line, -most, most).astype(np.int64)  # a sum of others may go beyond what the type can hold
    words = np.stack([whole, whole >> 63], axis=1)
    wide = pa.Array.from_buffers(pa.decimal128(38, kind.scale), len(line), [None, pa.py_buffer(words.tobytes())])
    return wide.cast(kind)
