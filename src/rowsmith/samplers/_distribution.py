"""What the distributions share: drawing, bounds, and quantiles for columns that depend on others by a copula."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Number, Sql, require
from rowsmith.samplers._forms import ordered, shown
from rowsmith.samplers._laws import Law
from rowsmith.samplers._truncated import Truncated

ENDS = 2.0**-54, 1 - 2.0**-53
"""Shares 0 and 1 are taken for these, so that no value is infinite."""
ENOUGH = 0.25
"""Share of a law between its bounds from which on drawing anew what lies outside is quicker than quantiles."""
WHOLE = 2.0**62
"""Greatest size of whole numbers."""


@dataclass(frozen=True, kw_only=True)
class Distribution(ColumnSampler):
    """A law of numbers. A subclass says how it is drawn quickly, and its distribution and quantile functions."""

    min: Number | None = None
    """Least value: the law is truncated there (its shape inside stays)."""
    max: Number | None = None
    """Greatest value: the law is truncated there."""

    discrete: ClassVar[bool] = False
    """Whether values are whole numbers."""

    def __post_init__(self) -> None:
        """Subclasses call it before their own checks."""
        require(self, "min")
        require(self, "max")
        ordered(self, "min", "max", strictly=False)

    @property
    def type(self) -> pa.DataType:
        """int64 for counts, else float64."""
        return pa.int64() if self.discrete else pa.float64()

    @property
    def lumps(self) -> bool:
        """Whether single values have a probability of their own, as whole numbers have."""
        return bool(pa.types.is_integer(self.type))

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """N new values without bounds, shape (n,); settings may be arrays of that shape."""

    @abstractmethod
    def law(self) -> Law:
        """The law without bounds."""

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw."""
        return pa.array(self.numbers(rows.n, key.generator()))

    def numbers(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """N values within the bounds, shape (n,), int64 or float64.

        Values outside are drawn anew where most are inside; else all are made by quantiles.
        """
        with np.errstate(all="ignore"):
            if self.min is None and self.max is None:
                return self._typed(self.draw(n, rng))
            if n == 0 or self._varies or self.bounded().mass < ENOUGH:
                return self.quantile(rng.random(n))
            values = self.draw(n, rng)
            outside = np.flatnonzero(self._outside(values))
            while outside.size:
                again = self.draw(outside.size, rng)
                values[outside] = again
                outside = outside[self._outside(again)]
            return self._typed(values)

    def quantile(self, u: NDArray[np.float64]) -> NDArray[Any]:
        """The least values at or below which shares u of the law lie, its bounds included.

        Args:
            u: between 0 and 1, shape (n,).

        Returns:
            Shape (n,), int64 or float64.

        Raises:
            SpecError: the law has nothing between the bounds.
        """
        with np.errstate(all="ignore"):
            values = self.bounded().ppf(np.clip(u, *ENDS))
            return self._typed(np.broadcast_to(self._clipped(values), np.shape(u)))

    def cdf(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Shares of the law, its bounds included, at or below x, shape (n,)."""
        with np.errstate(all="ignore"):
            return np.asarray(self.bounded().cdf(x), dtype=float)

    def bounded(self) -> Any:
        """The `Law` with its bounds; where there are any, with its share between them (see `Truncated`).

        Raises:
            SpecError: the law has nothing between the bounds.
        """
        assert not isinstance(self.min, Sql) and not isinstance(self.max, Sql), "the caller resolves expressions"
        if self.min is None and self.max is None:
            return self.law()
        truncated = Truncated(self.law(), self.min, self.max)
        if not np.all(truncated.mass > 0):
            bounds = shown(self, *(name for name in ("min", "max") if getattr(self, name) is not None))
            raise SpecError(
                f"{bounds}: the distribution has next to nothing there; move the bound or the distribution."
            )
        return truncated

    @property
    def _varies(self) -> bool:
        return any(isinstance(getattr(self, f.name), np.ndarray) for f in dataclasses.fields(self))

    def _outside(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        low: Any = -np.inf if self.min is None else self.min
        high: Any = np.inf if self.max is None else self.max
        outside: NDArray[np.bool_] = (values < low) | (values > high)
        return outside

    def _clipped(self, values: NDArray[Any]) -> NDArray[Any]:
        low: Any = self.min
        high: Any = self.max
        if pa.types.is_integer(self.type):
            low = None if low is None else np.ceil(low)
            high = None if high is None else np.floor(high)
        return values if low is None and high is None else np.clip(values, low, high)

    def _typed(self, values: NDArray[Any]) -> NDArray[Any]:
        if not pa.types.is_integer(self.type):
            return np.ascontiguousarray(values, dtype=np.float64)
        if values.dtype.kind == "f":
            values = np.clip(values, -WHOLE, WHOLE)
        return np.ascontiguousarray(values, dtype=np.int64)
