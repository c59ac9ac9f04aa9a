"""A random part of a stream of rows, as large as is asked for, in memory that does not grow with the stream."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class Reservoir:
    """A uniform sample without replacement, in the order of the rows.

    Every row gets a random mark, and those with the least are kept. Which these are depends on the numbers of the rows
    alone, not on how they come in batches. Source: the marks of K.-H. Li, "Reservoir-Sampling Algorithms of Time
    Complexity O(n(1 + log(N/n)))" (1994), section 2, kept by a threshold instead of a heap.

    >>> rows = Reservoir(3, np.random.default_rng(1))
    >>> for at in range(0, 100, 10):
    ...     rows.add(pa.record_batch({"x": np.arange(at, at + 10)}))
    >>> rows.seen, rows.table(pa.schema({"x": pa.int64()}))["x"].to_pylist()
    (100, [61, 75, 93])
    """

    def __init__(self, most: int, rng: np.random.Generator) -> None:
        self.seen = 0
        self._most, self._rng = most, rng
        self._below = 1.0
        self._batches: list[pa.RecordBatch] = []
        self._marks: list[NDArray[np.float64]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """The next rows of the stream."""
        marks = self._rng.random(batch.num_rows)
        self.seen += batch.num_rows
        kept = marks < self._below
        if kept.any():
            self._batches.append(batch if kept.all() else batch.filter(pa.array(kept)))
            self._marks.append(marks[kept])
        if sum(map(len, self._marks)) >= 2 * self._most:
            self._thin()

    def table(self, schema: pa.Schema) -> pa.Table:
        """The sample so far."""
        if sum(map(len, self._marks)) > self._most:
            self._thin()
        return _whole(pa.Table.from_batches(self._batches, schema=schema))

    def _thin(self) -> None:
        marks = np.concatenate(self._marks)
        self._below = float(np.partition(marks, self._most)[self._most])
        rows = _whole(pa.Table.from_batches(self._batches).filter(pa.array(marks < self._below)))
        self._batches, self._marks = rows.to_batches(), [marks[marks < self._below]]


def _whole(table: pa.Table) -> pa.Table:
    return table.unify_dictionaries().combine_chunks()


class Streamed(ABC):
    """What formats are besides, of whose files a random part can be read without the rest in memory."""

    @abstractmethod
    def read_some(self, source: str, most: int, rng: np.random.Generator) -> tuple[pa.Table, int]:
        """A random part of the rows of a file, in their order, and how many there are.

        Args:
            source: as `Format.read` takes it.
            most: rows to read; all, if the file has no more.
            rng: which rows.

        Raises:
            DataError: as `Format.read`.
        """


def some_of(table: pa.Table, most: int, rng: np.random.Generator) -> tuple[pa.Table, int]:
    """A random part of the rows of a table, in their order, and how many it has."""
    rows = Reservoir(most, rng)
    for batch in table.to_batches():
        rows.add(batch)
    return (table, rows.seen) if rows.seen <= most else (rows.table(table.schema), rows.seen)
