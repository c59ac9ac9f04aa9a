"""Lengths of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.spans import MICROSECONDS, Unit, span
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._parts import distribution

_MOST = 2.0**62


@dataclass(frozen=True, kw_only=True)
class Duration(ColumnSampler):
    """Lengths of time: even between two, or as a distribution of numbers in a unit."""

    between: tuple[str, ...] | None = None
    """Least and greatest length (both may come), as [5 minutes, 2 hours]."""
    of: Mapping[str, Any] | None = None
    """Distribution of the number of units, such as {kind: lognormal, median: 20, sigma: 0.5}."""
    unit: Unit = "seconds"
    """Unit of the numbers that `of` gives; a year is 365.2425 days, a month its twelfth."""
    resolution: Literal["minute", "second", "millisecond", "microsecond"] = "second"
    """What values are whole numbers of."""

    def __post_init__(self) -> None:
        if (self.between is None) == (self.of is None):
            raise SpecError("between, of: expected one of the two, either bounds or a distribution.")
        _ = self._ends if self.of is None else self._numbers

    @property
    def type(self) -> pa.DataType:
        """Microseconds."""
        return pa.duration("us")

    @property
    def _step(self) -> int:
        return MICROSECONDS[f"{self.resolution}s"]

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw whole numbers of the resolution, or round to them."""
        if self.of is None:
            low, high = self._ends
            counts = key.generator().integers(low, high, size=rows.n, endpoint=True)
        else:
            values = self._numbers.numbers(rows.n, key.child("of").generator()) * (MICROSECONDS[self.unit] / self._step)
            if np.any(np.abs(values) * self._step > _MOST):
                raise SpecError(f"of: {np.abs(values).max():.3g} {self.resolution}s do not fit; bound it by `max`.")
            counts = np.rint(values).astype(np.int64)
        return pa.array(counts * self._step).cast(self.type)

    @cached_property
    def _ends(self) -> tuple[int, int]:
        if self.between is None or len(self.between) != 2:
            raise SpecError(f"between={list(self.between or ())}: expected the least and the greatest length.")
        low, high = (span(text, "between") for text in self.between)
        low, high = -(-low // self._step), high // self._step
        if low > high:
            raise SpecError(
                f"between={list(self.between)}: expected the shorter first, and a {self.resolution} between."
            )
        return low, high

    @cached_property
    def _numbers(self) -> Distribution:
        return distribution(self.of, "of")
