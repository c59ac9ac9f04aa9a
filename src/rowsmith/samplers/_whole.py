"""Laws of whole numbers: quantiles from the two distribution functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rowsmith.samplers._invert import Floats, Wholes, by_table, first_whole
from rowsmith.samplers._laws import Function

GREATEST = 2**62
"""No whole number above it is looked for."""


@dataclass(frozen=True)
class WholeLaw:
    """A `Law` of the whole numbers from `least` to `most`.

    Quantiles are looked up in a table of the distribution function where all rows have the same settings, and found
    by bisection otherwise.

    Attributes:
        head: probability of at most k, asked for least <= k < most only (elsewhere its value is not used).
        tail: probability of more than k, likewise.
        middle: about the mean; where the search starts.
        spread: about the standard deviation; how far it looks at first.
    """

    head: Function
    tail: Function
    middle: Any
    spread: Any
    least: Any = 0
    most: Any = GREATEST

    def cdf(self, x: Any, /) -> Any:
        """Probability of at most x."""
        k = np.floor(x)
        inside = self.head(np.clip(k, self.least, self.most))
        return np.where(k < self.least, 0.0, np.where(k >= self.most, 1.0, inside))[()]

    def sf(self, x: Any, /) -> Any:
        """Probability of more than x."""
        k = np.floor(x)
        inside = self.tail(np.clip(k, self.least, self.most))
        return np.where(k < self.least, 1.0, np.where(k >= self.most, 0.0, inside))[()]

    def ppf(self, q: Any, /) -> Any:
        """The least number with cdf >= q."""
        return self._first(self.cdf, np.asarray(q, dtype=float))

    def isf(self, q: Any, /) -> Any:
        """The least number with sf <= q."""
        return self._first(lambda k: -self.sf(k), -np.asarray(q, dtype=float))

    def _first(self, rise: Callable[[Any], Any], levels: Floats) -> Wholes:
        return by_table(rise, levels, lambda some: self._search(rise, some))

    def _search(self, rise: Callable[[Any], Any], levels: Floats) -> Wholes:
        """Widen a bracket around the middle until it holds the number, then bisect."""
        least, most, start = self.least - 1.0, np.minimum(self.most, GREATEST), np.maximum(np.ceil(self.spread), 1)
        low = np.clip(np.floor(self.middle - 2 * start), least, most - 1)
        high = np.clip(low + 4 * start, least + 1, most)
        low, high, _ = np.broadcast_arrays(low, high, levels)
        reach = 2 * start
        while (early := (rise(low) >= levels) & (low > least)).any():
            low, high = np.where(early, np.maximum(low - reach, least), low), np.where(early, low, high)
            reach = 2 * reach
        reach = 2 * start
        while (late := (rise(high) < levels) & (high < most)).any():
            low, high = np.where(late, high, low), np.where(late, np.minimum(high + reach, most), high)
            reach = 2 * reach
        return first_whole(rise, levels, low.astype(np.int64), high.astype(np.int64))
