"""Several tables in one place: rows that break what was said of them, and folders."""

import pyarrow as pa
import pytest

from rowsmith.core.definition import ForeignKey, TableDefinition
from rowsmith.core.errors import DataError, InternalError, OutputError, SpecError
from rowsmith.core.portable import condition
from rowsmith.io import _server
from rowsmith.io._open import read_table
from rowsmith.io._tables import ending_of, open_tables

KINDS = {"id": pa.int64(), "up": pa.int64()}
TABLES = {
    "a": TableDefinition(schema=pa.schema(KINDS), primary_key=("id",)),
    "b": TableDefinition(
        schema=pa.schema(KINDS),
        foreign_keys=(ForeignKey(columns=("up",), table="a", targets=("id",)),),
        checks=(("small", condition("id < 10", "b", KINDS, {})),),
    ),
}


def fill(target, up=1, first=1):
    sink = open_tables(str(target), list(TABLES))
    try:
        sink.open(TABLES)
        sink.write("b", pa.record_batch({"id": [first], "up": [up]}))  # before the row that it points to
        sink.write("a", pa.record_batch({"id": [1], "up": pa.nulls(1, pa.int64())}))
        sink.commit()
    except BaseException:
        sink.abort()
        sink.abort()
        raise
    return sink


@pytest.fixture(params=["sqlite", "sqlite url", "postgresql"])
def target(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgres")
    return tmp_path / "a.sqlite" if request.param == "sqlite" else f"sqlite:///{tmp_path}/a.sqlite"


def test_rows_may_come_before_those_that_they_point_to(target):
    sink = fill(target)
    assert {name: read_table(place)["id"].to_pylist() for name, place in sink.places.items() if "***" not in place} in (
        {"a": [1], "b": [1]},
        {},  # a place is shown without the password
    )
    assert read_table(f"{target}#b")["up"].to_pylist() == [1]


def test_rows_that_break_what_was_said_of_them_are_our_fault(target):
    with pytest.raises(InternalError, match=r"points to no row of a|break b_up_fkey \(insert or update"):
        fill(target, up=7)
    with pytest.raises(InternalError, match=r"a rule that the rows keep is broken there \((CHECK|new row for)"):
        fill(target, first=99)
    with pytest.raises(DataError, match=r"no such file|no tables"):
        read_table(str(target))


def test_tables_are_dropped_where_they_do_not_go_with_the_transaction(empty_postgres, monkeypatch):
    """As in MySQL, where creating a table commits."""
    monkeypatch.setattr(_server, "_TRANSACTIONAL", ())
    sink = open_tables(empty_postgres, list(TABLES))
    sink.open(TABLES)
    sink._connection.commit()
    sink.write("a", pa.record_batch({"id": [1], "up": [1]}))
    sink.abort()
    with pytest.raises(DataError, match="no tables"):
        read_table(empty_postgres)


def test_rows_of_other_columns(target):
    sink = open_tables(str(target), list(TABLES))
    sink.open(TABLES)
    with pytest.raises(OutputError, match="do not fit"):
        sink.write("a", pa.record_batch({"x": [1]}))
    sink.abort()


@pytest.mark.parametrize(("format", "says"), [("database", "not a known format of files"), ("paquet", "'parquet'")])
def test_formats_that_files_in_a_folder_cannot_have(format, says):
    with pytest.raises(SpecError, match=says):
        ending_of(format)


def test_a_single_table_may_have_any_file(tmp_path):
    sink = open_tables(str(tmp_path / "x.csv"), ["a"])
    sink.open({"a": TABLES["a"]})
    sink.commit()
    assert (tmp_path / "x.csv").read_text() == "id,up\n"
