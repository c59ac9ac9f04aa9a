"""Relations that nothing explains are listed, and chance is not."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples import customers

from rowsmith.truth._mining import unplanned


def table(seed, n=3000, **more):
    columns = customers(np.random.default_rng(seed), n)
    return pa.table({"id": np.arange(n), **columns, **more})


@pytest.mark.parametrize("seed", range(5))
def test_independent_columns_have_nothing_to_tell(seed):
    assert unplanned("t", table(seed), []) == []


def times(r, n):
    return [dt.datetime(2025, 1, 1) + dt.timedelta(hours=float(h)) for h in r.random(n) * 8760]


def plants(r, n):
    x, level = r.normal(size=n), r.integers(0, 3, n)
    placed = times(r, n)
    gap = r.random(n) < 0.1 + 0.4 * (x > 0)
    return {
        "rank correlation": ({"x": x, "y": np.exp(x + r.normal(size=n))}, ("x", "y")),
        "difference between groups": (
            {"g": pa.array(np.array(["a", "b", "c"])[level]), "y": level + r.normal(size=n)},
            ("g", "y"),
        ),
        "association": (
            {"g": pa.array(np.array(["a", "b", "c"])[level]), "h": pa.array((level == 1) ^ (r.random(n) < 0.2))},
            ("g", "h"),
        ),
        "season": (
            {
                "placed": pa.array(placed),
                "visits": np.array([d.weekday() >= 5 for d in placed]) * 2.0 + r.normal(size=n),
            },
            ("weekday of placed", "visits"),
        ),
        "gaps": ({"x": x, "income": pa.array(r.normal(size=n), mask=gap)}, ("x", "gaps of income")),
    }


@pytest.mark.parametrize("kind", ["rank correlation", "difference between groups", "association", "season", "gaps"])
def test_each_kind_of_relation_is_seen_unless_it_is_known(kind):
    columns, pair = plants(np.random.default_rng(1), 3000)[kind]
    found = unplanned("t", table(2, **columns), [])
    assert [set(each.columns) for each in found] == [set(pair)]
    assert found[0].table == "t"
    assert 0.1 < found[0].size < 1
    assert unplanned("t", table(2, **columns), [list(columns)]) == []


def test_small_and_empty_tables():
    for n in (0, 1, 3, 12):
        assert unplanned("t", table(1, n), []) == []


def test_a_level_that_comes_with_rare_ones_only():
    r = np.random.default_rng(3)
    a, b = r.choice(["a", "b"], 600), r.choice(["x", "y"], 600)
    a[:5], b[:5] = ["q", "r", "s", "t", "u"], "z"
    assert unplanned("t", pa.table({"a": a.tolist(), "b": b.tolist()}), []) == []
