"""Timestamps by the clock on the wall, times of day, lengths of time, and the zones and lines of time behind them."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from tests.samplers._make import LEVEL, N, make, sampler
from tests.samplers._times import DAY, counts_of, day, fits

from rowsmith.core.errors import SpecError
from rowsmith.samplers._calendar import PROFILES
from rowsmith.samplers._timeline import Finder, Timeline
from rowsmith.samplers._zone import offsets_of

EPOCH = dt.datetime(1970, 1, 1)


def clock(values, zone):
    """Python's own view of the clock on the wall: hours and dates."""
    where = ZoneInfo(zone)
    moments = [dt.datetime.fromtimestamp(int(c) / 1e6, where) for c in counts_of(values)]
    return np.array([m.hour for m in moments]), [m.date() for m in moments]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "+05:30"])
@pytest.mark.parametrize("seed", range(2))
def test_hours_are_those_of_the_clock_on_the_wall(zone, seed):
    span_ = ["2024-01-01", "2024-12-31"]
    made = make("timestamp", 20_000, seed, between=span_, hour="office", zone=zone, weekday={"sat": 0, "sun": 0})
    assert made.type == pa.timestamp("us", tz=zone)
    if zone[0] == "+":
        moments = [EPOCH + dt.timedelta(microseconds=int(c), minutes=330) for c in counts_of(made)]
        hours, dates = np.array([m.hour for m in moments]), [m.date() for m in moments]
    else:
        hours, dates = clock(made, zone)
    assert fits(np.bincount(hours, minlength=24), PROFILES["office"])
    weekdays = np.bincount([d.weekday() for d in dates], minlength=7)
    assert fits(weekdays, [53, 53, 52, 52, 52, 0, 0])
    assert {d.year for d in dates} == {2024}


def test_parts_of_days_and_hours_weigh_less():
    half = {"between": ["2024-01-01 12:00", "2024-01-02 23:59:59"]}
    for settings_ in ({}, {"hour": [3] * 12 + [1] * 12}):
        day_number = counts_of(make("timestamp", N, **half, **settings_)) // DAY - day("2024-01-01")
        assert fits(np.bincount(day_number), [1, 4] if settings_ else [1, 2])
    short = counts_of(make("timestamp", N, between=["2024-01-01 07:45", "2024-01-01 08:59:59"], hour=list(range(24))))
    assert fits(np.bincount(short // (3600 * 10**6) % 24)[7:], [7 / 4, 8])


def test_skipped_hours_never_come_and_repeated_ones_come_twice():
    only_two = [0, 0, 1, *[0] * 21]
    spring = {"between": ["2024-03-31", "2024-04-01"], "zone": "Europe/Berlin", "hour": only_two}
    hours, dates = clock(make("timestamp", 2000, **spring), "Europe/Berlin")
    assert set(hours) == {2}
    assert set(dates) == {dt.date(2024, 4, 1)}
    autumn = {"between": ["2024-10-27", "2024-10-28"], "zone": "Europe/Berlin", "hour": only_two}
    made = counts_of(make("timestamp", 30_000, **autumn))
    hours, dates = clock(pa.array(made), "Europe/Berlin")
    assert set(hours) == {2}
    utc = made // 3_600_000_000 % 24
    assert fits(np.bincount(utc, minlength=24)[[0, 1]], [1, 2])  # 1:00 UTC is two o'clock on both days
    assert sum(d == dt.date(2024, 10, 27) for d in dates) > 19_000


@settings(max_examples=60, deadline=None)
@each(
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"]),
    st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=50),
)
def test_offsets_are_those_of_python(zone, seconds):
    utc = np.array(seconds) * 10**6
    offsets = offsets_of(zone, int(utc.min()), int(utc.max()))
    where = ZoneInfo(zone)
    local = [dt.datetime.fromtimestamp(s, where) for s in seconds]
    naive = [m.replace(tzinfo=None) for m in local]
    assert offsets.local(utc).tolist() == [(m - EPOCH) // dt.timedelta(microseconds=1) for m in naive]
    back = offsets.utc(offsets.local(utc))
    assert back.tolist() == [round(m.replace(tzinfo=where, fold=0).timestamp() * 1e6) for m in naive]
    late = offsets.utc(offsets.local(utc), late=True)
    assert late.tolist() == [round(m.replace(tzinfo=where, fold=1).timestamp() * 1e6) for m in naive]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_offsets_are_those_of_python_where_clocks_change(zone):
    first, last = (round(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp()) * 10**6 for year in (2005, 2030))
    offsets, where = offsets_of(zone, first, last), ZoneInfo(zone)
    changes = offsets.starts[(offsets.starts > first) & (offsets.starts < last)]
    assert len(changes) >= 24
    utc = (changes[:, None] + np.array([-3600, -1800, -1, 0, 1, 900, 1799, 3601]) * 10**6).ravel()
    local = [dt.datetime.fromtimestamp(int(c) // 10**6, where) for c in utc]
    walls = [m.replace(tzinfo=None) for m in local]
    counts = np.array([(m - EPOCH) // dt.timedelta(microseconds=1) for m in walls])
    assert (offsets.local(utc) == counts).all()
    assert len(set(counts)) < len(utc)  # some times come twice
    for late in (False, True):
        expected = [round(m.replace(tzinfo=where, fold=late).timestamp() * 1e6) for m in walls]
        assert offsets.utc(counts, late=late).tolist() == expected


def test_a_skipped_time_is_taken_for_one_after_the_skip():
    local = np.array([(dt.datetime(2024, 3, 31, 2, 30) - EPOCH) // dt.timedelta(microseconds=1)])
    offsets = offsets_of("Europe/Berlin", int(local[0]), int(local[0]))
    for late in (False, True):
        assert offsets.local(offsets.utc(local, late=late))[0] - local[0] == 3_600_000_000


@settings(max_examples=200, deadline=None)
@each(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from([0.0, 1e-9, 1.0, 3.0, 1e9])), min_size=1, max_size=12),
    st.integers(-3, 40),
    st.integers(-3, 40),
    st.floats(0, 1, exclude_max=True),
)
def test_a_line_of_time_gives_what_has_weight_within_the_bounds(cells, low, high, u):
    ends = np.cumsum([size for size, _ in cells])
    starts = ends - [size for size, _ in cells]
    weights = np.array([weight for _, weight in cells])
    possible = [i for s, e, w in zip(starts, ends, weights, strict=True) if w for i in range(s, e) if low <= i <= high]
    line = Timeline.of(starts, ends, weights)
    values, empty = line.draw(np.array([u]), np.array([low]), np.array([high]))
    assert bool(empty[0]) == (not possible)
    assert empty[0] or values[0] in possible


@settings(max_examples=100, deadline=None)
@each(st.lists(st.integers(-50, 10**6), min_size=1, max_size=60), st.lists(st.integers(-(10**9), 10**9), max_size=30))
def test_a_finder_finds_what_searchsorted_finds(edges, values):
    edges, values = np.sort(np.array(edges)), np.array([*values, *edges, 2**63 - 1], dtype=np.int64)
    assert Finder.of(edges).find(values).tolist() == np.searchsorted(edges, values, side="right").tolist()
    real = edges / 7.0
    assert Finder.of(real).find(real).tolist() == np.searchsorted(real, real, side="right").tolist()


def test_timestamp_refuses():
    for bad, words in (
        ({"zone": "Europe/Atlantis"}, "zone='Europe/Atlantis'"),
        ({"zone": "../x"}, "expected a time zone"),
        ({"hour": [1, 2]}, "expected 24 weights"),
        ({"hour": [0] * 24}, "expected 24 weights"),
        ({"between": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "2024-02-01"]}, "has a time zone"),
    ):
        with pytest.raises(SpecError, match=words):
            sampler("timestamp", **{"between": ["2024-01-01", "2024-03-01"]} | bad)
    with pytest.raises(SpecError, match=r"after='x': the column is string"):
        make("date", 1, 0, {"x": pa.array(["a"])}, after="x", within="1 day")


def test_moments_with_a_zone_are_those_moments():
    ends = [dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC), dt.datetime(2024, 1, 1, 12, 0, 1, tzinfo=dt.UTC)]
    made = counts_of(make("timestamp", 100, between=ends, zone="Asia/Tokyo"))
    assert set(made) == {round(e.timestamp() * 1e6) for e in ends}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("settings_", "weights"),
    [
        ({}, np.ones(24)),
        ({"hour": "office"}, PROFILES["office"]),
        ({"hour": "day", "between": ["06:00", "08:59:59"]}, [0] * 6 + [3, 5, 7] + [0] * 15),
        ({"between": ["22:00", "01:59:59"], "resolution": "millisecond"}, [1, 1] + [0] * 20 + [1, 1]),
        ({"hour": list(range(24)), "resolution": "minute"}, range(24)),
    ],
)
def test_times_of_day_follow_the_hours(settings_, weights, seed):
    made = make("time", N, seed, **settings_).to_pylist()
    assert fits(np.bincount([t.hour for t in made], minlength=24), weights)
    assert fits(np.bincount([t.minute for t in made], minlength=60), np.ones(60))
    fine = settings_.get("resolution")
    assert any(t.second for t in made) == (fine != "minute")
    assert any(t.microsecond for t in made) == (fine == "millisecond")


def test_both_ends_of_a_time_come_and_bad_ones_are_refused():
    made = make("time", 2000, between=["08:30", "8:33"], resolution="minute").to_pylist()
    assert {t.minute for t in made} == {30, 31, 32, 33}
    assert make("time", 5, resolution="microsecond").type == pa.time64("us")
    for bad in (
        {"between": ["25:00", "26:00"]},
        {"between": ["08:00"]},
        {"hour": "office", "between": ["20:00", "21:00"]},
    ):
        with pytest.raises(SpecError, match="between"):
            sampler("time", **bad)


def test_lengths_of_time():
    made = counts_of(make("duration", N, between=["1 minute", "62.5 seconds"]))
    assert fits(np.bincount(made // 10**6)[60:], [1, 1, 1])
    days = counts_of(make("duration", N, of={"kind": "poisson", "mean": 3}, unit="days"))
    assert (days % DAY == 0).all()
    law = stats.poisson(3)
    assert fits(np.bincount(np.minimum(days // DAY, 8), minlength=9), np.append(law.pmf(range(8)), law.sf(7)))
    fine = counts_of(
        make("duration", N, of={"kind": "normal", "mean": 9, "sd": 1}, unit="hours", resolution="microsecond")
    )
    assert stats.kstest(fine / 3.6e9, stats.norm(9, 1).cdf).pvalue > LEVEL


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({}, "one of the two"),
        ({"between": ["1 day", "2 days"], "of": {"kind": "normal"}}, "one of the two"),
        ({"between": ["2 days", "1 day"]}, "shorter first"),
        ({"between": ["1 fortnight", "2 fortnights"]}, "not a unit"),
        ({"between": ["1 millisecond", "2 milliseconds"]}, "a second between"),
        ({"of": {"kind": "normal", "sd": -1}}, r"of\.sd=-1"),
        ({"of": {"kind": "category", "values": ["a"]}}, "no distribution"),
    ],
)
def test_duration_refuses(bad, words):
    with pytest.raises(SpecError, match=words):
        sampler("duration", **bad)


def test_a_duration_too_long_is_refused():
    with pytest.raises(SpecError, match="do not fit"):
        make("duration", 1, of={"kind": "normal", "mean": 1e9, "sd": 1}, unit="years")
