"""Parents that have like children, as a few groups: what a child learns of a parent that it is not drawn for.

A predictive clustering tree (H. Blockeel, L. De Raedt, J. Ramon, "Top-down induction of clustering trees", 1998): parents
are halved again and again where that makes the two halves most alike in all of their features together.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

CUTS = 7
"""Places, evenly over a group's rows, at which a feature is tried to cut it."""
LEAST_GAIN = 1e-9
"""What a cut gains at least; less is rounding."""
TOP = 24
"""Levels of a nominal feature that count, the most frequent."""


def clusters(features: Floats, weights: Floats, *, most: int, least: int) -> Index:
    """Groups of rows with like features, shape (rows,); groups with near numbers are like one another.

    Args:
        features: shape (rows, features), none of them missing, of about the same spread.
        weights: how much each row counts, shape (rows,).
        most: groups at most.
        least: rows that a group has at least.
    """
    n = len(features)
    heap: list[tuple[float, int, Index, Index, Index]] = []
    leaves: dict[int, Index] = {}
    numbers = iter(range(4 * most + 4))

    def add(rows: Index) -> int:
        number = next(numbers)
        leaves[number] = rows
        gain, left, right = _cut(features[rows], weights[rows], least)
        if gain > 0:
            heapq.heappush(heap, (-gain, number, rows, left, right))
        return number

    children: dict[int, tuple[int, int]] = {}
    root = add(np.arange(n))
    while heap and len(leaves) < most:
        _, number, rows, left, right = heapq.heappop(heap)
        del leaves[number]
        children[number] = add(rows[left]), add(rows[right])
    out, todo, count = np.zeros(n, dtype=np.int64), [root], 0
    while todo:
        number = todo.pop()
        if number in children:
            todo += reversed(children[number])
        else:
            out[leaves[number]] = count
            count += 1
    return out


def _cut(features: Floats, weights: Floats, least: int) -> tuple[float, Index, Index]:
    """The best cut of some rows: what it gains, and the two halves."""
    n, none = len(features), np.empty(0, dtype=np.int64)
    if n < 2 * least:
        return 0.0, none, none
    best = (0.0, none, none)
    total, mass = weights @ features, weights.sum()
    base = (total**2).sum() / mass
    for column in features.T:
        order = np.argsort(column, kind="stable")
        ranked = column[order]
        places = np.unique(np.linspace(least, n - least, CUTS).astype(np.int64))
        # a cut lies between two different values
        places = np.unique(np.concatenate([np.searchsorted(ranked, ranked[np.minimum(places, n - 1)], side="left")]))
        places = places[(places >= least) & (places <= n - least)]
        if not len(places):
            continue
        ends = np.add.reduceat(features[order] * weights[order, None], np.r_[0, places], axis=0)
        held = np.add.reduceat(weights[order], np.r_[0, places])
        left, below = np.cumsum(ends, axis=0)[:-1], np.cumsum(held)[:-1]
        right, above = total - left, mass - below
        gains = (left**2).sum(axis=1) / below + (right**2).sum(axis=1) / above - base
        at = int(np.argmax(gains))
        if gains[at] > max(best[0], LEAST_GAIN):
            best = (float(gains[at]), order[: places[at]], order[places[at] :])
    return best


def numeric(values: Floats) -> Floats:
    """A feature of numbers: their ranks from -1 to 1 (missing ones in the middle), shape (rows, 1)."""
    known = np.isfinite(values)
    out = np.zeros(len(values))
    levels, place = np.unique(values[known], return_inverse=True)
    if len(levels) > 1:
        counts = np.bincount(place)
        middle = (np.cumsum(counts) - counts / 2) / len(place)
        out[known] = 2 * middle[place] - 1
    return out[:, None]


def nominal(codes: Index) -> Floats:
    """Features of levels: one for each frequent one, shape (rows, levels).

    Args:
        codes: from 0; a negative one is none of them.
    """
    counts = np.bincount(codes[codes >= 0])
    top = np.argsort(-counts, kind="stable")[:TOP]
    return np.asarray((codes[:, None] == top[None, :]).astype(np.float64))


def shares(codes: Index, parent: Index, n_parents: int) -> Floats:
    """Of each parent's children, the share of each frequent level, shape (parents, levels)."""
    counts = np.bincount(codes)
    top = np.argsort(-counts, kind="stable")[:TOP]
    size = np.maximum(np.bincount(parent, minlength=n_parents), 1)
    each = [np.bincount(parent[codes == level], minlength=n_parents) / size for level in top]
    return np.stack(each, axis=1) if each else np.zeros((n_parents, 0))
