"""What will be made, before anything runs: tables in order, each cut into chunks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import pyarrow as pa

from rowsmith.core.rng import Key
from rowsmith.engine._planting import Planting
from rowsmith.engine._targets import Dealt, Moved
from rowsmith.spec.model import Spec

CHUNK_ROWS = 65_536
"""Rows of a chunk. The output depends on it, so it is part of the contract and not a tuning knob."""
PART_ROWS = 8 * CHUNK_ROWS
"""Rows of a table in one file of a folder, about. A smaller table is one file, a larger one a folder of files."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a table: the only thing that is sent to a worker.

    Attributes:
        table: name of the table.
        index: position of the chunk in its table.
        first_row: number of its first row in the table, from 0.
        n_rows: how many rows it has.
        key: its random stream.
        starts: first row numbers of the tables whose rows belong to these rows, by table.
    """

    table: str
    index: int
    first_row: int
    n_rows: int
    key: Key
    starts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Part:
    """Chunks in a row whose tables are written into files of their own: what is sent to a worker that writes.

    Attributes:
        root: the family's first table.
        index: position of the part in its family.
        of: how many parts the family has.
        number: position of the part among all.
        total: how many parts there are.
        chunks: at least one.
    """

    root: str
    index: int
    of: int
    number: int
    total: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class TablePlan:
    """One table's part of a plan.

    Attributes:
        name: of the table.
        n_rows: how many rows it will have.
        key: random stream of the table.
        partition: how it is cut; "whole" cannot be cut.
        chunk_rows: rows of a chunk.

    >>> plan = TablePlan("t", 100_000, Key(7))
    >>> [(c.index, c.first_row, c.n_rows) for c in plan.chunks()]
    [(0, 0, 65536), (1, 65536, 34464)]
    """

    name: str
    n_rows: int
    key: Key
    partition: Literal["rows", "whole"] = "rows"
    chunk_rows: int = CHUNK_ROWS

    @classmethod
    def of_groups(cls, name: str, groups: int, rows: int, key: Key) -> Self:
        """A plan that counts groups of rows, such as entities or baskets: as many in a chunk as have about its rows.

        Args:
            name: of the table.
            groups: how many there are.
            rows: how many rows they have in all.
            key: of the table.
        """
        return cls(name, groups, key, chunk_rows=max(1, CHUNK_ROWS * groups // max(rows, 1)))

    @property
    def n_chunks(self) -> int:
        """How many chunks the table has."""
        return 1 if self.partition == "whole" else -(-self.n_rows // self.chunk_rows)

    def chunks(self) -> Iterator[Chunk]:
        """The chunks, in order of rows."""
        size = self.n_rows if self.partition == "whole" else self.chunk_rows
        for index in range(self.n_chunks):
            first = index * size
            yield Chunk(self.name, index, first, min(size, self.n_rows - first), self.key.child("chunk", index))


@dataclass(frozen=True)
class Plan:
    """Tables in the order in which they are made."""

    tables: tuple[TablePlan, ...]


@dataclass(frozen=True)
class MakePlan:
    """What a spec will make. Tables are cut by the rows of their family's root; descendants stay in their root's chunk.

    Attributes:
        spec: how the tables are made.
        seed: of everything random.
        rows: of the root tables.
        chunk_rows: rows of a chunk, by root table: fewer where each has many descendants, so that memory is bounded.
        starts: by root table, one mapping a chunk: first row numbers of its tables; one more holds their sizes.
        schemas: columns and types of each table.
        row_bytes: about how many bytes a row takes in memory, by table.
        aims: by table and column, how it comes to its target.
        plantings: structures that are planted.
    """

    spec: Spec
    seed: int
    rows: Mapping[str, int]
    chunk_rows: Mapping[str, int]
    starts: Mapping[str, tuple[Mapping[str, int], ...]] = field(default_factory=dict)
    schemas: Mapping[str, pa.Schema] = field(default_factory=dict)
    row_bytes: Mapping[str, float] = field(default_factory=dict)
    aims: Mapping[tuple[str, str], Dealt | Moved] = field(default_factory=dict)
    plantings: tuple[Planting, ...] = ()

    def chunks(self, root: str) -> list[Chunk]:
        """The chunks of a family, in order; one of no rows where it has none, which then tells the types."""
        n, key = self.rows[root], Key(self.seed).child(root)
        size = self.chunk_rows[root] if self.spec.tables[root].emitted is None else 1  # a part of a run by itself
        starts = self.starts.get(root, ())
        return [
            Chunk(root, i, i * size, min(size, n - i * size), key, tuple(starts[i].items()) if i < len(starts) else ())
            for i in range(max(1, -(-n // size)))
        ]

    def parts(self) -> list[Part]:
        """The chunks of all families in parts of at most `PART_ROWS` rows of a family's largest table, about."""
        groups = {root: self._groups(root) for root in self.roots}
        total = sum(map(len, groups.values()))
        numbers = itertools.count()
        return [
            Part(root, index, len(found), next(numbers), total, chunks)
            for root, found in groups.items()
            for index, chunks in enumerate(found)
        ]

    def _groups(self, root: str) -> list[tuple[Chunk, ...]]:
        chunks = self.chunks(root)
        largest = max(self.size(table.name) for table in self.spec.family(root))
        each = max(1, PART_ROWS * len(chunks) // max(largest, 1))
        return [tuple(chunks[i : i + each]) for i in range(0, len(chunks), each)]

    def size(self, table: str) -> int:
        """Rows of a table."""
        root = self.spec.root(table).name
        return self.rows[root] if root == table else self.starts[root][-1][table]

    @property
    def roots(self) -> list[str]:
        """Tables without a parent, each with its family, in order."""
        return [t.name for t in self.spec.tables.values() if t.per is None]
