"""A single series whose columns bound one another and whose ways change over time, as those of prices do."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs

ROWS, PART = 3000, 1000


def prices():
    """Prices of days: at first one a day, then four, of which the first is the last of the day before; on some days none moves."""
    rng = np.random.default_rng(5)
    spread = 0.008 * np.exp(0.5 * np.sin(np.arange(ROWS) / 40))
    move = spread * rng.standard_t(4, ROWS)
    move[rng.random(ROWS) < 0.03] = 0.0
    close = np.round(20 * np.exp(np.cumsum(move)), 6)
    opening = np.append(close[0], close[:-1])
    above, below = (np.where(rng.random(ROWS) < 0.2, 0.0, spread * rng.exponential(0.5, ROWS)) for _ in range(2))
    high = np.round(np.maximum(opening, close) * np.exp(above), 6)
    low = np.round(np.minimum(opening, close) * np.exp(-below), 6)
    early = np.arange(ROWS) < PART
    opening, high, low = (np.where(early, close, each) for each in (opening, high, low))
    days = pd.date_range("1990-01-01", periods=ROWS, freq="D")
    return pd.DataFrame({"day": days, "low": low, "high": high, "open": opening, "close": close})


@pytest.fixture(scope="module")
def pair():
    real = prices()
    return real, rs.fit(real, time="day", seed=2).sample(seed=2)


def test_prices_keep_their_order_to_the_last_digit(pair):
    _, twin = pair
    low, high = twin[["open", "close"]].min(axis=1), twin[["open", "close"]].max(axis=1)
    assert (twin["low"] <= low).all()
    assert (twin["high"] >= high).all()


def test_how_often_prices_are_equal_is_as_it_was_in_each_part_of_the_time(pair):
    shares = []
    for table in pair:
        carried = table["open"] == table["close"].shift()
        equal = {"one": (table["low"] == table["high"]), "carried": carried, "top": table["high"] == table["close"]}
        shares.append(pd.DataFrame(equal).groupby(np.arange(ROWS) // PART).mean())
    assert shares[0]["one"].round(2).tolist()[0] == 1
    assert (shares[1] - shares[0]).abs().to_numpy().max() < 0.12


def test_days_without_a_move_come_as_often_and_in_all_columns(pair):
    real, twin = ((t["close"] == t["close"].shift()).mean() for t in pair)
    assert 0.015 < real < 0.05
    assert real / 2 < twin < 2 * real


def test_steps_are_as_large_and_as_heavy_in_the_tails(pair):
    real, twin = (np.log(t["close"]).diff().dropna() for t in pair)
    assert 0.75 < twin.abs().mean() / real.abs().mean() < 1.33
    assert 0.5 < twin.kurt() / real.kurt() < 2
