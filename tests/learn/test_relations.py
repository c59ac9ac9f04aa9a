"""What flows along a link."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.learn._relations import Copied, Rollup, as_type, copied, orders, rollups

R = np.random.default_rng(0)
UP = np.append(np.repeat(np.arange(30), 3), -1)


def days(numbers):
    return pa.array(np.datetime64("2024-01-01") + numbers)


def test_columns_that_are_the_parents_are_found():
    level, town = R.integers(1, 5, 30), np.array(["Ulm", "Jena", "Kiel"])[R.integers(0, 3, 30)]
    child = {
        "level": pa.array(np.append(level, 0)[UP] + 1),
        "place": pa.array(np.append(town, "Bonn")[UP]),
        "other": pa.array(R.integers(0, 4, 91)),
        "same": pa.array(np.ones(91)),
    }
    parent = {"level": pa.array(level), "town": pa.array(town), "same": pa.array(np.ones(30))}
    found = copied(child, parent, UP)
    assert found == [Copied("level", "level", 1), Copied("place", "town")]
    assert found[0].of(parent["level"], pa.int32()).to_pylist() == [n + 1 for n in level]
    assert copied(child, parent, np.full(91, -1)) == []


def test_a_column_of_the_same_name_is_meant_first():
    town = np.array(["Ulm", "Jena", "Kiel"])[R.integers(0, 3, 30)]
    parent = {"born": pa.array(town), "town": pa.array(town)}
    assert copied({"town": pa.array(np.append(town, "x")[UP])}, parent, UP) == [Copied("town", "town")]


def test_times_that_never_precede_the_parents():
    start = R.integers(0, 500, 30)
    later = np.append(start, 0)[UP] + R.integers(0, 90, 91)
    parent = {"born": days(start - 100), "start": days(start)}
    assert orders({"day": days(later)}, parent, UP) == {"day": "start"}
    assert orders({"day": days(later - 50)}, parent, UP) == {"day": "born"}
    assert orders({"day": days(later + 9000)}, {"start": days(start)}, UP) == {}  # they hardly overlap: no rule


def test_totals_of_children_are_found():
    price, qty = np.round(R.gamma(3, 9, 91), 2), R.integers(1, 9, 91)
    linked = UP >= 0
    total = np.round(np.bincount(UP[linked], weights=(price * qty)[linked]), 2)
    child = {"qty": pa.array(qty), "price": pa.array(price)}
    several = np.random.default_rng(1).integers(0, 30, 91)
    parent = {"total": pa.array(total), "n": pa.array(np.bincount(several, minlength=30)), "x": pa.array(R.random(30))}
    assert rollups(child, parent, UP) == [Rollup("total", ("qty", "price"))]
    assert rollups(child, parent, several) == [Rollup("n", (), none="zero")]


def test_sums_come_in_the_type_of_their_column():
    totals = np.array([1.5, 2.0])
    assert as_type(totals, pa.decimal128(9, 2)).to_pylist() == [Decimal("1.50"), Decimal("2.00")]
    assert as_type(totals, pa.int32()).to_pylist() == [2, 2]
    assert as_type(totals, pa.float64()).to_pylist() == [1.5, 2.0]


def test_nulls_stand_where_the_parents_do():
    note = pa.array([None, "a", "b"] * 10)
    child = {"note": note.take(pa.array(np.maximum(UP, 0))), "day": pa.array([datetime.date(2024, 1, 1)] * 91)}
    assert copied(child, {"note": note}, UP) == [Copied("note", "note")]
    assert copied(child, {"note": note.fill_null("c")}, UP) == []


@pytest.mark.parametrize(
    ("drawn", "total", "expected"),
    [
        ([1, 1, 1, 1, 1], 3, [1, 0, 1, 0, 1]),
        ([0.01] * 5, 0.03, [0.01, 0.0, 0.01, 0.0, 0.01]),
        ([10.0, 30.0], 60.0, [15.0, 45.0]),
        ([0.0, 0.0], 6.0, [3.0, 3.0]),
        ([5.0, -5.0, 1e-9], 9.0, [3.0, 3.0, 3.0]),
        ([2.0, None, 4.0], 3.0, [1.0, None, 2.0]),
    ],
)
def test_parts_share_a_total_and_none_is_turned_round(drawn, total, expected):
    found = Rollup("total", ("part",), shared=True).parts(
        pa.array(drawn), pa.array([total, 7.0]), np.zeros(len(drawn), dtype=np.int64)
    )
    np.testing.assert_allclose(
        found, np.array(expected, dtype=float), atol=1.01 if total == 3 else 0.0101 if total == 0.03 else 1e-9
    )
    assert np.nansum(found) == pytest.approx(total)
    assert np.nanmin(found) >= 0
