"""Where laws end: every number that is drawn lies within, and known ends are the right ones."""

import numpy as np
import pytest
from tests.samplers._examples_numbers import EXAMPLES

from rowsmith.core.protocols import SAMPLERS
from rowsmith.core.settings import build
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._ends import ends

LAWS = [(kind, s) for kind, listed in EXAMPLES.items() for s in listed if issubclass(SAMPLERS.load(kind), Distribution)]
INF = np.inf


@pytest.mark.parametrize(("kind", "settings"), LAWS, ids=str)
def test_numbers_lie_within_the_ends(kind, settings):
    law = build(SAMPLERS.load(kind), settings, "law")
    low, high = ends(law)
    assert low < high
    values = law.numbers(2000, np.random.default_rng(7))
    assert low <= values.min()
    assert values.max() <= high


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        ("normal", {}, (-INF, INF)),
        ("normal", {"min": 8}, (8, INF)),
        ("student_t", {"df": 4}, (-INF, INF)),
        ("uniform", {"low": -5, "high": 5, "max": 3}, (-5, 3)),
        ("integer", {"low": 1, "high": 6}, (1, 6)),
        ("lognormal", {"median": 20, "sigma": 1}, (0, INF)),
        ("pareto", {"shape": 2, "scale": 1000}, (1000, INF)),
        ("poisson", {"mean": 2}, (0, INF)),
        ("binomial", {"n": 10, "p": 0.3}, (0, 10)),
        ("geometric", {"p": 0.2, "min": 2}, (2, INF)),
        ("zipf", {"n": 100}, (1, 100)),
        ("empirical", {"values": [2, 1, 5]}, (1, 5)),
        ("quantiles", {"values": {0: 18, 1: 99}}, (18, 99)),
        ("mixture", {"components": [{"kind": "poisson", "mean": 2, "min": 1}, {"kind": "uniform"}]}, (0, INF)),
        ("mixture", {"components": [{"kind": "integer", "low": 2, "high": 3}, {"kind": "uniform"}]}, (0, 3)),
        ("zero_inflated", {"zero": 0.5, "of": {"kind": "uniform", "low": 2, "high": 3}}, (0, 3)),
        ("walk", {"min": 1, "start": 2}, (1, INF)),
        ("walk", {}, (-INF, INF)),
    ],
)  # fmt: skip
def test_known_ends(kind, settings, expected):
    assert ends(build(SAMPLERS.load(kind), settings, "law")) == expected


def test_ends_of_settings_that_differ_from_row_to_row():
    low, high = ends(SAMPLERS.load("uniform")(low=np.array([1.0, 2.0]), high=np.array([3.0, 9.0]), max=5))
    assert low.tolist() == [1, 2]
    assert high.tolist() == [3, 5]
    low, high = ends(SAMPLERS.load("binomial")(n=np.array([3, 4]), p=0.5))
    assert np.broadcast_to(low, 2).tolist() == [0, 0]
    assert high.tolist() == [3, 4]
