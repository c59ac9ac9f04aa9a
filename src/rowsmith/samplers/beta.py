"""The beta distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import ordered
from rowsmith.samplers._laws import Formulas, Law, moved


@dataclass(frozen=True, kw_only=True)
class Beta(Distribution):
    """Numbers between two ends, such as shares; the mean lies at alpha / (alpha + beta) of the way."""

    alpha: Number
    """First shape, greater than 0: the greater, the nearer to `high`."""
    beta: Number
    """Second shape, greater than 0: the greater, the nearer to `low`."""
    low: Number = 0.0
    """Lower end."""
    high: Number = 1.0
    """Upper end, greater than `low`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "alpha", above=0)
        require(self, "beta", above=0)
        require(self, "low")
        require(self, "high")
        ordered(self, "low", "high")

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By the methods of R. Cheng (1978) and M. Jöhnk (1964), in NumPy."""
        low, width = self._place()
        values = rng.beta(self.alpha, self.beta, n)  # type: ignore[arg-type]
        values *= width
        values += low
        return values

    def law(self) -> Law:
        """The incomplete beta function."""
        from scipy import special

        shapes = self.alpha, self.beta
        standard = Formulas(
            cdf=lambda x: special.betainc(*shapes, np.clip(x, 0, 1)),
            sf=lambda x: special.betaincc(*shapes, np.clip(x, 0, 1)),
            ppf=lambda q: special.betaincinv(*shapes, q),
            isf=lambda q: special.betainccinv(*shapes, q),
        )
        return moved(standard, *self._place())

    def _place(self) -> tuple[Any, Any]:
        low: Any = self.low
        high: Any = self.high
        return low, high - low
