"""Tables of a database server: connecting through SQLAlchemy, creating tables, writing rows the quickest way there is."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import InternalError, OutputError, RowsmithError
from rowsmith.core.files import discard
from rowsmith.core.protocols import TablesSink
from rowsmith.io import _cells, _ddl, _postgresql, _sql
from rowsmith.io._declared import alike, array_literals, less
from rowsmith.io._files import check_batch
from rowsmith.io._open import hide_password

if TYPE_CHECKING:
    import sqlalchemy as sa

_TRANSACTIONAL = ("postgresql", "sqlite", "mssql")
"""Databases in which a created table goes away with the transaction."""


@contextlib.contextmanager
def connected(url: str, error: type[RowsmithError]) -> Iterator[tuple[sa.Engine, str]]:
    """A connection pool, and the URL as it may be shown; faults become one sentence without the password."""
    import sqlalchemy as sa

    shown = hide_password(url)
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
    except (sa.exc.SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as fault:
        reason = _reason(fault)
        secret = parsed.password
        reason = reason.replace(str(secret), "***") if secret else reason
        raise error(f"{shown}: the database says: {reason}.") from None
    finally:
        engine.dispose()


class ServerTables(TablesSink):
    """Creates tables in one transaction; where the database cannot, `abort` drops them.

    Args:
        url: of the database.
        instead: what to do about a table that is there, but dropping it.
    """

    def __init__(self, url: str, instead: str = "name another database") -> None:
        self._url, self._shown, self._instead = url, hide_password(url), instead
        self._stack = contextlib.ExitStack()
        self._connection: Any = None
        self._created: list[sa.Table] = []
        self._fresh: Path | None = None

    def open(self, tables: Mapping[str, TableDefinition]) -> None:
        """Create the tables.

        Raises:
            OutputError: the database cannot be reached, or has such a table.
        """
        self.places = {name: f"{self._shown}#{name}" for name in tables}
        self._schemas = {name: definition.schema for name, definition in tables.items()}
        engine, _ = self._stack.enter_context(connected(self._url, OutputError))
        dialect = engine.dialect
        self._copies = dialect.name == "postgresql" and dialect.driver == "psycopg"
        if dialect.name == "sqlite" and engine.url.database and not Path(engine.url.database).exists():
            self._fresh = Path(engine.url.database)
        bare = {name: replace(definition, declared=None) for name, definition in tables.items()}
        with self._explain():
            self._connection = self._stack.enter_context(engine.connect())
            self._define(tables if self._copies else bare)
            self._refuse_existing()
            if dialect.name == "sqlite":  # its driver would begin with the first row, after the tables
                self._connection.exec_driver_sql("begin")
            if self._definitions != bare:
                if self._takes(tables):
                    return
                # Some table has words that this database does not know; the others keep theirs.
                some = {n: next((d for d in less(each) if self._alone(n, d)), bare[n]) for n, each in tables.items()}
                if self._takes(alike(some, tables)):
                    return
                self._define(bare)
            self._create()

    def _takes(self, tables: Mapping[str, TableDefinition], stay: bool = True) -> bool:
        """Create tables, unless the database does not know their words."""
        import sqlalchemy as sa

        self._define(tables)
        point = self._connection.begin_nested()
        try:
            _postgresql.create_types(self._driver, self._definitions)
            self._create()
        except (sa.exc.SQLAlchemyError, self._driver_error):
            stay, taken = False, False
        else:
            taken = True
        if stay:
            point.commit()
        else:
            self._created = []
            point.rollback()
        return taken

    def _alone(self, name: str, definition: TableDefinition) -> bool:
        """Whether the database knows the words of a table, but for what it points to."""
        return self._takes({name: replace(definition, foreign_keys=())}, stay=False)

    def _define(self, tables: Mapping[str, TableDefinition]) -> None:
        dialect = self._connection.dialect
        flavour = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
        self._definitions, self._metadata = dict(tables), _ddl.metadata(tables, flavour)
        self._tables = dict(zip(tables, self._metadata.tables.values(), strict=True))

    def _create(self) -> None:
        from sqlalchemy.schema import CreateTable, SetTableComment

        dialect = self._connection.dialect
        for table in self._tables.values():
            # A row may point to one that comes later; and a key that is added after the rows is checked more quickly.
            keys: list[Any] | None = [] if dialect.supports_alter else None
            if dialect.name == "sqlite":
                self._connection.exec_driver_sql(_ddl.created(table, dialect))
            else:
                self._connection.execute(CreateTable(table, include_foreign_key_constraints=keys))
            self._created.append(table)
            if table.comment is not None and dialect.supports_comments and not dialect.inline_comments:
                self._connection.execute(SetTableComment(table))

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows."""
        schema = self._schemas[table]
        check_batch(batch, schema, self._shown)
        if not batch.num_rows:
            return
        with self._explain():
            if self._copies:
                self._copy(table, batch)
            else:
                rows = [dict(zip(schema.names, row, strict=True)) for row in _sql.rows(batch, _convert)]
                self._connection.execute(self._tables[table].insert(), rows)

    def copy(self, table: str, lines: Callable[[Sequence[str]], Iterator[bytes]]) -> None:
        """Add rows as PostgreSQL itself prints them.

        Args:
            table: name of the table.
            lines: makes the rows, of the columns that are written.
        """
        definition = self._definitions[table]
        own = [c for c in definition.schema.names if c not in _ddl.declared_in(definition, "postgresql").computed]
        names = ", ".join(map(_ddl.quote, own))
        statement = f"copy {_postgresql.place(table)} ({names}) from stdin"
        with self._explain(), self._driver.cursor() as cursor, cursor.copy(statement) as copy:
            for line in lines(own):
                copy.write(line)

    def commit(self) -> None:
        """Make the rows visible to others.

        Raises:
            InternalError: a row points to one that is not there.
        """
        import sqlalchemy as sa

        dialect = self._connection.dialect
        with self._explain():
            if dialect.supports_alter:
                for table in self._tables.values():
                    for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
                        try:
                            self._connection.execute(sa.schema.AddConstraint(key))
                        except sa.exc.IntegrityError as fault:
                            raise InternalError(
                                f"{self._shown}: the rows break {key.name} ({_reason(fault)})."
                            ) from None
                if self._copies:
                    for name, definition in self._definitions.items():
                        _postgresql.finish(self._driver, name, definition)
            elif dialect.name == "sqlite":
                lost = self._connection.exec_driver_sql("pragma foreign_key_check").first()
                if lost is not None and lost[0] in self._metadata.tables:
                    raise InternalError(f"{self._shown}: row {lost[1]} of {lost[0]} points to no row of {lost[2]}.")
            self._connection.commit()
        self._created, self._fresh = [], None
        self._stack.close()

    def abort(self) -> None:
        """Undo what was written."""
        import sqlalchemy as sa

        if self._connection is not None and not self._connection.closed:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._connection.rollback()
                if self._created and self._connection.dialect.name not in _TRANSACTIONAL:
                    self._metadata.drop_all(self._connection, tables=self._created)
                    self._connection.commit()
        self._stack.close()
        if self._fresh is not None:
            discard(self._fresh)

    def _refuse_existing(self) -> None:
        import sqlalchemy as sa

        look = sa.inspect(self._connection)
        there = [name for name, table in self._tables.items() if look.has_table(table.name, schema=table.schema)]
        if there:
            listed = f"is a table {there[0]!r}" if len(there) == 1 else f"are tables {', '.join(map(repr, there))}"
            it = "it" if len(there) == 1 else "them"
            raise OutputError(f"{self._shown}: there {listed}; drop {it}, or {self._instead}.")

    def _copy(self, name: str, batch: pa.RecordBatch) -> None:
        """Rows by PostgreSQL's COPY, which takes them several times as quickly as by INSERT."""
        from pyarrow import csv

        words = _ddl.declared_in(self._definitions[name], "postgresql")
        own = [c for c in batch.schema.names if c not in words.computed]
        arrays = [_printed(batch[c]) for c in own]
        lists = [words.types.get(c, "").endswith("[]") for c in own]
        arrays = [array_literals(a) if listed else a for a, listed in zip(arrays, lists, strict=True)]
        columns = pa.RecordBatch.from_arrays(arrays, own)
        buffer = io.BytesIO()
        csv.write_csv(columns, buffer, csv.WriteOptions(include_header=False))  # "" is a text, and nothing is null
        names = ", ".join(map(_ddl.quote, own))
        cursor = self._driver.cursor()
        with (
            cursor,
            cursor.copy(f"copy {_postgresql.place(name)} ({names}) from stdin (format csv, encoding 'UTF8')") as copy,
        ):
            copy.write(buffer.getbuffer())

    @property
    def _driver(self) -> Any:
        """The driver's own connection."""
        return self._connection.connection.driver_connection

    @property
    def _driver_error(self) -> type[Exception]:
        return self._connection.dialect.loaded_dbapi.Error  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def _explain(self) -> Iterator[None]:
        """Faults of SQLAlchemy and of the driver beneath as one sentence."""
        import sqlalchemy as sa

        try:
            yield
        except RowsmithError:
            raise
        except Exception as fault:
            driver = self._connection.dialect.loaded_dbapi if self._connection is not None else None
            known = (sa.exc.SQLAlchemyError, *((driver.Error,) if driver is not None else ()))
            if not isinstance(fault, known):
                raise
            broken = (sa.exc.IntegrityError, *((driver.IntegrityError,) if driver is not None else ()))
            if isinstance(fault, broken) and "check constraint" in str(fault).lower():
                raise InternalError(
                    f"{self._shown}: a rule that the rows keep is broken there ({_reason(fault)})."
                ) from None
            if isinstance(fault, broken):
                raise OutputError(f"{self._shown}: the rows break the table's key ({_reason(fault)}).") from None
            raise OutputError(f"{self._shown}: the database says: {_reason(fault)}.") from None


def _reason(fault: Exception) -> str:
    """The first line of what the driver says."""
    return str(getattr(fault, "orig", None) or fault).strip().splitlines()[0].rstrip(".")


def _convert(values: pa.Array) -> list[Any]:
    """Values as SQLAlchemy takes them."""
    kind = values.type
    if pa.types.is_nested(kind):
        return list(_cells.as_text(values).to_pylist())
    if (pa.types.is_timestamp(kind) or pa.types.is_duration(kind)) and kind.unit == "ns":
        values = _coarse(values)
    return list(values.to_pylist())


def _coarse(values: pa.Array) -> pa.Array:
    """Moments or lengths of time of microseconds, which is as fine as databases have them."""
    kind = values.type
    return values.cast(pa.timestamp("us", tz=kind.tz) if pa.types.is_timestamp(kind) else pa.duration("us"), safe=False)


def _printed(values: pa.Array) -> pa.Array:
    """A column that Arrow's CSV writer prints as PostgreSQL reads it."""
    values = _cells.plain(values)
    kind = values.type
    if _ddl.is_bytes(kind):
        return pa.array([None if v is None else "\\x" + v.hex() for v in values.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return values.cast(pa.float64())  # or a shorter one would get other digits after its own
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return _coarse(values)
    if pa.types.is_duration(kind):
        return _cells.as_text(_coarse(values) if kind.unit == "ns" else values)
    numbers = pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    return values if numbers or pa.types.is_temporal(kind) or pa.types.is_boolean(kind) else _cells.as_text(values)
