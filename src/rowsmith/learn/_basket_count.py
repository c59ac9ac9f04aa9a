"""Compiled counts of baskets: how often two items, or a sign and an item, are together."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _partner(one, other, starts, partners):
    """Where an item stands among the partners of another, or of a sign; -1 if it does not."""
    lo, hi = starts[one], starts[one + 1]
    while lo < hi:
        m = (lo + hi) >> 1
        if partners[m] < other:
            lo = m + 1
        else:
            hi = m
    return lo if lo < starts[one + 1] and partners[lo] == other else -1


@njit(cache=True, nogil=True, error_model="numpy")
def count(begins, items, told_begins, told, classes, starts, partners, logs, of_pairs, of_items, moments):
    """Add up what baskets hold.

    Args:
        begins: first place of each basket, and the number of places, [baskets + 1].
        items: of the places.
        told_begins: first sign of each basket, and the number of signs, [baskets + 1].
        told: the signs.
        classes: of each basket, [baskets].
        starts: where the partners of each item and sign begin, [items + signs + 1].
        partners: of these.
        logs: of the factors of the pairs.
        of_pairs: how often each two partners are together, at the sign or the smaller item; of the size of `partners`.
        of_items: how often each item is there, by class, [classes, items].
        moments: sums of the coupling of items of baskets, and of its square, by class, [classes, 2].
    """
    for b in range(begins.size - 1):
        coupling = 0.0
        for k in range(begins[b], begins[b + 1]):
            other = items[k]
            of_items[classes[b], other] += 1
            for j in range(begins[b], begins[b + 1]):
                if items[j] < other:
                    at = _partner(items[j], other, starts, partners)
                    if at >= 0:
                        of_pairs[at] += 1
                        coupling += logs[at]
            for j in range(told_begins[b], told_begins[b + 1]):
                at = _partner(told[j], other, starts, partners)
                if at >= 0:
                    of_pairs[at] += 1
        moments[classes[b], 0] += coupling
        moments[classes[b], 1] += coupling * coupling


@njit(cache=True, nogil=True, error_model="numpy")
def tell(begins, items, told_begins, told, size, together):
    """Add up how often each sign is with each item, [signs, items]; the sign `size` is the first."""
    for b in range(begins.size - 1):
        for j in range(told_begins[b], told_begins[b + 1]):
            for k in range(begins[b], begins[b + 1]):
                together[told[j] - size, items[k]] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def pairs(begins, items, together):
    """Add up how often each two items are together, [items, items], the smaller first."""
    for b in range(begins.size - 1):
        for j in range(begins[b], begins[b + 1]):
            for k in range(j + 1, begins[b + 1]):
                together[min(items[j], items[k]), max(items[j], items[k])] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def list_pairs(begins, items, size, out):
    """Each two items of each basket as one number, the smaller times `size` and the greater."""
    at = 0
    for b in range(begins.size - 1):
        for j in range(begins[b], begins[b + 1]):
            for k in range(j + 1, begins[b + 1]):
                out[at] = min(items[j], items[k]) * np.int64(size) + max(items[j], items[k])
                at += 1
