"""Computed values in the type of a column."""

import pyarrow as pa

from rowsmith.core.computed import typed, value


def test_decimals_are_the_nearest_floats():
    found = value("round(days * 0.2, 1)", {"days": pa.array([6, 7, 3, None])}, "fine")
    assert typed(found, pa.float64()).to_pylist() == [1.2, 1.4, 0.6, None]
