"""Rows of an SQLite file, copied as they stand."""

import contextlib
import sqlite3

import numpy as np
import pytest

from rowsmith.core.errors import DataError, OutputError
from rowsmith.io._copy import copies_rows, held
from rowsmith.io._tables import read_tables

STATEMENTS = """
pragma user_version = 7;
create table "odd ones" (id integer primary key autoincrement, any_, at datetime, price decimal(10,2), size numeric default 3,
  word varchar(9) check (length(word) < 9), twice integer generated always as (id * 2) /* for the till */);
insert into "odd ones" (id, any_, at, price, size, word) values (1, 'a', '2024-01-05T10:00', 12.5, 3, 'x'),
  (2, 4, '2024-01-05 10:00:00', 12, 3.5, null), (3, 2.5, null, 'free', 'n', ''), (9, x'aa', '10:00', null, null, '9');
create table pairs (a integer, b text, primary key (a, b)) without rowid;
insert into pairs values (2, 'y'), (1, 'x'), (1, 'a');
create unique index by_word on "odd ones" (lower(word)) where word is not null;
create view small as select id from "odd ones" where price < 12.2;
create trigger counted after insert on pairs begin update "odd ones" set size = 0; end;
create virtual table found using fts5(word);
insert into found values ('hello');
"""


@pytest.fixture
def real(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "real.sqlite")) as connection, connection:
        connection.executescript(STATEMENTS)
    return tmp_path / "real.sqlite"


def ask(path, query):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_rows_and_definitions_are_the_same(real, tmp_path):
    tables = read_tables([str(real)])
    assert sorted(tables) == ["odd ones", "pairs"]  # an index of words is none, nor are the tables that it keeps
    part = tmp_path / "part.sqlite"
    rows = {"odd ones": np.array([1, 0, 1, 1], dtype=bool), "pairs": np.array([0, 1, 1], dtype=bool)}
    with held(str(real)) as source:
        source.copy(str(part), rows, {})
    kept = ask(real, 'select * from "odd ones" where id <> 2')
    found = ask(part, 'select * from "odd ones"')
    assert found == kept
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in kept]
    assert ask(part, "select * from pairs") == [(1, "x"), (2, "y")]
    for query in (
        "select type, name, sql from sqlite_master order by 1, 2",
        "pragma user_version",
        "select * from sqlite_sequence",
    ):
        assert ask(part, query) == ask(real, query)
    assert ask(part, "select * from small") == []
    assert ask(part, "pragma integrity_check") == [("ok",)]


def test_what_has_changed_meanwhile_or_cannot_be_written_leaves_nothing(real, tmp_path):
    part = tmp_path / "part.sqlite"
    part.write_bytes(b"what was there")
    with held(str(real)) as source, pytest.raises(DataError, match="the table pairs has changed since its rows"):
        source.copy(str(part), {"pairs": np.ones(2, dtype=bool)}, {})
    assert part.read_bytes() == b"what was there"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["part.sqlite", "real.sqlite"]
    with held(str(real)) as source, pytest.raises(OutputError, match="does not exist"):
        source.copy(str(tmp_path / "no" / "part.sqlite"), {}, {})


def test_what_is_written_while_rows_are_chosen_changes_nothing(real, tmp_path):
    """As many rows, but others: each would be taken for the one that was in its place."""
    part = tmp_path / "part.sqlite"
    with contextlib.closing(sqlite3.connect(real, isolation_level=None)) as writer:
        writer.execute("pragma journal_mode = wal")
        with held(str(real)) as source:
            chosen = source.tables()["pairs"]["b"].to_numpy() == "y"
            writer.execute("delete from pairs where a = 1")
            writer.execute("insert into pairs values (7, 'new'), (8, 'too')")
            source.copy(str(part), {"pairs": chosen}, {})
    assert ask(part, "select * from pairs") == [(2, "y")]


def test_rows_go_from_one_file_into_another(real, tmp_path):
    file, folder = str(real), str(tmp_path)
    assert copies_rows([file], "b.db")
    assert copies_rows(["postgres://me:a#b@host/x"], "postgresql://host/y")
    for sources, target in (
        ([file, file], "b.db"),
        ([file], folder),
        ([f"{file}#pairs"], "b.db"),
        ([file], "b.csv"),
        ([file], "postgresql://b"),
    ):
        assert not copies_rows(sources, target)
