"""Dates, times, timestamps, lengths of time, and the zones and lines of time behind them."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from tests.samplers._make import LEVEL, make, sampler

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._calendar import PROFILES
from rowsmith.samplers._spans import span
from rowsmith.samplers._timeline import Finder, Timeline
from rowsmith.samplers._zone import offsets_of

N = 40_000
DAY = 86_400 * 10**6
EPOCH = dt.datetime(1970, 1, 1)


def days_of(values):
    return values.cast(pa.int32()).to_numpy(zero_copy_only=False)


def counts_of(values):
    """Units since 1970, in UTC where there is a zone."""
    return (
        (values.cast(pa.int32()) if pa.types.is_date(values.type) else values)
        .cast(pa.int64())
        .to_numpy(zero_copy_only=False)
    )


def clock(values, zone):
    """Python's own view of the clock on the wall: hours and dates."""
    where = ZoneInfo(zone)
    moments = [dt.datetime.fromtimestamp(int(c) / 1e6, where) for c in counts_of(values)]
    return np.array([m.hour for m in moments]), [m.date() for m in moments]


def day(text):
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def fits(counts, weights):
    weights = np.asarray(weights, dtype=float)
    assert (counts[weights == 0] == 0).all()
    counts, weights = counts[weights > 0], weights[weights > 0]
    return stats.chisquare(counts, weights / weights.sum() * counts.sum()).pvalue > LEVEL


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


def test_null_columns_give_null_and_no_rows_give_none():
    given = {"x": pa.nulls(3)}
    assert make("timestamp", 3, 0, given, after="x", within="1 day").null_count == 3
    assert len(make("date", 0, 0, {"x": pa.array([], pa.date32())}, after="x", within="1 day")) == 0


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
        ({"between": ["1 ms", "2 ms"]}, "not a unit"),
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


def test_rows_in_pieces_have_bounds_of_their_own():
    """The weights of a line made from the rows alone are those of the whole line."""
    given = columns(1000)
    with_line = sampler(
        "date", after="seen", within="20 days", weekday={"sun": 0}, between=["2010-01-01", "2030-01-01"]
    )
    without = sampler("date", after="seen", within="20 days", weekday={"sun": 0})
    assert with_line.sample(Rows(0, 1000), Key(1), given).equals(without.sample(Rows(0, 1000), Key(1), given))
