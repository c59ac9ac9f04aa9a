"""Facts of structures whose columns others spoil: found once these are clean, in memory and in files."""

import pytest

from rowsmith.engine.make import make
from rowsmith.engine.verify import verify
from rowsmith.spec.model import Spec

COLUMNS = {
    "id": "id",
    "a": {"kind": "normal", "mean": 50, "sd": 9, "round": 2},
    "b": {"kind": "normal", "mean": 5, "sd": 1},
    "g": {"kind": "category", "values": ["red", "green", "blue"]},
    "day": {"kind": "date", "between": ["2022-01-01", "2023-12-31"]},
    "y": "planted",
}
TRUTH = {
    "fit": {"plant": "regression", "target": "y", "on": {"a": 2.0, "b": -3.0, "g[red]": 20}},
    "gaps": {"plant": "missing", "column": "b", "mechanism": "MAR", "by": "a"},
    "twice": {"plant": "duplicates", "columns": ["a", "y", "day"], "key": "id", "fuzzy": 0.5},
}


@pytest.mark.parametrize(
    "dirt",
    [
        {"plant": "outliers", "column": "a"},
        {"plant": "outliers", "column": "y"},
        {"plant": "outliers", "column": "a", "kind": "sentinel", "values": [-999]},
        {"plant": "inconsistent", "kind": "units", "column": "a", "factor": 25.4},
        {"plant": "drift", "column": "a", "on": "day"},
        {"plant": "typos", "column": "g"},
        {"plant": "missing", "column": "a", "mechanism": "MNAR", "rate": 0.3},
        {"plant": "missing", "column": "a", "mechanism": "MAR", "by": "y", "rate": 0.3},
    ],
    ids=lambda dirt: "-".join(str(each) for each in dirt.values()),
)
def test_what_others_have_spoilt_is_cleaned_before_a_structure_is_looked_for(dirt, tmp_path):
    spec = Spec(tables={"t": {"rows": 2000, "columns": COLUMNS}}, truth=TRUTH | {"dirt": dirt})
    assert verify(make(spec)).found
    make(spec, tmp_path / "out/", format="csv")
    assert verify(tmp_path / "out/").found


def test_columns_of_tables_above_are_cleaned_too():
    tables = {
        "c": {
            "rows": 400,
            "columns": {"c": "id", "age": {"kind": "normal", "mean": 50, "sd": 9, "round": 1}, "name": "person.name"},
        },
        "o": {"per": {"table": "c", "count": 4}, "columns": {"o": "id", "c": "parent", "x": "normal", "y": "planted"}},
    }
    truth = {
        "fit": {"plant": "regression", "target": "o.y", "on": {"c.age": 2.0, "x": 9}},
        "shift": {"plant": "outliers", "column": "c.age", "rate": 0.05},
        "twice": {"plant": "duplicates", "columns": ["c.name", "age"], "key": "c"},
    }
    assert verify(make(Spec(tables=tables, truth=truth))).found


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_files_of_text_are_verified_as_well(tmp_path, format):
    columns = {
        "id": "id",
        "day": {"sql": "date '2022-01-01' + cast(id as integer)"},
        "a": "normal",
        "y": "planted",
        "v": "planted",
    }
    truth = {
        "who": {"plant": "classes", "target": "t.y", "on": {"a": 1}, "auc": 0.9},
        "when": {"plant": "seasonality", "column": "t.v", "on": "day", "weekly": {"sat": 1.6}},
    }
    make(Spec(tables={"t": {"rows": 1500, "columns": columns}}, truth=truth), f"{tmp_path}/out/", format=format)
    assert verify(tmp_path / "out").found
