"""A private fit from data to twin: what is learnt, what is refused, and that nothing unpaid gets into a model."""

import datetime
import functools
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.learn._noise import repeated

import rowsmith as rs
from rowsmith.core.errors import DataError, ModelFileError, SpecError
from rowsmith.engine.datasheet import datasheet

LEVELS = [f"town {i:02d}" for i in range(40)]


def people(n=4000, seed=0):
    """Every sort of column, with ties between some."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    town = rng.choice(40, n, p=np.linspace(1, 5, 40) / np.linspace(1, 5, 40).sum())
    day = np.datetime64("2020-01-01") + (rng.beta(2, 5, n) * 1000).astype(int)
    return pa.table(
        {
            "id": pa.array([f"P{i:05d}" for i in range(n)]),
            "age": pa.array(age),
            "income": pa.array(np.round(age * 500 + rng.normal(0, 4000, n), 2), mask=rng.random(n) < 0.1),
            "height": pa.array(rng.normal(170, 10, n)),
            "town": pa.array([LEVELS[k] for k in town]),
            "since": pa.array(day.astype("datetime64[D]")),
            "at": pa.array(day.astype("datetime64[us]") + rng.integers(0, 86_400_000_000, n)),
            "paid": pa.array(age + rng.normal(0, 5, n) > 50),
            "remark": pa.array([f"remark {i} of someone" for i in range(n)]),
        }
    )


DECLARED = """
rowsmith: 1
tables:
  people:
    primary_key: id
    columns:
      id: {kind: identifier, type: string, like: [P00001, P00002]}
      age: {kind: integer, type: int64, min: 18, max: 89}
      income: {kind: float, type: double, min: 0, max: 80000}
      height: {kind: float, type: double, min: 120, max: 220}
      town: {kind: category, type: string, levels: [LEVELS]}
      since: {kind: date, type: 'date32[day]', min: 2020-01-01, max: 2022-12-31}
      at: {kind: timestamp, type: 'timestamp[us]', min: 2020-01-01, max: 2022-12-31}
      paid: {kind: boolean, type: bool}
      remark: {kind: text, type: string}
""".replace("LEVELS", ", ".join(LEVELS))


def schema(**changes):
    document = rs.Schema.from_yaml(DECLARED).to_dict()
    for name, entry in changes.items():
        document["tables"]["people"]["columns"][name].update(entry)
    return rs.Schema.from_dict(document)


def fit(table, seed=0, **options):
    with repeated(seed):
        return rs.fit(table, learner="private", **{"settings": {"epsilon": 5.0, "size": 20_000}, **options})


@functools.cache
def paid():
    """A model of which nothing but the key was declared."""
    return fit(people(), primary_key="id")


def share(values, other):
    a, b = (pd.Series(v).value_counts(normalize=True) for v in (values, other))
    return 0.5 * a.sub(b, fill_value=0).abs().sum()


@pytest.mark.parametrize("known", [None, schema()], ids=["paid", "declared"])
def test_every_sort_of_column_is_learnt(known):
    table = people()
    twin = (fit(table, schema=known) if known else paid()).sample(4000, seed=1)
    assert twin.schema.types == table.schema.types
    a, b = table.to_pandas(), twin.to_pandas()
    assert b["id"].is_unique
    assert abs(a["age"].mean() - b["age"].mean()) < 1
    assert b["age"].between(16, 95).all()
    assert b["age"].between(18, 89).mean() > 0.98
    assert abs(a["income"].isna().mean() - b["income"].isna().mean()) < 0.02
    assert b[["age", "height", "town", "since", "at", "paid"]].notna().all(axis=None)
    assert abs(a["height"].std() - b["height"].std()) < 2
    assert (b["income"].dropna().round(2) == b["income"].dropna()).all()  # two decimals, by a vote of the rows
    assert set(b["town"]) <= set(LEVELS)
    assert share(a["town"], b["town"]) < 0.1
    assert abs(pd.to_datetime(a["since"]).mean() - pd.to_datetime(b["since"]).mean()) < datetime.timedelta(days=15)
    assert abs(a["at"].mean() - b["at"].mean()) < datetime.timedelta(days=15)
    assert not set(a["remark"]) & set(b["remark"])
    assert a["age"].corr(a["income"]) - b["age"].corr(b["income"]) < 0.15
    assert b.loc[b["age"] > 65, "paid"].mean() > b.loc[b["age"] < 35, "paid"].mean() + 0.5


def test_what_is_declared_costs_nothing():
    declared = fit(people(), schema=schema())
    assert paid().promise["spent"]["levels"] > 0.05
    assert "levels" not in declared.promise["spent"]
    small = people().select(["age", "town", "paid"])
    document = schema().to_dict()
    document["tables"]["people"] = {
        "columns": {name: document["tables"]["people"]["columns"][name] for name in small.column_names}
    }
    spent = fit(small, schema=rs.Schema.from_dict(document)).promise["spent"]
    assert set(spent) == {"counts of single columns", "choice of pairs", "counts of pairs"}


def strings_in(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("state.json").decode(), sorted(archive.namelist())


def test_of_a_declared_table_neighbours_give_models_of_the_same_words(tmp_path):
    # One person more, unlike all others in every column: only numbers may differ, and only as their noise does.
    table = people()
    one = pa.table(
        {
            "id": ["X-1"],
            "age": [150],
            "income": [1e9],
            "height": [1.23456789],
            "town": ["Atlantis"],
            "since": [datetime.date(1999, 1, 1)],
            "at": [datetime.datetime(1999, 1, 1)],
            "paid": [None],
            "remark": ["the only one of this look: £££"],
        },
        schema=table.schema,
    )
    documents = []
    for k, rows in enumerate((table, pa.concat_tables([table, one]))):
        # Without noise, so that not even the choice of pairs hides a difference of words.
        with repeated(size=0):
            model = rs.fit(rows, learner="private", schema=schema(), settings={"epsilon": 1.0})
        model.save(tmp_path / str(k))
        text, _ = strings_in(tmp_path / str(k))
        document = json.loads(text)["state"]
        for part in (document, document["table"]["fitted"]):
            part.pop("n_rows", None), part.pop("rows", None)
        documents.append(document["table"]["schema"])
        assert not any(word in text for word in ("Atlantis", "X-1", "£££", "150,", "1.23456789", "1999"))
        documents[-1] = [
            document["table"][part] for part in ("schema", "learner", "learnt", "dependencies", "ties", "protected")
        ]
    assert documents[0] == documents[1]


def test_of_an_undeclared_table_no_rare_value_shows(tmp_path):
    table = people()
    column = pa.array(["Atlantis", *table["town"].to_pylist()[1:]])
    table = table.set_column(table.column_names.index("town"), "town", column)
    fit(table, primary_key="id").save(tmp_path / "m")
    text, _ = strings_in(tmp_path / "m")
    assert "Atlantis" not in text
    assert "remark 1" not in text
    assert "P00001" not in text
    assert "town 39" in text


def test_a_model_says_what_it_promises_and_no_true_number_of_rows(tmp_path):
    model = paid()
    assert model.promise["epsilon"] == 5.0
    assert model.promise["unit"] == "a row"
    assert model.n_rows != 4000
    assert abs(model.n_rows - 4000) < 200
    assert any("differentially private, epsilon=5, delta=1e-06" in note for note in model.notes)
    model.save(tmp_path / "m")
    again = rs.load(tmp_path / "m")
    assert again.promise == model.promise
    assert again.sample(100, seed=3).equals(model.sample(100, seed=3))
    again.sample_to(tmp_path / "twin.parquet", 500, seed=1)
    sheet = datasheet(str(tmp_path / "twin.parquet")).content
    assert any("ε = 5" in risk for risk in sheet.risks)
    assert any("ε = 5" in each.note for each in sheet.criteria)
    datasheet(str(tmp_path / "twin.parquet")).save(tmp_path / "sheet.md")
    page = (tmp_path / "sheet.md").read_text(encoding="utf-8")
    assert "**Differential privacy**: ε = 5, δ = 1e-06" in page
    assert f"levels {round(100 * model.promise['spent']['levels'])} %" in page


def test_the_seed_does_not_seed_the_noise():
    table = people(400).select(["age", "paid"])
    first, second = (rs.fit(table, learner="private", seed=7) for _ in range(2))
    tables = [np.concatenate([t.ravel() for t in m.table.fitted.law.tables]) for m in (first, second)]
    assert tables[0].shape != tables[1].shape or not np.array_equal(*tables)


def test_declared_rules_are_kept_and_none_is_taken_from_rows():
    table = people().select(["age", "income"])
    document = schema().to_dict()
    document["tables"]["people"] = {
        "columns": {name: document["tables"]["people"]["columns"][name] for name in table.column_names},
        "rules": {"not too rich": "income <= 600 * age"},
    }
    model = fit(table, schema=rs.Schema.from_dict(document))
    twin = model.sample(2000, seed=1).to_pandas().dropna()
    assert (twin["income"] <= 600 * twin["age"]).all()
    equal = pa.table({"a": table["age"], "b": table["age"]})
    assert not fit(equal).schema.only[1].rules


def test_given_columns_and_conditions():
    model = paid()
    given = pa.table({"town": ["town 39"] * 300, "paid": [True] * 300})
    twin = model.sample(given=given, seed=1).to_pandas()
    assert set(twin["town"]) == {"town 39"}
    assert twin["age"].mean() > 60
    young = model.sample(300, where="age between 20 and 30", seed=1).to_pandas()
    assert young["age"].between(20, 30).all()
    assert young["paid"].mean() < 0.2
    assert model.sample(400, balance="paid", seed=1).to_pandas()["paid"].mean() == 0.5


def test_a_frame_of_pandas_without_places_for_nulls_comes_back():
    frame = pd.DataFrame({"a": np.arange(200) % 5, "b": np.arange(200) % 2 == 0})
    with repeated(3):
        twin = rs.fit(frame, learner="private", settings={"epsilon": 0.1}).sample(100, seed=0)
    assert (twin.dtypes == frame.dtypes).all()


def test_a_person_may_have_several_rows():
    table = people(2000).drop_columns(["id", "remark"])
    who = pa.array(np.where(np.arange(2000) < 1000, 0, np.arange(2000) // 4))  # one with a thousand rows
    table = table.append_column("who", who)
    model = fit(table, settings={"epsilon": 5.0, "unit": "who", "unit_rows": 2})
    assert "one in 'who' and has 2 rows" in model.promise["unit"]
    assert abs(model.n_rows - 502) < 60  # two rows of each of 251 persons
    assert model.schema.only[1].columns["who"].kind == "identifier"
    with pytest.raises(SpecError, match="unit='who': names persons, so its values must be made anew"):
        fit(table.select(["who", "age"]), settings={"unit": "who"}, schema=only("who", "age"))


def only(*names):
    columns = {name: {"kind": "integer", "type": "int64", "min": 0, "max": 1000} for name in names}
    return rs.Schema.from_dict({"rowsmith": 1, "tables": {"people": {"columns": columns}}})


def test_few_rows_and_none():
    for n in (0, 1, 5):
        model = fit(people(100).slice(0, n), primary_key="id", settings={"epsilon": 1.0})
        assert model.sample(10, seed=0).num_rows == 10


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"schema": "inspected"}, r"columns.id.why: says that `inspect` chose the kind by the rows"),
        ({"public": "town"}, r"public='town': which of its values are in the data would show"),
        ({"settings": {"epsilon": 0.0}}, r"epsilon=0.0: expected a number above 0"),
        ({"settings": {"delta": 1.0}}, r"delta=1.0: expected a small number"),
        ({"settings": {"unit": "peron"}}, r"unit='peron': there is no such column"),
        ({"settings": {"target": "pade"}}, r"target='pade': there is no such column.*paid"),
        ({"parts": ["a"] * 300}, r"parts are chosen by the rows"),
        ({"time": "at"}, r"learns rows, not sequences"),
    ],
)
def test_what_would_not_be_paid_for_is_refused(options, words):
    table = people(300)
    if "schema" in options:
        options = {"schema": rs.inspect(table, name="people")}
    with pytest.raises(SpecError, match=words):
        fit(table, **options)


def test_several_tables_are_refused():
    table = people(100)
    with pytest.raises(SpecError, match="learns one table"):
        rs.fit({"a": table, "b": table}, learner="private")


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        ("town", {"kind": "mixed", "levels": None}, "kind 'mixed' reads its codes off the values"),
        ("age", {"min": "young"}, "columns.age.min='young': expected a value of the column's type int64"),
        ("age", {"min": 99}, "columns.age.min=99, max=89: expected the least value first"),
        ("remark", {"kind": "code"}, "columns.remark.like: say by made-up values"),
    ],
)
def test_wrong_declarations_are_refused(column, change, words):
    document = schema().to_dict()
    entry = document["tables"]["people"]["columns"][column]
    entry.update(change)
    document["tables"]["people"]["columns"][column] = {k: v for k, v in entry.items() if v is not None}
    with pytest.raises(SpecError, match=words):
        fit(people(300), schema=rs.Schema.from_dict(document))


def test_other_learners_hold_declarations_against_the_data():
    table = people(300)
    twin = rs.fit(table, schema=schema()).sample(50, seed=0)
    assert set(twin["town"].to_pylist()) <= set(LEVELS)
    with pytest.raises(DataError, match=r"column 'age': the value \d+ lies beyond max=40"):
        rs.fit(table, schema=schema(age={"max": 40}))
    with pytest.raises(DataError, match="is none of its levels"):
        rs.fit(table, schema=schema(town={"levels": ["town 00"]}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda fitted: fitted["cliques"].append([0]),
        lambda fitted: fitted["parents"].__setitem__(0, 3),
        lambda fitted: fitted["cliques"].__setitem__(0, [99]),
        lambda fitted: fitted.__setitem__("tables", []),
        lambda fitted: fitted.__setitem__("promise", 3),
    ],
)
def test_a_damaged_model_is_told(tmp_path, damage):
    paid().save(tmp_path / "m")
    with zipfile.ZipFile(tmp_path / "m") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members["state.json"])
    damage(document["state"]["table"]["fitted"])
    members["state.json"] = json.dumps(document).encode()
    with zipfile.ZipFile(tmp_path / "m", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelFileError):
        rs.load(tmp_path / "m")
