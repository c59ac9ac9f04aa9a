"""Months without a day are times, too: pay slips by month."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError


def slips(layout="%Y-%m", people=60):
    """Pay by month, from some month of 2023 on to the end of 2024."""
    rng = np.random.default_rng(3)
    rows = []
    for person in range(people):
        rate = rng.uniform(20, 40)
        for month in pd.period_range(f"2023-{rng.integers(1, 9):02d}", "2024-12", freq="M"):
            hours = rng.integers(140, 170)
            bonus = round(rate * 80) if month.month in (6, 12) else np.nan
            rows.append((f"E{person}", month.strftime(layout), hours, round(hours * rate, 2), bonus))
    return pd.DataFrame(rows, columns=["person", "month", "hours", "pay", "bonus"])


@pytest.mark.parametrize("layout", ["%Y-%m", "%m/%Y", "%b %Y"])
def test_months_are_times(layout):
    real = slips(layout)
    model = rs.fit(real, entity="person", time="month", seed=1)
    twin = model.sample(seed=2)
    assert set(twin["month"]) <= set(real["month"])
    months = pd.to_datetime(twin["month"], format=layout)
    gaps = months.dt.to_period("M").astype("int64").groupby(twin["person"]).diff().dropna()
    assert (gaps == 1).all()
    paid = twin["bonus"].notna()
    assert (paid == months.dt.month.isin([6, 12])).mean() > 0.97
    known = real[real["person"].isin(["E1", "E2"])]
    later = model.sample(known=known, steps=2, seed=2)
    assert sorted(set(later["month"])) == sorted(pd.Timestamp(f"2025-0{m}-01").strftime(layout) for m in (1, 2))


def test_a_sequence_by_month_ends_with_the_real_ones():
    real = slips()
    twin = rs.fit(real, entity="person", time="month", seed=1).sample(seed=2)
    assert twin["month"].max() == "2024-12"
    assert twin.groupby("person")["month"].max().eq("2024-12").mean() > 0.5


def test_series_by_month_are_judged():
    real = slips()
    twin = rs.fit(real, entity="person", time="month", seed=1).sample(seed=2)
    found = rs.evaluate(real, twin, entity="person", time="month")
    (order,) = (r for r in found.summary.measures if r.title == "Autocorrelation")
    assert "'bonus'" not in order.sentence  # which is there twice a year
    assert order.how.startswith("2 columns")


def test_other_words_are_no_months():
    real = slips().assign(month="May")
    with pytest.raises(DataError, match=r"the text 'May' and others are no times.* or 2026-03;"):
        rs.fit(real, entity="person", time="month")
    broken = slips()
    broken.loc[5, "month"] = "2024-13"
    with pytest.raises(DataError, match="are no times"):
        rs.fit(broken, entity="person", time="month")
