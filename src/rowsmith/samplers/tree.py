"""A key of the same table: a forest without loops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import InternalError, SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Tree(ColumnSampler):
    """The row above in a hierarchy (a manager, a category's category); null at the top. There are no loops."""

    roots: int = 1
    """How many rows stand at the top, at least 1: the table's first ones."""
    children: int = 5
    """Rows below each row at most, on average: the width of the hierarchy, at least 1."""
    depth: int = 6
    """Levels at most, at least 2; the last one takes all rows that are left."""

    def __post_init__(self) -> None:
        for name, least in (("roots", 1), ("children", 1), ("depth", 2)):
            if getattr(self, name) < least:
                raise SpecError(f"{name}={getattr(self, name)}: expected a whole number from {least}.")

    @property
    def type(self) -> None:
        """That of the table's key."""

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Not on its own: the engine turns row numbers into keys."""
        raise InternalError("a tree is made by the engine.")

    def above(self, rows: Rows, key: Key) -> NDArray[np.int64]:
        """Number of the row above each row, or -1, shape (n,): one of the level before, at random."""
        starts = [0, self.roots]
        while len(starts) < self.depth and starts[-1] < rows.first + rows.n:
            starts.append(starts[-1] + (starts[-1] - starts[-2]) * self.children)
        edges = np.array(starts)
        numbers = rows.numbers
        level = np.searchsorted(edges, numbers, side="right") - 1
        low, high = edges[np.maximum(level - 1, 0)], edges[level]
        picked = low + (key.generator().random(rows.n) * (high - low)).astype(np.int64)
        return np.where(level == 0, -1, picked)
