"""Figures of many tables: the intervals hold what they promise, and both models and specs can be run."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

import rowsmith as rs

LOSSES = pa.table({"loss": [0.0, 0.0, 0.0, 10.0, 40.0] * 60})


@pytest.fixture(scope="module")
def losses():
    return rs.fit(LOSSES, learner="independent")


def total(table):
    return sum(table["loss"].to_pylist())


def test_totals_of_a_model_have_the_mean_and_spread_of_sums_of_independent_rows(losses):
    runs = rs.monte_carlo(losses, total, n=100, runs=2000, seed=3)
    assert len(runs.values) == 2000
    low, high = runs.mean(0.999)[1:]
    assert low < 100 * 10 < high
    assert runs.values.std() == pytest.approx(10 * np.std([0, 0, 0, 10, 40]), rel=0.06)


def test_the_same_seed_gives_the_same_figures(losses):
    first = rs.monte_carlo(losses, total, n=10, runs=20, seed=1)
    assert np.array_equal(first.values, rs.monte_carlo(losses, total, n=10, runs=20, seed=1).values)
    assert not np.array_equal(first.values, rs.monte_carlo(losses, total, n=10, runs=20, seed=2).values)


def test_a_figure_gets_the_kind_of_frame_that_was_learnt():
    kinds = set()
    rs.monte_carlo(
        rs.fit(LOSSES.to_pandas(), learner="independent"), lambda t: kinds.add(type(t)) or len(t), n=7, runs=3
    )
    assert kinds == {pd.DataFrame}


def test_a_spec_is_made_again_for_each_run():
    spec = rs.Spec.from_yaml("tables: {t: {rows: 40, columns: {x: {kind: exponential, mean: 3}}}}")
    runs = rs.monte_carlo(spec, lambda tables: sum(tables["t"]["x"].to_pylist()), runs=60, seed=2)
    assert len(set(runs.values.tolist())) == 60
    low, high = runs.mean(0.999)[1:]
    assert low < 120 < high
    with pytest.raises(rs.SpecError, match="says how many rows"):
        rs.monte_carlo(spec, len, n=5, runs=3)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.99])
def test_intervals_of_quantiles_and_tails_cover_as_often_as_they_say(p):
    rng = np.random.default_rng(5)
    law = stats.expon()
    q, mean = law.ppf(p), law.ppf(p) + 1  # beyond a quantile, what is left is exponential again
    held = np.zeros(3)
    for _ in range(400):
        runs = rs.Outcomes(np.sort(law.rvs(1500, random_state=rng)))
        for place, (interval, true) in enumerate(
            [(runs.quantile(p, 0.9), q), (runs.beyond(q, 0.9), 1 - p), (runs.tail_mean(p, 0.9), mean)]
        ):
            assert interval.low <= interval.estimate <= interval.high
            held[place] += interval.low <= true <= interval.high
    # 90 % of 400, give or take 1.5 %; the exact ones may hold more, and the tail of 15 runs a little less.
    assert (held / 400 > [0.86, 0.86, 0.80]).all()
    assert (held / 400 < [0.97, 0.97, 0.95]).all()


def test_too_few_runs_say_so():
    runs = rs.Outcomes(np.arange(10.0))
    assert runs.quantile(0.99).high == np.inf
    with pytest.raises(rs.SpecError, match="make more runs"):
        runs.tail_mean(0.99)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"runs": 1}, "runs=1"),
        ({"n": 0}, "n=0"),
        ({"figure": lambda t: "much"}, "'much'"),
        ({"figure": lambda t: float("nan")}, "nan"),
        ({"source": LOSSES}, "expected a model"),
    ],
)
def test_what_cannot_be_is_one_sentence(losses, arguments, word):
    with pytest.raises(rs.SpecError, match=word):
        rs.monte_carlo(**{"source": losses, "figure": total, "n": 5, "runs": 4, **arguments})


@pytest.mark.parametrize(("p", "level"), [(0.0, 0.9), (1.0, 0.9), (0.5, 1.0)])
def test_shares_are_between_0_and_1(p, level):
    with pytest.raises(rs.SpecError, match="between 0 and 1"):
        rs.Outcomes(np.arange(10.0)).quantile(p, level)
