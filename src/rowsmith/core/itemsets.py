"""Sets of items that baskets hold: counts of pairs, and frequent sets level by level.

Source: R. Agrawal and R. Srikant, "Fast Algorithms for Mining Association Rules", VLDB 1994 (Apriori); sets are counted as bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MOST_CANDIDATES = 200_000
_WORDS = 1 << 18  # that are looked at in one go: they stay in the cache

Counts = NDArray[np.int64]
Bits = NDArray[np.uint64]


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


def frequent(bits: Bits, both: Counts, n: int, least: float, most: int) -> Levels:
    """Sets of one item and more in many baskets.

    It stops before a level of more than 200,000 candidates: such baskets hold nearly every set.

    Args:
        bits: presence of the items, as `presence` has it.
        both: baskets with both of two items, shape (items, items).
        n: baskets.
        least: of them that hold a frequent set.
        most: items of the largest sets.

    >>> basket, item = np.array([0, 0, 0, 1, 1, 1, 2]), np.array([0, 1, 2, 0, 1, 2, 0])
    >>> found = frequent(presence(basket, item, 3, 3), pair_counts(basket, item, 3, 3), 3, least=2, most=3)
    >>> found.sets[3].tolist(), found.counts[3].tolist()
    ([[0, 1, 2]], [2])
    """
    often = np.flatnonzero(np.diag(both) >= least)
    levels = Levels(n, max(len(both), 1))
    levels.add(often[:, None], np.diag(both)[often])
    i, j = np.triu_indices(len(often), 1)
    i, j = often[i], often[j]
    kept = both[i, j] >= least
    levels.add(np.stack([i, j], axis=1)[kept], both[i, j][kept])
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


def presence(basket: Counts, item: Counts, n: int, n_items: int) -> Bits:
    """Which baskets hold each item as bits, shape (items, words of 64 baskets).

    Args:
        basket: of each purchase, shape (m,).
        item: of each, shape (m,).
        n: baskets.
        n_items: items.
    """
    out = np.zeros((n_items, -(-n // 64) * 8), dtype=np.uint8)
    np.bitwise_or.at(out, (item, basket // 8), (1 << (basket % 8)).astype(np.uint8))
    return out.view(np.uint64)


def pair_counts(basket: Counts, item: Counts, n: int, n_items: int) -> Counts:
    """Baskets with both of two items, shape (items, items); on the diagonal those with each.

    Args:
        basket: of each purchase, shape (m,); no item is twice in a basket.
        item: of each, shape (m,).
        n: baskets.
        n_items: items.
    """
    from scipy import sparse

    x = sparse.csr_matrix((np.ones(len(item), dtype=np.int32), (basket, item)), shape=(n, n_items))
    return np.asarray((x.T @ x).toarray(), dtype=np.int64)


def shared(bits: Bits, sets: Counts) -> Counts:
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
