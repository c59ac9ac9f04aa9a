"""Survival times: the laws that were asked for, and settings that cannot be."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth.survival import Survival

GIVEN = {"age": pa.array(np.random.default_rng(1).normal(50, 10, 40_000))}


def made(**settings):
    plant = Survival(time="t", event="e", on={"age": 1.03}, **settings).at(0.5)
    return plant.sample(Rows(0, 40_000), Key(1), GIVEN, plant.calibrate(GIVEN))


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.0])
def test_half_of_all_have_the_median_by_then(shape):
    times = made(median=20.0, shape=shape, censored=0.0)["t"].to_numpy()
    assert np.mean(times <= 20) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_so_many_are_cut_off(share):
    assert 1 - np.mean(made(censored=share)["e"].to_pylist()) == pytest.approx(share, abs=0.01)


def test_rounded_times_are_never_zero():
    assert min(made(median=0.05, round=1)["t"].to_pylist()) > 0


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"on": {}}, r"on=\{\}: expected at least one term"),
        ({"on": {"age": -2.0}}, r"on.age=-2.0: expected a hazard ratio above 0 that is not 1"),
        ({"censored": 0.95}, r"censored=0.95: expected a share from 0 to 0.9; the nearest is 0.9"),
        ({"median": 0.0}, r"median=0: expected a number above 0"),
        ({"event": "t"}, r"time='t', event='t': are one column; expected two, as both are made"),
    ],
)
def test_settings_that_cannot_be(settings, says):
    with pytest.raises(SpecError, match=says):
        Survival(**{"time": "t", "event": "e", "on": {"age": 1.1}, **settings}).at(0)


def test_columns_that_cannot_be():
    with pytest.raises(SpecError, match="on: the terms are the same in every row"):
        Survival(time="t", event="e", on={"age": 2.0}).at(0).calibrate({"age": pa.array([1.0, 1.0])})
    table = pa.table({"age": [1.0, 2.0], "t": [1.0, 2.0], "e": [False, False]})
    found = Survival.find({"time": "t", "event": "e", "terms": ["age"]}, table)
    assert [(f.name, f.estimate) for f in found] == [("age", None), ("censored", 1.0)]
    assert "it never happened" in found[0].note


def test_terms_that_tell_the_order_of_events_have_no_estimate():
    age = np.arange(40.0)
    table = pa.table({"age": age, "t": 100 - age, "e": np.ones(40, dtype=bool)})
    found = Survival.find({"time": "t", "event": "e", "terms": ["age"]}, table)
    assert (found[0].estimate, found[0].note) == (None, "the terms tell the order of events without an error")
