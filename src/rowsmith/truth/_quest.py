"""Baskets made of sets of items that are often bought together, as in the well-known benchmark of mining.

Source: R. Agrawal and R. Srikant, "Fast Algorithms for Mining Association Rules", VLDB 1994, section 4. Two things differ: a set that does
not fit into its basket is dropped in half of the cases, where they put it into the next basket, so that a basket does not hang on the one
before it; and a set has at least one item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError

_MOST_CORRUPT = 0.95  # a set that always loses all its items would never fill a basket


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """How sets of items are made.

    Attributes:
        count: of the sets, |L|.
        size: their mean size, |I|.
        correlation: mean share of a set's items that are those of the set before it.
        corruption: mean level at which items of a set are left out of a basket.
    """

    count: int
    size: float
    correlation: float
    corruption: float

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            SpecError: a number is out of its range.
        """
        if self.count < 0:
            raise SpecError(f"patterns={self.count}: expected a whole number from 0.")
        if not self.size >= 1:
            raise SpecError(f"pattern_size={self.size:g}: expected a mean of at least 1 item.")
        if not 0 <= self.correlation <= 1:
            raise SpecError(f"correlation={self.correlation:g}: expected a share from 0 to 1.")
        if not 0 <= self.corruption <= 0.9:
            raise SpecError(f"corruption={self.corruption:g}: expected a share from 0 to 0.9.")

    def draw(self, codes: NDArray[np.int64], generator: np.random.Generator) -> dict[str, Any]:
        """The sets as plain values: items of each, their cumulated weights, their corruption.

        Args:
            codes: items to choose from.
            generator: of random numbers.
        """
        sizes = np.clip(generator.poisson(self.size, self.count), 1, len(codes))
        weights = generator.exponential(size=self.count)
        corrupt = np.clip(generator.normal(self.corruption, np.sqrt(0.1), self.count), 0, _MOST_CORRUPT)
        corrupt = corrupt if self.corruption > 0 else np.zeros(self.count)
        sets: list[list[int]] = []
        for size in sizes:
            before = sets[-1] if sets else []
            share = min(1.0, generator.exponential(self.correlation)) if before else 0.0
            old = generator.permutation(before)[: min(round(share * size), len(before))].astype(np.int64)
            new = generator.permutation(np.setdiff1d(codes, old))[: size - len(old)]
            sets.append(sorted(map(int, (*old, *new))))
        upto = np.cumsum(weights / weights.sum())
        return {"sets": sets, "upto": [*map(float, upto[:-1]), 1.0], "corrupt": [*map(float, corrupt)]}


def fill(
    n: int, mean: float, sets: dict[str, Any], generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put sets into n baskets until they are full.

    Args:
        n: baskets.
        mean: of their size, which follows a Poisson law.
        sets: what `Patterns.draw` gave.
        generator: of random numbers.

    Returns:
        Basket and item of every purchase; an item can be in a basket twice.
    """
    lengths = np.array([len(one) for one in sets["sets"]])
    first = np.cumsum(lengths) - lengths
    items = np.concatenate([np.array(one, dtype=np.int64) for one in sets["sets"]])
    corrupt = np.maximum(np.array(sets["corrupt"]), 1e-12)
    left = generator.poisson(mean, n)
    open_ = np.flatnonzero(left > 0)
    baskets, bought = [], []
    while len(open_):
        chosen = np.searchsorted(sets["upto"], generator.random(len(open_)), side="right")
        lost = np.floor(np.log1p(-generator.random(len(open_))) / np.log(corrupt[chosen]))
        kept = np.maximum(lengths[chosen] - lost, 0).astype(np.int64)
        fits = (kept <= left[open_]) | (generator.random(len(open_)) < 0.5)
        taken, rows = _some(first[chosen], lengths[chosen], np.where(fits, kept, 0), generator)
        baskets.append(open_[rows])
        bought.append(items[taken])
        left[open_] -= np.where(fits, kept, left[open_])
        open_ = open_[left[open_] > 0]
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *baskets]), np.concatenate([none, *bought])


def _some(
    first: NDArray[np.int64], lengths: NDArray[np.int64], kept: NDArray[np.int64], generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Random `kept` of the places that begin at `first`: places, and which set each is of."""
    rows = np.repeat(np.arange(len(first)), lengths)
    start = np.cumsum(lengths) - lengths
    place = np.arange(len(rows)) - start[rows]
    order = np.lexsort((generator.random(len(rows)), rows))
    rank = np.empty_like(place)
    rank[order] = place  # rows keep their order, so the places count from 0 again in each
    chosen = rank < kept[rows]
    return (first[rows] + place)[chosen], rows[chosen]
