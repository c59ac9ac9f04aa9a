"""The geometric distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law
from rowsmith.samplers._whole import WholeLaw


@dataclass(frozen=True, kw_only=True)
class Geometric(Distribution):
    """Trials up to and with the first success, from 1 on."""

    p: Number
    """Chance of success in each trial, at least 1e-15, at most 1; the mean is 1 / p."""

    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "p", least=1e-15, most=1)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By search or inversion, in NumPy."""
        return rng.geometric(self.p, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """A power of the chance of failure."""
        p: Any = self.p
        rate = np.log1p(-p)
        return WholeLaw(
            head=lambda k: -np.expm1(k * rate), tail=lambda k: np.exp(k * rate), middle=1 / p, spread=1 / p, least=1
        )
