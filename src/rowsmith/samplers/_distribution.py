"""What the distributions share: drawing, bounds, and quantiles for columns that depend on others by a copula."""

from __future__ import annotations

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
from rowsmith.core.values import Number, Sql


@dataclass(frozen=True, kw_only=True)
class Distribution(ColumnSampler):
    """A law of numbers. A subclass says how it is drawn quickly, and its law in SciPy's terms."""

    min: Number | None = None
    """Least value: the law is truncated there (its shape inside stays)."""
    max: Number | None = None
    """Greatest value: the law is truncated there."""

    discrete: ClassVar[bool] = False
    """Whether values are whole numbers."""

    @property
    def type(self) -> pa.DataType:
        """int64 for counts, else float64."""
        return pa.int64() if self.discrete else pa.float64()

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """N values without bounds, shape (n,); settings may be arrays of that shape."""

    @abstractmethod
    def law(self) -> Any:
        """The frozen SciPy distribution without bounds: has `cdf` and `ppf`."""

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw directly, or by quantiles where the law has bounds."""
        rng = key.generator()
        if self.min is None and self.max is None:
            return pa.array(self.draw(rows.n, rng).astype(np.int64 if self.discrete else np.float64, copy=False))
        return pa.array(self.quantile(rng.random(rows.n)))

    def quantile(self, u: NDArray[np.float64]) -> NDArray[Any]:
        """The values below which shares u of the (truncated) law lie.

        Args:
            u: between 0 and 1, shape (n,).

        Returns:
            Shape (n,), int64 or float64.

        Raises:
            SpecError: the law has nothing between the bounds.
        """
        assert not isinstance(self.min, Sql) and not isinstance(self.max, Sql), "the caller resolves expressions"
        law = self.law()
        low: Any = 0.0 if self.min is None else law.cdf(np.ceil(self.min) - 1 if self.discrete else self.min)
        high: Any = 1.0 if self.max is None else law.cdf(np.floor(self.max) if self.discrete else self.max)
        if u.size and np.any(high - low <= 0):
            raise SpecError(f"min={self.min}, max={self.max}: the law has no values between these bounds.")
        values: NDArray[Any] = law.ppf(low + u * (high - low))
        values = np.clip(values, -np.inf if self.min is None else self.min, np.inf if self.max is None else self.max)
        return values.astype(np.int64) if self.discrete else values.astype(np.float64)
