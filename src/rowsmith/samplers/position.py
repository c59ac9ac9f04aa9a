"""The place of a row among its parent's children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key

POSITION = "#position"
"""What the engine calls the place of each row among its parent's children, from 0."""


@dataclass(frozen=True, kw_only=True)
class Position(ColumnSampler):
    """1, 2, 3, … among the children of a parent, such as the lines of an order."""

    start: int = 1
    """Number of the first child."""

    @property
    def type(self) -> pa.DataType:
        """int64."""
        return pa.int64()

    @property
    def reads(self) -> tuple[str, ...]:
        """The place, which the engine knows."""
        return (POSITION,)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """The places, counted from `start`."""
        return pc.add(given[POSITION], self.start)
