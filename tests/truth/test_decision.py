"""Rules: what cannot be, the order of rules, and thresholds with and without noise."""

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples import customers

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._threshold import threshold
from rowsmith.truth.decision import Decision

PILOT = customers(np.random.default_rng(1), 20_000)
POOR = {"if": {"income": "< 30000"}, "then": "high"}


def made(plant, n=4000, seed=2):
    columns = customers(np.random.default_rng(seed), n)
    batch = plant.sample(Rows(0, n), Key(seed), columns, plant.calibrate(PILOT))
    return pa.table({**columns, plant.target: batch.column(0)})


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ((), "expected at least one"),
        (({"if": {"income": "< 30000"}},), r"rules\[0\]=.*then: high"),
        (({"if": {}, "then": "high"},), r"rules\[0\]"),
        (({"if": {"income": "30000"}, "then": "high"},), r"rules\[0\].if.income='30000': expected <"),
        (({"if": {"income": "< 3_0_"}, "then": "high"},), "and a number"),
        (({"if": {"income": "< 30000"}, "then": True},), "put quotes around it"),
        (({"if": {"income": "< 30000"}, "then": "low"},), "every row would be 'low'"),
        (({"if": {"risk": "< 3"}, "then": "high"},), "cannot hang on itself"),
        ((POOR, {"if": {"income": "> 50000"}, "then": "mid"}), "thresholds 30000 and 50000; expected one"),
    ],
)
def test_what_cannot_be_is_refused(rules, says):
    with pytest.raises(SpecError, match=says):
        Decision(target="risk", rules=rules, otherwise="low").at(0)


def test_too_much_noise_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match=r"noise=0.5: .* the nearest is 0.4"):
        Decision(target="risk", rules=(POOR,), otherwise="low", noise=0.5).at(0)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"income": "< 100"}, r"threshold 100 of income decides about too few rows: .* the nearest is 1\d{4}"),
        ({"income": "< 30000", "age": "> 200"}, "of age|of income"),
        ({"price": "< 9", "ad_spend": "< 2", "age": "< 30"}, "conditions that hold together more often"),
    ],
)
def test_thresholds_that_nobody_could_find_are_refused(condition, says):
    plant = Decision(target="risk", rules=({"if": condition, "then": "high"},), otherwise="low").at(0)
    with pytest.raises(SpecError, match=says):
        plant.calibrate(PILOT)


def test_the_first_rule_that_holds_gives_the_label():
    rules = ({"if": {"a": ">= 2"}, "then": "x"}, {"if": {"b": "> 1"}, "then": "y"})
    plant = Decision(target="t", rules=rules, otherwise="z", noise=0.0).at(0)
    given = {"a": pa.array([1, 2, 2, 1, None]), "b": pa.array([1, 1, 2, 2, 2])}
    assert plant.sample(Rows(0, 5), Key(0), given, {})["t"].to_pylist() == ["z", "x", "x", "y", "y"]


def test_noise_always_gives_another_label():
    plant = Decision(target="t", rules=(POOR,), otherwise="low", noise=0.3)
    table = made(plant, 50_000)
    clean = np.where(table["income"].to_numpy() < 30000, "high", "low")
    assert (table["t"].to_numpy(zero_copy_only=False) != clean).mean() == pytest.approx(0.3, abs=0.01)


def test_without_noise_the_interval_is_the_gap_between_neighbours():
    plant = Decision(target="t", rules=(POOR,), otherwise="low", noise=0.0)
    table = made(plant)
    found = {f.name: f for f in Decision.find({"target": "t"}, table)}
    income = table["income"].to_numpy()
    place = found["threshold of income"]
    assert income[income < 30000].max() <= place.low < place.estimate < place.high <= income[income >= 30000].min()
    assert found["columns"].estimate == ("income",)
    assert found["noise"].estimate == 0


def test_a_label_by_chance_hangs_on_nothing():
    columns = customers(np.random.default_rng(0), 2000)
    label = np.random.default_rng(1).choice(["a", "b"], 2000)
    found = {f.name: f for f in Decision.find({"target": "t"}, pa.table({**columns, "t": label}))}
    assert found["columns"].estimate == ()


def test_a_table_that_cannot_be_split_is_named():
    with pytest.raises(DataError, match="no columns of numbers"):
        Decision.find({"target": "t"}, pa.table({"t": ["a", "b"], "u": ["x", "y"]}))
    with pytest.raises(DataError, match="has 1 labels"):
        Decision.find({"target": "t"}, pa.table({"t": ["a", "a"], "u": [1, 2]}))
    with pytest.raises(DataError, match="u: expected a column of numbers"):
        Decision.find({"target": "t", "among": ["u"]}, pa.table({"t": ["a", "b"], "u": ["x", "y"]}))


def test_a_threshold_of_whole_numbers_is_the_first_of_the_upper_kind():
    x = np.repeat(np.arange(10.0), 50)
    place = threshold(x, np.where(x >= 6, 2.0, -2.0))
    assert (place.low, place.estimate, place.high) == (5, 6, 6)
    assert 4 * place.error >= 1


def test_thresholds_cover_at_their_level():
    hits = 0
    for seed in range(300):
        r = np.random.default_rng(seed)
        x, cut = r.random(400), r.uniform(0.3, 0.7)
        y = r.random(400) < np.where(x >= cut, 0.8, 0.3)
        place = threshold(x, np.where(y, np.log(0.8 / 0.3), np.log(0.2 / 0.7)))
        hits += place.low <= cut <= place.high
    assert 0.92 <= hits / 300 <= 0.98
