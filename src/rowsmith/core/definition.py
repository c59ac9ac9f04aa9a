"""What a database is told of a table: columns, keys, what points where, and what every row keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.portable import Condition
from rowsmith.core.schema import ForeignKey

__all__ = ["ForeignKey", "Index", "TableDefinition", "indexes_of"]

INDEXES = b"rowsmith.indexes"
"""Key of an Arrow schema's metadata under which a reader keeps the indexes of the table in its database."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a database looks rows up by.

    Attributes:
        name: of the index.
        columns: of the table, in order.
        unique: whether no two rows agree in all of them, but for rows with a null there.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False


def indexes_of(schema: pa.Schema) -> tuple[Index, ...]:
    """The indexes that a reader has noted, of columns that are all there.

    >>> noted = {INDEXES: json.dumps([{"name": "by_day", "columns": ["day"], "unique": False}])}
    >>> indexes_of(pa.schema([("day", pa.date32())], metadata=noted))
    (Index(name='by_day', columns=('day',), unique=False),)
    """
    kept = json.loads((schema.metadata or {}).get(INDEXES, b"[]"))
    found = (Index(name=each["name"], columns=tuple(each["columns"]), unique=each["unique"]) for each in kept)
    return tuple(index for index in found if set(index.columns) <= set(schema.names))


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
        indexes: what rows are looked up by, besides keys.
    """

    schema: pa.Schema
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    not_null: frozenset[str] = frozenset()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[tuple[str, Condition], ...] = ()
    indexes: tuple[Index, ...] = ()
