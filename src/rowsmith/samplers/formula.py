"""A column computed from others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.sql import evaluate, references


@dataclass(frozen=True, kw_only=True)
class Formula(ColumnSampler):
    """What an SQL expression (DuckDB's dialect) gives; `{sql: "…"}` is enough, without the kind.

    It may read columns of its row (`quantity`), of the parent's or a referenced row (`customers.age`), parameters of the
    spec, and, as an aggregate, columns of a child table (`sum(orders.total)`), which is then exact for each row.
    """

    sql: str
    """The expression."""

    @property
    def type(self) -> None:
        """Known when it is computed."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Every name in the expression."""
        return references(self.sql, "sql")

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Compute the rows."""
        return evaluate(self.sql, given or {"": pa.nulls(rows.n)}, "sql")
