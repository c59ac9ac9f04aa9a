"""Two classes: what cannot be, what is exact, and that the best model is no better than planted."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.truth._examples import customers

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._roc import area, area_finding, placements
from rowsmith.truth.classes import Classes

PILOT = customers(np.random.default_rng(1), 20_000)


def made(plant, n=20_000, columns=PILOT):
    calibration = plant.calibrate(PILOT)
    batch = plant.sample(Rows(0, n), Key(3), columns, calibration)
    return pa.table({**columns, **dict(zip(batch.schema.names, batch.columns, strict=True))}), calibration


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "on, features: expected one of them"),
        ({"on": {"age": 1}, "features": {"x": 1}}, "on, features: expected one of them"),
        ({"on": {"age": 0}}, "weight that is not 0"),
        ({"on": {"churn": 1}}, "is the class itself"),
        (
            {"on": {"age": 1}, "share": 0.7},
            "share=0.7: expected a share of the rare class from 0.001 to 0.5; the nearest is 0.5",
        ),
        ({"on": {"age": 1}, "auc": 0.5}, "the nearest is 0.55"),
        ({"on": {"age": 1}, "labels": ("a", "a")}, "two different names"),
        ({"on": {"age": 1}, "round": 2}, "are of `features`"),
        ({"features": {"x": 1}, "scale": {"y": [0, 1]}}, r"scale.y: is no column that is made here"),
        ({"features": {"x": 1}, "scale": {"x": [0, -1]}}, "standard deviation above 0"),
        ({"features": {"x": 1}, "scale": {"x": [0]}}, r"expected \[mean, standard deviation\]"),
        ({"features": {"x": 1}, "round": 0}, "too coarse for a standard deviation of 1; expected 1 decimals"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        Classes(target="churn", **settings).at(0)


def test_columns_that_cannot_tell_so_well_are_refused_with_the_best_that_can_be():
    with pytest.raises(SpecError, match=r"auc=0.95: holiday cannot tell .* at most 0\.\d+ is feasible"):
        Classes(target="churn", on={"holiday": 1}).at(0).calibrate(PILOT)
    with pytest.raises(SpecError, match="price is the same in every row"):
        Classes(target="churn", on={"price": 1}).at(0).calibrate({"price": pa.array(np.ones(100))})


def test_the_chances_have_the_share_and_the_area_that_are_asked():
    plant = Classes(target="churn", on={"price": 1, "ad_spend": -2}, share=0.1, auc=0.8)
    c = plant.calibrate(PILOT)
    terms = np.column_stack([PILOT["price"], PILOT["ad_spend"]]) - c["center"]
    chance = 1 / (1 + np.exp(-c["base"] - c["slope"] * terms @ c["weights"]))
    assert chance.mean() == pytest.approx(0.1, abs=1e-6)
    order = np.sort(chance)
    outside = np.cumsum(1 - order) - (1 - order) / 2
    assert (order * outside).sum() / (order.sum() * (1 - order).sum()) == pytest.approx(0.8, abs=1e-6)


def test_features_have_the_scale_that_is_asked_and_the_area_of_two_normals():
    plant = Classes(target="t", features={"a": 2, "b": -1}, share=0.2, auc=0.9, scale={"a": [50, 7]})
    table, c = made(plant, 200_000, {})
    a = table["a"].to_numpy()
    assert a.mean() == pytest.approx(50, abs=0.1)
    assert a.std() == pytest.approx(7, rel=0.01)
    assert stats.norm.cdf(np.linalg.norm(c["apart"]) / np.sqrt(2)) == pytest.approx(0.9)
    score = (a - 50) / 7 * 2 - table["b"].to_numpy()
    high, low = placements(score, table["t"].to_numpy(zero_copy_only=False) == "yes")
    assert area(high, low)[0] == pytest.approx(0.9, abs=0.01)


def test_a_model_of_more_freedom_finds_no_more():
    from sklearn.ensemble import HistGradientBoostingClassifier

    plant = Classes(target="churn", on={"price": 1, "age": -0.5}, share=0.3, auc=0.8)
    table, _ = made(plant)
    x, y = np.column_stack([table["price"], table["age"]]), table["churn"].to_numpy(zero_copy_only=False) == "yes"
    model = HistGradientBoostingClassifier(random_state=0).fit(x[:10_000], y[:10_000])
    high, low = placements(model.decision_function(x[10_000:]), y[10_000:])
    value, error = area(high, low)
    assert value < 0.8 + 3 * error


def test_a_gap_in_a_term_is_a_gap_in_the_class():
    plant = Classes(target="churn", on={"price": 1}).at(0)
    columns = {"price": pa.array([None, 10.0, 12.0], pa.float64())}
    batch = plant.sample(Rows(0, 3), Key(0), columns, plant.calibrate(PILOT))
    assert batch["churn"].is_null().to_pylist() == [True, False, False]


def test_too_few_of_a_class_are_named():
    table = pa.table({"t": ["yes", *["no"] * 50], "x": np.arange(51.0)})
    with pytest.raises(DataError, match="t=yes: 1 of 51 rows"):
        Classes.find({"target": "t", "class": "yes", "terms": ["x"]}, table)


def test_classes_are_found_in_numbers_and_booleans_as_readers_guess_them():
    r = np.random.default_rng(0)
    x = r.normal(size=500)
    y = r.random(500) < 1 / (1 + np.exp(-3 * x))
    for column, label in ((y, "true"), (y.astype(int), "1"), (pa.array(y.astype(int)).cast(pa.string()), "1")):
        found = Classes.find({"target": "t", "class": label, "terms": ["x"]}, pa.table({"t": column, "x": x}))
        assert {f.name: f.estimate for f in found}["share"] == pytest.approx(y.mean())


def test_area_counts_pairs_with_ties_as_halves():
    score, positive = np.array([1.0, 2, 2, 3]), np.array([False, True, False, True])
    high, low = placements(score, positive)
    assert area(high, low)[0] == (1 + 0.5 + 1 + 1) / 4
    assert high.mean() == pytest.approx(low.mean())
    perfect = area_finding("a", *area(*placements(np.arange(10.0), np.arange(10) > 5)))
    assert 0 < perfect.low < perfect.high <= 1
