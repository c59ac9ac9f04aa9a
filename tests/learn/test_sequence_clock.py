"""Times as ticks and back."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import DataError
from rowsmith.learn._sequence_clock import Clock, fit_clock


def clock_of(values):
    times = pa.array(values) if not isinstance(values, pa.Array) else values
    return times, fit_clock(times, np.arange(len(times)) > 0)


@pytest.mark.parametrize(
    ("values", "count", "step"),
    [
        (np.arange(0, 500, 7), "line", 7),
        (pd.date_range("2024-01-01", periods=50, freq="15min"), "line", 900_000_000),
        (pd.date_range("2024-02-28", periods=60, freq="D", tz="Europe/Vienna"), "wall", 86_400_000_000),
        (pd.date_range("2024-02-28", periods=60, freq="h", tz="Europe/Vienna"), "line", 3_600_000_000),
        (pd.date_range("2024-01-31", periods=20, freq="ME"), "month", 1),
        (pd.date_range("2024-01-01", periods=20, freq="QS"), "month", 3),
        (np.round(1900 + np.arange(60) / 12, 6), "part", pytest.approx(1e6 / 12, rel=1e-5)),
        (np.arange(40) * 0.25, "line", 25),
    ],
    ids=[
        "whole",
        "quarters of an hour",
        "days of a zone",
        "hours of a zone",
        "month ends",
        "quarters",
        "twelfths",
        "fractions",
    ],
)
def test_the_clock_is_the_coarsest_in_which_gaps_are_whole(values, count, step):
    times, clock = clock_of(pa.array(values).cast(pa.timestamp("us", values.tz)) if hasattr(values, "tz") else values)
    assert clock.count == count
    assert clock.step == step
    again = Clock.from_state(clock.state())
    assert again.times(again.line(times)).equals(times)


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=30, unique=True).map(sorted),
    st.sampled_from(["s", "ms", "us"]),
    st.sampled_from([None, "UTC", "America/New_York"]),
)
def test_times_come_back(seconds, unit, zone):
    times = pa.array(np.array(seconds) * {"s": 1, "ms": 10**3, "us": 10**6}[unit]).cast(pa.timestamp(unit, zone))
    _, clock = clock_of(times)
    if clock.count != "wall":  # an hour that the clock shows twice is the first of the two
        assert clock.times(clock.line(times)).equals(times)


@given(
    st.lists(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), min_size=2, max_size=30, unique=True).map(
        sorted
    )
)
def test_dates_come_back(days):
    times, clock = clock_of(pa.array(days))
    assert clock.times(clock.line(times)).equals(times)
    gaps = np.diff(clock.line(times)) / clock.step
    assert (gaps >= 1).all()
    assert (gaps == np.rint(gaps)).all()


def test_local_time_is_ahead_by_what_the_zone_says():
    times, clock = clock_of(pa.array(pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Vienna")))
    seconds = clock.seconds(clock.line(times))
    at, ahead = clock.offsets(int(seconds.min()), int(seconds.max()))
    local = seconds + ahead[np.searchsorted(at, seconds, side="right") - 1]
    hours = [t.hour for t in times.to_pylist()]
    assert (local // 3600 % 24).tolist() == hours


@pytest.mark.parametrize(
    "values",
    [pa.array([True, False]), pa.array(["a", "b"]), pa.array([1, 2], pa.duration("s")), pa.array([1.0, np.inf])],
)
def test_what_is_no_time_is_refused(values):
    with pytest.raises(DataError):
        fit_clock(values, np.array([False, True]))
