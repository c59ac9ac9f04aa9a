"""Generalised regressions, collinearity, groups, treatments, Simpson's paradox."""

import numpy as np
import pyarrow as pa
from tests.truth._examples import customers, example


def branches(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Rows of fifty branches, some much larger than others, with columns that do not depend on them."""
    sizes = 1 / np.arange(5, 55)
    codes = r.choice(50, n, p=sizes / sizes.sum()).astype(np.int32)
    names = pa.array([f"B{i:02d}" for i in range(50)])
    return {**customers(r, n), "branch": pa.DictionaryArray.from_arrays(codes, names)}


def shifts(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Rows with hours, a few of them 0, and a lot."""
    hours = np.where(r.random(n) < 0.01, 0, r.gamma(3, 2, n))
    return {**customers(r, n), "hours": pa.array(hours), "invited": pa.array(r.random(n) < 0.5)}


EXAMPLES = [
    example(
        "logistic",
        {"target": "bought", "on": {"price": -0.4, "ad_spend": 0.15, "channel[web]": 1.2}},
        customers,
    ),
    example(
        "logistic",
        {
            "target": "churn",
            "on": {"income": -0.00003, "age": 0.03, "holiday": 1.1, "age:holiday": -0.03},
            "intercept": -1.0,
            "values": ["stays", "leaves"],
        },
        customers,
        easy=8000,
        medium=8000,
        hard=6000,
    ),
    example("counts", {"target": "visits", "on": {"price": -0.1, "ad_spend": 0.05, "holiday": 0.5}}, customers),
    example(
        "counts",
        {
            "target": "faults",
            "on": {"price": 0.08, "channel[web]": -0.6},
            "exposure": "hours",
            "dispersion": 0.5,
        },
        shifts,
    ),
    example("collinear", {"target": "spend_2", "on": {"ad_spend": 0.9, "price": -0.3}, "intercept": 5}, customers),
    example("groups", {"target": "sales", "group": "branch", "on": {"price": -2.5, "holiday": 6}}, branches),
    example(
        "groups",
        {
            "target": "sales",
            "group": "branch",
            "on": {"price": -2.5, "ad_spend": 2},
            "slopes": {"price": 2},
            "intercept": 40,
        },
        branches,
    ),
    example(
        "treatment",
        {"outcome": "spend", "treatment": "coupon", "confounder": "age", "instrument": "invited", "effect": 12},
        shifts,
    ),
    example(
        "treatment",
        {
            "outcome": "spend",
            "treatment": "coupon",
            "confounder": "income",
            "effect": 0,
            "bias": -5,
            "noise": 10,
            "share": 0.2,
        },
        shifts,
    ),
    example("simpson", {"x": "dose", "target": "recovery", "group": "channel", "within": 0.8, "round": 2}, customers),
]
