"""Examples of kinds of columns: values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

SPAN = ["2021-01-01", "2023-12-31"]
EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "id": [
        {},
        {"start": 100, "step": 7},
        {"format": "ORD-{:08d}"},
        {"format": "Nº {:02d}"},
        {"shuffled": 1000, "format": "C{}"},
    ],
    "uuid": [{}],
    "boolean": [{}, {"p": 0.1}],
    "constant": [{"value": v} for v in ("EUR", 5, 2.5, True, None)],
    "category": [
        {"values": ["red", "green", "blue"]},
        {"values": {"a": 90, "b": 9, "c": 0}},
        {"values": [1, 2, 3]},
        {"values": list(range(700)), "unique": True},
        {"values": [0.5, 1]},
        {"values": {"true": 3, "false": 1}},
        {"values": {"EUR": 1, "USD": 1}, "given": {"country": {"DE": {"EUR": 99, "CHF": 1}, "US": ["USD"]}}},
        {"given": {"country": [{"for": ["DE", "FR"], "weights": {"EUR": 9, "USD": 1}}]}},
    ],
    "lookup": [
        {"of": "country", "values": {"DE": "EUR", "US": "USD"}},
        {"of": "country", "values": {"DE": 0.19, "FR": 0.2}, "default": 0},
    ],
    "date": [
        {"between": SPAN},
        {"between": SPAN, "trend": "+50%/year", "weekday": {"sat": 0, "sun": 0.1}, "yearly": {"dec": 3}},
        {"between": SPAN, "holidays": ["12-25", "2022-04-15"], "holiday_weight": 2},
        {"after": "signup", "within": "90 days"},
        {"between": SPAN, "after": ["signup", "seen"], "before": "closed", "gap": "1 day", "if_empty": "null"},
    ],
    "timestamp": [
        {"between": SPAN},
        {"between": SPAN, "zone": "Europe/Berlin", "hour": "office", "weekday": {"sat": 0, "sun": 0}},
        {"between": SPAN, "hour": [1] * 12 + [0] * 12, "resolution": "minute", "zone": "America/New_York"},
        {"after": "seen", "within": "36 hours", "resolution": "microsecond", "hour": "evening"},
        {"between": SPAN, "after": "signup", "zone": "UTC", "resolution": "millisecond", "if_empty": "null"},
    ],
    "time": [
        {},
        {"between": ["08:00", "17:30"], "hour": "office", "resolution": "minute"},
        {"between": ["22:00", "06:00"], "resolution": "microsecond"},
        {"hour": "evening", "resolution": "millisecond"},
    ],
    "duration": [
        {"between": ["5 minutes", "2 hours"]},
        {"of": {"kind": "poisson", "mean": 3}, "unit": "days"},
        {"of": {"kind": "normal", "mean": 90, "sd": 20, "min": 0}, "resolution": "microsecond"},
    ],
    "regex": [
        {"pattern": r"[A-Z]{3}-\d{4}"},
        {"pattern": r"(red|green|bl[uo]e)( \w+)?"},
        {"pattern": r"[äöü]{2,}x*"},
        {"pattern": r"[A-Z]{3}-\d{4}", "unique": True},
        {"pattern": r"[a-c]{1,7}|x[0-9]+", "unique": True},
        {"pattern": r"[0-9a-f]{32}", "unique": True},
    ],
    "template": [
        {"text": "{country}-{number:05d}"},
        {"text": "{share:.1f} on {signup:%d.%m.%Y} at {seen}: {{{country:lower}}}"},
    ],
    "sequence": [
        {"transitions": {"new": {"paid": 8, "void": 2}, "paid": {"sent": 1}}, "within": "number"},
        {"transitions": {1: {1: 9, 2: 1}, 2: {1: 1, 2: 1}}, "start": {1: 1, 2: 1}},
    ],
    "json": [
        {"fields": {"who": "country", "when": "seen", "in": {"n": {"kind": "poisson", "mean": 3}, "at": "signup"}}},
        {"fields": {"id": {"kind": "uuid"}, "tags": {"kind": "list", "of": "boolean", "length": 2}}},
    ],
    "list": [
        {"of": {"kind": "category", "values": ["a", "b"]}, "length": {"kind": "poisson", "mean": 2}},
        {"of": {"kind": "timestamp", "after": "seen", "within": "1 hour"}, "length": 3},
        {"of": {"kind": "sequence", "transitions": {"in": {"in": 1, "out": 1}}}, "length": 4},
        {"of": "uuid", "length": 2},
    ],
    "struct": [
        {"fields": {"size": {"kind": "normal"}, "colour": {"kind": "category", "values": ["red", "blue"]}}},
        {"fields": {"place": {"kind": "point", "box": [0, 0, 1, 1]}, "due": {"kind": "date", "between": SPAN}}},
    ],
    "point": [
        {"box": [47.3, 5.9, 55.1, 15.0]},
        {"box": [-20, 170, 10, -160], "digits": 3},
        {"center": [52.52, 13.405]},
        {"center": [-77.8, 166.7], "spread_km": 0.5, "as_text": True},
    ],
}
"""Kind to settings to try it with."""


def some_days(n: int, rng: np.random.Generator) -> pa.Array:
    days = np.datetime64("2022-01-01") + rng.integers(0, 400, n)
    return pa.array(days, pa.date32(), mask=rng.random(n) < 0.1)


def some_moments(n: int, rng: np.random.Generator) -> pa.Array:
    moments = np.datetime64("2022-01-01T00:00:00", "us") + rng.integers(0, 400 * 86_400 * 10**6, n)
    return pa.array(moments, pa.timestamp("us"))


COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {
    "country": lambda n, rng: pa.array(np.array(["DE", "US", "FR", None], dtype=object)[rng.integers(4, size=n)]).cast(
        pa.dictionary(pa.int8(), pa.string())
    ),
    "number": lambda n, rng: pa.array(rng.integers(0, max(n // 4, 1), n)),
    "share": lambda n, rng: pa.array(rng.random(n)),
    "signup": some_days,
    "closed": some_days,
    "seen": some_moments,
}
"""Columns that the examples read."""
