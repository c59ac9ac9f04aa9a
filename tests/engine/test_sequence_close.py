"""A log ends when the real one does, and is as busy until then; it goes on only where more rows are asked for."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith.learn._sequence_layout import CLOSE

OPEN, DAYS = pd.Timestamp("2024-01-01"), 365


def log(accounts=300, grouped=False):
    """Bookings of accounts, some of which are busier, in a year; of each, as many as happen in it."""
    rng = np.random.default_rng(5)
    rows = []
    for account in range(accounts):
        busy = rng.random() < 0.3
        n = rng.poisson(rng.gamma(3, 10 if busy else 4))
        at = np.sort(rng.uniform(0, DAYS * 86_400, n)).astype(int)
        rows.append(pd.DataFrame({"account": account, "at": OPEN + pd.to_timedelta(at, "s"), "busy": busy}))
    frame = pd.concat(rows, ignore_index=True)
    frame["amount"] = rng.lognormal(3, 1, len(frame)).round(2)
    if grouped:
        frame["receipt"] = np.arange(len(frame))
        frame = frame.loc[np.repeat(frame.index, rng.integers(1, 4, len(frame)))].reset_index(drop=True)
        frame["item"] = rng.choice(list("abcdefgh"), len(frame))
        frame = frame.drop_duplicates(["receipt", "item"], ignore_index=True).drop(columns="amount")
    return frame


def months(frame):
    return frame["at"].dt.month.value_counts(normalize=True).reindex(range(1, 13), fill_value=0).to_numpy()


def test_a_log_ends_when_the_real_one_does():
    real = log()
    twin = rs.fit(real, entity="account", time="at", seed=1).sample(seed=2)
    assert twin["at"].max() <= real["at"].max()
    assert len(twin) > 0.9 * len(real)
    assert np.abs(months(twin) - months(real)).max() < 0.02
    gaps = [f.groupby("account")["at"].diff().dt.total_seconds().quantile([0.25, 0.5, 0.75]) for f in (real, twin)]
    np.testing.assert_allclose(*gaps, rtol=0.15)
    last = [f.groupby("account")["at"].max().quantile([0.25, 0.5]).astype("int64") / 8.64e13 for f in (real, twin)]
    assert np.abs(np.subtract(*last)).max() < 15


def test_it_goes_on_where_more_rows_are_asked_for():
    real = log()
    model = rs.fit(real, entity="account", time="at", seed=1)
    longer = model.sample(entities=50, steps=150, seed=2)
    assert longer["at"].max() > real["at"].max() + pd.Timedelta(days=90)
    gaps = [f.groupby("account")["at"].diff().dt.total_seconds().median() for f in (real, longer)]
    assert gaps[1] > 0.5 * gaps[0]
    known = real[real["account"] < 20]
    later = model.sample(known=known, steps=30, seed=2)
    assert (later.groupby("account")["at"].max() > real["at"].max()).mean() > 0.5


def test_few_entities_have_no_close():
    real = log(accounts=6)
    assert rs.fit(real, entity="account", time="at").table.law.program.pace[CLOSE] == np.inf


def test_baskets_of_customers_end_when_the_real_ones_do():
    real = log(accounts=150, grouped=True)
    twin = rs.fit(real, basket="receipt", item="item", time="at", entity="account", seed=1).sample(seed=2)
    assert twin["at"].max() <= real["at"].max()
    heads = [f.drop_duplicates("receipt") for f in (real, twin)]
    assert np.abs(np.subtract(*map(months, heads))).max() < 0.03


@pytest.mark.parametrize(("accounts", "later"), [(450, 5), (60, 2)])
def test_the_close_is_of_nobody(accounts, later):
    real = log(accounts=accounts)
    table = rs.fit(real, entity="account", time="at").table
    close = table.clock.times(np.array([table.law.program.pace[CLOSE]], dtype=np.int64))[0].as_py()
    assert (real.groupby("account")["at"].max() >= close).sum() >= later


def test_gaps_are_the_same_alone_and_among_others_where_rows_are_asked_for():
    model = rs.fit(log(accounts=60), entity="account", time="at", seed=1)
    lengths = model.sample(seed=3)["account"].value_counts(sort=False)
    steps = int(lengths.iloc[0])  # as many as the first one has anyway
    one, several = (model.sample(entities=n, steps=steps, seed=3)["at"][:steps].diff() for n in (1, 8))
    pd.testing.assert_series_equal(one, several)


def test_working_days_stay_working_days_until_the_close():
    rng = np.random.default_rng(0)
    rows = []
    for device in range(40):
        days = pd.bdate_range(OPEN + pd.Timedelta(days=int(rng.integers(0, 60))), "2024-06-28")
        rows.append(pd.DataFrame({"device": device, "at": days, "value": rng.normal(size=len(days))}))
    real = pd.concat(rows, ignore_index=True)
    twin = rs.fit(real, entity="device", time="at", seed=1).sample(seed=2)
    assert (twin["at"].dt.day_of_week < 5).all()
    assert twin["at"].max() <= real["at"].max()
    assert len(twin) > 0.9 * len(real)
