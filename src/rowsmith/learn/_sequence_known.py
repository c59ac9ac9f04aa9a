"""Rows that sequences go on from, as the program that draws the next ones takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.learn._sequence_rows import Ordered

if TYPE_CHECKING:
    from rowsmith.learn.sequence import SequenceTable

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """Rows of some entities, in order.

    Attributes:
        entities: keys and constants of each; None for a single series.
        begins: first row of each, and the number of rows, shape (entities + 1,).
        values: the numbers of the rows, shape (rows, columns of the program).
        lines: their times, in units of the clock, shape (rows,).
    """

    entities: pa.RecordBatch | None
    begins: Index
    values: NDArray[np.float64]
    lines: Index

    @classmethod
    def of(cls, table: SequenceTable, rows: Ordered) -> Self:
        """The rows of a frame.

        Args:
            table: the learnt one, whose columns they have.
            rows: in order.

        Raises:
            DataError: a column has another type than the learnt one.
        """
        arrays = {}
        for field in table.arrow_schema:
            values = rows.table[field.name].combine_chunks()
            try:
                arrays[field.name] = values if values.type == field.type else values.cast(field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise DataError(
                    f"column {field.name!r}: is of the type {values.type}, and was learnt as {field.type}; give it as it was learnt."
                ) from None
        arrays |= table.ties.split(arrays)
        lines = table.clock.line(table.times(arrays[table.time.name]))
        gaps = np.where(rows.same, np.diff(lines, prepend=lines[:1]) / table.clock.step, np.nan)
        numbers = [gaps if column is None else column.numbers(arrays[column.name]) for column in table.columns]
        entities = None
        if table.entities is not None:
            firsts = pa.array(rows.begins[:-1])
            named = [*table.keys, *(column.name for column in table.constants)]
            entities = pa.RecordBatch.from_arrays([arrays[name].take(firsts) for name in named], names=named)
        return cls(entities, rows.begins, np.array(numbers).T.reshape(len(lines), len(numbers)).copy(), lines)

    @property
    def lengths(self) -> Index:
        """Rows of each entity."""
        return np.diff(self.begins)

    def take(self, entities: Index) -> Known:
        """Those of some entities."""
        lengths = self.lengths[entities]
        begins = np.cumsum(np.append(0, lengths))
        at = np.repeat(self.begins[entities] - begins[:-1], lengths) + np.arange(begins[-1])
        some = None if self.entities is None else self.entities.take(pa.array(entities))
        return Known(some, begins, self.values[at], self.lines[at])
