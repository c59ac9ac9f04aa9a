"""Dates, and the bounds of dates and timestamps in every row."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.samplers._make import N, make, sampler
from tests.samplers._times import DAY, counts_of, day, fits

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.spans import span
from rowsmith.samplers._zone import offsets_of


def days_of(values):
    return values.cast(pa.int32()).to_numpy(zero_copy_only=False)


@pytest.mark.parametrize("seed", range(3))
def test_plain_dates_are_even_and_both_ends_come(seed):
    found = days_of(make("date", N, seed, between=["2024-01-30", "2024-03-02"]))
    first, last = day("2024-01-30"), day("2024-03-02")
    assert fits(np.bincount(found - first, minlength=last - first + 1), np.ones(last - first + 1))


@pytest.mark.parametrize("seed", range(3))
def test_weights_of_days_are_multiplied(seed):
    made = make(
        "date",
        N,
        seed,
        between=["2023-01-01", "2024-12-31"],
        weekday={"mon": 3, "Saturday": 0.5, "sun": 0},
        yearly={"aug": 0, "december": 4},
        holidays=["12-25", dt.date(2024, 5, 1)],
        holiday_weight=10,
        trend="+100%/year",
    )
    first = dt.date(2023, 1, 1)
    weights = []
    for i in range(731):
        d = first + dt.timedelta(days=i)
        w = {0: 3, 5: 0.5, 6: 0}.get(d.weekday(), 1) * {8: 0, 12: 4}.get(d.month, 1)
        w *= 10 if (d.month, d.day) == (12, 25) or d == dt.date(2024, 5, 1) else 1
        weights.append(w * 2 ** (i / 365.2425))
    assert fits(np.bincount(days_of(made) - day("2023-01-01"), minlength=731), weights)


@pytest.mark.parametrize("trend", ["+20%/year", 0.2, "-30% per month", "5%/week"])
def test_growth_is_the_rate(trend):
    made = days_of(make("date", N, between=["2020-01-01", "2023-12-31"], trend=trend)) - day("2020-01-01")
    rate, period = {"-30% per month": (0.7, 365.2425 / 12), "5%/week": (1.05, 7)}.get(trend, (1.2, 365.2425))
    assert fits_growth(made, np.log(rate) / period, 1461)


def fits_growth(days, rate, length):
    weight = np.exp(rate * np.arange(length) - max(rate * length, 0))
    cumulative = np.cumsum(weight) / weight.sum()
    blocks = np.searchsorted(cumulative, np.linspace(0, 1, 21)[1:-1])
    edges = np.unique(np.concatenate(([0], blocks, [length])))
    return fits(np.histogram(days, edges)[0], np.add.reduceat(weight, edges[:-1]))


def columns(n, seed=0):
    rng = np.random.default_rng(seed)
    start = np.datetime64("2022-01-01", "us").astype(np.int64)
    moments = start + rng.integers(0, 500 * DAY, n)
    none = rng.random(n) < 0.2
    return {
        "signup": pa.array((moments // DAY).astype(np.int32), pa.int32(), mask=none).cast(pa.date32()),
        "seen": pa.array(moments, pa.timestamp("us")),
        "fine": pa.array(moments * 1000 + rng.integers(1000, size=n), pa.timestamp("ns")),
        "closed": pa.array((moments // DAY + rng.integers(0, 60, n)).astype(np.int32), mask=none).cast(pa.date32()),
        "zoned": pa.array(moments, pa.timestamp("us"))
        .cast(pa.timestamp("us", tz="UTC"))
        .cast(pa.timestamp("us", tz="Asia/Kolkata")),
    }


@pytest.mark.parametrize("seed", range(2))
def test_dates_keep_the_bounds_of_every_row(seed):
    given = columns(N, seed)
    made = make("date", N, seed, given, after="signup", within="30 days", weekday={"sat": 0, "sun": 0}, gap="3 days")
    none = given["signup"].is_null().to_numpy(zero_copy_only=False)
    assert (made.is_null().to_numpy(zero_copy_only=False) == none).all()
    found, start = (days_of(a.filter(pa.array(~none))) for a in (made, given["signup"]))
    assert ((found - start >= 3) & (found - start <= 30)).all()
    assert set((found + 3) % 7) == set(range(5))
    for weekday in range(7):  # given the weekday of the start, each working day of its 28 is as likely
        away = found[(start + 3) % 7 == weekday] - start[(start + 3) % 7 == weekday]
        assert fits(np.bincount(away, minlength=31)[3:], [((weekday + d) % 7) < 5 for d in range(3, 31)])


def test_a_missing_upper_bound_is_none_and_the_nearest_bound_counts():
    given = columns(N)
    made = make("date", N, 1, given, between=["2021-12-01", "2023-12-31"], after=["signup", "seen"], before="closed")
    known = ~given["signup"].is_null().to_numpy(zero_copy_only=False)
    found = days_of(made.filter(pa.array(known)))
    low = counts_of(given["seen"])[known] // DAY
    high = given["closed"].cast(pa.int32()).fill_null(day("2023-12-31")).to_numpy(zero_copy_only=False)[known]
    assert (found >= low).all()
    assert (found <= high).all()
    assert made.null_count == (~known).sum()


def test_a_timestamp_bounds_a_date_by_its_local_day():
    late = dt.datetime(2024, 3, 1, 20, tzinfo=dt.UTC)  # already the second of March in India
    given = {"t": pa.array([late] * 50, pa.timestamp("us", tz="Asia/Kolkata"))}
    made = make("date", 50, 0, given, between=["2024-02-01", "2024-03-03"], after="t").to_pylist()
    assert set(made) == {dt.date(2024, 3, 2), dt.date(2024, 3, 3)}


@pytest.mark.parametrize("resolution", ["minute", "second", "millisecond", "microsecond"])
@pytest.mark.parametrize("bound", ["seen", "fine", "zoned", "signup"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_timestamps_keep_the_bounds_of_every_row_exactly(resolution, bound, zone):
    n = 4000
    given = columns(n)
    tight = {"minute": "90 seconds", "second": "1500 milliseconds"}.get(resolution, "1100 microseconds")
    settings = {"after": bound, "within": tight, "resolution": resolution, "if_empty": "null"}
    made = make("timestamp", n, 2, given, hour="day", **settings, **({"zone": zone} if zone else {}))
    some = pc.and_(given[bound].is_valid(), made.is_valid())
    start, found = (counts_of(column.filter(some)) for column in (given[bound], made))
    start = start * {"signup": 86_400 * 10**9, "fine": 1}.get(bound, 1000)
    if zone and bound != "zoned":  # a clock on the wall in that zone
        start = offsets_of(zone, 0, int(start.max() // 1000)).utc(start // 1000) * 1000 + start % 1000
    if not zone and bound == "zoned":
        start = start + 19_800 * 10**9
    away = found * 1000 - start
    assert len(away) > 0.3 * n
    assert (away >= 0).all()
    assert (away <= span(tight, "x") * 1000).all()
    unit = {"minute": 60 * 10**6, "second": 10**6, "millisecond": 1000, "microsecond": 1}[resolution]
    assert (found % unit == 0).all()


def test_the_only_possible_moment_is_found():
    moments = np.arange(1000) * 7_777_777
    given = {"a": pa.array(moments, pa.timestamp("us"))}
    made = make(
        "timestamp",
        1000,
        0,
        given,
        after="a",
        before="a",
        between=["1970-01-01", "2100-01-01"],
        resolution="microsecond",
    )
    assert (counts_of(made) == moments).all()


def test_a_date_bounds_a_timestamp_by_all_of_its_day():
    given = {"d": pa.array([day("2024-03-31")] * 3000, pa.int32()).cast(pa.date32())}
    made = make(
        "timestamp", 3000, 0, given, after="d", before="d", between=["2024-01-01", "2024-12-31"], zone="Europe/Berlin"
    )
    found = counts_of(made)
    first = dt.datetime(2024, 3, 31, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1e6
    last = dt.datetime(2024, 4, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1e6
    assert last - first == 23 * 3600e6
    assert found.min() >= first
    assert found.max() < last
    assert found.max() - found.min() > 22.8 * 3600e6


@pytest.mark.parametrize(("end", "last"), [("2024-01-02", 2 * 86_400 - 1), ("2024-01-02 12:00", 129_600)])
def test_a_date_ends_with_its_day_and_a_moment_at_itself(end, last):
    made = counts_of(make("timestamp", 200_000, between=["2024-01-01", end], hour=[1, *[0] * 10, 1, 1, *[0] * 10, 1]))
    second = made // 10**6 - day("2024-01-01") * 86_400
    assert second.min() == 0
    assert last - 5 < second.max() <= last


@pytest.mark.parametrize("kind", ["date", "timestamp"])
def test_impossible_bounds_are_refused_with_the_column_or_null(kind):
    given = {"signup": pa.array([day("2023-01-01"), day("2024-06-01")], pa.int32()).cast(pa.date32())}
    bad = {"between": ["2022-01-01", "2023-12-31"], "after": "signup"}
    with pytest.raises(SpecError, match=r"after='signup': leaves no .* in 1 of 2 rows .*signup is 2024-06-01"):
        make(kind, 2, 0, given, **bad)
    assert make(kind, 2, 0, given, **bad, if_empty="null").is_valid().to_pylist() == [True, False]


@pytest.mark.parametrize("kind", ["date", "timestamp"])
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({}, "between: expected the first and last day"),
        ({"after": "x"}, "between: expected"),
        ({"between": ["2024-01-01"]}, "expected the first and the last"),
        ({"between": ["2024-02-30", "2024-03-01"]}, "'2024-02-30' is not a date"),
        ({"between": ["2024-03-02", "2024-03-01"]}, "earlier end first"),
        ({"between": ["2024-03-02", "2024-03-03"], "weekday": {"mon": 1, "sat": 0, "sun": 0}}, "all days"),
        ({"between": ["2024-01-01", "2024-03-01"], "weekday": {"mond": -1}}, "weekday.mond=-1"),
        ({"between": ["2024-01-01", "2024-03-01"], "weekday": {"xyz": 1}}, "'xyz' is not known"),
        ({"between": ["2024-01-01", "2024-03-01"], "yearly": {"jan": 0, "feb": 0, "mar": 0}}, "all days"),
        ({"between": ["2024-01-01", "2024-03-01"], "trend": "fast"}, "trend='fast'"),
        ({"between": ["2024-01-01", "2024-03-01"], "trend": -1}, "greater than -100%"),
        ({"between": ["2024-01-01", "2024-03-01"], "holidays": ["13-01"]}, "'13-01' is not a day"),
        ({"between": ["2024-01-01", "2024-03-01"], "holiday_weight": -1}, "holiday_weight=-1"),
        ({"between": ["2024-01-01", "2024-03-01"], "within": "3 days"}, "expected `after` as well"),
        ({"after": "x", "within": "3 moons"}, "'moons' is not a unit"),
        ({"after": "x", "within": "soon"}, "within='soon'"),
        ({"after": "x", "within": "1 day", "gap": "2 days"}, "gap to be the shorter"),
    ],
)
def test_dated_kinds_refuse(kind, bad, words):
    with pytest.raises(SpecError, match=words):
        sampler(kind, **bad)


def test_null_columns_give_null_and_no_rows_give_none():
    given = {"x": pa.nulls(3)}
    assert make("timestamp", 3, 0, given, after="x", within="1 day").null_count == 3
    assert len(make("date", 0, 0, {"x": pa.array([], pa.date32())}, after="x", within="1 day")) == 0


def test_rows_in_pieces_have_bounds_of_their_own():
    """The weights of a line made from the rows alone are those of the whole line."""
    given = columns(1000)
    with_line = sampler(
        "date", after="seen", within="20 days", weekday={"sun": 0}, between=["2010-01-01", "2030-01-01"]
    )
    without = sampler("date", after="seen", within="20 days", weekday={"sun": 0})
    assert with_line.sample(Rows(0, 1000), Key(1), given).equals(without.sample(Rows(0, 1000), Key(1), given))
