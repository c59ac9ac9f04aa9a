"""The key of the row's parent, or another of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Parent(ColumnSampler):
    """A column of the parent's row: the foreign key of a table that is made `per` another."""

    column: str | None = None
    """Which column of the parent; its primary key if left out."""

    @property
    def type(self) -> None:
        """That of the parent's column."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The parent's column."""
        return () if self.column is None else (self.column,)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Hand on the parent's values."""
        assert self.column is not None, "the spec's check names it"
        return given[self.column]
