"""Times of rows keep to those of the rows above them: days to moments, and not beyond an end."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.engine._linked import key, schema

import rowsmith as rs

DAY = 86_400
KEYS = {
    "stays": (["stay"], []),
    "treatments": (["treatment"], [key("stay", "stays", "stay")]),
}


def hospital(days):
    """Stays of some days, a few of which go on, and treatments in their course, on days or at moments."""
    rng = np.random.default_rng(4)
    n = 400
    begin = 1_600_000_000 + rng.integers(0, 500 * DAY, n) // 60 * 60
    end = begin + (rng.exponential(4, n) * DAY).astype(np.int64) // 60 * 60 + 1800
    up = np.repeat(np.arange(n), rng.poisson(3, n) + 1)
    at = begin[up] + (rng.random(len(up)) * (end - begin)[up]).astype(np.int64) // 60 * 60
    moments = [pa.array(each).cast(pa.timestamp("s")) for each in (begin, end, at)]
    moments[1] = pc.if_else(pa.array(rng.random(n) < 0.05), pa.scalar(None, pa.timestamp("s")), moments[1])
    begin, end, at = (
        each.cast(pa.date32(), safe=False) if day else each for each, day in zip(moments, days, strict=True)
    )
    return {
        "stays": pa.table({"stay": np.arange(n), "begin": begin, "end": end}),
        "treatments": pa.table(
            {"treatment": np.arange(len(up)), "stay": up, "at": at, "cost": rng.gamma(2, 50, len(up)).round(2)}
        ),
    }


@pytest.mark.parametrize(
    ("days", "unit"),
    [
        ((False, False, False), "s"),
        ((False, False, True), "s"),
        ((True, True, False), "s"),
        ((True, True, True), "s"),
        ((False, False, False), "us"),
    ],
    ids=["moments", "days in moments", "moments in days", "days", "moments in other units"],
)
def test_treatments_are_in_the_course_of_their_stay(days, unit):
    known = schema(**KEYS)
    stays = dataclasses.replace(known.tables["stays"], rules={"in order": '"begin" <= "end"'})
    known = rs.Schema(tables={**known.tables, "stays": stays})
    real = hospital(days)
    if unit != "s":
        at = real["treatments"]["at"].cast(pa.timestamp(unit))
        real["treatments"] = real["treatments"].set_column(2, "at", at)
    twin = rs.fit(real, schema=known).sample(seed=2)
    both = twin["treatments"].join(twin["stays"], "stay", join_type="inner")
    assert both.num_rows == twin["treatments"].num_rows
    kind = pa.date32() if len(set(days)) > 1 else both["begin"].type
    begin, at, end = (both[name].cast(kind, safe=False) for name in ("begin", "at", "end"))
    assert pc.all(pc.less_equal(begin, at)).as_py()
    assert pc.all(pc.less_equal(at, end)).as_py()  # nothing is said of stays that go on
    assert both["at"].null_count == 0


def test_ends_that_may_be_before_beginnings_are_no_hindrance():
    twin = rs.fit(hospital((False,) * 3), schema=schema(**KEYS)).sample(seed=2)
    both = twin["treatments"].join(twin["stays"], "stay", join_type="inner")
    assert pc.all(pc.less_equal(both["begin"], both["at"])).as_py()
