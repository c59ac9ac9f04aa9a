"""What a synthetic table is good for: models, their order, their columns, their groups, their coefficients."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.evaluate._align import align
from rowsmith.evaluate._design import Design
from rowsmith.evaluate._glm import logistic, poisson
from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._stats import spearman

ALL = ["utility", "importances", "winners", "fairness", "coefficients"]


@pytest.fixture(scope="module")
def found(judged):
    return {n: {r.measure: r for r in s.measures} for n, s in judged.items()}


@pytest.mark.parametrize("name", ALL)
def test_fresh_rows_are_of_use(found, name):
    assert found["fresh"][name].level in ("good", "fair"), found["fresh"][name].sentence


@pytest.mark.parametrize("name", ["utility", "fairness", "coefficients"])
def test_rows_without_relations_are_of_none(found, name):
    assert found["shuffled"][name].level == "poor", found["shuffled"][name].sentence


def test_a_real_model_does_badly_on_rows_without_relations(found):
    trts = {n: next(f for f in r["utility"].figures if f.name == "trts") for n, r in found.items()}
    assert trts["fresh"].value == pytest.approx(trts["fresh"].ceiling, abs=0.05)
    assert trts["shuffled"].value < 0.65


def test_predictions_are_as_often_right_as_they_say(found):
    error = {n: next(f for f in r["utility"].figures if f.name == "calibration") for n, r in found.items()}
    assert error["fresh"].value < 0.15 < error["shuffled"].value
    lines = found["fresh"]["utility"].details["curve"]["lines"]
    assert all(0 <= x <= 1 and 0 <= y <= 1 for line in lines for x, y in line["points"])


def numbers(n, seed, slope=2.0):
    """A number that hangs on two others and on a level, and one that says nothing."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, n))
    level = rng.integers(0, 2, n)
    y = slope * a - b + level + rng.normal(size=n)
    return pa.table({"a": a, "b": b, "noise": c, "level": np.array(["p", "q"])[level], "y": y})


def test_coefficients_of_a_number_agree_and_a_wrong_one_is_named():
    real, holdout = numbers(1500, 1), numbers(1500, 2)
    good, bad = (
        next(r for r in judge(real, t, holdout=holdout, target="y").measures if r.measure == "coefficients")
        for t in (numbers(1500, 3), numbers(1500, 4, slope=1.0))
    )
    assert good.level == "good"
    assert bad.figures[0].value < good.figures[0].value - 0.2
    assert bad.details["table"]["rows"][0][0] == "a"
    assert bad.details["table"]["rows"][0][3] == "-1.00"


def test_a_group_that_is_spoilt_is_named(make):
    real, holdout, made = make.people(2000, 1), make.people(1500, 2), make.people(2000, 3)
    spoilt = np.where(made["town"].to_numpy(zero_copy_only=False) == "Ulm", True, False)
    rich = np.where(spoilt, ~made["rich"].to_numpy(zero_copy_only=False), made["rich"].to_numpy(zero_copy_only=False))
    made = made.set_column(made.column_names.index("rich"), "rich", pa.array(rich))
    result = next(r for r in judge(real, made, holdout=holdout, target="rich").measures if r.measure == "fairness")
    assert result.level == "poor"
    assert "town = Ulm" in result.sentence


def test_models_are_compared_by_their_scores():
    assert spearman(np.array([0.9, 0.8, 0.7]), np.array([0.6, 0.5, 0.4])) == pytest.approx(1)
    assert spearman(np.array([0.9, 0.8, 0.7]), np.array([0.4, 0.5, 0.6])) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1.0]), np.array([0.4, 0.5])) is None


def test_the_choice_of_a_model_is_shown_with_its_loss(found):
    result = found["fresh"]["winners"]
    regret = next(f for f in result.figures if f.name == "regret")
    assert 0 <= regret.value < 0.05
    assert len(result.details["table"]["rows"]) == 6


@pytest.mark.filterwarnings("error")
def test_models_of_columns_that_tell_nothing_cannot_be_told_apart(make):
    real, holdout = make.people(600, 1).select(["age", "rich"]), make.people(600, 2).select(["age", "rich"])
    blank = real.set_column(0, "age", pa.array([40] * len(real), real["age"].type))
    result = next(r for r in judge(real, blank, holdout=holdout, target="rich").measures if r.measure == "winners")
    assert result.sentence == "Not measured: the models cannot be told apart by their scores."


def test_logistic_regression_finds_what_was_planted():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2))])
    y = (rng.random(20_000) < 1 / (1 + np.exp(-(x @ [0.5, 1.0, -2.0])))).astype(float)
    beta, covariance = logistic(x, y)
    error = np.sqrt(np.diag(covariance))
    assert np.all(np.abs(beta - [0.5, 1.0, -2.0]) < 4 * error)
    assert np.all(error < 0.05)


def test_poisson_regression_finds_what_was_planted_and_knows_that_counts_spread_more():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2))])
    rate = np.exp(x @ [0.2, 0.5, -0.4])
    beta, covariance = poisson(x, rng.poisson(rate).astype(float))
    error = np.sqrt(np.diag(covariance))
    assert np.all(np.abs(beta - [0.2, 0.5, -0.4]) < 4 * error)
    wider, spread = poisson(x, rng.poisson(rate * rng.gamma(0.5, 2.0, 20_000)).astype(float))
    assert np.all(np.abs(wider - [0.2, 0.5, -0.4]) < 4 * np.sqrt(np.diag(spread)))
    assert np.all(np.sqrt(np.diag(spread)) > 1.3 * error)


def visits(n, seed, slope=0.8):
    """A count whose rate hangs on a number and a level."""
    rng = np.random.default_rng(seed)
    a, level = rng.normal(size=n), rng.integers(0, 2, n)
    y = rng.poisson(np.exp(slope * a + 0.5 * level - 0.3))
    return pa.table({"a": a, "noise": rng.normal(size=n), "level": np.array(["p", "q"])[level], "visits": y})


def test_a_count_is_judged_by_its_rate():
    real, holdout = visits(3000, 1), visits(3000, 2)
    good, bad = (
        {r.measure: r for r in judge(real, t, holdout=holdout, target="visits").measures}
        for t in (visits(3000, 3), visits(3000, 4, slope=-0.8))
    )
    assert good["utility"].figures[0].name == "d2"
    assert good["utility"].level == "good"
    assert bad["utility"].level == "poor"
    assert good["coefficients"].level == "good"
    assert bad["coefficients"].details["table"]["rows"][0][0] == "a"
    assert good["winners"].details["table"]["rows"][0][0] == "Poisson"


@pytest.mark.parametrize("made", [[-3.0, 0.4, 1e300, 2.0] * 200, [0.0] * 800])
def test_rows_that_hold_no_counts_are_judged_as_if_they_did(made):
    real = visits(800, 1)
    odd = visits(800, 2).set_column(3, "visits", pa.array(made))
    found = {r.measure: r for r in judge(real, odd, target="visits").measures}
    assert found["utility"].level in ("fair", "poor")
    assert found["utility"].figures[0].value is not None


def test_separable_rows_have_a_finite_solution():
    x = np.column_stack([np.ones(40), np.arange(40.0) - 19.5])
    beta, covariance = logistic(x, (x[:, 1] > 0).astype(float))
    assert np.isfinite(beta).all()
    assert np.isfinite(covariance).all()


def test_the_design_names_its_numbers():
    table = pa.table({"n": [1.0, None, 3.0, 5.0], "c": ["x", "y", "x", "z"], "k": [1, 1, 1, 1]})
    aligned = align({"real": table, "synthetic": table})
    design = Design.fit(aligned.features, aligned.tables["real"], 5, squares=True)
    assert design.names == ("(intercept)", "n", "n²", "n is null", "c = y", "c = z")
    x = design.matrix(aligned.tables["real"])
    assert x[:, 3].tolist() == [0, 1, 0, 0]
    assert np.isfinite(x).all()
    assert design.pick([0, 4]).matrix(aligned.tables["real"])[:, 1].tolist() == [0, 1, 0, 0]
