"""Structures of time, and of how far and how much."""

import datetime as dt

import numpy as np
import pyarrow as pa
from tests.truth._examples import customers, example


def days(r, n):
    """Consecutive days."""
    first = dt.date(2023, 1, 1).toordinal() - dt.date(1970, 1, 1).toordinal()
    return {"day": pa.array(np.arange(first, first + n).astype("datetime64[D]"))}


def months(r, n):
    cohorts = np.array(["2024-Q4", "2025-Q1", "2025-Q2"])
    return {"month": pa.array(r.integers(0, 12, n)), "cohort": pa.array(cohorts[r.integers(0, 3, n)])}


def variants(r, n):
    return {"variant": pa.array(np.array(["A", "B"])[r.integers(0, 2, n)])}


STEPS = {"visit": 1, "cart": 0.3, "order": 0.4}

EXAMPLES = [
    example(
        "seasonality",
        {"column": "visits", "on": "day", "weekly": {"sat": 1.6, "sun": 1.3}, "yearly": 0.2, "trend": 0.15},
        days,
        easy=1500,
        medium=1500,
        hard=2500,
    ),
    example(
        "seasonality",
        {"column": "visits", "on": "day", "weekly": {"fri": 0.8}, "change": {"at": "2024-09-01", "factor": 1.3}},
        days,
        easy=1200,
        medium=1200,
        hard=2000,
        calm={"changed": "the law of the place of a change is not normal: its interval is a wide one"},
    ),
    example("seasonality", {"column": "visits", "on": "day", "ar": 0.5, "weekly": {"sun": 2}}, days, 1200, 1200, 1200),
    example(
        "survival",
        {"time": "months", "event": "churned", "on": {"channel[web]": 1.8, "age": 0.98}, "round": 3},
        customers,
    ),
    example("funnel", {"column": "stage", "steps": STEPS}, variants),
    example(
        "funnel",
        {"column": "stage", "steps": STEPS, "by": "variant", "lift": {"B": {"order": 1.3}}},
        variants,
        20000,
        15000,
        8000,
    ),
    example("retention", {"column": "active", "age": "month", "rates": [1, 0.6, 0.45, 0.4]}, months),
    example(
        "retention",
        {"column": "active", "age": "month", "rates": [1, 0.6, 0.4], "by": "cohort", "better": {"2025-Q2": 1.6}},
        months,
    ),
    example("concentration", {"column": "revenue"}, customers),
]
