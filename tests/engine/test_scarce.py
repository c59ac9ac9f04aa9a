"""Columns in which too few rows, or persons, have a value at all: nothing of them is in a model or a twin, and they are listed."""

import datetime
import zipfile

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

N = 2000
SECRET = "Zebedee Smith has lupus"
SCARCE = {
    "note": [SECRET],
    "fine": [48211.37],
    "three": [1234.5, 77.25, 9.5],
    "born": [datetime.date(1911, 3, 9)],
    "list": [[SECRET, "x"]],
    "flag": [True, False, True],
    "colour": pa.array(["red", "blue", "red"]).dictionary_encode(),
}


def padded(values, n=N):
    there = values if isinstance(values, pa.Array) else pa.array(values)
    return pa.concat_arrays([there, pa.nulls(n - len(there), there.type)]).take(pa.array(np.roll(np.arange(n), 7)))


@pytest.fixture(scope="module")
def real():
    age = np.random.default_rng(0).integers(18, 80, N)
    few = ["Ann-Marie O'Neill", "Zebedee Smith"]
    return pa.table({"age": age, **{n: padded(v) for n, v in SCARCE.items()}, "surname": padded(few)})


def test_nothing_is_kept_of_a_column_of_too_few_values(real, tmp_path):
    model = rs.fit(real, seed=1)
    twin = model.sample(20_000, seed=2)
    assert {n for n in SCARCE if twin[n].null_count < twin.num_rows} == set()
    assert twin.schema.equals(real.schema)
    model.save(tmp_path / "m.rowsmith")
    with zipfile.ZipFile(tmp_path / "m.rowsmith") as file:
        inside = b"".join(file.read(name) for name in file.namelist())
    assert b"Zebedee" not in inside
    assert np.float64(48211.37).tobytes() not in inside
    assert np.int64(4821137).tobytes() not in inside
    listed = {each.column: (each.levels, each.rows) for each in model.table.protected}
    assert listed["note"] == (1, 1)
    assert listed["three"] == (3, 3)
    assert set(SCARCE) <= set(listed)
    assert rs.load(tmp_path / "m.rowsmith").sample(50, seed=3).equals(model.sample(50, seed=3))


def test_what_is_made_anew_stays(real):
    schema = rs.inspect(real).to_yaml().replace("  surname:\n    kind: category", "  surname:\n    kind: text")
    twin = rs.fit(real, schema=rs.Schema.from_yaml(schema), seed=1).sample(20_000, seed=2)
    names = twin["surname"].drop_null().to_pylist()
    assert 0 < len(names) < 200
    assert "Zebedee Smith" not in names


def test_public_columns_and_small_tables_keep_them(real):
    twin = rs.fit(real, public=("note",), seed=1).sample(20_000, seed=2)
    assert set(twin["note"].to_pylist()) == {None, SECRET}
    small = pa.table({"age": np.arange(60) % 7, "note": padded([SECRET], 60)})
    model = rs.fit(small, seed=1)
    assert set(model.sample(2000, seed=2)["note"].to_pylist()) == {None, SECRET}
    assert not model.protected_note


def test_so_many_as_must_share_a_value_are_enough():
    real = pa.table({"age": np.arange(N) % 7, "note": padded([SECRET] * 5), "less": padded([SECRET] * 4)})
    twin = rs.fit(real, seed=1).sample(20_000, seed=2)
    assert set(twin["note"].to_pylist()) == {None, SECRET}
    assert set(twin["less"].to_pylist()) == {None}


def test_ends_of_a_few_numbers_are_those_of_as_many_rows_as_in_a_full_column():
    amounts = np.sort(np.random.default_rng(1).gamma(2, 100, 50).round(2))
    real = pa.table({"age": np.arange(N) % 7, "paid": padded(amounts)})
    paid = rs.fit(real, seed=1).sample(20_000, seed=2)["paid"].drop_null().to_numpy()
    assert amounts[4] <= paid.min()
    assert paid.max() <= amounts[-5]
