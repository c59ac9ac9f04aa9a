"""A random part of a large file, without the rest in memory."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rowsmith.core.errors import DataError
from rowsmith.io import csv
from rowsmith.io._open import read_some, read_table

N = 20_000


@pytest.fixture
def small_head(monkeypatch):
    """Files count as large from a few kilobytes on."""
    monkeypatch.setattr(csv, "HEAD", 1 << 13)
    monkeypatch.setattr(csv, "BLOCK", 1 << 14)


@pytest.fixture
def never_whole(monkeypatch):
    """Nothing may be read whole."""
    monkeypatch.setattr(csv.Csv, "read", lambda self, source: pytest.fail(f"{source} was read whole"))


def rng():
    return np.random.default_rng(5)


def lines(n=N):
    body = "\n".join(f"{i};K{i % 97:03d};{i / 4:.2f};2024-01-{1 + i % 28:02d}" for i in range(n))
    return f"no;code;amount;day\n{body}\n".replace(".", ",")


def write(path, text, encoding="utf-8"):
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return str(path)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_part_of_a_csv_has_the_types_forms_and_dialect_of_the_whole(tmp_path, small_head, never_whole, name):
    source = write(tmp_path / name, lines())
    some, n = read_some(source, 500, rng())
    assert (n, some.num_rows) == (N, 500)
    numbers = some["no"].to_numpy()
    assert (np.diff(numbers) > 0).all()
    assert some["code"].to_pylist() == [f"K{i % 97:03d}" for i in numbers]
    assert some["amount"].to_pylist() == [i / 4 for i in numbers]
    assert read_some(source, 500, rng())[0].equals(some)


def test_all_rows_are_the_whole_table(tmp_path, small_head):
    source = write(tmp_path / "t.csv", lines())
    some, n = read_some(source, N + 1, rng())
    whole = read_table(source)
    assert (n, some.schema.metadata) == (N, whole.schema.metadata)
    assert some.equals(whole, check_metadata=True)


def test_a_line_end_inside_a_late_value_is_no_end_of_a_row(tmp_path, small_head, never_whole):
    source = write(tmp_path / "t.csv", lines() + f'{N};"K\n00";1,00;2024-01-01\n')
    some, n = read_some(source, N + 1, rng())
    assert (n, some["code"][-1].as_py()) == (N + 1, "K\n00")


def test_what_cannot_be_streamed_is_read_whole(tmp_path, small_head):
    source = write(tmp_path / "t.csv", lines() + f"{N};Küche;1,00;2024-01-01\n", "cp1252")
    some, n = read_some(source, N + 1, rng())
    assert (n, some["code"][-1].as_py()) == (N + 1, "Küche")


def test_a_short_row_late_in_a_file_is_told_with_its_line(tmp_path, small_head):
    source = write(tmp_path / "t.csv", lines() + "1;2\n")
    with pytest.raises(DataError, match=rf"t\.csv: line {N + 2:} has 2 fields, but the first line names 4 columns"):
        read_some(source, 100, rng())


def test_a_part_of_a_parquet_file(tmp_path):
    table = pa.table({"x": np.arange(N), "c": pa.array([f"c{i % 9}" for i in range(N)]).dictionary_encode()})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=700)
    some, n = read_some(str(tmp_path / "t.parquet"), 300, rng())
    assert (n, some.num_rows, some.schema) == (N, 300, table.schema)
    assert some["c"].to_pylist() == [f"c{i % 9}" for i in some["x"].to_pylist()]


def test_a_part_of_a_table_in_parts(tmp_path):
    for k in range(4):
        pq.write_table(pa.table({"x": np.arange(k * 100, k * 100 + 100)}), tmp_path / f"part-{k:05d}.parquet")
    some, n = read_some(str(tmp_path), 50, rng())
    assert (n, some.num_rows) == (400, 50)
    assert some["x"].to_pylist() == sorted(some["x"].to_pylist())


def test_parts_of_other_types_are_refused(tmp_path):
    for k, values in enumerate(("1\n2\n", "x\ny\n")):
        (tmp_path / f"part-{k:05d}.csv").write_text("a\n" + values)
    with pytest.raises(DataError, match=r"the parts of the table do not fit together \(Field a has incompatible types"):
        read_some(str(tmp_path), 4, rng())
