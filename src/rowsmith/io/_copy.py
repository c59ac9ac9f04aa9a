"""Rows of a database, copied as they stand into another one of its kind: no value is read for what it means."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.definition import Declared, TableDefinition
from rowsmith.core.errors import DataError, OutputError
from rowsmith.io._ddl import quote
from rowsmith.io._files import Draft
from rowsmith.io._open import format_for
from rowsmith.io._postgresql import exact_types, printed
from rowsmith.io._server import ServerTables
from rowsmith.io._tables import is_folder
from rowsmith.io.database import reading
from rowsmith.io.sqlite import Sqlite, opened, selection, table_names

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
    return "file" if "://" not in name and isinstance(format_for(name), Sqlite) else ""


def copy_rows(
    source: str, target: str, kept: Mapping[str, NDArray[np.bool_]], definitions: Mapping[str, TableDefinition]
) -> None:
    """Write some rows of a database into another one, of which `copies_rows` says that they can go as they stand.

    An SQLite file gets all tables, indexes, views and triggers of the other one; a PostgreSQL database what the definitions say, with
    the very types.

    Args:
        source: the file or database.
        target: the other one; a file of that name is replaced at the end, whole.
        kept: which rows are copied, by table, in the order in which they are read, shape (rows,).
        definitions: of the tables.

    Raises:
        DataError: the source cannot be read, or has changed since the rows were chosen.
        OutputError: the target cannot be written.
    """
    if _kind(source) == "server":
        _copy_server(source, target, kept, definitions)
        return
    draft = Draft(target)
    with contextlib.ExitStack() as undo:
        undo.callback(draft.abort)
        with opened(source) as real, contextlib.closing(sqlite3.connect(draft.part, isolation_level=None)) as out:
            try:
                _copy(real, out, kept, source)
            except sqlite3.Error as fault:
                raise OutputError(f"{target}: cannot be written ({fault}).") from None
        draft.commit()
        undo.pop_all()


def _copy_server(
    source: str, target: str, kept: Mapping[str, NDArray[np.bool_]], definitions: Mapping[str, TableDefinition]
) -> None:
    sink = ServerTables(target)
    with contextlib.ExitStack() as undo:
        undo.callback(sink.abort)
        with reading(source) as (connection, shown):
            real = connection.connection.driver_connection
            exact = {}
            for name, each in definitions.items():
                words = each.declared if each.declared is not None else Declared(dialect="postgresql")
                more = tuple(columns for columns in words.unique if columns not in {each.primary_key, *each.unique})
                words = replace(words, types=exact_types(real, name), casts={})
                exact[name] = replace(each, declared=words, unique=(*each.unique, *more))
            sink.open(exact)
            for name, rows in kept.items():
                sink.copy(name, partial(printed, real, name, kept=rows, changed=_changed(shown, name)))
        sink.commit()
        undo.pop_all()


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
    own = set(table_names(real))
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
        columns, query = selection(real, table)
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
