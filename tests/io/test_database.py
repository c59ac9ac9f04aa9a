"""Databases by URL: real ones. SQLite always; PostgreSQL where its programs and driver are installed."""

import contextlib
import datetime
import decimal
import json
import sqlite3

import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.schema import PRIMARY_KEY
from rowsmith.io._open import open_sink, read_table
from rowsmith.io._postgresql import exact_types
from rowsmith.io._tables import read_tables
from rowsmith.io.database import reading

SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "name": pa.string(),
        "price": pa.decimal128(10, 2),
        "paid": pa.bool_(),
        "day": pa.date32(),
        "at": pa.timestamp("us"),
        "weight": pa.float64(),
    },
    metadata={PRIMARY_KEY: b'["id"]'},
)
ROWS = [
    [1, 2, 3],
    ["x", None, "it's"],
    [decimal.Decimal("12.50"), decimal.Decimal("-0.01"), None],
    [True, False, None],
    [datetime.date(9999, 12, 31), datetime.date(1600, 2, 29), None],
    [datetime.datetime(2024, 1, 5, 10, 0, 0, 123), None, datetime.datetime(1500, 1, 1)],
    [1.5, None, 1e-300],
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/a.db"
    return request.getfixturevalue("empty_postgres")


def test_types_and_key_come_back(url, write):
    table = pa.table(ROWS, schema=SCHEMA)
    write(table, f"{url}#orders", rows=2)
    found = read_table(f"{url}#orders")
    assert found.schema.equals(table.schema)
    assert found.equals(table)
    assert json.loads(found.schema.metadata[PRIMARY_KEY]) == ["id"]
    assert read_table(url).equals(table)  # the only table needs no name


def test_several_tables_and_missing_ones(url, write):
    with pytest.raises(DataError, match="has no tables"):
        read_table(url)
    for name in ("a", "b"):
        write(pa.table({"x": [1]}), f"{url}#{name}")
    with pytest.raises(DataError, match=r"holds 2 tables \(a, b\); name one") as caught:
        read_table(url)
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="has no table 'c'"):
        read_table(f"{url}#c")


def test_nothing_is_there_before_commit_or_after_abort(url):
    sink = open_sink(f"{url}#orders")
    sink.open(SCHEMA)
    sink.write(
        pa.RecordBatch.from_arrays([pa.array(v, t) for v, t in zip(ROWS, SCHEMA.types, strict=True)], schema=SCHEMA)
    )
    sink.abort()
    sink.abort()
    with pytest.raises(DataError, match="has no table"):
        read_table(url)


def test_a_table_that_exists_is_not_touched(url, write):
    write(pa.table({"x": [1]}), f"{url}#t")
    with pytest.raises(OutputError, match="there is a table 't'; drop it, or name another"):
        write(pa.table({"x": [2]}), f"{url}#t")
    assert read_table(f"{url}#t")["x"].to_pylist() == [1]


def test_rows_that_break_the_key(url, write):
    table = pa.table({"a": [1, 1]}).replace_schema_metadata({PRIMARY_KEY: b'["a"]'})
    with pytest.raises(OutputError, match="break the table's key"):
        write(table, f"{url}#t")


def test_a_table_in_a_schema(postgres, write):
    import sqlalchemy as sa

    engine = sa.create_engine(postgres.replace("://", "+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(sa.text("drop schema if exists sales cascade; create schema sales"))
    engine.dispose()
    write(pa.table({"x": [1]}), f"{postgres}#sales.orders")
    found = read_table(f"{postgres}#sales.orders")
    assert found["x"].to_pylist() == [1]
    assert found.schema.metadata[b"rowsmith.table"] == b"sales.orders"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:s3cret@localhost:1/nowhere#t", "says|needs the package"),
        ("mssql://me:s3cret@localhost/nowhere#t", "needs the package"),
        ("duckdb://me:s3cret@/nowhere", "no dialect of that name"),
        ("postgresql://me:s3cret@host:port/x", "is not a database URL"),
    ],
)
def test_what_cannot_be_reached_is_one_sentence_without_the_password(url, says):
    with pytest.raises(DataError, match=says) as caught:
        read_table(url)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(OutputError, match=says) as caught:
        open_sink(url).open(pa.schema({"a": pa.int64()}))
    assert "s3cret" not in str(caught.value)


def test_what_the_driver_says_is_one_sentence(postgres):
    with (
        pytest.raises(DataError, match=r"the database says: relation .no such. does not exist"),
        reading(postgres) as (connection, _),
    ):
        exact_types(connection.connection.driver_connection, "no such")


def test_a_virtual_table_is_none_of_a_file_by_its_url_either(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.executescript("create table t (a int); create virtual table found using fts5(word)")
    assert list(read_tables([f"sqlite:///{tmp_path}/a.db"])) == list(read_tables([f"{tmp_path}/a.db"])) == ["t"]
