"""Seasons keep their height, and what is 0 at night is 0 there, in panels of a few entities."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs

SENSORS, HOURS = 24, 168


@pytest.fixture(scope="module")
def panels():
    rng = np.random.default_rng(8)
    rows = []
    for sensor in range(SENSORS):
        own, away = rng.normal(21, 1.5), 0.0
        for hour in range(HOURS):
            at = pd.Timestamp("2025-03-03") + pd.Timedelta(hours=hour)
            away = 0.85 * away + rng.normal(0, 0.3)
            warm = own + 3 * np.sin((at.hour - 9) / 24 * 2 * np.pi) + away
            people = rng.poisson(8) if 8 <= at.hour < 18 and at.day_of_week < 5 else 0
            rows.append((sensor, at, round(warm, 1), people))
    real = pd.DataFrame(rows, columns=["sensor", "at", "warm", "people"])
    return real, rs.fit(real, entity="sensor", time="at", seed=1).sample(entities=100, seed=2)


def test_the_height_of_a_season_stays(panels):
    heights = [np.ptp(f.groupby(f["at"].dt.hour)["warm"].mean()) for f in panels]
    assert heights[1] == pytest.approx(heights[0], rel=0.08)


def test_what_is_empty_at_night_is_empty_there(panels):
    open_ = [f["at"].dt.hour.between(8, 17) & (f["at"].dt.day_of_week < 5) for f in panels]
    assert (panels[1]["people"][~open_[1]] > 0).mean() < 0.03  # 8 % when levels were taken for steps
    means = [f["people"][o].mean() for f, o in zip(panels, open_, strict=True)]
    assert means[1] == pytest.approx(means[0], rel=0.1)


def test_devices_that_never_have_a_value_never_have_one():
    rng = np.random.default_rng(1)
    rows = []
    for sensor in range(SENSORS):
        model = "plain" if sensor % 2 else "plus"
        for hour in range(HOURS):
            gas = round(420 + rng.normal(0, 15)) if model == "plus" and rng.random() > 0.02 else None
            rows.append((sensor, hour, model, rng.normal(), gas))
    real = pd.DataFrame(rows, columns=["sensor", "hour", "model", "x", "gas"])
    twin = rs.fit(real, entity="sensor", time="hour", seed=1).sample(entities=60, seed=2)
    gone = twin["gas"].isna().groupby(twin["model"]).mean()
    assert gone["plain"] == 1.0
    assert gone["plus"] < 0.1


def test_each_kind_of_entity_keeps_a_day_of_its_own(tmp_path):
    rng = np.random.default_rng(3)
    rows = []
    for meter in range(60):
        kind = ("shop", "home")[meter % 2]
        usual = (0.6 if kind == "shop" else 0.2) * rng.lognormal(0, 0.2)
        for at in pd.date_range("2024-03-04", periods=120, freq="h"):
            open_ = kind == "home" or 8 <= at.hour < 17
            load = usual * ((1.0 if kind == "home" else 1.7) if open_ else 0.2) * rng.lognormal(0, 0.2)
            rows.append((meter, kind, at, round(load, 3)))
    real = pd.DataFrame(rows, columns=["meter", "kind", "at", "kwh"])
    model = rs.fit(real, entity="meter", time="at", seed=1)
    model.save(tmp_path / "load.rowsmith")
    twin = rs.load(tmp_path / "load.rowsmith").sample(seed=2)
    pd.testing.assert_frame_equal(twin, model.sample(seed=2))
    for f in (real, twin):
        f["part"] = pd.cut(f["at"].dt.hour, [-1, 6, 8, 15, 17, 23], labels=["night", "-", "day", "--", "evening"])
    one, other = (f.groupby(["kind", "part"], observed=True)["kwh"].mean() for f in (real, twin))
    assert np.abs(np.log(other / one))[lambda x: ~x.index.get_level_values("part").str.contains("-")].max() < 0.25
