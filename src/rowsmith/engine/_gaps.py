"""Gaps of sequences filled in, each value given what is there before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import coalesced
from rowsmith.core.protocols import Progress, Rows
from rowsmith.core.rng import Key
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches
from rowsmith.engine.sequence import SequenceModel, in_order
from rowsmith.learn._sequence_known import Known
from rowsmith.learn.sequence import SequenceTable


@dataclass(frozen=True)
class Gaps:
    """A `Sampler` of rows that are there, without their gaps.

    Attributes:
        table: the learnt one.
        known: the rows.
        key: random stream of the table.
    """

    table: SequenceTable
    known: Known
    key: Key

    @property
    def plan(self) -> TablePlan:
        """Of the entities: as many in a chunk as have about its rows."""
        return TablePlan.of_groups(self.table.name, len(self.known.lengths), len(self.known.values), self.key)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """All rows of some entities: `rows` counts these, not their rows."""
        begins = self.known.begins[rows.first : rows.first + rows.n + 1]
        some = self.known.take(np.arange(rows.first, rows.first + rows.n))
        return self.table.filled(some, Rows(int(begins[0]), int(begins[-1] - begins[0])), rows.first, self.key)


def filled(model: SequenceModel, table: pa.Table, seed: int, workers: int, progress: Progress) -> pa.Table:
    """The rows as they stand, with values for what is missing; what is made without being learnt stays missing.

    Args:
        model: of such sequences.
        table: the rows, plain.
        seed: the same seed gives the same values.
        workers: how many processes; the values do not depend on it.
        progress: told how many entities are done.

    Raises:
        DataError: a column is of another type than the learnt one, or a row has no time or no entity.
        SpecError: a column is missing.
    """
    own = model.table
    rows = in_order(own, table, "data")
    gaps = Gaps(own, Known.of(own, rows), Key(seed).child(own.name, "impute"))
    done = pa.Table.from_batches(batches(gaps.plan, gaps, workers=workers, progress=progress), own.arrow_schema)
    back: NDArray[np.int64] = np.argsort(rows.places)
    done, out = done.take(pa.array(back)), table
    for place, name in enumerate(table.column_names):
        if name in own.schema.columns and name not in own.made and table[name].null_count:
            there, drawn = table[name].combine_chunks(), done[name].combine_chunks()
            out = out.set_column(place, name, coalesced(there, drawn))
    return out
