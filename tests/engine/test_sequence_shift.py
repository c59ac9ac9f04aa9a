"""Scenarios of sequences: a mean is moved, and what hangs on it follows."""

import numpy as np
import pandas as pd
import pytest
from tests.engine.test_sequence_components import monthly

import rowsmith as rs
from rowsmith.core.errors import SpecError


def houses(n, steps=200, seed=1):
    """Warmth goes its way; heating uses the more the colder it is; a shop's customers come whatever the weather."""
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2026-01-01", periods=steps, freq="h")
    parts = []
    for i in range(n):
        warm = np.zeros(steps)
        for t in range(1, steps):
            warm[t] = 0.9 * warm[t - 1] + rng.normal(0, 1)
        used = np.maximum(20 - 2 * warm + rng.normal(0, 1, steps), 0)
        busy = rng.poisson(5, steps)
        parts.append(pd.DataFrame({"house": i, "at": hours, "warm": warm, "used": used, "busy": busy}))
    table = pd.concat(parts, ignore_index=True).round({"warm": 2, "used": 2})
    return table if n > 1 else table.drop(columns="house")


@pytest.fixture(scope="module", params=[1, 20], ids=["one series", "a panel"])
def model(request):
    if request.param == 1:
        return rs.fit(houses(1, 3_000), time="at")
    return rs.fit(houses(20), entity="house", time="at")


def test_the_mean_comes_to_what_is_asked_and_what_hangs_on_it_follows(model):
    usual, other = model.sample(seed=4), model.sample(seed=4, shift={"warm": 1.5})
    moved = other.mean(numeric_only=True) - usual.mean(numeric_only=True)
    assert 1.0 < moved["warm"] < 2.0
    assert -4.5 < moved["used"] < -1.8
    assert abs(moved["busy"]) < 0.4
    steps = [t["warm"].diff().std() for t in (usual, other)]
    assert 0.85 < steps[1] / steps[0] < 1.18


def test_a_scenario_hangs_on_seed_alone_and_leaves_the_model_as_it_was(model):
    usual = model.sample(seed=2)
    one = model.sample(seed=2, shift={"warm": -1})
    assert one.equals(model.sample(seed=2, shift={"warm": -1}, workers=2))
    assert model.sample(seed=2).equals(usual)
    assert one["warm"].mean() < usual["warm"].mean() - 0.5


def test_a_short_series_is_raised_with_its_trend_and_what_hangs_on_it():
    model = rs.fit(monthly(), time="month")
    usual, other = model.sample(seed=1), model.sample(seed=1, shift={"sales": 50})
    moved = other.mean(numeric_only=True) - usual.mean(numeric_only=True)
    assert 40 < moved["sales"] < 60
    assert 3 < moved["back"] < 7


def test_columns_that_are_missing_together_can_be_moved():
    table = houses(3, 400)
    off = np.arange(len(table)) % 40 < 3
    table.loc[off, ["warm", "used"]] = np.nan
    model = rs.fit(table, entity="house", time="at")
    for name, by in (("warm", 1.0), ("used", -2.0)):
        usual, other = (model.sample(40, seed=1, shift=shift) for shift in (None, {name: by}))
        assert 0.5 < (other[name].mean() - usual[name].mean()) / by < 1.5


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        ({"worm": 1}, "shift='worm': is no column of numbers that are drawn; did you mean 'warm'"),
        ({"warm": float("nan")}, "shift: warm=nan: expected a number"),
        ({"used": -500}, "shift: used=-500: its mean moves by -.* at most"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(model, shift, said):
    with pytest.raises(SpecError, match=said):
        model.sample(shift=shift)


def test_a_short_series_of_trees_is_tilted_by_many_draws_not_by_one():
    rng = np.random.default_rng(5)
    x = np.zeros(600)
    for i in range(1, 600):
        x[i] = 0.9 * x[i - 1] + rng.normal()
    model = rs.fit(pd.DataFrame({"t": range(600), "x": x}), time="t", settings={"model": "trees"})
    moved = [model.sample(seed=s, shift={"x": 2.0})["x"].mean() - model.sample(seed=s)["x"].mean() for s in range(12)]
    assert 1.3 < np.mean(moved) < 2.7
