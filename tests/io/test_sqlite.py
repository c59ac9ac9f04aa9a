"""SQLite files: types and keys as declared, whatever SQLite lets in."""

import contextlib
import datetime
import json
import sqlite3

import pyarrow as pa
import pytest

from rowsmith.core.definition import Index, TableDefinition, declared_of, indexes_of
from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.schema import PRIMARY_KEY
from rowsmith.io._declared import fitted
from rowsmith.io._open import open_sink, read_table
from rowsmith.io._tables import open_tables


@pytest.fixture
def make(tmp_path):
    def run(script, name="a.sqlite"):
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.executescript(script)
        return tmp_path / name

    return run


SHOP = """
create table "order s" (
    id integer, part text, price decimal(10, 2), paid boolean, day date, at timestamp, note, weight real,
    primary key (id, part)
);
insert into "order s" values (1, 'a', 12.5, 1, '9999-12-31', '2024-01-05 10:00:00', 'x', 1.5);
insert into "order s" values (2, 'b', null, 0, null, '2024-01-05 10:00:00.5', 7, 2);
"""


def test_declared_types_and_key(make, write, tmp_path):
    table = read_table(make(SHOP))
    assert [str(t) for t in table.schema.types] == [
        "int64", "string", "decimal128(10, 2)", "bool", "date32[day]", "timestamp[us]", "string", "double",
    ]  # fmt: skip
    assert json.loads(table.schema.metadata[PRIMARY_KEY]) == ["id", "part"]
    assert table["day"].to_pylist() == [datetime.date(9999, 12, 31), None]
    again = read_table(write(table, tmp_path / "b.sqlite"))
    assert again.equals(table)
    assert json.loads(again.schema.metadata[PRIMARY_KEY]) == ["id", "part"]
    with contextlib.closing(sqlite3.connect(tmp_path / "b.sqlite")) as connection:
        sql = connection.execute("select name, sql from sqlite_master where type = 'table'").fetchall()
        assert sql[0][0] == "order s"
        assert 'PRIMARY KEY ("id", "part")' in sql[0][1]
        assert connection.execute('select typeof(price), paid, day from "order s"').fetchone() == (
            "real", 1, "9999-12-31",
        )  # fmt: skip


def test_what_does_not_fit_its_declared_type_keeps_its_own(make):
    table = read_table(make("create table t (a integer, b date); insert into t values (1, 'soon'), ('x', 5);"))
    assert table["a"].to_pylist() == ["1", '"x"']
    assert table["b"].to_pylist() == ['"soon"', "5"]


def test_several_tables(make):
    path = make("create table a (x integer); create table b (y integer); insert into b values (1);")
    with pytest.raises(DataError, match=r"holds 2 tables \(a, b\); name one, as in .*a\.sqlite#a"):
        read_table(path)
    assert read_table(f"{path}#b").column_names == ["y"]
    assert read_table(path, settings={"table": "b"}).column_names == ["y"]
    with pytest.raises(DataError, match="has no table 'c'"):
        read_table(f"{path}#c")


def test_no_tables(make):
    with pytest.raises(DataError, match="has no tables"):
        read_table(make("create table t (x); drop table t;"))


def test_a_table_is_named_after_its_file_or_as_asked(write, tmp_path):
    table = pa.table({"a": [1]})
    write(table, str(tmp_path / "shop.db#orders"))
    write(table, str(tmp_path / "people.sqlite"))
    assert read_table(tmp_path / "shop.db").schema.metadata[b"rowsmith.table"] == b"orders"
    assert read_table(tmp_path / "people.sqlite").schema.metadata[b"rowsmith.table"] == b"people"


def test_rows_that_break_the_key(write, tmp_path):
    table = pa.table({"a": [1, 1]}).replace_schema_metadata({PRIMARY_KEY: b'["a"]'})
    with pytest.raises(OutputError, match="break the table's key"):
        write(table, tmp_path / "a.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_numbers_too_large(write, tmp_path):
    with pytest.raises(OutputError, match="64 bits"):
        write(pa.table({"a": pa.array([2**64 - 1], pa.uint64())}), tmp_path / "a.sqlite")


def test_a_full_disk(tmp_path):
    sink = open_sink(str(tmp_path / "a.sqlite"))
    sink.open(pa.schema({"a": pa.string()}))
    sink._tables._connection.execute("pragma max_page_count = 4")  # SQLite's own way to say how large the disk is
    with pytest.raises(OutputError, match="the disk is full; nothing was written"):
        sink.write(pa.record_batch({"a": ["x" * 100] * 1000}))
    sink.abort()
    assert list(tmp_path.iterdir()) == []


INDEXED = """
create table visits (id integer primary key, shop text, day date, spent real unique);
insert into visits values (1, 'a', '2026-03-01', 2.5), (2, 'a', '2026-03-02', 3.5), (3, 'b', null, null);
create index "by shop" on visits (shop, day);
create unique index by_day on visits (day);
create index dear on visits (spent) where spent > 3;
create index low on visits (lower(shop));
"""


def indexes(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [sql for (sql,) in connection.execute("select sql from sqlite_master where type = 'index' and sql > ''")]


def test_indexes_are_kept_but_for_those_of_formulas_and_parts(make, write, tmp_path):
    table = read_table(make(INDEXED))
    assert [i.name for i in indexes_of(table.schema)] == ["by shop", "by_day"]
    whole = ['CREATE INDEX "by shop" ON "visits" ("shop", "day")', 'CREATE UNIQUE INDEX "by_day" ON "visits" ("day")']
    assert sorted(s.upper() for s in indexes(write(table, tmp_path / "b.sqlite"))) == sorted(s.upper() for s in whole)
    some = indexes(write(table.drop_columns("shop"), tmp_path / "c.sqlite"))
    assert [s.upper() for s in some] == [whole[1].upper()]


def test_an_index_whose_name_is_taken_gets_another_one(tmp_path):
    """A file has one index of a name, but tables may come from several."""
    schema = pa.schema({"a": pa.int64()})
    names = {"one": ["by_a", "two"], "two": ["By_A", "by_a", "sqlite_x"]}
    sink = open_tables(str(tmp_path / "a.sqlite"), list(names))
    sink.open(
        {t: TableDefinition(schema=schema, indexes=[Index(name=n, columns=("a",)) for n in names[t]]) for t in names}
    )
    sink.commit()
    found = [sql.split('"')[1] for sql in indexes(tmp_path / "a.sqlite")]
    assert found == ["by_a", "one_two_1", "two_By_A_1", "two_by_a_2", "two_sqlite_x_1"]


def test_a_unique_index_is_plain_where_drawn_rows_repeat(make, write, tmp_path):
    table = read_table(make(INDEXED))
    twice = table.set_column(2, "day", pa.array([datetime.date(2026, 3, 1)] * 3))
    assert not any("unique" in sql for sql in indexes(write(twice, tmp_path / "b.sqlite")))


def test_types_defaults_and_keys_are_declared_as_they_were(tmp_path):
    """As far as the rows keep them."""
    statement = """create table t (id integer primary key, name nvarchar(5) not null default 'x''', price numeric(8,2),
      code varchar(3) unique, a int, b int, any_ text default (1 + 2), unique (a, b))"""
    with contextlib.closing(sqlite3.connect(tmp_path / "real.sqlite")) as connection, connection:
        connection.execute(statement)
        rows = [(i, f"n{i}", i + 0.5, f"c{i}", i % 2, i // 2, i) for i in range(10)]
        connection.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?)", rows)
    table = read_table(tmp_path / "real.sqlite")
    definition = TableDefinition(schema=table.schema, primary_key=("id",), declared=declared_of(table.schema))

    def columns(name, rows):
        sink = open_tables(str(tmp_path / name), ["t"])
        sink.open(fitted({"t": definition}, {"t": rows}))
        sink.write("t", rows.combine_chunks().to_batches()[0])
        sink.commit()
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as connection:
            unique = connection.execute("pragma index_list(t)").fetchall()
            return {row[1]: (row[2].lower(), row[4]) for row in connection.execute("pragma table_info(t)")}, len(unique)

    found, unique = columns("same.sqlite", table)
    assert found == {
        "id": ("integer", None),
        "name": ("nvarchar(5)", "'x'''"),
        "price": ("numeric(8,2)", None),
        "code": ("varchar(3)", None),
        "a": ("int", None),
        "b": ("int", None),
        "any_": ("text", "1 + 2"),
    }
    assert unique == 2
    assert declared_of(table.schema).links == {}
    longer = table.set_column(3, "code", [["longer"] * 10]).replace_schema_metadata(table.schema.metadata)
    found, unique = columns("longer.sqlite", longer)
    assert found["code"] == ("text", None)
    assert unique == 1


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ('default "two words"', "two words"),
        ("default open", "open"),
        ("default ('x' -- as ever\n)", "x"),
        ("default ('a:b::c')", "a:b::c"),
        ("default ('a' || 'b')", "ab"),
        ("default -3", -3),
        ("default (abs(-2) /* why */)", 2),
        ("default null", None),
        ("default true", 1),
        ("default [a b]", None),
    ],
)
def test_a_default_of_any_spelling_is_kept_or_left_out(said, value, make, tmp_path):
    """And the table is written in any case."""
    table = read_table(make(f"create table t (a int, b {said}); insert into t (a) values (1)"))
    sink = open_tables(str(tmp_path / "b.sqlite"), ["t"])
    sink.open({"t": TableDefinition(schema=table.schema, declared=declared_of(table.schema))})
    sink.commit()
    with contextlib.closing(sqlite3.connect(tmp_path / "b.sqlite")) as connection:
        connection.execute("insert into t (a) values (1)")
        assert connection.execute("select b from t").fetchall() == [(value,)]
