"""The Poisson distribution."""

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
class Poisson(Distribution):
    """Counts of events that come at a constant rate."""

    mean: Number = 1.0
    """Mean, at least 0."""

    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "mean", least=0, most=1e15)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By NumPy's PTRS rejection above a mean of 10, multiplication below."""
        return rng.poisson(self.mean, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """The incomplete gamma function."""
        from scipy import special

        return WholeLaw(
            head=lambda k: special.gammaincc(k + 1, self.mean),
            tail=lambda k: special.gammainc(k + 1, self.mean),
            middle=self.mean,
            spread=np.sqrt(self.mean),  # type: ignore[arg-type]
        )
