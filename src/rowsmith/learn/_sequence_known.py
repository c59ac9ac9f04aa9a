"""Rows that sequences go on from, or whose holes are filled, as the law that draws the others takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.learn._sequence_rows import Ordered
from rowsmith.learn._sequence_ties import split, steady
from rowsmith.learn._sequence_values import Values

if TYPE_CHECKING:
    from rowsmith.learn.sequence import SequenceTable

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """Rows of some entities, in order.

    Attributes:
        entities: keys and constants of each; None for a single series.
        begins: first row of each, and the number of rows, shape (entities + 1,).
        values: the numbers of the rows, shape (rows, columns of the law).
        lines: their times, in units of the clock, shape (rows,).
        missing: which values are null, shape (rows, columns of the law).
        usual: what is in the middle of the values of each column that are there, nan of none, shape (columns of the law,).
    """

    entities: pa.RecordBatch | None
    begins: Index
    values: NDArray[np.float64]
    lines: Index
    missing: NDArray[np.bool_]
    usual: NDArray[np.float64]

    @classmethod
    def of(cls, table: SequenceTable, rows: Ordered) -> Self:
        """The rows of a frame.

        Args:
            table: the learnt one, whose columns they have.
            rows: in order.

        Raises:
            DataError: a column has another type than the learnt one.
        """
        arrays: dict[str, pa.Array] = {}
        for field in table.arrow_schema:
            values = rows.table[field.name].combine_chunks()
            try:
                arrays[field.name] = values if values.type == field.type else values.cast(field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise DataError(
                    f"column {field.name!r}: is of the type {values.type}, and was learnt as {field.type}; give it as it was learnt."
                ) from None
        for tie in reversed(table.ties.each):
            arrays |= tie.solved(arrays)
        parts = split(table.ties, arrays)
        given = arrays | {name: part.values for name, part in parts.items()}
        arrays |= {name: part.values for name, part in steady(table.ties, parts, rows.begins).items()}
        lines = table.clock.line(table.times(arrays[table.time.name]))
        gaps = np.where(rows.same, np.diff(lines, prepend=lines[:1]) / table.clock.step, np.nan)
        numbers, missing = [], []
        for column in table.columns:
            here = None if column is None else given[column.name]
            numbers.append(gaps if column is None else _numbers(column, arrays[column.name]))
            missing.append(
                np.zeros(len(lines), bool) if here is None else here.is_null().to_numpy(zero_copy_only=False)
            )
        entities = None
        if table.entities is not None:
            firsts = pa.array(rows.begins[:-1])
            named = [*table.keys, *(column.name for column in table.constants)]
            entities = pa.RecordBatch.from_arrays([arrays[name].take(firsts) for name in named], names=named)
        shape = (len(lines), len(numbers))
        values = np.array(numbers).T.reshape(shape).copy()
        gone = np.array(missing, dtype=bool).T.reshape(shape).copy()
        usual = np.array([_middle(values[~gone[:, k], k]) for k in range(len(numbers))])
        return cls(entities, rows.begins, values, lines, gone, usual)

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
        return Known(some, begins, self.values[at], self.lines[at], self.missing[at], self.usual)

    def begun(self) -> NDArray[np.float64]:
        """The numbers, and for what is missing in an entity's first row, the first one that is there, or what is in the middle of all."""
        out = self.values.copy()
        for k, gone in enumerate(self.missing.T):
            there = np.flatnonzero(~gone)
            for first in self.begins[:-1][gone[self.begins[:-1]]]:
                after = int(np.searchsorted(there, first))
                end = self.begins[np.searchsorted(self.begins, first, side="right")]
                if after < len(there) and there[after] < end:
                    out[first, k] = out[there[after], k]
                elif np.isfinite(self.usual[k]):
                    out[first, k] = self.usual[k]
        return out


def _middle(values: NDArray[np.float64]) -> float:
    known = np.sort(values[np.isfinite(values)])
    return float(known[len(known) // 2]) if len(known) else np.nan


def _numbers(column: Values, values: pa.Array) -> NDArray[np.float64]:
    """Values as numbers; 0 for the nulls of a column of codes that has none for them."""
    there = values.is_valid()
    if column.on_line or column.codec.nullable or not values.null_count:
        return column.numbers(values)
    out = np.zeros(len(values))
    out[there.to_numpy(zero_copy_only=False)] = column.numbers(values.filter(there))
    return out
