"""Values entered into the column beside their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._subject import KEY, Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Swapped(CellChange):
    """Values of two columns entered each into the other: first and last name, length and width.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"a": ["x"] * 3, "b": ["y"] * 3}), rs.Swapped(("a", "b"), rate=1.0)).frame["a"].to_pylist()
    ['y', 'y', 'y']
    """

    columns: tuple[str, ...] = field(kw_only=False)
    """Two columns of the same type."""
    rate: float = 0.05
    """Share of the rows."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        require(self, "rate", above=0, most=1)
        if len(set(self.columns)) != 2:
            raise SpecError(f"columns={list(self.columns)}: expected two columns.")

    def fit(self, subject: Subject) -> SwappedWork:
        """See that the types are the same."""
        kinds = [subject.table.schema.field(subject.column(name, "columns")).type for name in self.columns]
        for name in self.columns:
            if name in subject.fixed:
                raise SpecError(f"columns={name!r}: {KEY}.")
        if kinds[0] != kinds[1]:
            raise SpecError(
                f"columns: {self.columns[0]} is {kinds[0]} and {self.columns[1]} {kinds[1]}; expected one type."
            )
        return SwappedWork(self.columns, self.rate)


@dataclass(frozen=True)
class SwappedWork(CellWork):
    """Swaps of a table.

    Attributes:
        rate: share of the rows.
    """

    rate: float

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Swap values."""
        a, b = (rows.column(name) for name in self.columns)
        hit = pa.array(key.generator().random(rows.num_rows) < self.rate)
        return {self.columns[0]: pc.if_else(hit, b, a), self.columns[1]: pc.if_else(hit, a, b)}
