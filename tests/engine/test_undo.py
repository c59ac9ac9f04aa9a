"""What others have spoilt is put back, row by row, and copies are taken out; the key says what."""

import json

import pyarrow as pa
import pytest

from rowsmith.engine._undo import undone
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec

COLUMNS = {
    "id": "id",
    "a": {"kind": "normal", "mean": 50, "sd": 9, "round": 2},
    "g": {"kind": "category", "values": ["red", "green", "blue"]},
    "day": {"kind": "date", "between": ["2022-01-01", "2023-12-31"]},
    "y": "planted",
}
FIT = {"fit": {"plant": "regression", "target": "y", "on": {"a": 2.0, "g[red]": 20}}}
DIRT = {
    "shift": {"plant": "outliers", "column": "a"},
    "gaps": {"plant": "missing", "column": "a", "mechanism": "MAR", "by": "y", "rate": 0.3},
    "slips": {"plant": "typos", "column": "g"},
    "twice": {"plant": "duplicates", "columns": ["g", "day", "y"], "key": "id", "fuzzy": 0.5},
}


def lesson(truth, **more):
    return Spec(tables={"t": {"rows": 500, "columns": COLUMNS}}, truth=truth, **more)


@pytest.mark.parametrize("more", [{}, {"chunk_rows": 70}])
def test_all_columns_made_clean_are_those_of_the_table_without_flaws(more):
    made, clean = make(lesson(FIT | DIRT, **more)), make(lesson(FIT, **more))["t"]
    table = undone(made["t"], "t", made.flaws, ["a", "g", "y", "day"], "nobody")
    for column in ("a", "g", "day", "y"):
        assert table[column].cast(clean[column].type).to_pylist() == clean[column].to_pylist()


def test_flaws_of_one_structure_stay():
    made = make(lesson(FIT | {name: DIRT[name] for name in ("shift", "gaps")}))
    table = undone(made["t"], "t", made.flaws, ["a"], "shift")
    assert made["t"]["a"].null_count > table["a"].null_count == 0
    assert undone(made["t"], "t", made.flaws, ["a"], "gaps")["a"].null_count > 0
    assert undone(made["t"], "t", made.flaws, [], "shift").equals(made["t"])
    assert undone(made["t"], "t", pa.table({"x": [1]}), ["a"], "gaps") is made["t"]


def test_the_key_says_what_is_spoilt():
    made = make(lesson(FIT | DIRT))
    key = json.loads(made.documents["truth.json"])
    assert key["spoilt"] == {
        "fit": {"t.y": ["twice"], "t.a": ["shift", "gaps"], "t.g": ["slips", "twice"]},
        "gaps": {"t.y": ["twice"]},
    }
    assert key["planted"][0]["how"].endswith("t.a (shift, gaps), t.g (slips, twice).")
    assert "spoilt" not in json.loads(make(lesson(FIT)).documents["truth.json"])
