"""Rows of a database, copied as they stand into another one of its kind: no value is read for what it means."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.definition import Declared, TableDefinition
from rowsmith.core.errors import DataError, OutputError
from rowsmith.io import database, sqlite
from rowsmith.io._ddl import quote
from rowsmith.io._files import Draft
from rowsmith.io._open import format_for
from rowsmith.io._postgresql import exact_types, printed
from rowsmith.io._server import ServerTables
from rowsmith.io._tables import is_folder

HEAD = ("encoding", "application_id", "user_version")
"""Settings in the head of a file, two of which are its application's."""
VIRTUAL = re.compile(r"create\s+virtual\b", re.IGNORECASE)


def copies_rows(sources: Sequence[str], target: str) -> bool:
    """Whether rows can go as they stand: from one SQLite file into another, or from one PostgreSQL database into another."""
    return len(sources) == 1 and (_kind(sources[0]), _kind(target)) in (("file", "file"), ("server", "server"))


def _kind(name: str) -> str:
    if "#" in name.rpartition("@")[2] or is_folder(name):
        return ""
    if re.match(r"postgres(ql)?(\+psycopg)?://", name):
        return "server"
    return "file" if "://" not in name and isinstance(format_for(name), sqlite.Sqlite) else ""


@dataclass(frozen=True)
class Held:
    """A database as it is at one moment, whatever is written into it meanwhile.

    Attributes:
        connection: of sqlite3 or SQLAlchemy.
        shown: what it is called, for messages.
    """

    connection: Any
    shown: str

    def tables(self) -> dict[str, pa.Table]:
        """All its tables.

        Raises:
            DataError: they cannot be read, or there are none.
        """
        file = isinstance(self.connection, sqlite3.Connection)
        return (sqlite.all_tables if file else database.all_tables)(self.connection, self.shown)

    def copy(
        self, target: str, kept: Mapping[str, NDArray[np.bool_]], definitions: Mapping[str, TableDefinition]
    ) -> None:
        """Write some rows into another database, of which `copies_rows` says that they can go as they stand.

        An SQLite file gets all tables, indexes, views and triggers of the other one; a PostgreSQL database what the definitions
        say, with the very types.

        Args:
            target: the other one; a file of that name is replaced at the end, whole.
            kept: which rows are copied, by table, in the order of `tables`, shape (rows,).
            definitions: of the tables.

        Raises:
            DataError: there are not so many rows.
            OutputError: the target cannot be written.
        """
        if not isinstance(self.connection, sqlite3.Connection):
            self._copy_server(target, kept, definitions)
            return
        draft = Draft(target)
        with contextlib.ExitStack() as undo:
            undo.callback(draft.abort)
            with contextlib.closing(sqlite3.connect(draft.part, isolation_level=None)) as out:
                try:
                    _copy(self.connection, out, kept, self.shown)
                except sqlite3.Error as fault:
                    raise OutputError(f"{target}: cannot be written ({fault}).") from None
            draft.commit()
            undo.pop_all()

    def _copy_server(
        self, target: str, kept: Mapping[str, NDArray[np.bool_]], definitions: Mapping[str, TableDefinition]
    ) -> None:
        sink = ServerTables(target)
        real = self.connection.connection.driver_connection
        with contextlib.ExitStack() as undo:
            undo.callback(sink.abort)
            exact = {}
            for name, each in definitions.items():
                words = each.declared if each.declared is not None else Declared(dialect="postgresql")
                more = tuple(columns for columns in words.unique if columns not in {each.primary_key, *each.unique})
                words = replace(words, types=exact_types(real, name), casts={})
                exact[name] = replace(each, declared=words, unique=(*each.unique, *more))
            sink.open(exact)
            for name, rows in kept.items():
                sink.copy(name, partial(printed, real, name, kept=rows, changed=_changed(self.shown, name)))
            sink.commit()
            undo.pop_all()


@contextlib.contextmanager
def held(source: str) -> Iterator[Held]:
    """A file or database that rows are chosen in and copied from, in one transaction.

    Raises:
        DataError: it cannot be read.
    """
    if _kind(source) == "server":
        with database.reading(source) as (connection, shown):
            yield Held(connection, shown)
    else:
        with sqlite.opened(source) as connection:
            connection.execute("begin")
            yield Held(connection, source)


def _changed(source: str, table: str) -> DataError:
    return DataError(f"{source}: the table {table} has changed since its rows were chosen; run it again.")


def _copy(
    real: sqlite3.Connection, out: sqlite3.Connection, kept: Mapping[str, NDArray[np.bool_]], source: str
) -> None:
    # The file is thrown away unless it is whole, and its rows have been in a database already.
    for setting in ("journal_mode = off", "synchronous = off", "ignore_check_constraints = on", "foreign_keys = off"):
        out.execute(f"pragma {setting}")
    for name in HEAD:
        out.execute(f"pragma {name} = {quote(str(real.execute(f'pragma {name}').fetchone()[0]))}")
    own = set(sqlite.table_names(real))
    made = real.execute(
        "select type, tbl_name, sql from sqlite_master where sql is not null and name not like 'sqlite\\_%' escape '\\' order by rowid"
    ).fetchall()
    out.execute("begin")
    for kind, table, statement in made:
        if kind == "table" and (table in own or VIRTUAL.match(statement)):  # the others are a virtual table's own
            out.execute(statement)
    for table, rows in kept.items():
        if real.execute(f"select count(*) from {quote(table)}").fetchone() != (len(rows),):
            raise _changed(source, table)
        columns, query = sqlite.selection(real, table)
        names, marks = ", ".join(map(quote, columns)), ", ".join("?" * len(columns))
        out.executemany(
            f"insert into {quote(table)} ({names}) values ({marks})", itertools.compress(real.execute(query), rows)
        )
    if out.execute("select 1 from sqlite_master where name = 'sqlite_sequence'").fetchone():
        out.execute("delete from sqlite_sequence")  # rows that come later get numbers that no row had
        out.executemany("insert into sqlite_sequence values (?, ?)", real.execute("select * from sqlite_sequence"))
    for wanted in ("index", "view", "trigger"):  # after the rows, which shall set off nothing
        for kind, _, statement in made:
            if kind == wanted:
                out.execute(statement)
    out.execute("commit")
