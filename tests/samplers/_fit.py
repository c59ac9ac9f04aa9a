"""Whether numbers follow a law, and the laws of many kinds by SciPy, with parameters worked out here."""

import math

import numpy as np
from scipy import stats

from rowsmith.core.protocols import SAMPLERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build

LEVEL = 1e-4
SEEDS = (1, 2, 3)


class Added:
    """Zipf's law, added up."""

    def __init__(self, s, n):
        self.n, self.sums = n, np.append(0, np.cumsum(np.arange(1, n + 1.0) ** -s))

    def cdf(self, k):
        return self.sums[np.clip(np.floor(k), 0, self.n).astype(int)] / self.sums[-1]

    def sf(self, k):
        return 1 - self.cdf(k)

    def ppf(self, q):
        return np.searchsorted(self.sums, np.asarray(q) * self.sums[-1]).astype(float)

    def support(self):
        return 1, self.n


CONTINUOUS = [
    ("normal", {}, stats.norm()),
    ("normal", {"mean": 46, "sd": 15}, stats.norm(46, 15)),
    ("uniform", {"low": -3, "high": 5}, stats.uniform(-3, 8)),
    ("lognormal", {"median": 20, "sigma": 1.2}, stats.lognorm(1.2, scale=20)),
    ("lognormal", {"mu": 3, "sigma": 0.5}, stats.lognorm(0.5, scale=math.exp(3))),
    (
        "lognormal",
        {"mean": 30, "sd": 40},
        stats.lognorm(math.sqrt(math.log(25 / 9)), scale=30 / math.sqrt(25 / 9)),
    ),
    ("gamma", {"shape": 0.5, "scale": 2}, stats.gamma(0.5, scale=2)),
    ("gamma", {"mean": 40}, stats.gamma(2, scale=20)),
    ("gamma", {"mean": 12, "shape": 3}, stats.gamma(3, scale=4)),
    ("beta", {"alpha": 2, "beta": 5}, stats.beta(2, 5)),
    ("beta", {"alpha": 0.5, "beta": 0.7, "low": 10, "high": 30}, stats.beta(0.5, 0.7, 10, 20)),
    ("exponential", {"mean": 3}, stats.expon(scale=3)),
    ("exponential", {"rate": 5}, stats.expon(scale=0.2)),
    ("weibull", {"shape": 0.7, "scale": 100}, stats.weibull_min(0.7, scale=100)),
    ("pareto", {"shape": 1.5, "scale": 20}, stats.pareto(1.5, scale=20)),
    ("student_t", {"df": 3, "loc": 10, "scale": 2}, stats.t(3, 10, 2)),
    ("laplace", {"loc": 3, "scale": 2}, stats.laplace(3, 2)),
    ("logistic", {"loc": 3, "scale": 2}, stats.logistic(3, 2)),
    ("triangular", {"low": 2, "mode": 3, "high": 8}, stats.triang(1 / 6, 2, 6)),
    ("triangular", {"low": 0, "mode": 0, "high": 8}, stats.triang(0, 0, 8)),
    ("triangular", {"low": 0, "mode": 8, "high": 8}, stats.triang(1, 0, 8)),
    ("triangular", {}, stats.triang(0.5, 0, 1)),
    (
        "histogram",
        {"edges": [0, 10, 50, 100], "weights": [2, 0, 6]},
        stats.rv_histogram(([2, 0, 6], [0, 10, 50, 100]), density=False),
    ),
]
DISCRETE = [
    ("integer", {"low": -2, "high": 6}, stats.randint(-2, 7)),
    ("integer", {"low": -2.5, "high": 6.5}, stats.randint(-2, 7)),
    ("poisson", {"mean": 2}, stats.poisson(2)),
    ("poisson", {"mean": 150}, stats.poisson(150)),
    ("binomial", {"n": 10, "p": 0.3}, stats.binom(10, 0.3)),
    ("binomial", {"n": 500, "p": 0.9}, stats.binom(500, 0.9)),
    ("negative_binomial", {"n": 2.5, "p": 0.2}, stats.nbinom(2.5, 0.2)),
    ("negative_binomial", {"mean": 6, "dispersion": 1.5}, stats.nbinom(1.5, 1.5 / 7.5)),
    ("geometric", {"p": 0.2}, stats.geom(0.2)),
    ("zipf", {"n": 50}, Added(1, 50)),
    ("zipf", {"n": 20_000, "exponent": 0.8}, Added(0.8, 20_000)),
]


MIXTURE = {"components": [{"kind": "normal", "mean": 2}, {"kind": "normal", "mean": 9, "sd": 0.5, "weight": 0.3}]}
LUMPY = {"components": [{"kind": "gamma", "mean": 2}, {"kind": "poisson", "mean": 1}]}
COUNTS = {"components": [{"kind": "poisson", "mean": 2}, {"kind": "geometric", "p": 0.1}]}
INFLATED = {"zero": 0.4, "of": {"kind": "normal", "mean": 1}}
OTHERS = [
    ("mixture", MIXTURE),
    ("mixture", LUMPY),
    ("mixture", COUNTS),
    ("zero_inflated", INFLATED),
    ("zero_inflated", {"zero": 0.4, "of": {"kind": "poisson", "mean": 2}}),
    ("empirical", {"values": [5, 1, 2, 2]}),
    ("empirical", {"values": [5, 1, 2, 2], "smooth": 0.7}),
    ("quantiles", {"values": {0: 18, 0.5: 46, 0.7: 46, 1: 99}}),
]


def made(kind, **settings):
    return build(SAMPLERS.load(kind), settings, kind)


def drawn(sampler, n, seed):
    return sampler.sample(Rows(0, n), Key(seed), {}).to_numpy()


def fits_line(values, cdf):
    return stats.kstest(values, cdf, method="asymp").pvalue > LEVEL


def fits_counts(values, cdf, least, most):
    """Chi-square over cells of about equal probability; values outside of least … most fail."""
    if values.min() < least or values.max() > most:
        return False
    n = len(values)
    numbers = np.arange(values.min(), values.max() + 1)
    reached = cdf(numbers)
    # cells end where another 50 expected values are full
    ends = numbers[np.unique(np.searchsorted(reached, np.arange(1, n // 50) * 50 / n))]
    ends = ends[ends < values.max()]
    shares = np.diff(np.concatenate([[0.0], cdf(ends), [1.0]]))
    seen = np.bincount(np.searchsorted(ends, values), minlength=len(shares))
    return len(shares) == 1 or stats.chisquare(seen, shares * n).pvalue > LEVEL
