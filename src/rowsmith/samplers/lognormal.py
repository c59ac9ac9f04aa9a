"""The lognormal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import one_form
from rowsmith.samplers._laws import Formulas, Law, moved, standard_normal


@dataclass(frozen=True, kw_only=True)
class Lognormal(Distribution):
    """Positive numbers whose logarithm is normal. Give `median` and `sigma`, or `mean` and `sd`, or `mu` and `sigma`."""

    median: Number | None = None
    """Median of the values, greater than 0; with `sigma`."""
    mean: Number | None = None
    """Mean of the values, greater than 0; with `sd`."""
    sd: Number | None = None
    """Standard deviation of the values, greater than 0; with `mean`."""
    mu: Number | None = None
    """Mean of the natural logarithm; with `sigma`."""
    sigma: Number | None = None
    """Standard deviation of the natural logarithm, greater than 0, at most 50; with `median` or `mu`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_form(self, ("median", "sigma"), ("mean", "sd"), ("mu", "sigma"))
        for name in ("median", "mean", "sd"):
            require(self, name, least=1e-100, most=1e100)
        require(self, "mu", least=-230, most=230)
        require(self, "sigma", above=0, most=50)  # or values would be infinite

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """The exponential of a normal number."""
        return rng.lognormal(*self._logarithm(), n)

    def law(self) -> Law:
        """The normal law of the logarithm."""
        normal = moved(standard_normal(), *self._logarithm())
        return Formulas(
            cdf=lambda x: normal.cdf(np.log(np.maximum(x, 0))),
            sf=lambda x: normal.sf(np.log(np.maximum(x, 0))),
            ppf=lambda q: np.exp(normal.ppf(q)),
            isf=lambda q: np.exp(normal.isf(q)),
        )

    def _logarithm(self) -> tuple[Any, Any]:
        """Mean and standard deviation of the logarithm."""
        median: Any = self.median
        mean: Any = self.mean
        sd: Any = self.sd
        if mean is not None:
            variance = np.logaddexp(0, 2 * (np.log(sd) - np.log(mean)))  # log(1 + (sd / mean)²), without overflow
            return np.log(mean) - variance / 2, np.sqrt(variance)
        return self.mu if median is None else np.log(median), self.sigma
