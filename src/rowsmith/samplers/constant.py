"""The same value in every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from rowsmith.core.choices import Choices
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._levels import Scalar, array_of, column_of, column_type


@dataclass(frozen=True, kw_only=True)
class Constant(ColumnSampler):
    """The same value in every row."""

    value: Scalar | None
    """A text, number, true, false, date or moment; or null."""

    def __post_init__(self) -> None:
        _ = self._listed

    @property
    def type(self) -> pa.DataType:
        """That of the value; a dictionary for a text."""
        return column_type(self._listed)

    def choices(self) -> Choices | None:
        """The value, if it is one."""
        return Choices.of(self._listed)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Repeat the value."""
        if self.value is None:
            return pa.nulls(rows.n)
        return column_of(self._listed, np.zeros(rows.n, dtype=np.int64))

    @cached_property
    def _listed(self) -> pa.Array:
        return pa.nulls(0) if self.value is None else array_of([self.value], "value")
