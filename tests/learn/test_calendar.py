"""Columns that are read off a date or a moment are found and computed."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rowsmith as rs

N = 700


def moments(seed=0):
    return pd.Series(
        pd.Timestamp("2020-01-01") + pd.to_timedelta(np.random.default_rng(seed).integers(0, 2 * 10**6, N), unit="m")
    )


PARTS = {
    "year": lambda t: t.dt.year,
    "month": lambda t: t.dt.month,
    "weekday": lambda t: t.dt.day_of_week + 1,
    "hour": lambda t: t.dt.hour,
    "yyyymm": lambda t: t.dt.year * 100 + t.dt.month,
    "seconds": lambda t: (t - pd.Timestamp("1970-01-01")) // pd.Timedelta(seconds=1),
    "day": lambda t: t.dt.date,
    "again": lambda t: t,
    "name": lambda t: t.dt.day_name(),
    "period": lambda t: t.dt.strftime("%Y-%m"),
    "week": lambda t: t.dt.strftime("%G-W%V"),
    "quarter": lambda t: t.map(lambda d: f"{d.year}-Q{(d.month + 2) // 3}"),
    "weekend": lambda t: t.dt.day_of_week >= 5,
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_found_and_right_in_every_drawn_row(name):
    at = moments()
    data = pd.DataFrame({"at": at, name: PARTS[name](at), "noise": np.arange(N) % 7})
    schema = rs.inspect(data)
    assert list(schema.only[1].rules) == [f"{name} computed"]
    twin = rs.fit(data, schema=schema, seed=1).sample(1500, seed=2)
    assert twin[name].dtype == data[name].dtype
    assert (twin[name] == PARTS[name](twin["at"])).all()


def test_many_parts_of_one_moment_stand_together():
    at = moments()
    data = pd.DataFrame({"at": at} | {name: part(at) for name, part in PARTS.items()})
    rules = rs.inspect(data).only[1].rules
    assert set(rules) == {f"{name} computed" for name in PARTS}
    twin = rs.fit(data, seed=1).sample(500, seed=2)
    assert all((twin[name] == part(twin["at"])).all() for name, part in PARTS.items())


def test_gaps_stay_gaps():
    at = moments()
    at[::9] = pd.NaT
    data = pa.table({"at": pa.array(at), "month": pa.array(at.dt.month.astype("Int64"))})
    twin = rs.fit(data, seed=1).sample(1500, seed=2)
    assert twin["at"].null_count > 80
    assert twin["at"].is_null().equals(twin["month"].is_null())


def test_what_has_nothing_to_do_with_a_moment_is_left_alone():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {
            "at": moments(),
            "month": rng.integers(1, 13, N),
            "hour": rng.integers(0, 24, N),
            "name": rng.choice(["Monday", "Friday"], N),
        }
    )
    assert rs.inspect(data).only[1].rules == {}
