"""Values that too few rows share: left out before anything is learnt, so that no model and no drawn row can hold them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.rng import Key

FEW = 5
"""Rows that must share a value, by default, for it to be kept."""
ROWS_EACH = 100
"""Rows of a table for each of these: in tables of fewer than 400 fewer are enough, since a share is what tells a person."""


@dataclass(frozen=True)
class Shielded:
    """A column without the values that too few rows share.

    Attributes:
        values: shape (n,); made-up ones may stand where one was left out.
        hidden: rows in which nothing stands for it, shape (n,): the value of a row like theirs is to be learnt there.
        levels: how many distinct values are left out.
        rows: how many rows had one.
    """

    values: pa.Array
    hidden: NDArray[np.bool_]
    levels: int
    rows: int


class Shielding(ABC):
    """What column kinds are besides, whose values are listed as they are: they leave out those of too few rows."""

    rare: int
    """Fewest rows that must share a value."""

    @abstractmethod
    def shielded(self, values: pa.Array, key: Key) -> Shielded | None:
        """The column without the values that too few rows share; None where all may stay.

        Args:
            values: the column's values as `ColumnKind.fit` takes them, shape (n,).
            key: random stream of the column.

        Raises:
            DataError: nearly all would go, and nothing can be made up in their place.
        """


def fewest(rare: int, rows: int) -> int:
    """Rows that must share a value in a table of so many rows.

    >>> fewest(5, 32_561), fewest(5, 150), fewest(1, 150)
    (5, 2, 1)
    """
    return min(rare, 1 + rows // ROWS_EACH)
