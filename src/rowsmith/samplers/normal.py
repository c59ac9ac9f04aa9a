"""The normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law, moved, standard_normal


@dataclass(frozen=True, kw_only=True)
class Normal(Distribution):
    """Normal (Gaussian) numbers."""

    mean: Number = 0.0
    """Mean."""
    sd: Number = 1.0
    """Standard deviation, greater than 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "mean")
        require(self, "sd", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By NumPy's ziggurat."""
        return rng.normal(self.mean, self.sd, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """The standard one, moved and stretched."""
        return moved(standard_normal(), self.mean, self.sd)
