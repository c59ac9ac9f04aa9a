"""A law by some of its quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law
from rowsmith.samplers._piecewise import PiecewiseLinear


@dataclass(frozen=True, kw_only=True)
class Quantiles(Distribution):
    """Numbers by their quantiles, evenly spread between each two of them."""

    values: Mapping[float, float]
    """Probability to value, such as {0: 18, 0.5: 46, 1: 99}: from 0 (least value) to 1 (greatest), values never falling."""

    def __post_init__(self) -> None:
        super().__post_init__()
        shares, values = self._points
        if len(shares) < 2 or shares[0] != 0 or shares[-1] != 1:
            raise SpecError(f"values={dict(self.values)}: expected probabilities from 0 to 1; give the values at both.")
        if not (np.diff(shares) > 0).all():
            raise SpecError(f"values={dict(self.values)}: expected each probability once.")
        if not np.isfinite(values).all() or (np.diff(values) < 0).any():
            raise SpecError(
                f"values={dict(self.values)}: expected finite values that never fall as probabilities rise."
            )

    @property
    def lumps(self) -> bool:
        """Whether two probabilities have the same value."""
        return bool((np.diff(self._points[1]) == 0).any())

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By inversion."""
        return np.interp(rng.random(n), *self._points)

    def law(self) -> Law:
        """Straight lines."""
        shares, values = self._points
        return PiecewiseLinear(values, np.diff(shares))

    @cached_property
    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        try:
            points = sorted((float(p), float(v)) for p, v in self.values.items())  # JSON has only texts for keys
        except (TypeError, ValueError):
            raise SpecError(f"values={dict(self.values)}: expected numbers for probabilities and for values.") from None
        if not points:
            return np.empty(0), np.empty(0)
        shares, values = np.array(points).T
        return shares, values
