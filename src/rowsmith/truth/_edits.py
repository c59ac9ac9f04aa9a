"""Small edits of a cell, as happen when the same thing is entered twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.slips import SLIPS, slips
from rowsmith.core.types import is_number, is_text
from rowsmith.truth._dirt import fill, within
from rowsmith.truth._terms import numbers
from rowsmith.truth._usual import LARGEST

DIGITS = 3
"""Significant digits that a rounded number keeps."""
DAYS = 3
"""By which a date moves at most."""


def can_edit(kind: pa.DataType) -> bool:
    """Whether there is a small edit of values of a type."""
    return is_text(kind) or is_number(kind) or _is_day(kind)


def edited(values: pa.Array, places: int | None, generator: np.random.Generator) -> tuple[pa.Array, list[str]]:
    """Values with a small edit each, and the kind of edit; "" where there is none.

    Args:
        values: m of them, none null.
        places: decimals of numbers, None for many.
        generator: of random numbers.
    """
    kind = values.type
    if is_text(kind):
        return _texts(values, generator)
    if is_number(kind):
        return _numbers(values, places, generator)
    days = generator.integers(1, DAYS + 1, len(values)) * np.where(generator.random(len(values)) < 0.5, -1, 1)
    if pa.types.is_date32(kind):
        moved = pa.array(values.cast(pa.int32()).to_numpy() + days.astype(np.int32)).cast(kind)
    else:
        unit = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}["ms" if pa.types.is_date64(kind) else kind.unit]
        moved = pa.array(values.cast(pa.int64()).to_numpy() + days * 86_400 * unit).cast(kind)
    return moved, ["moved date"] * len(values)


def _is_day(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _texts(values: pa.Array, generator: np.random.Generator) -> tuple[pa.Array, list[str]]:
    clean = values.cast(pa.string()).to_pylist()
    typed = slips(clean, SLIPS, generator)
    case = generator.random((len(clean), 2)).tolist()
    out, kinds = [], []
    for word, slip, (which, how) in zip(clean, typed, case, strict=True):
        other = (word.upper() if how < 0.5 else word.lower()) if which < 0.5 else word
        if other == word and slip is not None:
            out.append(slip[0])
            kinds.append("typo")
        else:
            out.append(other)
            kinds.append("case" if other != word else "")
    return pa.array(out, pa.string()), kinds


def _numbers(values: pa.Array, places: int | None, generator: np.random.Generator) -> tuple[pa.Array, list[str]]:
    kind = values.type
    x: NDArray[np.float64] = numbers(values, "")
    able, x = np.abs(x) <= LARGEST, np.where(np.abs(x) <= LARGEST, x, 0.0)
    power = np.floor(np.log10(np.where(x == 0, 1, np.abs(x)))) - (DIGITS - 1)
    step = 10.0 ** np.abs(power)
    rounded = np.where(power >= 0, np.rint(x / step) * step, np.rint(x * step) / step)
    last = 10.0 ** -(0 if places is None else places) * np.where(generator.random(len(x)) < 0.5, -1, 1)
    out = within(np.where(rounded == x, np.round(x + last, 12), rounded), kind)
    good = able & np.isfinite(out) & (out != x)
    mechanisms = np.where(good, np.where(rounded == x, "last digit", "rounding"), "").tolist()
    return pc.if_else(pa.array(good), fill(np.where(good, out, 0.0), kind), values), mechanisms
