"""Rows under a condition: all meet it, and follow the learnt law given it."""

import numpy as np
import pyarrow as pa
import pytest
from tests.learn.test_given import distance, numbers, planted

import rowsmith as rs
from rowsmith.core import sql
from rowsmith.core.errors import SpecError

N = 1500


@pytest.fixture(scope="module")
def model():
    return rs.fit(planted(), seed=1)


@pytest.mark.parametrize(
    "where",
    [
        "segment = 'c'",
        "segment in ('b', 'c') and age between 40 and 60",
        "income > 45000.5 and city <> 'Paris'",
        "income is null",
        "country = 'CH'",
        "country = 'FR' and segment = 'c' and age < 70",
        "age = 37",
        "spent between 300 and 300.5",
        "city like '%n' or age > 70",
        "income > 1000 * age",
        "year = 2024 and id > 0",
        "not segment = 'a'",
    ],
)
def test_every_row_meets_the_condition(model, where):
    rows = model.sample(N, where=where, seed=3)
    assert rows.num_rows == N
    assert rows.column_names == planted(10).column_names
    assert sql.truth(f"coalesce(({where}), false)", rows, "where").all()
    assert rows["id"].to_pylist() == list(range(1, N + 1))


@pytest.fixture(scope="module")
def many(model):
    return model.sample(60_000, seed=5)


@pytest.mark.parametrize("where", ["segment = 'c'", "city = 'Lyon'", "age between 40 and 50", "income > 60000"])
def test_rows_are_those_that_would_be_left_of_many(model, many, where):
    left = many.filter(pa.array(sql.truth(f"coalesce(({where}), false)", many, "where")))
    rows = model.sample(N, where=where, seed=4)
    for name in ("age", "income", "spent"):
        assert distance(numbers(rows, name), numbers(left, name)) < 0.06, name
    for name in ("segment", "country"):
        for level in set(left[name].to_pylist()):
            shares = [np.mean([value == level for value in table[name].to_pylist()]) for table in (left, rows)]
            assert abs(shares[0] - shares[1]) < 0.08, (name, level)


def test_a_rare_condition_is_met_by_as_many_rows_as_are_wanted(model):
    rows = model.sample(400, where="city = 'Bern' and segment = 'c' and age < 50", seed=1)
    assert rows.num_rows == 400
    assert len(set(rows["spent"].to_pylist())) > 200


def test_the_rows_do_not_hang_on_workers_and_stand_beside_given_ones(model):
    one, two = (model.sample(300, where="age > 50", seed=5, workers=workers) for workers in (1, 2))
    assert one.equals(two)
    given = pa.table({"segment": ["b", "c"] * 50})
    rows = model.sample(given=given, where="age > 50", seed=5)
    assert rows["segment"].to_pylist() == given["segment"].to_pylist()
    assert min(rows["age"].to_pylist()) > 50


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("segment = 'lost'", r"where=\"segment = 'lost'\": no learnt row has .*; segment is one of a, b, c"),
        ("age > 300", r"no learnt row has \(age > 300\); age goes from 1\d to \d\d"),
        ("income = 1e9", "income goes from"),
        ("age < 30 and age > 60", "no value of age meets all that is asked of it"),
        ("segmnt = 'a'", "the model has no column 'segmnt'; did you mean 'segment'"),
        ("age +", "syntax error"),
        ("age + 1", "gives bigint|gives int64; expected true or false"),
        ("random() < 0.5", "random gives another answer each time"),
        ("max(age) over () > 3", r"reads other rows \(over\)"),
        ("age > 30 and id = 7", r"where: only 0\.\d\d% of [0-9,]+ drawn rows meet it"),
    ],
)
def test_what_cannot_be_is_refused(model, where, says):
    with pytest.raises(SpecError, match=says):
        model.sample(3, where=where)


def test_every_class_comes_as_often_as_the_others(model):
    rows = model.sample(600, balance="segment", seed=3)
    assert sorted(np.unique(rows["segment"].to_pylist(), return_counts=True)[1].tolist()) == [200, 200, 200]
    ages = {
        s: np.mean([a for a, t in zip(rows["age"].to_pylist(), rows["segment"].to_pylist(), strict=True) if t == s])
        for s in "abc"
    }
    assert ages["a"] < ages["b"] < ages["c"]
    older = model.sample(90, balance="country", where="age > 50", seed=3)
    assert sorted(np.unique(older["country"].to_pylist(), return_counts=True)[1].tolist()) == [30, 30, 30]
    for column, says in (
        ("spent", "is no column of listed values"),
        ("sgment", "did you mean 'segment'"),
        ("id", "is no column"),
    ):
        with pytest.raises(SpecError, match=says):
            model.sample(5, balance=column)
    with pytest.raises(SpecError, match="balance='segment': is a given column"):
        model.sample(balance="segment", given=rows.select(["segment"]))


def test_a_column_that_a_rule_makes_is_told_its_range():
    rng = np.random.default_rng(3)
    net, vat = rng.integers(0, 5000, 800), rng.integers(0, 500, 800)
    model = rs.fit(pa.table({"net": net, "vat": vat, "gross": net + vat}), seed=1)
    assert model.table.ties.columns == {"gross"}
    rows = model.sample(200, where="gross between 2000 and 2500", seed=2)
    assert min(rows["gross"].to_pylist()) >= 2000
    with pytest.raises(SpecError, match=r"no learnt row has \(gross > 100000\); gross goes from \d+ to 5\d\d\d"):
        model.sample(5, where="gross > 100000")
    with pytest.raises(SpecError, match="where='': expected a condition"):
        model.sample(5, where=" ")
