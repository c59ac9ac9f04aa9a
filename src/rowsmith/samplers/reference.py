"""A foreign key: a row of another table, picked at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import InternalError, SpecError
from rowsmith.core.permutation import permute
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Reference(ColumnSampler):
    """The key of a row of another table. Other columns of that row can be read as `TABLE.column`, or `THIS.column`."""

    table: str
    """The table that is pointed to; the row's own table too."""
    column: str | None = None
    """Which of its columns; its primary key if left out."""
    law: Literal["uniform", "zipf", "each"] = "uniform"
    """Which rows are picked: all alike; few of them mostly, in random order; or every row once before any comes again."""
    exponent: float = 1.0
    """For zipf: how uneven; the k-th favourite is picked in proportion to k ** -exponent."""
    distinct: bool = False
    """Whether the children of one parent point to different rows (a link table)."""

    def __post_init__(self) -> None:
        if not 0 < self.exponent <= 10:
            raise SpecError(f"exponent={self.exponent:g}: expected a number greater than 0 and at most 10.")

    @property
    def type(self) -> None:
        """That of the column pointed to."""

    @property
    def placed(self) -> bool:
        """Whether what a row points to depends on other rows, so that it cannot be picked again for one row alone."""
        return self.distinct or self.law == "each"

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Not on its own: the engine picks rows and looks them up."""
        raise InternalError("a reference is made by the engine.")

    def pick(
        self, rows: Rows, size: int, key: Key, column_key: Key, group: NDArray[np.int64] | None
    ) -> NDArray[np.int64]:
        """Numbers of rows of the other table.

        Args:
            rows: which rows of this table point.
            size: rows of the other table.
            key: random stream of this column in these rows.
            column_key: random stream of the column in all rows.
            group: number of each row's parent, from 0 and rising, shape (n,); for `distinct`.

        Returns:
            Shape (n,).

        Raises:
            SpecError: there is nothing to point to, or too little for distinct pointers.
        """
        if rows.n and size == 0:
            raise SpecError(f"table={self.table!r}: has no rows to point to.")
        if self.law == "each":
            place = rows.numbers % max(size, 1)
            picked = permute(place, max(size, 1), column_key.integer())
        else:
            picked = self._draw(rows.n, size, key.generator(), column_key)
        return picked if group is None or not self.distinct else self._apart(picked, size, group, key, column_key)

    def weights(self, size: int, column_key: Key) -> NDArray[np.float64]:
        """How often each row is picked by the law zipf, in any unit, shape (size,)."""
        out = np.empty(size)
        out[permute(np.arange(size), max(size, 1), column_key.integer())] = self._ranks(size)
        return out

    def _ranks(self, size: int) -> NDArray[np.float64]:
        return np.arange(1, size + 1, dtype=float) ** -self.exponent

    def _draw(self, n: int, size: int, rng: np.random.Generator, column_key: Key) -> NDArray[np.int64]:
        if self.law == "uniform":
            return rng.integers(max(size, 1), size=n)
        cumulative = np.cumsum(self._ranks(size))
        rank = np.searchsorted(cumulative, rng.random(n) * cumulative[-1] if size else np.empty(0), side="right")
        return permute(np.minimum(rank, size - 1), size, column_key.integer())

    def _apart(
        self, picked: NDArray[np.int64], size: int, group: NDArray[np.int64], key: Key, column_key: Key
    ) -> NDArray[np.int64]:
        """Draw again what a parent points to twice, until nothing is; the first pointers stay."""
        largest = int(np.bincount(group).max(initial=0))
        if largest > size:
            raise SpecError(
                f"distinct=True: a parent has {largest} rows, and table {self.table!r} only {size}; "
                "bound the count, or make more rows."
            )
        picked = picked.copy()
        for turn in range(10_000):
            pair = group * size + picked
            _, first = np.unique(pair, return_index=True)
            twice = np.setdiff1d(np.arange(len(pair)), first, assume_unique=True)
            if not len(twice):
                return picked
            law = self if turn < 50 else Reference(table=self.table)  # a skewed law may hardly reach its last rows
            rng = key.child("apart", turn).generator()
            picked[twice] = law._draw(len(twice), size, rng, column_key)
        raise SpecError("distinct=True: too few rows to point to; bound the count, or make more rows.")
