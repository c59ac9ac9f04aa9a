"""Series judged: order in time, waves, steps, gaps, forecasts, copies, and the rows as a table."""

import datetime
import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.grouping import EventOrder
from rowsmith.core.rng import Key
from rowsmith.evaluate._correlogram import autocorrelation, cross_correlation, frequencies, remainder, spectrum
from rowsmith.evaluate._limits import GROUPED
from rowsmith.evaluate._measure import MEASURES
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series_measure import SERIES_MEASURES

START = datetime.datetime(2026, 3, 1)


def panel(seed, *, entities=16, steps=96, shuffle=False, name="m"):
    """Hourly series of a day's course and a slow walk, a second column that follows, levels, and gaps in a row."""
    rng = np.random.default_rng(seed)
    n = entities * steps
    hour = np.tile(np.arange(steps), entities)
    noise = rng.normal(size=(entities, steps))
    walk = np.zeros((entities, steps))
    for t in range(1, steps):
        walk[:, t] = 0.9 * walk[:, t - 1] + 0.5 * noise[:, t]
    heat = 10 + 4 * np.sin(2 * np.pi * hour / 24) + walk.ravel()
    late = np.roll(heat, 1) + rng.normal(0, 0.3, n)
    gone = np.zeros((entities, steps), dtype=bool)
    for i in range(entities):
        first = rng.integers(0, steps - 12)
        gone[i, first : first + rng.integers(6, 12)] = True
    state = np.where(walk.ravel() > 0, "warm", "cold")
    if shuffle:
        heat, late, state = (v[rng.permutation(n)] for v in (heat, late, state))
        gone = gone.ravel()[rng.permutation(n)]
    return pa.table(
        {
            "device": [f"{name}{i}" for i in np.repeat(np.arange(entities), steps)],
            "ts": [START + datetime.timedelta(hours=int(h)) for h in hour],
            "hour": hour % 24,
            "heat": pa.array(np.round(heat, 2), mask=gone.ravel()),
            "late": np.round(late, 2),
            "state": state,
        }
    )


REAL = panel(1)
ORDER = {"entity": "device", "time": "ts"}


def judged(synthetic, real=REAL, **options):
    summary = rs.evaluate(real, synthetic, **ORDER, **options).summary
    return {r.measure: r for r in summary.measures}, summary


def taken(name, synthetic, real=REAL, **options):
    """What one measure finds."""
    order = EventOrder(time="ts", entity=("device",))
    ordered = Ordered.of({"real": real, "synthetic": synthetic}, order, Key(0), 1)
    return SERIES_MEASURES.load(name)().measure(ordered)


@pytest.fixture(scope="module")
def fresh():
    return judged(panel(2, name="x"), holdout=panel(3, name="y"))


@pytest.fixture(scope="module")
def apart():
    return judged(panel(2, shuffle=True))


def test_every_measure_of_series_is_taken_and_none_alarms_on_fresh_ones(fresh):
    found, summary = fresh
    for name in SERIES_MEASURES.names():
        if name != "whole_series":  # see test_entities.py
            assert found[name].level == "good", found[name].sentence
    assert [v.level for v in summary.verdicts[:2]] == ["good", "good"], summary.verdicts
    assert "Parts of the time in every real row, so judged with it and not as values: 'hour'." in summary.notes


@pytest.mark.parametrize("name", ["autocorrelation", "spectrum", "crosses", "missing", "windows", "forecasts"])
def test_what_is_lost_without_order_is_seen(apart, name):
    found, summary = apart
    assert found[name].level == "poor", found[name].sentence
    first = found[name].figures[-1 if name == "missing" else 0]
    assert abs(first.value - first.floor) < abs(first.value - first.ceiling)
    assert summary.verdicts[0].level == "poor"
    assert found["clock"].level == "good"


def test_columns_that_look_well_alone_may_not_follow_each_other(apart):
    assert [apart[0][n].level for n in ("shapes", "copied_windows", "seasons")] == ["good", "good", "poor"]


def test_pieces_of_real_series_are_found():
    pieces = pa.concat_tables([REAL.slice(i * 32, 32) for i in np.random.default_rng(0).permutation(48)])
    made = REAL.select(["device", "ts", "hour"])
    for name in ("heat", "late", "state"):
        made = made.append_column(name, pieces[name])
    found = taken("copied_windows", made)
    assert found.level == "poor"
    assert found.figures[0].value > 0.7
    assert found.figures[0].control > 0.5
    assert found.figures[0].ceiling == 0


def test_rows_out_of_order_and_at_one_time_are_counted():
    made = panel(2)
    order = np.arange(made.num_rows)
    order[[5, 6]] = order[[6, 5]]
    times = made["ts"].to_pylist()
    times[96 + 3] = times[96 + 2]
    found = taken("clock", made.set_column(1, "ts", pa.array(times)).take(pa.array(order)))
    figures = {f.name: f.value for f in found.figures}
    assert found.level == "fair"
    assert figures["backward"] == pytest.approx(1 / (made.num_rows - 16))
    assert figures["doubled"] == pytest.approx(1 / made.num_rows)
    assert figures["calendar"] == pytest.approx(1 / made.num_rows)


def test_gaps_and_lengths_are_compared():
    every_other = panel(2).filter(pa.array(np.arange(REAL.num_rows) % 2 == 0))
    figures = {f.name: f.value for f in taken("clock", every_other).figures}
    assert figures["gaps"] == figures["lengths"] == 100


def test_order_of_rows_in_the_file_and_names_of_entities_do_not_matter(fresh):
    shuffled = panel(2, name="z").take(pa.array(np.random.default_rng(0).permutation(REAL.num_rows)))
    first = taken("autocorrelation", shuffled).figures[0].value
    assert first == pytest.approx(fresh[0]["autocorrelation"].figures[0].value)
    assert taken("clock", shuffled).level == "poor"


def test_the_same_for_any_number_of_workers():
    small = panel(2, entities=6, steps=60)
    one, two = (judged(small, real=panel(1, entities=6, steps=60), workers=n)[1].to_json() for n in (1, 2))
    assert one == two


def single(n=240, period=12, seed=0):
    """A series of plain numbers with a season."""
    rng = np.random.default_rng(seed)
    at = np.arange(n)
    return pa.table({"at": at, "sales": 100 + 20 * np.sin(2 * np.pi * at / period) + rng.normal(0, 0.5, n)})


@pytest.mark.parametrize(("n", "period", "found"), [(240, 12, 12), (240, 17, 17), (40, 24, 1), (24, 5, 5)])
def test_a_season_is_found_where_there_is_room_for_it(n, period, found):
    table = single(n, period)
    ordered = Ordered.of({"real": table, "synthetic": table}, EventOrder(time="at"), Key(0), 1)
    assert ordered.plan.period == found
    ordered = Ordered.of({"real": table, "synthetic": single(n, period, seed=1)}, EventOrder(time="at"), Key(0), 1)
    for name in ("seasons", "autocorrelation"):
        level = SERIES_MEASURES.load(name)().measure(ordered).level
        assert level == ("not measured" if name == "seasons" and found == 1 else "good"), name


def test_clocks_are_read_where_they_hang():
    at = pa.array([START + datetime.timedelta(hours=h) for h in range(96)], pa.timestamp("us", "America/New_York"))
    table = pa.table({"at": at, "x": np.sin(np.arange(96) / 4)})
    ordered = Ordered.of({"real": table, "synthetic": table}, EventOrder(time="at"), Key(0), 1)
    assert ordered.real.phases["hour"][:3].tolist() == [19, 20, 21]  # midnight in Greenwich
    assert ordered.real.gaps.tolist() == [3600.0] * 95


BAD = {
    "no such column": (REAL.drop_columns("ts"), "synthetic.time: there is no column 'ts'"),
    "a time is missing": (
        REAL.set_column(1, "ts", pa.array([None, *REAL["ts"].to_pylist()[1:]])),
        r"synthetic: column 'ts': is missing in 1 of 1,536 rows \(the first is row 1\): what has no time",
    ),
    "times that are none": (
        REAL.set_column(1, "ts", pa.array(["soon"] * REAL.num_rows)),
        "time='ts': values such as .* are no times that can be read in every table",
    ),
    "no rows": (REAL.slice(0, 0), "the synthetic table has no rows"),
    "other columns": (
        REAL.select(["device", "ts"]).append_column("other", REAL["heat"]),
        "the tables have no column in common besides 'device', 'ts'. Give the columns the same names",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence(name):
    table, message = BAD[name]
    with pytest.raises((DataError, SpecError), match=message):
        judged(table)


def test_too_few_rows_are_said():
    found, summary = judged(REAL.slice(0, 12))
    said = "Not measured: the synthetic table has 12 rows; series are judged from 20 on."
    assert {found[name].sentence for name in SERIES_MEASURES.names()} == {said}
    assert found["shapes"].figures
    assert summary.columns


def test_times_alone_are_a_series():
    times = REAL.select(["device", "ts"])
    found, _ = judged(times, real=times)
    assert found["clock"].level == "good"
    assert found["autocorrelation"].sentence == "Not measured: there is no column whose values vary."


def test_options_that_do_not_go_together_are_refused():
    with pytest.raises(SpecError, match=r"give time \(--time"):
        rs.evaluate(REAL, REAL, entity="device")
    with pytest.raises(SpecError, match="full: what takes long"):
        judged(REAL, full=True)
    with pytest.raises(SpecError, match="time='ts': is of a single table"):
        rs.evaluate({"a": REAL}, {"a": REAL}, time="ts")


def test_one_entity_is_a_single_series():
    real, made = (panel(seed, entities=1, steps=200) for seed in (1, 2))
    assert [f.name for f in taken("clock", made, real).figures] == ["backward", "doubled", "calendar", "gaps"]
    assert taken("windows", made, real).level == "good"


def test_a_schema_may_say_what_the_order_is():
    schema = rs.Schema.from_yaml(
        "{rowsmith: 1, tables: {t: {sequence: {entity: device, time: ts}, rules: {dry: late > -99}}}}"
    )
    small = [panel(seed, entities=5, steps=40) for seed in (1, 2)]
    levels = {r.measure: r.level for r in rs.evaluate(*small, schema=schema).summary.measures}
    assert levels["clock"] == levels["rules"] == "good"


def test_every_form_of_the_report_is_written(fresh, tmp_path):
    from rowsmith.evaluate._report import Report

    report = Report(fresh[1])
    for form in ("html", "json", "md"):
        report.save(tmp_path / f"r.{form}")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Synthetic series, judged" in page
    assert page.count('<svg class="plot" viewBox') == 3 * 4  # heat, late, cold, warm: run, autocorrelation, spectrum
    assert "### Synthetic series, judged" in (tmp_path / "r.md").read_text(encoding="utf-8")
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert document["settings"]["sequence"] == {"entity": "device", "time": "ts"}
    assert report.broken({"autocorrelation.remainder": 0.0001, "children": 1})[1].endswith("only taken of such data")


def test_candidates_are_ranked():
    real, fine = (panel(seed, entities=8, steps=80) for seed in (1, 4))
    found = rs.compare(real, {"bad": panel(2, entities=8, steps=80, shuffle=True), "fine": fine}, **ORDER)
    assert [p.name for p in found.ranking.places] == ["fine", "bad"]


def test_names_of_measures_are_their_own():
    names = [name for registry in (MEASURES, *GROUPED) for name in registry.names()]
    assert len(names) == len(set(names))


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(2, 8))
def test_autocorrelations_are_those_of_the_definition(seed, series, lags):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(lags + 3, 20, series)
    begins = np.cumsum([0, *lengths])
    x = rng.normal(size=(begins[-1], 1))
    x[rng.random(len(x)) < 0.1] = np.nan
    parts = [x[a:b, 0] - np.nanmean(x[a:b, 0]) for a, b in pairwise(begins)]
    variance = np.nanmean(np.concatenate(parts) ** 2)
    for lag, found in enumerate(autocorrelation(x, begins, lags)[:, 0], 1):
        products = np.concatenate([p[lag:] * p[:-lag] for p in parts])
        known = products[np.isfinite(products)]
        assert found == pytest.approx(known.mean() / variance if len(known) > 1 else 0.0, abs=1e-9)


def test_a_column_that_follows_is_seen_at_its_lag():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2_001)
    found = cross_correlation(np.stack([x[1:], x[:-1]], axis=1), np.array([0, 2000]))[:, 0]
    assert np.argmax(np.abs(found)) == 1  # the first column one row before the second
    assert found[1] > 0.95


def test_a_wave_has_its_power_at_its_frequency():
    x = np.sin(2 * np.pi * np.arange(1024) / 16)[:, None]
    power, bins = spectrum(x, np.array([0, 1024]), 256)[:, 0], frequencies(256)
    top = int(np.argmax(power))
    assert bins[top] <= 256 / 16 < bins[top + 1]
    assert spectrum(x, np.array([0, 1024]), 2048) is None


def test_trend_and_season_are_taken_off():
    at = np.arange(400)
    x = (0.1 * at + 5 * np.sin(2 * np.pi * at / 8))[:, None]
    rest = remainder(x, np.array([0, 400]), 17, [at % 8])
    assert np.abs(rest[20:-20]).max() < 0.3
