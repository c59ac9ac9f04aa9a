"""A counter that reaches the end of what may be drawn starts anew; it does not stay there."""

import numpy as np
import pandas as pd

import rowsmith as rs

ENTITIES, ROWS = 240, 80


def counting():
    """Hours of rain: one more each hour, until it stops; in two weeks it does not."""
    rng = np.random.default_rng(4)
    rows = []
    for week in range(ENTITIES):
        now, stops = 0, 0.0 if week < 2 else 0.25
        for hour in range(ROWS):
            goes = rng.random() > stops if now else rng.random() < 0.1
            now = now + 1 if goes else 0
            rows.append((week, pd.Timestamp("2024-01-01") + pd.Timedelta(hours=hour), now))
    return pd.DataFrame(rows, columns=["week", "at", "rain"])


def test_a_counter_does_not_stay_at_its_end():
    real = counting()
    twin = rs.fit(real, entity="week", time="at", seed=1).sample(seed=2)
    before = twin.groupby("week")["rain"].shift()
    assert twin["rain"].max() < real["rain"].max()
    assert twin["rain"].max() >= 10
    assert not ((twin["rain"] == before) & (before > 0)).any()
