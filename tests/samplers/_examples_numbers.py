"""Examples of kinds of columns: numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "normal": [{}, {"mean": 46, "sd": 15, "min": 18, "max": 99}, {"min": 8}],
    "uniform": [{}, {"low": -5, "high": 5}, {"min": 10, "max": 20}],
    "integer": [{"low": 1, "high": 6}, {"min": 18, "max": 99}, {"low": -(2**60), "high": 2**60}],
    "lognormal": [{"median": 20, "sigma": 1}, {"mean": 30, "sd": 40, "max": 500}, {"mu": 3, "sigma": 0.5}],
    "gamma": [{}, {"mean": 40}, {"mean": 40, "shape": 3, "min": 5}, {"shape": 0.5, "scale": 2}],
    "beta": [{"alpha": 2, "beta": 5}, {"alpha": 2, "beta": 5, "low": 10, "high": 20, "max": 15}],
    "exponential": [{}, {"mean": 3}, {"rate": 0.2, "max": 10}],
    "weibull": [{"shape": 1.5}, {"shape": 0.7, "scale": 100, "min": 1}],
    "pareto": [{"shape": 1.2}, {"shape": 2, "scale": 1000, "max": 1_000_000}],
    "student_t": [{"df": 4}, {"df": 3, "loc": 10, "scale": 2, "min": 0}],
    "laplace": [{}, {"loc": 3, "scale": 2, "max": 3}],
    "logistic": [{}, {"loc": 3, "scale": 2, "min": 3}],
    "triangular": [{}, {"low": 2, "mode": 3, "high": 8}, {"low": 0, "mode": 0, "high": 8, "max": 4}],
    "poisson": [{"mean": 2}, {"mean": 2, "min": 1}, {"mean": 0.5, "min": 6}],
    "binomial": [{"n": 10, "p": 0.3}, {"n": 1000, "p": 0.3, "min": 300}],
    "negative_binomial": [{"mean": 4, "dispersion": 0.5}, {"n": 3, "p": 0.2, "max": 20}],
    "geometric": [{"p": 0.2}, {"p": 0.01, "min": 10}],
    "zipf": [{"n": 100}, {"n": 1_000_000, "exponent": 1.3, "min": 2}, {"n": 10**12, "exponent": 0.5}],
    "empirical": [
        {"values": [1, 2, 2, 5]},
        {"values": [1.5, 2.5, 2.5, 3.5], "min": 2},
        {"values": [1, 2, 7], "smooth": 0.5},
    ],
    "histogram": [{"edges": [0, 10, 50, 100], "weights": [2, 5, 3]}, {"edges": [0, 1], "weights": [1], "max": 0.1}],
    "quantiles": [{"values": {0: 18, 0.5: 46, 1: 99}}, {"values": {0: 0, 0.4: 0, 1: 100}, "max": 50}],
    "mixture": [
        {"components": [{"kind": "normal", "mean": 5}, {"kind": "normal", "mean": 9, "sd": 2, "weight": 0.3}]},
        {"components": [{"kind": "poisson", "mean": 2}, {"kind": "integer", "low": 10, "high": 20}], "min": 1},
        {"components": [{"kind": "gamma", "mean": 2}, {"kind": "poisson", "mean": 4, "min": 1}], "max": 3},
    ],
    "zero_inflated": [
        {"zero": 0.6, "of": {"kind": "lognormal", "median": 20, "sigma": 1, "max": 100}},
        {"zero": 0.3, "of": {"kind": "poisson", "mean": 2}, "max": 4},
    ],
    "walk": [
        {},
        {"start": 20, "sd": 0.5, "phi": 0.9, "drift": 0.01, "min": 15, "max": 25},
        {"start": 3, "within": "sensor"},
        {"start": 3, "within": "sensor", "phi": -0.5, "max": 4},
    ],
}
"""Kind to settings to try it with."""

COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {
    "sensor": lambda n, rng: pa.array(rng.integers(5, size=n).astype(float), mask=rng.random(n) < 0.1).cast(
        pa.string()
    ),
}
"""Columns that the examples read."""
