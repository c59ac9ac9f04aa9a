"""Values that were seen, drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.values import require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law
from rowsmith.samplers._piecewise import PiecewiseLinear


@dataclass(frozen=True, kw_only=True)
class Empirical(Distribution):
    """Numbers from a list, each as often as it stands there. All whole and not moved, they stay whole numbers."""

    values: tuple[float, ...]
    """The list, at least one number; repeat a number to make it likelier."""
    smooth: float = 0.0
    """Bandwidth, at least 0, in the unit of the values: each is moved by up to that, evenly, up or down."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not len(self.values):
            raise SpecError("values=[]: expected a list of at least one number.")
        if not np.isfinite(np.asarray(self.values, dtype=float)).all():
            raise SpecError("values: expected finite numbers only.")
        require(self, "smooth", least=0)

    @property
    def type(self) -> pa.DataType:
        """int64 where no value has a decimal point and none is moved; else float64."""
        return pa.int64() if self.smooth == 0 and self._list.dtype.kind == "i" else pa.float64()

    @property
    def lumps(self) -> bool:
        """Unless values are moved."""
        return self.smooth == 0

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """With replacement."""
        drawn: NDArray[Any] = self._list[rng.integers(len(self._list), size=n)]
        return drawn + rng.uniform(-self.smooth, self.smooth, n) if self.smooth else drawn

    def law(self) -> Law:
        """Straight lines, or steps where nothing is moved."""
        values = np.sort(self._list).astype(float)
        if self.smooth == 0:
            found, counts = np.unique(values, return_counts=True)
            masses = np.zeros(2 * len(found) - 1)
            masses[::2] = counts
            return PiecewiseLinear(np.repeat(found, 2), masses)
        starts, ends = values - self.smooth, values + self.smooth
        knots = np.unique(np.concatenate([starts, ends]))
        covered = np.searchsorted(starts, knots[:-1], side="right") - np.searchsorted(ends, knots[:-1], side="right")
        return PiecewiseLinear(knots, covered.astype(float) * np.diff(knots))

    @cached_property
    def _list(self) -> NDArray[Any]:
        try:
            return np.asarray(self.values)
        except OverflowError:
            return np.asarray(self.values, dtype=float)
