"""Random walks and autoregressions."""

import dataclasses
import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.samplers._fit import SEEDS, fits_line, made

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key


def walked(n, seed, given=None, **settings):
    return made("walk", **settings).sample(Rows(0, n), Key(seed), given or {})


@pytest.mark.parametrize("phi", [1.0, 0.8, 0.0, -0.6])
@pytest.mark.parametrize("seed", SEEDS)
def test_steps_of_a_walk_are_normal_and_independent(phi, seed):
    values = walked(5000, seed, start=3, sd=2, drift=0.1, phi=phi).to_numpy()
    assert values[0] == 3
    away = values - 3 - 0.1 * np.arange(5000)
    steps = away[1:] - phi * away[:-1]
    assert fits_line(steps, stats.norm(0, 2).cdf)
    assert abs(np.corrcoef(steps[1:], steps[:-1])[0, 1]) < 4 / math.sqrt(5000)


@pytest.mark.parametrize("phi", [1.0, 0.8, -0.6])
def test_each_group_has_its_own_walk_in_the_order_of_its_rows(phi):
    rng = np.random.default_rng(3)
    ids = rng.integers(40, size=6000)
    given = {"sensor": pa.array(ids)}
    start = ids * 10.0
    values = dataclasses.replace(made("walk", sd=0.5, phi=phi, within="sensor"), start=start).sample(
        Rows(0, 6000), Key(1), given
    )
    steps = []
    for group in range(40):
        path = values.to_numpy()[ids == group] - group * 10
        assert path[0] == pytest.approx(0, abs=1e-9)
        steps.append(path[1:] - phi * path[:-1])
    assert fits_line(np.concatenate(steps), stats.norm(0, 0.5).cdf)


def test_a_row_without_a_group_has_no_value_and_changes_no_other():
    ids = pa.array(["a", None, "a", "b", None, "b"])
    values = walked(6, 1, {"g": ids}, within="g", start=5, sd=1, drift=2)
    assert [v is None for v in values.to_pylist()] == [False, True, False, False, True, False]
    assert [values[0].as_py(), values[3].as_py()] == [5, 5]
    still = walked(6, 1, {"g": ids}, within="g", start=5, sd=0, drift=2)
    assert still.to_pylist() == [5, None, 7, 5, None, 7]


def test_drift_by_row_is_added_up_in_each_group():
    drift = np.array([100.0, 1, 2, 100, 3, 4])
    sampler = dataclasses.replace(made("walk", sd=0, within="g"), drift=drift)
    values = sampler.sample(Rows(0, 6), Key(1), {"g": pa.array([1, 1, 1, 2, 2, 2])})
    assert values.to_pylist() == [0, 1, 3, 0, 3, 7]


@pytest.mark.parametrize("bounds", [{"min": 0}, {"max": 10}, {"min": 0, "max": 10}])
def test_a_walk_is_reflected_at_its_bounds(bounds):
    values = walked(20_000, 1, start=5, sd=3, **bounds).to_numpy()
    assert values.min() >= bounds.get("min", -np.inf)
    assert values.max() <= bounds.get("max", np.inf)
    inside = (values[:-1] > 4) & (values[:-1] < 6) if len(bounds) == 2 else np.ones(19_999, dtype=bool)
    if len(bounds) == 2:
        assert fits_line(values[::20] / 10, stats.uniform.cdf)  # it forgets where it began
    else:
        assert np.abs(np.diff(values)[inside]).max() < 3 * 5


def test_one_step_over_a_bound_bounces():
    ids = pa.array(np.repeat(np.arange(5000), 2))
    values = walked(10_000, 1, {"g": ids}, within="g", start=0, sd=1, min=0).to_numpy()[1::2]
    assert fits_line(values, stats.halfnorm.cdf)
