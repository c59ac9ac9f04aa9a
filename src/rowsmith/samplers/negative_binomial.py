"""The negative binomial distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import one_form
from rowsmith.samplers._laws import Law
from rowsmith.samplers._whole import WholeLaw


@dataclass(frozen=True, kw_only=True)
class NegativeBinomial(Distribution):
    """Counts that vary more than Poisson counts. Give `mean` and `dispersion`, or `n` and `p`."""

    mean: Number | None = None
    """Mean, at least 0; with `dispersion`."""
    dispersion: Number | None = None
    """Greater than 0; the variance is mean + mean² / dispersion, so the smaller, the more it varies; with `mean`."""
    n: Number | None = None
    """Successes waited for, greater than 0, while failures are counted; with `p`."""
    p: Number | None = None
    """Chance of success, greater than 0, at most 1; with `n`."""

    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        one_form(self, ("mean", "dispersion"), ("n", "p"))
        require(self, "mean", least=0, most=1e15)
        require(self, "dispersion", above=0)
        require(self, "n", above=0)
        require(self, "p", above=0, most=1)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """A Poisson number whose mean is a gamma number."""
        size, odds = self._size_and_odds()
        return rng.poisson(np.minimum(rng.gamma(size, odds, n), 1e18))

    def law(self) -> Law:
        """The incomplete beta function."""
        from scipy import special

        size, odds = self._size_and_odds()
        p, failure = 1 / (1 + odds), odds / (1 + odds)
        return WholeLaw(
            head=lambda k: special.betaincc(k + 1, size, failure),
            tail=lambda k: special.betainc(k + 1, size, failure),
            middle=size * odds,
            spread=np.sqrt(size * odds / p),
        )

    def _size_and_odds(self) -> tuple[Any, Any]:
        """Shape and scale of the gamma numbers: the successes waited for, and the odds of failure."""
        mean: Any = self.mean
        p: Any = self.p
        return (self.n, (1 - p) / p) if mean is None else (self.dispersion, mean / self.dispersion)
