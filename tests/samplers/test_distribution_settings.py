"""Settings of distributions of numbers: what is refused, and how; what waits for SQL; what may differ by group."""

import dataclasses
import math

import numpy as np
import pyarrow as pa
import pytest
from tests.samplers._fit import drawn, made

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Sql


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("normal", {"sd": 0}, r"^sd=0: expected a finite number greater than 0"),
        ("normal", {"mean": math.nan}, r"^mean=nan: expected a finite number"),
        ("normal", {"min": 3, "max": 2}, r"^min=3, max=2: expected min at most max"),
        ("uniform", {"low": 3, "high": 3}, r"^low=3, high=3: expected low less than high"),
        ("integer", {"low": 3}, r"^high: is needed"),
        ("integer", {"low": 1.2, "high": 1.8}, r"^low=1.2, high=1.8: expected a whole number between"),
        ("lognormal", {}, r"^nothing is given: expected median and sigma, or mean and sd, or mu and sigma"),
        ("lognormal", {"mean": 3, "sigma": 1}, r"^sigma=1, mean=3: expected either median and sigma"),
        ("lognormal", {"median": 3, "mu": 1, "sigma": 1}, r"^median=3, sigma=1, mu=1: expected either"),
        ("lognormal", {"median": 0, "sigma": 1}, r"^median=0: expected"),
        ("gamma", {"mean": 3, "scale": 1}, r"^mean=3, scale=1: expected either mean, or scale"),
        ("gamma", {"shape": -1}, r"^shape=-1: expected"),
        ("beta", {"alpha": 1, "beta": 0}, r"^beta=0: expected"),
        ("beta", {"alpha": 1, "beta": 1, "low": 2}, r"^low=2, high=1: expected low less than high"),
        ("exponential", {"mean": 1, "rate": 1}, r"^mean=1, rate=1: expected either"),
        ("weibull", {"shape": 0}, r"^shape=0: expected"),
        ("pareto", {"shape": 1, "scale": -1}, r"^scale=-1: expected"),
        ("student_t", {"df": 0}, r"^df=0: expected"),
        ("triangular", {"mode": 2}, r"^mode=2, high=1: expected mode at most high"),
        ("poisson", {"mean": -1}, r"^mean=-1: expected"),
        ("binomial", {"n": 2.5, "p": 0.5}, r"^n=2.5: expected a whole number"),
        ("binomial", {"n": 2, "p": 1.5}, r"^p=1.5: expected"),
        ("negative_binomial", {"mean": 2}, r"^mean=2: expected either mean and dispersion, or n and p"),
        ("geometric", {"p": 0}, r"^p=0: expected"),
        ("zipf", {"n": 0}, r"^n=0: expected"),
        ("zipf", {"n": 5, "exponent": -1}, r"^exponent=-1: expected"),
        ("empirical", {"values": []}, r"^values=\[\]: expected a list of at least one number"),
        ("empirical", {"values": [1, math.inf]}, r"^values: expected finite numbers"),
        ("empirical", {"values": [1], "smooth": -1}, r"^smooth=-1: expected"),
        ("histogram", {"edges": [0, 1], "weights": [1, 2]}, r"^edges: 2 for 2 weights"),
        ("histogram", {"edges": [0, 0], "weights": [1]}, r"^edges=\[0, 0\]: expected finite numbers that rise"),
        ("histogram", {"edges": [0, 1], "weights": [0]}, r"^weights=\[0\]: expected numbers from 0"),
        ("quantiles", {"values": {0: 1, 0.5: 2}}, r"^values=.*expected probabilities from 0 to 1"),
        ("quantiles", {"values": {0: 1, 1: 0}}, r"^values=.*never fall"),
        ("quantiles", {"values": {0: 1, "half": 2, 1: 3}}, r"^values=.*expected numbers"),
        ("quantiles", {"values": {}}, r"^values=\{\}: expected probabilities"),
        ("mixture", {"components": []}, r"^components=\[\]: expected"),
        ("mixture", {"components": [{"mean": 1}]}, r"^components\.0: expected a distribution"),
        ("mixture", {"components": [{"kind": "normal", "sd": -1}]}, r"^components\.0\.sd=-1: expected"),
        ("mixture", {"components": [{"kind": "normal", "weight": -1}]}, r"^components\.0\.weight=-1: expected"),
        ("mixture", {"components": [{"kind": "normal", "weight": 0}]}, r"^components: all weights are 0"),
        (
            "mixture",
            {"components": [{"kind": "nrmal"}]},
            r"^components\.0\.kind: 'nrmal' is not .* did you mean 'normal'",
        ),
        ("mixture", {"components": [{"kind": "id"}]}, r"^components\.0\.kind='id': is no distribution"),
        ("mixture", {"components": [{"kind": "normal", "mu": 3}]}, r"^components\.0\.mu: no such setting"),
        ("zero_inflated", {"zero": 2, "of": {"kind": "normal"}}, r"^zero=2: expected"),
        ("zero_inflated", {"zero": 0.5, "of": {"kind": "poisson", "mean": {"sql": "x"}}}, r"^of\.mean: SQL is not"),
        ("zero_inflated", {"zero": 0.5, "of": {"kind": "poisson", "mean": Sql("x")}}, r"^of\.mean: SQL is not"),
        ("walk", {"phi": -1}, r"^phi=-1: expected"),
        ("walk", {"phi": 1.1}, r"^phi=1.1: expected"),
        ("walk", {"sd": -1}, r"^sd=-1: expected"),
        ("walk", {"min": 1, "max": 2}, r"^min=1, start=0: expected min at most start"),
        ("walk", {"within": ""}, r"^within='': expected"),
    ],
)
def test_wrong_settings_are_a_sentence(kind, settings, message):
    with pytest.raises(SpecError, match=message) as caught:
        made(kind, **settings)
    assert "\n" not in str(caught.value)


def test_wrong_settings_in_one_row_are_a_sentence():
    with pytest.raises(SpecError, match=r"^sd=-2: expected"):
        dataclasses.replace(made("normal"), sd=np.array([1.0, -2.0]))
    with pytest.raises(SpecError, match=r"^low=1, high=0: expected low less than high"):
        dataclasses.replace(made("uniform"), low=np.array([0.0, 1.0]), high=np.array([1.0, 0.0]))


def test_expressions_wait_until_they_are_numbers():
    expression = Sql("age * 2")
    sampler = made("gamma", mean=expression, min=expression)
    assert (
        dataclasses.replace(sampler, mean=np.ones(3), min=np.zeros(3)).sample(Rows(0, 3), Key(1), {}).type
        == pa.float64()
    )
    for kind, settings in (
        ("uniform", {"min": expression}),
        ("integer", {"low": 1, "high": expression}),
        ("lognormal", {"mean": expression, "sd": expression}),
        ("triangular", {"mode": expression}),
        ("binomial", {"n": expression, "p": expression}),
        ("zipf", {"n": expression, "exponent": expression}),
        ("walk", {"start": expression, "max": 3}),
        ("zero_inflated", {"zero": expression, "of": {"kind": "normal"}}),
    ):
        made(kind, **settings)


def test_only_the_mean_may_differ_by_group():
    for kind, settings in (
        ("gamma", {"mean": 10}),
        ("gamma", {"mean": 10, "shape": 3}),
        ("negative_binomial", {"mean": 10, "dispersion": 2}),
        ("lognormal", {"mean": 10, "sd": 2}),
        ("exponential", {"mean": 10}),
    ):
        values = drawn(made(kind, **(settings | {"mean": 20})), 20_000, 1)
        assert abs(values.mean() / 20 - 1) < 0.05
