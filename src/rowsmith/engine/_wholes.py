"""Numbers of a column as whole multiples of its last digit, whose sums are exact: cents for amounts of money."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.apportion import Wholes
from rowsmith.core.errors import SpecError

MOST = 2**53
"""Greatest multiple that is added up; any up to it is a double, too."""


def wholes(values: pa.Array, digits: int) -> Wholes:
    """The numbers times 10 ** digits; nulls are 0.

    Args:
        values: integers, decimals or floats of at most so many digits after the point, shape (n,).
        digits: after the point.

    Raises:
        SpecError: a number is too large, or not finite.

    >>> wholes(pa.array([1.25, None]), 2)
    array([125,   0])
    """
    values = values.fill_null(0) if values.null_count else values
    if pa.types.is_decimal(values.type):
        found = _unscaled(values)
        if values.type.scale != digits:
            factor = 10 ** (values.type.scale - digits)
            assert not (found % factor).any(), "the column's values have no more digits than it says"
            found = found // factor
    elif pa.types.is_integer(values.type):
        try:
            found = values.cast(pa.int64()).to_numpy() * 10**digits
        except pa.ArrowInvalid:
            raise _too_large() from None
    else:
        scaled = np.rint(values.to_numpy() * 10.0**digits)
        if not (np.abs(scaled) <= MOST).all():
            raise _too_large()
        found = scaled.astype(np.int64)
    if len(found) and max(int(found.max()), -int(found.min())) > MOST:
        raise _too_large()
    return found


def numbers(found: Wholes, known: NDArray[np.bool_], kind: pa.DataType, digits: int) -> pa.Array:
    """The inverse of `wholes`.

    Args:
        found: multiples, shape (n,).
        known: which rows have a value, shape (n,).
        kind: type of the column.
        digits: after the point.

    Raises:
        SpecError: the type has no room for one of them.
    """
    if len(found) and max(int(found.max()), -int(found.min())) > MOST:
        raise _too_large()
    mask = None if known.all() else ~known
    if pa.types.is_floating(kind):
        return pa.array(
            found / 10.0**digits, mask=mask
        )  # the nearest number to the decimal, as a person would have typed it
    try:
        if pa.types.is_decimal(kind):
            return _scaled(found, mask, digits, kind)
        return pa.array(found, mask=mask).cast(kind)
    except pa.ArrowInvalid:
        most = found[known].max(initial=0) / 10**digits
        raise SpecError(f"values of up to {most:,g} do not fit {kind}, which is what `as` says.") from None


def _unscaled(values: pa.Array) -> Wholes:
    """A decimal's digits as whole numbers."""
    plain = values if pa.types.is_decimal128(values.type) else values.cast(pa.decimal128(38, values.type.scale))
    words = np.frombuffer(plain.buffers()[1], dtype=np.int64).reshape(-1, 2)[plain.offset :][: len(plain)]
    if (words[:, 1] != words[:, 0] >> 63).any():
        raise _too_large()
    return words[:, 0]


def _scaled(found: Wholes, mask: NDArray[np.bool_] | None, digits: int, kind: pa.DataType) -> pa.Array:
    words: NDArray[Any] = np.stack([found, found >> 63], axis=1)
    valid = None if mask is None else pa.array(~mask).buffers()[1]
    buffers = [valid, pa.py_buffer(words)]
    if kind.scale == digits and pa.types.is_decimal128(kind) and np.abs(found).max(initial=0) < 10**kind.precision:
        return pa.Array.from_buffers(kind, len(found), buffers)
    return pa.Array.from_buffers(pa.decimal128(38, digits), len(found), buffers).cast(kind)


def _too_large() -> SpecError:
    return SpecError(
        "values are too large, or have too many digits, to be added up exactly (15 digits in all can be); bound them by "
        "`max`, or give `round` or `as: decimal(…)` with fewer digits."
    )
