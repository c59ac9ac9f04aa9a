import contextlib
import os
import re
import sqlite3
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


def test_a_column_without_a_type_takes_that_of_the_data(tmp_path):
    (tmp_path / "t.csv").write_text(
        "zip,age,pay,born,phone\n"
        + "".join(
            f'"{i:05d}",{20 + i % 9},"{1000 + i:,}.50",2001-02-{1 + i % 28:02d},{4930 * 10**6 + i}\n' for i in range(80)
        )
    )
    from rowsmith.io._open import read_table

    table = read_table(tmp_path / "t.csv")
    text = "rowsmith: 1\ntables: {t: {columns: {zip: integer, age: category, pay: float, born: {kind: date}, phone: code}}}"
    model = rs.fit(table, schema=rs.Schema.from_yaml(text))
    model.sample_to(tmp_path / "twin.csv", 40)
    twin = read_table(tmp_path / "twin.csv")
    assert [str(t) for t in twin.schema.types] == ["string", "int64", "double", "date32[day]", "int64"]
    assert re.search(r'\n"?0\d{4}"?,2\d,"?1,\d{3}\.\d0"?,2001-02-\d\d,493\d{7}\n', (tmp_path / "twin.csv").read_text())
    assert "type: int64" in model.schema.to_yaml()
    short = rs.Schema.from_yaml(text)
    assert rs.Schema.from_yaml(short.to_yaml()) == short
    frame = pa.table({"age": [1, 2, 3] * 20, "size": ["5 kg", "7 kg", "12 kg"] * 20})
    short = rs.Schema(
        tables={"t": rs.Table(columns={"age": rs.Column(kind="integer"), "size": rs.Column(kind="integer")})}
    )
    assert set(rs.fit(frame, schema=short).sample(30)["size"].to_pylist()) <= set(frame["size"].to_pylist())


def test_a_key_beside_a_schema_is_refused(table):
    schema = rs.inspect(table, name="people")
    with pytest.raises(rs.SpecError, match=r"primary_key=no_such: .* write `primary_key: \[no_such\]` into the schema"):
        rs.fit(table, schema=schema, primary_key="no_such")
    with pytest.raises(rs.SpecError, match="primary_key=person_id, age: "):
        rs.synth(table, schema=schema, primary_key=["person_id", "age"])


def test_a_target_that_is_not_there_is_told_before_anything_is_learnt(table, monkeypatch):
    monkeypatch.setattr("rowsmith.engine.synth.fit_rows", lambda *args, **options: 1 / 0)
    with pytest.raises(rs.SpecError, match=r"target='incom': .* did you mean 'income'"):
        rs.synth(table, target="incom")


def test_the_end_of_a_sentence_is_seen(table):
    schema = rs.Schema(tables={"t": rs.Table(columns={"size": rs.Column(kind="integer")})})
    with pytest.raises(rs.DataError, match=r"known: size\. Add it to the schema"):
        rs.fit(pa.table({"qqq": [1]}), schema=schema)


@pytest.mark.parametrize(
    ("key", "kept"), [("person_id", True), (["region", "since"], True), (["person_id", "age"], False)]
)
def test_a_key_is_declared_where_it_is_kept(table, key, kept, tmp_path):
    schema = rs.inspect(table, name="people", primary_key="person_id")
    keyed = rs.Table(columns=schema.only[1].columns, primary_key=(key,) if isinstance(key, str) else tuple(key))
    model = rs.fit(table, schema=rs.Schema(tables={"people": keyed}))
    model.save(tmp_path / "m")
    for each in (model, rs.load(tmp_path / "m")):
        each.sample_to(tmp_path / "t.sqlite", 900)
        each.sample_to(f"sqlite:///{tmp_path / 'u.db'}#people", 900)
        for file in ("t.sqlite", "u.db"):
            with contextlib.closing(sqlite3.connect(tmp_path / file)) as database:
                ((statement,),) = database.execute("select sql from sqlite_master where type = 'table'")
            assert ("PRIMARY KEY" in statement) == kept
        assert bool(each.key_note) != kept
        (tmp_path / "u.db").unlink()


def test_a_key_of_several_columns_of_a_database_is_kept(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "db.sqlite")) as database, database:
        database.execute("create table lines (o integer, l integer, q integer, primary key (o, l))")
        database.executemany(
            "insert into lines values (?, ?, ?)", [(i // 4, i % 4, i % 7) for i in range(400) if i % 3]
        )
    from rowsmith.io._open import read_table

    model = rs.fit(read_table(f"{tmp_path / 'db.sqlite'}#lines"))
    assert model.schema.only[1].primary_key == ("o", "l")
    model.sample_to(tmp_path / "x.sqlite", 400)
    twin = read_table(tmp_path / "x.sqlite")
    assert twin.num_rows == 400
    assert set(zip(twin["o"].to_pylist(), twin["l"].to_pylist(), strict=True)) == {(i // 4, i % 4) for i in range(400)}
    assert model.key_note == ""
    with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite")) as database:
        ((statement,),) = database.execute("select sql from sqlite_master where type = 'table'")
    assert 'PRIMARY KEY ("o", "l")' in statement
    with pytest.raises(rs.SpecError, match=r"lines\.primary_key|table\.primary_key"):
        model.sample_to(tmp_path / "y.sqlite", 401)
