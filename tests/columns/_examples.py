"""Columns of every kind, for the conformance run and the tests of the single kinds."""

import datetime as dt
import uuid
from decimal import Decimal

import numpy as np
import pyarrow as pa

from rowsmith.core.text import json_texts

RNG = np.random.default_rng(5)
DAY = dt.date(2020, 1, 1)


def _bytes(n):
    return [RNG.bytes(int(RNG.integers(0, 12))) for _ in range(n)]


EXAMPLES = {
    "binary": pa.array(_bytes(60), pa.binary()),
    "boolean": pa.array([True, False, None, True] * 9),
    "category": pa.array(["a", "", "NA", None, "a", "Ü b", "a"] * 8),
    "code": pa.array([f"+49 {30 + i % 2} {int(RNG.integers(10**6, 10**7))}" for i in range(60)]),
    "constant": pa.array(["only", None, "only"] * 4),
    "date": pa.array([DAY + dt.timedelta(int(d)) for d in RNG.integers(0, 900, 80)]),
    "decimal": pa.array([Decimal(int(c)).scaleb(-2) for c in RNG.integers(-500, 90_000, 80)], pa.decimal128(9, 2)),
    "duration": pa.array(RNG.integers(0, 10**6, 80) * 1000, pa.duration("ms")),
    "float": pa.array([0.0, None, float("inf"), float("nan"), *RNG.normal(size=90), *[0.0] * 9]),
    "identifier": pa.array([f"S{i:04d}" for i in range(1, 41)]),
    "integer": pa.array([None, *RNG.integers(-1000, 10**6, 99).tolist()], pa.int32()),
    "mixed": json_texts([1, 2.5, "<5", None, True, *RNG.integers(0, 500, 60).tolist(), "neg"]),
    "nested": pa.array([[int(x) for x in RNG.integers(0, 9, int(RNG.integers(0, 5)))] for _ in range(60)]),
    "null": pa.array([None, None, None], pa.float64()),
    "offset": pa.array(
        [f"2024-0{1 + i % 9}-11 {i % 24:02d}:30{'+02:00' if i % 3 else '-04:30'}" for i in range(80)] + [None]
    ),
    "ordered": pa.DictionaryArray.from_arrays(
        pa.array([0, 2, None, 1, 2, 0], pa.int8()), pa.array(["low", "mid", "high", "never"]), ordered=True
    ),
    "personal": pa.array([f"user{i}@mail.test" for i in range(25)]),
    "text": pa.array([" ".join(["wort"] * (1 + i % 7)) + f" nr {i}." for i in range(50)]),
    "time": pa.array([dt.time(int(h), 15) for h in RNG.integers(0, 24, 60)], pa.time64("us")),
    "timestamp": pa.array(RNG.integers(0, 10**6, 80) * 60_000, pa.timestamp("ms", tz="Europe/Berlin")),
}

UUIDS = pa.array([str(uuid.UUID(int=int(i) ** 3 + 7 * 10**30, version=4)) for i in range(1, 40)])
