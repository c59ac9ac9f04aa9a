"""Columns with other values in them, of the type that they were of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.truth._terms import texts

FINEST = 6


def is_number(kind: pa.DataType) -> bool:
    """Whether a type is of numbers, true and false apart."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def decimals(values: NDArray[np.float64]) -> int | None:
    """Decimals that all values are written with, to keep new ones from standing out; None for more than six.

    >>> decimals(np.array([1.5, 2.25]))
    2
    """
    for places in range(FINEST + 1):
        if np.array_equal(np.round(values, places), values):
            return places
    return None


def with_numbers(
    column: pa.Array, where: NDArray[np.int64], values: NDArray[np.float64], places: int | None, u: NDArray[np.float64]
) -> pa.Array:
    """A column with other numbers in some rows; nulls stay.

    Args:
        column: of numbers.
        where: rows, in ascending order, shape (m,).
        values: new ones, shape (m,).
        places: decimals that they are written with; None for all.
        u: even random numbers, shape (m,): each value goes up or down so often that the mean is kept, as moving whole numbers
            by a half and rounding would not.
    """
    kind = column.type
    if pa.types.is_integer(kind):
        bound = np.iinfo(kind.to_pandas_dtype())
        values, places = values.clip(float(bound.min), float(bound.max)), 0
    elif pa.types.is_decimal(kind):
        places = kind.scale if places is None else min(kind.scale, places)
    if places is not None:
        # what is whole but for the rounding of floats has to stay
        values = np.round(np.floor(np.round(values * 10.0**places, 6) + u) / 10.0**places, places)
    mask = np.zeros(len(column), dtype=bool)
    mask[where] = True
    mask &= column.is_valid().to_numpy(zero_copy_only=False)
    new = pa.array(values[mask[where]], pa.float64()).cast(kind, safe=False)
    return pc.replace_with_mask(column, pa.array(mask), new)


def with_words(column: pa.Array, where: NDArray[np.int64], words: pa.Array) -> pa.Array:
    """A column with other levels in some rows.

    Args:
        column: of text, of a dictionary of texts, or of true and false; n long.
        where: rows, in ascending order, shape (m,).
        words: their levels, m texts.
    """
    mask = np.zeros(len(column), dtype=bool)
    mask[where] = True
    new = pc.replace_with_mask(texts(column), pa.array(mask), words)
    kind = column.type
    if pa.types.is_boolean(kind):
        return pc.equal(new, "true")
    if not pa.types.is_dictionary(kind):
        return new.cast(kind)
    known = texts(column.dictionary)
    extra = pc.unique(words).filter(pc.invert(pc.is_in(pc.unique(words), value_set=known)))
    known = pa.concat_arrays([known, extra])
    codes = pc.index_in(new, value_set=known)
    codes = pc.if_else(new.is_null(), pa.scalar(None, codes.type), codes)
    return pa.DictionaryArray.from_arrays(
        codes.cast(kind.index_type), known.cast(kind.value_type), ordered=kind.ordered
    )
