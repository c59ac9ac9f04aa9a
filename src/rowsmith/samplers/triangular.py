"""The triangular distribution."""

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
class Triangular(Distribution):
    """Numbers between a least and a greatest one, likeliest at a third: for guesses of experts."""

    low: Number = 0.0
    """Least value."""
    mode: Number | None = None
    """Likeliest value, from `low` to `high`; halfway between them where it is not given."""
    high: Number = 1.0
    """Greatest value, greater than `low`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("low", "mode", "high"):
            require(self, name)
        ordered(self, "low", "high")
        ordered(self, "low", "mode", "high", strictly=False)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By inversion, in NumPy."""
        low, width, peak = self._place()
        return rng.triangular(low, low + peak * width, low + width, n)

    def law(self) -> Law:
        """Two parabolas."""
        low, width, peak = self._place()
        rise, fall = np.maximum(peak, 1e-300), np.maximum(1 - peak, 1e-300)

        def cdf(x: Any) -> Any:
            x = np.clip(x, 0, 1)
            return np.where(x < peak, x * (x / rise), 1 - (1 - x) * ((1 - x) / fall))

        def sf(x: Any) -> Any:
            x = np.clip(x, 0, 1)
            return np.where(x < peak, 1 - x * (x / rise), (1 - x) * ((1 - x) / fall))

        standard = Formulas(
            cdf=cdf,
            sf=sf,
            ppf=lambda q: np.where(q < peak, np.sqrt(q * peak), 1 - np.sqrt((1 - q) * (1 - peak))),
            isf=lambda q: np.where(q < 1 - peak, 1 - np.sqrt(q * (1 - peak)), np.sqrt((1 - q) * peak)),
        )
        return moved(standard, low, width)

    def _place(self) -> tuple[Any, Any, Any]:
        """Lower end, width, and where between 0 and 1 the peak is."""
        low: Any = self.low
        high: Any = self.high
        mode: Any = self.mode
        return low, high - low, 0.5 if mode is None else (mode - low) / (high - low)
