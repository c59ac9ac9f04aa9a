"""Rows of a learnt table no two of which have the same key, though its columns are learnt like others.

Rows are drawn as ever. Those whose key another row has already are *repaired*: replaced by rows of further draws whose
keys are new, at first by such that are like the row in some of the key's columns, so that these keep their law. Where
further draws bring hardly anything new, free values of the key are listed, and the other columns drawn given one. Which
rows are replaced by which is found once, for the whole table, from hashes of the keys (`engine/distinct.py`); here are
the draws, and the sampler that makes them again in any chunk on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import complete, row_hashes
from rowsmith.learn._key_points import KeyPoints, Places
from rowsmith.learn.table import TableModel

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Round:
    """Rows of a further draw that take the place of others.

    Attributes:
        size: how many rows are drawn.
        at: places in the chunk, shape (n,).
        chosen: rows of the draw that come there, shape (n,).
    """

    size: int
    at: Index
    chosen: Index


@dataclass(frozen=True)
class Repair:
    """What is replaced in a chunk.

    Attributes:
        rounds: one a further draw.
        at: places of the rows that get listed values of the key, shape (n,).
        points: these values.
    """

    rounds: Sequence[Round]
    at: Index
    points: Places


@dataclass(frozen=True)
class Distinct:
    """A `Sampler` of rows with different keys.

    Attributes:
        table: the learnt table.
        repairs: first row of a chunk to what is replaced in it.
    """

    table: TableModel
    repairs: Mapping[int, Repair]

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array] | None = None) -> pa.RecordBatch:
        """Draw the rows of a chunk.

        Args:
            rows: those of a chunk.
            key: its random stream.
            given: nothing; the whole row is drawn.
        """
        assert not given, "what is repaired was found for rows that are drawn whole"
        batch, repair = self.table.sample(rows, key), self.repairs.get(rows.first)
        if repair is None:
            return batch
        more = [batch]
        index = np.arange(rows.n)
        for turn, each in enumerate(repair.rounds):
            index[each.at] = sum(m.num_rows for m in more) + each.chosen
            more.append(further(self.table, each.size, key, turn))
        if len(repair.at):
            points = KeyPoints.of(self.table)
            assert points is not None, "values were listed"
            index[repair.at] = sum(m.num_rows for m in more) + np.arange(len(repair.at))
            more.append(self.table.sample(Rows(0, len(repair.at)), key.child("listed"), points.at(repair.points)))
        free = _free(self.table)
        columns = [
            _concat([m[name] for m in more]).take(pa.array(index)) if name in free else batch[name]
            for name in batch.schema.names
        ]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def further(table: TableModel, n: int, key: Key, turn: int) -> pa.RecordBatch:
    """Rows of a further draw for a chunk. Their keys made by number are not for use.

    Args:
        table: the learnt table.
        n: how many rows; at most as many as the table has in all.
        key: random stream of the chunk.
        turn: number of the draw.
    """
    return table.sample(Rows(0, n), key.child("distinct", turn))


@dataclass(frozen=True)
class Hashed:
    """Keys of rows.

    Attributes:
        keys: a hash of each, shape (n,).
        valid: whether no column of it is null, shape (n,).
        columns: a hash of each column of each, shape (columns, n).
    """

    keys: NDArray[np.uint64]
    valid: NDArray[np.bool_]
    columns: NDArray[np.uint32]

    @classmethod
    def of(cls, table: TableModel, batch: pa.RecordBatch) -> Hashed:
        """The keys of some rows of a table."""
        columns = [batch[name] for name in table.schema.primary_key]
        each = np.stack([row_hashes([column])[:, 0].astype(np.uint32) for column in columns])
        return cls(row_hashes(columns)[:, 0], complete(columns), each)


def _free(table: TableModel) -> set[str]:
    """Columns that are replaced: the key, and what hangs on it; not what is invented, and has nothing but nulls to learn."""
    inner = {name: codec.inner for name, codec in zip(table.schema.columns, table.codecs, strict=False)}
    sizes = {name: 1 if codec is None else codec.size for name, codec in inner.items()}
    return {name for name in table.drawn if sizes[name] > 1} | set(table.schema.primary_key)


def _concat(arrays: list[pa.Array]) -> pa.Array:
    if pa.types.is_dictionary(arrays[0].type):
        return pa.chunked_array(arrays).unify_dictionaries().combine_chunks()
    return pa.concat_arrays(arrays)
