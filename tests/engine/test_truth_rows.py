"""Structures on columns that hang on the row's number: fitted to the rows that the table has, whatever their number."""

import datetime as dt

import numpy as np
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine._family import spread
from rowsmith.engine.make import make, preview
from rowsmith.engine.planning import plan_spec
from rowsmith.engine.verify import verify
from rowsmith.spec.model import Spec

PRICE = {"kind": "normal", "mean": 10, "sd": 2}
DAYS = {
    "n": {"kind": "id", "hidden": True},
    "day": {"sql": "date '2022-01-01' + cast(n as integer)"},
    "x": "normal",
}


def sales(n, per_week, **more):
    truth = {"r": {"plant": "regression", "target": "t.sales", "on": {"week": per_week, "price": -2}, "r2": 0.8}}
    tables = {"t": {"rows": n, "columns": {"week": "id", "price": PRICE, "sales": "planted"}}}
    return Spec(tables=tables, truth=truth, **more)


def test_the_numbers_of_a_pilot_are_spread_over_a_table():
    assert (spread(1000, 1000, Key(1)) == np.arange(1000)).all()
    few = spread(1000, 7000, Key(1))
    assert (few // 7 == np.arange(1000)).all()
    assert len(set(few % 7)) == 7
    assert len(spread(0, 10, Key(1))) == 0


@pytest.mark.parametrize(("n", "more"), [(1000, {}), (1000, {"chunk_rows": 150}), (30_000, {}), (150_000, {})])
def test_a_counter_explains_as_much_as_is_said(n, more):
    result = verify(make(sales(n, 100 / n, **more)))
    assert [each.verdict for each in result.checked] == ["found"] * 4


def test_another_number_of_rows_is_fitted_anew():
    noise = [plan_spec(sales(1000, 0.1), rows=rows).plantings[0].calibration["noise"] for rows in (None, {"t": 2000})]
    assert noise[1] > 1.5 * noise[0]


def test_gaps_by_a_counter_are_as_many_as_is_said():
    truth = {"g": {"plant": "missing", "column": "x", "mechanism": "MAR", "by": "id", "rate": 0.1}}
    made = make(Spec(tables={"t": {"rows": 1000, "columns": {"id": "id", "x": "normal"}}}, truth=truth))
    assert verify(made).found


@pytest.mark.parametrize("since", [None, "2023-05-01"])
def test_a_change_lies_within_running_dates(since):
    drift = {"plant": "drift", "column": "x", "on": "day", **({"since": since} if since else {})}
    made = make(Spec(tables={"t": {"rows": 1000, "columns": DAYS}}, truth={"d": drift}))
    result = verify(made)
    assert result.found
    point = dt.date(1970, 1, 1) + dt.timedelta(days=result.checked[0].fact.value)
    assert dt.date(2022, 6, 1) < point < dt.date(2024, 6, 1)


@pytest.mark.parametrize("n", [300, 30_000])
def test_a_childs_counter_runs_over_the_whole_of_its_table(n):
    tables = {
        "c": {"rows": n, "columns": {"c": "id"}},
        "o": {
            "per": {"table": "c", "count": {"kind": "poisson", "mean": 4}},
            "columns": {"o": "id", "c": "parent", "x": "normal", "y": "planted"},
        },
    }
    for read, slope in (("o", 10 / n), ("c.c", 40 / n)):
        truth = {"r": {"plant": "regression", "target": "o.y", "on": {read: slope, "x": 3}, "r2": 0.8}}
        assert verify(make(Spec(tables=tables, truth=truth))).found


@pytest.mark.parametrize("more", [{}, {"chunk_rows": 100}])
def test_a_walk_is_that_of_the_table(more):
    columns = {"id": "id", "w": {"kind": "walk", "drift": 0.1}, "y": "planted"}
    truth = {"r": {"plant": "regression", "target": "y", "on": {"w": 1}, "r2": 0.8}}
    assert verify(make(Spec(tables={"t": {"rows": 1000, "columns": columns}}, truth=truth, **more))).found


def test_unique_values_need_not_last_for_more_rows_than_there_are():
    cities = {"kind": "category", "unique": True, "values": [f"c{i}" for i in range(40)]}
    columns = {"city": cities, "x": "normal", "y": "planted"}
    truth = {"r": {"plant": "regression", "target": "y", "on": {"x": 1, "city[c3]": 4}}}
    assert make(Spec(tables={"t": {"rows": 40, "columns": columns}}, truth=truth))["t"].num_rows == 40


def test_other_tables_keep_their_rows():
    columns = {"id": "id", "price": PRICE, "sales": "planted"}
    truth = {"r": {"plant": "regression", "target": "sales", "on": {"price": -2}}}
    spec = Spec(tables={"t": {"rows": 500, "columns": columns}}, truth=truth)
    assert make(spec, rows={"t": 900})["t"].slice(0, 500).equals(make(spec)["t"])


@pytest.mark.parametrize("n", [0, 1, 9])
def test_structures_in_hardly_any_rows_are_refused(n):
    truth = {"r": {"plant": "regression", "target": "sales", "on": {"price": -2}}}
    tables = {"t": {"rows": n, "columns": {"price": PRICE, "sales": "planted"}}}
    with pytest.raises(
        SpecError, match=rf"truth.r: table t has {n} rows, in which nothing can be found; expected 10 rows"
    ):
        make(Spec(tables=tables, truth=truth))


def test_a_preview_has_enough_of_them():
    assert preview(sales(1000, 0.1), 3)["t"].num_rows == 3
