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


def test_a_short_series_is_raised_with_its_trend():
    model = rs.fit(monthly(), time="month")
    usual, other = model.sample(seed=1), model.sample(seed=1, shift={"sales": 50})
    assert 40 < other["sales"].mean() - usual["sales"].mean() < 60


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
