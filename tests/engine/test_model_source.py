"""Tables of a spec whose columns come from a saved model, beside others, given others."""

import json
import shutil
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from jsonschema import Draft202012Validator

import rowsmith as rs
from rowsmith.core.errors import SpecError
from rowsmith.engine._family import MakeFamily
from rowsmith.engine.make import make, preview, read_spec
from rowsmith.engine.planning import plan_spec, schemas_of
from rowsmith.spec.check import check
from rowsmith.spec.definitions import definitions
from rowsmith.spec.document import parse
from rowsmith.spec.json_schema import json_schema
from rowsmith.spec.model import Spec


def people(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    segment = rng.choice(["retail", "business"], n, p=[0.7, 0.3])
    age = np.clip(rng.normal(np.where(segment == "retail", 35, 60), 5), 18, 90).astype(int)
    return pa.table(
        {
            "customer_id": [f"C{i:05}" for i in range(n)],
            "email": [f"p{i}@mail.test" for i in range(n)],
            "segment": segment,
            "age": age,
            "income": pa.array(np.round(age * 1000 + rng.normal(0, 2000, n), 2), mask=rng.random(n) < 0.1),
            "since": pa.array(rng.integers(15_000, 19_000, n).astype("int32")).cast(pa.date32()),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with models: learnt by trees, and every column on its own."""
    path = tmp_path_factory.mktemp("models")
    schema = rs.inspect(people(), name="people", primary_key="customer_id")
    ruled = rs.Table(columns=schema.only[1].columns, primary_key=("customer_id",), rules={"grown": "age >= 30"})
    for name, options in (
        ("people", {}),
        ("alone", {"learner": "independent"}),
        ("ruled", {"learner": "independent", "schema": rs.Schema(tables={"people": ruled})}),
    ):
        model = rs.fit(people(), **({"schema": schema} | options), seed=1)
        model.save(path / f"{name}.rowsmith")
    return path


SPEC = """
seed: 5
chunk_rows: 700
tables:
  customers:
    rows: 1500
    model: people.rowsmith
    columns:
      number: id
      segment: {kind: category, values: {retail: 0.2, business: 0.8}}
      decade: {sql: "age // 10"}
      orders: {sql: "count(orders.order_id)"}
    rules: {not forty: "age <> 40"}
  orders:
    per: {table: customers, count: {kind: poisson, mean: {sql: "age / 30"}}}
    columns:
      order_id: id
      customer_id: parent
      buyer_age: {sql: "customers.age"}
      friend: {kind: reference, table: customers, column: customer_id}
"""


def spec_in(folder, text=SPEC):
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return read_spec(folder / "s.yaml")


def table(rows, model, **columns):
    """A table of its own, from a model."""
    model = model if isinstance(model, dict) else str(model)
    return make(Spec(tables={"t": {"rows": rows, "model": model, "columns": columns}}))["t"]


@pytest.fixture(scope="module")
def made(folder):
    return make(spec_in(folder))


def test_columns_stand_before_the_first_that_reads_one_of_them(folder, made):
    model = ["customer_id", "email", "age", "income", "since"]
    assert made["customers"].column_names == ["number", "segment", *model, "decade", "orders"]
    columns = {"customer_id": "id", "age": {"kind": "uniform"}}
    some = {"file": str(folder / "alone.rowsmith"), "columns": ["since", "email"]}
    assert table(3, some, **columns).column_names == ["customer_id", "age", "email", "since"]
    whole = table(30, folder / "alone.rowsmith")
    assert whole.schema == people().schema
    assert whole.num_rows == 30


def test_the_model_follows_what_it_is_given(made):
    customers = made["customers"]
    shares = customers.group_by("segment").aggregate([("age", "mean"), ([], "count_all")]).to_pylist()
    found = {row["segment"]: row for row in shares}
    assert abs(found["business"]["count_all"] / 1500 - 0.8) < 0.05
    assert abs(found["business"]["age_mean"] - 60) < 1.5
    assert abs(found["retail"]["age_mean"] - 35) < 1.5
    assert abs(customers["income"].null_count / 1500 - 0.1) < 0.03


def test_columns_are_drawn_together(made):
    rows = made["customers"].filter(pc.is_valid(made["customers"]["income"]))
    assert np.corrcoef(rows["age"].to_numpy(), rows["income"].to_numpy())[0, 1] > 0.8


def test_rules_formulas_children_and_keys_see_the_columns(made):
    customers, orders = made["customers"].to_pylist(), made["orders"].to_pylist()
    assert all(row["age"] != 40 and row["decade"] == row["age"] // 10 for row in customers)
    drawn, kept = made.tried["customers"]
    assert drawn > kept == 1500
    assert [row["number"] for row in customers] == list(range(1, 1501))
    for key in ("customer_id", "email"):  # they hang on the row's number, and stay when it is drawn again
        assert len({row[key] for row in customers}) == 1500
    ages = {row["number"]: row["age"] for row in customers}
    assert all(ages[row["customer_id"]] == row["buyer_age"] for row in orders)
    assert sum(row["orders"] for row in customers) == len(orders)
    assert {row["friend"] for row in orders} <= {row["customer_id"] for row in customers}
    assert abs(len(orders) / sum(age / 30 for age in ages.values()) - 1) < 0.1


def same(first, second):
    return all(first[name].equals(second[name]) for name in first)


def test_workers_and_the_order_of_chunks_change_nothing(folder, made):
    spec = spec_in(folder)
    assert same(make(spec, workers=2), made)
    plan = plan_spec(spec)
    task = MakeFamily(plan)
    parts = [task(chunk).tables["customers"] for chunk in reversed(plan.chunks("customers"))]
    assert pa.Table.from_batches(reversed(parts)).equals(made["customers"].combine_chunks())
    assert not make(spec, seed=6)["customers"].equals(made["customers"])


def test_other_columns_and_more_rows_leave_the_first_as_they_were(folder):
    model = folder / "people.rowsmith"
    segment = {"kind": "category", "values": ["retail", "business"]}
    for columns in ({}, {"segment": segment}):
        few = table(1100, model, **columns)
        assert table(2200, model, **columns).slice(0, 1100).equals(few)
        assert table(1100, model, **columns, more={"sql": "age + 1"}).select(few.column_names).equals(few)


def test_children_may_come_from_a_model(folder):
    child = {
        "per": {"table": "firms", "count": 40},
        "model": {"file": str(folder / "people.rowsmith"), "columns": ["customer_id", "age"]},
        "columns": {"firm": "parent", "segment": {"sql": "firms.segment"}},
    }
    firm = {"rows": 20, "columns": {"firm_id": "id", "segment": {"kind": "category", "values": ["retail", "business"]}}}
    made = make(Spec(tables={"firms": firm, "staff": child}, chunk_rows=7))
    staff = made["staff"]
    assert staff.column_names == ["firm", "segment", "customer_id", "age"]
    assert len(staff["customer_id"].unique()) == 800
    segments = dict(zip(made["firms"]["firm_id"].to_pylist(), made["firms"]["segment"].to_pylist(), strict=True))
    for segment, mean in (("retail", 35), ("business", 60)):
        ages = [row["age"] for row in staff.to_pylist() if segments[row["firm"]] == segment]
        assert abs(np.mean(ages) - mean) < 2.5


def test_a_given_column_may_be_of_another_type_and_have_nulls(folder):
    columns = {
        "age": {"kind": "uniform", "min": 20, "max": 80, "null": 0.2},
        "since": {"kind": "timestamp", "between": ["2010-01-01", "2020-12-31"]},
        "segment": {"kind": "category", "values": ["retail", "public"]},
    }
    made = table(800, folder / "people.rowsmith", **columns)
    assert made["age"].type == pa.float64()
    both = made.filter(pc.and_(pc.is_valid(made["age"]), pc.is_valid(made["income"])))
    assert np.corrcoef(both["age"].to_numpy(), both["income"].to_numpy())[0, 1] > 0.8
    assert abs(made["age"].null_count / 800 - 0.2) < 0.06
    assert made["income"].null_count < 200


def test_rules_of_the_model_hold_too(folder):
    model = folder / "ruled.rowsmith"
    for columns in ({}, {"segment": {"kind": "category", "values": ["retail"]}}):
        assert min(table(400, model, **columns)["age"].to_pylist()) >= 30
    with pytest.raises(SpecError, match=r"tables.t.model: .*rules.grown='age >= 30': is broken by the given columns"):
        table(400, model, age={"kind": "integer", "min": 20, "max": 50})


def test_a_database_is_told_of_keys_and_nulls(folder):
    spec = spec_in(folder)
    told = definitions(spec, schemas_of(spec))["customers"]
    assert told.primary_key == ("number",)
    assert {"customer_id", "email", "age", "since"} <= told.not_null
    assert "income" not in told.not_null
    alone = Spec(tables={"t": {"rows": 3, "model": str(folder / "people.rowsmith")}})
    assert definitions(alone, schemas_of(alone))["t"].primary_key == ("customer_id",)


def test_plans_previews_and_the_schema_know_models(folder):
    spec = spec_in(folder)
    assert plan_spec(spec).size("customers") == 1500
    assert preview(spec, 3)["customers"].num_rows == 3
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(parse(SPEC).values)
    for model in ({"file": "m"}, {"file": "m", "columns": ["a"]}, "m"):
        assert schema.is_valid({"tables": {"t": {"rows": 3, "model": model}}})
    for model in (3, {"columns": ["a"]}, {"file": "m", "colums": []}):
        assert not schema.is_valid({"tables": {"t": {"rows": 3, "model": model}}})
    assert not schema.is_valid({"tables": {"t": {"rows": 3}}})


def test_the_manifest_tells_one_model_from_another(folder, tmp_path):
    text = "tables: {t: {rows: 20, model: m.rowsmith}}"
    hashes = []
    for name in ("people", "alone", "people"):
        shutil.copy(folder / f"{name}.rowsmith", tmp_path / "m.rowsmith")
        make(spec_in(tmp_path, text), tmp_path / f"out{len(hashes)}")
        hashes.append(json.loads((tmp_path / f"out{len(hashes)}" / "manifest.json").read_text())["spec_sha256"])
    assert hashes[0] == hashes[2] != hashes[1]


def test_the_file_is_looked_for_beside_the_spec(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    shutil.copy(folder / "alone.rowsmith", tmp_path / "below" / "m.rowsmith")
    (tmp_path / "below" / "s.yaml").write_text("tables: {t: {rows: 2, model: m.rowsmith}}", encoding="utf-8")
    assert make(read_spec("below/s.yaml"))["t"].num_rows == 2
    assert make(Spec(tables={"t": {"rows": 2, "model": "below/m.rowsmith"}}))["t"].num_rows == 2


MODEL = "people.rowsmith"
SEGMENT = "{kind: category, values: {retail: 0.2, business: 0.8}}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            MODEL,
            "peple.rowsmith",
            "line 7: tables.customers.model='peple.rowsmith': no such file; expected the name of",
        ),
        (MODEL, "s.yaml", "line 7: tables.customers.model='s.yaml': is not a whole rowsmith model"),
        (MODEL, "'.'", "line 7: tables.customers.model='.': is a folder"),
        (MODEL, "[a]", "line 7: tables.customers.model=['a']: expected the name of a file, or a mapping"),
        (MODEL, "{fil: a}", "line 7: tables.customers.model={'fil': 'a'}: expected the name of a file"),
        (MODEL, "{file: people.rowsmith, column: a}", "model.column='a': is not known here; did you mean 'columns'"),
        (
            MODEL,
            "{file: people.rowsmith, columns: [agee]}",
            "line 7: tables.customers.model.columns='agee': the model has no such column; did you mean 'age'",
        ),
        (
            MODEL,
            "{file: people.rowsmith, columns: [segment]}",
            "model.columns='segment': is listed under `columns` too",
        ),
        (MODEL, "{file: people.rowsmith, columns: []}", "model.columns=[]: expected a list of names"),
        (
            SEGMENT,
            "{kind: normal}",
            "line 10: tables.customers.columns.segment: is of type double; the model learnt it as string.",
        ),
        ("age // 10", "aeg // 10", "customers.columns.decade: there is no column 'aeg'; did you mean 'age'"),
        (SEGMENT, "{sql: upper(email)}", "a cycle: customers.email → customers.segment → customers.email"),
    ],
)
def test_a_fault_is_named_with_its_place(folder, old, new, message):
    assert old in SPEC
    with pytest.raises(SpecError) as caught:
        spec_in(folder, SPEC.replace(old, new, 1))
    assert message in str(caught.value)


def test_a_type_that_shows_later_is_refused_before_anything_is_written(folder, tmp_path):
    spec = spec_in(folder, SPEC.replace("{kind: category, values: {retail: 0.2, business: 0.8}}", "{sql: number + 1}"))
    with pytest.raises(SpecError, match=r"tables.customers.model: segment: is of type .*; the model learnt"):
        make(spec, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_to_a_model_whose_columns_are_all_made(folder):
    with pytest.raises(SpecError, match="all of its columns are listed"):
        table(3, folder / "alone.rowsmith", **dict.fromkeys(people().column_names, "id"))


def test_a_column_with_a_dot_must_be_left_out(tmp_path):
    rs.fit(pa.table({"a.b": [1, 2] * 30, "c": [3, 4] * 30}), learner="independent").save(tmp_path / "m")
    with pytest.raises(SpecError, match=r"its column 'a.b' has a dot in its name"):
        table(3, tmp_path / "m")
    assert table(3, {"file": str(tmp_path / "m"), "columns": ["c"]}).column_names == ["c"]


def test_a_pipe_does_not_hang(tmp_path, monkeypatch):
    import os

    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    began = time.monotonic()
    with pytest.raises(SpecError, match="no such file"):
        check(parse("tables: {t: {rows: 1, model: pipe}}"))
    assert time.monotonic() - began < 60


def test_keys_of_several_sorts_stay_and_the_rest_goes_with_them(tmp_path):
    n = 1200
    firm = np.random.default_rng(0).random(n) < 0.3
    keys = [f"{'F' if f else 'P'}{i:05}" for i, f in enumerate(firm)]
    size = np.where(firm, 500, 1) + np.random.default_rng(1).integers(0, 100, n)
    rs.fit(pa.table({"key": keys, "size": size}), primary_key="key", seed=1).save(tmp_path / "m")
    document = {"rows": 900, "model": str(tmp_path / "m"), "primary_key": "key", "rules": {"odd": "size % 2 = 1"}}
    made = make(Spec(tables={"t": document}))["t"].to_pylist()
    assert len({row["key"] for row in made}) == 900
    assert all(row["size"] % 2 == 1 for row in made)
    assert np.mean([(row["key"][0] == "F") == (row["size"] >= 400) for row in made]) > 0.97


@pytest.mark.parametrize("away", ["../people.rowsmith", "{folder}/people.rowsmith"])
def test_a_spec_in_a_file_reads_nothing_outside_of_its_folder(folder, tmp_path, away):
    (tmp_path / "in").mkdir()
    (tmp_path / "people.rowsmith").write_bytes((folder / "people.rowsmith").read_bytes())
    path = tmp_path / "in" / "spec.yaml"
    path.write_text(f"tables: {{t: {{rows: 3, model: {away.format(folder=folder)}}}}}\n")
    with pytest.raises(SpecError, match="lies outside of the folder of the spec; put it there"):
        rs.read_spec(path)
