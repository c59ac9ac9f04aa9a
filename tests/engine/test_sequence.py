"""Sequences are learnt and drawn: what every drawn row keeps, and what stands at the border."""

import datetime
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.engine._events import by_entity, sensors, visits

import rowsmith as rs
from rowsmith.engine.sequence import SequenceModel


@pytest.fixture(scope="module")
def log():
    return visits()


@pytest.fixture(scope="module")
def fitted(log):
    return rs.fit(log, entity="patient", time="at", seed=1)


def rising(table, entity="patient", time="at"):
    return all(all(a < b for a, b in itertools.pairwise(t)) for t in by_entity(table, entity, time).values())


def test_rows_of_an_entity_rise_in_time_and_keep_what_is_constant(log, fitted):
    twin = fitted.sample(50, seed=3)
    assert twin.schema.equals(log.schema)
    assert len(by_entity(twin, "patient", "at")) == 50
    assert rising(twin)
    for name in ("sex", "born"):
        assert (
            twin.group_by("patient").aggregate([(name, "count_distinct")])[f"{name}_count_distinct"].to_pylist()
            == [1] * 50
        )
    assert pc.min(twin["born"]).as_py() >= pc.min(log["born"]).as_py()
    assert twin["patient"].combine_chunks().dictionary_encode().indices.to_pylist() == sorted(
        twin["patient"].combine_chunks().dictionary_encode().indices.to_pylist()
    )


def test_values_go_their_way_and_hang_on_what_is_constant(log, fitted):
    twin = fitted.sample(400, seed=3)
    for table in (log, twin):
        frame = table.to_pandas()
        by_sex = frame.groupby("sex")["pulse"].mean()
        assert by_sex["m"] - by_sex["f"] > 12
        residual = frame["pulse"] - frame.groupby("sex")["pulse"].transform("mean")
        before = residual.groupby(frame["patient"]).shift()
        assert 0.5 < residual.corr(before) < 0.95
    gaps = [f.groupby("patient")["at"].diff().dt.total_seconds().median() for f in (log.to_pandas(), twin.to_pandas())]
    assert 0.7 < gaps[1] / gaps[0] < 1.4
    lengths = [t.to_pandas().groupby("patient").size().mean() for t in (log, twin)]
    assert 0.75 < lengths[1] / lengths[0] < 1.3
    missing = [t["temp"].null_count / t.num_rows for t in (log, twin)]
    assert abs(missing[0] - missing[1]) < 0.04


def test_the_same_seed_gives_the_same_rows_on_any_number_of_workers_and_after_saving(fitted, tmp_path):
    first = fitted.sample(30, seed=9)
    fitted.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith")
    assert isinstance(again, SequenceModel)
    assert again.sample(30, seed=9, workers=2).equals(first)
    assert not again.sample(30, seed=10).equals(first)


def test_chunks_of_entities_are_the_same_for_any_number_of_workers(tmp_path):
    model = rs.fit(visits(30), entity="patient", time="at")
    for workers in (1, 2):
        model.sample_to(tmp_path / f"{workers}.csv", 50, steps=1400, workers=workers)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_an_entity_does_not_hang_on_how_many_there_are(fitted):
    few, many = fitted.sample(5, seed=4), fitted.sample(40, seed=4, steps=None)
    alone = many.filter(pc.is_in(many["patient"], few["patient"].combine_chunks().unique()))
    assert set(few["patient"].to_pylist()) == set(alone["patient"].to_pylist())


def test_rows_that_are_not_sorted_are_learnt_in_the_order_of_time(log, fitted):
    mixed = log.take(pa.array(np.random.default_rng(0).permutation(log.num_rows)))
    twin = rs.fit(mixed, entity="patient", time="at").sample(30)
    assert rising(twin)


def test_entities_that_stand_mixed_by_time_come_so():
    table = sensors()
    mixed = table.sort_by([("ts", "ascending"), ("device", "ascending")])
    twin = rs.fit(mixed, entity="device", time="ts").sample()
    times = twin["ts"].to_pylist()
    assert times == sorted(times)
    assert twin["device"].to_pylist()[:12] == list(range(12))


def test_a_grid_is_kept_and_what_the_time_tells_is_told():
    table = sensors()
    twin = rs.fit(table, entity="device", time="ts").sample(5, seed=2)
    for times in by_entity(twin, "device", "ts").values():
        assert {b - a for a, b in itertools.pairwise(times)} == {datetime.timedelta(hours=1)}
    assert twin["hour"].to_pylist() == [t.hour for t in twin["ts"].to_pylist()]
    assert twin["model"].type == table["model"].type
    changes = [np.mean(np.diff(np.array(t["state"].to_pylist()) == "on")) for t in (table, twin)]
    assert abs(changes[0] - changes[1]) < 0.06


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
def test_days_of_a_zone_stay_local_midnights_across_a_change_of_the_clock(zone):
    days = pd.date_range("2024-03-01", periods=60, freq="D", tz=zone)
    frame = pd.DataFrame({"at": days, "value": np.random.default_rng(0).normal(size=60).round(2)})
    twin = rs.fit(frame, time="at").sample()
    assert twin["at"].dt.tz is not None
    assert (twin["at"].dt.hour == 0).all()
    assert list(twin["at"]) == list(days)


def test_hours_of_a_zone_go_on_through_a_change_of_the_clock():
    hours = pd.date_range("2024-03-30", periods=72, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"at": hours, "value": np.arange(72) % 24})
    assert list(rs.fit(frame, time="at").sample()["at"]) == list(hours)


@pytest.mark.parametrize(
    "times",
    [
        np.arange(50) * 10 + 3,
        pd.date_range("2020-01-31", periods=50, freq="ME").date,
        pd.date_range("2020-01-01", periods=50, freq="MS"),
        (1949 + np.arange(50) / 12).round(6),
    ],
    ids=["whole", "month ends", "months", "twelfths"],
)
def test_single_series_keep_their_grid(times):
    frame = pd.DataFrame({"at": times, "value": 10 + np.arange(50) % 12})
    model = rs.fit(frame, time="at")
    twin = model.sample()
    assert list(twin["at"]) == list(frame["at"])
    longer = model.sample(steps=70)
    assert list(longer["at"])[:50] == list(frame["at"])
    assert longer["at"].is_monotonic_increasing
    assert longer["at"].is_unique


def test_a_series_shorter_than_its_season_and_one_of_a_single_row():
    hours = pd.date_range("2024-01-01", periods=7, freq="h")
    assert len(rs.fit(pd.DataFrame({"at": hours, "x": range(7)}), time="at").sample()) == 7
    assert len(rs.fit(pd.DataFrame({"at": hours[:1], "x": [1.5]}), time="at").sample()) == 1


def test_one_entity_only_and_entities_of_one_event():
    one = visits(1)
    twin = rs.fit(one, entity="patient", time="at").sample(3)
    assert len(set(twin["patient"].to_pylist())) == 3
    assert rising(twin)
    single = visits(40).group_by("patient", use_threads=False).aggregate([("at", "min"), ("pulse", "first")])
    single = single.rename_columns(["patient", "at", "pulse"])
    assert rs.fit(single, entity="patient", time="at").sample(10).num_rows == 10


def test_two_events_at_one_time_come_only_where_there_are_some(log, fitted):
    assert rising(fitted.sample(200, seed=1))
    twice = pa.concat_tables([log, log.filter(pa.array(np.arange(log.num_rows) % 3 == 0))])
    twin = rs.fit(twice, entity="patient", time="at").sample(100)
    times = by_entity(twin, "patient", "at")
    equal = sum(a == b for t in times.values() for a, b in itertools.pairwise(t))
    assert equal > 0
    assert all(t == sorted(t) for t in times.values())


def test_keys_of_several_columns_and_of_numbers_are_made_anew(log):
    site = pa.array([int(p[1:]) % 4 for p in log["patient"].to_pylist()])
    two = log.append_column("site", site)
    twin = rs.fit(two, entity=["site", "patient"], time="at").sample(90)
    assert len(set(zip(twin["site"].to_pylist(), twin["patient"].to_pylist(), strict=True))) == 90
    numbers = log.set_column(0, "patient", pa.array([int(p[1:]) + 1000 for p in log["patient"].to_pylist()]))
    assert len(set(rs.fit(numbers, entity="patient", time="at").sample(90)["patient"].to_pylist())) == 90


def test_rules_hold_in_every_row(log):
    schema = rs.inspect(log, entity="patient", time="at")
    name, table = schema.only
    rules = {"odd": "pulse <> 70 or temp is null", "adult": "born < 1995"}
    ruled = rs.Schema(tables={name: type(table)(**{**vars(table), "rules": rules})})
    kept = log.filter(pc.field("born") < 1995)
    twin = rs.fit(kept, schema=ruled).sample(60)
    assert not [
        1 for p, t in zip(twin["pulse"].to_pylist(), twin["temp"].to_pylist(), strict=True) if p == 70 and t is not None
    ]
    assert pc.max(twin["born"]).as_py() < 1995


def test_orders_that_real_rows_keep_are_kept():
    rng = np.random.default_rng(1)
    close = 100 + rng.normal(size=400).cumsum()
    frame = pd.DataFrame(
        {
            "day": np.arange(400),
            "low": (close - rng.exponential(1, 400)).round(2),
            "close": close.round(2),
            "high": (close + rng.exponential(1, 400)).round(2),
        }
    )
    twin = rs.fit(frame, time="day").sample(seed=4)
    assert (twin["low"] <= twin["close"]).all()
    assert (twin["close"] <= twin["high"]).all()


@pytest.mark.parametrize("convert", [pa.Table.to_pandas, pl.from_arrow], ids=["pandas", "polars"])
def test_the_same_kind_of_frame_comes_back(log, convert):
    frame = convert(log)
    twin = rs.fit(frame, entity="patient", time="at").sample(5)
    assert type(twin) is type(frame)
    assert list(twin.dtypes) == list(frame.dtypes)


def test_no_entities_and_times_of_text(log):
    frame = log.to_pandas()
    frame["at"] = frame["at"].dt.strftime("%d.%m.%Y %H:%M")
    model = rs.fit(frame, entity="patient", time="at")
    assert len(model.sample(0)) == 0
    twin = model.sample(10)
    assert twin["at"].str.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d").all()


def missing(table, name, rows):
    values = table[name].to_pylist()
    for row in rows:
        values[row] = None
    return table.set_column(table.column_names.index(name), name, pa.array(values, table[name].type))


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: missing(t, "at", [4, 9]), {}, ["'at'", "missing in 2 of", "row 5"]),
        (lambda t: missing(t, "patient", [0]), {}, ["'patient'", "belongs to no entity"]),
        (lambda t: t.set_column(1, "at", pa.array(["soon"] * t.num_rows)), {}, ["'at'", "soon", "2026-03-01"]),
        (lambda t: t, {"time": None}, ["entity=patient", "--time"]),
        (lambda t: t, {"time": "att"}, ["'att'", "did you mean 'at'"]),
        (lambda t: t, {"entity": "who"}, ["'who'", "known"]),
        (lambda t: t, {"entity": "at"}, ["twice"]),
        (lambda t: t, {"time": "sex"}, ["'sex'"]),
        (lambda t: t, {"learner": "independent"}, ["sequences are learnt by trees"]),
        (lambda t: t, {"primary_key": "patient"}, ["primary_key"]),
        (lambda t: t.slice(0, 0), {}, ["0 rows"]),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(log, change, options, words):
    with pytest.raises(rs.RowsmithError) as fault:
        rs.fit(change(log), **{"entity": "patient", "time": "at", **options})
    assert all(word in str(fault.value) for word in words), str(fault.value)


@pytest.mark.parametrize("options", [{"entities": -1}, {"steps": 0}, {"entities": 1.5}, {"workers": 0}])
def test_what_cannot_be_drawn_is_refused(fitted, options):
    with pytest.raises(rs.SpecError, match=next(iter(options))):
        fitted.sample(**options)


def test_a_single_series_has_no_entities_to_ask_for():
    model = rs.fit(pd.DataFrame({"at": range(30), "x": range(30)}), time="at")
    with pytest.raises(rs.SpecError, match="single series"):
        model.sample(3)


def test_a_file_that_points_beyond_its_arrays_is_refused(fitted, tmp_path):
    from rowsmith.core.errors import ModelFileError
    from rowsmith.core.state import read_state, write_state
    from rowsmith.learn import _sequence_layout as layout
    from rowsmith.learn.sequence import KIND, VERSION

    fitted.save(tmp_path / "m.rowsmith")
    for place, value in ((layout.FIRST_STEP, 10**12), (layout.NULLABLE, 7), (layout.ON_LINE, 0)):
        state = read_state(tmp_path / "m.rowsmith", kind=KIND, version=VERSION)
        lines = np.flatnonzero(state["table"]["law"]["columns"][:-1, layout.ON_LINE])
        state["table"]["law"]["columns"] = state["table"]["law"]["columns"].copy()
        state["table"]["law"]["columns"][lines[-1], place] = value
        write_state(tmp_path / "bad.rowsmith", state, kind=KIND, version=VERSION)
        with pytest.raises(ModelFileError, match="damaged"):
            rs.load(tmp_path / "bad.rowsmith")


def test_what_falls_by_the_same_all_day_falls_step_by_step():
    hours = np.arange(600)
    rows = [
        pd.DataFrame(
            {
                "device": i,
                "at": pd.date_range("2026-01-01", periods=600, freq="h"),
                "battery": (100 - 0.05 * hours).round(1),
            }
        )
        for i in range(4)
    ]
    twin = rs.fit(pd.concat(rows, ignore_index=True), entity="device", time="at").sample(6, seed=1)
    steps = twin.groupby("device")["battery"].diff().dropna()
    assert (steps <= 1e-9).mean() > 0.97
    assert steps.min() > -1
    assert -0.08 < steps.mean() < -0.02


def test_entities_that_were_forgotten_are_told():
    rows = pa.table(
        {"at": np.repeat(np.arange(40), 3), "device": np.tile(["a", "b", "c"], 40), "x": np.arange(120) * 0.5}
    )
    (note,) = [n for n in rs.fit(rows, time="at").notes if "one series" in n]
    assert note == (
        "note: all rows are taken for one series, and 3.0 have the same time on average; if 'device' says whose they are, say so: "
        "--entity device."
    )
    assert not [n for n in rs.fit(rows, time="at", entity="device").notes if "one series" in n]
    (note,) = [n for n in rs.fit(rows.select(["at", "x"]), time="at").notes if "one series" in n]
    assert note.endswith("if they are of several entities, say which column names these: --entity COLUMN.")
