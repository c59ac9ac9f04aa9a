"""Classes, clusters, rules of decision, leaks, spurious correlation and drift."""

import numpy as np
import pyarrow as pa
from tests.truth._examples import customers, example

EXAMPLES = [
    example("classes", {"target": "churn", "on": {"price": 1, "age": -0.5, "channel[web]": 0.7}}, customers),
    example(
        "classes",
        {
            "target": "fraud",
            "features": {"amount": 1, "hour": -0.6, "distance": 0.4},
            "scale": {"amount": [80, 25], "hour": [13, 4]},
            "round": 1,
        },
        customers,
    ),
]
EXAMPLES += [
    example(
        "clusters",
        {
            "columns": ["recency", "frequency", "monetary"],
            "scale": {"recency": [90, 25], "frequency": [20, 5], "monetary": [400, 120]},
            "round": {"recency": 0, "frequency": 0, "monetary": 2},
        },
        customers,
    ),
    example(
        "clusters",
        {
            "columns": ["visits", "spend"],
            "k": 4,
            "centers": {"visits": [2, 30, 10, 20], "spend": [20, 900, 400, 60]},
            "shares": [0.4, 0.1, 0.3, 0.2],
            "label": "segment",
            "labels": ["rare", "best", "good", "lookers"],
        },
        customers,
    ),
]
WHOLE = {"threshold of age": "between two whole numbers any threshold is as good, so the interval ends at them"}
EXAMPLES += [
    example(
        "decision",
        {
            "target": "risk",
            "rules": [{"if": {"income": "< 30000", "age": ">= 40"}, "then": "high"}],
            "otherwise": "low",
        },
        customers,
        calm=WHOLE,
    ),
    example(
        "decision",
        {
            "target": "offer",
            "rules": [
                {"if": {"price": "> 10.5"}, "then": "discount"},
                {"if": {"ad_spend": ">= 6", "income": "< 40000"}, "then": "call"},
            ],
            "otherwise": "none",
            "among": ["age", "price"],
        },
        customers,
    ),
]
EXAMPLES += [
    example("leakage", {"column": "refund", "target": "ad_spend", "scale": [50, 12], "round": 2}, customers),
    example("leakage", {"column": "closing_code", "target": "holiday", "among": ["price", "channel"]}, customers),
    example("leakage", {"column": "ping", "target": "channel", "level": "web"}, customers),
    example("spurious", {"columns": ["ice", "drowned"], "by": "price", "scale": {"ice": [300, 80]}}, customers),
    example(
        "spurious",
        {"columns": ["shoe", "words"], "by": "age", "balance": 0.3, "among": ["income", "price"], "round": 2},
        customers,
    ),
]


def readings(r: np.random.Generator, n: int) -> dict[str, pa.Array]:
    """Rows in time, of a sensor and a shop."""
    seconds = r.integers(0, 365 * 86_400, n)
    return {
        "at": pa.array(np.datetime64("2024-01-01", "s") + seconds),
        "day": pa.array(np.datetime64("2024-01-01", "D") + seconds // 86_400),
        "km": pa.array(r.uniform(0, 900, n)),
        "celsius": pa.array(np.round(r.normal(20, 4, n), 1)),
        "calls": pa.array(r.poisson(40, n)),
        "score": pa.array(r.lognormal(0, 0.4, n)),
        "device": pa.array(
            np.array(["phone", "desk", "tablet"])[r.choice(3, n, p=[0.5, 0.4, 0.1])]
        ).dictionary_encode(),
    }


DAYS = {"point": "a change between two days is at any moment between them, so the interval ends at days"}
EXAMPLES += [
    example("drift", {"column": "celsius", "on": "at"}, readings),
    example("drift", {"column": "score", "on": "km", "since": 300, "mean": 0.5, "spread": 1.5}, readings),
    example(
        "drift", {"column": "device", "on": "day", "since": "2024-09-01", "shares": {"phone": 0.7}}, readings, calm=DAYS
    ),
    example("drift", {"column": "calls", "on": "day", "gradual": True}, readings),
]
