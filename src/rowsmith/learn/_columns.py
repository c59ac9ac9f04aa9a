"""A fitted table as a source of columns for a table that also has others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.learn._where import Where
from rowsmith.learn.table import TableModel

BLOCK = 1024
"""Rows that are drawn together. The last block is drawn whole and cut, so that a longer table begins with the same rows."""


@dataclass(frozen=True)
class ModelColumns:
    """A `Sampler` of some columns of a fitted table.

    Attributes:
        model: the table.
        columns: which of its columns.
    """

    model: TableModel
    columns: tuple[str, ...]

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Draw the columns.

        Args:
            rows: how many, and the number of the first, on which made-up keys depend.
            key: random stream of these rows.
            given: other columns of the fitted table, `rows.n` values each. Values that are not like those that were
                learnt count as the nearest that are; a null counts where the fitted column has some.

        Raises:
            SpecError: as `TableModel.sample`.
            DataError: as `TableModel.sample`.
        """
        parts = []
        for at in range(0, max(rows.n, 1), BLOCK):
            n = min(BLOCK, rows.n - at)
            whole = pa.array(np.minimum(np.arange(at, at + (BLOCK if n else 0)), rows.n - 1))
            block = Rows(rows.first + at, len(whole))
            each = {name: values.take(whole) for name, values in given.items()}
            drawn = self.model.sample(block, key.child("block", at // BLOCK), each).select(list(self.columns))
            parts.append(drawn.slice(0, n))
        table = pa.Table.from_batches(parts).unify_dictionaries().combine_chunks()
        return table.to_batches()[0] if rows.n else parts[0]


@dataclass(frozen=True)
class Completion:
    """A `Sampler` of whole rows of a fitted table, of which something is known in advance.

    Attributes:
        model: the table.
        given: columns that are given, one value a row of the table that is to be made.
        where: a condition that all rows meet; None for none.
    """

    model: TableModel
    given: Mapping[str, pa.Array]
    where: Where | None = None

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Draw rows around the values that are given for their numbers.

        Raises:
            SpecError: as `TableModel.sample`.
            DataError: as `TableModel.sample`.
        """
        here = {name: values.slice(rows.first, rows.n) for name, values in self.given.items()}
        return self.model.sample(rows, key, here | dict(given), self.where)
