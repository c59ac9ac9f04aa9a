"""SQLite files: one table, with its declared types and primary key."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.io import _cells, _sql
from rowsmith.io._files import Draft, check_batch, check_source, expect, split_part


@dataclass(frozen=True, kw_only=True)
class Sqlite(Format):
    """A table of an SQLite file; the only one, or the one named after `#`."""

    endings: ClassVar[tuple[str, ...]] = (".sqlite", ".sqlite3", ".db", ".db3")

    table: str | None = None
    """Name of the table, where the file has several or is to get another than its own name."""

    def read(self, source: str) -> pa.Table:
        """The table in a file.

        Raises:
            DataError: it is missing or not SQLite, or several tables are there and none is named.
        """
        name, part = split_part(source)
        path = check_source(name)
        expect(name, path, "an SQLite database")
        try:
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                tables = _tables(connection)
                table = _sql.choose(name, tables, part if part is not None else self.table)
                return check_names(_read(connection, table), source)
        except sqlite3.Error as fault:
            raise DataError(f"{name}: the SQLite database is damaged or locked ({fault}).") from None

    def sink(self, target: str) -> Sink:
        """A sink that writes a file with one table."""
        name, part = split_part(target)
        return SqliteSink(name, part if part is not None else self.table)


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'"
    return [name for (name,) in connection.execute(query)]


def quote(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _read(connection: sqlite3.Connection, table: str) -> pa.Table:
    info = connection.execute(f"pragma table_info({quote(table)})").fetchall()
    names = [row[1] for row in info]
    key = [row[1] for row in sorted((row for row in info if row[5]), key=lambda row: row[5])]
    cursor = connection.execute(f"select {', '.join(map(quote, names))} from {quote(table)}")
    columns: list[list[Any]] = [[] for _ in names]
    while found := cursor.fetchmany(10_000):  # rows as tuples take more memory than columns
        for values, more in zip(columns, zip(*found, strict=True), strict=True):
            values.extend(more)
    pairs = [_sql.column(row[1], values, _sql.declared_type(row[2])) for row, values in zip(info, columns, strict=True)]
    schema = pa.schema([field for _, field in pairs], metadata=_sql.metadata(table, key))
    return pa.table([array for array, _ in pairs], schema=schema)


def _declaration(kind: pa.DataType) -> str:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    if pa.types.is_integer(kind):
        return "INTEGER"
    if pa.types.is_floating(kind):
        return "REAL"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_date(kind):
        return "DATE"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMP WITH TIME ZONE"
    if pa.types.is_time(kind):
        return "TIME"
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return "BLOB" if binary else "TEXT"


def _convert(values: pa.Array) -> list[Any]:
    kind = values.type
    if pa.types.is_decimal(kind) and kind.precision <= 15:
        return list(values.cast(pa.float64()).to_pylist())
    native = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if native or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return list(values.to_pylist())
    return list(_cells.as_text(values).to_pylist())


class SqliteSink(Sink):
    """Writes a whole SQLite file in one transaction."""

    def __init__(self, target: str, table: str | None) -> None:
        self._target, self._wanted = target, table
        self._draft = Draft(target)
        self._connection: sqlite3.Connection | None = None

    def open(self, schema: pa.Schema) -> None:
        """Create the table."""
        self._schema = schema
        self._table = _sql.target_table(schema, self._wanted, self._target)
        key = _sql.primary_key(schema)
        parts = [f"{quote(field.name)} {_declaration(field.type)}" for field in schema]
        parts += [f"PRIMARY KEY ({', '.join(map(quote, key))})"] if key else []
        with self._explain():
            self._connection = sqlite3.connect(self._draft.part, isolation_level=None)
            # The file is thrown away unless it is whole, so SQLite need not keep a journal of it.
            self._connection.execute("pragma journal_mode = off")
            self._connection.execute("pragma synchronous = off")
            self._connection.execute("begin")
            self._connection.execute(f"create table {quote(self._table)} ({', '.join(parts)})")
        marks = ", ".join("?" * len(schema))
        self._insert = f"insert into {quote(self._table)} values ({marks})"

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        check_batch(batch, self._schema, self._target)
        assert self._connection is not None
        with self._explain():
            self._connection.executemany(self._insert, _sql.rows(batch, _convert))

    def commit(self) -> None:
        """Put the file under its name."""
        assert self._connection is not None
        with self._explain():
            self._connection.execute("commit")
            self._connection.close()
        self._draft.commit()

    def abort(self) -> None:
        """Remove what was written."""
        if self._connection is not None:
            self._connection.close()
        self._draft.abort()

    @contextlib.contextmanager
    def _explain(self) -> Any:
        try:
            yield
        except sqlite3.IntegrityError as fault:
            raise OutputError(f"{self._target}: the rows break the table's key ({fault}).") from None
        except OverflowError:
            raise OutputError(f"{self._target}: SQLite holds whole numbers of 64 bits; one is larger.") from None
        except sqlite3.Error as fault:
            full = "full" in str(fault)
            reason = "the disk is full; nothing was written under that name" if full else f"cannot be written ({fault})"
            raise OutputError(f"{self._target}: {reason}.") from None
