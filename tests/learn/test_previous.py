"""Formulas over the row before: how they are read and written, and that those that were put into rows are found, and no others."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.schema import Column
from rowsmith.learn._previous import Follow, find_follows, follows_of, row_before

ENTITIES, ROWS = 40, 25
BEGINS = np.arange(ENTITIES + 1) * ROWS


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("previous.a", "previous.a"),
        ("previous.a + b - c", "previous.a + b - c"),
        ("b + previous.a", "previous.a + b"),
        ("-previous.a + b", "b - previous.a"),
        ("coalesce(previous.a, 0) + (b - (c - 2))", "coalesce(previous.a, 0) + b - c + 2"),
        ('round(previous."net amount" + "b.c", 2)', 'round(previous."net amount" + "b.c", 2)'),
    ],
)
def test_a_sum_is_read_and_written_again(said, written):
    follow = Follow.of("x", said, "follows.x")
    assert follow.expression == written
    assert Follow.of("x", written, "follows.x") == follow


@pytest.mark.parametrize(
    "said",
    [
        "previous.a * 2",
        "x + previous.a",
        "previous.a + previous.a",
        "lag(a) over ()",
        "coalesce(b, 0)",
        "3",
        "a from t",
    ],
)
def test_what_is_no_sum_is_refused(said):
    with pytest.raises(SpecError, match=r"follows\.x="):
        Follow.of("x", said, "follows.x")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"a": "previous.z + b"}, r"follows\.a: there is no column 'z'"),
        ({"a": "previous.a + name"}, r"follows\.a: name is of the kind category"),
        ({"a": "previous.b + c", "c": "previous.c + a"}, r"follows\.c.*: c follows from itself"),
    ],
)
def test_a_schema_cannot_say_what_cannot_be(said, fault):
    columns = {n: Column(kind="integer") for n in "abc"} | {"name": Column(kind="category")}
    with pytest.raises(SpecError, match=fault):
        follows_of(said, columns, "follows")


def found(columns, rules=None, begins=BEGINS):
    rows = {n: pa.array(v) for n, v in columns.items()}
    kinds = {n: Column(kind="integer" if pa.types.is_integer(v.type) else "float") for n, v in rows.items()}
    return {f.column: f.expression for f in find_follows(rows, kinds, begins, (), rules or {})}


def running(change, start):
    return (np.cumsum(change.reshape(ENTITIES, ROWS), axis=1) + np.reshape(start, (-1, 1))).ravel()


def test_running_sums_are_found_and_where_they_begin():
    rng = np.random.default_rng(1)
    n = ENTITIES * ROWS
    used, came, went = rng.gamma(2, 1, n).round(2), rng.integers(0, 30, n), rng.integers(0, 30, n)
    register = running(used, rng.uniform(1e3, 1e4, ENTITIES)).round(2)
    paid = rng.gamma(2, 9, n).round(2)
    owed = running(-paid, rng.uniform(1e3, 1e4, ENTITIES)).round(2)
    stock = running(came - went, 0)
    columns = {"stock": stock, "came": came, "went": went, "register": register, "used": used}
    columns |= {"paid": paid, "owed": owed}
    assert found(columns) == {
        "owed": "round(previous.owed - paid, 2)",
        "stock": "coalesce(previous.stock, 0) + came - went",
        "register": "round(previous.register + used, 2)",
    }


def test_what_is_carried_over_is_found_beside_a_rule_of_the_row():
    rng = np.random.default_rng(2)
    net = rng.normal(0, 100, ENTITIES * ROWS).round(2)
    closing = running(net, rng.uniform(1e3, 1e4, ENTITIES)).round(2)
    columns = {"opening": (closing - net).round(2), "net": net, "closing": closing}
    assert found(columns, {"closing": {"opening", "net"}}) == {"opening": "previous.closing"}
    assert found(columns, {"net": {"opening", "closing"}}) == {"opening": "previous.closing"}


def test_a_change_that_first_rows_lack_follows_from_the_level():
    rng = np.random.default_rng(5)
    level = np.exp(rng.normal(0, 0.01, (ENTITIES, ROWS)).cumsum(axis=1) + 4).round(2)
    change = np.diff(level, axis=1, prepend=np.nan).round(2).ravel()
    level = level.ravel()
    assert found({"change": pa.array(change, from_pandas=True), "level": level}) == {
        "change": "round(level - previous.level, 2)"
    }
    given = np.where(np.isnan(change), 0.5, change)
    assert found({"change": given, "level": level}) == {"level": "round(previous.level + change, 2)"}


def test_a_few_slips_are_borne():
    rng = np.random.default_rng(3)
    used = rng.integers(1, 90, ENTITIES * ROWS)
    register = running(used, rng.integers(1_000, 9_000, ENTITIES))
    slips = rng.choice(len(used), 8, replace=False)
    used[slips] += 7
    assert found({"register": register, "used": used}) == {"register": "previous.register + used"}


def test_nothing_is_found_where_there_is_nothing():
    rng = np.random.default_rng(4)
    n = ENTITIES * ROWS
    seldom = np.where(rng.random(n) < 0.01, rng.integers(1, 50, n), 0)
    columns = {
        "same": np.repeat(rng.integers(0, 1_000, ENTITIES), ROWS),
        "level": running(np.where(rng.random(n) < 0.01, rng.integers(1, 9, n), 0), rng.integers(0, 1_000, ENTITIES)),
        "seldom": seldom,
        "free": rng.integers(0, 1_000, n),
        "walk": running(rng.integers(-3, 4, n), 500),
        "zero": np.zeros(n, dtype=np.int64),
    }
    assert found(columns) == {}


def test_entities_of_a_row_each_have_none_before():
    assert row_before(np.arange(4)).tolist() == [-1, -1, -1]
    assert found({"a": np.arange(40), "b": np.arange(40)}, begins=np.arange(41)) == {}
