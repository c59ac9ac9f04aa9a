"""Columns of sequences of which one is never above another: prices of a day, what was asked and what was paid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._sequence_rows import ROUNDED, Real

SURE, KEPT = 20, 0.9995
"""Rows that would break an order of two columns if these were independent, before it is kept, and share of those that keep it."""


def orders(real: Real) -> list[tuple[int, int]]:
    """Pairs of columns of which the first is never above the second, by more than chance; of sums none, for these are computed."""
    computed = {each.place for each in real.sums}
    found = list[tuple[int, int]]()
    rng = Key(0).child("bounds").generator()
    for i, one in enumerate(real.columns):
        for j, two in enumerate(real.columns[:i]):
            if (
                one is None
                or two is None
                or not (one.on_line and two.on_line)
                or one.kind != two.kind
                or computed & {i, j}
            ):
                continue
            a, b = (c.zero + c.scale * real.values[:, k] for c, k in ((one, i), (two, j)))
            both = np.isfinite(a) & np.isfinite(b)
            a, b = a[both], b[both]
            mixed, off = rng.permutation(b), ROUNDED * max(one.scale, two.scale)
            for pair, kept, broken in (
                ((i, j), a <= b + off, a > mixed + off),
                ((j, i), a >= b - off, a < mixed - off),
            ):
                if len(a) and kept.mean() >= KEPT and broken.sum() >= SURE:
                    found.append(pair)
    return found


def bounds_of(order: Sequence[int], orders: Sequence[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns drawn earlier that a column is never above, or never below: where those of each begin; place and whether above."""
    at, found = [0], list[tuple[int, int]]()
    place = {i: k for k, i in enumerate(order)}
    for k, i in enumerate(order):
        found += [(place[high], 1) for low, high in orders if low == i and place[high] < k]
        found += [(place[low], 0) for low, high in orders if high == i and place[low] < k]
        at.append(len(found))
    return np.array(at, dtype=np.int64), np.array(found, dtype=np.int64).reshape(-1, 2)
