"""The Poisson distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._guide import GuideTable
from rowsmith.samplers._laws import Law
from rowsmith.samplers._whole import WholeLaw

MOST_GUIDED = 100.0
"""Means up to which a guide table is quicker; its counts are those within this many standard deviations and a few more."""
SPREAD = 10


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
        """By a guide table for one small mean, else by NumPy's rejection."""
        mean: Any = self.mean
        if np.ndim(mean) == 0 and mean <= MOST_GUIDED:
            return _guide(float(mean)).draw(rng.random(n))
        return rng.poisson(mean, n)

    def law(self) -> Law:
        """The incomplete gamma function."""
        from scipy import special

        return WholeLaw(
            head=lambda k: special.gammaincc(k + 1, self.mean),
            tail=lambda k: special.gammainc(k + 1, self.mean),
            middle=self.mean,
            spread=np.sqrt(self.mean),  # type: ignore[arg-type]
        )


@lru_cache(maxsize=64)
def _guide(mean: float) -> GuideTable:
    """All counts but those so high that they would come less than once in 10 ** 17 rows."""
    counts = np.arange(int(mean + SPREAD * np.sqrt(mean)) + 2 * SPREAD)
    log_factorials = np.cumsum(np.log(np.maximum(counts, 1)))
    logs = np.where(counts == 0, 0.0, counts * np.log(mean) if mean else -np.inf)
    return GuideTable.of([(counts, np.exp(logs - mean - log_factorials))])
