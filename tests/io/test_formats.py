"""What every format has in common: what is written is read again, and a fault leaves no trace."""

import errno
import json
import os

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io._tables import PLAIN, RICH, tables

from rowsmith.core.errors import DataError, OutputError, SpecError
from rowsmith.core.protocols import FORMATS
from rowsmith.core.text import json_texts, with_form
from rowsmith.io import _files
from rowsmith.io._open import format_for, hide_password, open_sink, read_table

FILES = (".csv", ".parquet", ".jsonl", ".arrow", ".sqlite")
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@pytest.mark.parametrize("name", FORMATS.names())
def test_every_format_says_what_it_is(name):
    kind = FORMATS.load(name)
    assert kind.endings
    assert all(e == e.lower() and (e.startswith(".") or e.endswith("://")) for e in kind.endings)
    kind()  # every setting has a default


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather"])
@quick
@given(table=tables(RICH))
def test_typed_files_keep_everything(ending, table, again):
    if ending == ".parquet" and pa.timestamp("s") in table.schema.types:  # Parquet counts milliseconds at least
        return
    found = again(table, ending)
    assert found.schema.equals(table.schema)
    assert found.equals(table)


@quick
@given(table=tables(PLAIN, min_rows=1, nulls=False))
def test_csv_keeps_values_as_text(table, again):
    found = again(table, ".csv", settings={})
    assert found.column_names == table.column_names
    assert found.num_rows == table.num_rows
    for name in table.column_names:
        kind = table.schema.field(name).type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_date(kind):
            assert found[name].to_pylist() == table[name].to_pylist()


@quick
@given(table=tables([pa.bool_(), pa.int64(), pa.float64(), pa.string()], min_rows=1))
def test_jsonl_keeps_json(table, again):
    found = again(table, ".jsonl")
    assert found.to_pydict() == table.to_pydict()


@quick
@given(table=tables([pa.bool_(), pa.int64(), pa.float64(), pa.string(), pa.date32(), pa.timestamp("us")], min_rows=1))
def test_sqlite_keeps_declared_types(table, again):
    lower = [name.lower() for name in table.column_names]
    if len(set(lower)) < len(lower):  # SQLite's names are the same in any case
        return
    found = again(table, ".sqlite")
    assert found.schema.types == table.schema.types
    assert found.to_pydict() == table.to_pydict()


@pytest.mark.parametrize("ending", FILES)
def test_no_rows_and_all_nulls(ending, again):
    table = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())})
    if ending != ".jsonl":
        assert again(table, ending).num_rows == 0
    nulls = pa.table({"a": ["x", "y"], "b": pa.array([None, None], pa.float64())})
    assert again(nulls, ending)["b"].to_pylist() == [None, None]


@pytest.mark.parametrize("ending", FILES)
def test_a_fault_leaves_the_old_file_and_nothing_else(ending, write, tmp_path):
    target = write(pa.table({"a": [1]}), tmp_path / f"t{ending}")
    before = target.read_bytes()
    sink = open_sink(str(target))
    sink.open(pa.schema({"a": pa.int64()}))
    sink.write(pa.record_batch({"a": [2, 3]}))
    assert target.read_bytes() == before
    sink.abort()
    sink.abort()
    assert target.read_bytes() == before
    assert os.listdir(tmp_path) == [target.name]
    never = open_sink(str(target))
    never.abort()
    assert os.listdir(tmp_path) == [target.name]


@pytest.mark.parametrize("ending", FILES)
def test_rows_of_other_columns_are_refused(ending, write, tmp_path):
    sink = open_sink(str(tmp_path / f"t{ending}"))
    sink.open(pa.schema({"a": pa.int64()}))
    with pytest.raises(OutputError, match="do not fit"):
        sink.write(pa.record_batch({"b": [2, 3]}))
    sink.abort()
    assert os.listdir(tmp_path) == []


class _Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(memoryview(data).cast("B"))
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".jsonl", ".arrow"])
@pytest.mark.parametrize("room", [0, 2000])
def test_a_full_disk_is_one_sentence(ending, room, write, tmp_path, monkeypatch):
    table = pa.table({"a": [os.urandom(40).hex() for _ in range(500)]})
    opened = _files.Draft.open
    monkeypatch.setattr(_files.Draft, "open", lambda self: _Full(opened(self), room))
    with pytest.raises(OutputError, match="the disk is full; nothing was written"):
        write(table, tmp_path / f"t{ending}", rows=50)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".jsonl", ".arrow"])
def test_a_real_full_device(ending, write, tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda n: "x")
    os.symlink("/dev/full", tmp_path / f".t{ending}.x.part")
    with pytest.raises(OutputError, match="the disk is full"):
        write(pa.table({"a": [1]}), tmp_path / f"t{ending}")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("ending", FILES)
def test_missing_empty_and_folders(ending, tmp_path):
    path = tmp_path / f"t{ending}"
    with pytest.raises(DataError, match=f"t{ending}: no such file"):
        read_table(path)
    path.touch()
    with pytest.raises(DataError, match=r"empty \(0 bytes\)"):
        read_table(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read_table(path)
    with pytest.raises(OutputError, match="is a folder"):
        open_sink(str(path))
    with pytest.raises(OutputError, match="does not exist"):
        open_sink(str(tmp_path / "no" / f"t{ending}"))


@pytest.mark.parametrize("ending", [*FILES, ".xlsx"])
@pytest.mark.parametrize("other", FILES)
def test_a_file_that_is_not_what_its_ending_says(ending, other, write, tmp_path):
    if ending == other or (ending, other) == (".jsonl", ".csv"):
        return
    written = write(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / f"t{other}")
    path = tmp_path / f"wrong{ending}"
    written.rename(path)
    if (ending, other) == (".csv", ".jsonl"):
        with pytest.raises(DataError, match="JSON"):
            read_table(path)
        return
    with pytest.raises(DataError, match=rf"wrong{ending}: expected .* but it seems to be"):
        read_table(path)


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".sqlite"])
def test_damaged_files(ending, write, tmp_path):
    target = write(pa.table({"a": list(range(5000))}), tmp_path / f"t{ending}")
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    with pytest.raises(DataError, match=r"damaged"):
        read_table(target)


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_metadata_is_kept_but_not_an_index_that_is_stale(ending, again):
    noted = json.dumps({"index_columns": [{"kind": "range", "start": 0, "stop": 3, "step": 1}]})
    field = with_form(pa.field("a", pa.string()), {"as": "json"})
    schema = pa.schema([field], metadata={"own": "x", "pandas": noted})
    found = again(pa.table([json_texts([1, "b"])], schema=schema), ending)
    assert found.schema.metadata == {b"own": b"x"}
    assert found.schema.field("a").metadata == field.metadata


def test_duplicated_names(tmp_path):
    from pyarrow import parquet

    parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"t\.parquet: the column name 'a' stands more than once"):
        read_table(tmp_path / "t.parquet")


def test_names_and_formats(tmp_path):
    assert FORMATS.name_of(type(format_for("A.CSV"))) == "csv"
    assert FORMATS.name_of(type(format_for("x.sqlite#orders"))) == "sqlite"
    assert FORMATS.name_of(type(format_for("postgresql+psycopg://u@h/d#t"))) == "database"
    assert FORMATS.name_of(type(format_for("data.bin", "parquet"))) == "parquet"
    with pytest.raises(SpecError, match=r"'\.parqet' is of no known format; did you mean '\.parquet'"):
        format_for("x.parqet")
    with pytest.raises(SpecError, match="has no ending"):
        format_for("x")
    with pytest.raises(SpecError, match="'cvs' is not a known format; did you mean 'csv'"):
        format_for("x.csv", "cvs")
    with pytest.raises(SpecError, match="no known kind of database") as caught:
        format_for("postgresq://me:secret@host/d")
    assert "secret" not in str(caught.value)
    with pytest.raises(SpecError, match="seperator: no such setting of Csv; did you mean 'separator'"):
        read_table(tmp_path / "x.csv", settings={"seperator": ";"})


@given(st.text(alphabet="ab@:#/.", max_size=12).filter(lambda s: "/" not in s))
def test_a_password_never_shows(secret):
    if secret:
        assert hide_password(f"postgresql://me:{secret}@host/db") == "postgresql://me:***@host/db"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_no_permission(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        read_table(path)
