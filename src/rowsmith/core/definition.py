"""What a database is told of a table: columns, keys, what points where, and what every row keeps."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.portable import Condition
from rowsmith.core.schema import ForeignKey

__all__ = ["ForeignKey", "TableDefinition"]


@dataclass(frozen=True, kw_only=True)
class TableDefinition:
    """A table as a database declares it.

    Attributes:
        schema: its columns and their types.
        primary_key: columns that identify a row.
        unique: other sets of columns that do, but for rows with a null there.
        not_null: columns without nulls.
        foreign_keys: what points to other rows.
        checks: name to what holds in every row.
    """

    schema: pa.Schema
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    not_null: frozenset[str] = frozenset()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[tuple[str, Condition], ...] = ()
