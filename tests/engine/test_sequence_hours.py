"""Events happen when they do: at office hours, on working days, in local time."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs


def events(zone=None, dates=False, shops=120):
    """Visits in office hours on working days, weeks apart; later in the day they are longer."""
    rng = np.random.default_rng(2)
    rows = []
    for shop in range(shops):
        n = int(rng.integers(5, 30))
        days = np.sort(rng.integers(0, 100, n) * 7 + rng.integers(0, 5, n))
        seconds = days * 86_400 + (np.clip(rng.normal(13, 2.5, n), 8, 17.9) * 3600).astype(int)
        at = pd.Timestamp("2021-01-04") + pd.to_timedelta(np.sort(seconds), "s")
        rows.append(pd.DataFrame({"shop": shop, "at": at}))
    frame = pd.concat(rows, ignore_index=True)
    frame["long"] = frame["at"].dt.hour * 5 + rng.integers(0, 5, len(frame))
    if zone:
        frame["at"] = frame["at"].dt.tz_localize(zone)
    if dates:
        frame["at"] = frame["at"].dt.date
        frame = frame.drop_duplicates(["shop", "at"], ignore_index=True)
    return frame


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_hours_and_weekdays_of_rare_events_are_kept(zone):
    twin = rs.fit(events(zone), entity="shop", time="at").sample(entities=200, seed=1)
    assert (twin["at"].dt.day_of_week < 5).mean() > 0.995
    assert twin["at"].dt.hour.between(8, 17).mean() > 0.99
    gaps = [f.groupby("shop")["at"].diff().dt.total_seconds().quantile([0.25, 0.5, 0.75]) for f in (events(zone), twin)]
    np.testing.assert_allclose(*gaps, rtol=0.25)
    assert np.corrcoef(twin["long"], twin["at"].dt.hour)[0, 1] > 0.8


def test_weekdays_of_dates_are_kept_too():
    twin = rs.fit(events(dates=True), entity="shop", time="at").sample(entities=200, seed=1)
    assert (pd.to_datetime(twin["at"]).dt.day_of_week < 5).mean() > 0.995


def test_even_hours_stay_even():
    rng = np.random.default_rng(0)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 86_400 * 300, 1500)), "s")
    model = rs.fit(pd.DataFrame({"at": at, "x": rng.normal(size=1500)}), time="at")
    hours = model.sample(seed=1)["at"].dt.hour
    assert hours.value_counts(normalize=True).max() < 0.08


def test_same_seed_same_times_for_any_number_of_workers(tmp_path):
    models = [rs.fit(events(shops=40), entity="shop", time="at", workers=n) for n in (1, 2)]
    models[0].save(tmp_path / "visits.rowsmith")
    one, two, read = (m.sample(seed=4) for m in (*models, rs.load(tmp_path / "visits.rowsmith")))
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(one, read)


def test_known_rows_go_on_at_office_hours():
    frame = events(shops=60)
    model = rs.fit(frame, entity="shop", time="at")
    after = model.sample(known=frame, steps=5, seed=1)
    assert (after["at"].dt.day_of_week < 5).all()
    assert after["at"].dt.hour.between(8, 17).mean() > 0.99


def test_hours_of_three_weeks_are_kept_too():
    rng = np.random.default_rng(4)
    rows = []
    for truck in range(100):
        day = pd.Timestamp("2024-05-06") + pd.Timedelta(
            days=int(rng.choice([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18]))
        )
        minutes = np.cumsum([rng.integers(360, 480), *rng.integers(5, 40, int(rng.integers(10, 25)))])
        rows.append(pd.DataFrame({"truck": truck, "at": day + pd.to_timedelta(minutes, "min")}))
    real = pd.concat(rows, ignore_index=True)
    real["speed"] = rng.normal(60, 10, len(real)).round()
    twin = rs.fit(real, entity="truck", time="at", seed=1).sample(seed=2)
    first = twin.groupby("truck")["at"].min()
    assert first.dt.hour.isin([6, 7]).mean() > 0.9  # 37 % when four weeks were asked for
    assert (twin["at"].dt.day_of_week >= 5).mean() < 0.03
