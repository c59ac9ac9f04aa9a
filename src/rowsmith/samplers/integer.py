"""The uniform distribution of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.choices import MOST_CHOICES, Choices
from rowsmith.core.errors import SpecError
from rowsmith.core.values import Number, Sql, require
from rowsmith.samplers._distribution import WHOLE, Distribution
from rowsmith.samplers._forms import shown
from rowsmith.samplers._laws import Formulas, Law


@dataclass(frozen=True, kw_only=True)
class Integer(Distribution):
    """Whole numbers that are equally likely, both ends included."""

    low: Number | None = None
    """Least value; where it is not given, `min`, or else 0."""
    high: Number | None = None
    """Greatest value; where it is not given, `max`. One of them must be."""

    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is None:
            object.__setattr__(self, "low", 0 if self.min is None else self.min)
        if self.high is None:
            if self.max is None:
                raise SpecError("high: is needed; give the greatest number.")
            object.__setattr__(self, "high", self.max)
        require(self, "low", least=-WHOLE, most=WHOLE)
        require(self, "high", least=-WHOLE, most=WHOLE)
        if not isinstance(self.low, Sql) and not isinstance(self.high, Sql) and np.any(self._first() > self._last()):
            raise SpecError(f"{shown(self, 'low', 'high')}: expected a whole number between them.")

    def choices(self) -> Choices | None:
        """The numbers between the ends and the bounds, unless they differ from row to row."""
        if any(isinstance(getattr(self, name), Sql | np.ndarray) for name in ("low", "high", "min", "max")):
            return None
        first = self._first() if self.min is None else max(self._first(), _whole(self.min, np.ceil))
        last = self._last() if self.max is None else min(self._last(), _whole(self.max, np.floor))
        return Choices.of(pa.array(np.arange(first, last + 1))) if last - first < MOST_CHOICES else None

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By D. Lemire's method, in NumPy."""
        return rng.integers(self._first(), self._last(), n, endpoint=True)

    def law(self) -> Law:
        """A staircase."""
        first, last = self._first(), self._last()
        size = last - first + 1.0

        def cdf(x: Any) -> Any:
            return np.clip(np.floor(x) - first + 1, 0, size) / size

        def sf(x: Any) -> Any:
            return np.clip(last - np.floor(x), 0, size) / size

        def ppf(q: Any) -> Any:
            step = np.ceil(q * size)
            return first + np.clip(step - ((step - 1) / size >= q), 1, size) - 1  # the product may round upwards

        def isf(q: Any) -> Any:
            step = np.floor(q * size)
            return last - np.clip(step + ((step + 1) / size <= q), 0, size - 1)

        return Formulas(cdf=cdf, sf=sf, ppf=ppf, isf=isf)

    def _first(self) -> Any:
        return _whole(self.low, np.ceil)

    def _last(self) -> Any:
        return _whole(self.high, np.floor)


def _whole(value: Any, rounded: Any) -> Any:
    numbers = np.asarray(value)
    return numbers if numbers.dtype.kind == "i" else rounded(numbers).astype(np.int64)
