"""Conditions on what is computed, or on several columns together: met however rare, by rows of the right law."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core import sql
from rowsmith.learn._aim import _may

N = 20_000


@pytest.fixture(scope="module")
def model():
    r = np.random.default_rng(0)
    kind = r.choice(list("abc"), N, p=[0.6, 0.3, 0.1])
    price = np.round(np.exp(r.normal(3, 0.8, N) + 0.5 * (kind == "c")), 2)
    pieces = r.integers(1, 12, N)
    at = np.datetime64("2022-01-01T00:00:00") + r.integers(0, 3 * 365 * 86400, N).astype("timedelta64[s]")
    table = {"at": at, "kind": kind, "price": price, "pieces": pieces, "total": np.round(price * pieces, 2)}
    return rs.fit(pa.table({**table, "day": at.astype("datetime64[D]")}), seed=1)


@pytest.mark.parametrize(
    "where",
    ["total > 1500", "day = date '2023-05-17'", "price * pieces between 990 and 1000", "total > 700 and kind = 'b'"],
)
def test_a_rare_condition_on_several_columns_is_met(model, where):
    made = model.sample(400, where=where, seed=1)
    assert sql.truth(where, made.combine_chunks().to_batches()[0], "x").all()
    assert made.equals(model.sample(400, where=where, seed=1, workers=2))


def test_the_rows_follow_the_law_of_all_that_meet_it(model):
    every = model.sample(600_000, seed=3)
    like = every.filter(sql.truth("total > 600", every.combine_chunks().to_batches()[0], "x"))
    made = model.sample(like.num_rows, where="total > 600", seed=4)
    assert like.num_rows > 2000
    for name in ("price", "pieces"):
        a, b = (np.sort(t[name].to_numpy()) for t in (like, made))
        both = np.sort(np.concatenate([a, b]))
        gap = np.abs(np.searchsorted(a, both, side="right") / len(a) - np.searchsorted(b, both, side="right") / len(b))
        assert gap.max() < 1.95 * np.sqrt(2 / len(a)), name
    for level in "abc":
        a, b = (np.mean(t["kind"].to_numpy() == level) for t in (like, made))
        assert abs(a - b) < 4 * np.sqrt(0.5 / like.num_rows), level


def test_what_nothing_meets_is_refused_soon(model):
    with pytest.raises(
        rs.SpecError, match=r"none of 201,000 drawn rows meets it; ask for a condition that more rows meet"
    ):
        model.sample(5, where="total > 5 and price * pieces < 4")


def test_a_code_is_left_out_only_where_its_absence_says_something():
    seen = np.array([0, 0, 0, 0, 1, 0, 1, 0, 0, 0], dtype=bool)
    often, seldom = np.full(10, 20.0), np.full(10, 0.5)
    assert _may(seen, often, False, False).tolist() == seen.tolist()
    assert _may(seen, seldom, False, False).all()
    assert _may(seen, often, True, False).tolist() == [False] * 3 + [True] * 5 + [False] * 2
    assert _may(seen, often, True, True)[0] == seen[0]
    assert _may(seen, seldom, True, False).all()
