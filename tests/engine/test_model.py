import os
import subprocess
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import rowsmith as rs


def test_the_twin_has_the_names_order_and_types_that_went_in(table, model):
    twin = model.sample(1000, seed=2)
    assert twin.schema.equals(table.schema)
    assert twin.num_rows == 1000
    assert len(set(twin["person_id"].to_pylist())) == 1000


def test_as_many_rows_as_were_learnt_come_without_a_number(table, model):
    assert model.sample().num_rows == table.num_rows


@pytest.mark.parametrize(
    "convert",
    [
        pa.Table.to_pandas,
        lambda t: t.to_pandas(types_mapper=pd.ArrowDtype),
        lambda t: t.to_pandas().convert_dtypes(dtype_backend="numpy_nullable"),
        pl.from_arrow,
    ],
    ids=["pandas", "pandas-arrow", "pandas-nullable", "polars"],
)
def test_the_same_kind_of_frame_comes_back(table, convert, tmp_path):
    frame = convert(table)
    model = rs.fit(frame)
    twin = model.sample(50)
    assert type(twin) is type(frame)
    assert list(twin.columns) == list(frame.columns)
    assert list(twin.dtypes) == list(frame.dtypes)
    model.save(tmp_path / "m")
    again = rs.load(tmp_path / "m").sample(50)
    assert type(again) is type(frame)
    assert again.equals(twin)


def test_dependence_is_learnt(model, table):
    real, twin = (t.to_pandas() for t in (table, model.sample(3000, seed=2)))
    for frame in (real, twin):
        frame["old"] = frame["age"] > 60
    assert abs((twin.region == "east")[twin.old].mean() - (real.region == "east")[real.old].mean()) < 0.08


def test_a_saved_model_draws_the_same_and_is_the_same_file(model, tmp_path):
    model.save(tmp_path / "a")
    again = rs.load(tmp_path / "a")
    assert again.sample(300, seed=5).equals(model.sample(300, seed=5))
    again.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_model_file_is_the_same_for_any_workers_and_hash_seed(table, model, tmp_path):
    model.save(tmp_path / "one")
    rs.fit(table, seed=1, workers=3).save(tmp_path / "three")
    code = (
        "import sys, pyarrow.feather as f, rowsmith as rs;rs.fit(f.read_table(sys.argv[1]), seed=1).save(sys.argv[2])"
    )
    import pyarrow.feather as feather

    feather.write_feather(table, tmp_path / "t.arrow")
    environment = os.environ | {"PYTHONHASHSEED": "99"}
    subprocess.run([sys.executable, "-c", code, tmp_path / "t.arrow", tmp_path / "other"], env=environment, check=True)
    assert len({(tmp_path / name).read_bytes() for name in ("one", "three", "other")}) == 1


def test_another_seed_gives_another_twin(model):
    assert not model.sample(100, seed=1).equals(model.sample(100, seed=2))


@pytest.mark.parametrize("rows", [-5, 1.5, "7", True])
def test_a_wrong_number_of_rows_is_named(model, rows):
    with pytest.raises(rs.SpecError, match=f"rows={rows!r}: expected a whole number"):
        model.sample(rows)


def test_no_rows_are_a_table_of_no_rows(model, table):
    assert model.sample(0).schema.equals(table.schema)


@pytest.mark.parametrize("workers", [0, -1, 2.0])
def test_a_wrong_number_of_workers_is_named(model, table, workers):
    with pytest.raises(rs.SpecError, match="workers="):
        model.sample(3, workers=workers)
    with pytest.raises(rs.SpecError, match="workers="):
        rs.fit(table, workers=workers)


def test_rules_hold_in_every_row(table):
    schema = rs.inspect(table, name="people", primary_key="person_id")
    ((name, known),) = schema.tables.items()
    ruled = rs.Schema(tables={name: rs.Table(columns=known.columns, rules={"paid": "income > 300 * age"})})
    twin = rs.fit(table.filter(pa.compute.field("income") > 0), schema=ruled).sample(4000).to_pandas()
    assert (twin.age.isna() | (twin.income > 300 * twin.age)).all()


def test_a_schema_that_does_not_fit_the_data_is_told(table):
    schema = rs.inspect(table, name="people")
    with pytest.raises(rs.DataError, match="has a column 'extra' that the schema does not know"):
        rs.fit(table.append_column("extra", table["age"]), schema=schema)
    with pytest.raises(rs.DataError, match=r"columns\.age: the data has no such column"):
        rs.fit(table.drop_columns("age"), schema=schema)


def test_what_is_no_table_or_an_empty_one_is_told(table):
    with pytest.raises(rs.DataError, match="expected a table"):
        rs.fit([1, 2, 3])
    with pytest.raises(rs.DataError, match="has 0 rows"):
        rs.fit(table.slice(0, 0))
    with pytest.raises(rs.SpecError, match="no such column; did you mean 'age'"):
        rs.fit(table, primary_key="agee")
