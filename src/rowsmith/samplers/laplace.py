"""The Laplace distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law, moved, symmetric


@dataclass(frozen=True, kw_only=True)
class Laplace(Distribution):
    """Symmetric numbers with a sharp peak: the difference of two waiting times."""

    loc: Number = 0.0
    """Middle."""
    scale: Number = 1.0
    """Mean distance from the middle, greater than 0; the standard deviation is 1.414 times that."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "loc")
        require(self, "scale", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By inversion, in NumPy."""
        return rng.laplace(self.loc, self.scale, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """An exponential function to either side."""
        standard = symmetric(
            cdf=lambda x: np.where(x < 0, np.exp(-np.abs(x)) / 2, 1 - np.exp(-np.abs(x)) / 2),
            ppf=lambda q: np.where(q < 0.5, np.log(2 * np.minimum(q, 0.5)), -np.log(2 * np.minimum(1 - q, 0.5))),
        )
        return moved(standard, self.loc, self.scale)
