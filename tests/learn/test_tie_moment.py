"""Moments of which weekday and time of day matter: what is learnt beside them, and how they are moved."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from rowsmith.core.protocols import LEARNERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Table
from rowsmith.learn._tie_moment import Moment
from rowsmith.learn._tie_rules import ties_from_state, ties_of, ties_state
from rowsmith.learn.table import TableModel, fit_table

N = 4000
DAY = 86_400
MONDAY = 19_002  # 2022-01-10
RNG = np.random.default_rng(5)
WORKDAYS = MONDAY + RNG.integers(0, 120, N) * 7 + RNG.integers(0, 5, N)
OFFICE = np.clip(RNG.normal(13, 2.5, N), 8, 17.9) * 3600
AT_WORK = WORKDAYS * DAY + OFFICE.astype(np.int64)
ANY_TIME = MONDAY * DAY + RNG.integers(0, 840 * DAY, N)


def moments(seconds, type=None):
    type = pa.timestamp("s") if type is None else type
    kind = pa.timestamp(type.unit)
    local = pa.array(seconds).cast(pa.timestamp("s")).cast(kind)
    if type.tz is None:
        return local
    return pc.assume_timezone(local, type.tz, ambiguous="earliest", nonexistent="latest")


def dates(days):
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def column(values, **more):
    return Column(kind="date" if pa.types.is_date(values.type) else "timestamp", type=str(values.type), **more)


def tie_of(values, rules=None, **others):
    rows = {"sent": values, **others}
    kinds = {name: column(each) for name, each in rows.items()}
    ties = ties_of(rules or {}, kinds, rows, frozenset(), moments=True)
    return next((tie for tie in ties.each if tie.column == "sent"), None)


def model_of(rows, rules=None, kinds=None):
    kinds = {name: column(values) for name, values in rows.items()} if kinds is None else kinds
    schema = Table(columns=kinds, rules=rules or {})
    return fit_table(pa.table(rows), schema, LEARNERS.load("trees")(), name="t", key=Key(3))


def drawn(model, n=N):
    return model.sample(Rows(0, n), Key(7))


def local(values):
    return pc.local_timestamp(values) if getattr(values.type, "tz", None) else values


def weekend(values):
    return float(np.mean(np.array(pc.day_of_week(local(values).drop_null())) >= 5))


def outside(values):
    hours = np.array(pc.hour(local(values).drop_null()))
    return float(np.mean((hours < 8) | (hours >= 18)))


@pytest.mark.parametrize(
    ("values", "weekday", "time"),
    [
        (moments(AT_WORK), True, True),
        (moments(AT_WORK, pa.timestamp("us", "America/New_York")), True, True),
        (moments(ANY_TIME // DAY * DAY + OFFICE.astype(np.int64)), False, True),
        (dates(WORKDAYS), True, False),
    ],
)
def test_uneven_ones_are_found(values, weekday, time):
    tie = tie_of(values)
    assert isinstance(tie, Moment)
    assert (tie.weekday, tie.time) == (weekday, time)
    assert "sent#when" in tie.learns


@pytest.mark.parametrize(
    "values",
    [
        moments(ANY_TIME),
        dates(ANY_TIME // DAY),
        moments(AT_WORK[:20].repeat(N // 20)),  # each has a code of its own
        moments(MONDAY * DAY + RNG.integers(0, 10, N) * DAY + OFFICE.astype(np.int64)),  # ranges of an hour or two
        dates(
            (np.datetime64("2000-01-01") + np.zeros(N, int)).astype("datetime64[M]").astype(int) + RNG.integers(0, 9, N)
        ),
        pa.nulls(N, pa.timestamp("s")),
    ],
)
def test_others_are_left_alone(values):
    assert tie_of(values) is None


def test_days_of_the_month_count_more_than_weekdays_if_they_say_more():
    firsts = (np.datetime64("2000-01") + RNG.integers(0, 200, N)).astype("datetime64[D]").astype(np.int64)
    tie = tie_of(moments(firsts * DAY + OFFICE.astype(np.int64)))
    assert (tie.weekday, tie.time) == (False, True)
    rows = drawn(model_of({"sent": moments(firsts * DAY + OFFICE.astype(np.int64))}))
    assert outside(rows["sent"]) == 0


@pytest.mark.parametrize("type", [pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("ms", "Europe/Berlin")])
def test_what_is_split_comes_together_again(type):
    values = moments(AT_WORK, type)
    values = pc.if_else(pa.array(RNG.random(N) < 0.1), pa.scalar(None, values.type), values)
    tie = tie_of(values)
    parts = {name: part.values for name, part in tie.split({"sent": values}).items()}
    assert {name: str(each.type) for name, each in parts.items()} == {n: c.type for n, c in tie.learns.items()}
    assert [name for name, each in parts.items() if each.null_count] == ["sent#when"]
    joined, ticks = tie.join(parts), np.array(values.drop_null().cast(pa.int64()))
    inside = (ticks >= tie.start) & (ticks <= tie.end)
    assert joined.drop_null().filter(pa.array(inside)).equals(values.drop_null().filter(pa.array(inside)))
    assert joined.is_null().equals(values.is_null())
    again = ties_from_state(
        ties_state(ties_of({}, {"sent": column(values)}, {"sent": values}, frozenset(), moments=True))
    )
    assert again.each == (tie,)


@pytest.mark.parametrize("type", [pa.timestamp("s"), pa.timestamp("us", "Pacific/Auckland")])
def test_drawn_rows_keep_hours_and_weekdays(type):
    rows = {"sent": moments(AT_WORK, type), "late": pa.array(OFFICE > 14 * 3600)}
    kinds = {"sent": column(rows["sent"]), "late": Column(kind="boolean", type="bool")}
    twin = drawn(model_of(rows, kinds=kinds))
    assert (weekend(twin["sent"]), outside(twin["sent"])) == (0, 0)
    late = np.array(pc.greater_equal(pc.hour(local(twin["sent"])), 14))
    assert np.mean(late == np.array(twin["late"])) > 0.95
    low, high = (pc.min_max(each["sent"]).as_py() for each in (pa.table(rows), twin))
    assert low["min"] <= high["min"]
    assert high["max"] <= low["max"]


def test_text_of_one_form_is_moved_too():
    form = {"as": "timestamp", "layout": "%d.%m.%Y %H:%M"}
    text = pc.strftime(moments(AT_WORK), format="%d.%m.%Y %H:%M")
    twin = drawn(model_of({"sent": text}, kinds={"sent": Column(kind="timestamp", type="string", form=form)}))
    assert pa.types.is_string(twin["sent"].type)
    values = pc.strptime(twin["sent"], format="%d.%m.%Y %H:%M", unit="s")
    assert (weekend(values), outside(values)) == (0, 0)


def test_dates_keep_weekdays_and_marks_stay():
    days = np.where(RNG.random(N) < 0.1, 2_932_896, WORKDAYS)  # 9999-12-31, a Friday
    days[RNG.random(N) < 0.1] = MONDAY + 6  # a Sunday that many have
    twin = drawn(model_of({"sent": dates(days)}))["sent"]
    found = np.array(twin.cast(pa.int32()))
    rest = found[(found != 2_932_896) & (found != MONDAY + 6)]
    assert np.mean(found == 2_932_896) == pytest.approx(0.1, abs=0.03)
    assert np.mean(found == MONDAY + 6) == pytest.approx(0.1, abs=0.03)
    assert np.mean((rest + 3) % 7 >= 5) == 0


def test_bounds_hold_and_short_distances_are_not_lost():
    later = np.where(RNG.random(N) < 0.4, AT_WORK + 60 * RNG.integers(1, 100, N), (AT_WORK // DAY + 7) * DAY + 9 * 3600)
    closed = moments(later + RNG.integers(0, 3600, N))
    rules = {"order": "sent >= opened"}
    rows = {"opened": moments(AT_WORK), "sent": closed}
    tie = tie_of(closed, rules, opened=rows["opened"])
    assert tie.inner is not None
    twin = drawn(model_of(rows, rules))
    away = np.array(pc.subtract(twin["sent"], twin["opened"]).cast(pa.int64()))
    assert away.min() >= 0
    assert np.mean(away < 3 * 3600) == pytest.approx(0.4, abs=0.04)
    assert (weekend(twin["opened"]), outside(twin["opened"])) == (0, 0)
    assert weekend(twin["sent"]) < 0.03
    assert outside(twin["sent"]) < 0.05


def test_hours_that_follow_from_a_bound_are_not_learnt_again():
    closed = moments(AT_WORK + 60 * RNG.integers(1, 100, N))
    ties = ties_of(
        {"order": "sent >= opened"},
        {"opened": column(closed), "sent": column(closed)},
        {"opened": moments(AT_WORK), "sent": closed},
        frozenset(),
        moments=True,
    )
    assert {tie.column: tie.form for tie in ties.each} == {"opened": "moment", "sent": "bounded"}


def test_same_model_and_key_same_bytes():
    model = model_of({"sent": moments(AT_WORK), "other": moments(ANY_TIME)})
    assert drawn(TableModel.from_state(model.state())).equals(drawn(model))


def test_missing_values_are_filled_with_hours_of_work():
    values = pc.if_else(pa.array(RNG.random(N) < 0.2), pa.scalar(None, pa.timestamp("s")), moments(AT_WORK))
    model = model_of({"sent": values})
    filled = model.filled(Rows(0, N), Key(1), {"sent": values})["sent"]
    assert filled.null_count == 0
    assert filled.filter(values.is_valid()).equals(values.drop_null())
    assert (weekend(filled), outside(filled)) == (0, 0)
