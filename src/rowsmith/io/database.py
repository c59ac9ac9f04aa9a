"""Tables of a database server, through SQLAlchemy: PostgreSQL, MySQL and whatever else has a dialect installed."""

from __future__ import annotations

import contextlib
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.core.errors import DataError
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink, TablesSink
from rowsmith.core.provenance import of_comment
from rowsmith.core.schema import ForeignKey
from rowsmith.io import _sql
from rowsmith.io._declared import indexes_in, of_server
from rowsmith.io._open import hide_password
from rowsmith.io._postgresql import exact_types, partitions
from rowsmith.io._server import ServerTables, connected
from rowsmith.io.sqlite import table_names

_SCHEMES = "postgresql postgres mysql mariadb sqlite mssql oracle duckdb snowflake bigquery"

ORDER = ("synchronize_seqscans = off", "max_parallel_workers_per_gather = 0", "enable_indexonlyscan = off")
"""Settings of PostgreSQL by which all rows of a table come in the order in which they lie there."""


@dataclass(frozen=True, kw_only=True)
class Database(Format):
    """A table of a database, named after `#` in its URL."""

    endings: ClassVar[tuple[str, ...]] = tuple(f"{name}://" for name in _SCHEMES.split())

    table: str | None = None
    """Name of the table, where the database has several; with a schema as in `sales.orders`."""

    def read(self, source: str) -> pa.Table:
        """The table at a URL.

        Raises:
            DataError: the database cannot be reached, has no such table, or several and none is named.
        """
        import sqlalchemy as sa

        url, part = _split(source)
        wanted = part if part is not None else self.table
        with reading(url) as (connection, shown):
            inspector = sa.inspect(connection)

            def names(schema: str | None) -> list[str]:
                return sorted(inspector.get_table_names(schema) + inspector.get_view_names(schema))

            tables, schema, name = names(None), "", wanted or ""
            if name not in tables and "." in name:
                schema, _, name = name.rpartition(".")
                tables = names(schema or None)
            name = _sql.choose(shown, tables, name or None)
            return check_names(_read(connection, name, schema), shown)

    def read_tables(self, source: str) -> dict[str, pa.Table] | None:
        """All tables at a URL, of the schema that is looked in first; None if one is named.

        Raises:
            DataError: the database cannot be reached, or has no tables.
        """
        url, part = _split(source)
        if part is not None or self.table is not None:
            return None
        with reading(url) as (connection, shown):
            return all_tables(connection, shown)

    def sink(self, target: str) -> Sink:
        """A sink that creates a table."""
        url, part = _split(target)
        return _sql.OneTable(ServerTables(url, "name another after #"), part if part is not None else self.table, None)

    def tables_sink(self, target: str) -> TablesSink:
        """A sink that creates tables, in one transaction where the database can."""
        url, part = _split(target)
        _sql.whole(hide_password(target), part)
        return ServerTables(url)


@contextlib.contextmanager
def reading(url: str) -> Iterator[tuple[Any, str]]:
    """A connection to read with, and the URL as it may be shown: all that is read is of one moment, in an order that stays."""
    with connected(url, DataError) as (engine, shown), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
            for setting in ORDER:
                connection.exec_driver_sql(f"set {setting}")
        yield connection, shown


def all_tables(connection: Any, shown: str) -> dict[str, pa.Table]:
    """All tables of a database, of the schema that is looked in first.

    Args:
        connection: of SQLAlchemy.
        shown: its URL, for messages.

    Raises:
        DataError: there is none.
    """
    import sqlalchemy as sa

    names = sorted(sa.inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql" and connection.dialect.driver == "psycopg":
        parts = partitions(connection.connection.driver_connection)
        names = [name for name in names if name not in parts]
    if isinstance(connection.connection.driver_connection, sqlite3.Connection):
        names = sorted(table_names(connection.connection.driver_connection))
    _sql.choose(shown, names, next(iter(names), None))
    found = {name: _read(connection, name, "") for name in names}
    # PostgreSQL has tables without columns, too.
    return {name: check_names(table, f"{shown}#{name}") for name, table in found.items() if table.num_columns}


def _read(connection: Any, name: str, schema: str) -> pa.Table:
    """A table, with its keys noted in the metadata."""
    import sqlalchemy as sa

    with warnings.catch_warnings():  # of types that SQLAlchemy does not know, whose values come as text
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        table = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=connection)

    def fetch() -> Iterator[Sequence[Any]]:
        # With a cursor of the server, or the driver would hold all rows at once.
        with connection.execute(sa.select(table).execution_options(yield_per=_sql.PIECE)) as found:
            yield from found.partitions()

    pairs = _sql.columns([c.name for c in table.columns], [_arrow(c.type) for c in table.columns], fetch)
    key = [column.name for column in table.primary_key.columns]
    references = [
        ForeignKey(
            columns=tuple(e.parent.name for e in constraint.elements),
            table=constraint.referred_table.name,
            targets=tuple(e.column.name for e in constraint.elements),
        )
        for constraint in sorted(table.foreign_key_constraints, key=lambda c: [e.parent.name for e in c.elements])
        if constraint.referred_table.schema == table.schema
    ]
    never = [column.name for column in table.columns if not column.nullable]
    inspector = sa.inspect(connection)
    indexes = indexes_in(table, inspector)
    place = f"{schema}.{name}" if schema else name
    noted = _sql.metadata(place, key, references=references, not_null=never, indexes=indexes)
    text = table.comment
    if connection.dialect.name == "sqlite":  # which has no comments but inside of its statements
        text = connection.exec_driver_sql("select sql from sqlite_master where name = ?", (name,)).scalar()
    noted |= of_comment(text)
    if connection.dialect.name == "postgresql":
        driver = connection.connection.driver_connection
        exact = exact_types(driver, name, schema) if connection.dialect.driver == "psycopg" else {}
        noted |= of_server(table, inspector, exact).noted()
    return pa.table([a for a, _ in pairs], schema=pa.schema([f for _, f in pairs], metadata=noted))


def _split(source: str) -> tuple[str, str | None]:
    url, mark, part = source.rpartition("#")
    if not mark or "@" in part:  # a # inside the password
        return source, None
    return url, part or None


def _arrow(kind: Any) -> pa.DataType | None:
    """The Arrow type of a reflected one."""
    import sqlalchemy as sa

    kind = getattr(kind, "data_type", kind)  # of a domain, what it is made of
    if isinstance(kind, sa.Boolean):
        return pa.bool_()
    if isinstance(kind, sa.SmallInteger):
        return pa.int16()
    if isinstance(kind, sa.Integer):
        return pa.int64() if isinstance(kind, sa.BigInteger) else pa.int32()
    if isinstance(kind, sa.Float):
        return pa.float64()
    if isinstance(kind, sa.Numeric):
        return None if kind.precision is None else pa.decimal128(min(kind.precision, 38), kind.scale or 0)
    if isinstance(kind, sa.DateTime):
        return pa.timestamp("us", tz="UTC" if kind.timezone else None)
    if isinstance(kind, sa.Date):
        return pa.date32()
    if isinstance(kind, sa.Time):
        return pa.time64("us")
    if isinstance(kind, sa.Interval) or type(kind).__name__ == "INTERVAL":
        return pa.duration("us")
    if isinstance(kind, sa.LargeBinary):
        return pa.binary()
    return pa.string() if isinstance(kind, sa.String) else None
