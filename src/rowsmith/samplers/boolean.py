"""True or false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.choices import Choices
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Number, Sql, require


@dataclass(frozen=True, kw_only=True)
class Boolean(ColumnSampler):
    """True or false."""

    p: Number = 0.5
    """Probability of true, from 0 to 1."""

    def __post_init__(self) -> None:
        require(self, "p", least=0, most=1)

    @property
    def type(self) -> pa.DataType:
        """Boolean."""
        return pa.bool_()

    def choices(self) -> Choices | None:
        """False and true, unless `p` differs from row to row."""
        if isinstance(self.p, Sql | np.ndarray):
            return None
        return Choices.of(pa.array([False, True]), np.array([1 - self.p, self.p]))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Compare uniform numbers with `p`."""
        return pa.array(np.less(key.generator().random(rows.n), self.p))  # type: ignore[arg-type]
