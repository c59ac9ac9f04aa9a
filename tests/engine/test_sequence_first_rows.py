"""First rows of sequences: what few entities cannot tell, that the prices of a day are alike and in which order they are."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith.core.errors import ModelFileError
from rowsmith.core.state import read_state, write_state
from rowsmith.learn.sequence import KIND, VERSION

PRICES = ["open", "high", "low", "close"]
DAYS = 50


def shares(tickers):
    """Prices of a day of shares that cost from 20 to 200; trades of a day, which nothing bounds."""
    rng = np.random.default_rng(9)
    rows = []
    for k in range(tickers):
        close = rng.uniform(20, 200)
        for day in pd.bdate_range("2024-01-02", periods=DAYS):
            first = close * np.exp(rng.normal(0, 0.004))
            close = first * np.exp(rng.normal(0, 0.01))
            high, low = max(first, close) * 1.003, min(first, close) * 0.997
            prices = [round(x, 2) for x in (first, high, low, close)]
            rows.append((f"T{k:02d}", day, *prices, int(rng.integers(10, 90))))
    return pd.DataFrame(rows, columns=["ticker", "day", *PRICES, "trades"])


@pytest.fixture(scope="module")
def real():
    return shares(30)


@pytest.fixture(scope="module")
def model(real):
    return rs.fit(real, entity="ticker", time="day", seed=2)


def broken(table):
    """Rows whose prices are in no order; of prices that are missing nothing is asked."""
    rest = table[["open", "close"]]
    return (table["low"] > rest.min(axis=1)) | (table["high"] < rest.max(axis=1)) | (table["low"] > table["high"])


def firsts(table):
    return table.groupby("ticker", sort=False).head(1)


def alike(table, real):
    """How far prices of first rows are apart, as a multiple of what they are in real ones at most."""
    apart = [
        np.log(t[a] / t[b]).abs().max() for t in (firsts(table), real) for a, b in (("close", "open"), ("high", "low"))
    ]
    return max(apart[0] / apart[2], apart[1] / apart[3])


def test_first_prices_are_alike_and_in_order(model, real):
    twin = model.sample(200, seed=3)
    assert not broken(twin).any()
    assert alike(twin, real) < 3
    jump = twin.groupby("ticker")["open"].apply(lambda s: abs(np.log(s.iloc[1] / s.iloc[0])))
    assert jump.max() < 0.2
    spread = [np.log(firsts(t)["open"]).std() for t in (real, twin)]
    assert 0.6 < spread[1] / spread[0] < 1.5


def test_of_so_few_shares_that_only_the_middle_of_their_first_rows_is_kept():
    real = shares(6)
    twin = rs.fit(real, entity="ticker", time="day", seed=2).sample(60, seed=3)
    assert not broken(twin).any()
    assert alike(twin, real) < 6


def test_first_prices_that_are_missing(real):
    holes = real.copy()
    begins = np.arange(0, len(real), DAYS)
    holes.loc[begins[::3], "open"] = np.nan
    holes.loc[begins[1::5], "close"] = np.nan
    twin = rs.fit(holes, entity="ticker", time="day", seed=2).sample(200, seed=3)
    assert not broken(twin).any()
    first = firsts(twin)
    assert first["open"].isna().mean() == pytest.approx(1 / 3, abs=0.2)
    assert alike(twin, real) < 6


def test_a_saved_model_draws_the_same_on_any_number_of_workers_and_a_damaged_one_is_refused(model, tmp_path):
    model.save(tmp_path / "m.rowsmith")
    drawn = model.sample(20, seed=4)
    pd.testing.assert_frame_equal(rs.load(tmp_path / "m.rowsmith").sample(20, seed=4, workers=2), drawn)
    state = read_state(tmp_path / "m.rowsmith", kind=KIND, version=VERSION)
    after = state["table"]["expected"]["after"]
    assert (after >= 0).any()
    itself = after.copy()
    itself[0, 0] = 0
    for wrong in (itself, after[:-1], after - 1):
        state["table"]["expected"] = {**state["table"]["expected"], "after": wrong}
        write_state(tmp_path / "bad.rowsmith", state, kind=KIND, version=VERSION)
        with pytest.raises(ModelFileError, match="damaged"):
            rs.load(tmp_path / "bad.rowsmith")


def test_a_scenario_moves_the_other_prices_too_and_keeps_their_order(model):
    plain = model.sample(100, seed=5)
    moved = model.sample(100, seed=5, shift={"open": 20})
    assert not broken(moved).any()
    assert firsts(moved)[PRICES].mean().min() > firsts(plain)[PRICES].mean().max()


def test_columns_that_nothing_bounds_are_learnt_as_they_were(real):
    other = real[["ticker", "day", "open", "trades"]]
    model = rs.fit(other, entity="ticker", time="day", seed=2)
    assert (model.table.expected.after < 0).all()
    assert not model.table.expected.columns.any()
