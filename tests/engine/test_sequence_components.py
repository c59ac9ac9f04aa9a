"""Short single series: a trend, seasons and what is about them, where that draws nearer series than trees do."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.state import read_state, write_state
from rowsmith.learn._sequence_components import Components
from rowsmith.learn._sequence_smooth import fit_smooth
from rowsmith.learn.sequence import KIND, VERSION


def monthly(years=12, seed=3):
    """Sales that grow by a tenth a year, more in summer, with shocks that last; returned goods with holes."""
    rng = np.random.default_rng(seed)
    n = 12 * years
    rest = np.zeros(n)
    for i in range(1, n):
        rest[i] = 0.5 * rest[i - 1] + rng.normal(0, 0.03)
    t = np.arange(n)
    sales = 200 * np.exp(0.1 * t / 12 + 0.2 * np.sin(2 * np.pi * t / 12) + rest)
    back = np.where(rng.random(n) < 0.1, np.nan, np.round(0.1 * sales + rng.normal(0, 1, n), 1))
    return pd.DataFrame(
        {"month": pd.date_range("2010-01-01", periods=n, freq="MS"), "sales": np.rint(sales).astype(int), "back": back}
    )


@pytest.fixture(scope="module")
def pair():
    real = monthly()
    return real, rs.fit(real, time="month", seed=1)


def seasonal(values):
    return np.log(values).diff(12).dropna()


def test_a_short_series_keeps_growth_and_season_and_copies_nothing(pair):
    real, model = pair
    assert isinstance(model.table.law, Components)
    assert [smooth.periods for smooth in model.table.law.around] == [(12,), (12,)]
    for seed in range(3):
        twin = model.sample(seed=seed)
        assert twin.dtypes.equals(real.dtypes)
        assert twin["month"].equals(real["month"])
        assert abs(seasonal(twin["sales"]).mean() - 0.1) < 0.02
        summer = [t.groupby(t["month"].dt.month)["sales"].mean() for t in (real, twin)]
        assert np.corrcoef(*summer)[0, 1] > 0.95
        assert (twin["sales"] == real["sales"]).mean() < 0.2
        assert 0.02 < twin["back"].isna().mean() < 0.25
        assert np.corrcoef(twin["sales"], twin["back"].fillna(twin["sales"] / 10))[0, 1] > 0.9


def test_what_is_about_the_trend_lasts_as_long(pair):
    real, model = pair
    smooth = fit_smooth(np.log(real["sales"]).to_numpy(), [12]).at(np.arange(len(real)))

    def memory(table):
        rest = np.log(table["sales"].to_numpy()) - smooth
        return np.corrcoef(rest[1:], rest[:-1])[0, 1], rest.std()

    drawn = np.mean([memory(model.sample(seed=seed)) for seed in range(20)], axis=0)
    lasting, spread = memory(real)
    assert abs(drawn[0] - lasting) < 0.15
    assert 0.8 < drawn[1] / spread < 1.25


def test_it_says_that_trend_and_seasons_are_kept_and_trees_keep_none(pair):
    _, model = pair
    assert any("trend and seasons of the real series are kept" in note for note in model.notes)
    trees = rs.fit(monthly(), time="month", settings={"model": "trees"})
    assert not isinstance(trees.table.law, Components)
    assert trees.notes == []
    assert trees.settings["model"] == "trees"


def test_a_saved_model_draws_the_same_bytes_and_a_damaged_one_is_refused(pair, tmp_path):
    real, model = pair
    model.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith")
    assert again.sample(seed=4, workers=2).equals(model.sample(seed=4))
    assert again.sample(seed=4).equals(rs.fit(real, time="month", seed=1, workers=2).sample(seed=4))
    state = read_state(tmp_path / "m.rowsmith", kind=KIND, version=VERSION)
    state["table"]["law"]["around"][0]["periods"] = [9999]
    write_state(tmp_path / "bad.rowsmith", state, kind=KIND, version=VERSION)
    with pytest.raises(ModelFileError, match="damaged"):
        rs.load(tmp_path / "bad.rowsmith")


def test_it_goes_on_from_known_rows_with_their_level_and_in_season(pair):
    real, model = pair
    more = model.sample(known=real, steps=24, seed=2)
    assert more["month"].iloc[0] == real["month"].iloc[-1] + pd.DateOffset(months=1)
    growth = np.log(more["sales"].iloc[:12].mean() / real["sales"].iloc[-12:].mean())
    assert 0 < growth < 0.25
    assert more["sales"].iloc[[2, 3, 4]].mean() > more["sales"].iloc[[8, 9, 10]].mean()
    long = model.sample(steps=2_000, seed=2)
    assert len(long) == 2_000
    assert np.isfinite(long["sales"]).all()


def test_a_small_type_holds_what_the_trend_comes_to():
    real = monthly()[["month", "sales"]].astype({"sales": "int16"})
    long = rs.fit(real, time="month", settings={"model": "components"}).sample(steps=1_200)
    assert long["sales"].dtype == np.int16
    assert long["sales"].min() >= 0


def test_a_column_stays_below_another_and_noise_without_season_is_around_a_line():
    rng = np.random.default_rng(0)
    low = rng.normal(10, 1, 120)
    real = pa.table({"t": np.arange(120), "low": low, "high": low + rng.exponential(0.1, 120)})
    model = rs.fit(real, time="t", settings={"model": "components"})
    twin = model.sample(seed=1)
    assert (twin["low"].to_numpy() <= twin["high"].to_numpy()).all()
    assert [smooth.periods for smooth in model.table.law.around] == [(), ()]
    assert model.notes == []
    assert abs(twin["low"].to_numpy().std() - 1) < 0.25


def test_two_seasons_are_told_apart():
    hours = pd.date_range("2024-01-01", periods=480, freq="h")
    x = 10 + 3 * np.sin(2 * np.pi * hours.hour / 24) - 4 * (hours.day_of_week >= 5)
    x = x + np.random.default_rng(1).normal(0, 0.3, len(x))
    model = rs.fit(pd.DataFrame({"at": hours, "x": x}), time="at", settings={"model": "components"})
    assert model.table.law.around[0].periods == (24, 168)
    twin = model.sample(seed=1)
    weekend = twin["at"].dt.day_of_week >= 5
    assert -5 < twin["x"][weekend].mean() - twin["x"][~weekend].mean() < -3


@pytest.mark.parametrize(
    ("table", "settings", "said"),
    [
        (monthly().assign(kind="ab" * 2), {}, None),
        (monthly().assign(kind=np.where(np.arange(144) % 5, "a", "b")), {"model": "components"}, "'kind' is no number"),
        (monthly().drop(index=range(40, 61)), {"model": "components"}, "times are not regular"),
        (monthly(), {"model": "components", "periods": [1]}, "periods=\\[1\\]: expected whole numbers of rows from 2"),
        (monthly(), {"periods": [12, 12]}, "periods=\\[12, 12\\]: expected .*, each once"),
        (monthly(), {"periods": [73]}, "periods=\\[73\\]: the series has 144 rows; expected 2 to 72"),
        (monthly(), {"model": "trees", "periods": [12]}, "are of model=components"),
        (monthly(), {"model": "arima"}, "arima"),
    ],
)
def test_what_is_no_such_series_is_refused_in_a_sentence(table, settings, said):
    if said is None:
        assert len(rs.fit(table, time="month").sample()) == len(table)
        return
    with pytest.raises(SpecError, match=said):
        rs.fit(table, time="month", settings=settings)


def test_shocks_that_come_together_are_drawn_together():
    rng = np.random.default_rng(7)
    n, variance, x = 480, 1.0, np.zeros(480)
    for i in range(n):
        x[i] = np.sqrt(variance) * rng.normal()
        variance = 0.05 + 0.4 * x[i] ** 2 + 0.55 * variance
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(int(i)) for i in range(n)]
    model = rs.fit(pa.table({"day": days, "x": x}), time="day", settings={"model": "components"})
    assert 0.1 < model.table.law.shocks.after[0] < 0.7
    drawn = [model.sample(seed=s)["x"].to_numpy() for s in range(10)]
    clustered = np.mean([np.corrcoef(np.abs(y[1:]), np.abs(y[:-1]))[0, 1] for y in drawn])
    assert clustered > 0.1


def test_known_rows_off_the_learnt_trend_go_on_from_where_they_are(pair):
    real, model = pair
    other = real.assign(sales=real["sales"] + 5_000, back=real["back"] + 500)
    more = model.sample(known=other, steps=3, seed=2)
    assert (more["sales"] - other["sales"].iloc[-1]).abs().max() < 300
    few = model.sample(known=other.iloc[-6:], steps=3, seed=2)
    assert (few["sales"] - other["sales"].iloc[-1]).abs().max() < 2_500


def test_large_numbers_come_back_as_large():
    real = pd.DataFrame({"t": range(60), "x": 1e20 * (1 + np.random.default_rng(0).random(60))})
    twin = rs.fit(real, time="t", settings={"model": "components"}).sample()
    assert twin["x"].between(0.5e20, 2.6e20).all()
    assert twin["x"].nunique() > 50


def test_lacking_times_of_a_grid_are_told(pair):
    holes = monthly().drop(index=[20, 50, 51])
    assert "3 times of an otherwise regular grid are lacking" in rs.fit(holes, time="month").notes[0]
    assert not any("lacking" in note for note in pair[1].notes)
    events = pd.DataFrame({"t": np.cumsum(np.random.default_rng(0).integers(1, 9, 60)), "x": range(60)})
    assert not any("lacking" in note for note in rs.fit(events, time="t").notes)


def test_rows_say_which_law_they_come_from():
    marks = [
        rs.fit(monthly(), time="month", settings={"model": law}).provenance.learner for law in ("components", "trees")
    ]
    assert marks == ["components", "trees"]
