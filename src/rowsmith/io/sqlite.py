"""SQLite files: a table or several, with their declared types and keys."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.core.definition import LINKS, Declared, Index, TableDefinition
from rowsmith.core.errors import DataError, InternalError, OutputError
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink, TablesSink
from rowsmith.core.provenance import of_comment
from rowsmith.core.schema import ForeignKey
from rowsmith.io import _cells, _sql
from rowsmith.io._ddl import FILE, created, is_bytes, metadata, quote
from rowsmith.io._files import Draft, check_batch, check_source, expect, split_part

PARAMETERS = 500  # of a statement; old versions take 999
_NAME = re.compile(r'\s*(?:(\w+)|"((?:[^"]|"")*)")\s*')
CACHE = 1 << 16  # kB of memory for pages: keys in random order touch all of them


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
        with opened(name) as connection:
            table = _sql.choose(name, _tables(connection), part if part is not None else self.table)
            return check_names(_read(connection, table), source)

    def read_tables(self, source: str) -> dict[str, pa.Table] | None:
        """All tables in a file, views apart; None if one is named.

        Raises:
            DataError: it is missing or not SQLite, or has no table.
        """
        name, part = split_part(source)
        if part is not None or self.table is not None:
            return None
        with opened(name) as connection:
            return all_tables(connection, name)

    def sink(self, target: str) -> Sink:
        """A sink that writes a file with one table."""
        name, part = split_part(target)
        return _sql.OneTable(SqliteTables(name), part if part is not None else self.table, name)

    def tables_sink(self, target: str) -> TablesSink:
        """A sink that writes a file with tables; a file of that name is replaced at the end, whole."""
        name, part = split_part(target)
        _sql.whole(name, part)
        return SqliteTables(name)


@contextlib.contextmanager
def opened(name: str) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; faults become one sentence."""
    path = check_source(name)
    expect(name, path, "an SQLite database")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.Error as fault:
        raise DataError(f"{name}: the SQLite database is damaged or locked ({fault}).") from None


def _tables(connection: sqlite3.Connection, kinds: str = "('table', 'view')") -> list[str]:
    query = f"select name from sqlite_master where type in {kinds} and name not like 'sqlite\\_%' escape '\\'"
    return [name for (name,) in connection.execute(query)]


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Names of the tables, in the order in which they were made: no views, no virtual tables and none that these hold their rows in."""
    virtual = {row[1] for row in connection.execute("pragma table_list") if row[2] in ("shadow", "virtual")}
    return [name for name in _tables(connection, "('table')") if name not in virtual]


def all_tables(connection: sqlite3.Connection, name: str) -> dict[str, pa.Table]:
    """All tables of a file, views apart; of one without tables, the views.

    Args:
        connection: to it.
        name: of the file, for messages.

    Raises:
        DataError: there is none.
    """
    tables = table_names(connection) or _tables(connection)
    _sql.choose(name, tables, next(iter(tables), None))
    return {table: check_names(_read(connection, table), f"{name}#{table}") for table in tables}


def selection(connection: sqlite3.Connection, table: str) -> tuple[list[str], str]:
    """The columns of a table that are not computed, and the query of its rows."""
    names = [row[1] for row in connection.execute(f"pragma table_info({quote(table)})")]
    return names, f"select {', '.join(map(quote, names))} from {quote(table)}"


def _references(connection: sqlite3.Connection, table: str) -> list[ForeignKey]:
    """Foreign keys of a table, by the names that tables and columns have; SQLite takes any case."""
    names = {name.casefold(): name for name in _tables(connection)}
    found: dict[int, list[tuple[str, str, str | None]]] = {}
    rows = connection.execute(f"pragma foreign_key_list({quote(table)})").fetchall()
    for number, _, parent, column, target, *_ in sorted(rows, key=lambda row: row[:2]):
        found.setdefault(number, []).append((names.get(parent.casefold(), parent), column, target))
    out = []
    for pairs in found.values():
        parent = pairs[0][0]
        info = connection.execute(f"pragma table_info({quote(parent)})").fetchall()
        key = [row[1] for row in sorted((row for row in info if row[5]), key=lambda row: row[5])]
        known = {row[1].casefold(): row[1] for row in info}
        targets = [
            known.get(t.casefold(), t) if t is not None else k
            for (*_, t), k in itertools.zip_longest(pairs, key[: len(pairs)])
        ]
        if all(targets):  # a link to a table that is not there, or has no key, is none
            out.append(ForeignKey(columns=tuple(c for _, c, _ in pairs), table=parent, targets=tuple(targets)))
    return out


def _indexes(connection: sqlite3.Connection, table: str) -> list[Index]:
    """Indexes of a table that somebody made: of whole columns and of all rows."""
    out = []
    for _, name, unique, origin, partial in connection.execute(f"pragma index_list({quote(table)})").fetchall():
        columns = [row[2] for row in connection.execute(f"pragma index_info({quote(name)})")]
        if origin == "c" and not partial and all(columns):
            out.append(Index(name=name, columns=tuple(columns), unique=bool(unique)))
    return out[::-1]  # SQLite lists the last one first


def _declared(
    connection: sqlite3.Connection, table: str, info: Sequence[Sequence[Any]], fields: Sequence[pa.Field]
) -> Declared:
    """How a table is declared: types of columns whose values are of them, defaults, and keys beside the primary one."""
    types = {f.name: row[2] for row, f in zip(info, fields, strict=True) if _sql.declared_type(row[2]) == f.type}
    unique = []
    for _, name, _, origin, partial in connection.execute(f"pragma index_list({quote(table)})").fetchall():
        if origin == "u" and not partial:
            unique.append(tuple(row[2] for row in connection.execute(f"pragma index_info({quote(name)})")))
    links: dict[int, tuple[list[str], dict[str, str]]] = {}
    for number, _, _, column, _, update, delete, _ in connection.execute(f"pragma foreign_key_list({quote(table)})"):
        said = {"ondelete": delete, "onupdate": update}
        links.setdefault(number, ([], {n: word for n, word in said.items() if word in LINKS[n]}))[0].append(column)
    return Declared(
        dialect="sqlite",
        links={", ".join(columns): said for columns, said in links.values() if said},
        types=types,
        defaults={row[1]: text for row in info if (text := _default(row[4])) is not None},
        unique=tuple(unique[::-1]),
    )


def _default(text: str | None) -> str | None:
    """A default between parentheses, where SQLite takes no name for a text; None if there is none that can stand there.

    >>> [_default(text) for text in ("1 + 2", "open", '"two words"', "a(b", None)]
    ['(1 + 2)', "('open')", "('two words')", None, None]
    """
    name = _NAME.fullmatch(text or "")
    word = None if name is None else name[1] or name[2].replace('""', '"')
    tried = (
        [] if text is None else ["(" + text + "\n" * ("--" in text) + ")"]
    )  # a comment would take in the parenthesis
    tried += [] if word is None else ["('" + word.replace("'", "''") + "')"]
    for each in tried:
        with contextlib.closing(sqlite3.connect(":memory:")) as alone, contextlib.suppress(sqlite3.Error):
            alone.execute(f"create table t (a default {each})")
            if len(alone.execute("pragma table_info(t)").fetchall()) == 1:
                return each
    return None


def _read(connection: sqlite3.Connection, table: str) -> pa.Table:
    info = connection.execute(f"pragma table_info({quote(table)})").fetchall()
    key = [row[1] for row in sorted((row for row in info if row[5]), key=lambda row: row[5])]
    names, query = selection(connection, table)

    def fetch() -> Iterator[list[Any]]:
        cursor = connection.execute(query)
        while found := cursor.fetchmany(_sql.PIECE):
            yield found

    pairs = _sql.columns(names, [_sql.declared_type(row[2]) for row in info], fetch)
    never = [row[1] for row in info if row[3]]
    noted = _sql.metadata(
        table, key, references=_references(connection, table), not_null=never, indexes=_indexes(connection, table)
    )
    noted |= _declared(connection, table, info, [field for _, field in pairs]).noted()
    (definition,) = connection.execute("select sql from sqlite_master where name = ?", (table,)).fetchone()
    schema = pa.schema([field for _, field in pairs], metadata=noted | of_comment(definition))
    return pa.table([array for array, _ in pairs], schema=schema)


def _convert(values: pa.Array) -> list[Any]:
    kind = values.type
    if pa.types.is_decimal(kind) and kind.precision <= 15:
        # By their text: Arrow's own cast is off by a bit for some, which are then no such decimals when they are read.
        return list(_cells.as_text(values).cast(pa.float64()).to_pylist())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) or is_bytes(kind):
        return list(values.to_pylist())
    return list(_cells.as_text(values).to_pylist())


class SqliteTables(TablesSink):
    """Writes a whole SQLite file in one transaction."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._draft = Draft(target)
        self._connection: sqlite3.Connection | None = None

    def open(self, tables: Mapping[str, TableDefinition]) -> None:
        """Create the tables."""
        from sqlalchemy.dialects.sqlite.base import SQLiteDialect

        self.places = {name: f"{self._target}#{name}" for name in tables}
        self._schemas = {name: definition.schema for name, definition in tables.items()}
        self._indexes = [(name, index) for name, definition in tables.items() for index in definition.indexes]
        self._points = any(definition.foreign_keys for definition in tables.values())
        dialect = SQLiteDialect()
        statements = [created(table, dialect) for table in metadata(tables, FILE).tables.values()]
        with self._explain():
            self._connection = sqlite3.connect(self._draft.part, isolation_level=None)
            # The file is thrown away unless it is whole, so SQLite need not keep a journal of it.
            self._connection.execute("pragma journal_mode = off")
            self._connection.execute("pragma synchronous = off")
            self._connection.execute(f"pragma cache_size = -{CACHE}")
            self._connection.execute("begin")
            for statement in statements:
                self._connection.execute(statement)

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows."""
        check_batch(batch, self._schemas[table], self._target)
        assert self._connection is not None
        values = list(itertools.chain.from_iterable(_sql.rows(batch, _convert)))
        with self._explain():
            # A statement of many rows is twice as quick as one a row.
            for n in (max(1, PARAMETERS // batch.num_columns), 1):
                size = n * batch.num_columns
                end = len(values) // size * size
                row = f"({', '.join('?' * batch.num_columns)})"
                statement = f"insert into {quote(table)} values {', '.join([row] * n)}"
                self._connection.executemany(statement, (values[i : i + size] for i in range(0, end, size)))
                values = values[end:]

    def commit(self) -> None:
        """Put the file under its name.

        Raises:
            InternalError: a row points to one that is not there.
        """
        assert self._connection is not None
        with self._explain():
            # Rows may come before those that they point to, so this is not looked at while they are written.
            lost = self._connection.execute("pragma foreign_key_check").fetchone() if self._points else None
            if lost is not None:
                raise InternalError(f"{self._target}: row {lost[1]} of {lost[0]} points to no row of {lost[2]}.")
            for table, index in self._indexes:
                self._index(self._connection, table, index)
            self._connection.execute("commit")
            self._connection.close()
        self._draft.commit()

    def abort(self) -> None:
        """Remove what was written."""
        if self._connection is not None:
            self._connection.close()
        self._draft.abort()

    def _index(self, connection: sqlite3.Connection, table: str, index: Index) -> None:
        """Make an index; a unique one where the rows are, which drawn ones need not be.

        A name that is taken, as where tables come from several files, becomes another one.
        """
        columns = ", ".join(map(quote, index.columns))
        known = " and ".join(f"{quote(column)} is not null" for column in index.columns)
        twice = f"select 1 from {quote(table)} where {known} group by {columns} having count(*) > 1 limit 1"
        unique = "unique " if index.unique and connection.execute(twice).fetchone() is None else ""
        taken = {name.casefold() for (name,) in connection.execute("select name from sqlite_master")}
        names = itertools.chain([index.name], (f"{table}_{index.name}_{i}" for i in itertools.count(1)))
        name = next(name for name in names if name.casefold() not in taken and not name.lower().startswith("sqlite_"))
        connection.execute(f"create {unique}index {quote(name)} on {quote(table)} ({columns})")

    @contextlib.contextmanager
    def _explain(self) -> Any:
        try:
            yield
        except sqlite3.IntegrityError as fault:
            if str(fault).startswith("CHECK"):
                raise InternalError(f"{self._target}: a rule that the rows keep is broken there ({fault}).") from None
            raise OutputError(f"{self._target}: the rows break the table's key ({fault}).") from None
        except OverflowError:
            raise OutputError(f"{self._target}: SQLite holds whole numbers of 64 bits; one is larger.") from None
        except sqlite3.Error as fault:
            full = "full" in str(fault)
            reason = "the disk is full; nothing was written under that name" if full else f"cannot be written ({fault})"
            raise OutputError(f"{self._target}: {reason}.") from None
