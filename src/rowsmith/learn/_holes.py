"""Rows of a learnt table whose missing values are filled in: drawn from their law given the values that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.learn._rules import Rules
from rowsmith.learn.table import TableModel

ROUNDS = 30
"""Times that a row whose filling breaks a rule is filled again."""


@dataclass(frozen=True)
class Filling:
    """A `Sampler` of rows that are there, without their holes.

    Attributes:
        model: the table.
        given: all its columns, in its types; null where a value is wanted.
    """

    model: TableModel
    given: Mapping[str, pa.Array]

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Fill the rows with these numbers. What is there stays; what tells nothing, as made-up text, stays missing."""
        here = {name: values.slice(rows.first, rows.n) for name, values in self.given.items()}
        whole = self.model.filled(rows, key, here)
        rules = Rules(self.model.name, self.model.schema.rules)
        holes = with_holes(here.values(), rows.n)
        for turn in range(ROUNDS if self.model.schema.rules else 0):
            again = np.flatnonzero(rules.broken(whole) & holes)
            if not len(again):
                break
            index = pa.array(again)
            some = {name: values.take(index) for name, values in here.items()}
            other = self.model.filled(Rows(rows.first, len(again)), key.child("again", turn), some)
            whole = _replaced(whole, other, again)
        return whole


def with_holes(columns: Iterable[pa.Array], n: int) -> NDArray[np.bool_]:
    """Which of n rows lack a value, shape (n,)."""
    out = np.zeros(n, dtype=bool)
    for values in columns:
        out |= values.is_null().to_numpy(zero_copy_only=False)
    return out


def _replaced(rows: pa.RecordBatch, more: pa.RecordBatch, at: NDArray[np.int64]) -> pa.RecordBatch:
    index = np.arange(rows.num_rows)
    index[at] = rows.num_rows + np.arange(len(at))
    take = pa.array(index)
    columns = [pa.concat_arrays([a, b]).take(take) for a, b in zip(rows.columns, more.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)
