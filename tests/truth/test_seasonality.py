"""Seasons: the same in every cut of the rows, and settings that cannot be."""

import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._plant import verdict
from rowsmith.truth.seasonality import BLOCK, Seasonality, _remembered

AR = {"column": "visits", "on": "day", "ar": 0.9}


def days(n, first=19_358):
    return pa.array(np.arange(first, first + n).astype("datetime64[D]"))


def test_noise_is_remembered_across_chunks_and_blocks():
    n = 3 * BLOCK + 5
    whole = _remembered(Rows(0, n), Key(1), 0.9)
    cuts = [0, 7, BLOCK - 1, BLOCK, 2 * BLOCK + 3, n]
    parts = [_remembered(Rows(a, b - a), Key(1), 0.9) for a, b in itertools.pairwise(cuts)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-7)
    assert np.corrcoef(whole[1:], whole[:-1])[0, 1] == pytest.approx(0.9, abs=0.02)
    assert whole.std() == pytest.approx(1, abs=0.1)
    assert len(_remembered(Rows(5, 0), Key(1), 0.9)) == 0


def test_a_column_with_a_memory_does_not_depend_on_the_chunk():
    plant = Seasonality(**AR).at(0)
    whole = plant.sample(Rows(0, 500), Key(3).child("a"), {"day": days(500)}, {})["visits"].to_numpy()
    later = plant.sample(Rows(200, 300), Key(3).child("b"), {"day": days(500).slice(200)}, {})["visits"].to_numpy()
    np.testing.assert_allclose(whole[200:], later)


@pytest.mark.parametrize(
    "kind", [pa.date32(), pa.timestamp("us"), pa.timestamp("s"), pa.timestamp("us", "Europe/Berlin")]
)
def test_dates_and_times_of_any_sort(kind):
    plant = Seasonality(column="y", on="day", weekly={"sat": 2.0}, noise=0.01).at(0)
    given = {"day": days(70).cast(pa.timestamp("us")).cast(pa.timestamp("us", getattr(kind, "tz", None))).cast(kind)}
    made = plant.sample(Rows(0, 70), Key(1), given, {})["y"].to_numpy()
    high = [i for i in range(70) if (dt.date(1970, 1, 1) + dt.timedelta(days=19_358 + i)).weekday() == 5]
    assert set(np.flatnonzero(made > 150).tolist()) == set(high)


def test_missing_times_have_no_value():
    plant = Seasonality(column="y", on="day", trend=0.1).at(0)
    made = plant.sample(Rows(0, 2), Key(1), {"day": pa.array([dt.date(2025, 1, 1), None])}, {})["y"]
    assert [value.is_valid for value in made] == [True, False]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "expected at least one of weekly, yearly, trend, change, ar"),
        ({"weekly": {"sut": 1.2}}, r"weekly.sut: is no day; did you mean"),
        ({"weekly": {"sat": 0}}, r"weekly.sat=0: expected a factor above 0"),
        ({"ar": 1.0}, r"ar=1: expected a correlation above -1 and below 1; the nearest is 0.95"),
        ({"trend": -1.0}, r"trend=-1: expected more than -1"),
        ({"change": {"at": "soon", "factor": 2}}, r"change.at='soon': expected a date such as 2025-03-01"),
        ({"change": {"at": "2025-03-01"}}, r"expected \{at: DATE, factor: NUMBER above 0\}"),
        ({"trend": 0.1, "level": 0.0}, r"level=0: expected a number above 0"),
    ],
)
def test_settings_that_cannot_be(settings, says):
    with pytest.raises(SpecError, match=says):
        Seasonality(column="y", on="day", **settings).at(0)


def test_a_column_that_is_no_time():
    with pytest.raises(DataError, match="day: expected a column of dates or times, and it is int64"):
        Seasonality(column="y", on="day", trend=0.1).at(0).sample(Rows(0, 1), Key(1), {"day": pa.array([1])}, {})


@pytest.mark.parametrize("at", ["2022-10-01", "2022-12-31", "2023-04-12"])
def test_a_change_outside_the_times_is_refused(at):
    plant = Seasonality(column="y", on="day", change={"at": at, "factor": 1.3}).at(0)
    with pytest.raises(
        SpecError, match=rf"change.at={at}: expected a date within day, after 2023-01-01 and up to 2023-04-11"
    ):
        plant.calibrate({"day": days(101, first=19_358)})


def test_no_name_that_is_listed_tells_what_is_there():
    plant = Seasonality(column="y", on="day", weekly={"mon": 1.2}, yearly=0.1, ar=0.4).at(0)
    facts = {fact.name: fact.value for fact in plant.facts({})}
    assert not [fact for fact in plant.facts({}) if fact.public]
    assert list(facts)[:7] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert facts["mon"] == pytest.approx(1.2**0.75)
    assert facts["tue"] == facts["sun"] == pytest.approx(1.2**-0.25)


@pytest.mark.parametrize("ar", [None, 0.5])
@pytest.mark.parametrize("noise", [0.15, 0.3])
def test_the_interval_of_a_change_covers_under_a_memory_too(noise, ar):
    """Of whole days, so that it may cover more often than it says."""
    plant = Seasonality(
        column="y", on="day", level=80, change={"at": "2024-01-01", "factor": 1.28}, noise=noise, ar=ar
    ).at(0)
    facts = plant.facts({})
    seeds, missed = 100, dict.fromkeys((fact.name for fact in facts), 0)
    for seed in range(seeds):
        made = plant.sample(Rows(0, 730), Key(seed).child("it"), {"day": days(730)}, {})
        found = {f.name: f for f in Seasonality.find(plant.question(), pa.table({"day": days(730), "y": made["y"]}))}
        for fact in facts:
            assert verdict(fact, found[fact.name], 730) == "found"
            missed[fact.name] += not found[fact.name].low <= fact.value <= found[fact.name].high
    assert max(missed.values()) <= 0.1 * seeds, missed
