"""Gaps of sequences filled in: each value given what is there before and after it."""

import numpy as np
import pandas as pd
import pytest
from tests.engine._events import sensors
from tests.engine.test_sequence_components import monthly

import rowsmith as rs
from rowsmith.core.errors import SpecError


def holed(seed=4, share=12, length=6):
    """Readings, and the same with a stretch of all values missing in every day."""
    whole = sensors(n=12, steps=240).to_pandas()
    rng = np.random.default_rng(seed)
    gone = np.zeros(len(whole), dtype=bool)
    for day in range(len(whole) // (2 * share)):
        begin = day * 2 * share + int(rng.integers(0, 2 * share - length))
        gone[begin : begin + length] = True
    return whole, whole.assign(warm=whole["warm"].mask(gone), state=whole["state"].mask(gone)), gone


@pytest.fixture(scope="module")
def filled():
    whole, holes, gone = holed()
    return whole, holes, gone, rs.impute(holes, entity="device", time="ts", seed=1)


def test_what_is_there_stays_and_nothing_is_left(filled):
    _, holes, gone, done = filled
    assert done.filled == {"warm": gone.sum(), "state": gone.sum()}
    assert (done.left, done.broken) == ({}, 0)
    assert done.frame[~gone].equals(holes[~gone])
    assert done.frame.dtypes.equals(holes.dtypes)


def test_filled_values_fit_before_and_after_and_move_as_real_ones(filled):
    whole, _, gone, done = filled
    error = (done.frame["warm"] - whole["warm"])[gone].abs().mean()
    assert error < 0.45 * whole["warm"].std()
    begins = np.flatnonzero(np.diff(gone.astype(int)) == 1) + 1
    ends = np.flatnonzero(np.diff(gone.astype(int)) == -1) + 1
    inside = [i for i in (*begins, *ends) if whole["device"][i] == whole["device"][i - 1]]
    jumps = [t["warm"].diff()[inside].abs().mean() for t in (whole, done.frame)]
    assert jumps[1] < 1.7 * jumps[0]
    steps = [t.groupby("device")["warm"].diff()[gone].std() for t in (whole, done.frame)]
    assert 0.6 < steps[1] / steps[0] < 1.7
    changes = [(t["state"] != t["state"].shift())[gone].mean() for t in (whole, done.frame)]
    assert abs(changes[0] - changes[1]) < 0.08


def test_workers_do_not_matter_and_rows_stay_in_their_places(filled):
    _, holes, gone, done = filled
    model = done.model
    assert rs.impute(holes, model, seed=1, workers=2).frame.equals(done.frame)
    mixed = rs.impute(holes.sample(frac=1, random_state=0), model, seed=1).frame
    assert mixed.index.equals(holes.sample(frac=1, random_state=0).index)
    assert mixed.sort_index()[~gone].equals(holes[~gone])
    assert mixed.notna().all().all()
    assert not rs.impute(holes, model, seed=2).frame.equals(done.frame)


def test_a_saved_model_fills_other_entities_from_the_first_row_to_the_last(filled, tmp_path):
    *_, done = filled
    done.model.save(tmp_path / "m.rowsmith")
    other = sensors(n=2, steps=30).to_pandas().assign(device=[70] * 30 + [71] * 30)
    other.loc[[0, 1, 29], "warm"] = np.nan
    other.loc[30:, "state"] = None
    found = rs.impute(other, rs.load(tmp_path / "m.rowsmith")).frame
    assert found[["warm", "state"]].notna().all().all()
    assert abs(found["warm"][1] - found["warm"][2]) < 6
    assert set(found["state"][30:]) <= {"on", "off"}


def test_a_short_series_is_filled_by_its_components():
    whole = monthly()
    gone = np.zeros(len(whole), dtype=bool)
    gone[[0, 30, 31, 32, 33, 34, 35, 36, 80, 81, 143]] = True
    holes = whole.assign(sales=whole["sales"].astype("Int64").mask(gone))
    done = rs.impute(holes, time="month", seed=1)
    assert done.frame.notna().all().all()
    ratio = np.log(done.frame["sales"].astype(float) / whole["sales"])[gone]
    assert ratio.abs().max() < 0.2
    assert ratio.abs().min() > 0
    drawn = [rs.impute(holes, done.model, seed=s).frame["sales"].astype(float)[[32, 33]] for s in range(30)]
    spread = np.log(pd.DataFrame(drawn)).std()
    assert ((spread > 0.01) & (spread < 0.08)).all()


def test_columns_that_are_missing_together_go_on_as_if_they_had_been_there():
    """A device that is off sends nothing: what it would have sent has no law of its own in these rows."""
    rng = np.random.default_rng(3)
    hours = pd.date_range("2024-01-01", periods=3_000, freq="h")
    warm = 15 + np.cumsum(rng.normal(0, 0.3, 3_000))
    off = (np.arange(3_000) // 10 % 12) == 0
    real = pd.DataFrame({"at": hours, "warm": warm.round(2), "damp": (60 - warm + rng.normal(0, 0.3, 3_000)).round(2)})
    real.loc[off, ["warm", "damp"]] = np.nan
    model = rs.fit(real, time="at")
    twin = model.sample(seed=1)
    assert (twin["warm"].isna() == twin["damp"].isna()).all()
    steps = [t[name].diff().std() for name in ("warm", "damp") for t in (real, twin)]
    assert steps[1] < 1.6 * steps[0]
    assert steps[3] < 1.6 * steps[2]
    done = rs.impute(real, model, seed=1).frame
    for name in ("warm", "damp"):
        assert done[name].diff()[off].std() < 1.8 * real[name].diff().std()


def test_baskets_and_databases_are_refused(tmp_path):
    lines = pd.DataFrame({"b": np.arange(60) // 3, "i": list("abc") * 20})
    with pytest.raises(SpecError, match="only tables and sequences are filled in"):
        rs.impute(lines, basket="b", item="i")
    with pytest.raises(SpecError, match="time: is for fitting, and a model was given"):
        rs.impute(lines, rs.fit(lines), time="b")


def test_filled_values_keep_their_order_and_those_of_a_shifted_series_fit():
    rng = np.random.default_rng(0)
    low = 10 + np.cumsum(rng.normal(0, 0.3, 600))
    real = pd.DataFrame({"t": np.arange(600), "low": low, "high": low + rng.exponential(0.3, 600)}).round(2)
    for rows in (real, real[:100]):
        model = rs.fit(rows, time="t")
        for name in ("low", "high"):
            gone = rng.random(len(rows)) < 0.3
            holes = rows.assign(**{name: rows[name].mask(gone)})
            done = rs.impute(holes, model).frame
            assert done[name].notna().all()
            assert (done["low"] <= done["high"]).all()


def test_a_few_rows_and_impossible_values_are_no_hindrance():
    model = rs.fit(monthly(), time="month", settings={"model": "components"})
    for rows in (1, 2, 3):
        some = monthly()[:rows].assign(sales=pd.array([None] + [200] * (rows - 1), dtype="Int64"))
        assert rs.impute(some, model).frame["sales"].notna().all()
    odd = monthly().astype({"sales": float})
    odd.loc[20, "sales"] = -1e6
    odd.loc[[18, 19, 21], "sales"] = np.nan
    done = rs.impute(odd, model).frame["sales"]
    assert done.notna().all()
    assert done[20] == -1e6


def test_what_follows_from_a_sum_is_worked_out_and_not_drawn():
    rng = np.random.default_rng(0)
    n = 600
    a, b = (rng.normal(m, 2, n).round(1) for m in (20, 10))
    whole = pd.DataFrame(
        {"at": pd.date_range("2024-01-01", periods=n, freq="h"), "a": a, "b": b, "total": (a + b).round(1)}
    )
    holes = whole.copy()
    where = rng.integers(0, 6, n)  # at most one of the three is missing
    for k, name in enumerate(["a", "b", "total"]):
        holes.loc[where == k, name] = np.nan
    filled = rs.impute(holes, time="at").frame
    pd.testing.assert_frame_equal(filled[["a", "b", "total"]], whole[["a", "b", "total"]])
