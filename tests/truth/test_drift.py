"""Drift: what cannot be, what changes and what does not, and looking for the place."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_groups import readings

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth.drift import Drift

PILOT = readings(np.random.default_rng(1), 20_000)


def changed(plant, columns=PILOT, pilot=PILOT):
    batch = pa.record_batch(columns)
    calibration = plant.calibrate(pilot)
    out, changes = plant.change(batch, Rows(0, batch.num_rows), Key(3), columns, calibration)
    return pa.table(out), changes, calibration


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"on": "celsius"}, "is the column itself"),
        ({"shares": {"a": 0.5}, "mean": 1}, "`shares` is for a category"),
        ({"gradual": True, "spread": 2}, "only the mean can move little by little"),
        ({"gradual": True, "since": 3}, "only the mean can move little by little"),
        ({"shares": {"a": 0.7, "b": 0.7}}, "add up to 1 or less"),
        ({"shares": {"a": 1.5}}, "shares.a=1.5: expected a share of the rows from 0 to 1; the nearest is 1"),
        ({"shares": {"a": "x"}}, "shares.a='x': expected a number"),
        ({"spread": 0}, "the nearest is 0.1"),
        ({"mean": 0}, "changes nothing"),
        ({"since": "summer"}, "'summer': is no date; expected one such as 2024-07-01"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        Drift(**{"column": "celsius", "on": "at"} | settings).at(0)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"since": "2031-01-01"}, r"expected at from 2024-01-\d\d .* the nearest is 2024-12"),
        ({"column": "device"}, "give `shares` of levels"),
        ({"column": "device", "shares": {"fax": 0.5}}, "shares.fax: device never has it; expected some of"),
        ({"column": "device", "shares": {"phone": 0.2, "desk": 0.2, "tablet": 0.2}}, "so they must add up to 1"),
        ({"column": "device", "shares": {"phone": 0.5}}, "nothing would change"),
        ({"column": "score", "shares": {"phone": 0.5}}, "expected a category"),
        ({"on": "one"}, "on='one': is the same in every row"),
        ({"column": "one"}, "one: is the same in every row"),
    ],
)
def test_columns_that_cannot_drift_are_refused(settings, says):
    plant = Drift(**{"column": "celsius", "on": "at"} | settings).at(0)
    with pytest.raises(SpecError, match=says):
        plant.calibrate({**PILOT, "one": pa.array(np.ones(20_000))})


def test_rows_before_are_as_they_were_and_decimals_stay():
    plant = Drift(column="celsius", on="day", since=dt.date(2024, 8, 1), mean=0.71).at(0)
    table, changes, c = changed(plant)
    assert plant.since == "2024-08-01"
    before = PILOT["day"].to_numpy(zero_copy_only=False) < np.datetime64("2024-08-01")
    x, y = PILOT["celsius"].to_numpy(), table["celsius"].to_numpy()
    assert np.array_equal(x[before], y[before])
    assert y[~before].mean() - x[~before].mean() == pytest.approx(0.71 * c["sd"], abs=0.05)
    assert np.array_equal(y, np.round(y, 1))
    assert len(changes[0].rows) == (~before).sum()


def test_shares_change_in_as_few_rows_as_they_must():
    plant = Drift(column="device", on="km", since=450, shares={"phone": 0.8}).at(0)
    table, changes, _ = changed(plant)
    late = PILOT["km"].to_numpy() >= 450
    words = np.array(table["device"].to_pylist())[late]
    assert (words == "phone").mean() == pytest.approx(0.8, abs=0.02)
    assert (words == "desk").mean() / (words == "tablet").mean() == pytest.approx(4, rel=0.1)
    assert len(changes[0].rows) == pytest.approx(0.3 * late.sum(), rel=0.05)
    assert set(changes[0].dirty.to_pylist()) == {"phone"}


@pytest.mark.parametrize(
    "column",
    [
        pa.array(np.arange(2000) % 7, pa.uint8()),
        pa.array([Decimal(i % 90) / 4 for i in range(2000)], pa.decimal128(9, 2)),
        pa.array(np.arange(2000) % 5, pa.float32()),
        pa.array([None if i % 9 == 0 else i % 5 for i in range(2000)], pa.int64()),
    ],
    ids=lambda column: str(column.type),
)
def test_numbers_keep_their_type_and_gaps(column):
    columns = {"x": column, "t": pa.array(np.arange(2000))}
    table, changes, _ = changed(Drift(column="x", on="t", mean=-1.5).at(0), columns, columns)
    assert table["x"].type == column.type
    assert table["x"].is_null().to_pylist() == column.is_null().to_pylist()
    assert changes[0].rows.min() >= 1000


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()), pa.bool_()])
def test_categories_keep_their_type_and_gaps(kind):
    words = pa.array(["true", "false", None, "false"] * 500)
    column = words.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else words.cast(kind)
    columns = {"x": column, "t": pa.array(np.arange(2000))}
    table, _, _ = changed(Drift(column="x", on="t", shares={"true": 0.9}).at(0), columns, columns)
    assert table["x"].type == kind
    assert table["x"].is_null().to_pylist() == column.is_null().to_pylist()
    late = table["x"].cast(pa.string()).to_pylist()[1000:]
    assert late.count("true") == pytest.approx(675, abs=40)


def test_a_row_without_a_place_does_not_change():
    columns = {"x": pa.array([1.0, 2.0, 3.0]), "t": pa.array([5.0, None, 900.0])}
    pilot = {"x": PILOT["score"], "t": PILOT["km"]}
    for gradual in (True, False):
        table, _, _ = changed(Drift(column="x", on="t", mean=1, gradual=gradual).at(0), columns, pilot)
        assert table["x"][1].as_py() == 2
        assert table["x"][2].as_py() > 3


def test_text_dates_are_read_as_dates():
    table, _, c = changed(Drift(column="celsius", on="day", mean=1.5).at(0))
    as_text = table.set_column(table.column_names.index("day"), "day", table["day"].cast(pa.string()))
    for each in (table, as_text):
        found = {f.name: f for f in Drift.find({"column": "celsius", "on": "day"}, each)}
        assert found["point"].low <= c["since"] <= found["point"].high
        assert "2024-07" in found["point"].note or "2024-06" in found["point"].note
    with pytest.raises(DataError, match="device: expected numbers or dates"):
        Drift.find({"column": "celsius", "on": "device"}, table)


def test_where_nothing_drifts_nothing_is_found():
    misses = 0
    for seed in range(20):
        table = pa.table(readings(np.random.default_rng(seed), 1000))
        for column in ("celsius", "score", "device"):
            found = {f.name: f for f in Drift.find({"column": column, "on": "at"}, table)}
            misses += found["point"].estimate is not None
    assert misses <= 6


def test_a_change_that_parts_all_values_is_found():
    columns = {"x": pa.array(np.random.default_rng(0).normal(size=500)), "t": pa.array(np.arange(500.0))}
    table, _, _ = changed(Drift(column="x", on="t", since=200, mean=15).at(0), columns, columns)
    found = {f.name: f for f in Drift.find({"column": "x", "on": "t"}, table)}
    assert (found["point"].low, found["point"].estimate, found["point"].high) == (199, 200, 200)
