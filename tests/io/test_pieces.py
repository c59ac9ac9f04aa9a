"""Rows of databases, fetched piece by piece: the same columns as if all were there at once."""

import datetime
import decimal
import sqlite3

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.io import _sql
from rowsmith.io._open import read_table

VALUES = [
    st.integers(-9, 9),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.decimals(-(10**9), 10**9, places=2),
    st.decimals(-(10**30), 10**30, places=9),
    st.text(max_size=3),
    st.booleans(),
    st.binary(max_size=2),
    st.dates(),
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes(timezones=st.just(datetime.UTC)).map(str),
    st.lists(st.integers(0, 3), max_size=2),
]
KINDS = [None, pa.int64(), pa.float64(), pa.string(), pa.bool_(), pa.date32(), pa.timestamp("us"), pa.decimal128(12, 2)]


@st.composite
def runs(draw):
    """Values of a column, mostly of one sort for a while."""
    parts = st.sampled_from(VALUES).flatmap(lambda sort: st.lists(st.none() | sort, max_size=6))
    return [value for part in draw(st.lists(parts, max_size=3)) for value in part]


@given(runs(), st.sampled_from(KINDS), st.integers(1, 5))
def test_pieces_make_the_column_that_the_whole_makes(values, kind, size):
    def fetch():
        return ([(v,) for v in values[i : i + size]] for i in range(0, len(values), size))

    ((found, field),) = _sql.columns(["a"], [kind], fetch)
    array, expected = _sql.column("a", values, kind)
    assert field.equals(expected, check_metadata=True)
    assert found.to_pylist() == array.to_pylist()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database with 50 rows."""
    if request.param == "postgresql":
        import psycopg

        url = request.getfixturevalue("empty_postgres")
        with psycopg.connect(url) as connection:
            connection.execute("create table t as select i as id, i / 3.0 as part from generate_series(0, 49) as i")
        return url
    with sqlite3.connect(tmp_path / "t.sqlite") as connection:
        connection.execute("create table t (id integer, part numeric)")
        connection.executemany(
            "insert into t values (?, ?)", [(i, i / 3 if i < 45 else "no number") for i in range(50)]
        )
    connection.close()
    return str(tmp_path / "t.sqlite")


def test_no_more_than_a_piece_is_held(url, monkeypatch):
    whole = read_table(url)
    seen, column = [], _sql.column
    monkeypatch.setattr(_sql, "PIECE", 7)
    monkeypatch.setattr(
        _sql, "column", lambda name, values, kind: seen.append(len(values)) or column(name, values, kind)
    )
    found = read_table(url)
    assert found.equals(whole)
    assert found.schema.equals(whole.schema, check_metadata=True)
    assert found["id"].to_pylist() == list(range(50))
    assert max(seen[:16]) == 7  # of a column of several sorts, all are looked at in the end
    if url.startswith("postgresql"):
        assert isinstance(found["part"][1].as_py(), decimal.Decimal)
        assert seen == [7] * 14 + [1] * 2
