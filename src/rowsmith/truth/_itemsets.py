"""Frequent sets of items, level by level.

Source: R. Agrawal and R. Srikant, "Fast Algorithms for Mining Association Rules", VLDB 1994 (Apriori); sets are counted as bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._basket_table import Purchases
from rowsmith.truth._rule import LEAST_SUPPORT, MOST_ITEMS

_LEAST = 5
_MOST_CANDIDATES = 200_000
_WORDS = 1 << 18  # that are looked at in one go: they stay in the cache

Counts = NDArray[np.int64]


@dataclass
class Levels:
    """Sets of items that are in many baskets.

    Attributes:
        n: baskets.
        base: more than any item's number; sets are numbers to this base.
        deepest: items of the largest sets that were counted.
        sets: by size, shape (sets, size), items ascending, sets in the order of their numbers.
        counts: by size, baskets with each set.
        tried: by size, the sets that were counted, all of whose parts are frequent: those in `sets` and others.
    """

    n: int
    base: int
    deepest: int = 1
    sets: dict[int, Counts] = field(default_factory=dict)
    counts: dict[int, Counts] = field(default_factory=dict)
    numbers: dict[int, Counts] = field(default_factory=dict)
    tried: dict[int, Counts] = field(default_factory=dict)

    def add(self, sets: Counts, counts: Counts) -> None:
        """Add a level."""
        numbers = self._number(sets)
        order = np.argsort(numbers, kind="stable")
        self.deepest = sets.shape[1]
        self.sets[self.deepest] = sets[order]
        self.counts[self.deepest] = counts[order]
        self.numbers[self.deepest] = numbers[order]

    def of(self, sets: Counts) -> Counts:
        """Baskets with each of some sets, which are all frequent; shape (sets,)."""
        return self.counts[sets.shape[1]][np.searchsorted(self.numbers[sets.shape[1]], self._number(sets))]

    def has(self, sets: Counts) -> NDArray[np.bool_]:
        """Which of some sets are frequent."""
        known, asked = self.numbers[sets.shape[1]], self._number(sets)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.asarray(known[place] == asked)

    def _number(self, sets: Counts) -> Counts:
        out = np.zeros(len(sets), dtype=np.int64)
        for place in range(sets.shape[1]):
            out = out * self.base + sets[:, place]
        return out


def frequent(bought: Purchases, items: Counts, both: Counts, most: int = MOST_ITEMS) -> Levels:
    """Sets of two items and more in at least `LEAST_SUPPORT` of the baskets.

    It stops before a level of more than 200,000 candidates: such baskets hold nearly every set.

    Args:
        bought: the baskets.
        items: those to look at; sets hold their places in it.
        both: baskets with both of two of them.
        most: items of the largest sets.
    """
    least = max(LEAST_SUPPORT * bought.n, _LEAST)
    often = np.flatnonzero(np.diag(both) >= least)
    levels = Levels(bought.n, max(len(items), 1))
    levels.add(often[:, None], np.diag(both)[often])
    i, j = np.triu_indices(len(often), 1)
    i, j = often[i], often[j]
    kept = both[i, j] >= least
    levels.add(np.stack([i, j], axis=1)[kept], both[i, j][kept])
    bits = bought.bits(items)
    while levels.deepest < most:
        tried = _joined(levels)
        if not 0 < len(tried) <= _MOST_CANDIDATES:
            break
        counts = shared(bits, tried)
        if not (counts >= least).any():
            break
        levels.tried[tried.shape[1]] = tried
        levels.add(tried[counts >= least], counts[counts >= least])
    return levels


def shared(bits: NDArray[np.uint64], sets: Counts) -> Counts:
    """Baskets with all items of each set, shape (sets,)."""
    out = np.empty(len(sets), dtype=np.int64)
    step = max(_WORDS // max(bits.shape[1], 1), 1)
    for first in range(0, len(sets), step):
        part = sets[first : first + step]
        together = bits[part[:, 0]]
        for place in range(1, sets.shape[1]):
            together &= bits[part[:, place]]
        out[first : first + step] = np.bitwise_count(together).sum(axis=1, dtype=np.int64)
    return out


def _joined(levels: Levels) -> Counts:
    """Sets of one more item, all of whose parts are frequent."""
    size = levels.deepest
    sets = levels.sets[size]
    _, group, count = np.unique(levels.numbers[size] // levels.base, return_inverse=True, return_counts=True)
    later = np.cumsum(count)[group] - 1 - np.arange(len(sets))  # sets after it that differ in the last item only
    if later.sum() > 20 * _MOST_CANDIDATES:
        return np.empty((int(later.sum()), size + 1), dtype=np.int64)
    first = np.repeat(np.arange(len(sets)), later)
    step = np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later) + 1
    out = np.column_stack([sets[first], sets[first + step, -1]])
    for dropped in range(size - 1):  # the two that were joined are frequent
        out = out[levels.has(np.delete(out, dropped, axis=1))]
    return out
