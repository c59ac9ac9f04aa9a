"""Digits that change places with their neighbours, in numbers with a known number of decimals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST = 15
"""Digits of a number that are told apart; those of a double."""


def swaps(x: Array, places: int) -> list[Array]:
    """Each number with two neighbouring digits swapped, for every pair of places.

    Args:
        x: numbers, shape (n,).
        places: after the point.

    Returns:
        At least one array of shape (n,), from the last two digits on: nan where there are no such digits, where they are the
        same, or where the number would begin with a zero.

    >>> [other.tolist() for other in swaps(np.array([12.35, 4.4]), 2)]
    [[12.53, 4.04], [13.25, nan], [21.35, nan]]
    """
    size = np.rint(np.abs(x) * 10.0**places)
    whole = np.where(np.isfinite(size) & (size < 10.0**MOST), size, 0).astype(np.int64)
    out, step = [], 1
    for _ in range(max(len(str(int(whole.max(initial=10)))) - 1, 1)):
        low, high = whole // step % 10, whole // (step * 10) % 10
        first = whole // (step * 10) < 10  # the pair is at the front
        other = whole + (low - high) * 9 * step
        can = (whole >= step * 10) & (low != high) & ~(first & (low == 0))
        out.append(np.where(can, np.copysign(other / 10.0**places, x), np.nan))
        step *= 10
    return out


def swapped(x: Array, places: int, pick: Array) -> Array:
    """Each number with two of its neighbouring digits swapped, any that can be.

    Args:
        x: numbers, shape (n,).
        places: after the point.
        pick: from 0 to below 1, which of the pairs, shape (n,).

    Returns:
        Shape (n,); nan where no two digits can be swapped.
    """
    others = np.stack(swaps(x, places))
    can = np.isfinite(others)
    turn = np.floor(pick * can.sum(axis=0)) + 1
    chosen = np.argmax(np.cumsum(can, axis=0) >= turn, axis=0)
    return np.asarray(np.where(can.any(axis=0), others[chosen, np.arange(len(x))], np.nan))
