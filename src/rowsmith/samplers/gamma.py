"""The gamma distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import one_form
from rowsmith.samplers._laws import Formulas, Law, moved


@dataclass(frozen=True, kw_only=True)
class Gamma(Distribution):
    """Positive numbers, skewed to the right, such as amounts and durations. Give `shape` with `mean` or with `scale`."""

    shape: Number = 2.0
    """Shape, greater than 0; the standard deviation is the mean divided by its square root."""
    mean: Number | None = None
    """Mean, greater than 0; instead of `scale`."""
    scale: Number | None = None
    """Scale, greater than 0; the mean is shape · scale. 1 where there is no `mean` either."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_form(self, ("mean",), ("scale",), empty=True)
        for name in ("shape", "mean", "scale"):
            require(self, name, above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By the method of G. Marsaglia and W. Tsang (2000), in NumPy."""
        return rng.gamma(self.shape, self._scale(), n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """The incomplete gamma function."""
        from scipy import special

        shape = self.shape
        standard = Formulas(
            cdf=lambda x: special.gammainc(shape, np.maximum(x, 0)),
            sf=lambda x: special.gammaincc(shape, np.maximum(x, 0)),
            ppf=lambda q: special.gammaincinv(shape, q),
            isf=lambda q: special.gammainccinv(shape, q),
        )
        return moved(standard, 0.0, self._scale())

    def _scale(self) -> Any:
        mean: Any = self.mean
        if mean is not None:
            return mean / self.shape
        return 1.0 if self.scale is None else self.scale
