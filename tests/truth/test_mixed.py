"""Restricted maximum likelihood agrees with that of statsmodels, whatever the groups."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.truth._mixed import Sums, fit


def rows(seed, groups, each, sd, slope_sd):
    r = np.random.default_rng(seed)
    group = np.sort(np.concatenate([np.arange(groups), r.integers(groups, size=groups * (each - 1))]))
    x = np.column_stack([np.ones(len(group)), r.standard_normal(len(group))])
    level, slope = sd * r.standard_normal(groups), slope_sd * r.standard_normal(groups)
    y = (1 + level[group] + (2 + slope[group]) * x[:, 1] + r.standard_normal(len(group))) / 3
    return y, x, group


@pytest.mark.parametrize("differ", [[0], [0, 1]])
@pytest.mark.parametrize(("sd", "slope_sd"), [(0.5, 0.3), (2.0, 1.0)])
def test_it_agrees_with_statsmodels(differ, sd, slope_sd):
    from statsmodels.regression.mixed_linear_model import MixedLM

    y, x, group = rows(3, 30, 20, sd, slope_sd)
    ours = fit(Sums.of(y, x, group), differ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MixedLM(y, x, group, exog_re=x[:, differ]).fit()
    assert ours.coefficients == pytest.approx(theirs.fe_params, rel=1e-3)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.bse_fe, rel=1e-2)
    assert ours.sds == pytest.approx(np.sqrt(np.diag(theirs.cov_re)), rel=2e-3)
    assert ours.within == pytest.approx(np.sqrt(theirs.scale), rel=1e-3)
    assert all(ours.seen)


def test_errors_are_those_of_the_balanced_case():
    """With equal groups the estimates are those of the analysis of variance, whose laws are known (chi squared)."""
    r = np.random.default_rng(1)
    groups, each = 60, 25
    group = np.repeat(np.arange(groups), each)
    y = 0.8 * np.repeat(r.standard_normal(groups), each) + r.standard_normal(groups * each)
    ours = fit(Sums.of(y, np.ones((len(y), 1)), group), [0])
    means = y.reshape(groups, each).mean(axis=1)
    inside = ((y - np.repeat(means, each)) ** 2).sum() / (groups * (each - 1))
    assert ours.within**2 == pytest.approx(inside, rel=1e-4)
    assert ours.sds[0] ** 2 == pytest.approx(means.var(ddof=1) - inside / each, rel=1e-3)
    assert ours.within_error == pytest.approx(np.sqrt(1 / (2 * groups * (each - 1))), rel=1e-2)
    noise = inside / each
    error = np.sqrt(2 * (ours.sds[0] ** 2 + noise) ** 2 / (groups - 1) + 2 * noise**2 / (groups * (each - 1)))
    assert ours.sd_errors[0] == pytest.approx(error / (2 * ours.sds[0] ** 2), rel=2e-2)


def test_groups_that_do_not_differ_are_not_seen_to():
    seen = [fit(Sums.of(*rows(seed, 20, 20, 0.0, 0.0)), [0, 1]).seen for seed in range(15)]
    assert np.mean(seen) <= 0.1


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(5, 30), st.integers(3, 20), st.sampled_from([0.0, 0.2, 3.0]))
def test_the_order_of_rows_and_names_of_groups_do_not_matter(seed, groups, each, sd):
    y, x, group = rows(seed, groups, each, sd, 0.5)
    order, names = np.random.default_rng(seed).permutation(len(y)), np.random.default_rng(seed + 1).permutation(groups)
    first, second = fit(Sums.of(y, x, group), [0, 1]), fit(Sums.of(y[order], x[order], names[group[order]]), [0, 1])
    assert second.coefficients == pytest.approx(first.coefficients, rel=1e-3, abs=1e-3)
    assert second.sds == pytest.approx(first.sds, rel=1e-2, abs=2e-3)
