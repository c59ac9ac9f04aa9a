"""Numbers and times as places on a lattice: how fine it is, whether it is a column's own, the nearest place to a bound."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.computed import flags

FEWER, LARGEST = 0.25, 1e15
"""Share of the distances from which on a column has few values; numbers up to which whole ones are exact."""
HEAP, HEAPS, ROOM = 3, 256, 0.1
"""Rows, and one of so many, that share a value from which on it is a heap; share of the rows on heaps that may be lost."""
SELDOM = 0.05
"""Share of the rows up to which an order is seldom broken."""
TICKS = 34
"""Digits of decimals that are worked with: a sum may have one more, and Arrow has 38."""
PLACES = 9
"""Decimals of floats that are kept, at most; more are no decimals."""


def ticks_of(values: pa.Array) -> pa.Array:
    """Values as numbers that can be added: whole numbers for times, decimals as they are.

    Raises:
        pa.ArrowInvalid: they are no numbers or times.
    """
    kind = values.type
    if pa.types.is_decimal(kind):
        return values.cast(pa.decimal128(TICKS, kind.scale))
    if pa.types.is_floating(kind):
        return values.cast(pa.float64())
    if pa.types.is_integer(kind):
        return values.cast(pa.int64())
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return values.cast(storage_of(kind)).cast(pa.int64())
    raise pa.ArrowInvalid(f"{kind} knows no distance")


def storage_of(kind: pa.DataType) -> pa.DataType:
    """The numbers that a type of times is kept as; other types themselves."""
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.int32()
    return pa.int64() if pa.types.is_temporal(kind) else kind


def grid_of(ticks: pa.Array) -> tuple[int, int] | None:
    """Step and first place of the lattice that whole numbers are on; None of others."""
    if not pa.types.is_integer(ticks.type):
        return None
    values = np.unique(ticks.drop_null().to_numpy())
    step = int(np.gcd.reduce(np.diff(values))) if len(values) > 1 else 1
    return (step, int(values[0]) % step) if step > 1 else None


def on_grid(values: pa.Array, step: int, first: int, *, upper: bool) -> pa.Array:
    """The nearest places of a lattice, below upper bounds and above lower ones."""
    there = flags(values.is_valid())
    ticks = ticks_of(values).fill_null(0).to_numpy() - first
    ticks = (ticks // step if upper else -(-ticks // step)) * step + first
    return pa.array(ticks, mask=~there).cast(storage_of(values.type)).cast(values.type)


def folded(found: pa.Array, nearest: pa.Array, top: pa.Array, step: int) -> pa.Array:
    """Ticks, those above the greatest one as far from the least as what is left when the room between is taken off: inside, and spread."""
    ticks, low, high = (each.fill_null(0).to_numpy() for each in (found, nearest, top))
    room = np.maximum(((high - low) // step + 1) * step, 1)
    inside = low + (ticks - low) % room
    over = flags(found.is_valid()) & flags(top.is_valid()) & (ticks > high)
    return pc.if_else(pa.array(over), pa.array(inside), found)


def structured(real: pa.Array, away: pa.Array) -> bool:
    """Whether values have an order that their distances to a bound have not: far fewer values, a wider step, or most left out."""
    every = np.sort(_whole(real))
    values, gaps = np.unique(every), np.unique(_whole(away))
    if len(values) < 2 or len(gaps) < 2:
        return False
    few = len(values) < FEWER * len(gaps) and len(values) < FEWER * len(every)
    step, fine = (np.gcd.reduce(np.diff(each)) for each in (values, gaps))
    middle = every[len(every) // 20 : len(every) - len(every) // 20]
    room = (middle[-1] - middle[0]) / step + 1
    filled = len(np.unique(middle)) / (
        room * -math.expm1(-len(middle) / room)
    )  # of the places that chance would have filled
    return bool(few or step > fine or filled < FEWER)


def told_by_distance(real: pa.Array, bound: pa.Array) -> bool:
    """Whether the distances of numbers to a bound tell all: they spread no wider than the numbers, which heap on no values.

    A number that is mostly far below its bound is better learnt itself. Prices that end in .99 are lost where the distance is
    that of a like row. Such heaps are looked for in half of the rows and counted in the others: of few rows, some share a value
    by chance.

    Args:
        real: ticks of the column, shape (n,).
        bound: ticks of its bound, shape (n,).
    """
    a, b = _by_bound(real, bound)
    if len(a) < 2 or _spread(a - b) > _spread(a):
        return False
    values, counts = np.unique(a[::2], return_counts=True)
    heaps = values[counts >= max(HEAP, len(a) / 2 / HEAPS)]
    made = np.round(b[1:] + (a - b)[:-1], PLACES)[::2]  # each with the distance of the row before it
    lost = np.isin(a[1::2], heaps).mean() - np.isin(made, np.round(heaps, PLACES)).mean()
    return bool(lost <= ROOM + 2 / math.sqrt(len(made)))


def seldom_broken(real: pa.Array, bound: pa.Array) -> bool:
    """Whether a number is seldom on the other side of the bound of a row that is like its own.

    Args:
        real: ticks of the column, shape (n,).
        bound: ticks of its bound, shape (n,).
    """
    a, b = _by_bound(real, bound)
    away = max(1, len(a) // HEAPS)
    if len(a) <= away:
        return True
    # above it is the one, below it the other
    beyond = np.array([(a[:-away] < b[away:]).mean(), (a[away:] > b[:-away]).mean()])
    return bool(beyond[int((a <= b).mean() > (a >= b).mean())] <= SELDOM)


def _by_bound(real: pa.Array, bound: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numbers and their bounds in rows that have both, in the order of the bounds."""
    a, b = (np.asarray(each.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)) for each in (real, bound))
    both = np.isfinite(a) & np.isfinite(b)
    order = np.argsort(b[both], kind="stable")
    return a[both][order], b[both][order]


def _spread(x: NDArray[np.float64]) -> float:
    low, high = np.quantile(x, [0.25, 0.75])
    return float(high - low)


def _whole(values: pa.Array) -> NDArray[np.int64]:
    """Numbers as whole ones, in units of their last digit; those without one as ranks."""
    values = values.drop_null()
    if pa.types.is_decimal(values.type):
        return np.array([int(v.scaleb(values.type.scale)) for v in values.to_pylist()], dtype=np.int64)
    x = values.to_numpy(zero_copy_only=False)
    if x.dtype.kind == "i":
        return np.asarray(x, dtype=np.int64)
    places = places_of(pa.array(np.round(x, PLACES)))
    if places is None or np.abs(x).max(initial=0.0) * 10.0**places > LARGEST:
        return np.asarray(np.unique(x, return_inverse=True)[1], dtype=np.int64)
    return np.asarray(np.rint(x * 10.0**places), dtype=np.int64)


def places_of(values: pa.Array) -> int | None:
    """Decimals that all values have at most; None for more than `PLACES`."""
    x = values.drop_null().to_numpy(zero_copy_only=False)
    x = x[np.isfinite(x)]
    for places in range(PLACES + 1):
        if np.array_equal(np.round(x, places), x):
            return places
    return None
