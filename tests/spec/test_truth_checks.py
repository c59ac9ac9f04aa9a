"""Structures that would make the facts of others false are refused, and messages say where."""

import pytest

from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.engine.make import make
from rowsmith.spec.check import check
from rowsmith.spec.document import parse
from rowsmith.spec.model import Spec

COLUMNS = {
    "id": "id",
    "a": {"kind": "normal", "mean": 50, "sd": 9},
    "g": {"kind": "category", "values": ["red", "green"]},
    "h": {"kind": "normal", "hidden": True},
    "y": "planted",
}
TABLES = {"t": {"rows": 200, "columns": COLUMNS}, "other": {"rows": 5, "columns": {"k": "id"}}}
FIT = {"plant": "regression", "target": "t.y", "on": {"a": 2.0}}
SHIFT = {"plant": "outliers", "column": "t.a"}


def spec(truth, **more):
    return Spec(tables=TABLES, truth={"fit": FIT, **truth}, **more)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (SHIFT, {**SHIFT, "kind": "sentinel"}),
        (SHIFT, {"plant": "inconsistent", "kind": "units", "column": "t.a", "factor": 25.4}),
        (SHIFT, {"plant": "drift", "column": "t.a", "on": "id"}),
        ({"plant": "typos", "column": "t.g"}, {"plant": "label_noise", "column": "t.g", "features": ["a"]}),
        ({"plant": "missing", "column": "t.a"}, {"plant": "missing", "column": "t.a", "mechanism": "MAR", "by": "id"}),
    ],
)
def test_two_that_spoil_one_column_are_refused(one, two):
    with pytest.raises(
        SpecError, match=r"truth.two: '[ag]': is spoilt by 'one' already, and of two in one column neither"
    ):
        spec({"one": one, "two": two})


def test_gaps_and_copies_go_with_other_flaws():
    twice = {"plant": "duplicates", "columns": ["t.a", "g"], "key": "id"}
    spec({"one": SHIFT, "gaps": {"plant": "missing", "column": "t.a"}, "twice": twice})


def test_gaps_that_hide_what_is_planted_are_refused():
    gaps = {"plant": "missing", "mechanism": "MNAR"}
    with pytest.raises(SpecError, match=r"truth.gaps.mechanism='MNAR': y is made by 'fit'.*; take MCAR or MAR"):
        spec({"gaps": {**gaps, "column": "t.y"}})
    spec({"gaps": {**gaps, "column": "t.a"}})


def test_targets_of_what_structures_hang_on_are_refused():
    with pytest.raises(SpecError, match=r"targets.t.a: moves the values of t.a, and truth.fit hangs on what they are"):
        spec({}, targets={"t.a": {"mean": 30}})
    with pytest.raises(SpecError, match=r"targets.t.y: y is made by truth.fit, whose facts a target would make false"):
        spec({}, targets={"t.y": {"mean": 30}})


def test_other_targets_stay():
    assert len(spec({}, targets={"t.g": {"share": {"red": 0.5, "green": 0.5}}}).targets) == 1


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        ({"f": {**FIT, "target": "tt.z"}}, r"truth.f.target='tt.z': there is no table 'tt'; did you mean 't'\?"),
        ({"f": {**SHIFT, "column": "zz.a"}}, r"truth.f.column='zz.a': there is no table 'zz'"),
        ({"f": {**FIT, "target": "t.z", "on": {"aa": 1}}}, r"truth.f.on: there is no column 'aa'; did you mean 'a'\?"),
        ({"f": {**FIT, "target": "t.z", "on": {"a:aa": 1}}}, r"truth.f.on: there is no column 'aa'"),
        ({"f": {**FIT, "target": "t.z", "on": {"h": 1}}}, r"truth.f.on: 'h' is hidden, and nobody could find"),
        ({"f": {"plant": "missing", "column": "t.h"}}, r"truth.f.column: 'h' is hidden, and nobody could find"),
    ],
)
def test_names_that_are_not_there_are_told_where_they_stand(truth, says):
    with pytest.raises(SpecError, match=says):
        spec(truth)


def test_the_line_is_that_of_the_setting():
    text = """\
tables:
  t:
    rows: 100
    columns:
      a: normal
      y: planted
truth:
  f:
    plant: regression
    target: t.y
    on: {aa: 1}
"""
    with pytest.raises(SpecError, match=r"^it.yaml, line 11: truth.f.on: there is no column 'aa'"):
        check(parse(text, "it.yaml"))


def test_a_fault_in_the_run_has_its_path_once():
    columns = {"g": {"kind": "category", "values": ["red", "green"]}, "y": "planted"}
    truth = {"f": {"plant": "regression", "target": "y", "on": {"g": 2}}}
    with pytest.raises(RowsmithError) as caught:
        make(Spec(tables={"t": {"rows": 100, "columns": columns}}, truth=truth))
    assert str(caught.value).count("truth.f") == 1
