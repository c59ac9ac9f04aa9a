"""The Pareto distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law, by_hazard


@dataclass(frozen=True, kw_only=True)
class Pareto(Distribution):
    """Numbers with a heavy tail, such as incomes and sizes of cities: the power law from a least value on."""

    shape: Number
    """Shape (the tail's exponent), at least 0.1; the mean is finite above 1, the variance above 2."""
    scale: Number = 1.0
    """Least value, greater than 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "shape", least=0.1)
        require(self, "scale", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """The exponential of an exponential number."""
        shape: Any = self.shape
        scale: Any = self.scale
        values = rng.standard_exponential(n)
        values /= shape
        np.exp(values, out=values)
        values *= scale
        return values

    def law(self) -> Law:
        """A hazard that is a logarithm."""
        shape: Any = self.shape
        scale: Any = self.scale
        return by_hazard(lambda x: shape * np.log(np.maximum(x, scale) / scale), lambda h: scale * np.exp(h / shape))
