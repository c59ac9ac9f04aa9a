"""What databases share: declared types and Arrow types, values of columns, names of tables."""

from __future__ import annotations

import datetime
import decimal
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from rowsmith.core import text
from rowsmith.core.definition import INDEXES, Index, TableDefinition, declared_of, indexes_of
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.noted import noted, noted_columns
from rowsmith.core.protocols import Sink, TablesSink
from rowsmith.core.schema import FOREIGN_KEYS, NOT_NULL, PRIMARY_KEY, ForeignKey
from rowsmith.io import _cells

TABLE = b"rowsmith.table"
"""Key of an Arrow schema's metadata under which a reader keeps the name of the table in its database."""


DIGITS = 38
"""Of a decimal of 128 bits, at most."""
PIECE = 10_000
"""Rows that are fetched at a time: as values of Python, they take many times the memory of Arrow's."""


def choose(source: str, tables: Sequence[str], wanted: str | None) -> str:
    """The table that is meant.

    Raises:
        DataError: there is none, no such one, or several and none is named.
    """
    if wanted is not None:
        if wanted not in tables:
            raise DataError(f"{source}: has no table {wanted!r}{suggest(wanted, tables)}")
        return wanted
    if not tables:
        raise DataError(f"{source}: the database has no tables.")
    if len(tables) > 1:
        listed = ", ".join(tables[:12]) + (" …" if len(tables) > 12 else "")
        raise DataError(f"{source}: holds {len(tables)} tables ({listed}); name one, as in {source}#{tables[0]}.")
    return tables[0]


def target_table(schema: pa.Schema, part: str | None, file: str | None) -> str:
    """Name of the table to write: as asked for, as in the source, or after the file."""
    if part:
        return part
    kept = (schema.metadata or {}).get(TABLE)
    if kept is not None:
        return str(kept.decode(errors="replace"))
    return (Path(file).name.split(".")[0] if file else "") or "data"


def primary_key(schema: pa.Schema) -> list[str]:
    """Columns of the declared primary key, if the schema has them all."""
    kept = noted_columns(schema, PRIMARY_KEY)
    return list(kept) if len(kept) == len(noted(schema, PRIMARY_KEY)) else []


def metadata(
    table: str,
    key: Sequence[str],
    *,
    references: Sequence[ForeignKey] = (),
    not_null: Sequence[str] = (),
    indexes: Sequence[Index] = (),
) -> dict[bytes, bytes]:
    """Metadata of a schema that was read from a database.

    Args:
        table: its name there.
        key: columns of its primary key.
        references: its foreign keys.
        not_null: columns that are never null.
        indexes: what rows are looked up by, besides keys.
    """
    lists = {
        PRIMARY_KEY: list(key),
        FOREIGN_KEYS: [vars(r) for r in references],
        NOT_NULL: list(not_null),
        INDEXES: [vars(i) for i in indexes],
    }
    return {TABLE: table.encode()} | {name: json.dumps(values).encode() for name, values in lists.items() if values}


def declared_type(declared: str) -> pa.DataType | None:
    """The Arrow type of a declared SQL type; None where any value may stand."""
    word = declared.upper()
    sizes = re.search(r"\((\d+)\s*(?:,\s*(\d+))?\)", word)
    if "BOOL" in word:
        return pa.bool_()
    if "INT" in word and "INTERVAL" not in word and "POINT" not in word:
        return pa.int64()
    if "DEC" in word or "NUMERIC" in word:
        if sizes and 1 <= int(sizes[1]) <= 38:
            return pa.decimal128(int(sizes[1]), int(sizes[2] or 0))
        return None
    if "TIMESTAMP" in word or "DATETIME" in word:
        return pa.timestamp("us", tz="UTC" if "TZ" in word or "WITH TIME ZONE" in word else None)
    if "DATE" in word:
        return pa.date32()
    if word.startswith("TIME"):
        return pa.time64("us")
    if any(w in word for w in ("REAL", "FLOA", "DOUB")):
        return pa.float64()
    if any(w in word for w in ("CHAR", "CLOB", "TEXT", "STRING", "UUID", "ENUM", "JSON")):
        return pa.string()
    return pa.binary() if "BLOB" in word or "BINARY" in word or "BYTEA" in word else None


def columns(
    names: Sequence[str], wanted: Sequence[pa.DataType | None], fetch: Callable[[], Iterator[Sequence[Sequence[Any]]]]
) -> list[tuple[pa.ChunkedArray, pa.Field]]:
    """Columns of rows that come piece by piece: no more than a piece is there as values of Python.

    Only where the pieces of a column turn out to be of several types, its values are fetched again and looked at as a whole.

    Args:
        names: of the columns.
        wanted: their declared types; None where any value may stand.
        fetch: begins to fetch the rows, in an order that is the same each time.
    """
    pieces: list[list[tuple[pa.Array, pa.Field]]] = [[] for _ in names]
    for rows in fetch():
        for found, name, values, kind in zip(pieces, names, zip(*rows, strict=True), wanted, strict=True):
            found.append(column(name, list(values), kind))
    joined = [_joined(found) for found in pieces]
    odd: dict[int, list[Any]] = {place: [] for place, found in enumerate(joined) if found is None}
    for rows in fetch() if odd and any(pieces) else ():
        for place, whole in odd.items():
            whole.extend(row[place] for row in rows)
    looked = {place: column(names[place], whole, wanted[place]) for place, whole in odd.items()}
    return [found or (pa.chunked_array([looked[i][0]]), looked[i][1]) for i, found in enumerate(joined)]


def _joined(pieces: Sequence[tuple[pa.Array, pa.Field]]) -> tuple[pa.ChunkedArray, pa.Field] | None:
    """Pieces as one column; None where they are of several types, or there is none."""
    telling = [field for array, field in pieces if array.null_count < len(array)] or [field for _, field in pieces[:1]]
    if not telling:
        return None
    field = telling[0]
    if all(pa.types.is_decimal128(each.type) and each.metadata == field.metadata for each in telling):
        scale = max(each.type.scale for each in telling)
        digits = max(each.type.precision - each.type.scale for each in telling) + scale
        if digits > DIGITS:
            return None
        field = field.with_type(pa.decimal128(digits, scale))
    elif any(not each.equals(field, check_metadata=True) for each in telling):
        return None
    kind = field.type
    arrays = (pa.nulls(len(a), kind) if a.null_count == len(a) else a.cast(kind) for a, _ in pieces)
    return pa.chunked_array(list(arrays), kind), field


def column(name: str, values: list[Any], wanted: pa.DataType | None) -> tuple[pa.Array, pa.Field]:
    """A column of values from a database, of the declared type where they fit it.

    SQLite lets any value stand in any column; what does not fit keeps its own type, and mixed ones become JSON.
    """
    if wanted is not None:
        try:
            array = _typed(values, wanted)
            return array, pa.field(name, array.type)
        except (pa.ArrowException, ValueError, TypeError, OverflowError, decimal.InvalidOperation):
            pass
    kinds = {type(v) for v in values} - {type(None)}
    if kinds == {int, float}:
        array = pa.array([None if v is None else float(v) for v in values], pa.float64())
        return array, text.with_form(pa.field(name, array.type), {"as": "float", "least": 0})
    if len(kinds) <= 1:
        try:
            array = pa.array(values, pa.string() if not kinds else None)
            if not pa.types.is_nested(array.type) and not isinstance(array.type, pa.BaseExtensionType):
                return array, pa.field(name, array.type)
        except (pa.ArrowException, OverflowError):
            pass
    if kinds <= {int, float, str, bool}:
        return text.json_texts(values), text.with_form(pa.field(name, pa.string()), {"as": "json"})
    texts = [v if v is None or isinstance(v, str) else _cells.to_json(v).strip('"') for v in values]
    return pa.array(texts, pa.string()), pa.field(name, pa.string())


def _typed(values: list[Any], wanted: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(wanted):
        if any(v not in (None, 0, 1) for v in values):
            raise ValueError
        return pa.array([None if v is None else bool(v) for v in values], wanted)
    if pa.types.is_decimal(wanted):
        return pa.array(
            [None if v is None else decimal.Decimal(str(v)) for v in values], pa.decimal128(38, wanted.scale)
        ).cast(wanted)
    if pa.types.is_integer(wanted) and any(isinstance(v, float) for v in values):
        raise ValueError
    if pa.types.is_string(wanted):
        if any(v is not None and not isinstance(v, str) for v in values):
            raise ValueError
        return pa.array(values, wanted)
    if pa.types.is_temporal(wanted) and any(isinstance(v, str) for v in values):
        return _moments(values, wanted)
    if pa.types.is_temporal(wanted) and any(isinstance(v, int | float) for v in values):
        raise ValueError  # seconds, days or milliseconds: nobody has said
    return pa.array(values, wanted)


def _moments(values: list[Any], wanted: pa.DataType) -> pa.Array:
    """Dates, times or timestamps that stand in the database as text."""
    reader = {
        pa.types.is_date: datetime.date.fromisoformat,
        pa.types.is_time: datetime.time.fromisoformat,
        pa.types.is_timestamp: datetime.datetime.fromisoformat,
    }
    read = next(r for test, r in reader.items() if test(wanted))
    moments = [None if v is None else read(v) for v in values]
    zones = {m.tzinfo is not None for m in moments if isinstance(m, datetime.datetime)}
    if zones == {True}:
        wanted = pa.timestamp("us", tz="UTC")
    elif len(zones) == 2:
        raise ValueError("some timestamps have a zone")
    return pa.array(moments, wanted)


class OneTable(Sink):
    """A sink of one table in a place that holds several.

    Args:
        tables: the place.
        wanted: name of the table, if it was asked for.
        file: that the table is named after, if nothing else names it.
    """

    def __init__(self, tables: TablesSink, wanted: str | None, file: str | None) -> None:
        self._tables, self._wanted, self._file = tables, wanted, file

    def open(self, schema: pa.Schema) -> None:
        """Create the table, with the primary key that the schema's metadata tells."""
        self._name = target_table(schema, self._wanted, self._file)
        declared = declared_of(schema)
        if declared is not None:  # no row has been seen, and SQLite takes any value in a column of any type
            declared = replace(declared, unique=()) if declared.dialect == "sqlite" else None
        definition = TableDefinition(
            schema=schema,
            primary_key=tuple(primary_key(schema)),
            indexes=indexes_of(schema),
            declared=declared,
        )
        self._tables.open({self._name: definition})

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._tables.write(self._name, batch)

    def commit(self) -> None:
        """Put the table in its place."""
        self._tables.commit()

    def abort(self) -> None:
        """Leave no trace."""
        self._tables.abort()


def whole(target: str, part: str | None) -> None:
    """Refuse a target that names a table, where several are written that have names.

    Raises:
        SpecError: it does.
    """
    if part is not None:
        raise SpecError(f"{target}: names a table, and those that are written have names; leave out #{part}.")


def rows(batch: pa.RecordBatch, convert: Any) -> list[tuple[Any, ...]]:
    """Rows of a batch as tuples.

    Args:
        batch: n rows.
        convert: makes a column a list of what the database takes.
    """
    return list(zip(*[convert(_cells.plain(c)) for c in batch.columns], strict=True))
