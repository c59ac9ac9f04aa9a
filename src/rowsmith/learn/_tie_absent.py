"""A column that is missing where others say so: what is learnt is its value in the rows that have one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pyarrow as pa

from rowsmith.core import sql
from rowsmith.core.codecs import blank
from rowsmith.core.computed import flags, value
from rowsmith.core.schema import Column
from rowsmith.core.state import State
from rowsmith.learn._ties import Columns, Part, Tie, column_of, inner_state, state_of


@dataclass(frozen=True)
class Absent(Tie):
    """The column is missing where a condition holds; and only there, if `only`.

    Attributes:
        column: that is missing.
        condition: SQL over other columns.
        kind: how the column is learnt.
        only: whether it has a value wherever the condition does not hold.
        inner: what else ties it to other columns.
    """

    form = "absent"
    column: str
    condition: str
    kind: Column
    only: bool
    inner: Tie | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """What the condition reads, and the inner tie."""
        inside = () if self.inner is None else self.inner.reads
        return tuple(dict.fromkeys([*sql.references(self.condition, self.column), *inside]))

    @property
    def learns(self) -> Mapping[str, Column]:
        """What the inner tie learns; else the column's value."""
        return {f"{self.column}#there": self.kind} if self.inner is None else self.inner.learns

    @property
    def says_missing(self) -> str | None:
        """That of the inner tie; where the condition holds, it cannot be there."""
        return None if self.inner is None else self.inner.says_missing

    def split(self, rows: Columns) -> dict[str, Part]:
        """See `learns`; where no row may lack a value, ones of other rows stand for those that are missing."""
        inside = (
            self.inner.split(rows) if self.inner is not None else {f"{self.column}#there": Part.of(rows[self.column])}
        )
        if not self.only:
            return inside
        return {name: part.lent(flags(part.values.is_null()), name) for name, part in inside.items()}

    def join(self, rows: Columns) -> pa.Array:
        """The value, but where the condition holds."""
        values = rows[f"{self.column}#there"] if self.inner is None else self.inner.join(rows)
        return blank(values, flags(value(self.condition, rows, self.column)))

    def solved(self, rows: Columns) -> dict[str, pa.Array]:
        """Those of the inner tie."""
        return {} if self.inner is None else self.inner.solved(rows)

    def state(self) -> State:
        """Plain values."""
        return state_of(self) | inner_state(self.inner)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse; the inner tie is there already."""
        return cls(**column_of(state))
