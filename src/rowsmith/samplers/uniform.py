"""The uniform distribution."""

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
class Uniform(Distribution):
    """Numbers that are equally likely everywhere between two ends. For whole numbers there is `integer`."""

    low: Number | None = None
    """Least value; where it is not given, `min`, or else 0."""
    high: Number | None = None
    """Greatest value, greater than `low`; where it is not given, `max`, or else 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is None:
            object.__setattr__(self, "low", 0.0 if self.min is None else self.min)
        if self.high is None:
            object.__setattr__(self, "high", 1.0 if self.max is None else self.max)
        require(self, "low")
        require(self, "high")
        ordered(self, "low", "high")

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """A random number, stretched."""
        return rng.uniform(self.low, self.high, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """A straight line."""
        low: Any = self.low
        high: Any = self.high
        standard = Formulas(
            cdf=lambda x: np.clip(x, 0, 1),
            sf=lambda x: 1 - np.clip(x, 0, 1),
            ppf=lambda q: q,
            isf=lambda q: 1 - q,
        )
        return moved(standard, low, high - low)
