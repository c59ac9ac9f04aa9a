"""Tables of a database server, through SQLAlchemy: PostgreSQL, MySQL and whatever else has a dialect installed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from rowsmith.core.errors import DataError, OutputError, RowsmithError
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.io import _cells, _sql
from rowsmith.io._files import check_batch

if TYPE_CHECKING:
    import sqlalchemy as sa

_SCHEMES = "postgresql postgres mysql mariadb sqlite mssql oracle duckdb snowflake bigquery"


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
        with _engine(url, DataError) as (engine, shown), engine.connect() as connection:
            inspector = sa.inspect(connection)
            schema, _, name = (wanted or "").rpartition(".")
            tables = inspector.get_table_names(schema or None) + inspector.get_view_names(schema or None)
            if wanted in tables:  # a name with a dot in it
                schema, name = "", wanted or ""
            name = _sql.choose(shown, tables, name or None)
            table = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=connection)
            found = connection.execute(sa.select(table)).fetchall()
            key = [column.name for column in table.primary_key.columns]
            columns = list(zip(*found, strict=True)) or [()] * len(table.columns)
            pairs = [
                _sql.column(column.name, list(values), _arrow(column.type))
                for column, values in zip(table.columns, columns, strict=True)
            ]
        metadata = _sql.metadata(f"{schema}.{name}" if schema else name, key)
        read = pa.table([a for a, _ in pairs], schema=pa.schema([f for _, f in pairs], metadata=metadata))
        return check_names(read, shown)

    def sink(self, target: str) -> Sink:
        """A sink that creates a table."""
        url, part = _split(target)
        return DatabaseSink(url, part if part is not None else self.table)


def _split(source: str) -> tuple[str, str | None]:
    url, mark, part = source.rpartition("#")
    if not mark or "@" in part:  # a # inside the password
        return source, None
    return url, part or None


@contextlib.contextmanager
def _engine(url: str, error: type[RowsmithError]) -> Iterator[tuple[sa.Engine, str]]:
    """A connection pool, and the URL as it may be shown; faults become one sentence without the password."""
    import sqlalchemy as sa

    shown = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
    try:
        parsed = sa.make_url(re.sub(r"^postgres://", "postgresql://", url))
        if parsed.drivername == "postgresql":  # the driver of our own extra
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(parsed)
    except sa.exc.NoSuchModuleError:
        raise error(f"{shown}: SQLAlchemy has no dialect of that name; install the package that brings it.") from None
    except (sa.exc.ArgumentError, ValueError):
        raise error(f"{shown}: is not a database URL; expected such as postgresql://user@host/name#table.") from None
    except ImportError as fault:
        wanted = getattr(fault, "name", None) or "its driver"
        hint = ", as `pip install 'rowsmith[postgresql]'` does" if url.startswith("postgres") else ""
        raise error(f"{shown}: needs the package {wanted}, which is not installed; install it{hint}.") from None
    try:
        yield engine, shown
    except sa.exc.SQLAlchemyError as fault:
        reason = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0].rstrip(".")
        secret = parsed.password
        reason = reason.replace(str(secret), "***") if secret else reason
        raise error(f"{shown}: the database says: {reason}.") from None
    finally:
        engine.dispose()


def _arrow(kind: Any) -> pa.DataType | None:
    """The Arrow type of a reflected one."""
    import sqlalchemy as sa

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


def _sql_type(kind: pa.DataType) -> Any:
    """The SQL type for an Arrow one."""
    import sqlalchemy as sa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_integer(kind):
        if kind.bit_width == 64:
            return sa.Numeric(20, 0) if pa.types.is_unsigned_integer(kind) else sa.BigInteger()
        return (
            sa.SmallInteger()
            if kind in (pa.int8(), pa.int16(), pa.uint8())
            else (sa.BigInteger() if kind == pa.uint32() else sa.Integer())
        )
    if pa.types.is_floating(kind):
        return sa.Double()
    if pa.types.is_decimal(kind):
        return sa.Numeric(kind.precision, kind.scale)
    if pa.types.is_timestamp(kind):
        return sa.DateTime(timezone=kind.tz is not None)
    if pa.types.is_date(kind):
        return sa.Date()
    if pa.types.is_time(kind):
        return sa.Time()
    if pa.types.is_duration(kind):
        return sa.Interval()
    is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return sa.LargeBinary() if is_bytes else sa.Text()


def _convert(values: pa.Array) -> list[Any]:
    kind = values.type
    if pa.types.is_nested(kind):
        return list(_cells.as_text(values).to_pylist())
    if (pa.types.is_timestamp(kind) or pa.types.is_duration(kind)) and kind.unit == "ns":
        coarse = pa.timestamp("us", tz=kind.tz) if pa.types.is_timestamp(kind) else pa.duration("us")
        values = values.cast(coarse, safe=False)
    return list(values.to_pylist())


class DatabaseSink(Sink):
    """Creates a table in one transaction."""

    def __init__(self, url: str, table: str | None) -> None:
        self._url, self._wanted = url, table
        self._stack = contextlib.ExitStack()
        self._connection: Any = None
        self._created = False

    def open(self, schema: pa.Schema) -> None:
        """Create the table.

        Raises:
            OutputError: the database cannot be reached, or has such a table.
        """
        import sqlalchemy as sa

        self._schema = schema
        wanted, _, name = _sql.target_table(schema, self._wanted, None).rpartition(".")
        engine, self._shown = self._stack.enter_context(_engine(self._url, OutputError))
        with _explain(self._shown):
            self._connection = self._stack.enter_context(engine.connect())
            if sa.inspect(self._connection).has_table(name, schema=wanted or None):
                raise OutputError(f"{self._shown}: there is a table {name!r}; drop it, or name another after #.")
            key = _sql.primary_key(schema)
            columns = [
                sa.Column(f.name, _sql_type(f.type), primary_key=f.name in key, autoincrement=False) for f in schema
            ]
            self._table = sa.Table(name, sa.MetaData(), *columns, schema=wanted or None)
            self._table.create(self._connection)
            self._created = True

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        check_batch(batch, self._schema, self._shown)
        found = _sql.rows(batch, _convert)
        names = self._schema.names
        with _explain(self._shown):
            if found:
                self._connection.execute(self._table.insert(), [dict(zip(names, row, strict=True)) for row in found])

    def commit(self) -> None:
        """Make the rows visible to others."""
        with _explain(self._shown):
            self._connection.commit()
        self._created = False
        self._stack.close()

    def abort(self) -> None:
        """Undo what was written."""
        import sqlalchemy as sa

        if self._connection is not None and not self._connection.closed:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._connection.rollback()
                # These commit a table as soon as it is created, so it has to be dropped.
                if self._created and self._connection.dialect.name in ("sqlite", "mysql", "mariadb", "oracle"):
                    self._table.drop(self._connection, checkfirst=True)
                    self._connection.commit()
        self._stack.close()


@contextlib.contextmanager
def _explain(shown: str) -> Iterator[None]:
    import sqlalchemy as sa

    try:
        yield
    except sa.exc.IntegrityError as fault:
        raise OutputError(f"{shown}: the rows break the table's key ({str(fault.orig).splitlines()[0]}).") from None
    except sa.exc.SQLAlchemyError as fault:
        reason = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0].rstrip(".")
        raise OutputError(f"{shown}: the database says: {reason}.") from None
