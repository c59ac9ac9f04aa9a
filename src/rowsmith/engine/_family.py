"""One chunk of a family of tables, rows of a root table with all their descendants; and the tasks of making or counting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa

from rowsmith.core.permutation import Numbers
from rowsmith.core.rng import Key
from rowsmith.engine._batch import Batch
from rowsmith.engine._flaws import spoil
from rowsmith.engine._unique import Keys, keys_of
from rowsmith.engine.plan import Chunk, MakePlan
from rowsmith.spec.model import TableSpec


@dataclass(frozen=True)
class MakeFamily:
    """The task of a worker: all tables of a family in a chunk."""

    plan: MakePlan
    known: dict[tuple[str, str], pa.Array] = field(default_factory=dict, compare=False)

    def __call__(self, chunk: Chunk) -> Made:
        """The rows of every table, and how many candidates the rules cost."""
        with Family(self.plan, chunk, self) as family:
            tables = {table.name: family.rows(table.name) for table in self.plan.spec.family(chunk.table)}
            keys = keys_of(self.plan.spec, tables, self.plan.schemas)
            tables, flaws = spoil(family, tables)
            return Made(tables, family.tried, keys, flaws)

    def column(self, table: str, column: str) -> pa.Array:
        """All values of a column, remembered: what rows of other tables look up."""
        if (table, column) not in self.known:
            root = self.plan.spec.root(table).name
            parts = [self._part(chunk, table, column) for chunk in self.plan.chunks(root)]
            self.known[table, column] = pa.concat_arrays(parts)
        return self.known[table, column]

    def _part(self, chunk: Chunk, table: str, column: str) -> pa.Array:
        with Family(self.plan, chunk, self) as family:
            return family.batch(table).column(column)


@dataclass(frozen=True)
class Made:
    """What came of a chunk.

    Attributes:
        tables: the rows of each table.
        tried: table to candidate rows drawn and kept, where there are rules.
        keys: hashes of keys that may come twice.
        flaws: that were planted.
    """

    tables: Mapping[str, pa.RecordBatch]
    tried: Mapping[str, tuple[int, int]]
    keys: Keys
    flaws: Sequence[pa.RecordBatch] = ()


@dataclass(frozen=True)
class CountFamily:
    """The task that goes before: how many rows tables have in a chunk.

    Attributes:
        plan: with what was found before.
        tables: of one family.
    """

    plan: MakePlan
    tables: tuple[str, ...]

    def __call__(self, chunk: Chunk) -> dict[str, int]:
        """Rows by table."""
        with Family(self.plan, chunk, MakeFamily(self.plan)) as family:
            return {name: family.batch(name).n for name in self.tables}


def spread(n: int, size: int, key: Key) -> Numbers:
    """N of the numbers from 0 to below a size in order, one by chance from each n-th part; all of them where n is the size.

    By chance, so that they do not keep step with a week, or anything else that comes again.
    """
    return np.minimum(((np.arange(n) + key.generator().random(n)) * (size / max(n, 1))).astype(np.int64), size - 1)


class Family:
    """The tables of one chunk.

    A batch and its family know each other. At the end of `with` that circle is cut, or the columns of one chunk would stay
    in memory with those of the next, until Python looks for circles.

    Args:
        plan: what is made.
        chunk: which rows of the family's root.
        task: remembers columns that rows look up.
        spread: whether the numbers of these rows run over the whole of each table, however many rows it has: those of a pilot.
    """

    def __init__(self, plan: MakePlan, chunk: Chunk, task: MakeFamily, *, spread: bool = False) -> None:
        self.plan, self.chunk, self.task, self.spread = plan, chunk, task, spread
        self.key = Key(plan.seed)
        self.tried: dict[str, tuple[int, int]] = {}
        self._batches: dict[str, Batch] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._batches.clear()

    def rows(self, name: str) -> pa.RecordBatch:
        """All columns of a table."""
        batch, table = self.batch(name), self.plan.spec.tables[name]
        columns = {c: batch.column(c) for c in table.written}
        batch.check_late_rules()
        return pa.RecordBatch.from_pydict(columns)

    def batch(self, name: str) -> Batch:
        """The rows of a table, whose columns are made on demand."""
        if name not in self._batches:
            self._batches[name] = self._start(self.plan.spec.tables[name])
        return self._batches[name]

    def _start(self, table: TableSpec) -> Batch:
        if table.per is None:
            return Batch(self, table, self._numbers(table.name, self.chunk.first_row, self.chunk.n_rows))
        parent = self.batch(table.per.table)
        counts = parent.counts(table)
        index = np.repeat(np.arange(parent.n), counts)
        place = np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = dict(self.chunk.starts).get(table.name, 0)
        return Batch(self, table, self._numbers(table.name, first, len(index)), parent=index, place=place)

    def _numbers(self, table: str, first: int, n: int) -> Numbers:
        """Numbers of rows in their table, shape (n,)."""
        if not self.spread:
            return np.arange(first, first + n)
        return spread(n, self.plan.size(table), self.key.child("pilot", table, self.chunk.index))
