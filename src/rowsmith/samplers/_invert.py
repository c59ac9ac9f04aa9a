"""Where a rising function first reaches a level, for many levels at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]


def first_whole(rise: Callable[[Wholes], Any], levels: Floats, low: Wholes, high: Wholes) -> Wholes:
    """The least whole numbers at which a function reaches levels, by bisection.

    Args:
        rise: never falls; elementwise.
        levels: shape (n,).
        low: numbers at which it has not, shape (n,).
        high: numbers at which it has.
    """
    while True:
        middle = (low & high) + ((low ^ high) >> 1)  # the mean, rounded down, without overflow
        if not (middle > low).any():
            return high
        reached = rise(middle) >= levels
        high = np.where(reached & (middle > low), middle, high)
        low = np.where(reached, low, middle)


def first_float(rise: Callable[[Floats], Any], levels: Floats, low: Floats, high: Floats) -> Floats:
    """The same for all floating-point numbers, exactly, in 64 turns at most; for functions with jumps."""
    found = first_whole(lambda k: rise(_float(k)), levels, _order(np.nextafter(low, -np.inf)), _order(high))
    return _float(found)


def root(rise: Callable[[Floats], Any], levels: Floats, low: Floats, high: Floats) -> Floats:
    """Where a continuous function has the levels, to the last digits, in about ten turns.

    Source: I. Oliveira, R. Takahashi, "An Enhancement of the Bisection Method Average Performance Preserving Minmax
    Optimality", 2020 (the ITP method, κ₁ = 0.2 / width, κ₂ = 2, n₀ = 1).
    """
    found = high.copy()
    rows = np.flatnonzero(high > low)
    a, b, t = low[rows], high[rows], levels[rows]
    fa, fb = np.minimum(rise(a) - t, 0), np.maximum(rise(b) - t, 0)
    fine = 2 * np.spacing(np.maximum(np.abs(a), np.abs(b)))
    spare = fine * 2.0 ** (np.ceil(np.log2((b - a) / (2 * fine))) + 1)  # how far from the middle one may still look
    pull = 0.2 / (b - a)
    while len(rows):
        middle, width = (a + b) / 2, b - a
        secant = np.where(fb > fa, (fb * a - fa * b) / np.where(fb > fa, fb - fa, 1), middle)
        towards = np.sign(middle - secant)
        step = pull * width**2
        x = np.where(step <= np.abs(middle - secant), secant + towards * step, middle)
        room = np.maximum(spare - width / 2, 0)
        x = np.where(np.abs(x - middle) <= room, x, middle - towards * room)
        y = rise(x) - t
        high_side = y >= 0
        a, fa = np.where(high_side, a, x), np.where(high_side, fa, y)
        b, fb = np.where(high_side, x, b), np.where(high_side, y, fb)
        spare = spare / 2
        found[rows] = np.where(np.abs(y) <= 2 * np.spacing(np.abs(t)), x, b)
        keep = (b - a > 2 * fine) & (np.abs(y) > 2 * np.spacing(np.abs(t))) & (spare >= fine / 2)
        rows, a, b, t, fa, fb, fine, spare, pull = (v[keep] for v in (rows, a, b, t, fa, fb, fine, spare, pull))
    return found


def by_table(rise: Callable[[Wholes], Any], levels: Floats, find: Callable[[Floats], Wholes]) -> Wholes:
    """What `find` finds, by a table of the function, if its settings are no arrays and a table pays.

    Args:
        rise: of whole numbers.
        levels: shape (n,).
        find: first whole numbers at which the function reaches some levels.
    """
    if levels.ndim != 1 or levels.size < 64 or np.shape(rise(np.zeros(1, dtype=np.int64))) != (1,):
        return find(levels)
    first, last = find(np.array([levels.min(), levels.max()])).tolist()
    if last - first >= 4 * levels.size:
        return find(levels)
    table = np.maximum.accumulate(rise(np.arange(first, last + 1)))
    table[-1] = np.inf  # rounding of a vectorised function must not lead past the end
    steps: Wholes = np.searchsorted(table, levels)
    return steps + np.int64(first)


def _order(x: Floats) -> Wholes:
    """Whole numbers in the order of floating-point numbers."""
    bits = np.ascontiguousarray(x, dtype=np.float64).view(np.int64)
    ordered: Wholes = bits ^ ((bits >> 63) & np.int64(2**63 - 1))
    return ordered


def _float(k: Wholes) -> Floats:
    bits: Wholes = k ^ ((k >> 63) & np.int64(2**63 - 1))
    return bits.view(np.float64)
