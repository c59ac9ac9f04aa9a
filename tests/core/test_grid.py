"""The engine of everything on a number line."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.columns.conftest import KEY, again, check, fit

from rowsmith.core.errors import SpecError
from rowsmith.core.grid import fit_grid
from rowsmith.core.line import from_line, to_line
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key

INTS = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())


@st.composite
def whole(draw):
    kind = draw(st.sampled_from(INTS))
    info = np.iinfo(kind.to_pandas_dtype())
    some = st.integers(int(info.min), int(info.max)) | st.integers(0, min(60, int(info.max)))
    return pa.array(draw(st.lists(some | st.none(), min_size=1, max_size=80)), kind)


@st.composite
def floats(draw):
    kind, width = draw(st.sampled_from([(pa.float64(), 64), (pa.float32(), 32)]))
    some = st.floats(width=width) | st.integers(-100, 100).map(lambda i: i / 4)
    return pa.array(draw(st.lists(some | st.none(), min_size=1, max_size=80)), kind)


def in_range(made, values):
    a, b = made.drop_null().to_numpy(zero_copy_only=False), values.drop_null().to_numpy(zero_copy_only=False)
    a, b = a[np.isfinite(a.astype(float))], b[np.isfinite(b.astype(float))]
    return len(a) == 0 or (a.min() >= b.min() and a.max() <= b.max())


@given(whole(), st.sampled_from([1, 2, 7, 128]))
def test_whole_numbers_come_back_in_their_bins_and_range(values, bins):
    assert in_range(check(fit("integer", values, bins=bins), values), values)


@given(floats(), st.sampled_from([1, 2, 7, 128]))
def test_floats_too_with_infinities_and_not_a_number(values, bins):
    codec = fit("float", values, bins=bins)
    made = check(codec, values)
    assert in_range(made, values)
    for odd in (np.isnan, np.isposinf, np.isneginf):
        pair = [odd(np.array([np.pi if v is None else v for v in x.to_pylist()])) for x in (made, values)]
        assert np.array_equal(*pair)


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, max_size=60))
def test_decimals(values):
    check(fit("decimal", pa.array(values, pa.decimal128(12, 2))), pa.array(values, pa.decimal128(12, 2)))


@given(st.lists(st.datetimes(), min_size=1, max_size=60), st.sampled_from(["s", "ms", "us"]))
def test_timestamps_of_any_year(values, unit):
    stamps = pa.array(values, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    check(fit("timestamp", stamps), stamps)


@given(st.lists(st.dates(), min_size=1, max_size=60))
def test_dates_of_any_year(values):
    for kind in (pa.date32(), pa.date64()):
        check(fit("date", pa.array(values, kind)), pa.array(values, kind))


@pytest.mark.parametrize(
    "kind",
    [pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(38, 2), pa.decimal256(60, 2), pa.decimal128(5, -2)],
    ids=str,
)
def test_decimals_of_every_width(kind):
    values = pa.array([Decimal("1200"), Decimal("-700"), Decimal("0")], kind)
    assert from_line(to_line(values), kind).equals(values)


@pytest.mark.parametrize(
    "kind",
    [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.duration("ns"), pa.float16()],
    ids=str,
)
def test_every_type_on_the_line_comes_back(kind):
    values = pa.array([0, 3600, 7], pa.int32()).cast(pa.float16() if kind == pa.float16() else pa.int64())
    values = (
        values if kind == pa.float16() else values.cast(pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
    )
    assert from_line(to_line(values), kind).equals(values)


def test_a_spike_keeps_its_share_and_nothing_else_falls_on_it():
    rng = np.random.default_rng(0)
    values = pa.array(np.where(rng.random(4000) < 0.3, 0, np.round(rng.lognormal(3, 1, 4000) - 10, 2)))
    made = again(fit("float", values), values)
    zeros = [np.sum(np.asarray(x) == 0) for x in (made, values)]
    assert zeros[0] == zeros[1]


def test_the_lattice_is_kept():
    rng = np.random.default_rng(0)
    for step in (5, 250):
        made = again(fit("integer", pa.array(rng.integers(0, 10**5, 900) * step + 3)), pa.array([step * 77 + 3] * 50))
        assert ((np.asarray(made) - 3) % step == 0).all()
    prices = pa.array(np.round(rng.integers(0, 4000, 900) * 0.05, 2))
    made = np.asarray(again(fit("float", prices), prices))
    assert np.allclose(made * 20, np.rint(made * 20), atol=1e-6)
    assert set(np.char.str_len(np.char.partition(made.astype(str), ".")[:, 2]).tolist()) <= {1, 2}


def test_times_keep_the_resolution_in_which_they_were_noted():
    values = pa.array([dt.datetime(2024, 1, 1, 5), dt.datetime(2024, 5, 1, 7)], pa.timestamp("ns"))
    codec = fit("timestamp", values)
    made = codec.decode(np.zeros(100, np.uint16), Rows(0, 100), KEY)
    assert all(m.minute == m.second == m.nanosecond == 0 for m in made.to_pylist())


def test_the_end_of_time_is_a_spike_even_if_it_is_rare():
    days = [dt.date(2020, 1, 1) + dt.timedelta(i) for i in range(200)]
    values = pa.array([*days, dt.date(9999, 12, 31)])
    made = again(fit("date", values), values).to_pylist()
    assert made[-1] == dt.date(9999, 12, 31)
    assert max(made[:-1]) <= max(days)
    numbers = pa.array([*range(0, 4000, 7), -999_999, -999_999])
    assert again(fit("integer", numbers), numbers).to_pylist()[-2:] == [-999_999] * 2


def test_few_values_are_kept_exactly_and_unique_ones_are_not():
    few = pa.array([1, 2, 5] * 20)
    assert fit("integer", few).exact
    assert again(fit("integer", few), few).equals(few)
    rng = np.random.default_rng(1)
    unique = rng.lognormal(10, 1, 2000)
    grid = fit_grid(unique, bins=128, knots=8)
    kept = np.concatenate([grid.low, grid.high, grid.knots.ravel()])
    assert np.isin(unique, kept).sum() <= 2  # the smallest and the largest
    small = pa.array(rng.integers(20_000, 90_000, 100))
    assert np.isin(np.asarray(again(fit("integer", small), small)), np.asarray(small)).mean() < 0.1


def test_the_law_inside_bins_is_kept():
    values = np.random.default_rng(2).lognormal(0, 1, 20_000)
    made = np.asarray(again(fit("float", pa.array(values)), pa.array(values)))
    for q in (0.01, 0.25, 0.5, 0.9, 0.99):
        assert np.quantile(made, q) == pytest.approx(np.quantile(values, q), rel=0.02)


def test_a_value_never_seen_gets_the_nearest_code():
    codec = fit("integer", pa.array([0, 100] * 50))
    assert codec.encode(pa.array([-5, 49, 51, 400])).tolist() == [0, 0, 1, 1]


def test_settings_out_of_range_are_refused():
    with pytest.raises(SpecError, match="bins=0"):
        fit("integer", pa.array([1]), bins=0)
    with pytest.raises(SpecError, match="knots=100"):
        fit("float", pa.array([1.5]), knots=100)


def points(codec):
    counts = codec.counts()
    codes = np.repeat(np.arange(codec.size, dtype=np.uint16), counts)
    return codec.point(codes, np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts))


@given(st.lists(st.integers(-500, 500), min_size=1, max_size=80), st.sampled_from([1, 2, 7, 128]))
def test_points_rise_and_hold_every_value_that_can_be_drawn(values, bins):
    values = pa.array(values, pa.int64())
    codec = fit("integer", values, bins=bins)
    every = points(codec).to_pylist()
    assert every == sorted(set(every))
    assert min(every) == min(values.to_pylist())
    assert max(every) == max(values.to_pylist())
    assert set(again(codec, values).to_pylist()) <= set(every)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ([d for d in range(30) if d not in (7, 8, 20)] * 4, {7, 8, 20}),  # days on which nothing was sold
        ([3, 17, 44, 101] * 9, set()),  # numbers that are names
        ([*range(0, 300, 10), 9_999_999] * 4, set()),  # a mark for "no end"
        ([d for d in range(0, 300, 10) if d != 50] * 4, {50}),
    ],
)
def test_values_between_are_points_where_the_line_is_nearly_covered(values, missing):
    for each in (pa.array(values), pa.array(np.array(values, "datetime64[D]"))):
        every = to_line(points(fit("integer" if pa.types.is_integer(each.type) else "date", each)))
        assert set(every.tolist()) == set(values) | missing


def test_floats_are_counted_where_they_have_a_lattice():
    assert fit("float", pa.array(np.random.default_rng(0).normal(size=500))).counts() is None
    every = points(fit("float", pa.array([0.5, np.nan, 0.75, np.inf, 1.25] * 9)))
    assert every.to_pylist()[:5] == [0.5, 0.75, 1.0, 1.25, np.inf]
    assert len(every) == 6


def test_ends_are_shared_by_several_rows_unless_the_column_is_public():
    values = pa.array(np.r_[np.random.default_rng(2).normal(0, 1, 2000), 50.0, 60.0, -70.0])
    drawn = fit("float", values).decode(
        np.repeat(np.arange(fit("float", values).size, dtype=np.uint16), 50), Rows(0, 50), Key(1)
    )
    ordered = np.sort(values.to_numpy())
    low, high = pa.compute.min_max(drawn).values()
    assert low.as_py() >= ordered[4]
    assert high.as_py() <= ordered[-5]
    public = fit("float", values, ends=1).decode(np.full(2000, 127, dtype=np.uint16), Rows(0, 2000), Key(1))
    assert pa.compute.max(public).as_py() > ordered[-5]
    few = pa.array([1, 2, 3, 900] * 30)
    assert set(again(fit("integer", few), few).to_pylist()) == {1, 2, 3, 900}
