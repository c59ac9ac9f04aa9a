"""What has become of each row while a table is changed step by step: where it comes from, what made it, what was done to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._change import Outcome
from rowsmith.core.types import whole

LOG = pa.schema(
    {
        "step": pa.int64(),
        "change": pa.string(),
        "row": pa.int64(),
        "source": pa.int64(),
        "column": pa.string(),
        "before": pa.string(),
        "after": pa.string(),
        "how": pa.string(),
    }
)
"""A changed value or a made row a row. Rows count from 1: `row` in what came out, null if a later step left it out; `source` in
what went in, null if there is none. For a made row, `column`, `before` and `after` are null. `how` is known of some changes."""


@dataclass
class State:
    """A table between two steps.

    Attributes:
        table: its rows.
        source: number of the row of the input that each is or was made from; -1 for none.
        made: whether a step has made it.
        by: name of the change that made each row; null for rows of the input.
        log: what was done, with rows as they are numbered now, -1 for those that are left out; None if nobody asked.
        steps: how many there were.
    """

    table: pa.Table
    source: NDArray[np.int64]
    made: NDArray[np.bool_]
    by: pa.Array
    log: list[_Entries] | None
    steps: int = 0

    @classmethod
    def of(cls, table: pa.Table, *, log: bool) -> State:
        """A table as it came."""
        n = table.num_rows
        return cls(table, np.arange(n), np.zeros(n, dtype=bool), pa.nulls(n, pa.string()), [] if log else None)

    def add(self, change: str, outcome: Outcome) -> dict[str, int]:
        """Take a step; how many values it changed in each column, of rows that it did not make."""
        self.steps += 1
        stays = np.flatnonzero(~outcome.made & (outcome.source >= 0))
        came = outcome.source[stays]
        same = len(came) == self.table.num_rows == outcome.table.num_rows and bool((came == np.arange(len(came))).all())
        if self.log is not None and not same:
            now = np.full(self.table.num_rows + 1, -1)  # the last: of rows that were left out before
            now[came] = stays
            for entries in self.log:
                entries.rows = now[entries.rows]
        cells = {}
        for name in outcome.table.column_names:
            if name not in self.table.column_names:
                continue
            before, after = whole(self.table[name]), whole(outcome.table[name])
            if before is not after and not same:
                before, after = before.take(pa.array(came)), after.take(pa.array(stays))
            at = np.flatnonzero(differ(before, after)) if before is not after else np.zeros(0, dtype=np.int64)
            cells[name] = len(at)
            if self.log is not None:
                self._note(change, outcome, name, stays[at])
                if name in outcome.how:  # what was done to copies
                    told = outcome.how[name].is_valid().to_numpy(zero_copy_only=False)
                    self._note(change, outcome, name, np.flatnonzero(told & outcome.made & (outcome.source >= 0)))
        if self.log is not None:
            self._note(change, outcome, None, np.flatnonzero(outcome.made))
        index = pa.array(outcome.source, mask=outcome.source < 0)
        by = self.by.take(index)
        self.by = pc.if_else(pa.array(outcome.made), pa.scalar(change), by)
        self.made = outcome.made | np.append(self.made, True)[outcome.source]
        self.source = np.where(outcome.source >= 0, np.append(self.source, -1)[outcome.source], -1)
        self.table = outcome.table
        return cells

    def _note(self, change: str, outcome: Outcome, column: str | None, rows: NDArray[np.int64]) -> None:
        """Put rows into the log, for what was done to a column or for being made; `table` is still that before the step."""
        assert self.log is not None
        if not len(rows):
            return
        source, none = outcome.source[rows], pa.nulls(len(rows), pa.string())
        first = np.where(source >= 0, np.append(self.source, -1)[source], -1)
        before, after = none, none
        if column is not None:
            before, after = _printed(self.table[column], source), _printed(outcome.table[column], rows)
        how = outcome.how.get(column or "")
        told = none if how is None else how.take(pa.array(rows))
        self.log.append(_Entries(self.steps, change, rows, first, column, before, after, told))

    def logged(self) -> pa.Table | None:
        """The log, by step and row."""
        if self.log is None:
            return None
        return pa.Table.from_batches([entries.batch() for entries in self.log], LOG).combine_chunks()


@dataclass
class _Entries:
    """What a step did to one column, or rows that it made."""

    step: int
    change: str
    rows: NDArray[np.int64]
    source: NDArray[np.int64]
    column: str | None
    before: pa.Array
    after: pa.Array
    how: pa.Array

    def batch(self) -> pa.RecordBatch:
        n = len(self.rows)
        return pa.RecordBatch.from_arrays(
            [
                pa.repeat(pa.scalar(self.step, pa.int64()), n),
                pa.repeat(pa.scalar(self.change), n),
                pa.array(self.rows + 1, mask=self.rows < 0),
                pa.array(self.source + 1, mask=self.source < 0),
                pa.repeat(pa.scalar(self.column, pa.string()), n),
                self.before,
                self.after,
                self.how,
            ],
            schema=LOG,
        )


def _printed(column: pa.ChunkedArray, rows: NDArray[np.int64]) -> pa.Array:
    """Values of some rows as text."""
    values = whole(column).take(pa.array(rows))
    try:
        return values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists, structs, bytes
        return pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.string())


def differ(before: pa.Array, after: pa.Array) -> NDArray[np.bool_]:
    """Whether values differ; a null is like a null, and no number like none."""
    if before.type != after.type or pa.types.is_nested(before.type):
        pairs = zip(before.to_pylist(), after.to_pylist(), strict=True)
        return np.array([a != b for a, b in pairs], dtype=bool)
    if pa.types.is_null(before.type):
        return np.zeros(len(before), dtype=bool)
    if pa.types.is_float64(before.type) and not before.null_count and not after.null_count:
        # by bits: a number that is none is then like itself
        a, b = (values.to_numpy().view(np.int64) for values in (before, after))
        return np.asarray(a != b)
    both = pc.and_(before.is_null(nan_is_null=True), after.is_null(nan_is_null=True))
    return ~np.asarray(pc.or_(pc.equal(before, after).fill_null(False), both).to_numpy(zero_copy_only=False))
