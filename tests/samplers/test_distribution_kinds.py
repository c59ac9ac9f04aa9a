"""What single distributions of numbers promise besides."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from scipy import integrate, stats
from tests.samplers._fit import COUNTS, LEVEL, LUMPY, MIXTURE, SEEDS, drawn, fits_counts, fits_line, made

from rowsmith.samplers._invert import root


def test_whole_numbers_keep_all_their_digits():
    values = drawn(made("integer", low=2**60, high=2**60 + 3), 1000, 1)
    assert set(values.tolist()) == {2**60 + k for k in range(4)}


@pytest.mark.parametrize("s", [0.0, 0.5, 0.999, 1.0, 1.7, 3.0, 12.0])
@pytest.mark.parametrize("by_row", [False, True])
def test_sums_of_zipf_are_exact_beyond_the_ranks_that_are_added_up(s, by_row):
    n = 50_000
    chances = np.arange(1, n + 1.0) ** -s
    ranks = np.unique(np.geomspace(1, n, 200).astype(int))
    exponent = np.full(len(ranks), s) if by_row else s
    law = dataclasses.replace(made("zipf", n=n), exponent=exponent).law()
    expected = np.cumsum(chances)[ranks - 1] / chances.sum()
    np.testing.assert_allclose(law.cdf(ranks), expected, rtol=1e-9)
    rest = (np.cumsum(chances[::-1])[::-1] / chances.sum())[np.minimum(ranks, n - 1)]
    np.testing.assert_allclose(law.sf(ranks)[:-1], rest[:-1], rtol=1e-6, atol=1e-15)
    inside = chances[ranks - 1] / chances.sum() > 1e-9
    middle = expected - chances[ranks - 1] / chances.sum() / 2
    assert (law.ppf(middle) == ranks)[inside].all()
    above = rest + chances[ranks - 1] / chances.sum() / 2
    assert (law.isf(above) == ranks)[inside & (ranks < n)].all()


def test_zipf_with_very_many_ranks():
    values = drawn(made("zipf", n=10**15, exponent=0.9), 20_000, 1)
    # the sum of k ** -0.9 up to a large n is 10 n ** 0.1 + zeta(0.9)
    zeta = -9.4301140194
    assert fits_line(values, lambda k: (10 * k**0.1 + zeta) / (10 * 1e15**0.1 + zeta))
    assert values.min() >= 1
    assert values.max() <= 10**15


@pytest.mark.parametrize("seed", SEEDS)
def test_an_empirical_law_draws_what_was_seen(seed):
    values = drawn(made("empirical", values=[5, 1, 2, 2]), 8000, seed)
    assert values.dtype == np.int64
    seen, counts = np.unique(values, return_counts=True)
    assert seen.tolist() == [1, 2, 5]
    assert stats.chisquare(counts, [2000, 4000, 2000]).pvalue > LEVEL
    between = drawn(made("empirical", values=[5, 1, 2, 2], min=2), 6000, seed)
    seen, counts = np.unique(between, return_counts=True)
    assert seen.tolist() == [2, 5]
    assert stats.chisquare(counts, [4000, 2000]).pvalue > LEVEL


@pytest.mark.parametrize("seed", SEEDS)
def test_a_smoothed_empirical_law_is_a_mean_of_boxes(seed):
    data = np.array([5.0, 1.0, 2.0, 2.0, 2.3])
    sampler = made("empirical", values=data.tolist(), smooth=0.5)

    def cdf(x):
        return np.clip(np.subtract.outer(x, data) + 0.5, 0, 1).mean(axis=-1)

    assert fits_line(drawn(sampler, 10_000, seed), cdf)
    np.testing.assert_allclose(sampler.cdf(np.linspace(0, 6, 97)), cdf(np.linspace(0, 6, 97)), atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_quantiles_are_those_that_were_given(seed):
    values = drawn(made("quantiles", values={"0": 18, 0.25: 31, 1: 99}), 10_000, seed)
    assert fits_line(values, lambda x: np.interp(x, [18, 31, 99], [0, 0.25, 1]))
    lump = drawn(made("quantiles", values={0: 0, 0.4: 0, 1: 100}), 10_000, seed)
    assert abs((lump == 0).mean() - 0.4) < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mixture_is_the_mean_of_its_parts(seed):
    def cdf(x):
        return (stats.norm.cdf(x, 2) + 0.3 * stats.norm.cdf(x, 9, 0.5)) / 1.3

    assert fits_line(drawn(made("mixture", **MIXTURE), 40_000, seed), cdf)
    rows = np.random.default_rng(seed).random(10_000)
    assert fits_line(made("mixture", **MIXTURE).quantile(rows), cdf)
    low, high = cdf(8), cdf(12)
    tail = drawn(made("mixture", **MIXTURE, min=8, max=12), 3000, seed)
    assert fits_line(tail, lambda x: (cdf(x) - low) / (high - low))

    def counts(k):
        return (stats.poisson.cdf(k, 2) + stats.geom.cdf(k, 0.1)) / 2

    assert fits_counts(drawn(made("mixture", **COUNTS), 10_000, seed), counts, 0, np.inf)
    assert fits_counts(made("mixture", **COUNTS).quantile(rows), counts, 0, np.inf)


def test_a_mixture_finds_lumps_between_other_values_exactly():
    sampler = made("mixture", **LUMPY)
    rows = np.random.default_rng(5).random(20_000)
    values = sampler.quantile(rows)
    for k in (0, 1, 2):
        assert abs((values == k).mean() - stats.poisson.pmf(k, 1) / 2) < 0.015
    assert abs((values % 1 == 0).mean() - 0.5) < 0.015
    assert sampler.type == pa.float64()


def test_a_root_is_found_to_the_last_digits_in_few_turns():
    levels, turns = np.linspace(0.001, 0.999, 999), []

    def rise(x):
        turns.append(len(x))
        return stats.norm.cdf(x)

    found = root(rise, levels, np.full(999, -40.0), np.full(999, 40.0))
    np.testing.assert_allclose(found, stats.norm.ppf(levels), atol=1e-13)
    assert sum(turns) / 999 < 30  # bisection takes more than 50


def test_a_mixture_is_exact_far_out():
    sampler = made("mixture", components=[{"kind": "normal"}, {"kind": "normal", "sd": 2}], min=20)
    values = drawn(sampler, 3000, 1)
    assert fits_line(values, lambda x: 1 - stats.norm.sf(x, 0, 2) / stats.norm.sf(20, 0, 2))


@pytest.mark.parametrize("seed", SEEDS)
def test_zeros_come_on_top_of_the_other_law(seed):
    spending = made("zero_inflated", zero=0.6, of={"kind": "gamma", "mean": 10, "min": 2})
    for values in (drawn(spending, 10_000, seed), spending.quantile(np.random.default_rng(seed).random(10_000))):
        assert abs((values == 0).mean() - 0.6) < 0.02
        below = stats.gamma.cdf(2, 2, scale=5)
        assert fits_line(values[values != 0], lambda x, b=below: (stats.gamma.cdf(x, 2, scale=5) - b) / (1 - b))
    counts = made("zero_inflated", zero=0.4, of={"kind": "poisson", "mean": 2})
    assert counts.type == pa.int64()
    for values in (drawn(counts, 10_000, seed), counts.quantile(np.random.default_rng(seed).random(10_000))):
        assert fits_counts(values, lambda k: 0.4 + 0.6 * stats.poisson.cdf(k, 2), 0, np.inf)


@pytest.mark.parametrize("zero", [0, 1])
def test_no_zeros_and_only_zeros(zero):
    sampler = made("zero_inflated", zero=zero, of={"kind": "normal", "mean": 50})
    for values in (drawn(sampler, 100, 1), sampler.quantile(np.linspace(0, 1, 100))):
        assert ((values == 0) == bool(zero)).all()


def test_dispersion_is_what_it_is_called():
    values = drawn(made("negative_binomial", mean=10, dispersion=4), 200_000, 1)
    assert abs(values.mean() - 10) < 0.1
    assert abs(values.var() - (10 + 100 / 4)) < 1


def test_means_by_the_survival_function_are_those_of_the_parts():
    for kind, settings in (("mixture", MIXTURE), ("histogram", {"edges": [0, 1, 5], "weights": [1, 3]})):
        law = made(kind, **settings).law()
        mean_above_zero, _ = integrate.quad(lambda x, f=law: float(np.squeeze(f.sf(np.array([x])))), 0, 20, limit=200)
        expected = (2 * 1 + 9 * 0.3) / 1.3 if kind == "mixture" else 0.25 * 0.5 + 0.75 * 3
        assert abs(mean_above_zero - expected) < 0.02
