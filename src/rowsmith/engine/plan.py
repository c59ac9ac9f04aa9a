"""What will be made, before anything runs: tables in order, each cut into chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rowsmith.core.rng import Key

CHUNK_ROWS = 65_536
"""Rows of a chunk. The output depends on it, so it is part of the contract and not a tuning knob."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a table: the only thing that is sent to a worker.

    Attributes:
        table: name of the table.
        index: position of the chunk in its table.
        first_row: number of its first row in the table, from 0.
        n_rows: how many rows it has.
        key: its random stream.
    """

    table: str
    index: int
    first_row: int
    n_rows: int
    key: Key


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
