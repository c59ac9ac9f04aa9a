"""The exponential distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import one_form
from rowsmith.samplers._laws import Law, by_hazard


@dataclass(frozen=True, kw_only=True)
class Exponential(Distribution):
    """Waiting times between events that come at a constant rate. Give `mean` or `rate`."""

    mean: Number | None = None
    """Mean, greater than 0; 1 where there is no `rate` either."""
    rate: Number | None = None
    """Events in one unit of time, greater than 0: 1 / mean."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_form(self, ("mean",), ("rate",), empty=True)
        require(self, "mean", above=0)
        require(self, "rate", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By NumPy's ziggurat."""
        values = rng.standard_exponential(n)
        values *= self._mean()
        return values

    def law(self) -> Law:
        """A constant hazard."""
        mean = self._mean()
        return by_hazard(lambda x: np.maximum(x, 0) / mean, lambda h: h * mean)

    def _mean(self) -> Any:
        rate: Any = self.rate
        if rate is not None:
            return 1 / rate
        return 1.0 if self.mean is None else self.mean
