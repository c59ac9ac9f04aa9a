"""Pairs and triples of items that are compared, and how much more often they are bought together than by chance."""

from __future__ import annotations

import numpy as np

from rowsmith.core.itemsets import shared
from rowsmith.evaluate._bought import Baskets
from rowsmith.evaluate._stats import Floats, Ints

TOP = 100
"""Pairs, and triples, that are compared."""
LEAST, SHARE = 10, 0.001
"""Baskets of a pair whose lift is looked at, and share of them, at least."""


def frequent_pairs(baskets: Baskets) -> tuple[Ints, Ints]:
    """The pairs that most baskets hold."""
    i, j = np.triu_indices(baskets.width, 1)
    counts = baskets.both[i, j]
    often = np.argsort(-counts, kind="stable")[:TOP]
    often = often[counts[often] > 0]
    return i[often], j[often]


def frequent_triples(baskets: Baskets) -> Ints:
    """The triples that most baskets hold, shape (triples, 3)."""
    least = max(2, baskets.n // 100)
    while True:
        sets = baskets.sets(least)
        if len(sets.sets.get(3, ())) >= TOP or least == 2:
            break
        least = max(2, least // 2)
    if 3 not in sets.sets:
        return np.zeros((0, 3), dtype=np.int64)
    return sets.sets[3][np.argsort(-sets.counts[3], kind="stable")[:TOP]]


def strong_pairs(baskets: Baskets) -> tuple[Ints, Ints]:
    """The pairs of greatest lift among those in enough baskets."""
    i, j = np.triu_indices(baskets.width, 1)
    seen = baskets.both[i, j] >= max(LEAST, SHARE * baskets.n)
    i, j = i[seen], j[seen]
    top = np.argsort(-log_lift(baskets, i, j), kind="stable")[:TOP]
    return i[top], j[top]


def weak_pairs(baskets: Baskets) -> tuple[Ints, Ints]:
    """The pairs of least lift among those that as many baskets would hold by chance."""
    i, j = np.triu_indices(baskets.width, 1)
    single = np.diag(baskets.both)
    expected = single[i] * single[j] >= max(LEAST, SHARE * baskets.n) * baskets.n
    i, j = i[expected], j[expected]
    low = np.argsort(log_lift(baskets, i, j), kind="stable")[:TOP]
    return i[low], j[low]


def log_lift(baskets: Baskets, i: Ints, j: Ints) -> Floats:
    """log₂ of the lift of pairs, half a basket added to every count."""
    single = np.diag(baskets.both) + 0.5
    return np.asarray(np.log2((baskets.both[i, j] + 0.5) * (baskets.n + 0.5) / (single[i] * single[j])))


def supports(baskets: Baskets, sets: Ints) -> Floats:
    """Share of the baskets that hold each set, shape (sets,)."""
    return np.asarray(shared(baskets.bits, sets) / baskets.n)
