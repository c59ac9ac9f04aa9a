import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rowsmith as rs
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.core.values import Sql


def noisy(values, kind=None, **settings):
    table = pa.table({"x": pa.array(values, kind)})
    return rs.augment(table, rs.Noise(columns=("x",), **settings), seed=3).frame["x"]


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=60), st.sampled_from([1, 5, 100]), st.floats(0.01, 3)
)
@settings(max_examples=40, deadline=None)
def test_whole_numbers_stay_on_their_steps_and_between_their_ends(numbers, step, relative):
    numbers = [n * step for n in numbers]
    if min(numbers) == max(numbers):
        return
    out = noisy(numbers, pa.int64(), relative=relative, states=0.0).to_pylist()
    assert min(numbers) <= min(out)
    assert max(out) <= max(numbers)
    if len(set(numbers)) >= 12:
        assert all((n - numbers[0]) % step == 0 for n in out)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([decimal.Decimal(i) / 100 for i in range(1, 90)], pa.decimal128(9, 2)),
        pa.array([i / 100 for i in range(90)], pa.float64()),
        pa.array([i / 4 for i in range(90)], pa.float32()),
        pa.array([i // 2 for i in range(90)], pa.uint8()),
        pa.array([2**63 + i // 2 for i in range(90)], pa.uint64()),
        pa.array([10**18 + i // 2 for i in range(90)], pa.int64()),
    ],
    ids=lambda values: str(values.type),
)
def test_every_type_keeps_its_decimals_and_ends(values):
    out = noisy(values, relative=0.3)
    assert out.type == values.type
    assert out.combine_chunks() != values
    assert pa.compute.min(out).as_py() >= pa.compute.min(values).as_py()
    assert pa.compute.max(out).as_py() <= pa.compute.max(values).as_py()
    if pa.types.is_floating(values.type):
        assert np.array_equal(out.to_numpy(), (out.to_numpy().astype(float).round(2)).astype(out.to_numpy().dtype))


def test_nulls_infinities_and_nans_stay():
    out = noisy([None, float("inf"), float("nan"), 1.5, 2.5, 7.25] * 20, relative=0.5)
    assert out.null_count == 20
    assert np.isinf(out.drop_null().to_numpy()).sum() == 20
    assert np.isnan(out.drop_null().to_numpy()).sum() == 20


@pytest.mark.parametrize("law", ["gaussian", "laplace", "uniform"])
def test_noise_is_as_large_as_was_said(law):
    x = np.random.default_rng(0).normal(100, 10, 20_000)
    for told, wanted in (({"relative": 0.2}, 2.0), ({"absolute": 3.0}, 3.0)):
        gap = noisy(x, law=law, bounds="none", **told).to_numpy() - x
        assert gap.std() == pytest.approx(wanted, rel=0.03)
        assert abs(gap.mean()) < 0.1
    gap = noisy(x, law=law, bounds="none", factor=0.1).to_numpy() / x - 1
    assert gap.std() == pytest.approx(0.1, rel=0.03)


def test_the_size_may_hang_on_the_row():
    x = np.concatenate([np.full(5000, 1.0), np.full(5000, 10.0)]) + np.arange(10_000) / 1e5
    gap = noisy(x, absolute=Sql("case when x > 5 then 2 else 0 end"), bounds="none").to_numpy() - x
    assert (gap[:5000] == 0).all()
    assert gap[5000:].std() == pytest.approx(2, rel=0.05)


def test_covariances_are_kept_where_asked():
    rng = np.random.default_rng(0)
    x = rng.multivariate_normal([0, 5], [[4, 3], [3, 9]], 20_000)
    table = pa.table({"a": x[:, 0], "b": x[:, 1]})
    done = rs.augment(table, rs.Noise(relative=0.6, keep="covariance", bounds="none"), seed=1).frame
    found = np.cov(np.column_stack([done["a"].to_numpy(), done["b"].to_numpy()]).T)
    assert found == pytest.approx(np.cov(x.T), rel=0.06)
    done = rs.augment(table, rs.Noise(relative=0.6, keep="correlation", bounds="none"), seed=1).frame
    found = np.cov(np.column_stack([done["a"].to_numpy(), done["b"].to_numpy()]).T)
    assert found == pytest.approx(1.36 * np.cov(x.T), rel=0.06)


def test_a_value_that_many_rows_have_is_a_state():
    x = [0] * 500 + list(range(1, 501))
    assert noisy(x, relative=0.1).to_pylist()[:500] == [0] * 500
    assert noisy(x, relative=0.1, states=0.0).to_pylist()[:500] != [0] * 500


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: rs.Noise(relative=0.1, absolute=1.0), "relative and absolute: each says how large"),
        (lambda: rs.Noise(relative=-1.0), "relative=-1: expected a finite number greater than 0"),
        (lambda: rs.Noise(relative=1.5, keep="covariance"), "relative=1.5: noise of the variance"),
        (lambda: rs.Noise(columns=("flat",)), r"columns='flat': all its values are 7.*nowhere to go"),
        (lambda: rs.Noise(columns=("id",)), r"columns='id': names rows \(it is a key\).*expected numbers: "),
        (lambda: rs.Noise(columns=("word",)), r"columns='word': is string; expected numbers: "),
        (
            lambda: rs.Noise(columns=("x",), min=3.0),
            r"x: from 3 to 99 does not hold its values, which go from 0 to 99; expected min",
        ),
        (lambda: rs.Noise(absolute=Sql("0 - x"), columns=("x",)), "absolute='0 - x': gives -99 in a row"),
        (lambda: rs.Jitter(time="soon"), "time='soon': expected a length of time"),
        (lambda: rs.Jitter(time="1 min"), "time='1 min': day is written in steps of 86400 s"),
        (lambda: rs.Flip(columns=("word",), confusion={"a": {"q": 0.1}}), "word has no class 'q'"),
        (lambda: rs.Flip(columns=("word",), confusion={"a": {"b": 1.1}}), "confusion.a="),
        (lambda: rs.Flip(), "rate, confusion: expected one of them"),
        (lambda: rs.Dropout(share=2.0), "share=2: expected a finite number greater than 0 and at most 1"),
        (lambda: rs.Dropout(share=0.5, columns=("id",)), "columns='id': names rows"),
        (lambda: rs.Round(to=0.001, columns=("x",)), "to=0.001: x is written in steps of 1"),
        (lambda: rs.Typos(rate=0.1, slips=()), r"slips=\[\]"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(change, message):
    day = [datetime.date(2024, 1, 1)] * 100
    table = pa.table({"id": range(100), "x": range(100), "flat": [7.0] * 100, "word": ["a", "b"] * 50, "day": day})
    table = table.set_column(1, "x", pa.array([0, 0, *range(2, 100)]))
    with pytest.raises(rs.SpecError, match=message):
        rs.augment(table, change(), primary_key="id")


def test_confusions_are_as_likely_as_was_said():
    table = pa.table({"c": ["cat"] * 10_000 + ["dog"] * 10_000})
    flip = rs.Flip(columns=("c",), confusion={"cat": {"dog": 0.2}})
    out = rs.augment(table, flip, seed=1).frame["c"].to_pylist()
    assert out[:10_000].count("dog") == pytest.approx(2000, abs=150)
    assert out[10_000:].count("cat") == 0


@given(st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40)), min_size=1, max_size=40), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_points_of_a_ruler_are_the_same_for_the_same_number(numbers, seed):
    values = pa.array(numbers, pa.int64())
    ruler = Ruler.of("x", values)
    where = np.random.default_rng(seed).normal(0, 10) * 10**3 + 0.5
    out = ruler.at(np.full(len(values), where), values)
    assert out.is_null().equals(values.is_null())
    assert len(set(out.drop_null().to_pylist())) <= 1
    assert np.isnan(floats(values)).sum() == values.null_count


@pytest.mark.parametrize(("time", "unit"), [("5s", 1), ("2 min", 1), ("2h", 1), ("10ms", 0.001)])
def test_times_move_by_what_was_said_in_units_of_the_clock(time, unit):
    start = datetime.datetime(2024, 1, 1)
    at = [start + datetime.timedelta(seconds=30 * i) for i in range(2000)]
    out = (
        rs.augment(pa.table({"at": pa.array(at, pa.timestamp("us"))}), rs.Jitter(time=time), seed=1)
        .frame["at"]
        .to_pylist()
    )
    moves = np.array([(b - a).total_seconds() for a, b in zip(at, out, strict=True)])
    wanted = {"5s": 5, "2 min": 120, "2h": 7200, "10ms": 0.01}[time]
    assert moves.std() == pytest.approx(wanted, rel=0.06)
    seconds = np.array([(b - start).total_seconds() for b in out])
    assert (np.abs(seconds / unit - np.rint(seconds / unit)) < 1e-3).all()
