"""A law by the weights of some intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law
from rowsmith.samplers._piecewise import PiecewiseLinear


@dataclass(frozen=True, kw_only=True)
class Histogram(Distribution):
    """Numbers by a histogram: an interval by its weight, then evenly inside."""

    edges: tuple[float, ...]
    """Ends of the intervals, rising, such as [0, 10, 50, 100]: one more than there are weights."""
    weights: tuple[float, ...]
    """Shares or counts of the intervals, at least 0 each, such as [2, 5, 3]."""

    def __post_init__(self) -> None:
        super().__post_init__()
        edges, weights = np.asarray(self.edges, dtype=float), np.asarray(self.weights, dtype=float)
        if len(weights) < 1 or len(edges) != len(weights) + 1:
            raise SpecError(
                f"edges: {len(edges)} for {len(weights)} weights; expected one more than weights, and at least one weight."
            )
        if not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
            raise SpecError(f"edges={list(self.edges)}: expected finite numbers that rise.")
        if not np.isfinite(weights).all() or weights.min() < 0 or weights.sum() == 0:
            raise SpecError(f"weights={list(self.weights)}: expected numbers from 0, not all of them 0.")

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By inversion."""
        drawn: NDArray[Any] = self.law().ppf(rng.random(n))
        return drawn

    def law(self) -> Law:
        """Straight lines."""
        return PiecewiseLinear(np.asarray(self.edges, dtype=float), np.asarray(self.weights, dtype=float))
