"""A distribution with more zeros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Formulas, Law
from rowsmith.samplers._parts import distribution


@dataclass(frozen=True, kw_only=True)
class ZeroInflated(Distribution):
    """Zero with some chance, otherwise a number of another distribution: such as spending, by those who buy at all."""

    zero: Number
    """Chance of a zero, from 0 to 1; the other distribution may give more of them."""
    of: Mapping[str, Any]
    """The other distribution, such as {kind: lognormal, median: 20, sigma: 1}."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "zero", least=0, most=1)
        _ = self.part

    @property
    def type(self) -> pa.DataType:
        """That of the other distribution."""
        return self.part.type

    @property
    def lumps(self) -> bool:
        """Always."""
        return True

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """Numbers of the other distribution where there is no zero."""
        some = rng.random(n) >= self.zero  # type: ignore[operator]
        values: NDArray[Any] = np.zeros(n, dtype=self.type.to_pandas_dtype())
        values[some] = self.part.numbers(int(np.count_nonzero(some)), rng)
        return values

    def law(self) -> Law:
        """The other law, shrunk, with a step at 0."""
        zero: Any = self.zero
        other = self.part.bounded()
        rest = 1 - zero
        scale = np.where(rest > 0, rest, 1)
        below = rest * other.cdf(np.nextafter(0, -1))
        above = rest * other.sf(0)

        def ppf(q: Any) -> Any:
            low = other.ppf(np.clip(q / scale, 0, 1))
            high = other.ppf(np.clip((q - zero) / scale, 0, 1))
            return np.where(q <= below, low, np.where((q <= below + zero) | (rest == 0), 0, high))

        def isf(q: Any) -> Any:
            high = other.isf(np.clip(q / scale, 0, 1))
            low = other.isf(np.clip((q - zero) / scale, 0, 1))
            return np.where(q < above, high, np.where((q < above + zero) | (rest == 0), 0, low))

        return Formulas(
            cdf=lambda x: rest * other.cdf(x) + zero * (np.asarray(x) >= 0),
            sf=lambda x: rest * other.sf(x) + zero * (np.asarray(x) < 0),
            ppf=ppf,
            isf=isf,
        )

    @cached_property
    def part(self) -> Distribution:
        """The other distribution."""
        return distribution(self.of, "of")
