"""The logistic distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law, moved, symmetric


@dataclass(frozen=True, kw_only=True)
class Logistic(Distribution):
    """Symmetric numbers, much like normal ones with somewhat heavier tails."""

    loc: Number = 0.0
    """Middle."""
    scale: Number = 1.0
    """Scale, greater than 0; the standard deviation is 1.814 times that."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "loc")
        require(self, "scale", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By inversion, in NumPy."""
        return rng.logistic(self.loc, self.scale, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """The logistic function and the log odds."""
        from scipy import special

        return moved(symmetric(special.expit, special.logit), self.loc, self.scale)
