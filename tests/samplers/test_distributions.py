"""Distributions of numbers: draws, bounds, quantiles and settings by row, against SciPy's laws."""

import dataclasses
import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import special, stats
from tests.samplers._fit import CONTINUOUS, DISCRETE, LEVEL, OTHERS, SEEDS, drawn, fits_counts, fits_line, made

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key


@pytest.mark.parametrize(("kind", "settings", "law"), CONTINUOUS)
def test_continuous_draws_follow_the_law(kind, settings, law):
    sampler = made(kind, **settings)
    assert sampler.type == pa.float64()
    for seed in SEEDS:
        assert fits_line(drawn(sampler, 20_000, seed), law.cdf)
    # the test can fail: a shift of 6 % of the interquartile range is seen
    moved = drawn(sampler, 20_000, 1) + 0.06 * (law.ppf(0.75) - law.ppf(0.25))
    assert not fits_line(moved, law.cdf)


@pytest.mark.parametrize(("kind", "settings", "law"), DISCRETE)
def test_discrete_draws_follow_the_law(kind, settings, law):
    sampler = made(kind, **settings)
    assert sampler.type == pa.int64()
    for seed in SEEDS:
        assert fits_counts(drawn(sampler, 20_000, seed), law.cdf, *law.support())
    assert not fits_counts(drawn(sampler, 20_000, 1) + 1, law.cdf, *law.support())


@pytest.mark.parametrize(("kind", "settings", "law"), CONTINUOUS)
@pytest.mark.parametrize("shares", [(0.02, 0.8), (0.97, 0.995), (None, 0.1), (0.9, None)])
def test_continuous_laws_keep_their_shape_between_bounds(kind, settings, law, shares):
    low, high = (None if s is None else float(law.ppf(s)) for s in shares)
    sampler = made(kind, **settings, min=low, max=high)
    below, above = (0 if low is None else law.cdf(low)), (1 if high is None else law.cdf(high))
    for seed in SEEDS:
        values = drawn(sampler, 3000, seed)
        assert low is None or values.min() >= low
        assert high is None or values.max() <= high
        assert fits_line(values, lambda x: (law.cdf(x) - below) / (above - below))


@pytest.mark.parametrize(("kind", "settings", "law"), DISCRETE)
@pytest.mark.parametrize("shares", [(0.15, 0.9), (0.9, None), (None, 0.35)])
@pytest.mark.parametrize("nudge", [0.0, 0.5])
def test_discrete_laws_keep_their_shape_between_bounds_that_are_inclusive(kind, settings, law, shares, nudge):
    low, high = (None if s is None else float(law.ppf(s)) for s in shares)
    sampler = made(
        kind, **settings, min=None if low is None else low - nudge, max=None if high is None else high + nudge
    )
    below, above = (0 if low is None else law.cdf(low - 1)), (1 if high is None else law.cdf(high))
    least, most = law.support()
    for seed in SEEDS:
        values = drawn(sampler, 5000, seed)
        inside = (least if low is None else low), (most if high is None else high)
        assert fits_counts(values, lambda x: np.clip((law.cdf(x) - below) / (above - below), 0, 1), *inside)


TAILS = [
    ("normal", {"min": 8}, stats.norm(), 8, None),
    ("normal", {"mean": 5, "sd": 2, "min": 65, "max": 65.1}, stats.norm(5, 2), 65, 65.1),
    ("normal", {"max": -20}, stats.norm(), None, -20),
    ("lognormal", {"mu": 0, "sigma": 1, "min": math.exp(9)}, stats.lognorm(1), math.exp(9), None),
    ("gamma", {"shape": 2, "scale": 1, "min": 60}, stats.gamma(2), 60, None),
    ("exponential", {"mean": 1, "min": 100}, stats.expon(), 100, None),
    ("weibull", {"shape": 2, "min": 9}, stats.weibull_min(2), 9, None),
    ("pareto", {"shape": 3, "min": 1e7}, stats.pareto(3), 1e7, None),
    ("student_t", {"df": 5, "min": 1e5}, stats.t(5), 1e5, None),
    ("laplace", {"min": 60}, stats.laplace(), 60, None),
    ("logistic", {"min": 60}, stats.logistic(), 60, None),
    ("beta", {"alpha": 2, "beta": 9, "min": 0.999}, stats.beta(2, 9), 0.999, None),
]


@pytest.mark.parametrize(("kind", "settings", "law", "low", "high"), TAILS)
def test_far_tails_keep_their_shape(kind, settings, law, low, high):
    for seed in SEEDS:
        values = drawn(made(kind, **settings), 5000, seed)
        assert low is None or values.min() >= low
        assert high is None or values.max() <= high
        assert len(np.unique(values)) > 4900
        if low is None:
            assert fits_line(values, lambda x: law.cdf(x) / law.cdf(high))
        else:
            top = 0 if high is None else law.sf(high)
            assert fits_line(values, lambda x, t=top: (law.sf(low) - law.sf(x)) / (law.sf(low) - t))


@pytest.mark.parametrize(
    ("kind", "settings", "law", "low"),
    [
        ("poisson", {"mean": 3, "min": 40}, stats.poisson(3), 40),
        ("binomial", {"n": 100, "p": 0.1, "min": 70}, stats.binom(100, 0.1), 70),
        ("negative_binomial", {"n": 4, "p": 0.5, "min": 90.5}, stats.nbinom(4, 0.5), 91),
        ("geometric", {"p": 0.5, "min": 80}, stats.geom(0.5), 80),
        ("zipf", {"n": 10**6, "exponent": 4, "min": 9e5}, None, 900_000),
    ],
)
def test_far_tails_of_counts_keep_their_shape(kind, settings, law, low):
    def conditional(x):
        if law is not None:
            return 1 - law.sf(x) / law.sf(low - 1)
        chances = np.arange(900_000, 10**6 + 1.0) ** -4  # the tail of Zipf's law, added up
        return np.append(0, np.cumsum(chances) / chances.sum())[np.asarray(x, dtype=int) - 899_999]

    for seed in SEEDS:
        assert fits_counts(drawn(made(kind, **settings), 5000, seed), conditional, low, np.inf)


def test_a_bound_beyond_all_values_is_a_sentence():
    for settings in ({"min": 1000}, {"max": -1000}, {"min": 39.5, "max": 40}):
        with pytest.raises(SpecError, match=r"^m\w+=.*next to nothing"):
            made("normal", **settings).sample(Rows(0, 5), Key(1), {})
    with pytest.raises(SpecError, match=r"^min=0\.4, max=0\.6: .*next to nothing"):
        made("poisson", mean=3, min=0.4, max=0.6).sample(Rows(0, 5), Key(1), {})


ALL = [(kind, settings) for kind, settings, _ in CONTINUOUS + DISCRETE] + OTHERS


@pytest.mark.parametrize(("kind", "settings"), ALL)
@pytest.mark.parametrize("shares", [None, (0.05, 0.6), (0.7, 0.99)])
def test_quantiles_rise_and_are_the_inverse_of_the_distribution_function(kind, settings, shares):
    sampler = made(kind, **settings)
    if shares is not None:
        low, high = sampler.quantile(np.array(shares)).tolist()
        sampler = dataclasses.replace(sampler, min=low - 0.01, max=high + 0.01)
    u = np.concatenate([[0.0, 1e-300, 1e-12], np.linspace(0, 1, 501)[1:-1], [1 - 1e-12, 1.0]])
    x = sampler.quantile(u)
    assert np.isfinite(x).all()
    assert (np.diff(x) >= 0).all()
    if shares is not None:
        assert x.min() >= np.ceil(sampler.min) if sampler.type == pa.int64() else x.min() >= sampler.min
        assert x.max() <= sampler.max
    reached, before = sampler.cdf(x), sampler.cdf(np.nextafter(x.astype(float), -np.inf))
    # the least x with cdf(x) >= u: so u lies between cdf just before x and cdf at x
    assert (reached >= u - 2e-10)[:-1].all()
    assert (before <= u + 2e-10)[1:].all()
    if not sampler.lumps:
        np.testing.assert_allclose(reached[1:-1], u[1:-1], atol=2e-10)
    # few shares take another way than many
    assert (sampler.quantile(u[100:110]) == x[100:110]).mean() > 0.8


@pytest.mark.parametrize(("kind", "settings", "law"), DISCRETE)
def test_a_share_that_ends_at_a_whole_number_has_that_number(kind, settings, law):
    sampler = made(kind, **settings)
    x = np.arange(law.ppf(0.001), law.ppf(0.999) + 1)
    for times in (1, 100):  # by search, and by table
        np.testing.assert_array_equal(sampler.quantile(np.repeat(sampler.cdf(x), times)), np.repeat(x, times))


@pytest.mark.parametrize(("kind", "settings", "law"), CONTINUOUS + DISCRETE)
def test_the_distribution_function_is_that_of_scipy(kind, settings, law):
    sampler = made(kind, **settings)
    x = np.unique(law.ppf(np.linspace(0.001, 0.999, 99)))
    np.testing.assert_allclose(sampler.cdf(x), law.cdf(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(sampler.law().sf(x), law.sf(x), rtol=1e-8, atol=1e-12)
    outside = np.array([law.support()[0] - 1, law.support()[1] + 1])
    np.testing.assert_array_equal(sampler.cdf(outside), [0, 1])


@pytest.mark.parametrize(("kind", "settings"), [(k, s) for k, s, _ in CONTINUOUS + DISCRETE if k != "histogram"])
@pytest.mark.parametrize("bounded", [False, True])
def test_settings_by_row_that_are_all_alike_are_like_one(kind, settings, bounded):
    plain = made(kind, **settings)
    if bounded:
        plain = dataclasses.replace(plain, min=float(plain.quantile(np.array([0.2]))[0]))
    u = np.random.default_rng(3).random(300)
    numeric = {f.name: getattr(plain, f.name) for f in dataclasses.fields(plain)}
    arrays = {name: np.full(300, float(v)) for name, v in numeric.items() if v is not None}
    by_row = dataclasses.replace(plain, **arrays)
    np.testing.assert_allclose(by_row.quantile(u), plain.quantile(u), rtol=1e-9)
    one = dataclasses.replace(plain, **dict([next(iter(arrays.items()))]))
    np.testing.assert_allclose(one.quantile(u), plain.quantile(u), rtol=1e-9)
    law_of_row = dataclasses.replace(plain, **{name: np.full(5000, v[0]) for name, v in arrays.items()})
    other = np.sort(drawn(law_of_row, 5000, 4))
    assert stats.ks_2samp(other, drawn(plain, 5000, 5), method="asymp").pvalue > LEVEL


@pytest.mark.parametrize(
    ("kind", "varying", "fixed", "mean"),
    [
        ("normal", {"mean": (1, 50)}, {"sd": 2}, lambda m: m),
        ("uniform", {"high": (1, 50)}, {"low": 0}, lambda h: h / 2),
        ("integer", {"high": (1, 50)}, {"low": 0}, lambda h: h / 2),
        ("lognormal", {"mean": (1, 50)}, {"sd": 2}, lambda m: m),
        ("gamma", {"mean": (1, 50)}, {"shape": 3}, lambda m: m),
        ("gamma", {"mean": (1, 50)}, {}, lambda m: m),
        ("beta", {"alpha": (1, 50)}, {"beta": 3}, lambda a: a / (a + 3)),
        ("exponential", {"rate": (1, 50)}, {}, lambda r: 1 / r),
        ("weibull", {"shape": (1, 5)}, {}, lambda c: special.gamma(1 + 1 / c)),
        ("pareto", {"scale": (1, 5)}, {"shape": 4}, lambda s: s * 4 / 3),
        ("student_t", {"loc": (1, 5)}, {"df": 6}, lambda m: m),
        ("triangular", {"mode": (0, 1)}, {}, lambda m: (1 + m) / 3),
        ("poisson", {"mean": (1, 50)}, {}, lambda m: m),
        ("binomial", {"n": (1, 50)}, {"p": 0.3}, lambda n: 0.3 * n),
        ("negative_binomial", {"mean": (1, 50)}, {"dispersion": 3}, lambda m: m),
        ("geometric", {"p": (0.5, 0.1)}, {}, lambda p: 1 / p),
        ("zipf", {"exponent": (0, 1)}, {"n": 9}, lambda s: stats.zipfian(s, 9).mean() if s else 5.0),
        ("zipf", {"n": (9, 9000)}, {}, lambda n: stats.zipfian(1, int(n)).mean()),
        ("zero_inflated", {"zero": (0, 0.9)}, {"of": {"kind": "normal", "mean": 7}}, lambda z: 7 * (1 - z)),
    ],
)
def test_settings_by_row_hold_in_their_rows(kind, varying, fixed, mean):
    (name, pair), n = next(iter(varying.items())), 20_000
    sampler = dataclasses.replace(made(kind, **{name: pair[0]}, **fixed), **{name: np.resize(np.array(pair, float), n)})
    for values in (drawn(sampler, n, 6).astype(float), sampler.quantile(np.random.default_rng(2).random(n))):
        for part, setting in zip((values[::2], values[1::2]), pair, strict=True):
            error = part.std() / math.sqrt(n / 2)
            assert abs(part.mean() - mean(setting)) < 4 * error + 1e-12


@pytest.mark.parametrize("kind", ["normal", "poisson"])
def test_bounds_may_differ_from_row_to_row(kind):
    sampler = dataclasses.replace(
        made(kind, mean=10), min=np.resize([2.0, 12, 30], 3000), max=np.resize([7.0, 12.5, 35], 3000)
    )
    law = stats.norm(10, 1) if kind == "normal" else stats.poisson(10)
    values = drawn(sampler, 3000, 7)
    assert (values >= sampler.min).all()
    assert (values <= sampler.max).all()
    for part, low, high in zip(values.reshape(-1, 3).T, (2, 12, 30), (7, 12.5, 35), strict=True):
        if kind == "normal":
            assert fits_line(part, lambda x, a=low, b=high: _share(law, a, x) / _share(law, a, b))
        else:
            assert fits_counts(
                part, lambda x, a=low, b=high: np.clip(_share(law, a - 1, x) / _share(law, a - 1, b), 0, 1), low, high
            )


def _share(law, a, b):
    return law.sf(a) - law.sf(b) if law.cdf(a) > 0.5 else law.cdf(b) - law.cdf(a)


@pytest.mark.parametrize(("kind", "settings"), [(k, s) for k, s, _ in CONTINUOUS + DISCRETE if k != "histogram"])
def test_no_rows_are_no_trouble_whatever_varies(kind, settings):
    sampler = dataclasses.replace(made(kind, **settings), **{name: np.empty(0) for name in settings}, min=np.empty(0))
    assert drawn(sampler, 0, 1).size == 0
    assert sampler.quantile(np.empty(0)).size == 0


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("pareto", {"shape": 0.1}),
        ("weibull", {"shape": 0.1}),
        ("student_t", {"df": 0.1}),
        ("lognormal", {"mu": 230, "sigma": 50}),
        ("lognormal", {"mean": 1e-100, "sd": 1e100}),
        ("gamma", {"shape": 1e-9}),
        ("geometric", {"p": 1e-15}),
        ("geometric", {"p": 1}),
        ("poisson", {"mean": 0}),
        ("poisson", {"mean": 1e15}),
        ("binomial", {"n": 10**6, "p": 0.5}),
        ("binomial", {"n": 0, "p": 0.5}),
        ("binomial", {"n": 7, "p": 1}),
        ("negative_binomial", {"mean": 1e15, "dispersion": 1e-3}),
        ("negative_binomial", {"mean": 0, "dispersion": 2}),
        ("negative_binomial", {"n": 2, "p": 1}),
        ("zipf", {"n": 1}),
        ("zipf", {"n": 10**15, "exponent": 20}),
        ("zipf", {"n": 10**15, "exponent": 0}),
        ("integer", {"low": 5, "high": 5}),
    ],
)
def test_extreme_settings_give_finite_numbers(kind, settings):
    sampler = made(kind, **settings)
    by_row = dataclasses.replace(sampler, **{name: np.full(300, float(v)) for name, v in settings.items()})
    u = np.linspace(0, 1, 300)
    for each in (sampler, by_row):
        for values in (drawn(each, 300, 1), each.quantile(u)):
            assert np.isfinite(values).all()
        assert (np.diff(each.quantile(u)) >= 0).all()
    np.testing.assert_allclose(by_row.quantile(u)[1:-1], sampler.quantile(u)[1:-1], rtol=1e-9)
