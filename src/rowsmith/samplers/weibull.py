"""The Weibull distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law, by_hazard


@dataclass(frozen=True, kw_only=True)
class Weibull(Distribution):
    """Lifetimes: failures become rarer with age (shape below 1), stay as likely (1), or become likelier (above 1)."""

    shape: Number
    """Shape, at least 0.1."""
    scale: Number = 1.0
    """Scale, greater than 0: 63 % of the values lie below it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "shape", least=0.1)
        require(self, "scale", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """A power of an exponential number, in NumPy."""
        scale: Any = self.scale
        values = rng.weibull(self.shape, n)  # type: ignore[arg-type]
        values *= scale
        return values

    def law(self) -> Law:
        """A hazard that is a power."""
        shape: Any = self.shape
        scale: Any = self.scale
        return by_hazard(lambda x: (np.maximum(x, 0) / scale) ** shape, lambda h: scale * h ** (1 / shape))
