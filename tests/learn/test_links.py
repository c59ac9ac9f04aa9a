"""Which row points to which."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import DataError
from rowsmith.learn._links import LOST, NONE, Link, implied, rows_of, without_loops


def link(columns, targets, child="c", parent="p"):
    return Link(child, tuple(columns), parent, tuple(targets))


def test_links_are_row_numbers_null_or_lost():
    tables = {
        "c": {"a": pa.array([1, None, 2, 9]), "b": pa.array(["x", "x", None, "x"])},
        "p": {"k": pa.array([2, 1]), "l": pa.array(["x", "x"])},
    }
    assert rows_of(link("a", "k"), tables).tolist() == [1, NONE, 0, LOST]
    assert rows_of(link("ab", "kl"), tables).tolist() == [1, NONE, NONE, LOST]


@pytest.mark.parametrize(
    ("mine", "its", "fit"),
    [
        (pa.int32(), pa.int64(), True),
        (pa.int64(), pa.float64(), True),
        (pa.decimal128(12, 0), pa.int64(), True),
        (pa.date32(), pa.timestamp("us"), True),
        (pa.string(), pa.int64(), False),
        (pa.bool_(), pa.int64(), False),
    ],
)
def test_like_types_are_compared(mine, its, fit):
    start = pa.array([0, 1]).cast(pa.int32())
    tables = {
        "c": {"a": pa.array(["0", "1"]) if mine == pa.string() else start.cast(mine)},
        "p": {"k": start.cast(pa.date32()).cast(its) if pa.types.is_timestamp(its) else start.cast(its)},
    }
    if fit:
        assert rows_of(link("a", "k"), tables).tolist() == [0, 1]
    else:
        with pytest.raises(DataError, match="give both the same type"):
            rows_of(link("a", "k"), tables)


@given(st.lists(st.integers(-1, 11), min_size=12, max_size=12))
def test_every_way_up_ends_once_loops_are_cut_once_each(up):
    up = np.array(up)
    cut, n = without_loops(up)
    assert n == (cut != up).sum()
    for row in range(len(up)):
        steps, here = 0, row
        while cut[here] >= 0:
            here, steps = cut[here], steps + 1
            assert steps <= len(up)


def test_what_has_no_loop_stays():
    up = np.array([-1, 0, 0, 1, 3, 4, -1])
    assert without_loops(up)[0].tolist() == up.tolist()
    assert without_loops(np.array([0]))[1] == 1


def test_a_link_that_shares_columns_with_a_wider_one_follows_from_it():
    tables = {
        "flights": {"origin": pa.array(["A", "B", "A"]), "hour": pa.array([1, 1, 2])},
        "weather": {"origin": pa.array(["A", "B", "A"]), "hour": pa.array([1, 1, 2])},
        "airports": {"code": pa.array(["B", "A"])},
    }
    narrow = Link("flights", ("origin",), "airports", ("code",))
    wide = Link("flights", ("origin", "hour"), "weather", ("origin", "hour"))
    up = {each: rows_of(each, tables) for each in (narrow, wide)}
    second = Link("weather", ("origin",), "airports", ("code",), declared=False)
    assert implied([narrow, wide], up, tables) == {narrow: (wide, second)}
    tables["weather"]["origin"] = pa.array(["A", "B", "C"])  # which is no airport
    assert implied([narrow, wide], up, tables) == {}
